//! Promises of every bus about state: buckets, objects, journals.

use super::*;

/// What a test's journal keeps at most.
const JOURNAL_BYTES: u64 = 64 << 10;

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
    let entry = Entry { key: key.into(), value: "two".into(), revision: second };
    assert_eq!(bus.bucket(&name).await.unwrap().get(key).await, Ok(Some(entry.clone())));
    let other = bucket.create("other", "".into()).await.unwrap();
    let mut entries = bucket.entries().await.unwrap();
    entries.sort_by_key(|entry| entry.revision);
    let empty = Entry { key: "other".into(), value: "".into(), revision: other };
    assert_eq!(entries, [entry, empty.clone()]);

    assert_eq!(bucket.delete(key, first).await, Err(BusError::Conflict(key.to_owned())));
    assert_eq!(bucket.delete(key, second).await, Ok(()));
    assert_eq!(bucket.get(key).await, Ok(None));
    assert_eq!(bucket.entries().await, Ok(vec![empty]));
    assert_eq!(bucket.update(key, "dead".into(), second).await, conflict);
    assert!(bucket.create(key, "three".into()).await.unwrap() > other);
}

pub async fn a_decision_holds_while_nothing_else_is_written(bus: Arc<dyn Bus>) {
    let bucket = bus.bucket(&unique_name("decided")).await.unwrap();
    assert_eq!(bucket.moment().await, Ok(Moment::default()));
    assert_eq!(bucket.last().await, Ok(0));
    let first = bucket.decide("a", Some("1".into()), 0).await.unwrap();
    assert_eq!(bucket.decide("b", Some("2".into()), 0).await, Err(BusError::Conflict("b".into())));
    let other = bucket.create("other", "3".into()).await.unwrap();
    assert_eq!(bucket.decide("a", None, first).await, Err(BusError::Conflict("a".into())));
    let moment = bucket.moment().await.unwrap();
    let entry = |key: &str, value: &'static str, revision| Entry {
        key: key.into(),
        value: value.into(),
        revision,
    };
    let expected = Moment {
        entries: vec![entry("a", "1", first), entry("other", "3", other)],
        written: moment.written.clone(),
        removed: Vec::new(),
        last: other,
    };
    assert_eq!(moment, expected);
    assert_eq!(bucket.last().await, Ok(other));
    for key in ["a", "other"] {
        let age = bus.clock().now().0.abs_diff(moment.written[key].0);
        assert!(age < 10_000, "{key} is {age} ms old by the bus's clock");
    }
    let removed = bucket.decide("a", None, moment.last).await.unwrap();
    assert_eq!(removed, moment.last + 1);
    assert_eq!(bucket.get("a").await, Ok(None));
    let moment = bucket.moment().await.unwrap();
    assert_eq!((moment.removed, moment.last), (vec![("a".to_owned(), removed)], removed));
    assert_eq!(bucket.last().await, Ok(removed));
    let again = bucket.decide("a", Some("4".into()), removed).await.unwrap();

    // A removal is forgotten, a value never.
    bucket.forget("a", removed).await.unwrap();
    assert_eq!(bucket.get("a").await, Ok(Some(entry("a", "4", again))));
    bucket.delete("a", again).await.unwrap();
    let gone = bucket.moment().await.unwrap().last;
    let last = bucket.update("other", "5".into(), other).await.unwrap();
    bucket.forget("a", gone).await.unwrap();
    let moment = bucket.moment().await.unwrap();
    assert_eq!((moment.removed, moment.last), (Vec::new(), last));
    assert!(bucket.create("a", "6".into()).await.unwrap() > last);
}

/// Two writers at once: each decision is taken over a bucket that was not written since.
pub async fn of_decisions_at_once_one_is_taken(bus: Arc<dyn Bus>) {
    let bucket = bus.bucket(&unique_name("at-once")).await.unwrap();
    for round in 0..20 {
        let last = bucket.moment().await.unwrap().last;
        let keys: Vec<_> = (0..4).map(|n| format!("key-{round}-{n}")).collect();
        let decisions = keys.iter().map(|key| bucket.decide(key, Some("1".into()), last));
        let taken = futures_util::future::join_all(decisions).await;
        assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 1, "{taken:?}");
        assert_eq!(bucket.entries().await.unwrap().len(), round + 1);
    }
}

