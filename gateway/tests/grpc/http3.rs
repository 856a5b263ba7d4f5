//! Calls of viewers that speak HTTP/3.

use serde_json::{Value, json};

use crate::calls::document;
use crate::client::Site;
use crate::http2_origin::{Http2Origin, Respond};
use crate::raw_origin::RawOrigin;
use crate::tls_origin::trusts_the_tests_authority;
use crate::viewer::Viewer;

/// A call with two messages.
fn call() -> Value {
    json!({
        "method": "POST",
        "path": "/a.B/C",
        "headers": [["content-type", "application/grpc"], ["te", "trailers"], ["x-user", "7"]],
        "pieces": ["\0\0\0\0\u{2}ab", "\0\0\0\0\u{1}c"],
    })
}

async fn site(origin: &str) -> Site {
    Site::open(document(origin, json!({})), |event| panic!("{event}"), true).await
}

#[actix_rt::test]
async fn messages_metadata_and_the_status_pass_over_http3() {
    if !trusts_the_tests_authority("http3::messages_metadata_and_the_status_pass_over_http3") {
        return;
    }
    let origin = Http2Origin::start(&["h2"], |mut respond: Respond| async move {
        let answer = http::Response::builder()
            .header("content-type", "application/grpc")
            .header("x-first", "1")
            .body(())
            .unwrap();
        let mut body = respond.send_response(answer, false).unwrap();
        body.send_data("\0\0\0\0\u{5}hello".into(), false).unwrap();
        let status = [("grpc-status", "5"), ("grpc-message", "no such item"), ("x-last", "2")];
        body.send_trailers(crate::http2_viewer::map(&status)).unwrap();
    })
    .await;
    let site = site(&origin.url()).await;
    let answer = Viewer::connected(&site).await.run("ask", call()).await;
    assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!("\0\0\0\0\u{5}hello")));
    assert_eq!(answer["headers"]["x-first"], "1", "{answer}");
    let trailers = json!([["grpc-status", "5"], ["grpc-message", "no such item"], ["x-last", "2"]]);
    assert_eq!(answer["trailers"], trailers);
    let got = origin.got.lock().pop().unwrap();
    assert_eq!(got.body, b"\0\0\0\0\x02ab\0\0\0\0\x01c");
    assert_eq!(
        (&got.headers["te"], &got.headers["x-user"]),
        (&"trailers".parse().unwrap(), &"7".parse().unwrap())
    );
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_call_that_no_origin_answers_ends_with_a_status_over_http3() {
    let nobody = format!("https://localhost:{}", RawOrigin::closed_port());
    let site = site(&nobody).await;
    let answer = Viewer::connected(&site).await.run("ask", call()).await;
    assert_eq!((&answer["status"], &answer["length"]), (&json!(502), &json!(0)), "{answer}");
    assert_eq!(answer["headers"]["grpc-status"], "14", "{answer}");
    site.edge.stop().await;
}
