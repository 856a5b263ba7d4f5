//! Access logs on the bus.

use std::sync::Arc;
use std::time::Duration;

use brink_gateway::access_log::{AccessLogSettings, Destination};
use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_shared::access_log::Follow;
use brink_shared::bus::{Bus, EmbeddedBus, Subscription};
use brink_shared::subject;
use brink_shared::wire::FailureKind;
use serde_json::{Value, json};

use crate::edge::{Edge, LOCAL};
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, failed};

const PATIENCE: Duration = Duration::from_secs(20);

async fn start(bus: &Arc<dyn Bus>, settings: AccessLogSettings, logging: Value) -> Edge {
    let origin = RawOrigin::answering(HELLO);
    let document = json!({
        "id": "d",
        "logging": logging,
        "origins": {"web": {"url": format!("http://127.0.0.1:{}", origin.port)}},
        "behaviors": [{"path": "*", "origin": "web"}],
    });
    let never = |_| failed(FailureKind::Execution);
    Edge::logging(bus.clone(), LOCAL, settings, GeoFiles::default(), document, never).await
}

/// The next lines of a subscription that have this text.
async fn lines(messages: &mut Subscription, text: &str) -> (String, Vec<String>) {
    loop {
        let next = tokio::time::timeout(PATIENCE, messages.next()).await;
        let message = next.expect("lines come").unwrap();
        let payload = String::from_utf8(message.payload.to_vec()).unwrap();
        let found: Vec<String> =
            payload.lines().filter(|line| line.contains(text)).map(str::to_owned).collect();
        if !found.is_empty() {
            return (message.subject, found);
        }
    }
}

#[actix_rt::test]
async fn logs_go_to_subjects_of_their_distribution() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let mut standard = bus.subscribe("brink.access.standard.>", None, 64).await.unwrap();
    let mut real_time = bus.subscribe("brink.access.real-time.>", None, 64).await.unwrap();
    let settings = AccessLogSettings { to: Some(Destination::Nats), ..Default::default() };
    let logging = json!({"real_time": {"fields": ["cs-uri-stem", "sc-status"]}});
    let edge = start(&bus, settings, logging).await;
    edge.get("/a").await;
    let (subject, found) = lines(&mut standard, "/a").await;
    assert_eq!(subject, "brink.access.standard.distribution.d");
    assert_eq!(found[0].split('\t').count(), 33);
    let (subject, found) = lines(&mut real_time, "/a").await;
    assert_eq!(subject, "brink.access.real-time.distribution.d");
    assert_eq!(found, ["/a\t200"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn requests_are_sent_to_those_who_follow_them_and_only_then() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let mut followed = bus.subscribe(subject::ACCESS_FOLLOWED_ALL, None, 64).await.unwrap();
    // Neither the gateway nor the distribution has a log.
    let edge = start(&bus, AccessLogSettings::default(), Value::Null).await;
    edge.get("/before").await;
    let follow = async |distribution: &str| {
        let distribution = Some(distribution.parse().unwrap());
        let asked = serde_json::to_vec(&Follow { distribution }).unwrap();
        bus.publish(subject::ACCESS_FOLLOW, None, asked.into()).await.unwrap();
    };
    follow("other").await;
    edge.get("/other").await;
    follow("d").await;
    // The gateway hears of it at some time.
    let (subject, found) = tokio::select! {
        found = lines(&mut followed, "/") => found,
        () = async {
            loop {
                edge.request("GET", "/after", &[("Cookie", "secret=1")], b"").await;
            }
        } => unreachable!(),
    };
    assert_eq!(subject, "brink.access.followed.distribution.d");
    assert!(found.iter().all(|line| line.contains("/after")), "{found:?}");
    assert!(found.iter().all(|line| !line.contains("secret")), "{found:?}");
    edge.stop().await;
}