pub async fn an_object_is_removed_in_the_writing_that_was_seen(bus: Arc<dyn Bus>) {
    let objects = bus.objects(&unique_name("listed")).await.unwrap();
    assert_eq!(objects.list().await, Ok(Vec::new()));
    assert_eq!(objects.about("a").await, Ok(None));
    objects.put("a", "one".into()).await.unwrap();
    objects.put("sha256:b", "three".into()).await.unwrap();
    let mut listed = objects.list().await.unwrap();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    let seen: Vec<_> = listed.iter().map(|object| (&*object.name, object.size)).collect();
    assert_eq!(seen, [("a", 3), ("sha256:b", 5)]);
    let age = UnixMillis::now().0.abs_diff(listed[0].written.0);
    assert!(age < 60_000, "{age} ms");
    assert_eq!(objects.about("a").await, Ok(Some(listed[0].clone())));

    objects.put("a", "two".into()).await.unwrap();
    objects.remove(&listed[0]).await.unwrap();
    assert_eq!(objects.get("a", 10).await, Ok(Some("two".into())));
    let anew = objects.about("a").await.unwrap().unwrap();
    assert!(anew.revision > listed[0].revision);
    objects.remove(&anew).await.unwrap();
    assert_eq!(objects.get("a", 10).await, Ok(None));
    assert_eq!(objects.about("a").await, Ok(None));
    objects.remove(&anew).await.unwrap();
    objects.delete("sha256:b").await.unwrap();
    assert_eq!(objects.list().await, Ok(Vec::new()));
    objects.put("a", "back".into()).await.unwrap();
    assert_eq!(objects.get("a", 10).await, Ok(Some("back".into())));
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
        Change::Put(Entry { key: key.into(), value: value.into(), revision })
    };
    let mut changes = bucket.watch().await.unwrap();
    assert_eq!(present(&mut changes, &["gone"]).await, [put("kept", "3", kept)]);
    let new = bucket.create("new", "4".into()).await.unwrap();
    assert_eq!(soon(changes.recv()).await, Some(put("new", "4", new)));
    bucket.delete("kept", kept).await.unwrap();
    assert_eq!(soon(changes.recv()).await, Some(Change::Deleted { key: "kept".into() }));

    // When everything that is left was deleted, there is nothing to tell but that.
    bucket.delete("new", new).await.unwrap();
    let mut nothing = bucket.watch().await.unwrap();
    assert_eq!(present(&mut nothing, &["gone", "kept", "new"]).await, []);
}

/// The entries that come before [`Change::Current`]. Of these keys, removals may come as well.
async fn present(
    changes: &mut tokio::sync::mpsc::Receiver<Change>,
    removed: &[&str],
) -> Vec<Change> {
    let mut entries = Vec::new();
    loop {
        match soon(changes.recv()).await.unwrap() {
            Change::Current => return entries,
            Change::Deleted { key } => assert!(removed.contains(&&*key), "{key} was not removed"),
            other => entries.push(other),
        }
    }
}

