//! What every bus keeps, tried on each of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::bus::server::{NatsServer, NatsServerOptions, ServerError, program};
use brink_shared::bus::{
    Bus, BusError, Change, EmbeddedBus, Entry, JournalSpec, Link, Message, NatsBus, NatsOptions,
    Requester, ServiceSpec, Subscription,
};
use bytes::Bytes;

/// Longest wait for what must come.
const SOON: Duration = Duration::from_secs(10);

/// Longest that "at once" may take on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(2);

macro_rules! contract {
    ($($property:ident,)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $property() {
                super::property::$property(super::EmbeddedBus::new()).await;
            })*
        }

        mod nats {
            $(#[tokio::test]
            async fn $property() {
                let server = super::server().await;
                super::property::$property(super::connect(&server).await).await;
            })*
        }
    };
}

contract! {
    a_message_reaches_every_subscriber,
    wildcards_match_one_token_or_the_rest,
    one_member_of_a_group_gets_each_message,
    members_of_a_group_share_the_work,
    nobody_there_is_said_at_once,
    a_dropped_subscription_is_nobody,
    a_request_is_answered,
    a_request_times_out,
    gathering_takes_every_answer,
    inboxes_are_not_shared,
    a_payload_has_a_limit,
    malformed_names_are_refused,
    a_slow_subscriber_loses_the_newest,
    many_are_taken_at_a_time,
    a_bucket_compares_and_swaps,
    a_watcher_is_told_everything,
    a_slow_watcher_misses_no_key,
    objects_are_stored_whole,
    a_service_answers_on_its_endpoints,
    a_journal_replays_and_ends,
    a_journal_is_followed,
    closing_ends_after_what_was_delivered,
}

mod property {
    use super::*;

    pub async fn a_message_reaches_every_subscriber(bus: Arc<dyn Bus>) {
        let subject = unique("pub");
        let mut first = bus.subscribe(&subject, None, 8).await.unwrap();
        let mut second = bus.subscribe(&subject, None, 8).await.unwrap();
        bus.publish(&subject, Some("answer.here"), "hello".into())
            .await
            .unwrap();
        let expected = Message {
            subject,
            reply_to: Some("answer.here".into()),
            payload: "hello".into(),
            no_responders: false,
        };
        assert_eq!(soon(first.next()).await.unwrap(), expected);
        assert_eq!(soon(second.next()).await.unwrap(), expected);
    }

