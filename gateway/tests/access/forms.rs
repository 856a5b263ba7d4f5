//! Guards hold for every form in which a request may come, and for the root.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{SITE, Site, connect, trusting as tls};
use crate::edge::Edge;
use crate::raw_origin::RawOrigin;
use crate::signatures::{private, url, with};
use crate::signer::{HOST, Hash, Signer, now, trusting};
use crate::stage::{HELLO, Stage, document};

const HOUR: u64 = 3_600;

const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#[actix_rt::test]
async fn a_copy_in_the_cache_is_guarded_in_every_form() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let stage = private(&origin, &[&signer], json!({"methods": "all"})).await;
    let signed = with("/a", &signer.canned(Hash::Sha256, &url("/a"), now() + HOUR));
    let (host, range) = (("Host", HOST), ("Range", "bytes=0-1"));
    assert_eq!(stage.get_with(&signed, &[host]).await.status, 200);
    for (target, [got, head, part]) in [("/a", [403, 403, 403]), (signed.as_str(), [200, 200, 206])]
    {
        assert_eq!(stage.get_with(target, &[host]).await.status, got, "GET {target}");
        let reply = stage.edge.request("HEAD", target, &[host], b"").await;
        assert_eq!((reply.status, reply.text().as_str()), (head, ""), "HEAD {target}");
        assert_eq!(stage.get_with(target, &[host, range]).await.status, part, "Range {target}");
        let absolute = format!(
            "GET http://{HOST}{target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        );
        let answer = stage.raw(&absolute).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {got} ")), "{answer}");
    }
    assert_eq!(stage.edge.request("OPTIONS", "/a", &[host], b"").await.status, 403);
    assert_eq!(stage.edge.request("POST", "/a", &[host], b"x").await.status, 403);
    assert_eq!(origin.requests().len(), 1, "{:?}", origin.requests());
    stage.stop().await;
}

#[actix_rt::test]
async fn a_web_socket_needs_a_signature() {
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send(AGREED);
        conn.read();
    });
    let signer = Signer::ecdsa("K2");
    let stage = private(&origin, &[&signer], json!({})).await;
    let signed = with("/a", &signer.canned(Hash::Sha256, &url("/a"), now() + HOUR));
    for (target, status, asked) in [("/a", 403, 0), (signed.as_str(), 101, 1)] {
        let mut viewer = TcpStream::connect(stage.edge.address()).await.unwrap();
        let handshake = format!(
            "GET {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n"
        );
        viewer.write_all(handshake.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            assert!(viewer.read_buf(&mut head).await.unwrap() > 0);
        }
        let head = String::from_utf8_lossy(&head);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert_eq!(origin.requests().len(), asked);
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn a_request_over_http_2_needs_a_signature() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let mut document = document(&origin, json!({}));
    trusting(&mut document, &[&signer]);
    let site = Site::start(document).await;
    let session = connect(site.address(), SITE, &tls(&site.authority, &["h2"])).await.unwrap();
    let (sender, connection) = h2::client::handshake(session).await.unwrap();
    let driven = actix_rt::spawn(connection);
    let mut sender = sender.ready().await.unwrap();
    let address = format!("https://{SITE}/a");
    let signed = with(&address, &signer.canned(Hash::Sha256, &address, now() + HOUR));
    for (target, status) in [(&signed, 200), (&address, 403), (&signed, 200)] {
        for method in ["GET", "HEAD"] {
            let request = http::Request::builder().method(method).uri(target).body(()).unwrap();
            let (answer, _) = sender.send_request(request, true).unwrap();
            assert_eq!(answer.await.unwrap().status(), status, "{method} {target}");
            sender = sender.ready().await.unwrap();
        }
    }
    assert_eq!(origin.requests().len(), 1, "{:?}", origin.requests());
    driven.abort();
    site.edge.stop().await;
}

#[actix_rt::test]
async fn decision_87_the_root_has_the_guards_of_its_object() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let mut private = document(&origin, json!({}));
    trusting(&mut private, &[&signer]);
    private["behaviors"][0]["path"] = json!("/index.html");
    let open = json!({"path": "*", "origin": "web"});
    private["behaviors"].as_array_mut().unwrap().push(open);
    private["default_root_object"] = json!("index.html");
    let stage = Stage::passing(private.clone()).await;
    let get = async |target: &str| stage.get_with(target, &[("Host", HOST)]).await;
    let signed = |path: &str| with(path, &signer.canned(Hash::Sha256, &url(path), now() + HOUR));
    assert_eq!(get(&signed("/index.html")).await.status, 200);
    for path in ["/", "//", "/%2e", "/?x=1"] {
        let reply = get(path).await;
        assert_eq!(reply.status, 403, "{path}: {}", reply.text());
    }
    assert_eq!(get("/other").await.status, 200);
    assert_eq!(get(&signed("/")).await.header("x-cache"), "Hit from brink");
    stage.stop().await;
    for (guard, value) in [
        ("access", json!({"deny": ["127.0.0.1"]})),
        ("viewer_protocol_policy", json!("https-only")),
    ] {
        let mut document = private.clone();
        document["behaviors"][0]["trusted_key_groups"] = json!([]);
        document["behaviors"][0][guard] = value;
        let edge = Edge::start(document).await;
        assert_eq!(edge.get("/").await.status, 403, "{guard}");
        assert_eq!(edge.get("/other").await.status, 200, "{guard}");
        edge.stop().await;
    }
}