/// A reading takes a while, and the bucket changes in the meantime.
pub async fn a_bucket_is_read_while_it_is_written(bus: Arc<dyn Bus>) {
    const KEYS: usize = 60;
    let bucket = bus.bucket(&unique_name("busy")).await.unwrap();
    let large = Bytes::from(vec![b'.'; 256 << 10]);
    for number in 0..KEYS {
        bucket.create(&format!("key-{number}"), large.clone()).await.unwrap();
    }
    let writing = {
        let (bucket, large) = (bucket.clone(), large.clone());
        tokio::spawn(async move {
            for number in (0..KEYS).cycle() {
                let key = format!("key-{number}");
                let entry = bucket.get(&key).await.unwrap().unwrap();
                bucket.delete(&key, entry.revision).await.unwrap();
                bucket.create(&key, large.clone()).await.unwrap();
            }
        })
    };
    let mut written_meanwhile = 0;
    let within = Instant::now() + SOON;
    while written_meanwhile < 20 && Instant::now() < within {
        let before = bucket.last().await.unwrap();
        let moment = bucket.moment().await.unwrap();
        written_meanwhile += u32::from(moment.last > before);
        let keys: std::collections::BTreeSet<_> =
            moment.entries.iter().map(|entry| entry.key.clone()).collect();
        assert_eq!(keys.len(), moment.entries.len(), "each key once");
        for (key, _) in &moment.removed {
            assert!(!keys.contains(key), "{key} was removed");
        }
        // At each moment, at most one key is removed.
        assert!(keys.len() + 1 >= KEYS, "{} keys", keys.len());
    }
    writing.abort();
}

/// The last listed object goes before the listing comes to it.
pub async fn objects_are_listed_while_they_go(bus: Arc<dyn Bus>) {
    let objects = bus.objects(&unique_name("going")).await.unwrap();
    objects.put("stays", "1".into()).await.unwrap();
    for _ in 0..20 {
        objects.put("goes", "2".into()).await.unwrap();
        let going = objects.about("goes").await.unwrap().unwrap();
        let listing = async { tokio::join!(objects.list(), objects.list(), objects.list()) };
        let ((a, b, c), removed) =
            soon(async { tokio::join!(listing, objects.remove(&going)) }).await;
        removed.unwrap();
        for listed in [a, b, c] {
            let listed = listed.unwrap();
            assert!(listed.iter().any(|object| object.name == "stays"), "{listed:?}");
        }
    }
}

