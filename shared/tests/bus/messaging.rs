//! Promises of every bus about messages.

use super::*;

pub async fn a_message_reaches_every_subscriber(bus: Arc<dyn Bus>) {
    let subject = unique("pub");
    let mut first = bus.subscribe(&subject, None, 8).await.unwrap();
    let mut second = bus.subscribe(&subject, None, 8).await.unwrap();
    let inbox = bus.new_inbox();
    bus.publish(&subject, Some(&inbox), "hello".into()).await.unwrap();
    let expected = Message {
        subject: subject.clone(),
        reply_to: Some(inbox),
        payload: "hello".into(),
        no_responders: false,
        sender: None,
    };
    assert_eq!(soon(first.next()).await.unwrap(), expected);
    assert_eq!(soon(second.next()).await.unwrap(), expected);
    // Nobody answers to a subject that is not an inbox.
    bus.publish(&subject, Some("brink.admin.function.delete"), "hello".into()).await.unwrap();
    assert_eq!(soon(first.next()).await.unwrap().reply_to, None);
}

pub async fn wildcards_match_one_token_or_the_rest(bus: Arc<dyn Bus>) {
    let root = unique("wild");
    let mut one = bus.subscribe(&format!("{root}.*.end"), None, 8).await.unwrap();
    let mut rest = bus.subscribe(&format!("{root}.>"), None, 8).await.unwrap();
    for last in ["a.end", "a.b.end", "a.other"] {
        send(&bus, &format!("{root}.{last}"), "").await;
    }
    send(&bus, &root, "").await;
    send(&bus, &format!("{root}.b.end"), "").await;
    let tails = |got: Vec<Message>| -> Vec<String> {
        got.iter().map(|m| m.subject[root.len() + 1..].to_owned()).collect()
    };
    assert_eq!(tails(take(&mut one, 2).await), ["a.end", "b.end"]);
    assert_eq!(tails(take(&mut rest, 4).await), ["a.end", "a.b.end", "a.other", "b.end"]);
}

pub async fn one_member_of_a_group_gets_each_message(bus: Arc<dyn Bus>) {
    let subject = unique("group");
    let mut exact = bus.subscribe(&subject, Some("workers"), 64).await.unwrap();
    let mut wild = bus.subscribe("group.*", Some("workers"), 64).await.unwrap();
    let mut other = bus.subscribe(&subject, Some("others"), 64).await.unwrap();
    let mut watcher = bus.subscribe(&subject, None, 64).await.unwrap();
    for number in 0..20 {
        send(&bus, &subject, &number.to_string()).await;
    }
    let mut payloads = Vec::new();
    let deadline = Instant::now() + SOON;
    while payloads.len() < 20 && Instant::now() < deadline {
        tokio::select! {
            message = exact.next() => payloads.push(message.unwrap()),
            message = wild.next() => {
                // Other tests' messages match the wildcard as well.
                payloads.extend(message.filter(|message| message.subject == subject));
            }
            () = tokio::time::sleep(SOON) => {}
        }
    }
    let mut numbers: Vec<u32> = payloads.iter().map(number_in).collect();
    numbers.sort_unstable();
    let all: Vec<u32> = (0..20).collect();
    assert_eq!(numbers, all);
    for each in [&mut other, &mut watcher] {
        assert_eq!(take(each, 20).await.iter().map(number_in).collect::<Vec<_>>(), all);
    }
}

pub async fn members_of_a_group_share_the_work(bus: Arc<dyn Bus>) {
    let subject = unique("share");
    let mut first = bus.subscribe(&subject, Some("workers"), 256).await.unwrap();
    let mut second = bus.subscribe(&subject, Some("workers"), 256).await.unwrap();
    for _ in 0..100 {
        send(&bus, &subject, "").await;
    }
    let mut counts = [0, 0];
    while counts.iter().sum::<i32>() < 100 {
        tokio::select! {
            message = soon(first.next()) => counts[0] += i32::from(message.is_some()),
            message = soon(second.next()) => counts[1] += i32::from(message.is_some()),
        }
    }
    // The chance that a fair coin lands so one-sided is below one in a million million.
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}

pub async fn a_missing_subscriber_is_reported_at_once(bus: Arc<dyn Bus>) {
    let inbox = bus.new_inbox();
    let mut answers = bus.subscribe(&format!("{inbox}.>"), None, 8).await.unwrap();
    let reply_to = format!("{inbox}.7");
    bus.publish(&unique("nobody"), Some(&reply_to), "anyone?".into()).await.unwrap();
    let answer = soon(answers.next()).await.unwrap();
    assert!(answer.no_responders, "{answer:?}");
    assert_eq!((answer.subject, answer.payload), (reply_to, Bytes::new()));

    let requester = Requester::new(bus).await.unwrap();
    let subject = unique("nobody");
    let asked = Instant::now();
    let rejected = requester.request(&subject, "anyone?".into(), SOON).await;
    assert_eq!(rejected, Err(BusError::NoResponders(subject.clone())));
    let rejected = requester.gather(&subject, "anyone?".into(), SOON).await;
    assert_eq!(rejected, Err(BusError::NoResponders(subject)));
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
}

