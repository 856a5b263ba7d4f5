//! Returned values, also those that could be read in two ways.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, line};

const INVALID: &str = "LambdaValidationError from brink";

/// Puts each value at its place and says whether it is to be taken.
async fn judge(origin: &RawOrigin, trigger: &'static str, cases: &[(&'static str, Value, bool)]) {
    let values = cases.iter().map(|(place, value, _)| (*place, value.clone()));
    let stage = Stage::putting(document(origin, at(&[trigger])), trigger, values).await;
    for (number, (place, value, taken)) in cases.iter().enumerate() {
        let reply = stage.get(&format!("/{number}")).await;
        let rejected = (reply.status, reply.header("x-cache")) == (502, INVALID);
        assert_eq!(rejected, !taken, "{trigger} {place}: {value} gave {}", reply.status);
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_02_a_response_is_what_has_a_status() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in TRIGGERS {
        let is_request = trigger.ends_with("request");
        let cases = [
            ("", Value::Null, false),
            ("", json!([]), false),
            ("", json!("x"), false),
            ("", json!(200), false),
            ("", json!({}), is_request),
            ("", json!({"uri": "/b"}), is_request),
            ("", json!({"status": "200"}), true),
        ];
        judge(&origin, trigger, &cases).await;
    }
}

#[actix_rt::test]
async fn decision_03_every_broken_rule_is_502() {
    let origin = RawOrigin::answering(HELLO);
    let at_requests = [
        ("/uri", json!("a"), false),
        ("/uri", json!(format!("/{}", "a".repeat(8_192))), false),
        ("/querystring", json!("a b"), false),
        ("/querystring", json!("a#b"), false),
        ("/headers", json!("x"), false),
        ("/headers/x", line("a\rb"), false),
        ("/headers/connection", line("close"), false),
        ("/body", json!({"action": "replace", "data": "%%"}), false),
        ("", json!({"status": "199"}), false),
        ("", json!({"status": 600}), false),
        ("", json!({"status": "200", "body": 7}), false),
        ("", json!({"status": "200", "body": "x", "bodyEncoding": "hex"}), false),
        ("", json!({"status": "200", "body": "%%", "bodyEncoding": "base64"}), false),
    ];
    judge(&origin, "viewer-request", &at_requests).await;
    judge(&origin, "origin-request", &at_requests).await;
    let at_origins = [
        ("/origin", json!({}), false),
        ("/origin/s3", json!({"domainName": "b"}), false),
        ("/origin/custom/domainName", json!(""), false),
        ("/origin/custom/domainName", json!("10.0.0.1"), false),
        ("/origin/custom/domainName", json!("a:80"), false),
        ("/origin/custom/port", json!(81), false),
        ("/origin/custom/protocol", json!("ftp"), false),
        ("/origin/custom/readTimeout", json!(3), false),
        ("/origin/custom/keepaliveTimeout", json!(61), false),
        ("/origin/custom/customHeaders", json!({"cookie": line("a=1")}), false),
    ];
    judge(&origin, "origin-request", &at_origins).await;
    for trigger in ["origin-response", "viewer-response"] {
        let cases = [
            ("/status", json!("abc"), false),
            ("/headers/trailer", line("x"), false),
            ("/headers/x", json!({"key": "X", "value": "1"}), false),
            ("/statusDescription", json!(1), false),
        ];
        judge(&origin, trigger, &cases).await;
    }
}

#[actix_rt::test]
async fn decision_04_an_oversized_replacement_body_is_cut() {
    let origin = RawOrigin::answering(HELLO);
    for (trigger, most) in [("viewer-request", 40 * 1024), ("origin-request", 1024 * 1024)] {
        for (size, sent) in [(most, most), (most + 1, most)] {
            let behavior = at(&[trigger]);
            let body = json!({"action": "replace", "encoding": "text", "data": "x".repeat(size)});
            let case = [("/body", body)];
            let stage = Stage::putting(document(&origin, behavior), trigger, case).await;
            assert_eq!(stage.post("/0", b"small").await.status, 200);
            let request = origin.requests().pop().unwrap();
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            assert_eq!(body.len(), sent, "{trigger}");
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn decision_05_sizes_are_headers_and_body_in_units_of_1024() {
    let origin = RawOrigin::answering(HELLO);
    for (trigger, most) in [("viewer-request", 40 * 1024), ("origin-request", 1024 * 1024)] {
        let of = |size: usize| {
            let body = "x".repeat(size - "X-Own".len() - "value".len());
            json!({"status": "200", "headers": {"x-own": line("value")}, "body": body})
        };
        judge(&origin, trigger, &[("", of(most), true), ("", of(most + 1), false)]).await;
    }
}

#[actix_rt::test]
async fn decision_06_the_response_triggers_have_the_cap_too() {
    let origin = RawOrigin::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let of = |size: usize| json!({"status": "200", "headers": {}, "body": "x".repeat(size)});
    let cases = [("", of(1024 * 1024), true), ("", of(1024 * 1024 + 1), false)];
    judge(&origin, "origin-response", &cases).await;
    // Of the viewer's answer only the headers are the function's.
    let of = |size: usize| {
        let value = "x".repeat(size - "X-Own".len());
        json!({"status": "200", "headers": {"x-own": line(&value)}})
    };
    let cases = [("", of(40 * 1024), true), ("", of(40 * 1024 + 1), false)];
    judge(&origin, "viewer-response", &cases).await;
}

#[actix_rt::test]
async fn decision_09_204_has_no_body() {
    let origin = RawOrigin::answering(HELLO);
    let cases = [
        ("", json!({"status": "204", "body": "x"}), false),
        ("", json!({"status": "204", "body": ""}), true),
        ("", json!({"status": "204"}), true),
    ];
    for trigger in ["viewer-request", "origin-request", "origin-response"] {
        judge(&origin, trigger, &cases).await;
    }
    let body = || {
        [("", json!({"status": "304", "body": "x"})), ("", json!({"status": "200", "body": "x"}))]
    };
    for trigger in ["viewer-request", "origin-request", "origin-response"] {
        let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, body()).await;
        let unchanged = stage.get("/0").await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0), "{trigger}");
        let head = stage.edge.request("HEAD", "/1", &[], b"").await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{trigger}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_11_read_only_headers_stay_as_they_came() {
    let answer = "HTTP/1.1 200 OK\r\nVia: 1.1 a\r\nWarning: 110 -\r\nContent-Length: 0\r\n\r\n";
    let origin = RawOrigin::answering(answer);
    let shown = Stage::passing(document(&origin, at(&TRIGGERS))).await;
    shown.get("/a").await;
    for (trigger, name) in [
        ("viewer-request", "host"),
        ("origin-request", "via"),
        ("origin-response", "via"),
        ("viewer-response", "warning"),
    ] {
        let kind = if trigger.ends_with("request") { "request" } else { "response" };
        let cf = shown.shown(trigger);
        let value = cf[kind]["headers"][name][0]["value"].as_str().unwrap().to_owned();
        let place: &'static str = format!("/headers/{name}").leak();
        let mut cases = vec![
            (place, Value::Null, false),
            (place, line("other"), false),
            (place, line(&format!("{value} ")), false),
        ];
        // `Host` names the port, which the next gateway has another one of.
        if name != "host" {
            let same = json!([{"key": name.to_uppercase(), "value": value}]);
            cases.push((place, same, true));
        }
        judge(&origin, trigger, &cases).await;
    }
    shown.stop().await;
    let stage = Stage::start(document(&origin, at(&["viewer-request"])), |_, request| {
        let host = request["headers"]["host"][0]["value"].clone();
        request["headers"]["host"] = json!([{"key": "HOST", "value": host}]);
    })
    .await;
    assert_eq!(stage.get("/a").await.status, 200);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_22_lines_keep_their_order_and_the_map_key_is_the_name() {
    let origin = RawOrigin::answering(HELLO);
    let behavior = at(&["origin-request"]);
    let stage = Stage::start(document(&origin, behavior), |_, request| {
        request["headers"]["x-many"] = json!([{"value": "1"}, {"key": "X-MANY", "value": "2"}]);
        request["headers"]["X-Many"] = json!([{"value": ["3", "4"]}, {"value": []}]);
        request["headers"]["x-named"] = json!([{"key": "X-Other", "value": "1"}]);
    })
    .await;
    stage.get("/a").await;
    let sent = origin.requests().pop().unwrap();
    let lines: Vec<_> =
        sent.lines().filter(|line| line.starts_with("X-") && !line.starts_with("X-F")).collect();
    let expected = ["X-Many: 1", "X-Many: 2", "X-Many: 3", "X-Many: 4", "X-Named: 1"];
    let own: Vec<_> = lines.into_iter().filter(|line| !line.starts_with("X-Amz")).collect();
    assert_eq!(own, expected, "{sent}");
    stage.stop().await;
}

/// The guide's sample "Overriding a response header". It replaces the entry of `last-modified` with
/// the entry of a metadata header.
#[actix_rt::test]
async fn decision_22_the_guides_own_sample_works() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nx-amz-meta-last-modified: 2016-01-01\r\nContent-Length: 5\r\n\r\nhello",
    );
    for trigger in ["origin-response", "viewer-response"] {
        let stage = Stage::start(document(&origin, at(&[trigger])), |_, response| {
            let (from, to) = ("x-amz-meta-last-modified", "last-modified");
            let headers = &mut response["headers"];
            if !headers[from].is_null() {
                headers[to] = json!([headers[from][0].clone()]);
            }
        })
        .await;
        let reply = stage.get("/a").await;
        assert_eq!((reply.status, reply.header("last-modified")), (200, "2016-01-01"), "{trigger}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_44_a_response_of_another_service_is_no_request() {
    let origin = RawOrigin::answering(HELLO);
    let location = json!({"location": line("/")});
    let at_requests = [
        ("", json!({"statusCode": 302, "headers": location}), false),
        ("", json!({"Records": [{"cf": {}}]}), false),
        ("", json!({"response": {"status": "200"}}), false),
        ("", json!({"status": 302, "headers": {"location": "/"}}), false),
        ("", json!({"status": 200, "body": {"ok": true}}), false),
        ("", json!({"status": 200, "body": "b2s=", "isBase64Encoded": true}), true),
    ];
    judge(&origin, "viewer-request", &at_requests).await;
    judge(&origin, "origin-request", &at_requests).await;
    let at_responses = [
        ("", json!({"statusCode": 200}), false),
        ("", json!({"uri": "/"}), false),
        ("/statusDescription", json!(404), false),
        ("/headers/x", json!("1"), false),
    ];
    judge(&origin, "origin-response", &at_responses).await;
    judge(&origin, "viewer-response", &at_responses).await;
}
