//! Other people's programs as viewers: curl, nghttp2's and Node.js, over HTTP/1.1 and HTTP/2. And WebSockets.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::client::{SITE, Site, document};
use crate::edge::Origin;
use crate::raw_origin::RawOrigin;

const WITHIN: Duration = Duration::from_secs(60);

/// Runs a program to its end and returns its output.
async fn run(program: &str, arguments: &[&str], how: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(WITHIN, command.output()).await.expect("it ends");
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; {how}"));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}\n{err}");
    out.into_owned()
}

/// curl, with trust in the site's authority.
async fn curl(site: &Site, path: &str, more: &[&str]) -> String {
    let authority = site.folder.path().join("authority.pem");
    let resolve = format!("{SITE}:{}:127.0.0.1", site.address().port());
    let url = site.url(path);
    let mut arguments = vec!["-sS", "--cacert", authority.to_str().unwrap(), "--resolve", &resolve];
    arguments.extend(more);
    arguments.push(&url);
    run("curl", &arguments, "install the package curl").await
}

#[actix_rt::test]
async fn curl_gets_the_same_over_both_versions() {
    let origin = Origin::start().await;
    let site = Site::start(document(&origin.url(), json!({}))).await;
    let upload = vec![b'x'; 1 << 20];
    let file = site.folder.path().join("upload");
    std::fs::write(&file, &upload).unwrap();
    let data = format!("@{}", file.display());
    for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let told = ["-i", "-w", "\n%{http_version}"];
        let got = curl(&site, "/a?b=c", &[&[flag, "-H", "X-Own: 1"][..], &told].concat()).await;
        assert!(got.ends_with(&format!("\n{version}")), "{got}");
        assert!(got.starts_with(&format!("HTTP/{version} 200")), "{got}");
        assert!(got.to_lowercase().contains("x-cache: miss from brink"), "{got}");
        assert!(got.contains("GET /a"), "{got}");
        let head = curl(&site, "/tagged", &[flag, "-I"]).await.to_lowercase();
        assert!(head.contains("content-length: 10\r\n"), "{head}");
        let unchanged = curl(&site, "/tagged", &[flag, "-i", "-H", "If-None-Match: \"t\""]).await;
        assert!(unchanged.starts_with(&format!("HTTP/{version} 304")), "{unchanged}");
        let counted =
            curl(&site, "/count", &[flag, "-H", "Content-Type: x", "--data-binary", &data]).await;
        assert_eq!(counted, format!("{} x", upload.len()));
        let error = curl(&site, "/status/503", &[flag, "-i"]).await;
        assert!(error.starts_with(&format!("HTTP/{version} 503")), "{error}");
    }
    assert!(origin.requests.load(Ordering::Relaxed) >= 10);
    site.edge.stop().await;
}

const NGHTTP2: &str = "install the package nghttp2-client";

#[actix_rt::test]
async fn the_tools_of_nghttp2_get_whole_answers() {
    let origin = Origin::start().await;
    let site = Site::start(document(&origin.url(), json!({}))).await;
    let at = |path: &str| format!("https://127.0.0.1:{}{path}", site.address().port());
    let authority = format!(":authority: {SITE}");
    // nghttp shows each frame, and fails where the gateway breaks the protocol.
    let url = at("/tagged");
    let told = run("nghttp", &["-nv", "--no-verify-peer", "-H", &authority, &url], NGHTTP2).await;
    for words in [":status: 200", "content-length: 10", "SETTINGS_MAX_CONCURRENT_STREAMS"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // 2,000 requests over 4 connections, 50 at once on each, and then an upload.
    let url = at("/page");
    let load = ["-n", "2000", "-c", "4", "-m", "50", "-t", "1", "-H", &authority, &url];
    let told = run("h2load", &load, NGHTTP2).await;
    assert!(told.contains("2000 done, 2000 succeeded, 0 failed, 0 errored"), "{told}");
    assert!(told.contains("Application protocol: h2"), "{told}");
    let upload = site.folder.path().join("upload");
    std::fs::write(&upload, vec![b'x'; 300_000]).unwrap();
    let (data, url) = (format!("-d{}", upload.display()), at("/count"));
    let typed = "-Hcontent-type: x";
    let upload = ["--no-verify-peer", "-H", &authority, typed, &data, &url];
    assert_eq!(run("nghttp", &upload, NGHTTP2).await, "300000 x");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn node_gets_many_answers_at_once_over_one_connection() {
    let origin = Origin::start().await;
    let site = Site::start(document(&origin.url(), json!({}))).await;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/https/viewer.mjs");
    let authority = site.folder.path().join("authority.pem");
    let port = site.address().port().to_string();
    let arguments = [script.to_str().unwrap(), authority.to_str().unwrap(), &port];
    let told = run("node", &arguments, "install Node.js 20").await;
    assert_eq!(told, "http2: 200 answers\nupload: 300000 x\nhttps: 200\n");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_large_answer_arrives_whole_over_http2() {
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let origin = RawOrigin::answering([head.as_bytes(), &body].concat());
    let url = format!("http://127.0.0.1:{}", origin.port);
    let site = Site::start(document(&url, json!({}))).await;
    let file = site.folder.path().join("got");
    curl(&site, "/", &["--http2", "-o", file.to_str().unwrap()]).await;
    assert!(std::fs::read(&file).unwrap() == body);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_websocket_opens_over_tls() {
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        );
        loop {
            let bytes = conn.read();
            if bytes.is_empty() {
                return;
            }
            conn.send(bytes);
        }
    });
    let url = format!("http://127.0.0.1:{}", origin.port);
    let site = Site::start(document(&url, json!({"forward": {"headers": "all"}}))).await;
    let mut viewer = site.connect().await;
    let request = format!(
        "GET /chat HTTP/1.1\r\nHost: {SITE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    viewer.write_all(request.as_bytes()).await.unwrap();
    viewer.flush().await.unwrap();
    let mut read = Vec::new();
    let echoed = async {
        while !read.ends_with(b"\r\n\r\n") {
            assert!(viewer.read_buf(&mut read).await.unwrap() > 0);
        }
        assert!(read.starts_with(b"HTTP/1.1 101 "), "{}", read.escape_ascii());
        for piece in [&b"ping"[..], &[0; 40_000]] {
            viewer.write_all(piece).await.unwrap();
            viewer.flush().await.unwrap();
            let mut back = vec![1; piece.len()];
            viewer.read_exact(&mut back).await.unwrap();
            assert!(back == piece);
        }
    };
    tokio::time::timeout(WITHIN, echoed).await.unwrap();
    drop(viewer);
    site.edge.stop().await;
}
