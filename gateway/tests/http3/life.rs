//! Certificates that change, and gateways that stop.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::client::{SITE, Site, document};
use crate::edge::Origin;
use crate::raw_origin::RawOrigin;
use crate::viewer::Viewer;
use crate::{site, until};

#[actix_rt::test]
async fn a_new_certificate_reaches_new_connections_and_open_ones_go_on() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::start(&site).await;
    let before = viewer.open(json!({"viewer": "old"})).await["serial"].clone();
    assert!(before.is_string(), "{before}");
    site.authority.issue(&[SITE]).write(&site.certificates(), "shop");
    let mut tries = 0;
    until("the certificate is read", async || {
        tries += 1;
        let opened = viewer.open(json!({"viewer": format!("new {tries}")})).await;
        opened["serial"].is_string() && opened["serial"] != before
    })
    .await;
    let got = viewer.run("ask", json!({"viewer": "old", "path": "/"})).await;
    assert_eq!(got["status"], 200, "{got}");
    let other = viewer.open(json!({"viewer": "other", "name": "other.test"})).await;
    assert!(other["failed"].is_string(), "{other}");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_viewer_that_moves_keeps_its_connection_and_the_address_that_it_proved() {
    let (origin, seen) = (Origin::start().await, Arc::new(Mutex::new(Vec::new())));
    let kept = seen.clone();
    let function = move |event: Value| {
        let request = event["Records"][0]["cf"]["request"].clone();
        kept.lock().push(request["clientIp"].clone());
        request
    };
    let behavior = json!({"functions": {"viewer-request": "f:1"}});
    let site = Site::open(document(&origin.url(), behavior), function, true).await;
    let mut viewer = Viewer::connected(&site).await;
    assert_eq!(viewer.get("/before").await["status"], 200);
    let moved = viewer.run("move", json!({"to": "127.0.0.2"})).await;
    assert_eq!(moved, json!({}));
    for path in ["/after", "/later"] {
        let got = viewer.get(path).await;
        assert_eq!(got["status"], 200, "{got}");
    }
    assert_eq!(*seen.lock(), ["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_gateway_that_stops_finishes_what_it_has_begun() {
    let origin = RawOrigin::start(|mut conn| {
        if conn.request().is_some() {
            std::thread::sleep(Duration::from_secs(2));
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        }
    });
    let site = site(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let stream =
        viewer.run("ask", json!({"path": "/slow", "starts": true})).await["stream"].clone();
    let idle = viewer.open(json!({"viewer": "idle"})).await;
    assert_eq!(idle["resumed"], false, "{idle}");
    let Site { edge, authority: _authority, folder: _folder } = site;
    let stopping = actix_rt::spawn(edge.stop());
    // The first request of the connection is the last one that is answered.
    let goaway = viewer.run("goaway", json!({})).await;
    assert_eq!(goaway["goaway"], 4, "{goaway}");
    let refused = viewer.open(json!({"viewer": "late"})).await;
    assert!(refused["failed"].is_string(), "{refused}");
    let got = viewer.run("answer", json!({ "stream": stream })).await;
    assert_eq!((&got["status"], &got["body"]), (&json!(200), &json!("hello")), "{got}");
    for connection in ["", "idle"] {
        let ended = viewer.run("ended", json!({"viewer": connection})).await;
        // H3_NO_ERROR.
        assert_eq!(ended["code"], 0x100, "{connection} {ended}");
    }
    stopping.await.unwrap();
}
