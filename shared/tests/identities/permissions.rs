//! Each role against each subject.

use super::*;
use brink_shared::audit::{Audit, State};
use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::identity::accounts::{AccountName, PublicKeys};
use brink_shared::invalidation::Invalidations;
use brink_shared::registry::Uploads;
use brink_shared::runtime::Runtime;
use brink_shared::subject;
use serde_json::json;

use Role::{Admin, Auditor, Gateway, Publisher, Viewer, Worker};

/// All roles.
const ALL: [Role; 6] = Role::ALL;

/// Those who may look.
const LOOKERS: [Role; 4] = [Admin, Publisher, Viewer, Auditor];

/// A subject, and the roles that may use it. Each role's own name is its name on the bus.
pub(super) type Row = (String, &'static [Role]);

fn row(subject: impl Into<String>, roles: &'static [Role]) -> Row {
    (subject.into(), roles)
}

/// To whom messages may go.
pub(super) fn published() -> Vec<Row> {
    let version: VersionId = "ab-test:3".parse().unwrap();
    let other = node("other");
    let mut rows = vec![
        // Events, which only gateways send.
        row(subject::invoke(&version), &[Gateway]),
        row(subject::start(&version), &[Gateway]),
        row(subject::start_in(Runtime::Nodejs, &version), &[Gateway]),
        row(subject::direct(&other, &version), &[Gateway]),
        row(subject::ping(&other), &[Gateway]),
        // Answers of workers.
        row("_BR.other.0123.4567.1", &[Worker, Admin]),
        // Answers of gateways and workers, to nodes and to people.
        row("_BG.other.0123.4567.1", &[Gateway, Worker, Admin]),
        row("_R_.other.0123", &[Gateway, Worker, Admin]),
        // Answers of the server, which nobody may forge.
        row("_INBOX.gateway.0123.4567", &[]),
        row("_INBOX.other.0123.4567", &[]),
        row(subject::presence(&other), &[]),
        row(subject::log(&version, Trigger::ViewerRequest), &[Worker, Admin]),
        row(subject::access_log(None), &[Gateway]),
        row(subject::access_followed(None), &[Gateway]),
        row(subject::INVALIDATE, &[Admin]),
        row(subject::INVALIDATED, &[Admin]),
        // Requests of people.
        row(subject::admin("function", "list"), &LOOKERS),
        row(subject::admin("distribution", "history"), &LOOKERS),
        row(subject::admin_at(&other, "function.publish"), &[Admin]),
        row(subject::STATUS, &LOOKERS),
        row(subject::ACCESS_FOLLOW, &LOOKERS),
        // Reading the registry and the bundles, and their secrets.
        row("$JS.API.DIRECT.GET.KV_brink_registry", &[Gateway, Worker, Admin]),
        row("$JS.API.DIRECT.GET.KV_brink_registry.$KV.brink_registry.a", &[Gateway, Worker, Admin]),
        row("$JS.API.STREAM.MSG.GET.KV_brink_registry", &[Admin]),
        row("$JS.API.DIRECT.GET.OBJ_brink_bundles", &[Worker, Admin]),
        row("$JS.API.STREAM.MSG.GET.OBJ_brink_bundles", &[Worker, Admin]),
        row("$JS.API.STREAM.MSG.GET.OBJ_brink_uploads", &[Admin, Publisher]),
        row("$JS.API.DIRECT.GET.BRINK_LOGS", &[Admin]),
        // Writing them.
        row("$KV.brink_registry.distribution.shop", &[Admin]),
        row("$KV.brink_registry.version.ab-test.3", &[Admin]),
        row("$KV.brink_registry.secrets.key", &[Admin]),
        row("$KV.brink_gateways.other", &[Admin]),
        row("$KV.brink_gateways.gateway", &[Gateway, Admin]),
        row("$O.brink_bundles.M.abc", &[Admin]),
        row("$O.brink_uploads.M.abc", &[Admin, Publisher]),
        // Records and announcements of gateways.
        row(subject::SHIELDS, &[Gateway]),
        row("$KV.brink_acme.certificate.a", &[Gateway, Admin]),
        row("$JS.API.DIRECT.GET.KV_brink_acme", &[Gateway, Admin]),
        // The record of changes.
        row("brink.audit.admin", &[Admin]),
        row("brink.audit.other", &[]),
        row("brink.audit", &[]),
        row("$JSR.API.STREAM.CREATE.BRINK_AUDIT", &[Admin]),
        row("$JSR.API.STREAM.INFO.BRINK_AUDIT", &[Admin]),
        row("$JSR.API.STREAM.MSG.GET.BRINK_AUDIT", &[Admin]),
        row("$JSR.API.STREAM.CREATE.OTHER", &[]),
        row("$JSR.API.STREAM.DELETE.BRINK_AUDIT", &[]),
        row("$JSR.API.STREAM.PURGE.BRINK_AUDIT", &[]),
        row("$JSR.API.STREAM.UPDATE.BRINK_AUDIT", &[]),
        row("$JSR.API.STREAM.MSG.DELETE.BRINK_AUDIT", &[]),
        row("$JSR.API.STREAM.SNAPSHOT.BRINK_AUDIT", &[]),
        row("$JSR.API.STREAM.RESTORE.BRINK_AUDIT", &[]),
        // To the record if an auditor sends them, and to other streams if an admin does.
        row("$JS.API.STREAM.INFO.BRINK_AUDIT", &[Admin, Auditor]),
        row("$JS.API.STREAM.PURGE.BRINK_AUDIT", &[Admin, Auditor]),
        row("$JS.API.STREAM.MSG.DELETE.BRINK_AUDIT", &[Auditor]),
        row("$JS.API.STREAM.CREATE.BRINK_AUDIT", &[Admin]),
        row("$JS.API.STREAM.UPDATE.BRINK_AUDIT", &[Admin]),
        row("$JS.API.STREAM.DELETE.BRINK_AUDIT", &[Admin]),
        row("$JS.API.STREAM.RESTORE.BRINK_AUDIT", &[]),
        // Whatever else somebody could think of.
        row("anything", &[]),
        row("brink.anything", &[]),
        row("$SYS.REQ.SERVER.PING", &[]),
        row("$SYS.REQ.CLAIMS.UPDATE", &[]),
        row("$JS.API.INFO", &[Admin]),
        row("$JS.API.STREAM.NAMES", &[]),
    ];
    // Requests that change a stream, or make the server write somewhere.
    let streams = [
        "KV_brink_registry",
        "OBJ_brink_bundles",
        "OBJ_brink_uploads",
        "BRINK_LOGS",
        "BRINK_INVALIDATIONS",
    ];
    for stream in streams {
        for action in ["CREATE", "DELETE", "UPDATE", "PURGE"] {
            rows.push(row(format!("$JS.API.STREAM.{action}.{stream}"), &[Admin]));
        }
        for action in ["MSG.DELETE", "SNAPSHOT", "RESTORE", "PEER.REMOVE"] {
            rows.push(row(format!("$JS.API.STREAM.{action}.{stream}"), &[]));
        }
        for action in ["CREATE", "DURABLE.CREATE", "DELETE", "MSG.NEXT", "NAMES", "LIST"] {
            rows.push(row(format!("$JS.API.CONSUMER.{action}.{stream}"), &[]));
        }
        rows.push(row(format!("$JS.ACK.{stream}.c.1.1.1.1.1"), &[]));
    }
    for (noun, verb) in brink_shared::admin::ENDPOINTS {
        let looks = matches!(verb, "list" | "show" | "history" | "read");
        let roles: &[Role] = if looks { &LOOKERS } else { &[Admin, Publisher] };
        rows.push(row(subject::admin(noun, verb), roles));
    }
    rows
}

/// From where messages may come.
fn subscribed() -> Vec<Row> {
    let other = node("other");
    vec![
        row(">", &[]),
        row("brink.>", &[]),
        row("_INBOX.>", &[]),
        row("_BR.>", &[]),
        row("_BG.>", &[]),
        row("_R_.>", &[]),
        row("_INBOX.other.>", &[]),
        row("_BR.other.>", &[]),
        row("_BG.other.>", &[]),
        // Without their queue group a worker would hear every event.
        row("brink.invoke.*.*", &[]),
        row("brink.start.*.*", &[]),
        row(subject::direct_all(&other), &[]),
        row(subject::ping(&other), &[]),
        row(subject::large_payloads(&other), &[]),
        row("brink.parcel.*.*", &[]),
        row(subject::admin("function", "publish"), &[Admin]),
        row(subject::admin_at_all(&other), &[Admin]),
        row(subject::STATUS, &[Gateway, Worker, Admin]),
        row(subject::PRESENCE_ALL, &[Gateway]),
        row(subject::INVALIDATE, &[Gateway]),
        row(subject::LOG_ALL, &[Admin]),
        row(subject::ACCESS_FOLLOW, &[Gateway]),
        row(subject::ACCESS_FOLLOWED_ALL, &LOOKERS),
        row("brink.access.standard.>", &[Publisher, Viewer, Auditor]),
        row("$KV.brink_registry.>", &[Gateway, Worker, Admin]),
        row("$KV.brink_gateways.>", &[Admin]),
        row("$KV.brink_acme.>", &[Gateway, Admin]),
        row(subject::SHIELDS, &[Gateway]),
        row("$O.brink_bundles.>", &[Admin]),
        row("$JS.API.>", &[]),
        row("$SYS.>", &[]),
        row("$SRV.>", &[Admin]),
    ]
}

#[tokio::test]
async fn each_role_may_do_what_it_needs_and_nothing_else() {
    let mut secured = Secured::start().await;
    let mut wrong = Vec::new();
    for role in ALL {
        let mut raw = secured.raw(role.name(), role).await;
        for (subject, roles) in published() {
            let may = raw.may_publish(&subject).await;
            if may != roles.contains(&role) {
                wrong.push(format!("{role} publishes to {subject}: {may}"));
            }
        }
        for (subject, roles) in subscribed() {
            let may = raw.may_subscribe(&subject).await;
            if may != roles.contains(&role) {
                wrong.push(format!("{role} subscribes to {subject}: {may}"));
            }
        }
        for own in ["_INBOX", "_BR", "_BG"] {
            assert!(raw.may_subscribe(&format!("{own}.{role}.1.>")).await, "{role} {own}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where an answer of the server could do harm, if it were a message or a request there.
const HARMFUL: [&str; 9] = [
    "$KV.brink_registry.good",
    "brink.admin.function.delete",
    "brink.audit",
    "brink.audit.admin",
    subject::INVALIDATE,
    "$JS.API.STREAM.PURGE.KV_brink_registry",
    "$JS.API.STREAM.PURGE.BRINK_AUDIT",
    "$JSR.API.STREAM.PURGE.BRINK_AUDIT",
    "$JS.API.STREAM.MSG.DELETE.BRINK_AUDIT",
];

/// A server answers to whatever subject a request names. So a client that may only read could write
/// with the answer, if the streams were in its account. With what it stored itself, it could even
/// choose the answer.
#[tokio::test]
async fn an_answer_of_the_server_writes_nothing() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin", Admin).await;
    let bucket = admin.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    bucket.create("good", "good".into()).await.unwrap();
    bucket.create("evil", "evil".into()).await.unwrap();
    admin.objects(subject::BUNDLE_BUCKET).await.unwrap();
    admin.bucket(subject::GATEWAY_BUCKET).await.unwrap();
    Uploads::open(admin.clone()).await.unwrap();
    let audit = Audit::open(admin.clone()).await.unwrap();
    audit.add(&super::audit::change("shop", State::Begun)).await.unwrap();
    Invalidations::open(admin.clone()).await.unwrap();
    let mut heard = admin.subscribe("brink.admin.>", None, 256).await.unwrap();
    admin.flush().await.unwrap();
    let before = bucket.last().await.unwrap();
    let info = "$JS.API.STREAM.INFO.KV_brink_registry";
    let record = "$JS.API.DIRECT.GET.KV_brink_registry.$KV.brink_registry.evil";
    let position = "$KV.brink_gateways.own";
    let stored = format!("$JS.API.DIRECT.GET.KV_brink_gateways.{position}");
    let upload = "$O.brink_uploads.C.own";
    let uploaded = format!("$JS.API.DIRECT.GET.OBJ_brink_uploads.{upload}");
    let key = |account| secured.authority.key_of(account);
    let (state, record_key) = (key(AccountName::State), key(AccountName::Record));
    for (role, own, asked) in [
        (Gateway, None, info),
        (Gateway, None, record),
        (Worker, None, info),
        (Worker, None, record),
        (Publisher, None, info),
        (Viewer, None, info),
        (Auditor, None, info),
        (Gateway, Some(position), stored.as_str()),
        (Publisher, Some(upload), uploaded.as_str()),
    ] {
        let name = if own == Some(position) {
            "own".to_owned()
        } else {
            format!("{role}-{}", asked.len())
        };
        let raw = secured.raw(&name, role).await;
        let texts = if own.is_some() { vec!["", "{}", r#"{"seq":1}"#] } else { vec![""] };
        for (text, account) in texts.iter().flat_map(|text| [(text, &state), (text, &record_key)]) {
            if let Some(own) = own {
                let forged = json!({ "acc": account, "svc": account, "user": "U" }).to_string();
                let mut headers = async_nats::HeaderMap::new();
                headers.insert("Nats-Request-Info", forged.as_str());
                let context = async_nats::jetstream::new(raw.client.clone());
                let kept = context.publish_with_headers(own.to_owned(), headers, (*text).into());
                soon(async { kept.await.unwrap().await }).await.unwrap();
            }
            for to in HARMFUL {
                raw.client.publish_with_reply(asked.to_owned(), to, "".into()).await.unwrap();
            }
        }
        raw.client.flush().await.unwrap();
    }
    // The server has handled all of them when it answers the last client.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bucket.last().await.unwrap(), before);
    assert_eq!(bucket.get("good").await.unwrap().unwrap().value, "good");
    for (journal, last) in [(subject::AUDIT_STREAM, 1), (subject::INVALIDATION_STREAM, 0)] {
        assert_eq!(admin.journal_range(journal).await.unwrap().last, last, "{journal}");
    }
    assert_eq!(audit.before(None, 10).await.unwrap().0.len(), 1);
    // An answer may reach the admin service, but it is no request: it asks for no answer.
    while let Ok(message) = tokio::time::timeout(Duration::from_millis(50), heard.next()).await {
        assert_eq!(message.unwrap().reply_to, None);
    }
}

/// A message with the header `Nats-Rollup` may take the place of all others in a stream.
#[tokio::test]
async fn a_gateway_removes_no_position_of_another() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin", Role::Admin).await;
    let bucket = admin.bucket(subject::GATEWAY_BUCKET).await.unwrap();
    bucket.create("edge-2", "other".into()).await.unwrap();
    let thief = secured.raw("edge-1", Role::Gateway).await;
    let context = async_nats::jetstream::new(thief.client.clone());
    let write = async |rollup: Option<&str>| {
        let mut headers = async_nats::HeaderMap::new();
        rollup.into_iter().for_each(|value| headers.insert("Nats-Rollup", value));
        let key = format!("$KV.{}.edge-1", subject::GATEWAY_BUCKET);
        let sent = context.publish_with_headers(key, headers, "own".into()).await.unwrap();
        soon(sent.into_future()).await.is_ok()
    };
    assert!(write(None).await);
    assert!(!write(Some("all")).await && !write(Some("sub")).await);
    assert_eq!(bucket.get("edge-2").await.unwrap().unwrap().value, "other");
    // A bucket of an earlier release allowed it.
    let raw = secured.raw("admin-2", Role::Admin).await;
    let context = async_nats::jetstream::new(raw.client.clone());
    let name = format!("KV_{}", subject::GATEWAY_BUCKET);
    let config = context.get_stream(&name).await.unwrap().cached_info().config.clone();
    let older = async_nats::jetstream::stream::Config { allow_rollup: true, ..config };
    context.update_stream(older).await.unwrap();
    secured.bus("admin-3", Role::Admin).await.bucket(subject::GATEWAY_BUCKET).await.unwrap();
    assert!(!write(Some("all")).await);
}

/// A server can let a client publish to the reply subject of a message that it got. Then a client
/// that may send a message to itself could publish anywhere.
#[tokio::test]
async fn a_message_with_a_reply_subject_allows_nothing() {
    let mut secured = Secured::start().await;
    let dangerous: [Row; 3] = [
        row("brink.admin.function.delete", &[Admin, Publisher]),
        row("$KV.brink_registry.distribution.shop", &[Admin]),
        row("$JS.API.STREAM.PURGE.BRINK_AUDIT", &[Admin, Auditor]),
    ];
    let mut senders = Vec::new();
    for role in ALL {
        senders.push(secured.raw(&format!("sender-{role}"), role).await.client);
    }
    let mut wrong = Vec::new();
    for role in ALL {
        let mut raw = secured.raw(role.name(), role).await;
        let (mut listening, mut subjects) = (Vec::new(), Vec::new());
        for (pattern, group) in subscriptions(role) {
            subjects.push(pattern.replace('*', "a").replace('>', "function.delete"));
            listening.push(match group {
                None => raw.client.subscribe(pattern).await.unwrap(),
                Some(group) => raw.client.queue_subscribe(pattern, group).await.unwrap(),
            });
        }
        raw.client.flush().await.unwrap();
        for (to, roles) in &dangerous {
            for sender in senders.iter().chain([&raw.client]) {
                for subject in &subjects {
                    let (subject, to) = (subject.clone(), to.clone());
                    sender.publish_with_reply(subject, to, "".into()).await.unwrap();
                }
                sender.flush().await.unwrap();
            }
            // The server has handled the messages of the others when they come.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let may = raw.may_publish(to).await;
            if may != roles.contains(&role) {
                wrong.push(format!("{role} publishes to {to}: {may}"));
            }
        }
        for subscription in &mut listening {
            subscription.unsubscribe().await.unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_denial_is_told_in_our_words() {
    let mut secured = Secured::start().await;
    let gateway = secured.bus("edge-1", Gateway).await;
    let requester = brink_shared::bus::Requester::new(gateway.clone()).await.unwrap();
    let subject = subject::admin("function", "publish");
    let denied = soon(requester.request(&subject, "".into(), 2 * SOON)).await.unwrap_err();
    let expected = "cannot send to brink.admin.function.publish: the role of these credentials does \
                    not allow to send to brink.admin.function.publish";
    assert_eq!(denied.to_string(), expected);
    let denied = gateway.objects(subject::BUNDLE_BUCKET).await.err().unwrap();
    assert!(matches!(denied, BusError::Denied { .. }), "{denied}");
    assert!(denied.to_string().contains("STREAM.INFO.OBJ_brink_bundles"), "{denied}");
}
