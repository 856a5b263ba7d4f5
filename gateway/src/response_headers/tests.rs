use std::time::Duration;

use super::server_timing::{Layer, Outcome, ServerTiming, UpstreamTiming};
use super::*;

fn policy(text: &str) -> ResponseHeaders {
    ResponseHeaders::new(&toml::from_str(text).unwrap())
}

fn request(method: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        client_ip: std::net::IpAddr::from([127, 0, 0, 1]),
        method: method.to_owned(),
        uri: "/".to_owned(),
        querystring: String::new(),
        headers: headers.iter().copied().collect(),
        body: None,
        origin: None,
    }
}

/// The headers of the answer as `name: value`, in order.
fn answered(policy: &ResponseHeaders, asked: &Request, headers: &[(&str, &str)]) -> Vec<String> {
    let mut headers: Headers = headers.iter().copied().collect();
    policy.apply(&policy.asked(asked), false, &mut headers);
    headers.iter().map(|header| format!("{}: {}", header.key, header.value)).collect()
}

#[test]
fn headers_are_removed_before_others_are_added() {
    let policy = policy(
        "remove_headers = ['X-Powered-By', 'x-both', 'Server']
         custom_headers.X-Both.value = 'policy'
         custom_headers.X-Weak.value = 'policy'
         custom_headers.X-New.value = ''
         custom_headers.X-Strong = { value = 'policy', override = true }",
    );
    let headers = [
        ("x-powered-by", "a"),
        ("X-Both", "origin"),
        ("x-weak", "origin"),
        ("x-strong", "origin"),
        ("X-Strong", "twice"),
        ("server", "origin"),
    ];
    assert_eq!(
        answered(&policy, &request("GET", &[]), &headers),
        ["x-weak: origin", "X-Both: policy", "X-New: ", "X-Strong: policy", "Server: Brink",]
    );
    assert!(policy.concerns("x-new") && policy.concerns("server") && !policy.concerns("age"));
}

#[test]
fn cors_headers_are_for_requests_with_an_origin() {
    let any = policy(
        "[cors]
         allow_origins = ['*']
         allow_methods = ['ALL']
         allow_headers = ['*']
         expose_headers = ['etag', 'x-a']
         max_age = '10m'",
    );
    let origin = [("Origin", "https://a.example")];
    assert_eq!(answered(&any, &request("GET", &[]), &[]), [""; 0]);
    assert_eq!(answered(&any, &request("OPTIONS", &[]), &[]), [""; 0]);
    let twice = [("Origin", "https://a.example"), ("origin", "https://b.example")];
    assert_eq!(answered(&any, &request("GET", &twice), &[]), [""; 0]);
    let simple = ["Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: etag, x-a"];
    assert_eq!(answered(&any, &request("GET", &origin), &[]), simple);
    let preflight = [
        "Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "Access-Control-Allow-Headers: *",
        "Access-Control-Max-Age: 600",
    ];
    let both = [simple.as_slice(), &preflight].concat();
    assert_eq!(answered(&any, &request("OPTIONS", &origin), &[]), both);
}

#[test]
fn a_listed_origin_is_named_and_the_answer_varies_by_it() {
    let listed = policy(
        "cors = { allow_origins = ['https://a.example', 'https://*.b.example'], allow_credentials = true }",
    );
    let named = |origin: &str| {
        vec![
            "Vary: Origin".to_owned(),
            format!("Access-Control-Allow-Origin: {origin}"),
            "Access-Control-Allow-Credentials: true".to_owned(),
        ]
    };
    for origin in ["https://a.example", "https://x.b.example"] {
        let asked = request("GET", &[("Origin", origin)]);
        assert_eq!(answered(&listed, &asked, &[]), named(origin));
    }
    for other in [&[("Origin", "https://c.example")] as &[_], &[("Origin", "null")], &[]] {
        assert_eq!(answered(&listed, &request("GET", other), &[]), ["Vary: Origin"]);
    }
    let asked = request("GET", &[]);
    for (vary, expected) in [
        ("Accept-Encoding", "Vary: Accept-Encoding, Origin"),
        ("accept, ORIGIN", "vary: accept, ORIGIN"),
        ("*", "vary: *"),
        ("", "Vary: Origin"),
    ] {
        assert_eq!(answered(&listed, &asked, &[("vary", vary)]), [expected], "{vary}");
    }
}

