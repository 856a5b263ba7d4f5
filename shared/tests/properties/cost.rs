//! The cost of reading a value grows no faster than its size.

use std::hint::black_box;
use std::time::Duration;

use brink_shared::contract::{self, Strictness};
use brink_shared::event::{Event, event_from_json};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

/// How much larger the larger value is. A cost that grows with the square would be 64 times.
const GROWTH: usize = 8;

/// Most by which the cost may grow: far from both, so that a busy machine decides nothing.
const COST_GROWTH_MAX: u32 = 32;

/// Costs below this are not told apart.
const NOTHING: Duration = Duration::from_micros(10);

fn event(trigger: &str) -> Event {
    let request = json!({ "uri": "/", "origin": { "s3": { "domainName": "a" } } });
    let response = json!({ "status": "200" });
    let cf =
        json!({ "config": { "eventType": trigger }, "request": request, "response": response });
    event_from_json(&json!({ "Records": [{ "cf": cf }] })).unwrap()
}

fn header_map(prefix: &str, count: usize) -> Value {
    let line = |n| (format!("{prefix}{n}"), json!([{ "value": "1" }]));
    Value::Object((0..count).map(line).collect::<Map<_, _>>())
}

fn custom(fields: Value) -> Value {
    let mut custom = json!({
        "domainName": "b.example", "port": 443, "protocol": "https", "keepaliveTimeout": 5,
        "readTimeout": 5, "sslProtocols": [],
    });
    for (name, value) in fields.as_object().unwrap() {
        custom[name] = value.clone();
    }
    json!({ "custom": custom })
}

/// The least CPU time of several readings: other processes do not count.
fn cost(event: &Event, value: &Value) -> Duration {
    let once = || {
        let started = thread_time();
        let _ =
            black_box(contract::read(black_box(event), black_box(value), Strictness::Compatible));
        thread_time().saturating_sub(started)
    };
    (0..15).map(|_| once()).min().unwrap()
}

/// CPU time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap())
}

#[test]
fn reading_costs_as_much_as_there_is_to_read() {
    type Make = fn(usize) -> Value;
    let kinds: [(&str, &str, usize, Make); 11] = [
        ("body", "origin-response", 100_000, |n| json!({ "status": "200", "body": "x".repeat(n) })),
        (
            "base64",
            "origin-response",
            100_000,
            |n| json!({ "status": "200", "bodyEncoding": "base64", "body": "YWFh".repeat(n / 4) }),
        ),
        (
            "replaced body",
            "origin-request",
            100_000,
            |n| json!({ "body": { "action": "replace", "encoding": "text", "data": "é".repeat(n) } }),
        ),
        (
            "header value",
            "origin-request",
            100_000,
            |n| json!({ "headers": { "x-a": [{ "value": "x".repeat(n) }] } }),
        ),
        ("headers", "origin-request", 125, |n| json!({ "headers": header_map("X-A-", n) })),
        (
            "lines of one header",
            "origin-response",
            125,
            |n| json!({ "status": "200", "headers": { "X-A": vec![json!({ "value": "1" }); n] } }),
        ),
        ("headers and custom headers", "origin-request", 125, |n| {
            let custom_headers = header_map("x-custom-", n);
            let origin = custom(json!({ "customHeaders": custom_headers }));
            json!({ "headers": header_map("X-A-", n), "origin": origin })
        }),
        (
            "TLS versions",
            "origin-request",
            1_000,
            |n| json!({ "origin": custom(json!({ "sslProtocols": vec!["TLSv1.2"; n] })) }),
        ),
        ("too long a uri", "viewer-request", 100_000, |n| json!({ "uri": "/é".repeat(n) })),
        ("empty headers", "viewer-request", 10_000, |n| {
            let names = (0..n).map(|n| (format!("x-{n}"), json!([])));
            json!({ "headers": names.collect::<Map<_, _>>() })
        }),
        ("unknown fields", "viewer-request", 10_000, |n| header_map("unknown", n)),
    ];
    for (what, trigger, size, make) in kinds {
        let event = event(trigger);
        let (small, large) = (make(size), make(size * GROWTH));
        let (small, large) = (cost(&event, &small), cost(&event, &large));
        let most = small.max(NOTHING) * COST_GROWTH_MAX;
        assert!(large <= most, "{what}: {small:?} became {large:?}");
    }
}

#[test]
fn depth_is_no_danger() {
    // Far deeper than anything that a worker passes on.
    let mut deep = Value::Null;
    for _ in 0..1_000 {
        deep = Value::Array(vec![deep]);
    }
    for trigger in ["viewer-request", "origin-request", "origin-response", "viewer-response"] {
        let event = event(trigger);
        let object = |name: &str| Map::from_iter([(name.to_owned(), deep.clone())]);
        assert!(contract::read(&event, &object("status").into(), Strictness::Strict).is_err());
        assert!(contract::read(&event, &object("headers").into(), Strictness::Strict).is_err());
        let mut unknown = object("unknown");
        unknown.insert("status".to_owned(), json!("200"));
        assert!(contract::read(&event, &unknown.into(), Strictness::Strict).is_ok());
    }
}
