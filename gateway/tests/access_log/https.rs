//! Requests over TLS, in all versions of HTTP.

use std::process::Stdio;
use std::time::Duration;

use brink_gateway::https::HttpsSettings;
use brink_testing::certificates::Authority;
use serde_json::json;
use tokio::process::Command;

use crate::edge::LOCAL;
use crate::logged_edge::LoggedEdge;
use crate::raw_origin::RawOrigin;
use crate::viewer::Viewer;

const WITHIN: Duration = Duration::from_secs(60);

/// Bytes of a body that does not fit into the windows of a viewer.
const LARGE: usize = 64 << 20;

#[actix_rt::test]
async fn sessions_and_versions_are_told() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            if request.starts_with("GET /large") {
                conn.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n"));
                conn.send(vec![b'x'; LARGE]);
            } else if request.starts_with("GET /chunked") {
                conn.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                );
            } else if request.starts_with("HEAD") {
                conn.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
            } else {
                conn.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            }
        }
    });
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    authority.issue(&["shop.test"]).write(folder.path(), "shop");
    let trusted = folder.path().join("authority.txt");
    std::fs::write(&trusted, authority.pem()).unwrap();
    let https = HttpsSettings {
        listen: Some(LOCAL),
        certificates: Some(folder.path().to_owned()),
        http3: true,
        ..HttpsSettings::default()
    };
    let url = format!("http://127.0.0.1:{}", origin.port);
    let document = json!({
        "id": "d",
        "logging": {},
        "origins": {
            "web": {"url": url, "attempts": 1},
            "api": {"url": format!("https://127.0.0.1:{}", RawOrigin::closed_port())},
        },
        "behaviors": [
            {"path": "/a.B/*", "origin": "api", "methods": "all", "grpc": true},
            {"path": "*", "origin": "web"},
        ],
    });
    let edge = LoggedEdge::with_https(https, document).await;
    let port = edge.edge.gateway.https_address().unwrap().port();
    let curl = async |path: &str, more: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-sS", "-o", "/dev/null", "--cacert", trusted.to_str().unwrap()]);
        command.args(["--resolve", &format!("shop.test:{port}:127.0.0.1")]).args(more);
        command.arg(format!("https://shop.test:{port}{path}"));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(WITHIN, command.output()).await.expect("it ends");
        output.expect("curl; install the package curl")
    };
    let fine = async |path: &str, more: &[&str]| {
        let output = curl(path, more).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    fine("/one", &["--http1.1"]).await;
    fine("/two?a", &["--http2"]).await;
    fine("/chunked", &["--http2"]).await;
    fine("/head", &["--http2", "-I"]).await;
    // One head is rejected by the front end, and the other one after it.
    let agent = ["--http2", "--path-as-is", "-A", "Agent", "-e", "http://from.test/"];
    fine("/above/../..?q", &agent).await;
    let looped = format!("CDN-Loop: {}", ["brink"; 100].join(", "));
    fine("/looped?q", &[&agent[..], &["-H", &looped]].concat()).await;
    let call = ["--http2", "-X", "POST", "-H", "Content-Type: application/grpc"];
    fine("/a.B/C", &call).await;
    fine("/a.B/D", &call[..3]).await;
    let mut viewer = Viewer::at(port, &trusted);
    viewer.connect().await;
    assert_eq!(viewer.get("/three?a").await["status"], 200);
    // It stops after a while, within the body.
    let cut = curl("/large", &["--http2", "--limit-rate", "100k", "--max-time", "1"]).await;
    assert_eq!(cut.status.code(), Some(28));
    let log = edge.log().await;
    let with_port = format!("shop.test:{port}");
    for (path, version, bytes) in [
        ("/one", "HTTP/1.1", 5.0),
        ("/two", "HTTP/2.0", 5.0),
        ("/chunked", "HTTP/2.0", 5.0),
        ("/head", "HTTP/2.0", 0.0),
        ("/three", "HTTP/3.0", 5.0),
    ] {
        let line = log.by("cs-uri-stem", path);
        assert_eq!(line.get("cs-protocol"), "https");
        assert_eq!(line.get("cs-protocol-version"), version);
        assert_eq!(line.get("ssl-protocol"), "TLSv1.3");
        assert!(line.get("ssl-cipher").starts_with("TLS_"), "{line:?}");
        let host = if version == "HTTP/3.0" { "shop.test" } else { &with_port };
        assert_eq!(line.get("x-host-header"), host);
        assert_eq!(line.results(), ["Miss"; 3], "{line:?}");
        // Head and body.
        let sent = line.number("sc-bytes");
        assert!((100.0 + bytes..1_000.0).contains(&sent), "{line:?}");
        assert!((30.0..500.0).contains(&line.number("cs-bytes")), "{line:?}");
    }
    for (path, status, detailed) in
        [("/above/../..", "400", "InvalidRequest"), ("/looped", "403", "InvalidRequestBlocked")]
    {
        let line = log.by("cs-uri-stem", path);
        assert_eq!((line.file.as_str(), line.get("sc-status")), ("d", status));
        assert_eq!(line.results(), ["Error", "Error", detailed], "{line:?}");
        for (field, value) in [
            ("cs-method", "GET"),
            ("cs-uri-query", "q"),
            ("cs-protocol", "https"),
            ("cs-protocol-version", "HTTP/2.0"),
            ("ssl-protocol", "TLSv1.3"),
            ("cs(User-Agent)", "Agent"),
            ("cs(Referer)", "http://from.test/"),
            ("x-host-header", &with_port),
        ] {
            assert_eq!(line.get(field), value, "{field} of {path}");
        }
        assert!((100.0..1_500.0).contains(&line.number("cs-bytes")), "{line:?}");
        assert!(line.number("sc-bytes") > 100.0, "{line:?}");
    }
    for (path, protocol) in [("/a.B/C", "grpcs"), ("/a.B/D", "https")] {
        let line = log.by("cs-uri-stem", path);
        assert_eq!((line.get("cs-protocol"), line.get("sc-status")), (protocol, "502"));
        assert_eq!(line.results(), ["Error", "Error", "OriginConnectError"], "{line:?}");
    }
    let line = log.by("cs-uri-stem", "/large");
    assert_eq!(line.results(), ["Error", "Miss", "ClientCommError"], "{line:?}");
    assert!(line.number("sc-bytes") < LARGE as f64);
}