#[test]
fn the_origin_servers_cors_headers_stay_unless_the_policy_overrides_them() {
    let text = |overrides| {
        format!(
            "cors = {{ allow_origins = ['https://a.example'], expose_headers = ['x'], override = {overrides} }}"
        )
    };
    let servers = [
        ("access-control-allow-origin", "https://servers.example"),
        ("access-control-allow-methods", "PUT"),
    ];
    let (weak, strong) = (policy(&text(false)), policy(&text(true)));
    let methods = "access-control-allow-methods: PUT";
    let allowed = request("GET", &[("Origin", "https://a.example")]);
    let kept = "access-control-allow-origin: https://servers.example";
    let exposed = "Access-Control-Expose-Headers: x";
    let vary = "Vary: Origin";
    assert_eq!(answered(&weak, &allowed, &servers), [kept, methods, vary, exposed]);
    let named = "Access-Control-Allow-Origin: https://a.example";
    assert_eq!(answered(&strong, &allowed, &servers), [methods, vary, named, exposed]);
    let denied = request("GET", &[("Origin", "https://servers.example")]);
    assert_eq!(answered(&weak, &denied, &servers), [kept, methods, vary]);
    assert_eq!(answered(&strong, &denied, &servers), [methods, vary]);
}

#[test]
fn timing_is_sampled_or_asked_for() {
    let chosen = |rate: &str, headers: &[(&str, &str)], times: usize| {
        let policy = policy(&format!("server_timing = {rate}"));
        let asked = request("GET", headers);
        (0..times).filter(|_| policy.asked(&asked).is_timed).count()
    };
    assert_eq!(chosen("0", &[], 1000), 0);
    assert_eq!(chosen("100", &[], 1000), 1000);
    // 10,000 draws of one half are 500 off once in 10^22 runs.
    let half = chosen("50.0", &[], 10_000);
    assert!((4_500..5_500).contains(&half), "{half}");
    assert_eq!(chosen("0", &[("Pragma", "no-cache, Server-Timing")], 10), 10);
    assert_eq!(chosen("0", &[("pragma", "server-timing2")], 10), 0);
    let without = policy("");
    assert!(!without.asked(&request("GET", &[("Pragma", "server-timing")])).is_timed);
}

#[test]
fn timing_of_a_stored_answer_is_not_told_again() {
    let policy = policy("server_timing = 100");
    let asked = policy.asked(&request("GET", &[]));
    let told = |is_hit| {
        let mut headers: Headers = [("server-timing", "db;dur=5")].into_iter().collect();
        policy.apply(&asked, is_hit, &mut headers);
        headers.len()
    };
    assert_eq!((told(false), told(true)), (1, 0));
}

#[test]
fn the_value_has_the_metrics_of_its_kind_of_answer() {
    let timing = |outcome, upstream| ServerTiming {
        outcome,
        upstream,
        node: "g1",
        request_id: "abc",
        took: Duration::from_millis(436),
    };
    let upstream = Some(UpstreamTiming {
        dns: Duration::ZERO.into(),
        connect: Duration::from_micros(114_900).into(),
        first_byte: Duration::from_millis(177).into(),
        layer: Layer::Edge,
    });
    let of_shield = upstream.map(|steps| UpstreamTiming { layer: Layer::OriginShield, ..steps });
    let id = "cdn-pop;desc=\"g1\",cdn-rid;desc=\"abc\"";
    let steps = "cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=114,cdn-upstream-fbl;dur=177";
    for (outcome, upstream, expected) in [
        (
            Outcome::Miss,
            upstream,
            format!(
                "cdn-upstream-layer;desc=\"EDGE\",{steps},cdn-cache-miss,{id},cdn-downstream-fbl;dur=436"
            ),
        ),
        (
            Outcome::Hit,
            of_shield,
            format!(
                "{steps},cdn-cache-hit,{id},cdn-hit-layer;desc=\"Origin Shield\",cdn-downstream-fbl;dur=436"
            ),
        ),
        (
            Outcome::Refreshed,
            upstream,
            format!("{steps},cdn-cache-refresh,{id},cdn-downstream-fbl;dur=436"),
        ),
        (
            Outcome::Hit,
            None,
            format!("cdn-cache-hit,{id},cdn-hit-layer;desc=\"EDGE\",cdn-downstream-fbl;dur=436"),
        ),
        (Outcome::Generated, None, format!("{id},cdn-downstream-fbl;dur=436")),
    ] {
        assert_eq!(timing(outcome, upstream).value([].into_iter()), expected);
        let others = ["db;dur=5, app", " ", "x"].into_iter();
        let value = timing(outcome, upstream).value(others);
        assert_eq!(value, format!("{expected},db;dur=5, app,x"));
    }
}
