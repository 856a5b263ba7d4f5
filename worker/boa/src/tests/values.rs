//! Values into the engine and out of it.

use brink_shared::event::{
    CustomOrigin, Event, EventConfig, ForFunction, Headers, Origin, OriginProtocol, Request,
    Response, Trigger,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;

const ECHO: &str = "exports.handler = async (event) => event";

#[test]
fn answers_are_written_as_json_stringify_would() {
    on_a_thread(|| async {
        for (expression, expected) in [
            ("{ a: undefined, f() {}, s: Symbol(), n: null }", json!({"n": null})),
            ("[undefined, () => 1, Symbol(), null]", json!([null, null, null, null])),
            ("[NaN, Infinity, -0, 1.5, 3.0, 1e21]", json!([null, null, 0, 1.5, 3, 1e21])),
            ("new Date(0)", json!("1970-01-01T00:00:00.000Z")),
            ("{ x: { toJSON(key) { return 'at ' + key } } }", json!({"x": "at x"})),
            ("[0, { toJSON(key) { return typeof key + key } }]", json!([0, "string1"])),
            ("{ toJSON(key) { return typeof key + key } }", json!("string")),
            ("{ 'stra\u{df}e': 'caf\u{e9} \u{ff}' }", json!({"stra\u{df}e": "caf\u{e9} \u{ff}"})),
            ("[new String('s'), new Number(2), new Boolean(false)]", json!(["s", 2, false])),
            ("{ get n() { return 4 } }", json!({"n": 4})),
            ("Object.defineProperty({ a: 1 }, 'hidden', { value: 2 })", json!({"a": 1})),
            ("Object.create({ inherited: 1 })", json!({})),
            ("new Proxy({ a: 1, b: [2] }, {})", json!({"a": 1, "b": [2]})),
            ("new Proxy([1, 2], {})", json!([1, 2])),
            ("new (class Point { constructor() { this.x = 1 } })", json!({"x": 1})),
            ("new Map([[1, 2]])", json!({})),
            ("new Uint8Array([7, 8])", json!({"0": 7, "1": 8})),
            ("{ b: 1, a: 2, 1: 3 }", json!({"1": 3, "b": 1, "a": 2})),
            ("'\\ud800 and \u{1f600}'", json!("\u{fffd} and \u{1f600}")),
            ("'a \\udc00\\ud800 b'", json!("a \u{fffd}\u{fffd} b")),
            ("{ '\\udfff': '\\ud83d\\ude00' }", json!({"\u{fffd}": "\u{1f600}"})),
            ("{ n: NaN, toJSON() { return { n: -Infinity } } }", json!({"n": null})),
            ("{ a: 1, toJSON() { return this } }", json!({"a": 1})),
            (
                "new Proxy({}, { ownKeys: () => ['a'], get: (_, key) => key === 'a' ? 1 : undefined, getOwnPropertyDescriptor: () => ({ value: 2, enumerable: true, configurable: true }) })",
                json!({"a": 1}),
            ),
            ("Object.assign(Object.create(null), { a: 1 })", json!({"a": 1})),
            ("(() => { const o = { a: 1 }; return [o, o] })()", json!([{"a": 1}, {"a": 1}])),
            ("[1, , 3]", json!([1, null, 3])),
        ] {
            let code = format!("exports.handler = async () => ({expression})");
            assert_eq!(answer(&code).await, Ok(expected), "{expression}");
        }
    });
}

#[test]
fn rubbish_is_rejected_with_the_reason() {
    on_a_thread(|| async {
        let deep = "(() => { let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return o })()";
        for (expression, words) in [
            ("(() => { const o = {}; o.o = [o]; return o })()", "contains itself"),
            ("{ n: 1n }", "BigInt"),
            (deep, "more than 32 levels"),
            ("(() => { const o = { toJSON: () => [o] }; return o })()", "more than 32 levels"),
            (
                "(() => { const make = () => ({ get next() { return make() } }); return make() })()",
                "more than 32 levels",
            ),
            (
                "(() => { const p = new Proxy({}, { ownKeys: () => ['p'], get: (_, key) => key === 'p' ? p : undefined, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }); return p })()",
                "contains itself",
            ),
            ("new Proxy(new Array(1e9), {})", "more than 10000 values"),
            ("new Array(1e9)", "more than 10000 values"),
            ("Array.from({ length: 200 }, () => new Array(100).fill(0))", "more than 10000 values"),
            (
                "Object.fromEntries(Array.from({ length: 10001 }, (_, i) => ['k' + i, i]))",
                "more than 10000",
            ),
            ("'x'.repeat(9e6)", "greeter:3 returned 8.5MB of text, over its limit of 8MB"),
            ("Array(20).fill('é'.repeat(250000))", "MB of text, over its limit of 8MB"),
        ] {
            let code = format!("exports.handler = async () => ({expression})");
            let failure = answer(&code).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Validation, "{expression}");
            assert!(failure.message.contains(words), "{expression}: {}", failure.message);
        }
    });
}

