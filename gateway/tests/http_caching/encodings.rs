//! `Accept-Encoding` in its normal form (`contract.md` 7.6).

use serde_json::json;

use super::*;
use crate::edge::raw;

#[actix_rt::test]
async fn the_origin_and_the_key_have_its_normal_form() {
    let behavior = json!({"cache": {"accept_encoding": ["gzip", "br"]}, "methods": "all"});
    let stand = Stand::start(behavior, |request, _| {
        let got = line(request, "accept-encoding").unwrap_or("(none)").to_owned();
        ok(&["Cache-Control: max-age=60", "Vary: Accept-Encoding"], &got)
    })
    .await;
    for (viewer, at_origin, from) in [
        ("gzip, deflate, br", "br,gzip", "Miss"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br,gzip", "Hit"),
        ("gzip", "gzip", "Miss"),
        ("GZIP , br;q=0", "gzip", "Hit"),
        ("br", "br", "Miss"),
        ("deflate", "identity", "Miss"),
        ("zstd", "identity", "Hit"),
    ] {
        let reply = stand.get_with("/a", &[("Accept-Encoding", viewer)]).await;
        let seen = (reply.text(), source(&reply));
        assert_eq!(seen, (at_origin.to_owned(), from.to_owned()), "{viewer}");
    }
    for version in ["1.1", "1.0"] {
        let said = if version == "1.0" { "Accept-Encoding: gzip\r\n" } else { "" };
        let request = format!(
            "GET /{version} HTTP/{version}\r\nHost: d.brink.localhost\r\n{said}Connection: close\r\n\r\n"
        );
        let reply = raw(stand.edge.address(), &request).await;
        assert!(reply.ends_with("(none)"), "{version}: {reply}");
    }
    stand.edge.request("POST", "/a", &[("Accept-Encoding", "gzip, zstd")], b"x").await;
    assert_eq!(line(&stand.last(), "accept-encoding"), Some("gzip"));
    stand.stop().await;
}

#[actix_rt::test]
async fn without_encodings_it_is_a_header_like_any_other() {
    let behavior = json!({"cache": {"headers": ["accept-encoding"]}});
    let stand = Stand::start(behavior, |request, _| {
        ok(&["Cache-Control: max-age=60"], line(request, "accept-encoding").unwrap_or("(none)"))
    })
    .await;
    for (viewer, from) in [("gzip, br", "Miss"), ("br, gzip", "Miss"), ("gzip, br", "Hit")] {
        let reply = stand.get_with("/a", &[("Accept-Encoding", viewer)]).await;
        assert_eq!((reply.text(), source(&reply)), (viewer.to_owned(), from.to_owned()));
    }
    stand.stop().await;
}
