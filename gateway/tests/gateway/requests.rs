//! Requests out of the ordinary, and what functions may do to how messages are framed.

use super::*;

/// What of the events a function at `trigger` saw goes to `change`; others pass unchanged.
fn at(trigger: &str, change: impl Fn(&mut Value)) -> impl Fn(Value) -> Value {
    move |event| {
        let cf = &event["Records"][0]["cf"];
        let seen = cf["config"]["eventType"].as_str().unwrap();
        let kind = if seen.ends_with("request") { "request" } else { "response" };
        let mut object = cf[kind].clone();
        if seen == trigger {
            change(&mut object);
        }
        object
    }
}

#[actix_rt::test]
async fn a_replaced_body_gets_new_framing() {
    let origin = Origin::start().await;
    for trigger in ["viewer-request", "origin-request"] {
        let behavior = json!({"methods": "all", "functions": {trigger: "f:1"}});
        let edge = Edge::with_function(
            distribution(&origin, behavior),
            at(trigger, |request| {
                request["headers"]["content-type"] = json!([{"value": "text/new"}]);
                request["body"] =
                    json!({"action": "replace", "encoding": "text", "data": "replaced"});
            }),
        )
        .await;
        for (method, body) in [("POST", b"a longer body".as_slice()), ("PUT", b"")] {
            let reply = edge.request(method, "/count", &[], body).await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "8 text/new"), "{trigger}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn functions_cannot_break_the_framing_of_answers() {
    let origin = Origin::start().await;
    for trigger in ["origin-response", "viewer-response"] {
        for length in [json!([{"value": "3"}]), json!([{"value": "999"}]), Value::Null] {
            let behavior = json!({"functions": {trigger: "f:1"}});
            let edge = Edge::with_function(
                distribution(&origin, behavior),
                at(trigger, move |response| {
                    let headers = response["headers"].as_object_mut().unwrap();
                    headers.remove("content-length");
                    if !length.is_null() {
                        headers.insert("content-length".into(), length.clone());
                    }
                }),
            )
            .await;
            for method in ["GET", "HEAD", "GET"] {
                let reply = edge.request(method, "/tagged", &[], b"").await;
                let seen = (reply.status, reply.header("content-length"));
                assert_eq!(seen, (200, "10"), "{trigger} {method}");
                assert_eq!(reply.body.len(), if method == "GET" { 10 } else { 0 });
            }
            edge.stop().await;
        }
    }
    let behavior = json!({"functions": {"viewer-response": "f:1"}});
    let edge = Edge::with_function(
        distribution(&origin, behavior),
        at("viewer-response", |response| {
            response["headers"]["transfer-encoding"] = json!([{"value": "gzip, chunked"}]);
        }),
    )
    .await;
    let reply = edge.get("/tagged").await;
    assert_eq!((reply.header("transfer-encoding"), reply.text().as_str()), ("", "0123456789"));
    edge.stop().await;
}

#[actix_rt::test]
async fn ambiguous_requests_go_no_further() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({"methods": "all"}))).await;
    let smuggled = "GET /cache/smuggled HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
    ] {
        let head = format!("POST /echo HTTP/1.1\r\nHost: d.brink.localhost\r\n{framing}\r\n\r\n");
        let reply = raw(edge.address(), &format!("{head}0\r\n\r\n{smuggled}")).await;
        assert!(reply.starts_with("HTTP/1.1 400"), "{framing}: {reply}");
        assert_eq!(reply.matches("HTTP/1.1").count(), 1, "{framing}: {reply}");
    }
    assert_eq!(origin.requests.load(Ordering::Relaxed), 0);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_rejected_upload_is_not_taken_for_the_next_request() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({}))).await;
    let inner = "GET /cache/smuggled HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n";
    let rejected = format!(
        "POST /echo HTTP/1.1\r\nHost: d.brink.localhost\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{inner}",
        inner.len()
    );
    let reply = raw(edge.address(), &rejected).await;
    assert!(reply.starts_with("HTTP/1.1 403"), "{reply}");
    assert_eq!(reply.matches("HTTP/1.1").count(), 1, "{reply}");
    assert_eq!(origin.requests.load(Ordering::Relaxed), 0);
    edge.stop().await;
}

#[actix_rt::test]
async fn old_viewers_heads_and_options_are_answered() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({"methods": "read-options"}))).await;
    let old = raw(edge.address(), "GET /echo HTTP/1.0\r\nHost: d.brink.localhost\r\n\r\n").await;
    assert!(old.contains(" 200 OK") && old.contains("GET /echo"), "{old}");
    assert!(!old.to_ascii_lowercase().contains("transfer-encoding"), "{old}");
    let head = edge.request("HEAD", "/tagged", &[("Range", "bytes=2-4")], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "10", 0));
    edge.get("/tagged").await;
    let head = edge.request("HEAD", "/tagged", &[("Range", "bytes=2-4")], b"").await;
    assert_eq!((head.header("x-cache"), head.status), ("Hit from brink", 200));
    let options = edge.request("OPTIONS", "/echo", &[], b"").await;
    assert!(options.text().contains("OPTIONS /echo"), "{}", options.text());
    edge.stop().await;
}

#[actix_rt::test]
async fn an_error_page_runs_the_functions_that_face_its_origin_and_no_others() {
    let origin = Origin::start().await;
    let functions =
        json!({"origin-request": "f:1", "viewer-response": "f:1", "viewer-request": "f:1"});
    let mut document = distribution(&origin, json!({ "functions": functions }));
    document["error_pages"] =
        json!([{"status": 404, "path": "/echo/page", "response_status": 200}]);
    let edge = Edge::with_function(document, |event| {
        let cf = &event["Records"][0]["cf"];
        let trigger = cf["config"]["eventType"].as_str().unwrap();
        let mut object =
            cf[if trigger == "viewer-response" { "response" } else { "request" }].clone();
        object["headers"][format!("x-{trigger}")] = json!([{"value": "ran"}]);
        object
    })
    .await;
    let page = edge.get("/status/404").await;
    assert_eq!((page.status, page.header("x-cache")), (200, "Error from brink"));
    assert!(page.text().contains("x-origin-request: ran"), "{}", page.text());
    assert_eq!(page.header("x-viewer-response"), "");
    let direct = edge.get("/echo/page").await;
    assert_eq!((direct.body, direct.headers.contains_key("x-viewer-response")), (page.body, true));
    edge.stop().await;
}
