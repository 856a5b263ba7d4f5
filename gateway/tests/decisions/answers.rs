//! Answers that functions change, and answers that functions see.

use serde_json::json;

use crate::edge::returned;
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, at, document, header, line, set};

#[actix_rt::test]
async fn decision_07_and_08_the_viewer_response_changes_neither_body_nor_status() {
    let origin = RawOrigin::answering(HELLO);
    let cases = [
        ("/body", json!("mine")),
        ("/body", json!("")),
        ("/status", json!("404")),
        ("/status", json!(302)),
    ];
    let behavior = at(&["viewer-response"]);
    let stage = Stage::putting(document(&origin, behavior), "viewer-response", cases).await;
    for number in 0..4 {
        let reply = stage.get(&format!("/{number}")).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "hello"), "{number}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_10_what_is_left_out_stays() {
    let origin =
        RawOrigin::answering("HTTP/1.1 203 Roughly\r\nX-Own: 1\r\nContent-Length: 5\r\n\r\nhello");
    let mut behavior = at(&["viewer-request", "origin-request", "origin-response"]);
    behavior["functions"]["viewer-response"] = json!("f:1");
    behavior["forward"] = json!({"query_strings": "all"});
    let stage = Stage::with_verdicts(document(&origin, behavior), |trigger, cf| {
        returned(&match trigger {
            "viewer-request" => json!({"uri": "/b", "method": "DELETE", "clientIp": "192.0.2.7"}),
            "origin-request" => json!({"headers": cf["request"]["headers"], "method": "PUT"}),
            _ => json!({"status": "203"}),
        })
    })
    .await;
    let request = "GET /a?q=1 HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\r\n";
    let reply = stage.raw(request).await;
    assert!(reply.starts_with("HTTP/1.1 203 Roughly\r\n"), "{reply}");
    assert!(reply.contains("X-Own: 1\r\n") && reply.ends_with("hello"), "{reply}");
    let sent = origin.requests().pop().unwrap();
    assert!(sent.starts_with("GET /b?q=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("X-Forwarded-For: 127.0.0.1\r\n"), "{sent}");
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_12_hidden_headers_stay_with_their_answer() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nX-Edge-Own: 1\r\nX-Accel-Redirect: /b\r\nKeep-Alive: timeout=5\r\n\
         Connection: X-Named\r\nX-Named: 1\r\nProxy-Authenticate: Basic\r\n\
         Content-Length: 5\r\n\r\nhello",
    );
    let triggers = ["origin-response", "viewer-response"];
    let stage = Stage::start(document(&origin, at(&triggers)), |trigger, response| {
        response["headers"] = json!({ format!("x-{trigger}"): line("1") });
    })
    .await;
    let reply = stage.get("/a").await;
    for name in ["x-edge-own", "x-accel-redirect"] {
        for trigger in triggers {
            assert_eq!(header(&stage.shown(trigger)["response"], name), "", "{trigger}");
        }
        assert_ne!(reply.header(name), "", "{name}");
    }
    for name in ["keep-alive", "x-named", "proxy-authenticate"] {
        assert!(!reply.headers.contains_key(name), "{name}");
    }
    assert_eq!(reply.header("x-viewer-response"), "1");
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_23_a_replaced_body_has_its_own_length_and_the_rest_is_the_functions() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nETag: \"o\"\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    );
    let stage = Stage::start(document(&origin, at(&["origin-response"])), |_, response| {
        response["body"] = json!("a longer body");
    })
    .await;
    let accepts = [("Accept-Encoding", "gzip, br")];
    let reply = stage.get_with("/a", &accepts).await;
    let seen = (reply.header("content-length"), reply.text());
    assert_eq!(seen, ("13", "a longer body".to_owned()));
    assert_eq!((reply.header("etag"), reply.header("content-encoding")), ("\"o\"", "gzip"));
    stage.stop().await;

    let stage = Stage::start(document(&origin, at(&["origin-response"])), |_, response| {
        response["headers"] = json!({"etag": line("\"f\""), "content-length": line("3")});
        response["body"] = json!("mine");
    })
    .await;
    let reply = stage.get_with("/a", &accepts).await;
    assert_eq!((reply.header("content-length"), reply.header("etag")), ("4", "\"f\""));
    assert!(!reply.headers.contains_key("content-encoding"));
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_25_cookies_of_functions_survive_and_the_origins_need_forwarding() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nSet-Cookie: o=1\r\nContent-Length: 5\r\n\r\nhello",
    );
    for (forwarded, kept) in [("none", ""), ("all", "o=1")] {
        let mut behavior = at(&["origin-response", "viewer-response"]);
        behavior["forward"] = json!({"cookies": forwarded});
        let stage = Stage::start(document(&origin, behavior), |trigger, response| {
            let lines = &mut response["headers"]["set-cookie"];
            if lines.is_null() {
                *lines = json!([]);
            }
            lines.as_array_mut().unwrap().push(json!({"value": format!("{trigger}=1")}));
        })
        .await;
        let reply = stage.get("/a").await;
        assert_eq!(header(&stage.shown("origin-response")["response"], "set-cookie"), kept);
        let cookies: Vec<_> = reply
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        let all = [kept, "origin-response=1", "viewer-response=1"];
        let expected: Vec<_> = all.into_iter().filter(|cookie| !cookie.is_empty()).collect();
        assert_eq!(cookies, expected);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_30_the_viewer_response_is_given_the_changed_request() {
    let origin = RawOrigin::answering(HELLO);
    let behavior = at(&["viewer-request", "viewer-response"]);
    let stage = Stage::start(document(&origin, behavior), |trigger, object| {
        if trigger == "viewer-request" {
            object["uri"] = json!("/b");
            object["querystring"] = json!("changed=1");
            set(object, "x-added", "1");
        }
    })
    .await;
    for _ in ["Miss", "Hit"] {
        stage.get("/a?q=1").await;
        let request = stage.shown("viewer-response")["request"].clone();
        assert_eq!((&request["uri"], &request["querystring"]), (&json!("/b"), &json!("changed=1")));
        assert_eq!(header(&request, "x-added"), "1");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_31_age_is_shown_and_the_proxys_other_headers_come_after() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&["viewer-response"]))).await;
    for (age, cache) in [("", "Miss from brink"), ("0", "Hit from brink")] {
        let reply = stage.get("/a").await;
        let response = stage.shown("viewer-response")["response"].clone();
        assert_eq!((header(&response, "age"), reply.header("age")), (age, age));
        assert_eq!(reply.header("x-cache"), cache);
        for name in ["via", "x-cache", "x-amz-cf-id"] {
            assert_eq!(header(&response, name), "");
            assert_ne!(reply.header(name), "");
        }
    }
    stage.stop().await;
}
