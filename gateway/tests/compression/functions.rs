//! Functions see objects before or after the compression, and their bodies are compressed too.

use super::*;
use crate::stage::{Stage, at, header, line, set};

const TRIGGERS: [&str; 4] =
    ["viewer-request", "origin-request", "origin-response", "viewer-response"];

/// The function at these triggers, in a behavior that compresses.
fn behavior(triggers: &[&str]) -> Value {
    let mut behavior = at(triggers);
    behavior["compress"] = json!(true);
    behavior["cache"] = json!({"accept_encoding": ["gzip", "br"], "default_ttl": "1ms"});
    behavior
}

fn confirming(request: &str, _: usize) -> Vec<u8> {
    if request.to_ascii_lowercase().contains("if-none-match: \"a\"\r\n") {
        return message("304 Not Modified", &["ETag: \"a\""], b"");
    }
    html(&["ETag: \"a\""], &text(2_000))
}

#[actix_rt::test]
async fn origin_functions_see_the_plain_object_and_viewer_functions_the_compressed_one() {
    let _turn = TURNS.read().await;
    let origin = origin(confirming);
    let stage = Stage::passing(document(&origin, behavior(&TRIGGERS))).await;
    for from in ["Miss", "RefreshHit", "RefreshHit"] {
        let reply = stage.get_with("/", &[BOTH]).await;
        assert_eq!((source(&reply), reply.header("content-encoding")), (from, "br"));
        assert!(decoded(&reply) == text(2_000));
        let shown = &stage.shown("origin-response")["response"];
        assert_eq!((header(shown, "etag"), header(shown, "content-length")), ("\"a\"", "2000"));
        assert_eq!(header(shown, "content-encoding"), "");
        let shown = &stage.shown("viewer-response")["response"];
        assert_eq!((header(shown, "etag"), header(shown, "content-encoding")), ("W/\"a\"", "br"));
        assert_eq!(header(shown, "vary"), "Accept-Encoding");
        actix_rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn no_function_takes_the_encoding_from_a_compressed_body() {
    let _turn = TURNS.read().await;
    let origin = origin(confirming);
    for trigger in ["origin-response", "viewer-response"] {
        let document = document(&origin, behavior(&[trigger]));
        let stage = Stage::start(document, |_, response| {
            response["headers"] = json!({"content-type": line("text/html"), "etag": line("\"a\"")});
        })
        .await;
        for _ in 0..2 {
            let reply = stage.get_with("/", &[BOTH]).await;
            assert_eq!(reply.header("content-encoding"), "br", "{trigger}");
            assert!(decoded(&reply) == text(2_000), "{trigger}");
            actix_rt::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn bodies_of_origin_functions_are_compressed_by_the_same_rules() {
    let _turn = TURNS.read().await;
    let origin = origin(confirming);
    let body = String::from_utf8(text(3_000)).unwrap();
    for (trigger, kind, length, expected) in [
        ("origin-request", "text/html", 3_000, "br"),
        ("origin-request", "text/html", 999, ""),
        ("origin-request", "image/png", 3_000, ""),
        ("origin-response", "text/html", 3_000, "br"),
        ("origin-response", "text/html", 999, ""),
        ("origin-response", "image/png", 3_000, ""),
        ("viewer-request", "text/html", 3_000, ""),
    ] {
        let made = body[..length].to_owned();
        let stage = Stage::start(document(&origin, behavior(&[trigger])), move |_, object| {
            *object = json!({"status": "200", "body": made});
            set(object, "content-type", kind);
            set(object, "cache-control", "max-age=60");
        })
        .await;
        let case = format!("{trigger} {kind} {length}");
        for _ in 0..2 {
            let reply = stage.get_with("/", &[BOTH]).await;
            assert_eq!(reply.header("content-encoding"), expected, "{case}");
            assert!(decoded(&reply) == body.as_bytes()[..length], "{case}");
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn a_function_that_encodes_its_body_is_left_alone() {
    let _turn = TURNS.read().await;
    let origin = origin(confirming);
    let stage = Stage::start(document(&origin, behavior(&["origin-response"])), |_, object| {
        object["body"] = json!("x".repeat(2_000));
        set(object, "content-encoding", "br");
    })
    .await;
    let reply = stage.get_with("/", &[BOTH]).await;
    assert_eq!((reply.header("content-encoding"), reply.body.len()), ("br", 2_000));
    assert_eq!(reply.header("etag"), "\"a\"");
    stage.stop().await;
}

#[actix_rt::test]
async fn error_pages_are_compressed_for_viewers_that_accept_it() {
    let document = |origin: &RawOrigin| {
        let mut document = document(origin, compressing());
        document["error_pages"] =
            json!([{"status": 404, "path": "/sorry", "response_status": 404}]);
        document
    };
    let origin = origin(|request, _| match request.starts_with("GET /sorry ") {
        true => html(&["Cache-Control: max-age=60"], &text(2_000)),
        false => message("404 Not Found", &[], b"no"),
    });
    let stand = Stand::before(origin, document).await;
    for (viewer, expected) in [(vec![BOTH], "br"), (vec![GZIP], "gzip"), (vec![], "")] {
        for _ in 0..2 {
            let reply = stand.get("/missing", &viewer).await;
            assert_eq!((reply.status, source(&reply)), (404, "Error"));
            assert_eq!(reply.header("content-encoding"), expected);
            assert!(decoded(&reply) == text(2_000));
        }
    }
    stand.stop().await;
}