pub async fn a_dropped_subscription_does_not_count(bus: Arc<dyn Bus>) {
    let subject = unique("dropped");
    let requester = Requester::new(bus.clone()).await.unwrap();
    let subscription = bus.subscribe(&subject, None, 8).await.unwrap();
    let waited = Duration::from_millis(50);
    let unheard = requester.request(&subject, "".into(), waited).await;
    assert_eq!(unheard, Err(BusError::Timeout { subject: subject.clone(), waited }));
    drop(subscription);
    let rejected = requester.request(&subject, "".into(), SOON).await;
    assert_eq!(rejected, Err(BusError::NoResponders(subject)));
}

pub async fn a_request_is_answered(bus: Arc<dyn Bus>) {
    let subject = unique("request");
    let _echo = echo(&bus, &subject, "").await;
    let requester = Requester::new(bus).await.unwrap();
    for _ in 0..3 {
        let answer = requester.request(&subject, "hello".into(), SOON).await.unwrap();
        assert_eq!(answer, "hello");
    }
    let all = (0..50).map(|n| requester.request(&subject, Bytes::from(n.to_string()), SOON));
    let answers = futures_util::future::join_all(all).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap(), n.to_string());
    }
}

pub async fn a_request_times_out(bus: Arc<dyn Bus>) {
    let subject = unique("silent");
    let mut silent = bus.subscribe(&subject, None, 8).await.unwrap();
    let requester = Requester::new(bus.clone()).await.unwrap();
    let waited = Duration::from_millis(50);
    let asked = Instant::now();
    let late = requester.request(&subject, "first".into(), waited).await;
    assert_eq!(late, Err(BusError::Timeout { subject: subject.clone(), waited }));
    assert!(asked.elapsed() >= waited);

    // An answer that comes too late is not taken for that of a later question.
    let question = soon(silent.next()).await.unwrap();
    send(&bus, &question.reply_to.unwrap(), "late").await;
    let (answer, ()) = tokio::join!(requester.request(&subject, "second".into(), SOON), async {
        let question = soon(silent.next()).await.unwrap();
        send(&bus, &question.reply_to.unwrap(), "in time").await;
    });
    assert_eq!(answer.unwrap(), "in time");
}

pub async fn gathering_takes_every_answer(bus: Arc<dyn Bus>) {
    let subject = unique("gather");
    let _first = echo(&bus, &subject, " from the first").await;
    let _second = echo(&bus, &subject, " from the second").await;
    let requester = Requester::new(bus).await.unwrap();
    let within = Duration::from_millis(500);
    let mut answers = requester.gather(&subject, "hello".into(), within).await.unwrap();
    answers.sort();
    assert_eq!(answers, ["hello from the first", "hello from the second"]);
}

pub async fn inboxes_are_not_shared(bus: Arc<dyn Bus>) {
    let (one, other) = (bus.new_inbox(), bus.new_inbox());
    assert_ne!(one, other);
    let mut answers = bus.subscribe(&format!("{one}.*"), None, 8).await.unwrap();
    send(&bus, &format!("{other}.1"), "not mine").await;
    send(&bus, &format!("{one}.1"), "mine").await;
    assert_eq!(soon(answers.next()).await.unwrap().payload, "mine");
}

pub async fn a_payload_has_a_limit(bus: Arc<dyn Bus>) {
    let subject = unique("large");
    let max = bus.max_payload();
    assert_eq!(max, brink_shared::bus::MAX_PAYLOAD);
    let mut subscription = bus.subscribe(&subject, None, 8).await.unwrap();
    let rejected = bus.publish(&subject, None, vec![0; max + 1].into()).await;
    let size = max + 1;
    assert_eq!(rejected, Err(BusError::TooLarge { subject: subject.clone(), size, max }));
    bus.publish(&subject, None, vec![7; max].into()).await.unwrap();
    assert_eq!(soon(subscription.next()).await.unwrap().payload.len(), max);
}

pub async fn malformed_names_are_rejected(bus: Arc<dyn Bus>) {
    for bad in ["", "a b", "a..b", "a.*", "a\r\nPUB x 0"] {
        let rejected = Err(BusError::BadName(bad.to_owned()));
        assert_eq!(bus.publish(bad, None, "".into()).await, rejected, "{bad:?}");
        assert_eq!(bus.publish("a", Some(bad), "".into()).await, rejected, "{bad:?}");
    }
    for bad in ["", "a b", "a.>.b"] {
        assert!(matches!(bus.subscribe(bad, None, 1).await, Err(BusError::BadName(_))));
    }
    assert!(matches!(bus.bucket("a.b").await, Err(BusError::BadName(_))));
    let bucket = bus.bucket(&unique_name("bucket")).await.unwrap();
    for bad in ["", "a b", ".a", "a..b", "a*"] {
        let rejected = BusError::BadName(bad.to_owned());
        assert_eq!(bucket.create(bad, "".into()).await, Err(rejected.clone()));
        assert_eq!(bucket.get(bad).await, Err(rejected));
    }
}

