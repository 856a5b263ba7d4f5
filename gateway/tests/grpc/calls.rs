//! gRPC calls that pass through.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Site;
use crate::programs::{GrpcOrigin, Scenario};
use crate::raw_origin::RawOrigin;
use crate::tls_origin::trusts_the_tests_authority;

/// A distribution for calls. The origin's `read_timeout` is shorter than some calls are silent.
pub fn document(origin: &str, behavior: Value) -> Value {
    let mut whole = json!({
        "path": "*", "origin": "api", "methods": "all", "grpc": true,
        "forward": {"headers": "all"},
    });
    for (key, value) in behavior.as_object().unwrap() {
        whole[key] = value.clone();
    }
    let api = json!({"url": origin, "read_timeout": "1s", "attempts": 1});
    json!({"id": "d", "origins": {"api": api}, "behaviors": [whole]})
}

async fn passes(scenarios: &[&str]) {
    let origin = GrpcOrigin::start();
    let site = Site::start(document(&origin.url(), json!({}))).await;
    for scenario in scenarios {
        Scenario::begin(&site, scenario).passes().await;
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn all_kinds_of_calls_pass_with_their_headers_and_trailers() {
    let own = "calls::all_kinds_of_calls_pass_with_their_headers_and_trailers";
    if trusts_the_tests_authority(own) {
        passes(&["kinds", "metadata", "statuses", "early"]).await;
    }
}

#[actix_rt::test]
async fn a_server_sees_that_a_call_is_canceled_or_late() {
    if trusts_the_tests_authority("calls::a_server_sees_that_a_call_is_canceled_or_late") {
        passes(&["cancel", "deadline"]).await;
    }
}

#[actix_rt::test]
async fn large_messages_and_many_calls_at_a_time_pass() {
    if trusts_the_tests_authority("calls::large_messages_and_many_calls_at_a_time_pass") {
        passes(&["large", "many"]).await;
    }
}

#[actix_rt::test]
async fn a_call_may_be_silent_for_longer_than_the_response_timeout() {
    let own = "calls::a_call_may_be_silent_for_longer_than_the_response_timeout";
    if trusts_the_tests_authority(own) {
        passes(&["slow"]).await;
    }
}

#[actix_rt::test]
async fn calls_end_in_order_when_the_gateway_stops() {
    if !trusts_the_tests_authority("calls::calls_end_in_order_when_the_gateway_stops") {
        return;
    }
    let origin = GrpcOrigin::start();
    let site = Site::start(document(&origin.url(), json!({}))).await;
    let client = Scenario::begin(&site, "drain").says("begun").await;
    let stopping = tokio::time::timeout(Duration::from_secs(60), site.edge.stop());
    let (stopped, ()) = tokio::join!(stopping, client.passes());
    stopped.expect("the gateway stops");
}

#[actix_rt::test]
async fn an_origin_that_is_not_there_is_unavailable() {
    if !trusts_the_tests_authority("calls::an_origin_that_is_not_there_is_unavailable") {
        return;
    }
    let nobody = format!("https://localhost:{}", RawOrigin::closed_port());
    let site = Site::start(document(&nobody, json!({}))).await;
    Scenario::begin(&site, "unavailable").passes().await;
    site.edge.stop().await;
}

#[actix_rt::test]
async fn lists_of_networks_are_for_calls_too() {
    let nobody = format!("https://localhost:{}", RawOrigin::closed_port());
    let denied = json!({"access": {"deny": ["127.0.0.0/8"]}});
    let site = Site::start(document(&nobody, denied)).await;
    Scenario::begin(&site, "refused").passes().await;
    site.edge.stop().await;
}
