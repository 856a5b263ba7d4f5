//! The Runtime API as AWS describes it, and against clients that do not keep to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/runtime_api.rs"]
mod support;

#[path = "runtime_api/hostile.rs"]
mod hostile;

use brink_frames::FromSandbox;
use brink_shared::event::{Event, ForFunction, event_from_json};
use brink_shared::wire::{self, FailureKind, Payload, UnixMillis};
use brink_worker::runtime_api::{EVENTS_MAX, TooManyEvents};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use support::{Api, RESPONSE_MAX, invocation};

/// An event as CloudFront sends it.
fn typed_event() -> Event {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/testdata/events");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    event_from_json(&value).unwrap()
}

#[tokio::test]
async fn an_event_is_handed_out_with_lambdas_headers_and_answered() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    api.invoke(1, r#"{"a": 123456789012345678901234567890}"#);
    let event = client.next().await;
    assert_eq!(event.status, 200);
    assert_eq!(event.body, br#"{"a": 123456789012345678901234567890}"#);
    assert_eq!(event.header("Content-Type"), Some("application/json"));
    assert_eq!(event.header("Lambda-Runtime-Aws-Request-Id"), Some("request-1"));
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:greeter:3";
    assert_eq!(event.header("Lambda-Runtime-Invoked-Function-Arn"), Some(arn));
    let deadline: u64 = event.header("Lambda-Runtime-Deadline-Ms").unwrap().parse().unwrap();
    assert!(deadline > UnixMillis::now().0);
    let trace = event.header("Lambda-Runtime-Trace-Id").unwrap();
    assert!(trace.starts_with("Root=1-") && trace.ends_with(";Sampled=0"), "{trace}");
    for absent in ["Lambda-Runtime-Client-Context", "Lambda-Runtime-Cognito-Identity"] {
        assert_eq!(event.header(absent), None);
    }
    api.expect_loaded().await;
    api.expect_started(1).await;
    let answer = client.post("invocation/request-1/response", r#"{"status":"200"}"#).await;
    assert_eq!((answer.status, answer.json()), (202, json!({"status": "OK"})));
    let (value, run) = api.outcome(1).await;
    assert_eq!(value.unwrap(), json!({"status": "200"}));
    assert!(run.cold);

    api.invoke(2, "{}");
    assert_eq!(client.next().await.header("Lambda-Runtime-Aws-Request-Id"), Some("request-2"));
    api.expect_started(2).await;
    client.post("invocation/request-2/response", "null").await;
    let (value, run) = api.outcome(2).await;
    assert_eq!((value.unwrap(), run.cold), (Value::Null, false));
}

#[tokio::test]
async fn the_typed_event_has_the_contracts_form() {
    let api = Api::start().await;
    let event = typed_event();
    let payload = Payload::Event(wire::encode_value(&event).unwrap());
    api.api.invoke(invocation(1, payload)).unwrap();
    let answer = api.client().await.next().await;
    assert_eq!(answer.body, serde_json::to_vec(&ForFunction(&event)).unwrap());
}

#[tokio::test]
async fn an_event_that_cannot_be_read_fails_alone() {
    let mut api = Api::start().await;
    api.api.invoke(invocation(1, Payload::Event(vec![0xc1].into()))).unwrap();
    api.invoke(2, "2");
    assert_eq!(api.client().await.next().await.body, b"2");
    api.expect_loaded().await;
    let failure = api.outcome(1).await.0.unwrap_err();
    assert_eq!(failure.error_type, "Runtime.InvalidEvent");
    api.expect_started(2).await;
}

#[tokio::test]
async fn the_functions_error_is_the_events_failure() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    api.invoke(1, "{}");
    client.next().await;
    api.expect_loaded().await;
    api.expect_started(1).await;
    let body = json!({"errorType": "E", "errorMessage": "no", "stackTrace": ["a", "b"]});
    let headers = "Lambda-Runtime-Function-Error-Type: Function.Bad\r\n";
    let path = "invocation/request-1/error";
    client.ask("POST", path, headers, body.to_string().as_bytes()).await;
    assert_eq!(client.answer().await.status, 202);
    let failure = api.outcome(1).await.0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Execution);
    assert_eq!((&*failure.error_type, &*failure.message), ("E", "no"));
    assert_eq!(failure.stack, ["a", "b"]);
}