pub async fn a_slow_subscriber_loses_the_newest(bus: Arc<dyn Bus>) {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counted = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let subject = unique("slow");
    let mut slow = bus.subscribe(&subject, None, 4).await.unwrap();
    for number in 0..10 {
        send(&bus, &subject, &number.to_string()).await;
    }
    settle(&bus).await;
    let kept = take(&mut slow, 4).await;
    assert_eq!(kept.iter().map(number_in).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(counted.render().contains("brink_bus_dropped_total 6\n"), "{}", counted.render());
    send(&bus, &subject, "10").await;
    assert_eq!(number_in(&soon(slow.next()).await.unwrap()), 10);
}

pub async fn many_are_taken_at_a_time(bus: Arc<dyn Bus>) {
    let subject = unique("many");
    let mut subscription = bus.subscribe(&subject, None, 16).await.unwrap();
    for number in 0..10 {
        send(&bus, &subject, &number.to_string()).await;
    }
    settle(&bus).await;
    let mut batch = Vec::new();
    assert_eq!(soon(subscription.next_many(&mut batch, 6)).await, 6);
    assert_eq!(soon(subscription.next_many(&mut batch, 6)).await, 4);
    assert_eq!(batch.iter().map(number_in).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    let mut none = Vec::new();
    let waiting = subscription.next_many(&mut none, 6);
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
}

pub async fn a_service_answers_on_its_endpoints(bus: Arc<dyn Bus>) {
    let root = unique("service");
    let spec = ServiceSpec {
        name: "brink-test",
        version: "1.2.3",
        description: "Answers tests",
        endpoints: vec![
            ("one".into(), format!("{root}.one")),
            ("two".into(), format!("{root}.two")),
        ],
    };
    let mut members = Vec::new();
    for member in ["a", "b"] {
        let mut requests = bus.serve(spec.clone()).await.unwrap();
        let bus = bus.clone();
        members.push(Echo(tokio::spawn(async move {
            while let Some(request) = requests.next().await {
                let answer = format!("{} by {member}", request.subject);
                bus.publish(&request.reply_to.unwrap(), None, answer.into()).await.unwrap();
            }
        })));
    }
    let requester = Requester::new(bus).await.unwrap();
    for endpoint in ["one", "two"] {
        let subject = format!("{root}.{endpoint}");
        let within = Duration::from_millis(300);
        let answers = requester.gather(&subject, "".into(), within).await.unwrap();
        assert_eq!(answers.len(), 1, "one member answers: {answers:?}");
        assert!(answers[0].starts_with(subject.as_bytes()), "{answers:?}");
    }
    drop(members);
    let rejected = soon(until(async || {
        let answer = requester.request(&format!("{root}.one"), "".into(), SHORT).await;
        matches!(answer, Err(BusError::NoResponders(_)))
    }));
    rejected.await;
}

pub async fn closing_ends_after_the_delivered_messages(bus: Arc<dyn Bus>) {
    let subject = unique("closing");
    let mut subscription = bus.subscribe(&subject, None, 8).await.unwrap();
    let mut changes = bus.bucket(&unique_name("closing")).await.unwrap().watch().await.unwrap();
    assert_eq!(soon(changes.recv()).await, Some(Change::Current));
    let mut link = bus.link();
    assert_eq!(*link.borrow_and_update(), Link::Up);
    for number in 0..3 {
        send(&bus, &subject, &number.to_string()).await;
    }
    settle(&bus).await;
    soon(bus.close()).await;
    assert_eq!(take(&mut subscription, 3).await.len(), 3);
    assert_eq!(soon(subscription.next()).await, None);
    assert_eq!(soon(changes.recv()).await, None);
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
    let rejected = bus.publish(&subject, None, "".into()).await;
    assert!(matches!(rejected, Err(BusError::Away(_))), "{rejected:?}");
    assert!(matches!(bus.subscribe(&subject, None, 1).await, Err(BusError::Away(_))));
}

pub async fn draining_loses_nothing(bus: Arc<dyn Bus>) {
    let mut first = bus.subscribe("drain.x", Some("g"), 256).await.unwrap();
    settle(&bus).await;
    for n in 0..50 {
        send(&bus, "drain.x", &n.to_string()).await;
    }
    let mut second = bus.subscribe("drain.x", Some("g"), 256).await.unwrap();
    settle(&bus).await;
    first.drain();
    for n in 50..100 {
        send(&bus, "drain.x", &n.to_string()).await;
    }
    settle(&bus).await;
    let mut got = Vec::new();
    while let Some(message) = soon(first.next()).await {
        got.push(message);
    }
    let rest = 100 - got.len();
    got.extend(take(&mut second, rest).await);
    assert!(got.len() == 100 && rest > 0);
}
