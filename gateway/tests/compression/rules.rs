//! The rules of `contract.md` 7.6, each with an accepted and a refused case.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::edge::raw_bytes;

/// Status, header lines beside the length, and the length of the body.
struct Case(&'static str, &'static [&'static str], usize);

const KEPT: &str = "Cache-Control: max-age=60";
const HTML: &str = "Content-Type: text/html; charset=utf-8";

/// The answers of the origin by path, and whether they are compressed.
const CASES: &[(&str, Case, bool)] = &[
    ("usual", Case("200 OK", &[HTML, KEPT], 1_000), true),
    ("nothing about caching", Case("200 OK", &[HTML], 1_000), true),
    // Statuses.
    ("403", Case("403 Forbidden", &[HTML, KEPT], 1_000), true),
    ("404", Case("404 Not Found", &[HTML], 1_000), true),
    ("201", Case("201 Created", &[HTML, KEPT], 1_000), false),
    ("203", Case("203 Non-Authoritative", &[HTML, KEPT], 1_000), false),
    ("301", Case("301 Moved", &[HTML, KEPT, "Location: /"], 1_000), false),
    ("405", Case("405 Not Allowed", &[HTML, KEPT], 1_000), false),
    ("500", Case("500 Broken", &[HTML], 1_000), false),
    // Lengths.
    ("999 bytes", Case("200 OK", &[HTML, KEPT], 999), false),
    ("10 MB", Case("200 OK", &[HTML, KEPT], 10_000_000), true),
    ("10 MB and a byte", Case("200 OK", &[HTML, KEPT], 10_000_001), false),
    ("nothing", Case("200 OK", &[HTML, KEPT], 0), false),
    // Encodings of the origin.
    ("gzip", Case("200 OK", &[HTML, KEPT, "Content-Encoding: gzip"], 1_000), false),
    ("identity", Case("200 OK", &[HTML, KEPT, "Content-Encoding: identity"], 1_000), false),
    ("empty encoding", Case("200 OK", &[HTML, KEPT, "Content-Encoding:"], 1_000), false),
    // Types.
    ("svg", Case("200 OK", &["content-type:IMAGE/SVG+xml ;a=b", KEPT], 1_000), true),
    ("png", Case("200 OK", &["Content-Type: image/png", KEPT], 1_000), false),
    ("no type", Case("200 OK", &[KEPT], 1_000), false),
    ("like html", Case("200 OK", &["Content-Type: text/html5", KEPT], 1_000), false),
    // Lifetimes.
    (
        "no lifetime",
        Case("200 OK", &[HTML, "Cache-Control: max-age=0", "ETag: \"a\""], 1_000),
        false,
    ),
    ("no-cache", Case("200 OK", &[HTML, "Cache-Control: no-cache", "ETag: \"a\""], 1_000), false),
    ("no-store", Case("200 OK", &[HTML, "Cache-Control: no-store"], 1_000), false),
    ("private", Case("200 OK", &[HTML, "Cache-Control: private"], 1_000), false),
    // Answers that must not change.
    (
        "no-transform",
        Case("200 OK", &[HTML, "Cache-Control: max-age=60, No-Transform"], 1_000),
        false,
    ),
    (
        "transform",
        Case("200 OK", &[HTML, "Cache-Control: max-age=60, a=\"no-transform\""], 1_000),
        true,
    ),
    ("md5", Case("200 OK", &[HTML, KEPT, "Content-MD5: eA=="], 1_000), false),
    ("digest", Case("200 OK", &[HTML, KEPT, "Repr-Digest: sha-256=:eA==:"], 1_000), false),
];

/// The answer for `/N`, case N.
fn by_case(request: &str, _: usize) -> Vec<u8> {
    let number: usize = request.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
    let Case(status, lines, length) = &CASES[number].1;
    message(status, lines, &text(*length))
}

async fn encodings(stand: &Stand) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (number, (name, Case(status, _, length), _)) in CASES.iter().enumerate() {
        let reply = stand.get(&format!("/{number}"), &[BOTH]).await;
        assert!(status.starts_with(&reply.status.to_string()), "{name}: {}", reply.status);
        let encoding = reply.header("content-encoding").to_owned();
        if encoding == "br" {
            assert!(decoded(&reply) == text(*length), "{name}");
        }
        found.push((*name, encoding));
    }
    found
}

#[actix_rt::test]
async fn each_rule_about_the_answer_has_both_sides() {
    let stand = Stand::start(by_case).await;
    for ((name, encoding), (_, Case(_, lines, _), expected)) in
        encodings(&stand).await.into_iter().zip(CASES)
    {
        let own = lines.iter().find_map(|line| line.strip_prefix("Content-Encoding:"));
        let expected = if *expected { "br" } else { own.unwrap_or_default().trim() };
        assert_eq!(encoding, expected, "{name}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_least_lifetime_makes_up_for_the_origins() {
    let mut behavior = compressing();
    behavior["cache"]["min_ttl"] = json!("1s");
    let stand = Stand::with(behavior, by_case).await;
    for (name, encoding) in encodings(&stand).await {
        if ["no lifetime", "no-cache", "no-store", "private"].contains(&name) {
            assert_eq!(encoding, "br", "{name}");
        }
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_behavior_has_to_ask_for_it() {
    let zero = json!({"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s"});
    for (behavior, expected) in [
        (json!({"compress": true, "cache": {"accept_encoding": ["gzip", "br"]}}), "br"),
        (json!({"compress": true, "cache": {"accept_encoding": ["br"]}}), "br"),
        (json!({"compress": true, "cache": {"accept_encoding": ["gzip"]}}), "gzip"),
        (json!({"compress": false, "cache": {"accept_encoding": ["gzip", "br"]}}), ""),
        (json!({"cache": {"accept_encoding": ["gzip", "br"]}}), ""),
        (json!({"compress": true}), ""),
        // Accept-Encoding is a header like any other then.
        (json!({"compress": true, "cache": {"headers": ["accept-encoding"]}}), ""),
        (json!({"compress": true, "forward": {"headers": "all"}}), ""),
    ] {
        let stand = Stand::with(behavior.clone(), |_, _| html(&[KEPT], &text(2_000))).await;
        let reply = stand.get("/", &[BOTH]).await;
        assert_eq!(reply.header("content-encoding"), expected, "{behavior}");
        assert!(decoded(&reply) == text(2_000), "{behavior}");
        stand.stop().await;
    }
    let mut off = compressing();
    for (key, value) in zero.as_object().unwrap() {
        off["cache"][key] = value.clone();
    }
    let stand = Stand::with(off, |_, _| html(&[], &text(2_000))).await;
    assert_eq!(stand.get("/", &[BOTH]).await.header("content-encoding"), "");
    stand.stop().await;
}

#[actix_rt::test]
async fn viewers_get_an_encoding_that_they_accept() {
    let stand = Stand::start(|_, _| html(&[KEPT], &text(2_000))).await;
    for (viewer, expected) in [
        ("gzip, deflate, br", "br"),
        ("br;q=0.1, gzip;q=1.0", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000,gzip ; q=0.001", "gzip"),
        ("identity", ""),
        ("*", ""),
        ("*;q=0", ""),
        ("identity;q=0, *;q=0", ""),
        ("gzip;q=0, br;q=0", ""),
        ("gzip;Q=0", ""),
        ("deflate, zstd", ""),
        ("gzip2, xbr", ""),
        ("", ""),
    ] {
        let reply = stand.get("/", &[("Accept-Encoding", viewer)]).await;
        assert_eq!(reply.header("content-encoding"), expected, "{viewer}");
        assert!(decoded(&reply) == text(2_000), "{viewer}");
        assert_eq!(reply.header("vary"), "Accept-Encoding", "{viewer}");
    }
    let reply = stand.get("/", &[]).await;
    assert_eq!((reply.header("content-encoding"), source(&reply)), ("", "Hit"));
    for (version, encoding) in [("1.0", false), ("1.1", true)] {
        let request = format!(
            "GET / HTTP/{version}\r\nHost: d\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        );
        let reply = raw_bytes(stand.edge.address(), request.as_bytes()).await;
        let head = String::from_utf8_lossy(&reply).to_ascii_lowercase();
        assert_eq!(head.contains("content-encoding: gzip"), encoding, "{version}: {head}");
    }
    // Once for Brotli, once for gzip, and once as it is.
    assert_eq!(stand.asked().len(), 3);
    stand.stop().await;
}

#[actix_rt::test]
async fn an_origin_that_encodes_its_answers_is_left_alone() {
    let packed = |coding: &str| format!("packed with {coding} {}", "-".repeat(2_000));
    let stand = Stand::start(move |request, _| {
        let accepted = request.to_ascii_lowercase();
        let coding = if accepted.contains("accept-encoding: br,gzip") { "br" } else { "gzip" };
        let encoded = format!("Content-Encoding: {coding}");
        html(&[KEPT, &encoded, "ETag: \"own\""], packed(coding).as_bytes())
    })
    .await;
    for (viewer, coding) in [(BOTH, "br"), (GZIP, "gzip"), (BOTH, "br")] {
        let reply = stand.get("/", &[viewer]).await;
        assert_eq!(reply.header("content-encoding"), coding);
        assert_eq!(reply.header("etag"), "\"own\"");
        assert_eq!(reply.text(), packed(coding));
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_body_of_unknown_length_is_not_compressed() {
    let stand = Stand::start(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\n{HTML}\r\n{KEPT}\r\nTransfer-Encoding: chunked\r\n");
        let body = format!("\r\n7d0\r\n{}\r\n0\r\n\r\n", "a".repeat(2_000));
        (head + &body).into_bytes()
    })
    .await;
    let reply = stand.get("/", &[BOTH]).await;
    assert_eq!((reply.header("content-encoding"), reply.body.len()), ("", 2_000));
    stand.stop().await;
}

/// Texts that viewers might send, with the weights that people write.
fn accepting() -> impl Strategy<Value = String> {
    let coding = prop::sample::select(vec![
        "gzip", "br", "GZip", "Br", "identity", "*", "deflate", "x-gzip", "", "zstd", "gzip,br",
    ]);
    let weight = prop::sample::select(vec![
        "",
        ";q=1",
        ";q=0",
        "; Q=0.0",
        ";q=0.000 ",
        ";q=0.5",
        " ; q = 0",
        ";q=",
        ";q=x",
        ";q=-1",
        ";q=1.5",
        ";a=b;q=0",
        ";q=0;a=b",
    ]);
    let member = (coding, weight).prop_map(|(coding, weight)| format!("{coding}{weight}"));
    prop::collection::vec(member, 0..5).prop_map(|members| members.join(", "))
}

/// True if a text names the coding, and not with a weight of zero. Written without the gateway's
/// parser.
fn takes(accepting: &str, coding: &str) -> bool {
    accepting.to_ascii_lowercase().replace(' ', "").split(',').any(|member| {
        let (name, weight) = member.split_once(';').unwrap_or((member, ""));
        let zeros = ["q=0", "q=0.0", "q=0.000"];
        name == coding && !weight.split(';').any(|parameter| zeros.contains(&parameter))
    })
}

#[actix_rt::test]
async fn decoded_bytes_are_the_origins_for_every_accept_encoding() {
    let lengths = [1_000, 1_001, 4_096, 70_000];
    let stand = Stand::start(move |request, _| {
        let number: usize = request.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        html(&[KEPT], &text(lengths[number]))
    })
    .await;
    let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
    let cases = (accepting(), 0..lengths.len());
    for _ in 0..200 {
        let (viewer, number) = cases.new_tree(&mut runner).unwrap().current();
        let reply = stand.get(&format!("/{number}"), &[("Accept-Encoding", &viewer)]).await;
        let expected = match (takes(&viewer, "br"), takes(&viewer, "gzip")) {
            (true, _) => "br",
            (false, true) => "gzip",
            (false, false) => "",
        };
        assert_eq!(reply.header("content-encoding"), expected, "{viewer:?}");
        assert!(decoded(&reply) == text(lengths[number]), "{viewer:?}");
    }
    assert!(stand.asked().len() <= 4 * lengths.len());
    stand.stop().await;
}
