//! The fields of real-time logs.

use std::net::{Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_shared::access_log::REAL_TIME_FIELDS;
use brink_shared::wire::FailureKind;
use serde_json::{Value, json};

use crate::database;
use crate::edge::LOCAL;
use crate::logged_edge::LoggedEdge;
use crate::raw_origin::RawOrigin;
use crate::stage::failed;

const OBJECT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: max-age=100\r\n\
    Content-Type: text/plain\r\n\r\n0123456789";

fn document(origin: &RawOrigin, real_time: Value) -> Value {
    let url = format!("http://127.0.0.1:{}", origin.port);
    json!({
        "id": "d",
        "logging": {"standard": false, "real_time": real_time},
        "origins": {"web": {"url": url}},
        "behaviors": [
            {"path": "/images/*", "origin": "web"},
            {"path": "*", "origin": "web"},
        ],
    })
}

fn never(_: Value) -> brink_shared::wire::Verdict {
    failed(FailureKind::Execution)
}

#[actix_rt::test]
async fn every_field_tells_of_the_request_and_its_answer() {
    let part = "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/10\r\n\
        Cache-Control: max-age=100\r\nETag: \"t\"\r\nContent-Type: text/plain\r\n\r\n0123";
    let origin = RawOrigin::start(move |mut conn| {
        conn.request();
        std::thread::sleep(Duration::from_millis(60));
        let (head, rest) = part.split_at(part.len() - 2);
        conn.send(head);
        std::thread::sleep(Duration::from_millis(60));
        conn.send(rest);
    });
    let folder = tempfile::tempdir().unwrap();
    let (places, networks) = database::local(folder.path());
    let geo = GeoFiles { database: Some(places), asn_database: Some(networks) };
    let document = document(&origin, json!({"fields": REAL_TIME_FIELDS.to_vec()}));
    let edge = LoggedEdge::listening(LOCAL, geo, document, never).await;
    let cookie = format!("a={}", "c".repeat(2_000));
    let request = format!(
        "GET /images/a?q=1 HTTP/1.1\r\nHost: shop.example\r\nAccept: text/*\r\n\
         Accept-Encoding: gzip, br\r\nReferer: https://from.example/\r\nUser-Agent: Agent\r\n\
         X-Forwarded-For: 192.0.2.7\r\nRange: bytes=0-3\r\nConnection: close\r\n\
         Cookie: {cookie}\r\n\r\n"
    );
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let sent = edge.send(&request).await;
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let hit = edge.send(request.replace(&cookie, "a=b")).await;
    let log = edge.log().await;
    let line = log.of(&sent);
    assert_eq!(line.file, "d.real-time");
    for (field, expected) in [
        ("c-ip", "127.0.0.1"),
        ("sc-status", "206"),
        ("sc-bytes", sent.answer.len().to_string().as_str()),
        ("cs-method", "GET"),
        ("cs-protocol", "http"),
        ("cs-host", "shop.example"),
        ("cs-uri-stem", "/images/a?q=1"),
        ("cs-bytes", request.len().to_string().as_str()),
        ("x-edge-location", "g1"),
        ("x-edge-request-id", sent.header("x-amz-cf-id").as_str()),
        ("x-host-header", "d.brink.localhost"),
        ("cs-protocol-version", "HTTP/1.1"),
        ("c-ip-version", "IPv4"),
        ("cs-user-agent", "Agent"),
        ("cs-referer", "https://from.example/"),
        ("cs-cookie", cookie.get(..800).unwrap()),
        ("cs-uri-query", "q=1"),
        ("x-edge-response-result-type", "Miss"),
        ("x-forwarded-for", "192.0.2.7"),
        ("ssl-protocol", "-"),
        ("ssl-cipher", "-"),
        ("x-edge-result-type", "Miss"),
        ("fle-encrypted-fields", "-"),
        ("fle-status", "-"),
        ("sc-content-type", "text/plain"),
        ("sc-content-len", "4"),
        ("sc-range-start", "0"),
        ("sc-range-end", "3"),
        ("c-port", sent.port.to_string().as_str()),
        ("x-edge-detailed-result-type", "Miss"),
        ("c-country", "BR"),
        ("cs-accept-encoding", "gzip,%20br"),
        ("cs-accept", "text/*"),
        ("cache-behavior-path-pattern", "/images/*"),
        ("cs-headers-count", "9"),
        ("asn", "4200000000"),
    ] {
        assert_eq!(line.get(field), expected, "{field}");
    }
    let at = line.number("timestamp");
    assert!((before - 0.001..=after).contains(&at), "{before} {at} {after}");
    let [first, taken, origin_first, origin_last] =
        ["time-to-first-byte", "time-taken", "origin-fbl", "origin-lbl"]
            .map(|name| line.number(name));
    assert!(origin_first >= 0.060 && origin_last >= origin_first + 0.040, "{line:?}");
    assert!(first >= origin_first && taken + 0.001 >= first && taken < 20.0, "{line:?}");
    // Each name in the spelling in which functions see it.
    let names: Vec<&str> = line.get("cs-header-names").split("%0A").collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "",
            "Accept",
            "Accept-Encoding",
            "Connection",
            "Cookie",
            "Host",
            "Range",
            "Referer",
            "User-Agent",
            "X-Forwarded-For"
        ]
    );
    // The order is not the viewer's.
    let headers = line.get("cs-headers");
    assert!(headers.contains("Cookie:a=ccc") && headers.len() < 1_000, "{headers}");

    let line = log.of(&hit);
    assert_eq!(line.get("x-edge-result-type"), "Hit");
    assert_eq!([line.get("origin-fbl"), line.get("origin-lbl")], ["-", "-"]);
    let mut headers: Vec<&str> = line.get("cs-headers").split_terminator("%0A").collect();
    headers.sort();
    assert_eq!(
        headers,
        [
            "Accept-Encoding:gzip,%20br",
            "Accept:text/*",
            "Connection:close",
            "Cookie:a=b",
            "Host:shop.example",
            "Range:bytes=0-3",
            "Referer:https://from.example/",
            "User-Agent:Agent",
            "X-Forwarded-For:192.0.2.7",
        ]
    );
}

#[actix_rt::test]
async fn viewers_by_ipv6_have_that_version() {
    let origin = RawOrigin::answering(OBJECT);
    let document =
        document(&origin, json!({"fields": ["x-edge-request-id", "c-ip-version", "c-ip"]}));
    let local = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let edge = LoggedEdge::listening(local, GeoFiles::default(), document, never).await;
    let sent = edge.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let log = edge.log().await;
    let line = log.of(&sent);
    assert_eq!([line.get("c-ip-version"), line.get("c-ip")], ["IPv6", "::1"]);
}

#[actix_rt::test]
async fn a_sample_has_about_as_many_requests_as_it_should() {
    let origin = RawOrigin::answering(OBJECT);
    let document =
        document(&origin, json!({"sampling_rate": 25, "fields": ["cs-method", "cs-uri-stem"]}));
    let edge = LoggedEdge::listening(LOCAL, GeoFiles::default(), document, never).await;
    let requests = 400;
    let one = "GET /counted HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    edge.send([one.repeat(requests).as_str(), last].concat()).await;
    let log = edge.log().await;
    let count = log.lines().filter(|line| line.get("cs-uri-stem") == "/counted").count();
    // 100, and seven times the standard deviation of 8.7 on each side.
    assert!((40..=160).contains(&count), "{count}");
}