    pub async fn wildcards_match_one_token_or_the_rest(bus: Arc<dyn Bus>) {
        let root = unique("wild");
        let mut one = bus
            .subscribe(&format!("{root}.*.end"), None, 8)
            .await
            .unwrap();
        let mut rest = bus.subscribe(&format!("{root}.>"), None, 8).await.unwrap();
        for last in ["a.end", "a.b.end", "a.other"] {
            send(&bus, &format!("{root}.{last}"), "").await;
        }
        send(&bus, &root, "").await;
        send(&bus, &format!("{root}.b.end"), "").await;
        let tails = |got: Vec<Message>| -> Vec<String> {
            got.iter()
                .map(|m| m.subject[root.len() + 1..].to_owned())
                .collect()
        };
        assert_eq!(tails(take(&mut one, 2).await), ["a.end", "b.end"]);
        assert_eq!(
            tails(take(&mut rest, 4).await),
            ["a.end", "a.b.end", "a.other", "b.end"]
        );
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
            assert_eq!(
                take(each, 20)
                    .await
                    .iter()
                    .map(number_in)
                    .collect::<Vec<_>>(),
                all
            );
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

    pub async fn nobody_there_is_said_at_once(bus: Arc<dyn Bus>) {
        let inbox = bus.new_inbox();
        let mut answers = bus.subscribe(&format!("{inbox}.>"), None, 8).await.unwrap();
        let reply_to = format!("{inbox}.7");
        bus.publish(&unique("nobody"), Some(&reply_to), "anyone?".into())
            .await
            .unwrap();
        let answer = soon(answers.next()).await.unwrap();
        assert!(answer.no_responders, "{answer:?}");
        assert_eq!((answer.subject, answer.payload), (reply_to, Bytes::new()));

        let requester = Requester::new(bus).await.unwrap();
        let subject = unique("nobody");
        let asked = Instant::now();
        let refused = requester.request(&subject, "anyone?".into(), SOON).await;
        assert_eq!(refused, Err(BusError::NoResponders(subject.clone())));
        let refused = requester.gather(&subject, "anyone?".into(), SOON).await;
        assert_eq!(refused, Err(BusError::NoResponders(subject)));
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
    }

    pub async fn a_dropped_subscription_is_nobody(bus: Arc<dyn Bus>) {
        let subject = unique("dropped");
        let requester = Requester::new(bus.clone()).await.unwrap();
        let subscription = bus.subscribe(&subject, None, 8).await.unwrap();
        let waited = Duration::from_millis(50);
        let unheard = requester.request(&subject, "".into(), waited).await;
        assert_eq!(
            unheard,
            Err(BusError::Timeout {
                subject: subject.clone(),
                waited
            })
        );
        drop(subscription);
        let refused = requester.request(&subject, "".into(), SOON).await;
        assert_eq!(refused, Err(BusError::NoResponders(subject)));
    }

    pub async fn a_request_is_answered(bus: Arc<dyn Bus>) {
        let subject = unique("request");
        let _echo = echo(&bus, &subject, "").await;
        let requester = Requester::new(bus).await.unwrap();
        for _ in 0..3 {
            let answer = requester
                .request(&subject, "hello".into(), SOON)
                .await
                .unwrap();
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
        assert_eq!(
            late,
            Err(BusError::Timeout {
                subject: subject.clone(),
                waited
            })
        );
        assert!(asked.elapsed() >= waited);

        // An answer that comes too late is not taken for that of a later question.
        let question = soon(silent.next()).await.unwrap();
        send(&bus, &question.reply_to.unwrap(), "late").await;
        let (answer, ()) =
            tokio::join!(requester.request(&subject, "second".into(), SOON), async {
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
        let mut answers = requester
            .gather(&subject, "hello".into(), within)
            .await
            .unwrap();
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
        let refused = bus.publish(&subject, None, vec![0; max + 1].into()).await;
        let size = max + 1;
        assert_eq!(
            refused,
            Err(BusError::TooLarge {
                subject: subject.clone(),
                size,
                max
            })
        );
        bus.publish(&subject, None, vec![7; max].into())
            .await
            .unwrap();
        assert_eq!(soon(subscription.next()).await.unwrap().payload.len(), max);
    }

    pub async fn malformed_names_are_refused(bus: Arc<dyn Bus>) {
        for bad in ["", "a b", "a..b", "a.*", "a\r\nPUB x 0"] {
            let refused = Err(BusError::BadName(bad.to_owned()));
            assert_eq!(bus.publish(bad, None, "".into()).await, refused, "{bad:?}");
            assert_eq!(
                bus.publish("a", Some(bad), "".into()).await,
                refused,
                "{bad:?}"
            );
        }
        for bad in ["", "a b", "a.>.b"] {
            assert!(matches!(
                bus.subscribe(bad, None, 1).await,
                Err(BusError::BadName(_))
            ));
        }
        assert!(matches!(bus.bucket("a.b").await, Err(BusError::BadName(_))));
        let bucket = bus.bucket(&unique_name("bucket")).await.unwrap();
        for bad in ["", "a b", ".a", "a..b", "a*"] {
            let refused = BusError::BadName(bad.to_owned());
            assert_eq!(bucket.create(bad, "".into()).await, Err(refused.clone()));
            assert_eq!(bucket.get(bad).await, Err(refused));
        }
    }

    pub async fn a_slow_subscriber_loses_the_newest(bus: Arc<dyn Bus>) {
        let subject = unique("slow");
        let mut slow = bus.subscribe(&subject, None, 4).await.unwrap();
        for number in 0..10 {
            send(&bus, &subject, &number.to_string()).await;
        }
        settle(&bus).await;
        let kept = take(&mut slow, 4).await;
        assert_eq!(kept.iter().map(number_in).collect::<Vec<_>>(), [0, 1, 2, 3]);
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
        assert_eq!(
            batch.iter().map(number_in).collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
        let mut none = Vec::new();
        let waiting = subscription.next_many(&mut none, 6);
        assert!(
            tokio::time::timeout(Duration::from_millis(20), waiting)
                .await
                .is_err()
        );
    }

    pub async fn a_bucket_compares_and_swaps(bus: Arc<dyn Bus>) {
        let name = unique_name("bucket");
        let bucket = bus.bucket(&name).await.unwrap();
        let conflict = Err(BusError::Conflict("a/b.c=d".to_owned()));
        let key = "a/b.c=d";
        assert_eq!(bucket.get(key).await, Ok(None));
        let first = bucket.create(key, "one".into()).await.unwrap();
        assert_eq!(bucket.create(key, "again".into()).await, conflict);
        let second = bucket.update(key, "two".into(), first).await.unwrap();
        assert!(second > first);
        assert_eq!(bucket.update(key, "late".into(), first).await, conflict);
        let entry = Entry {
            key: key.into(),
            value: "two".into(),
            revision: second,
        };
        assert_eq!(
            bus.bucket(&name).await.unwrap().get(key).await,
            Ok(Some(entry.clone()))
        );
        let other = bucket.create("other", "".into()).await.unwrap();
        let mut entries = bucket.entries().await.unwrap();
        entries.sort_by_key(|entry| entry.revision);
        let empty = Entry {
            key: "other".into(),
            value: "".into(),
            revision: other,
        };
        assert_eq!(entries, [entry, empty.clone()]);

        assert_eq!(
            bucket.delete(key, first).await,
            Err(BusError::Conflict(key.to_owned()))
        );
        assert_eq!(bucket.delete(key, second).await, Ok(()));
        assert_eq!(bucket.get(key).await, Ok(None));
        assert_eq!(bucket.entries().await, Ok(vec![empty]));
        assert_eq!(bucket.update(key, "dead".into(), second).await, conflict);
        assert!(bucket.create(key, "three".into()).await.unwrap() > other);
    }

    pub async fn a_watcher_is_told_everything(bus: Arc<dyn Bus>) {
        let bucket = bus.bucket(&unique_name("watched")).await.unwrap();
        let mut empty = bucket.watch().await.unwrap();
        assert_eq!(soon(empty.recv()).await, Some(Change::Current));

        let kept = bucket.create("kept", "1".into()).await.unwrap();
        let gone = bucket.create("gone", "2".into()).await.unwrap();
        bucket.delete("gone", gone).await.unwrap();
        let kept = bucket.update("kept", "3".into(), kept).await.unwrap();
        let put = |key: &str, value: &'static str, revision| {
            Change::Put(Entry {
                key: key.into(),
                value: value.into(),
                revision,
            })
        };
        let mut changes = bucket.watch().await.unwrap();
        assert_eq!(soon(changes.recv()).await, Some(put("kept", "3", kept)));
        assert_eq!(soon(changes.recv()).await, Some(Change::Current));
        let new = bucket.create("new", "4".into()).await.unwrap();
        assert_eq!(soon(changes.recv()).await, Some(put("new", "4", new)));
        bucket.delete("kept", kept).await.unwrap();
        assert_eq!(
            soon(changes.recv()).await,
            Some(Change::Deleted { key: "kept".into() })
        );

        // When everything that is left was deleted, there is nothing to tell but that.
        bucket.delete("new", new).await.unwrap();
        let mut nothing = bucket.watch().await.unwrap();
        assert_eq!(soon(nothing.recv()).await, Some(Change::Current));
    }

    pub async fn a_slow_watcher_misses_no_key(bus: Arc<dyn Bus>) {
        let bucket = bus.bucket(&unique_name("slow")).await.unwrap();
        for number in 0..100 {
            bucket
                .create(&format!("before-{number}"), "".into())
                .await
                .unwrap();
        }
        let mut changes = bucket.watch().await.unwrap();
        for number in 0..100 {
            bucket
                .create(&format!("after-{number}"), "".into())
                .await
                .unwrap();
        }
        let mut keys = std::collections::BTreeSet::new();
        let mut current = false;
        while keys.len() < 200 || !current {
            match soon(changes.recv()).await.unwrap() {
                Change::Put(entry) => drop(keys.insert(entry.key)),
                Change::Current => current = true,
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    pub async fn objects_are_stored_whole(bus: Arc<dyn Bus>) {
        let objects = bus.objects(&unique_name("objects")).await.unwrap();
        assert_eq!(objects.get("missing", 10).await, Ok(None));
        assert_eq!(objects.delete("missing").await, Ok(()));
        let large: Bytes = (0..1_000_000).map(|n| (n % 251) as u8).collect();
        objects.put("sha256:large", large.clone()).await.unwrap();
        assert_eq!(
            objects.get("sha256:large", large.len()).await,
            Ok(Some(large.clone()))
        );
        let refused = objects.get("sha256:large", large.len() - 1).await;
        assert!(
            matches!(refused, Err(BusError::Refused { .. })),
            "{refused:?}"
        );
        objects
            .put("sha256:large", "small now".into())
            .await
            .unwrap();
        assert_eq!(
            objects.get("sha256:large", 100).await,
            Ok(Some("small now".into()))
        );
        objects.put("empty", Bytes::new()).await.unwrap();
        assert_eq!(objects.get("empty", 0).await, Ok(Some(Bytes::new())));
        objects.delete("sha256:large").await.unwrap();
        assert_eq!(objects.get("sha256:large", 100).await, Ok(None));
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
                    bus.publish(&request.reply_to.unwrap(), None, answer.into())
                        .await
                        .unwrap();
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
        let refused = soon(until(async || {
            let answer = requester
                .request(&format!("{root}.one"), "".into(), AT_ONCE)
                .await;
            matches!(answer, Err(BusError::NoResponders(_)))
        }));
        refused.await;
    }

    pub async fn a_journal_replays_and_ends(bus: Arc<dyn Bus>) {
        let (name, root) = (unique_name("journal"), unique("journal"));
        let missing = bus.read_journal(&name, ">", false).await;
        assert!(
            matches!(missing, Err(BusError::Refused { .. })),
            "{missing:?}"
        );
        let spec = journal(&name, &root);
        bus.open_journal(spec.clone()).await.unwrap();
        bus.open_journal(spec).await.unwrap();
        let mut nothing = bus
            .read_journal(&name, &format!("{root}.>"), false)
            .await
            .unwrap();
        assert_eq!(soon(nothing.next()).await, None);

        for number in 0..5 {
            send(&bus, &format!("{root}.a"), &number.to_string()).await;
            send(&bus, &format!("{root}.b"), &number.to_string()).await;
        }
        kept(&bus, &name, &format!("{root}.b"), 5).await;
        let mut replay = bus
            .read_journal(&name, &format!("{root}.a"), false)
            .await
            .unwrap();
        let got = take(&mut replay, 5).await;
        assert_eq!(
            got.iter().map(number_in).collect::<Vec<_>>(),
            [0, 1, 2, 3, 4]
        );
        assert_eq!(got[0].subject, format!("{root}.a"));
        assert_eq!(got[0].reply_to, None);
        assert_eq!(soon(replay.next()).await, None);

        // It forgets the oldest when it has too much.
        let large = "x".repeat(JOURNAL_BYTES as usize / 4);
        for _ in 0..6 {
            send(&bus, &format!("{root}.large"), &large).await;
        }
        soon(until(async || {
            let mut replay = bus
                .read_journal(&name, &format!("{root}.>"), false)
                .await
                .unwrap();
            let mut left = Vec::new();
            while let Some(message) = soon(replay.next()).await {
                left.push(message.payload.len());
            }
            !left.is_empty() && left.len() <= 4 && left.iter().all(|size| *size == large.len())
        }))
        .await;
    }

    pub async fn a_journal_is_followed(bus: Arc<dyn Bus>) {
        let (name, root) = (unique_name("journal"), unique("journal"));
        bus.open_journal(journal(&name, &root)).await.unwrap();
        let subject = format!("{root}.a");
        send(&bus, &subject, "0").await;
        let mut follow = bus.read_journal(&name, &subject, true).await.unwrap();
        assert_eq!(number_in(&soon(follow.next()).await.unwrap()), 0);
        send(&bus, &format!("{root}.b"), "other").await;
        send(&bus, &subject, "1").await;
        assert_eq!(number_in(&soon(follow.next()).await.unwrap()), 1);
    }

    pub async fn closing_ends_after_what_was_delivered(bus: Arc<dyn Bus>) {
        let subject = unique("closing");
        let mut subscription = bus.subscribe(&subject, None, 8).await.unwrap();
        let mut changes = bus
            .bucket(&unique_name("closing"))
            .await
            .unwrap()
            .watch()
            .await
            .unwrap();
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
        soon(link.wait_for(|link| *link == Link::Down))
            .await
            .unwrap();
        let refused = bus.publish(&subject, None, "".into()).await;
        assert!(matches!(refused, Err(BusError::Away(_))), "{refused:?}");
        assert!(matches!(
            bus.subscribe(&subject, None, 1).await,
            Err(BusError::Away(_))
        ));
    }
}

/// What only a bus with a server in between can be tried on.
mod connection {
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
        soon(link.wait_for(|link| *link == Link::Down))
            .await
            .unwrap();

        let began = Instant::now();
        for _ in 0..5_000 {
            let refused = bus.publish(&subject, None, "".into()).await;
            assert!(matches!(refused, Err(BusError::Away(_))), "{refused:?}");
        }
        let refused = requester.request(&subject, "".into(), SOON).await;
        assert!(matches!(refused, Err(BusError::Away(_))), "{refused:?}");
        let refused = bus.bucket("any").await;
        assert!(matches!(refused, Err(BusError::Away(_))));
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());

        // What is subscribed to while the link is down holds once it is up.
        let late = unique("late");
        let _late = echo(&bus, &late, "").await;
        server.restart().await.unwrap();
        soon(link.wait_for(|link| *link == Link::Up)).await.unwrap();
        send(&bus, &subject, "healed").await;
        assert_eq!(soon(subscription.next()).await.unwrap().payload, "healed");
        assert_eq!(
            requester
                .request(&late, "hello".into(), SOON)
                .await
                .unwrap(),
            "hello"
        );
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
        soon(link.wait_for(|link| *link == Link::Down))
            .await
            .unwrap();
        server.restart().await.unwrap();
        let other = connect(&server).await;
        other
            .bucket("gap")
            .await
            .unwrap()
            .delete("gone", gone)
            .await
            .unwrap();

        let mut told = Vec::new();
        loop {
            match soon(changes.recv()).await.unwrap() {
                Change::Current => break,
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
        let refused = bus.publish("any", None, "".into()).await;
        assert!(matches!(refused, Err(BusError::Away(_))), "{refused:?}");
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
        soon(bus.link().wait_for(|link| *link == Link::Down))
            .await
            .unwrap();
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
            requester
                .request("echo", "there and".into(), SOON)
                .await
                .unwrap(),
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
        let info = requester
            .request("$SRV.INFO.brink-admin", "".into(), SOON)
            .await
            .unwrap();
        let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
        assert_eq!(info["description"], "Listed");
        assert_eq!(info["endpoints"][0]["name"], "status");
        assert_eq!(info["endpoints"][0]["subject"], "brink.admin.status");
        drop(service);
        soon(until(async || {
            let answer = requester
                .request("$SRV.PING.brink-admin", "".into(), AT_ONCE)
                .await;
            matches!(answer, Err(BusError::NoResponders(_)))
        }))
        .await;
    }

    #[tokio::test]
    async fn options_that_cannot_work_are_refused() {
        for servers in [vec![], vec!["nats://:no port:".to_owned()]] {
            let options = NatsOptions {
                servers,
                ..options(String::new())
            };
            let refused = NatsBus::connect(options).await.err();
            assert!(
                matches!(refused, Some(BusError::Refused { .. })),
                "{refused:?}"
            );
        }
        let creds = Some("/nonexistent/user.creds".into());
        let options = NatsOptions {
            creds,
            ..options("nats://127.0.0.1:4222".into())
        };
        let refused = NatsBus::connect(options).await.err().unwrap().to_string();
        assert!(refused.contains("/nonexistent/user.creds"), "{refused}");
    }
}

mod own_server {
    use super::*;

    #[tokio::test]
    async fn a_directory_has_one_server_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let options = NatsServerOptions {
            dir: dir.path().to_owned(),
            ..program().await
        };
        let first = NatsServer::start(options.clone()).await.unwrap();
        let refused = NatsServer::start(options.clone()).await.err();
        assert!(
            matches!(refused, Some(ServerError::InUse { .. })),
            "{refused:?}"
        );
        let pid = first.pid().unwrap();
        first.stop().await;
        assert!(!alive(pid));
        let second = NatsServer::start(options).await.unwrap();
        let pid = second.pid().unwrap();
        drop(second);
        soon(until(async || !alive(pid))).await;
    }

    #[tokio::test]
    async fn state_outlives_the_server() {
        let dir = tempfile::tempdir().unwrap();
        let options = NatsServerOptions {
            dir: dir.path().to_owned(),
            ..program().await
        };
        let first = NatsServer::start(options.clone()).await.unwrap();
        let bus = connect_to(first.url()).await;
        bus.bucket("state")
            .await
            .unwrap()
            .create("key", "value".into())
            .await
            .unwrap();
        bus.close().await;
        first.stop().await;
        let second = NatsServer::start(options).await.unwrap();
        let bus = connect_to(second.url()).await;
        let entry = bus.bucket("state").await.unwrap().get("key").await.unwrap();
        assert_eq!(entry.unwrap().value, "value");
    }

    #[tokio::test]
    async fn what_it_says_when_it_does_not_start_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let options = NatsServerOptions {
            dir: dir.path().to_owned(),
            port,
            ..program().await
        };
        let refused = NatsServer::start(options).await.err().unwrap().to_string();
        assert!(refused.contains("address already in use"), "{refused}");
    }

    fn alive(pid: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The state follows the name in parentheses; `Z` has ended and waits for its parent.
        stat.rsplit_once(')')
            .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    }
}

/// A server with a directory of its own.
struct TestServer {
    server: NatsServer,
    _dir: tempfile::TempDir,
}

impl std::ops::Deref for TestServer {
    type Target = NatsServer;

    fn deref(&self) -> &NatsServer {
        &self.server
    }
}

impl std::ops::DerefMut for TestServer {
    fn deref_mut(&mut self) -> &mut NatsServer {
        &mut self.server
    }
}

async fn server() -> TestServer {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions {
        dir: dir.path().to_owned(),
        ..program().await
    };
    TestServer {
        server: NatsServer::start(options).await.unwrap(),
        _dir: dir,
    }
}

/// The program, looked for once.
async fn program() -> NatsServerOptions {
    static PROGRAM: tokio::sync::OnceCell<std::path::PathBuf> = tokio::sync::OnceCell::const_new();
    let found = PROGRAM
        .get_or_init(async || program::find().await.unwrap())
        .await;
    NatsServerOptions {
        program: Some(found.clone()),
        ..NatsServerOptions::default()
    }
}

fn options(url: String) -> NatsOptions {
    NatsOptions {
        servers: vec![url],
        creds: None,
        name: "bus-test".into(),
    }
}

async fn connect(server: &TestServer) -> Arc<dyn Bus> {
    connect_to(server.url()).await
}

async fn connect_to(url: String) -> Arc<dyn Bus> {
    let bus = NatsBus::connect(options(url)).await.unwrap();
    soon(bus.link().wait_for(|link| *link == Link::Up))
        .await
        .unwrap();
    bus
}

const JOURNAL_BYTES: u64 = 64 << 10;

fn journal(name: &str, root: &str) -> JournalSpec {
    JournalSpec {
        name: name.to_owned().leak(),
        subject: format!("{root}.>").leak(),
        max_age: Duration::from_secs(60),
        max_bytes: JOURNAL_BYTES,
    }
}

/// Waits until a journal has kept that many messages.
async fn kept(bus: &Arc<dyn Bus>, name: &str, subject: &str, expected: usize) {
    let mut follow = bus.read_journal(name, subject, true).await.unwrap();
    take(&mut follow, expected).await;
}

/// Answers every request with its payload and `suffix` until dropped.
async fn echo(bus: &Arc<dyn Bus>, subject: &str, suffix: &'static str) -> Echo {
    let mut requests = bus.subscribe(subject, None, 64).await.unwrap();
    let bus = bus.clone();
    Echo(tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let answer = [&request.payload, suffix.as_bytes()].concat();
            bus.publish(&request.reply_to.unwrap(), None, answer.into())
                .await
                .unwrap();
        }
    }))
}

struct Echo(tokio::task::JoinHandle<()>);

impl Drop for Echo {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send(bus: &Arc<dyn Bus>, subject: &str, payload: &str) {
    bus.publish(subject, None, payload.to_owned().into())
        .await
        .unwrap();
}

/// Waits until everything published before has been delivered to this process.
async fn settle(bus: &Arc<dyn Bus>) {
    let subject = unique("settle");
    let mut subscription = bus.subscribe(&subject, None, 1).await.unwrap();
    send(bus, &subject, "").await;
    soon(subscription.next()).await.unwrap();
}

async fn take(from: &mut Subscription, count: usize) -> Vec<Message> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(
            soon(from.next())
                .await
                .expect("the subscription ended early"),
        );
    }
    taken
}

/// The future's value, which must come before [`SOON`] is over.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future)
        .await
        .expect("it did not happen soon")
}

/// Asks again until the answer is yes.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn number_in(message: &Message) -> u32 {
    std::str::from_utf8(&message.payload)
        .unwrap()
        .parse()
        .unwrap()
}

fn unique(kind: &str) -> String {
    format!("{kind}.{:016x}", rand::random::<u64>())
}

fn unique_name(kind: &str) -> String {
    unique(kind).replace('.', "-")
}
