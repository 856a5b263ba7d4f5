//! Tests of the headers, cookies and queries that origins get.

use super::*;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn only(list: &[&str]) -> Selection {
    Selection::Only(names(list))
}

fn except(list: &[&str]) -> Selection {
    Selection::Except(names(list))
}

fn sent(
    cache: &CachePolicy,
    forward: &ForwardPolicy,
    viewer: &[(&str, &str)],
    has_body: bool,
) -> Vec<(String, String)> {
    let carries = if has_body { Carries::Body } else { Carries::Nothing };
    carried(cache, forward, viewer, carries)
}

fn carried(
    cache: &CachePolicy,
    forward: &ForwardPolicy,
    viewer: &[(&str, &str)],
    carries: Carries,
) -> Vec<(String, String)> {
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: "/".into(),
        querystring: String::new(),
        headers: viewer.iter().copied().collect(),
        body: None,
        origin: None,
    };
    let hop = Hop {
        client_ip: request.client_ip,
        request_id: "id1",
        via: "1.1 edge (Brink)",
        origin_host: "origin.test",
        carries,
    };
    Forwarding::new(cache, forward)
        .headers(&request, &hop)
        .iter()
        .map(|header| (header.key.clone(), header.value.clone()))
        .collect()
}

fn owned(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |&(k, v): &(&str, &str)| (k.to_owned(), v.to_owned());
    lines.iter().map(own).collect()
}

const VIEWER: [(&str, &str); 17] = [
    ("Host", "shop.test"),
    ("User-Agent", "curl"),
    ("Accept", "*/*"),
    ("Authorization", "Basic x"),
    ("Cookie", "b=2; a=1"),
    ("X-Forwarded-For", "203.0.113.7"),
    ("X-Forwarded-Proto", "https"),
    ("X-Real-IP", "203.0.113.7"),
    ("X-Edge-Secret", "1"),
    ("X-Amz-Cf-Id", "forged"),
    ("Connection", "close, X-Hop"),
    ("X-Hop", "1"),
    ("TE", "trailers"),
    ("Content-Type", "text/plain"),
    ("Content-Length", "3"),
    ("Expect", "100-continue"),
    ("X-Own", "v"),
];

#[test]
fn by_default_the_origin_sees_only_the_proxy() {
    let got = sent(&CachePolicy::default(), &ForwardPolicy::default(), &VIEWER, false);
    let expected = [
        ("Host", "origin.test"),
        ("User-Agent", USER_AGENT),
        ("X-Forwarded-For", "203.0.113.7, 192.0.2.1"),
        ("Via", "1.1 edge (Brink)"),
        ("X-Amz-Cf-Id", "id1"),
    ];
    assert_eq!(got, owned(&expected));
}

#[test]
fn all_headers_still_leaves_out_those_of_the_proxy() {
    let forward = ForwardPolicy { headers: Selection::All, ..ForwardPolicy::default() };
    let mut viewer: Headers = VIEWER.into_iter().collect();
    strip_named_by_connection(&mut viewer);
    let viewer: Vec<_> = viewer.iter().map(|h| (h.key.as_str(), h.value.as_str())).collect();
    let got = sent(&CachePolicy::default(), &forward, &viewer, true);
    let expected = [
        ("Host", "shop.test"),
        ("User-Agent", "curl"),
        ("Accept", "*/*"),
        ("Authorization", "Basic x"),
        ("Content-Type", "text/plain"),
        ("X-Own", "v"),
        ("X-Forwarded-For", "203.0.113.7, 192.0.2.1"),
        ("Via", "1.1 edge (Brink)"),
        ("X-Amz-Cf-Id", "id1"),
    ];
    assert_eq!(got, owned(&expected));
}

#[test]
fn a_call_has_the_headers_of_grpc() {
    let viewer = [&VIEWER[..], &[("Grpc-Timeout", "1S"), ("Grpcx", "1")]].concat();
    let (cache, forward) = (CachePolicy::default(), ForwardPolicy::default());
    let expected = [
        ("Host", "origin.test"),
        ("Content-Type", "text/plain"),
        ("Grpc-Timeout", "1S"),
        ("User-Agent", USER_AGENT),
        ("X-Forwarded-For", "203.0.113.7, 192.0.2.1"),
        ("Via", "1.1 edge (Brink)"),
        ("X-Amz-Cf-Id", "id1"),
        ("TE", "trailers"),
    ];
    assert_eq!(carried(&cache, &forward, &viewer, Carries::Call), owned(&expected));
    let body = carried(&cache, &forward, &viewer, Carries::Body);
    assert!(!body.iter().any(|(name, _)| name == "Grpc-Timeout" || name == "TE"), "{body:?}");
}

