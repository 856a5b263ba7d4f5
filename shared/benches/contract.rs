//! What holding a returned value against the contract costs:
//! `cargo bench -p brink-shared --bench contract`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use brink_shared::contract::{self, Outcome, Strictness};
use brink_shared::event::{Event, ForFunction, event_from_json};
use divan::{Bencher, black_box};
use serde_json::{Value, json};

/// Ten headers as a browser sends them.
const HEADERS: [(&str, &str); 10] = [
    ("Host", "shop.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Referer", "https://shop.example.com/cart"),
    ("Cookie", "session=6f1c2b0e4a; variant=b"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Cache-Control", "max-age=0"),
    ("X-Forwarded-For", "203.0.113.7"),
];

fn main() {
    divan::main();
}

fn header_map() -> Value {
    let line = |(key, value): (&str, &str)| {
        (key.to_ascii_lowercase(), json!([{ "key": key, "value": value }]))
    };
    Value::Object(HEADERS.into_iter().map(line).collect())
}

/// The event of a trigger, and the request or response in it.
fn given(trigger: &str) -> (Event, Value) {
    let custom = json!({
        "customHeaders": {}, "domainName": "origin.example.com", "keepaliveTimeout": 5, "path": "",
        "port": 443, "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"],
    });
    let request = json!({
        "clientIp": "203.0.113.7", "method": "GET", "uri": "/cart", "querystring": "size=large",
        "headers": header_map(), "origin": { "custom": custom },
    });
    let response = json!({ "status": "200", "statusDescription": "OK", "headers": header_map() });
    let cf =
        json!({ "config": { "eventType": trigger }, "request": request, "response": response });
    let event = event_from_json(&json!({ "Records": [{ "cf": cf }] })).unwrap();
    let shown = serde_json::to_value(ForFunction(&event)).unwrap();
    let kind = if event.config.event_type.is_request() { "request" } else { "response" };
    (event, shown["Records"][0]["cf"][kind].clone())
}

fn read(bencher: Bencher, event: &Event, value: &Value) {
    bencher.bench(|| -> Outcome {
        contract::read(black_box(event), black_box(value), Strictness::Compatible).unwrap()
    });
}

#[divan::bench]
fn ordinary_viewer_request(bencher: Bencher) {
    let (event, mut value) = given("viewer-request");
    value["uri"] = json!("/shop/cart");
    value["headers"]["x-variant"] = json!([{ "key": "X-Variant", "value": "b" }]);
    read(bencher, &event, &value);
}

#[divan::bench]
fn ordinary_origin_request(bencher: Bencher) {
    let (event, mut value) = given("origin-request");
    value["origin"]["custom"]["domainName"] = json!("other.example.com");
    read(bencher, &event, &value);
}

#[divan::bench]
fn ordinary_response(bencher: Bencher) {
    let (event, mut value) = given("origin-response");
    value["headers"]["x-frame-options"] = json!([{ "key": "X-Frame-Options", "value": "DENY" }]);
    read(bencher, &event, &value);
}

#[divan::bench]
fn redirect(bencher: Bencher) {
    let (event, _) = given("viewer-request");
    let value = json!({ "status": "302", "headers": { "location": [{ "value": "/login" }] } });
    read(bencher, &event, &value);
}

#[divan::bench]
fn response_of_a_megabyte(bencher: Bencher) {
    let (event, _) = given("origin-response");
    let value = json!({ "status": "200", "headers": {}, "body": "x".repeat(1024 * 1024) });
    read(bencher, &event, &value);
}

#[divan::bench]
fn response_of_a_thousand_headers(bencher: Bencher) {
    let (event, _) = given("origin-response");
    let line =
        |n| (format!("x-header-{n}"), json!([{ "key": format!("X-Header-{n}"), "value": "1" }]));
    let headers = Value::Object((0..1_000).map(line).collect());
    read(bencher, &event, &json!({ "status": "200", "headers": headers }));
}