#[test]
fn errors_of_user_code_while_a_value_is_read_fail_the_event() {
    on_a_thread(|| async {
        for expression in [
            "{ get x() { throw new TypeError('read') } }",
            "{ toJSON() { throw new TypeError('read') } }",
            "new Proxy({}, { ownKeys() { throw new TypeError('read') } })",
            "new Proxy({ a: 1 }, { getOwnPropertyDescriptor() { throw new TypeError('read') } })",
            "[{ deep: { get x() { throw new TypeError('read') } } }]",
            "new Proxy({ a: 1 }, { get(target, key) { if (key === 'a') throw new TypeError('read') } })",
        ] {
            let code = format!(
                "let n = 0; exports.handler = async (event) => event.good ? ++n : ({expression})"
            );
            let (mut environment, _) = start(&[("index.js", &code)]).await;
            let failure = ask(&mut environment, &json!({})).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Execution, "{expression}");
            assert_eq!(
                (failure.error_type.as_str(), failure.message.as_str()),
                ("TypeError", "read")
            );
            assert_eq!(ask(&mut environment, &json!({"good": true})).await, Ok(json!(1)));
        }
    });
}

#[test]
fn an_event_has_the_contracts_shape() {
    on_a_thread(|| async {
        let event = sample_event();
        let (mut environment, _) = start(&[("index.js", ECHO)]).await;
        let payload = rmp_serde::to_vec(&event).unwrap();
        let mut invoke = super::event(&Value::Null);
        invoke.payload = Payload::Event(payload.into());
        let (result, _) = environment.invoke(invoke).await;
        let seen: Value = decode_value(&result.unwrap()).unwrap();
        assert_eq!(seen, serde_json::to_value(ForFunction(&event)).unwrap());
        assert_eq!(seen["Records"][0]["cf"]["request"]["headers"]["host"][0]["value"], "shop.test");
    });
}

#[test]
fn a_payload_that_cannot_be_read_fails_its_event_only() {
    on_a_thread(|| async {
        let (mut environment, _) = start(&[("index.js", ECHO)]).await;
        for payload in
            [Payload::Json(Bytes::from_static(b"{")), Payload::Event(Bytes::from_static(b"\xc1"))]
        {
            let mut invoke = super::event(&Value::Null);
            invoke.payload = payload;
            let (result, _) = environment.invoke(invoke).await;
            assert_eq!(result.unwrap_err().error_type, "Runtime.InvalidEvent");
        }
        assert_eq!(ask(&mut environment, &json!([1])).await, Ok(json!([1])));
    });
}

fn sample_event() -> Event {
    let headers: Headers =
        [("Host", "shop.test"), ("X-A", "1"), ("x-a", "2")].into_iter().collect();
    Event {
        config: EventConfig {
            distribution_domain_name: "shop.test".into(),
            distribution_id: "shop".into(),
            event_type: Trigger::OriginResponse,
            request_id: "r1".into(),
        },
        request: Request {
            client_ip: "203.0.113.7".parse().unwrap(),
            method: "GET".into(),
            uri: "/".into(),
            querystring: "a=1".into(),
            headers: headers.clone(),
            body: None,
            origin: Some(Origin::Custom(CustomOrigin {
                domain_name: "web.internal".into(),
                custom_headers: headers.clone(),
                keepalive_timeout: 5,
                path: "".into(),
                port: 443,
                protocol: OriginProtocol::Https,
                read_timeout: 30,
                ssl_protocols: vec!["TLSv1.2".into()],
            })),
        },
        response: Some(Response { status: 200, status_description: "OK".into(), headers }),
    }
}

/// JSON whose numbers JavaScript holds exactly.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
        // Few enough digits for the text to be read back exactly.
        (-(1_i32 << 30)..1 << 30).prop_map(|n| Value::from(f64::from(2 * n + 1) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((".*", inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

#[test]
fn json_comes_back_as_it_went_in() {
    on_a_thread(|| async {
        let (mut environment, _) = start(&[("index.js", ECHO)]).await;
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
        for _ in 0..300 {
            let value = any_json().new_tree(&mut runner).unwrap().current();
            // `toJSON` would have to be a function; a promise would need `then` to be one.
            let back = ask(&mut environment, &json!({ "it": value })).await;
            assert_eq!(back, Ok(json!({ "it": value })));
        }
    });
}
