//! The record of changes has every change, and nothing that a function or a request made up.

use brink_shared::admin::{AdminError, Changes, NumberedChange, Reply};
use brink_shared::audit::State;
use brink_shared::bus::Requester;

use super::*;

/// Words that must not get into the record.
const SECRET: &str = "hunter2";

async fn changes(edge: &Edge) -> Vec<NumberedChange> {
    edge.ask::<Changes>("change", "list", &json!({})).await.unwrap().items
}

/// Asks one worker, as a worker does that passes a request on.
async fn passed_on(edge: &Edge, request: &str, body: &Value) -> Result<Value, AdminError> {
    let requester = Requester::new(edge.bus.clone()).await.unwrap();
    let subject = subject::admin_at(&"w1".parse().unwrap(), request);
    let answer = requester.request(&subject, body.to_string().into(), LONG).await.unwrap();
    match serde_json::from_slice(&answer).unwrap() {
        Reply::Ok(done) => Ok(done),
        Reply::Error(error) => Err(error),
        Reply::ClaimCheck(claim_check) => panic!("{claim_check:?}"),
    }
}

#[actix_rt::test]
async fn the_record_has_no_words_of_functions_and_requests() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let throws = format!("throw new Error('{SECRET}');");
    let answers = format!("exports.handler = async () => {{ throw new Error('{SECRET}'); }};");
    let event = json!({"Records": [{"cf": {
        "config": {"eventType": "viewer-request"},
        "request": {"uri": "/", "method": "GET", "querystring": "", "headers": {}, "clientIp": "::1"},
    }}]});
    for (request, why) in [
        (json!({"name": "bad", "files": {"index.js": throws}}), "function bad does not start"),
        (
            json!({"name": "bad", "files": {"index.js": answers}, "events": [event]}),
            "events[0] is not answered well",
        ),
        (json!({"name": "bad", "settings": {"memory_mb": SECRET}}), "the request cannot be read"),
        (
            json!({"name": "bad", "settings": {"secrets": [SECRET.to_uppercase()]}}),
            "function bad cannot be published with these settings",
        ),
    ] {
        let error = edge.ask::<Value>("function", "publish", &request).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains(SECRET), "{error}");
        let change = changes(&edge).await.remove(0).change;
        assert_eq!(change.of, "bad");
        let State::Failed { why: recorded, .. } = &change.state else { panic!("{change:?}") };
        assert_eq!(recorded, why);
    }
    let long = json!({"function": SECRET.repeat(1_000)});
    edge.ask::<Value>("function", "delete", &long).await.unwrap_err();
    assert!(changes(&edge).await[0].change.of.len() < 200);
    edge.publish("echo", ECHO).await;
    let State::Done { after, .. } = &changes(&edge).await[0].change.state else { panic!() };
    assert_eq!((&after["version"], &after["warnings"]), (&json!("echo:1"), &Value::Null));
    edge.stop().await;
}

#[actix_rt::test]
async fn only_what_starts_a_function_is_passed_on_and_it_is_recorded() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let request = json!({"name": "echo", "files": {"index.js": ECHO}});
    let published = passed_on(&edge, "function.publish", &request).await.unwrap();
    assert_eq!(published["version"], "echo:1");
    let recorded = changes(&edge).await;
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0].change.request, "function.publish");
    let event = json!({"function": "echo", "event": {"a": 1}});
    assert_eq!(passed_on(&edge, "function.invoke", &event).await.unwrap()["ok"], json!({"a": 1}));
    let delete = json!({"function": "echo"});
    let error = passed_on(&edge, "function.delete", &delete).await.unwrap_err();
    assert_eq!(error.message, "function.delete is not passed on to one worker");
    let shown: FunctionDetails = edge.ask("function", "show", &delete).await.unwrap();
    assert_eq!(shown.versions.len(), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn the_pages_of_the_record_have_each_entry_once() {
    let edge = Edge::start(WorkerLimits::default()).await;
    for number in 0..120 {
        let missing = json!({"id": format!("shop-{number}")});
        edge.ask::<Value>("distribution", "delete", &missing).await.unwrap_err();
    }
    let (mut marker, mut pages, mut numbers) = (None, 0, Vec::new());
    loop {
        let query = json!({"marker": marker});
        let page: Changes = edge.ask("change", "list", &query).await.unwrap();
        numbers.extend(page.items.iter().map(|entry| entry.number));
        (marker, pages) = (page.next_marker, pages + 1);
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(pages, 2);
    assert_eq!(numbers, (1..=240).rev().collect::<Vec<u64>>());
    edge.stop().await;
}
