//! Answers that vary by headers outside of the cache key (RFC 9111, 4.1).

use serde_json::json;

use super::*;
use crate::edge::raw;

/// The path names a header. Answers with the request's value of this header, and varies by it.
fn echo(request: &str, before: usize) -> String {
    let name = request.split(' ').nth(1).unwrap()[1..].to_owned();
    let said = line(request, &name).unwrap_or("nothing");
    let body = format!("{said} ({before})");
    ok(&["Cache-Control: max-age=60", &format!("Vary: {name}")], &body)
}

#[actix_rt::test]
async fn decision_48_an_answer_that_varies_by_what_the_origin_saw_is_for_those_who_say_the_same() {
    let behavior = json!({"forward": {"headers": "all", "cookies": "all"}});
    let stand = Stand::start(behavior, echo).await;
    for name in ["Cookie", "Accept-Language", "X-Any"] {
        let path = format!("/{name}");
        let mut texts = Vec::new();
        for value in ["u=alice", "u=bob"] {
            let own = stand.get_with(&path, &[(name, value)]).await;
            assert_eq!(source(&own), "Miss", "{name}");
            assert!(own.text().starts_with(value), "{name}: {}", own.text());
            texts.push(own.text());
        }
        assert!(stand.get(&path).await.text().starts_with("nothing"));
        for (value, text) in ["u=alice", "u=bob"].into_iter().zip(texts) {
            let again = stand.get_with(&path, &[(name, value)]).await;
            assert_eq!((source(&again), again.text()), ("Hit".to_owned(), text), "{name}");
        }
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_108_an_answer_for_one_host_is_not_for_viewers_of_another() {
    let redirect = |request: &str, _| {
        let host = line(request, "host").unwrap();
        answer("302 Found", &[&format!("Location: http://{host}/login")], "")
    };
    let asked = async |stand: &Stand, host: &str| {
        let request = format!("GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        raw(stand.edge.address(), &request).await
    };
    // Its document has no aliases, so it answers any host.
    let stand = Stand::start(json!({"forward": {"headers": "all"}}), redirect).await;
    for (host, from) in [
        ("evil.test", "Miss"),
        ("shop.test", "Miss"),
        ("shop.test:1", "Miss"),
        ("evil.test", "Hit"),
    ] {
        let reply = asked(&stand, host).await;
        assert!(reply.contains(&format!("Location: http://{host}/login\r\n")), "{reply}");
        assert!(reply.contains(&format!("X-Cache: {from} from brink\r\n")), "{host}: {reply}");
    }
    stand.stop().await;
    // An origin that does not learn the host has one answer for all.
    let stand = Stand::start(json!({}), redirect).await;
    for (host, from) in [("evil.test", "Miss"), ("shop.test", "Hit")] {
        let reply = asked(&stand, host).await;
        assert!(reply.contains(&format!("X-Cache: {from} from brink\r\n")), "{host}: {reply}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn followers_of_another_variant_fetch_their_own() {
    let behavior = json!({"forward": {"headers": "all"}});
    let stand = Stand::start(behavior, |request, before| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        echo(request, before)
    })
    .await;
    let values = ["1", "2", "1", "2", "3"];
    let headers: Vec<_> = values.iter().map(|value| [("X-Any", *value)]).collect();
    let all = headers.iter().map(|headers| stand.get_with("/X-Any", headers));
    let replies = futures_util::future::join_all(all).await;
    for (value, reply) in values.into_iter().zip(replies) {
        assert!(reply.text().starts_with(&format!("{value} (")), "{value}: {}", reply.text());
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn headers_in_the_key_or_unknown_to_the_origin_make_no_variants() {
    for cache in [json!({}), json!({"headers": ["X-Any"]})] {
        let stand = Stand::start(json!({"cache": cache}), echo).await;
        for from in ["Miss", "Hit"] {
            let reply = stand.get_with("/X-Any", &[("X-Any", "1")]).await;
            assert_eq!(source(&reply), from);
        }
        let asked = stand.asked();
        let other = stand.get_with("/X-Any", &[("X-Any", "2")]).await;
        let expected = if cache["headers"].is_null() { asked } else { asked + 1 };
        assert_eq!(stand.asked(), expected, "{}", other.text());
        stand.stop().await;
    }
}

#[actix_rt::test]
async fn variants_go_with_their_path() {
    let behavior = json!({"forward": {"headers": "all"}, "methods": "all"});
    let stand = Stand::start(behavior, echo).await;
    for value in ["1", "2"] {
        stand.get_with("/X-Any", &[("X-Any", value)]).await;
    }
    stand.edge.request("POST", "/X-Any", &[], b"x").await;
    for value in ["1", "2"] {
        let reply = stand.get_with("/X-Any", &[("X-Any", value)]).await;
        assert_eq!(source(&reply), "Miss");
    }
    stand.stop().await;
}

/// Two values that viewers send of each header, and the value that the origin gets instead.
async fn tells_apart(forward: Value, vary: &str, names: &'static str, viewers: [(&str, &str); 2]) {
    let vary = format!("Vary: {vary}");
    let stand = Stand::start(json!({"forward": forward}), move |request, _| {
        let said = names.split(' ').map(|name| line(request, name).unwrap_or("nothing"));
        let said: Vec<&str> = said.collect();
        ok(&["Cache-Control: max-age=60", &vary], &said.join(" "))
    })
    .await;
    let mut texts = Vec::new();
    for from in ["Miss", "Hit"] {
        for viewer in viewers {
            let reply = stand.get_with("/a", &[viewer]).await;
            assert_eq!(source(&reply), from, "{viewer:?}");
            texts.push(reply.text());
        }
    }
    assert_ne!(texts[0], texts[1]);
    assert_eq!(texts[..2], texts[2..]);
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_48_what_the_proxy_tells_of_viewers_tells_copies_apart() {
    let (phone, desk) = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile", "curl");
    let devices = [("User-Agent", phone), ("User-Agent", desk)];
    let mobile = "CloudFront-Is-Mobile-Viewer";
    for forward in [json!({"headers": [mobile]}), json!({"cloudfront_headers": [mobile]})] {
        tells_apart(forward.clone(), "User-Agent", mobile, devices).await;
        tells_apart(forward, mobile, mobile, devices).await;
    }
}

#[actix_rt::test]
async fn decision_48_the_chain_of_addresses_tells_copies_apart() {
    let viewers = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")];
    for forward in [json!({}), json!({"headers": "all"})] {
        tells_apart(forward, "X-Forwarded-For", "X-Forwarded-For", viewers).await;
    }
    let viewers = [("Via", "1.1 a"), ("Via", "1.1 b")];
    tells_apart(json!({"headers": "all"}), "Via", "Via", viewers).await;
}

#[actix_rt::test]
async fn a_header_that_ends_at_the_proxy_makes_no_copy_for_its_value() {
    for behavior in
        [json!({"forward": {"headers": "all"}}), json!({"cache": {"headers": ["X-Any"]}})]
    {
        let stand = Stand::start(behavior, echo).await;
        let hidden = "GET /X-Any HTTP/1.1\r\nHost: d.brink.localhost\r\nX-Any: 1\r\n\
            Connection: close, X-Any\r\n\r\n";
        let told = raw(stand.edge.address(), hidden).await;
        assert!(told.ends_with("nothing (0)"), "{told}");
        let other = stand.get_with("/X-Any", &[("X-Any", "1")]).await;
        assert_eq!(other.text(), "1 (1)");
        stand.stop().await;
    }
}

#[actix_rt::test]
async fn connection_headers_do_not_remove_the_chain_of_addresses_from_the_key() {
    let behavior = json!({"cache": {"headers": ["X-Forwarded-For"]}});
    let stand = Stand::start(behavior, |request, _| {
        ok(&["Cache-Control: max-age=60"], line(request, "x-forwarded-for").unwrap())
    })
    .await;
    let named = "GET /a HTTP/1.1\r\nHost: d.brink.localhost\r\nX-Forwarded-For: 192.0.2.1\r\n\
        Connection: close, X-Forwarded-For\r\n\r\n";
    let told = raw(stand.edge.address(), named).await;
    assert!(told.ends_with("192.0.2.1, 127.0.0.1"), "{told}");
    assert_eq!(stand.get("/a").await.text(), "127.0.0.1");
    stand.stop().await;
}