#[tokio::test]
async fn a_function_may_say_once_that_it_cannot_start() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    let body = json!({"errorType": "Runtime.NoSuchHandler", "errorMessage": "no handler"});
    assert_eq!(client.post("init/error", &body.to_string()).await.status, 202);
    let FromSandbox::StartFailed(failure) = api.message().await else { panic!() };
    assert_eq!(failure.error_type, "Runtime.NoSuchHandler");
    let refused = (403, "InvalidStateTransition".to_owned());
    assert_eq!(client.post("init/error", "{}").await.error(), refused);
    assert_eq!(client.next().await.error(), refused);
}

#[tokio::test]
async fn requests_that_do_not_fit_the_state_are_refused() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    let state = || (403, "InvalidStateTransition".to_owned());
    let id = || (400, "InvalidRequestID".to_owned());
    // No event was handed out.
    assert_eq!(client.post("invocation/request-1/response", "1").await.error(), id());
    assert_eq!(client.post("invocation/request-1/error", "{}").await.error(), id());
    api.invoke(1, "1");
    assert_eq!(client.post("invocation/request-1/response", "1").await.error(), id());
    client.next().await;
    api.expect_loaded().await;
    api.expect_started(1).await;
    // It runs.
    assert_eq!(client.post("init/error", "{}").await.error(), state());
    assert_eq!(client.post("invocation/request-2/response", "1").await.error(), id());
    assert_eq!(client.post("invocation//response", "1").await.error(), id());
    assert_eq!(client.next().await.body, b"1", "a client that lost its event gets it again");
    assert_eq!(client.post("invocation/request-1/response", "7").await.status, 202);
    // It is answered.
    assert_eq!(client.post("invocation/request-1/response", "8").await.error(), state());
    assert_eq!(client.post("invocation/request-1/error", "{}").await.error(), state());
    api.invoke(2, "2");
    assert_eq!(client.next().await.body, b"2");
    // Another one runs.
    assert_eq!(client.post("invocation/request-1/response", "9").await.error(), id());
    assert_eq!(api.outcome(1).await.0.unwrap(), json!(7));
    api.expect_started(2).await;
}

#[tokio::test]
async fn the_newest_request_for_an_event_gets_it() {
    let mut api = Api::start().await;
    let (mut older, mut newer) = (api.client().await, api.client().await);
    older.ask("GET", "invocation/next", "", b"").await;
    api.expect_loaded().await;
    newer.ask("GET", "invocation/next", "", b"").await;
    assert_eq!(older.answer().await.error(), (403, "InvalidStateTransition".to_owned()));
    api.invoke(1, "1");
    assert_eq!(newer.answer().await.body, b"1");
}

#[tokio::test]
async fn a_client_that_hung_up_gets_its_event_when_it_asks_again() {
    let mut api = Api::start().await;
    let mut gone = api.client().await;
    gone.ask("GET", "invocation/next", "", b"").await;
    api.expect_loaded().await;
    drop(gone);
    api.invoke(1, "1");
    assert_eq!(api.client().await.next().await.body, b"1");
    api.expect_started(1).await;
}