pub async fn a_slow_watcher_misses_no_key(bus: Arc<dyn Bus>) {
    let bucket = bus.bucket(&unique_name("slow")).await.unwrap();
    for number in 0..100 {
        bucket.create(&format!("before-{number}"), "".into()).await.unwrap();
    }
    let mut changes = bucket.watch().await.unwrap();
    for number in 0..100 {
        bucket.create(&format!("after-{number}"), "".into()).await.unwrap();
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
    assert_eq!(objects.get("sha256:large", large.len()).await, Ok(Some(large.clone())));
    let rejected = objects.get("sha256:large", large.len() - 1).await;
    assert!(matches!(rejected, Err(BusError::Rejected { .. })), "{rejected:?}");
    objects.put("sha256:large", "small now".into()).await.unwrap();
    assert_eq!(objects.get("sha256:large", 100).await, Ok(Some("small now".into())));
    objects.put("empty", Bytes::new()).await.unwrap();
    assert_eq!(objects.get("empty", 0).await, Ok(Some(Bytes::new())));
    objects.delete("sha256:large").await.unwrap();
    assert_eq!(objects.get("sha256:large", 100).await, Ok(None));
}

pub async fn a_journal_replays_and_ends(bus: Arc<dyn Bus>) {
    let (name, root) = (unique_name("journal"), unique("journal"));
    let missing = bus.read_journal(&name, ">", false).await;
    assert!(matches!(missing, Err(BusError::Rejected { .. })), "{missing:?}");
    let spec = journal(&name, &root);
    bus.open_journal(spec.clone()).await.unwrap();
    bus.open_journal(spec).await.unwrap();
    let mut nothing = bus.read_journal(&name, &format!("{root}.>"), false).await.unwrap();
    assert_eq!(soon(nothing.next()).await, None);

    for number in 0..5 {
        send(&bus, &format!("{root}.a"), &number.to_string()).await;
        send(&bus, &format!("{root}.b"), &number.to_string()).await;
    }
    kept(&bus, &name, &format!("{root}.b"), 5).await;
    let mut replay = bus.read_journal(&name, &format!("{root}.a"), false).await.unwrap();
    let got = take(&mut replay, 5).await;
    assert_eq!(got.iter().map(number_in).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(got[0].subject, format!("{root}.a"));
    assert_eq!(got[0].reply_to, None);
    assert_eq!(soon(replay.next()).await, None);

    // It forgets the oldest when it has too much.
    let large = "x".repeat(JOURNAL_BYTES as usize / 4);
    for _ in 0..6 {
        send(&bus, &format!("{root}.large"), &large).await;
    }
    soon(until(async || {
        let mut replay = bus.read_journal(&name, &format!("{root}.>"), false).await.unwrap();
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

pub async fn a_journal_numbers_its_messages(bus: Arc<dyn Bus>) {
    const KEPT: u64 = 4;
    let (name, root) = (unique_name("journal"), unique("journal"));
    let subject = format!("{root}.a");
    assert!(bus.append(&name, &subject, "early".into()).await.is_err());
    let spec = JournalSpec { max_messages: Some(KEPT), ..journal(&name, &root) };
    bus.open_journal(spec).await.unwrap();
    let empty = bus.journal_range(&name).await.unwrap();
    assert_eq!((empty.first, empty.last), (1, 0));
    assert_eq!(bus.journal_from(&name, ">", 1, 10).await, Ok(Vec::new()));

    let mut heard = bus.subscribe(&subject, None, 16).await.unwrap();
    for number in 1..=3 {
        let payload = number.to_string();
        assert_eq!(bus.append(&name, &subject, payload.into()).await, Ok(number));
    }
    assert_eq!(number_in(&soon(heard.next()).await.unwrap()), 1);
    // A message of somebody who knows of no journal has a number too.
    send(&bus, &subject, "4").await;
    soon(until(async || bus.journal_range(&name).await.unwrap().last == 4)).await;
    for number in 5..=6 {
        let payload = number.to_string();
        assert_eq!(bus.append(&name, &subject, payload.into()).await, Ok(number));
    }
    let range = bus.journal_range(&name).await.unwrap();
    assert_eq!(range, JournalRange { made: empty.made, first: 3, last: 6 });
    let numbers = async |from, max| {
        let read = bus.journal_from(&name, ">", from, max).await.unwrap();
        for numbered in &read {
            assert_eq!(numbered.payload, numbered.number.to_string());
        }
        read.iter().map(|numbered| numbered.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(1, 10).await, [3, 4, 5, 6]);
    assert_eq!(numbers(4, 2).await, [4, 5]);
    assert!(numbers(7, 10).await.is_empty());
    let read = bus.journal_from(&name, &format!("{root}.b"), 1, 10).await.unwrap();
    assert!(read.is_empty(), "{read:?}");
    let read = bus.journal_from(&name, &format!("{root}.*"), 6, 10).await.unwrap();
    assert_eq!(read[0].subject, subject);
    let elsewhere = bus.append(&name, &unique("elsewhere"), "".into()).await;
    assert!(elsewhere.is_err(), "{elsewhere:?}");
}

pub async fn a_fading_bucket_forgets(bus: Arc<dyn Bus>) {
    let name = unique_name("fading");
    let bucket = bus.fading_bucket(&name, Duration::from_secs(1)).await.unwrap();
    bucket.create("gone", "1".into()).await.unwrap();
    let mut kept = bucket.create("kept", "1".into()).await.unwrap();
    soon(until(async || {
        kept = bucket.update("kept", "2".into(), kept).await.unwrap();
        bucket.get("gone").await.unwrap().is_none()
    }))
    .await;
    let keys: Vec<_> = bucket.entries().await.unwrap().into_iter().map(|e| e.key).collect();
    assert_eq!(keys, ["kept"]);
}

fn journal(name: &str, root: &str) -> JournalSpec {
    JournalSpec {
        name: name.to_owned().leak(),
        subject: format!("{root}.>").leak(),
        max_age: Duration::from_secs(60),
        max_bytes: JOURNAL_BYTES,
        max_messages: None,
        synced: false,
        keeps_oldest: false,
    }
}

/// Waits until a journal has kept that many messages.
async fn kept(bus: &Arc<dyn Bus>, name: &str, subject: &str, expected: usize) {
    let mut follow = bus.read_journal(name, subject, true).await.unwrap();
    take(&mut follow, expected).await;
}
