//! `CloudFront-*` headers over real HTTP: what each trigger, the cache key and the origin see.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "viewer_headers/database.rs"]
mod database;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "viewer_headers/geo.rs"]
mod geo;

use std::net::{Ipv6Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use brink_gateway::viewer_headers::geo::GeoFiles;
use serde_json::{Value, json};

use edge::{Edge, LOCAL, Origin};

const PHONE: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36");
const TV: (&str, &str) = ("User-Agent", "Roku/DVP-9.10 (519.10E04111A)");

/// What functions were shown, in order.
type Seen = Arc<Mutex<Vec<Value>>>;

fn distribution(origin: &Origin, behavior: Value) -> Value {
    let mut behavior = behavior;
    behavior["path"] = json!("*");
    behavior["origin"] = json!("web");
    json!({"id": "d", "origins": {"web": {"url": origin.url()}}, "behaviors": [behavior]})
}

/// The function at every trigger.
fn everywhere(behavior: Value) -> Value {
    let triggers = ["viewer-request", "origin-request", "origin-response", "viewer-response"];
    let mut behavior = behavior;
    behavior["functions"] = triggers.iter().map(|trigger| (*trigger, json!("f:1"))).collect();
    behavior
}

/// Goes on with what it is shown, and notes it.
fn note(event: &Value, seen: &Seen) -> Value {
    let cf = &event["Records"][0]["cf"];
    seen.lock().unwrap().push(cf.clone());
    let kind = cf["config"]["eventType"].as_str().unwrap();
    cf[if kind.ends_with("request") { "request" } else { "response" }].clone()
}

/// The value of a header at each of the triggers that ran.
fn at_each(seen: &Seen, header: &str) -> Vec<Option<String>> {
    let value =
        |cf: &Value| cf["request"]["headers"][header][0]["value"].as_str().map(str::to_owned);
    seen.lock().unwrap().iter().map(value).collect()
}

fn some(values: [&str; 4]) -> [Option<String>; 4] {
    values.map(|value| (!value.is_empty()).then(|| value.to_owned()))
}

fn local_geo() -> (tempfile::TempDir, GeoFiles) {
    let folder = tempfile::tempdir().unwrap();
    let (places, networks) = database::local(folder.path());
    (folder, GeoFiles { database: Some(places), asn_database: Some(networks) })
}

#[actix_rt::test]
async fn every_trigger_but_the_first_sees_them_and_so_does_the_origin() {
    let origin = Origin::start().await;
    let (_folder, geo) = local_geo();
    let seen = Seen::default();
    let named = [
        "cloudfront-is-mobile-viewer",
        "CloudFront-Is-Desktop-Viewer",
        "CloudFront-Viewer-Address",
        "CloudFront-Viewer-ASN",
        "CloudFront-Viewer-City",
        "CloudFront-Viewer-Http-Version",
        "CloudFront-Viewer-Metro-Code",
        "CloudFront-Forwarded-Proto",
    ];
    let behavior = everywhere(json!({"forward": {"headers": named}}));
    let noted = seen.clone();
    let edge = Edge::with_geo(LOCAL, geo, distribution(&origin, behavior), move |event| {
        note(&event, &noted)
    })
    .await;
    let reply = edge.request("GET", "/echo", &[PHONE], b"").await;
    for (header, value) in [
        ("cloudfront-is-mobile-viewer", "true"),
        ("cloudfront-is-desktop-viewer", "false"),
        ("cloudfront-viewer-asn", "4200000000"),
        ("cloudfront-viewer-city", "S%C3%A3o Jos%C3%A9"),
        ("cloudfront-viewer-http-version", "1.1"),
        ("cloudfront-forwarded-proto", "http"),
    ] {
        assert_eq!(at_each(&seen, header), some(["", value, value, value]), "{header}");
        assert!(reply.text().contains(&format!("{header}: {value}\n")), "{}", reply.text());
    }
    // Nothing is known, and what no policy names is not told.
    for header in ["cloudfront-viewer-metro-code", "cloudfront-viewer-country"] {
        assert_eq!(at_each(&seen, header), some([""; 4]), "{header}");
        assert!(!reply.text().contains(header), "{}", reply.text());
    }
    let address = at_each(&seen, "cloudfront-viewer-address")[1].clone().unwrap();
    let port = address.strip_prefix("127.0.0.1:").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);
    edge.stop().await;
}

#[actix_rt::test]
async fn kinds_of_devices_have_objects_of_their_own() {
    let origin = Origin::start().await;
    let cache = json!({"headers": ["CloudFront-Is-SmartTV-Viewer"]});
    let edge = Edge::start(distribution(&origin, json!({"cache": cache}))).await;
    let get = async |agent| {
        let reply = edge.request("GET", "/cache/60", &[agent], b"").await;
        (reply.header("x-cache").to_owned(), reply.text())
    };
    let (miss, hit) = ("Miss from brink".to_owned(), "Hit from brink".to_owned());
    assert_eq!(get(PHONE).await, (miss.clone(), "answer 1".to_owned()));
    assert_eq!(get(TV).await, (miss, "answer 2".to_owned()));
    assert_eq!(get(PHONE).await, (hit.clone(), "answer 1".to_owned()));
    assert_eq!(get(("User-Agent", "curl/8.5.0")).await, (hit.clone(), "answer 1".to_owned()));
    assert_eq!(get(TV).await, (hit, "answer 2".to_owned()));
    assert_eq!(origin.requests.load(Ordering::Relaxed), 2);
    edge.stop().await;
}