#[test]
fn authorization_needs_the_key_or_all() {
    let has = |cache: &[&str], forward| {
        let cache = CachePolicy { headers: names(cache), ..CachePolicy::default() };
        let forward = ForwardPolicy { headers: forward, ..ForwardPolicy::default() };
        let got = sent(&cache, &forward, &VIEWER, false);
        got.iter().any(|(key, _)| key == "Authorization")
    };
    assert!(!has(&[], only(&["authorization"])));
    assert!(!has(&[], except(&["authorization"])));
    assert!(has(&["Authorization"], Selection::None));
    assert!(has(&[], Selection::All));
    assert!(has(&[], except(&["host"])));
}

#[test]
fn a_body_keeps_its_description() {
    let got = sent(&CachePolicy::default(), &ForwardPolicy::default(), &VIEWER, true);
    assert!(got.contains(&("Content-Type".into(), "text/plain".into())));
    assert!(!got.iter().any(|(key, _)| key == "Content-Length"));
}

#[test]
fn excluding_host_sends_the_origins() {
    let forward = ForwardPolicy { headers: except(&["Host"]), ..ForwardPolicy::default() };
    let got = sent(&CachePolicy::default(), &forward, &VIEWER, false);
    let hosts: Vec<_> = got.iter().filter(|(key, _)| key == "Host").collect();
    assert_eq!(hosts, [&("Host".into(), "origin.test".into())]);
}

#[test]
fn either_policy_selects_and_two_block_lists_add_up() {
    for (cache, forward, expected) in [
        (Selection::None, Selection::None, ""),
        (only(&["a"]), only(&["c"]), "a=1&c=3"),
        (Selection::All, except(&["a"]), "b=2&a=1&c=3"),
        (only(&["a"]), except(&["a", "b"]), "a=1&c=3"),
        (except(&["a"]), only(&["a"]), "b=2&a=1&c=3"),
        (except(&["a"]), except(&["b"]), "c=3"),
    ] {
        let cache =
            CachePolicy { query_strings: cache.clone(), cookies: cache, ..CachePolicy::default() };
        let forward = ForwardPolicy {
            query_strings: forward.clone(),
            cookies: forward,
            ..ForwardPolicy::default()
        };
        let forwarding = Forwarding::new(&cache, &forward);
        assert_eq!(forwarding.query("b=2&a=1&c=3"), expected);
        let got = sent(&cache, &forward, &[("Cookie", "b=2; a=1; c=3")], false);
        let cookie = got.iter().find(|(key, _)| key == "Cookie");
        let mut sorted: Vec<&str> = expected.split('&').filter(|c| !c.is_empty()).collect();
        sorted.sort_unstable();
        let expected = (!sorted.is_empty()).then(|| sorted.join("; "));
        assert_eq!(cookie.map(|(_, value)| value.clone()), expected);
    }
}

#[test]
fn a_connection_names_headers_of_its_own_and_no_framing() {
    let lines = [
        ("Connection", "close, X-Hop,, CDN-Loop , host"),
        ("connection", "Accept-Language, content-length, upgrade, transfer-encoding"),
        ("Host", "a"),
        ("Accept-Language", "de"),
        ("x-hop", "1"),
        ("X-Hop", "2"),
        ("X-Hope", "3"),
        ("Content-Length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "websocket"),
        ("CDN-Loop", "other"),
    ];
    let mut headers: Headers = lines.into_iter().collect();
    strip_named_by_connection(&mut headers);
    let gone = ["Accept-Language", "x-hop", "X-Hop"];
    let expected: Headers = lines.into_iter().filter(|(key, _)| !gone.contains(key)).collect();
    assert_eq!(headers, expected);
}

#[test]
fn viewers_get_no_headers_of_the_connection_and_no_foreign_cookies() {
    let answer = [
        ("Connection", "X-Hop"),
        ("X-Hop", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Set-Cookie", "a=1"),
        ("X-Cache", "Hit from elsewhere"),
        ("Vary", "Accept-Encoding, Accept"),
        ("vary", "X-Own, *"),
        ("Content-Type", "text/plain"),
    ];
    let cache = CachePolicy { headers: names(&["x-own"]), ..CachePolicy::default() };
    let mut forward = ForwardPolicy::default();
    let mut headers: Headers = answer.into_iter().collect();
    let forwarding = Forwarding::new(&cache, &forward);
    strip_named_by_connection(&mut headers);
    strip_unforwarded_cookies(&mut headers, &forwarding);
    strip_for_viewer(&mut headers, &forwarding);
    let expected: Headers = [("Content-Type", "text/plain"), ("Vary", "Accept-Encoding, X-Own, *")]
        .into_iter()
        .collect();
    assert_eq!(headers, expected);

    forward.cookies = only(&["a"]);
    let mut headers: Headers = answer.into_iter().collect();
    let forwarding = Forwarding::new(&cache, &forward);
    strip_unforwarded_cookies(&mut headers, &forwarding);
    strip_for_viewer(&mut headers, &forwarding);
    assert_eq!(headers.get("set-cookie"), Some("a=1"));
}
