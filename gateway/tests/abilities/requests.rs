//! Request headers, `uri` and `querystring`.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, head, header, line};

const INVALID: &str = "LambdaValidationError from brink";

/// The head of the last request that the origin got.
fn sent(origin: &RawOrigin) -> String {
    head(&origin.requests().pop().unwrap())
}

#[actix_rt::test]
async fn request_triggers_change_request_headers() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in ["viewer-request", "origin-request"] {
        let mut behavior = at(&[trigger, "origin-response"]);
        behavior["forward"] = json!({"headers": ["X-Own", "X-Gone"]});
        let stage = Stage::start(document(&origin, behavior), |trigger, object| {
            if trigger.ends_with("request") {
                object["headers"]["x-own"] = json!([{"value": "1"}, {"value": "2"}]);
                object["headers"].as_object_mut().unwrap().remove("x-gone");
            }
        })
        .await;
        stage.get_with("/a", &[("X-Own", "0"), ("X-Gone", "0")]).await;
        let sent = sent(&origin);
        assert!(sent.contains("x-own: 1\r\nx-own: 2"), "{trigger}: {sent}");
        assert!(!sent.contains("x-gone") && !sent.contains("x-own: 0"), "{trigger}: {sent}");
        // The response triggers are shown the request as it was sent.
        let shown = stage.shown("origin-response")["request"].clone();
        assert_eq!(shown["headers"]["x-own"].as_array().unwrap().len(), 2);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn no_trigger_adds_disallowed_or_edits_read_only_headers() {
    let origin = RawOrigin::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let read_only = [
        ("viewer-request", vec!["content-length", "host", "transfer-encoding", "via"]),
        (
            "origin-request",
            vec![
                "accept-encoding",
                "content-length",
                "if-modified-since",
                "if-none-match",
                "if-range",
                "if-unmodified-since",
                "transfer-encoding",
                "via",
            ],
        ),
        ("origin-response", vec!["transfer-encoding", "via"]),
        ("viewer-response", vec!["warning", "via"]),
    ];
    let disallowed = ["connection", "expect", "x-cache", "x-amz-cf-id", "x-edge-a", "x-real-ip"];
    for (trigger, names) in read_only {
        let names: Vec<_> = names.into_iter().chain(disallowed).collect();
        let place = |name: &str| -> &'static str { format!("/headers/{name}").leak() };
        let cases = names.iter().map(|name| (place(name), line("1")));
        let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, cases).await;
        for (number, name) in names.iter().enumerate() {
            let reply = stage.get(&format!("/{number}")).await;
            assert_eq!((reply.status, reply.header("x-cache")), (502, INVALID), "{trigger} {name}");
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn the_origin_always_gets_one_host() {
    let origin = RawOrigin::answering(HELLO);
    let own = format!("127.0.0.1:{}", origin.port);
    let two = json!([{"value": "a.example"}, {"value": "b.example"}]);
    let cases = [
        (Value::Null, Some(own.as_str())),
        (json!([]), Some(own.as_str())),
        (line("Other.example"), Some("other.example")),
        (two, None),
    ];
    let values = cases.iter().map(|(value, _)| ("/headers/host", value.clone()));
    let document = document(&origin, at(&["origin-request"]));
    let stage = Stage::putting(document, "origin-request", values).await;
    for (number, (value, host)) in cases.iter().enumerate() {
        let reply = stage.get(&format!("/{number}")).await;
        let Some(host) = host else {
            assert_eq!((reply.status, reply.header("x-cache")), (502, INVALID));
            continue;
        };
        let sent = sent(&origin);
        let hosts: Vec<_> = sent.lines().filter(|line| line.starts_with("host:")).collect();
        assert_eq!((reply.status, hosts), (200, vec![&*format!("host: {host}")]), "{value}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn a_changed_uri_and_query_are_in_the_key_at_viewer_request_only() {
    let origin = RawOrigin::answering(HELLO);
    for (trigger, second) in [("viewer-request", "Hit"), ("origin-request", "Miss")] {
        let mut behavior = at(&[trigger]);
        behavior["cache"] = json!({"query_strings": "all"});
        let stage = Stage::start(document(&origin, behavior), |_, request| {
            request["uri"] = json!("/same");
            request["querystring"] = json!("same=1");
        })
        .await;
        for (path, cache) in [("/a?a=1", "Miss"), ("/b", second), ("/a?a=1", "Hit")] {
            let reply = stage.get(path).await;
            assert_eq!(reply.header("x-cache"), format!("{cache} from brink"), "{trigger} {path}");
            assert!(sent(&origin).starts_with("get /same?same=1 http/1.1\r\n"));
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn a_changed_uri_chooses_neither_another_behavior_nor_another_origin() {
    let (origin, other) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    for trigger in ["viewer-request", "origin-request"] {
        let mut document = document(&origin, at(&[trigger]));
        document["origins"]["other"] = json!({"url": format!("http://127.0.0.1:{}", other.port)});
        let behaviors = document["behaviors"].as_array_mut().unwrap();
        behaviors.insert(0, json!({"path": "/other/*", "origin": "other"}));
        let cases = [("/uri", json!("/other/a"))];
        let stage = Stage::putting(document, trigger, cases).await;
        assert_eq!(stage.get("/0").await.status, 200);
        assert!(sent(&origin).starts_with("get /other/a "));
        stage.stop().await;
    }
    assert_eq!(other.connections(), 0);
}

#[actix_rt::test]
async fn response_triggers_change_nothing_of_the_request() {
    let origin = RawOrigin::answering(HELLO);
    let request = json!({"uri": "/b", "querystring": "b=1", "headers": {"x-own": line("1")}});
    for trigger in ["origin-response", "viewer-response"] {
        let mut with_request = json!({"status": "200", "request": request});
        with_request["uri"] = json!("/b");
        let cases = [("", request.clone()), ("", with_request)];
        let stage = Stage::putting(document(&origin, at(&TRIGGERS)), trigger, cases).await;
        let reply = stage.get("/0").await;
        assert_eq!((reply.status, reply.header("x-cache")), (502, INVALID), "{trigger}");
        // What of a request stands in a response has no effect.
        assert_eq!(stage.get("/1").await.text(), "hello");
        assert!(sent(&origin).starts_with("get /1 "));
        let seen: Value = stage.shown("viewer-response")["request"].clone();
        assert_eq!((&seen["uri"], header(&seen, "x-own")), (&json!("/1"), ""));
        stage.stop().await;
    }
}