#[actix_rt::test]
async fn decision_39_the_viewers_own_header_stays_on_its_side() {
    let origin = Origin::start().await;
    let (_folder, geo) = local_geo();
    let seen = Seen::default();
    let named = ["CloudFront-Viewer-Country", "CloudFront-Viewer-Metro-Code"];
    let behavior = everywhere(json!({"cache": {"headers": named}}));
    let noted = seen.clone();
    let edge = Edge::with_geo(LOCAL, geo, distribution(&origin, behavior), move |event| {
        note(&event, &noted)
    })
    .await;
    let forged = [("CloudFront-Viewer-Country", "XX"), ("CloudFront-Viewer-Metro-Code", "7")];
    let reply = edge.request("GET", "/echo", &forged, b"").await;
    let expected = some(["XX", "BR", "BR", "XX"]);
    assert_eq!(at_each(&seen, "cloudfront-viewer-country"), expected);
    let expected = some(["7", "", "", "7"]);
    assert_eq!(at_each(&seen, "cloudfront-viewer-metro-code"), expected);
    assert!(reply.text().contains("cloudfront-viewer-country: BR\n"), "{}", reply.text());
    assert!(!reply.text().contains("metro-code"), "{}", reply.text());
    // The key has the proxy's value: a viewer cannot choose among objects.
    let honest = edge.get("/echo").await;
    assert_eq!(honest.header("x-cache"), "Hit from brink");
    edge.stop().await;
}

#[actix_rt::test]
async fn all_headers_are_those_of_viewers_and_none_of_these() {
    let origin = Origin::start().await;
    let behavior = json!({"forward": {"headers": "all"}});
    let edge = Edge::start(distribution(&origin, behavior)).await;
    let sent = [("CloudFront-Viewer-Country", "XX"), ("X-Own", "1"), PHONE];
    let text = edge.request("GET", "/echo", &sent, b"").await.text();
    assert!(text.contains("x-own: 1\n") && !text.contains("cloudfront-"), "{text}");
    edge.stop().await;

    // Others may be named beside them.
    let named = ["CloudFront-Is-Android-Viewer"];
    let behavior = json!({"forward": {"headers": "all", "cloudfront_headers": named}});
    let edge = Edge::start(distribution(&origin, behavior)).await;
    let text = edge.request("GET", "/echo", &sent, b"").await.text();
    assert!(text.contains("x-own: 1\n") && !text.contains("viewer-country"), "{text}");
    assert!(text.contains("cloudfront-is-android-viewer: true\n"), "{text}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_function_may_set_values_that_the_proxy_does_not_know() {
    let origin = Origin::start().await;
    let named = ["CloudFront-Viewer-City", "CloudFront-Is-Mobile-Viewer"];
    let mut behavior = json!({"forward": {"headers": named}});
    behavior["functions"] = json!({"viewer-request": "f:1"});
    let edge = Edge::with_function(distribution(&origin, behavior), |event| {
        let mut request = event["Records"][0]["cf"]["request"].clone();
        for name in ["cloudfront-viewer-city", "cloudfront-is-mobile-viewer"] {
            request["headers"][name] = json!([{"key": name, "value": "by function"}]);
        }
        request
    })
    .await;
    let text = edge.request("GET", "/echo", &[PHONE], b"").await.text();
    assert!(text.contains("cloudfront-viewer-city: by function\n"), "{text}");
    assert!(text.contains("cloudfront-is-mobile-viewer: true\n"), "{text}");
    edge.stop().await;
}

#[actix_rt::test]
async fn viewers_of_the_other_family_have_places_too() {
    let origin = Origin::start().await;
    let (_folder, geo) = local_geo();
    let named = ["CloudFront-Viewer-Country", "CloudFront-Viewer-Metro-Code"];
    let behavior = json!({"forward": {"headers": named}});
    // A listener for both families: an IPv4 viewer has a mapped address.
    for (to, expected) in
        [(Ipv6Addr::LOCALHOST, "metro-code: 819\n"), (Ipv6Addr::UNSPECIFIED, "country: BR\n")]
    {
        let listen = SocketAddr::from((to, 0));
        let document = distribution(&origin, behavior.clone());
        let edge = Edge::with_geo(listen, geo.clone(), document, |event| event).await;
        let at = SocketAddr::from((
            if to.is_loopback() { to.into() } else { LOCAL.ip() },
            edge.address().port(),
        ));
        let text =
            edge::raw(at, "GET /echo HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n").await;
        assert!(text.contains(expected), "{text}");
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn vary_by_user_agent_is_kept_where_devices_are_told() {
    for (named, expected) in [
        (json!(["CloudFront-Is-Tablet-Viewer"]), "User-Agent"),
        (json!(["CloudFront-Viewer-Country"]), ""),
        (json!([]), ""),
    ] {
        let origin = Origin::start().await;
        let mut behavior = json!({"forward": {"headers": named}});
        behavior["functions"] = json!({"origin-response": "f:1"});
        let edge = Edge::with_function(distribution(&origin, behavior), |event| {
            let mut response = event["Records"][0]["cf"]["response"].clone();
            response["headers"]["vary"] = json!([{"key": "Vary", "value": "User-Agent, X-Other"}]);
            response
        })
        .await;
        let reply = edge.get("/echo").await;
        assert_eq!((reply.status, reply.header("vary")), (200, expected));
        edge.stop().await;
    }
}
