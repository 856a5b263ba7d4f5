//! Generated answers, status, response headers and the origin's body.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, line};

#[actix_rt::test]
async fn request_triggers_generate_answers_and_the_origins_is_kept() {
    let origin = RawOrigin::answering(HELLO);
    let answer = json!({
        "status": "201", "statusDescription": "Made",
        "headers": {"content-type": line("text/plain"), "set-cookie": [{"value": "a=1"}, {"value": "b=2"}]},
        "body": "aGk=", "bodyEncoding": "base64",
    });
    for (trigger, second, ran) in [
        ("viewer-request", "LambdaGeneratedResponse", vec!["viewer-request"; 2]),
        (
            "origin-request",
            "Hit",
            vec![
                "viewer-request",
                "origin-request",
                "viewer-response",
                "viewer-request",
                "viewer-response",
            ],
        ),
    ] {
        let cases = [("", answer.clone())];
        let stage = Stage::putting(document(&origin, at(&TRIGGERS)), trigger, cases).await;
        for cache in ["LambdaGeneratedResponse", second] {
            let reply = stage.get("/0").await;
            assert_eq!(reply.header("x-cache"), format!("{cache} from brink"), "{trigger}");
            assert_eq!((reply.status, reply.text().as_str()), (201, "hi"));
            assert_eq!(reply.header("content-type"), "text/plain");
            assert_eq!(reply.headers.get_all("set-cookie").iter().count(), 2);
        }
        assert_eq!(stage.ran(), ran);
        stage.stop().await;
    }
    assert_eq!(origin.connections(), 0);
}

#[actix_rt::test]
async fn the_origin_response_overwrites_everything_and_that_is_kept() {
    let origin = RawOrigin::answering(HELLO);
    let answer = json!({"status": "203", "headers": {"x-own": line("1")}, "body": "mine"});
    let cases = [("", answer)];
    let document = document(&origin, at(&["origin-response"]));
    let stage = Stage::putting(document, "origin-response", cases).await;
    for cache in ["Miss", "Hit"] {
        let reply = stage.get("/0").await;
        assert_eq!(reply.header("x-cache"), format!("{cache} from brink"));
        assert_eq!((reply.status, reply.text().as_str()), (203, "mine"));
        assert_eq!(reply.header("x-own"), "1");
    }
    assert_eq!(stage.ran(), ["origin-response"]);
    stage.stop().await;
}

#[actix_rt::test]
async fn only_the_origin_response_changes_the_status() {
    let origin = RawOrigin::answering(HELLO);
    let statuses = [json!("200"), json!(404), json!("599"), json!(302), json!("199"), json!(600)];
    for trigger in ["origin-response", "viewer-response"] {
        let cases = statuses.iter().map(|status| ("/status", status.clone()));
        let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, cases).await;
        for (number, status) in statuses.iter().enumerate().take(4) {
            let reply = stage.get(&format!("/{number}")).await;
            let asked = status.to_string().trim_matches('"').parse().unwrap();
            let expected = if trigger == "origin-response" { asked } else { 200 };
            assert_eq!(reply.status, expected, "{trigger} {status}");
        }
        if trigger == "origin-response" {
            for path in ["/4", "/5"] {
                assert_eq!(
                    stage.get(path).await.header("x-cache"),
                    "LambdaValidationError from brink"
                );
            }
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn response_triggers_change_response_headers() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nX-Old: 1\r\nServer: apache\r\nContent-Length: 5\r\n\r\nhello",
    );
    for (trigger, runs) in [("origin-response", 1), ("viewer-response", 2)] {
        let stage = Stage::start(document(&origin, at(&[trigger])), |_, response| {
            let headers = response["headers"].as_object_mut().unwrap();
            headers.remove("x-old");
            headers.insert("server".to_owned(), line("mine"));
            headers.insert("x-many".to_owned(), json!([{"value": "1"}, {"value": "2"}]));
        })
        .await;
        for _ in ["Miss", "Hit"] {
            let reply = stage.get("/a").await;
            assert!(!reply.headers.contains_key("x-old"), "{trigger}");
            let many: Vec<_> = reply
                .headers
                .get_all("x-many")
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect();
            assert_eq!((reply.header("server"), many), ("mine", vec!["1", "2"]), "{trigger}");
        }
        assert_eq!(stage.ran().len(), runs);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn no_response_trigger_reads_the_origins_body_and_only_origin_response_replaces_it() {
    let origin = RawOrigin::answering(HELLO);
    let bodies: [(Value, &str); 3] = [(Value::Null, "hello"), (json!(""), ""), (json!("x"), "x")];
    for trigger in ["origin-response", "viewer-response"] {
        let cases = bodies.iter().map(|(body, _)| ("/body", body.clone()));
        let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, cases).await;
        for (number, (_, replaced)) in bodies.iter().enumerate() {
            let reply = stage.get(&format!("/{number}")).await;
            let expected = if trigger == "origin-response" { replaced } else { "hello" };
            assert_eq!((reply.status, reply.text().as_str()), (200, expected), "{trigger}");
            let shown = stage.shown(trigger)["response"].clone();
            let mut fields: Vec<_> = shown.as_object().unwrap().keys().collect();
            fields.sort_unstable();
            assert_eq!(fields, ["headers", "status", "statusDescription"]);
        }
        stage.stop().await;
    }
}
