//! The viewer protocol policy.

use serde_json::{Value, json};

use crate::client::{Site, document, exchange};
use crate::edge::{Origin, raw};
use crate::frames::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, frame};

async fn site(origin: &Origin, policy: &str) -> Site {
    let functions = json!({"viewer-request": "f:1", "viewer-response": "f:1"});
    let behavior = json!({"viewer_protocol_policy": policy, "functions": functions});
    Site::with_function(document(&origin.url(), behavior), |event: Value| {
        let cf = &event["Records"][0]["cf"];
        let mut object = cf.get("response").unwrap_or(&cf["request"]).clone();
        object["headers"]["x-ran"] = json!([{"key": "X-Ran", "value": "1"}]);
        object
    })
    .await
}

fn request(line: &str, host: &str) -> String {
    format!("{line}\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

#[actix_rt::test]
async fn requests_over_http_are_redirected_with_cloudfronts_statuses() {
    let origin = Origin::start().await;
    let site = site(&origin, "redirect-to-https").await;
    let plain = site.edge.address();
    let secure = site.address().port();
    let named = format!("shop.test:{}", plain.port());
    for (line, host, status, location) in [
        ("GET /a?b=c HTTP/1.1", "shop.test", "301", "https://shop.test/a?b=c".to_owned()),
        ("HEAD /a HTTP/1.1", &named, "301", format!("https://shop.test:{secure}/a")),
        ("GET /a HTTP/1.0", "shop.test", "301", "https://shop.test/a".to_owned()),
        ("POST /a HTTP/1.1", "shop.test", "307", "https://shop.test/a".to_owned()),
        ("DELETE /a HTTP/1.1", "shop.test", "307", "https://shop.test/a".to_owned()),
        ("OPTIONS /a HTTP/1.1", "shop.test", "307", "https://shop.test/a".to_owned()),
    ] {
        let answer = raw(plain, &request(line, host)).await;
        let end = answer.get(8..13).unwrap_or_default();
        assert_eq!(end, format!(" {status} "), "{line}: {answer}");
        assert!(answer.contains(&format!("\r\nLocation: {location}\r\n")), "{line}: {answer}");
        assert!(answer.contains("\r\nX-Cache: Redirect from brink\r\n"), "{line}: {answer}");
        assert!(!answer.contains("X-Ran"), "{line}: {answer}");
    }
    let old = raw(plain, &request("POST /a HTTP/1.0", "shop.test")).await;
    assert!(old.starts_with("HTTP/1.1 403 ") || old.starts_with("HTTP/1.0 403 "), "{old}");
    let followed = exchange(&mut site.connect().await, "/a").await;
    assert!(followed.starts_with("HTTP/1.1 200 ") && followed.contains("X-Ran: 1"), "{followed}");
    assert_eq!(origin.requests.load(std::sync::atomic::Ordering::Relaxed), 1);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_behavior_for_https_only_rejects_http() {
    let origin = Origin::start().await;
    let site = site(&origin, "https-only").await;
    let answer = raw(site.edge.address(), &request("GET / HTTP/1.1", "shop.test")).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("X-Cache: Error from brink") && answer.contains("over HTTPS only"));
    assert!(site.get("/").await.starts_with("HTTP/1.1 200 "));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_request_belongs_to_the_distribution_of_its_host() {
    let origin = Origin::start().await;
    let mut document = document(&origin.url(), json!({}));
    document["aliases"] = json!(["other.test"]);
    let site = Site::start(document).await;
    // The certificate is the one for `shop.test`.
    let mut frames = Frames::open(&site, &[]).await;
    let ask = |stream: u32, host: &str| {
        let text = |index: u8, text: &str| {
            [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
        };
        let head = [vec![0x82, 0x87], text(4, "/"), text(1, host)].concat();
        frame(HEADERS, END_STREAM | END_HEADERS, stream, &head)
    };
    frames.send(&[ask(1, "other.test"), ask(3, "shop.test")].concat()).await.unwrap();
    let mut bodies = [String::new(), String::new()];
    while !bodies.iter().all(|body| body.contains("GET /") || body.contains("host name")) {
        let frame = frames.until(DATA).await.unwrap();
        let body = &mut bodies[usize::from(frame.stream == 3)];
        body.push_str(&String::from_utf8_lossy(&frame.content));
    }
    assert!(bodies[0].starts_with("GET /"), "{bodies:?}");
    assert!(bodies[1].contains("No distribution answers this host name"), "{bodies:?}");
    drop(frames);
    site.edge.stop().await;
}