#[tokio::test]
async fn a_response_that_is_too_large_fails_its_event_only() {
    let mut api = Api::start().await;
    let max = RESPONSE_MAX as usize;
    let body = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    for (id, length, chunked) in
        [(1, max, false), (2, max + 1, false), (3, 30 * max, true), (4, 300 * max, false)]
    {
        let mut client = api.client().await;
        api.invoke(id, "1");
        assert_eq!(client.next().await.status, 200);
        let path = format!("invocation/request-{id}/response");
        if chunked {
            let head = format!(
                "POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: \
                 chunked\r\n\r\n{length:x}\r\n"
            );
            client.send(head.as_bytes()).await;
            client.send(body(length).as_bytes()).await;
            client.send(b"\r\n0\r\n\r\n").await;
        } else {
            client.ask("POST", &path, "", body(length).as_bytes()).await;
        }
        let answer = client.answer().await;
        if id == 1 {
            api.expect_loaded().await;
            assert_eq!(answer.status, 202);
        } else {
            assert_eq!(answer.error(), (413, "RequestEntityTooLarge".to_owned()));
        }
        api.expect_started(id).await;
        match api.outcome(id).await.0 {
            Ok(value) => assert_eq!(value.as_str().unwrap().len(), max - 2),
            Err(failure) => {
                assert_eq!(failure.error_type, "Function.ResponseSizeTooLarge");
                assert_eq!(failure.kind, FailureKind::Validation);
                assert!(failure.message.contains("limits.response_size"), "{failure:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_response_must_be_json_and_cannot_stream() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    let bodies: [&[u8]; 6] = [b"", b"{", b"hello", b"NaN", b"\"\xff\"", b"{}{}"];
    for (id, body) in (1..).zip(bodies) {
        api.invoke(id, "1");
        client.next().await;
        client.ask("POST", &format!("invocation/request-{id}/response"), "", body).await;
        assert_eq!(client.answer().await.status, 202);
        if id == 1 {
            api.expect_loaded().await;
        }
        api.expect_started(id).await;
        let failure = api.outcome(id).await.0.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Validation, "{failure:?}");
        assert!(failure.message.contains("not JSON"), "{failure:?}");
    }
    api.invoke(9, "1");
    client.next().await;
    let headers = "Lambda-Runtime-Function-Response-Mode: streaming\r\n";
    client.ask("POST", "invocation/request-9/response", headers, b"{}").await;
    assert_eq!(client.answer().await.error(), (400, "InvalidFunctionResponseMode".to_owned()));
    api.expect_started(9).await;
    let failure = api.outcome(9).await.0.unwrap_err();
    assert_eq!(failure.error_type, "Runtime.StreamingHandler");
}

#[tokio::test]
async fn a_response_that_is_cut_off_fails_its_event() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    api.invoke(1, "1");
    client.next().await;
    let head = "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\nHost: \
                api\r\nContent-Length: 10\r\n\r\n\"half";
    client.send(head.as_bytes()).await;
    client.0.shutdown().await.unwrap();
    api.expect_loaded().await;
    api.expect_started(1).await;
    let failure = api.outcome(1).await.0.unwrap_err();
    assert_eq!(failure.error_type, "Runtime.TruncatedResponse");
    // The function may go on.
    api.invoke(2, "2");
    assert_eq!(api.client().await.next().await.body, b"2");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let api = Api::start().await;
    let mut client = api.client().await;
    for (method, path, status) in [
        ("GET", "/2018-06-01/runtime/restore/next", 404),
        ("POST", "/2018-06-01/runtime/restore/error", 404),
        ("POST", "/2020-01-01/extension/register", 404),
        ("PUT", "/2020-08-15/logs", 404),
        ("PUT", "/2022-07-01/telemetry", 404),
        ("GET", "/", 404),
        ("GET", "/2018-06-01/runtime/invocation/next/", 404),
        ("GET", "/2019-06-01/runtime/invocation/next", 404),
        ("POST", "/2018-06-01/runtime/invocation/next", 405),
        ("GET", "/2018-06-01/runtime/invocation/x/response", 405),
        ("DELETE", "/2018-06-01/runtime/init/error", 405),
        ("HEAD", "/2018-06-01/runtime/invocation/next", 405),
    ] {
        if method == "HEAD" {
            client = api.client().await;
        }
        let head = format!("{method} {path} HTTP/1.1\r\nHost: api\r\nContent-Length: 0\r\n\r\n");
        client.send(head.as_bytes()).await;
        if method == "HEAD" {
            client.0.shutdown().await.unwrap();
            let answer = String::from_utf8(client.rest().await).unwrap();
            assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
            continue;
        }
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["errorMessage"].is_string(), "{method} {path}");
    }
}

#[tokio::test]
async fn an_id_that_no_path_can_have_is_replaced() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    for (number, given) in (1..).zip(["", "a/b", "ü", "a b", "x\r\ny", &"x".repeat(1000)]) {
        let mut invoke = invocation(number, Payload::Json("1".into()));
        invoke.request_id = given.to_owned();
        api.api.invoke(invoke).unwrap();
        let event = client.next().await;
        let id = event.header("Lambda-Runtime-Aws-Request-Id").unwrap();
        assert_eq!(id, format!("event-{number}"));
        client.post(&format!("invocation/{id}/response"), "1").await;
        if number == 1 {
            api.expect_loaded().await;
        }
        api.expect_started(number).await;
        api.outcome(number).await.0.unwrap();
    }
}

#[tokio::test]
async fn the_number_of_events_is_limited() {
    let api = Api::start().await;
    for id in 0..EVENTS_MAX as u64 {
        api.invoke(id, "1");
    }
    let invoke = || invocation(99, Payload::Json("1".into()));
    assert_eq!(api.api.invoke(invoke()), Err(TooManyEvents));
    assert_eq!(api.client().await.next().await.status, 200);
    assert_eq!(api.api.invoke(invoke()), Err(TooManyEvents), "the one that runs counts");
}

#[tokio::test]
async fn the_connections_end_with_the_api() {
    let api = Api::start().await;
    let mut client = api.client().await;
    client.ask("GET", "invocation/next", "", b"").await;
    drop(api);
    assert_eq!(client.rest().await, b"");
}
