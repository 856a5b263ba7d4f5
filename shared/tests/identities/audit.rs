//! The record of changes: workers that serve admin requests add to it, and only auditors remove.

use super::*;
use async_nats::jetstream;
use brink_shared::audit::{Audit, Author, Change, State};
use brink_shared::identity::accounts::{AccountName, PublicKeys, RECORD_API};
use brink_shared::subject::AUDIT_STREAM;
use brink_shared::wire::UnixMillis;
use serde_json::json;

pub fn change(of: &str, state: State) -> Change {
    Change {
        time: UnixMillis(1_500),
        by: Author {
            name: Some("paula".to_owned()),
            role: Some(Role::Publisher),
            address: Some("10.0.0.7".to_owned()),
        },
        request: "distribution.apply".to_owned(),
        of: of.to_owned(),
        worker: node("admin"),
        state,
    }
}

#[tokio::test]
async fn an_admin_adds_entries_and_only_an_auditor_removes_them() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin", Role::Admin).await;
    let audit = Audit::open(admin.clone()).await.unwrap();
    let mut added = Vec::new();
    for number in 0..5 {
        let entry = change(&format!("shop-{number}"), State::Begun);
        assert_eq!(audit.add(&entry).await.unwrap(), number + 1);
        added.push((number + 1, entry));
    }
    let done = State::Done { begun: 5, before: json!(null), after: json!({"revision": 1}) };
    audit.add(&change("shop-4", done.clone())).await.unwrap();
    added.push((6, change("shop-4", done)));
    added.reverse();
    assert_eq!(audit.before(None, 10).await.unwrap(), (added.clone(), 0));
    let (newest, next) = audit.before(None, 2).await.unwrap();
    assert_eq!((newest.as_slice(), next), (&added[..2], 5));
    let (older, next) = audit.before(Some(next), 4).await.unwrap();
    assert_eq!((older.as_slice(), next), (&added[2..], 0));

    // An attacker with stolen credentials of each role tries to remove entries.
    for role in Role::ALL {
        let name = format!("thief-{role}");
        let raw = secured.raw(&name, role).await;
        for prefix in ["$JS.API", RECORD_API] {
            let mut context = jetstream::with_prefix(raw.client.clone(), prefix);
            context.set_timeout(Duration::from_millis(300));
            let stream = context.get_stream_no_info(AUDIT_STREAM).await.unwrap();
            let purged = stream.purge().sequence(3).await;
            let may = role == Role::Auditor && prefix == "$JS.API";
            assert_eq!(purged.is_ok(), may, "{role} {prefix}: {purged:?}");
            let _ = stream.delete_message(4).await;
        }
        let left = audit.before(None, 10).await.unwrap().0;
        if role == Role::Auditor {
            added.truncate(4);
            added.remove(2);
        }
        assert_eq!(left, added, "{role}");
    }
}

/// The server itself publishes what a stream copies or sends, to the subject that the stream's maker
/// names.
#[tokio::test]
async fn an_admin_cannot_let_the_server_write_into_the_record() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin", Role::Admin).await;
    let audit = Audit::open(admin).await.unwrap();
    let entry = change("shop", State::Begun);
    audit.add(&entry).await.unwrap();
    let record = secured.authority.key_of(AccountName::Record);
    let forged = json!({ "acc": record, "svc": record, "user": "U" }).to_string();
    let raw = secured.raw("thief", Role::Admin).await;
    let context = jetstream::new(raw.client.clone());
    let targets = ["$JS.API", RECORD_API].into_iter().flat_map(|api| {
        ["PURGE", "DELETE"].map(|action| format!("{api}.STREAM.{action}.{AUDIT_STREAM}"))
    });
    for (number, target) in targets.enumerate() {
        let copied = format!("$KV.copied-{number}.a");
        let made = context.create_stream(jetstream::stream::Config {
            name: format!("COPIED-{number}"),
            subjects: vec![copied.clone()],
            republish: Some(jetstream::stream::Republish {
                source: copied.clone(),
                destination: target,
                headers_only: false,
            }),
            ..Default::default()
        });
        soon(made).await.unwrap();
        soon(async { context.publish(copied.clone(), "".into()).await.unwrap().await })
            .await
            .unwrap();
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Nats-Request-Info", forged.as_str());
        let sent = context.publish_with_headers(copied, headers, "".into());
        soon(async { sent.await.unwrap().await }).await.unwrap();
    }
    let copy = context.create_stream(jetstream::stream::Config {
        name: "MIRROR".to_owned(),
        mirror: Some(jetstream::stream::Source {
            name: AUDIT_STREAM.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    });
    let _ = soon(copy).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(audit.before(None, 10).await.unwrap(), (vec![(1, entry)], 0));
}

#[tokio::test]
async fn a_full_record_takes_no_more_entries() {
    use brink_shared::bus::{EmbeddedBus, JournalSpec};
    let mut secured = Secured::start().await;
    let nats = secured.bus("admin", Role::Admin).await;
    let embedded: Arc<dyn Bus> = EmbeddedBus::new();
    for bus in [nats, embedded] {
        bus.open_journal(JournalSpec {
            name: AUDIT_STREAM,
            subject: brink_shared::subject::AUDIT_ALL,
            max_age: Duration::from_secs(3600),
            max_bytes: 1 << 20,
            max_messages: Some(3),
            synced: true,
            keeps_oldest: true,
        })
        .await
        .unwrap();
        let audit = Audit::open(bus).await.unwrap();
        for _ in 0..3 {
            audit.add(&change("shop", State::Begun)).await.unwrap();
        }
        audit.add(&change("shop", State::Begun)).await.unwrap_err();
        assert_eq!(audit.before(None, 10).await.unwrap().0.len(), 3);
    }
}
