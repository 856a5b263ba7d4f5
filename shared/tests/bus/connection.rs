//! Promises that only a bus with a server in between can break.

use super::*;

#[tokio::test]
async fn a_lost_server_is_noticed_and_found_again() {
    let mut server = server().await;
    let bus = connect(&server).await;
    let subject = unique("healing");
    let mut subscription = bus.subscribe(&subject, None, 8).await.unwrap();
    let requester = Requester::new(bus.clone()).await.unwrap();
    let mut link = bus.link();

    let _silent = bus.subscribe("silent", None, 8).await.unwrap();
    let pending = requester.request("silent", "".into(), 10 * SOON);
    let (failed, ()) = tokio::join!(pending, async {
        settle(&bus).await;
        server.kill().await;
    });
    assert!(matches!(failed, Err(BusError::Away(_))), "{failed:?}");
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();

    let began = Instant::now();
    for _ in 0..5_000 {
        let rejected = bus.publish(&subject, None, "".into()).await;
        assert!(matches!(rejected, Err(BusError::Away(_))), "{rejected:?}");
    }
    let rejected = requester.request(&subject, "".into(), SOON).await;
    assert!(matches!(rejected, Err(BusError::Away(_))), "{rejected:?}");
    let rejected = bus.bucket("any").await;
    assert!(matches!(rejected, Err(BusError::Away(_))));
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());

    // What is subscribed to while the link is down holds once it is up.
    let late = unique("late");
    let _late = echo(&bus, &late, "").await;
    server.restart().await.unwrap();
    soon(link.wait_for(|link| *link == Link::Up)).await.unwrap();
    send(&bus, &subject, "healed").await;
    assert_eq!(soon(subscription.next()).await.unwrap().payload, "healed");
    assert_eq!(requester.request(&late, "hello".into(), SOON).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_subscription_keeps_as_much_as_it_says() {
    const MESSAGES: usize = 20_000;
    let server = server().await;
    let (from, to) = (connect(&server).await, connect(&server).await);
    let subject = unique("many");
    let mut kept = to.subscribe(&subject, None, SUBSCRIPTION_CAPACITY_MAX).await.unwrap();
    settle(&to).await;
    for _ in 0..MESSAGES {
        from.publish(&subject, None, "".into()).await.unwrap();
    }
    settle(&from).await;
    // A message to the other connection comes after all that the server had for it.
    let mut last = to.subscribe("last", None, 1).await.unwrap();
    settle(&to).await;
    send(&from, "last", "").await;
    soon(last.next()).await.unwrap();
    let mut messages = Vec::new();
    while messages.len() < MESSAGES {
        assert!(soon(kept.next_many(&mut messages, MESSAGES)).await > 0);
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_measured_and_corrected() {
    let server = server().await;
    let right = connect(&server).await;
    let hour = Duration::from_secs(3_600);
    for behind in [false, true] {
        let (servers, name) = (vec![server.url()], "wrong".to_owned());
        let options = NatsOptions { servers, creds: None, ca: None, name };
        let clock = BusClock::shifted(hour, behind);
        let bus = NatsBus::connect_with(options, clock).await.unwrap();
        // The server tells its time as soon as there is a registry.
        right.bucket("brink_registry").await.unwrap();
        for bus in [bus.clock(), right.clock()] {
            bus.wait_measured(SOON).await;
            assert!(bus.is_measured() && bus.error() < AT_ONCE, "{:?}", bus.error());
        }
        let differ = bus.clock().now().0.abs_diff(right.clock().now().0);
        assert!(differ < 1_000, "{differ}");
        let ahead = bus.clock().status().unwrap().ahead_ms;
        let hour_ms = if behind { -3_600_000 } else { 3_600_000 };
        assert!((ahead - hour_ms).abs() < 1_000, "{ahead}");
    }
}

#[tokio::test]
async fn a_watch_starts_over_after_a_gap() {
    let mut server = server().await;
    let bus = connect(&server).await;
    let bucket = bus.bucket("gap").await.unwrap();
    let kept = bucket.create("kept", "1".into()).await.unwrap();
    let gone = bucket.create("gone", "2".into()).await.unwrap();
    let mut changes = bucket.watch().await.unwrap();
    for _ in 0..3 {
        soon(changes.recv()).await.unwrap();
    }
    let mut link = bus.link();
    server.kill().await;
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
    server.restart().await.unwrap();
    let other = connect(&server).await;
    other.bucket("gap").await.unwrap().delete("gone", gone).await.unwrap();

    assert_eq!(soon(changes.recv()).await, Some(Change::Restarted));
    let mut told = Vec::new();
    loop {
        match soon(changes.recv()).await.unwrap() {
            Change::Current => break,
            Change::Restarted => told.clear(),
            Change::Put(entry) => told.push((entry.key, entry.revision)),
            Change::Deleted { key } => told.retain(|(known, _)| *known != key),
        }
    }
    // Whether the other connection was first or not, in the end only one key is left.
    while told.len() > 1 {
        let change = soon(changes.recv()).await.unwrap();
        assert_eq!(change, Change::Deleted { key: "gone".into() });
        told.retain(|(key, _)| key != "gone");
    }
    assert_eq!(told, [("kept".to_owned(), kept)]);
    let new = bucket.create("new", "3".into()).await.unwrap();
    loop {
        match soon(changes.recv()).await.unwrap() {
            Change::Put(entry) if entry.key == "new" => break assert_eq!(entry.revision, new),
            _ => {}
        }
    }
}

#[tokio::test]
async fn connecting_waits_for_a_server() {
    let mut server = server().await;
    let url = server.url();
    server.kill().await;
    let bus: Arc<dyn Bus> = NatsBus::connect(options(url)).await.unwrap();
    let mut link = bus.link();
    assert_eq!(*link.borrow_and_update(), Link::Down);
    let began = Instant::now();
    let rejected = bus.publish("any", None, "".into()).await;
    assert!(matches!(rejected, Err(BusError::Away(_))), "{rejected:?}");
    assert!(began.elapsed() < AT_ONCE);
    let mut subscription = bus.subscribe("early", None, 8).await.unwrap();
    server.restart().await.unwrap();
    soon(link.wait_for(|link| *link == Link::Up)).await.unwrap();
    send(&bus, "early", "now").await;
    assert_eq!(soon(subscription.next()).await.unwrap().payload, "now");
}

#[tokio::test]
async fn closing_without_a_server_ends_too() {
    let mut server = server().await;
    let bus = connect(&server).await;
    let mut subscription = bus.subscribe("any", None, 8).await.unwrap();
    server.kill().await;
    soon(bus.link().wait_for(|link| *link == Link::Down)).await.unwrap();
    soon(bus.close()).await;
    assert_eq!(soon(subscription.next()).await, None);
    assert_eq!(bus.publish("any", None, "".into()).await, bus.flush().await);
}

#[tokio::test]
async fn two_connections_meet() {
    let server = server().await;
    let (one, other) = (connect(&server).await, connect(&server).await);
    let _echo = echo(&one, "echo", " back").await;
    settle(&one).await;
    let requester = Requester::new(other).await.unwrap();
    assert_eq!(
        requester.request("echo", "there and".into(), SOON).await.unwrap(),
        "there and back"
    );
}

#[tokio::test]
async fn a_service_is_listed_while_it_lives() {
    let server = server().await;
    let bus = connect(&server).await;
    let service = bus
        .serve(ServiceSpec {
            name: "brink-admin",
            version: "0.1.0",
            description: "Listed",
            endpoints: vec![("status".into(), "brink.admin.status".into())],
        })
        .await
        .unwrap();
    let requester = Requester::new(bus).await.unwrap();
    let info = requester.request("$SRV.INFO.brink-admin", "".into(), SOON).await.unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info["description"], "Listed");
    assert_eq!(info["endpoints"][0]["name"], "status");
    assert_eq!(info["endpoints"][0]["subject"], "brink.admin.status");
    drop(service);
    soon(until(async || {
        let answer = requester.request("$SRV.PING.brink-admin", "".into(), SHORT).await;
        matches!(answer, Err(BusError::NoResponders(_)))
    }))
    .await;
}

#[tokio::test]
async fn options_that_cannot_work_are_rejected() {
    for servers in [vec![], vec!["nats://:no port:".to_owned()]] {
        let options = NatsOptions { servers, ..options(String::new()) };
        let rejected = NatsBus::connect(options).await.err();
        assert!(matches!(rejected, Some(BusError::Rejected { .. })), "{rejected:?}");
    }
    let creds = Some("/nonexistent/user.creds".into());
    let options = NatsOptions { creds, ..options("nats://127.0.0.1:4222".into()) };
    let rejected = NatsBus::connect(options).await.err().unwrap().to_string();
    assert!(rejected.contains("/nonexistent/user.creds"), "{rejected}");
}
