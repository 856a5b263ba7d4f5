//! Tenants: nothing of one is heard, read or changed in another.

use std::collections::BTreeSet;

use brink_shared::audit::Audit;
use brink_shared::bus::{JournalSpec, Requester};
use brink_shared::identity::accounts::{AccountName, PublicKeys};
use brink_shared::identity::claims::{self, Claims};
use brink_shared::registry::Store;
use brink_shared::subject;
use bytes::Bytes;
use futures_util::StreamExt;
use nkeys::KeyPair;
use serde_json::{Value, json};

use super::permissions::published;
use super::*;

const MB: u64 = 1024 * 1024;

fn tenant(name: &str) -> TenantName {
    name.parse().unwrap()
}

fn journal(name: &'static str, subject: &'static str, megabytes: u64) -> JournalSpec {
    JournalSpec {
        name,
        subject,
        max_age: SOON * 60,
        max_bytes: megabytes * MB,
        max_messages: None,
        synced: false,
        keeps_oldest: false,
    }
}

/// Two tenants: the one that every cluster has, and `acme`.
async fn two() -> Secured {
    let mut secured = Secured::start().await;
    assert!(secured.authority.add_tenant(&tenant("acme"), None).unwrap());
    secured.server.reload();
    secured
}

/// A client without any permissions to restrict it: it may hear and send everything within its
/// account. Nobody has such credentials; the key of an account can make them.
async fn omnipotent(
    secured: &mut Secured,
    account: AccountName,
    of: &TenantName,
) -> async_nats::Client {
    let key = secured.authority.enter(of).unwrap().key_of(account);
    secured.authority.enter(&TenantName::default()).unwrap();
    let bus = secured.authority.accounts_file();
    let bus = bus.parent().unwrap().parent().unwrap();
    let seed = std::fs::read_to_string(bus.join("keys").join(format!("{key}.nk"))).unwrap();
    let signer = KeyPair::from_seed(seed.trim()).unwrap();
    let user = KeyPair::new_user();
    let nats = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    let claims = Claims {
        jti: String::new(),
        iat: 0,
        exp: None,
        iss: key,
        name: "omnipotent".to_owned(),
        sub: user.public_key(),
        nats,
    };
    let jwt = Claims::<Value>::sign(claims, &signer).unwrap();
    let creds = claims::credentials(&jwt, &user.seed().unwrap());
    let options = async_nats::ConnectOptions::with_credentials(&creds).unwrap();
    soon(options.retry_on_initial_connect().connect(secured.server.url())).await.unwrap()
}

#[tokio::test]
async fn whatever_one_tenant_sends_the_other_hears_nothing() {
    let mut secured = two().await;
    let acme = tenant("acme");
    let mut ears = Vec::new();
    for account in AccountName::all_of(&acme) {
        let client = omnipotent(&mut secured, account, &acme).await;
        let heard = client.subscribe(">").await.unwrap();
        client.flush().await.unwrap();
        ears.push((account, client, heard));
    }
    // Every subject that is known, from every role and every account of the other tenant.
    let mut subjects: Vec<String> = published().into_iter().map(|(subject, _)| subject).collect();
    for subject in ["$SRV.PING", "$JS.API.STREAM.LIST", "_R_.abc.def", "brink.parcel.other.1"] {
        subjects.push(subject.to_owned());
    }
    let mut mouths = Vec::new();
    for role in Role::ALL {
        mouths.push(secured.raw(role.name(), role).await.client);
    }
    for account in AccountName::all_of(&acme) {
        mouths.push(omnipotent(&mut secured, account, &TenantName::default()).await);
    }
    for mouth in &mouths {
        for subject in &subjects {
            let answer = "_INBOX.omnipotent.1";
            mouth.publish_with_reply(subject.clone(), answer, "secret".into()).await.unwrap();
        }
        mouth.flush().await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    // The ears hear their own account, so silence means something.
    for (account, client, heard) in &mut ears {
        client.publish("last", "own".into()).await.unwrap();
        loop {
            let message = soon(heard.next()).await.unwrap();
            assert!(!message.payload.starts_with(b"secret"), "{account:?}: {}", message.subject);
            if message.subject.as_str() == "last" {
                break;
            }
            // The server's own messages of this account.
            let subject = message.subject.as_str();
            assert!(subject.starts_with('$'), "{account:?} hears {subject}");
        }
    }
}

#[tokio::test]
async fn the_same_names_in_two_tenants_are_different_things() {
    let mut secured = two().await;
    let first = secured.bus("node-1", Role::Admin).await;
    let first_store = Store::open(first.clone()).await.unwrap();
    let audit = Audit::open(first.clone()).await.unwrap();
    secured.authority.enter(&tenant("acme")).unwrap();
    let other = secured.bus("node-1", Role::Admin).await;
    assert_eq!(other.identity().unwrap().tenant, tenant("acme"));
    // Streams and buckets: the other tenant has none before it makes its own.
    let missing = other.journal_range(subject::AUDIT_STREAM).await.unwrap_err();
    assert!(missing.to_string().contains("does not exist"), "{missing}");
    let other_store = Store::open(other.clone()).await.unwrap();
    Audit::open(other.clone()).await.unwrap();
    let bucket = first.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    bucket.create("distribution.shop", "first".into()).await.unwrap();
    let others = other.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    assert_eq!(others.get("distribution.shop").await.unwrap(), None);
    others.create("distribution.shop", "acme".into()).await.unwrap();
    assert_eq!(bucket.get("distribution.shop").await.unwrap().unwrap().value, "first");
    assert_eq!(others.get("distribution.shop").await.unwrap().unwrap().value, "acme");
    let acme = first.bucket(subject::ACME_BUCKET).await.unwrap();
    acme.create("certificate.a", "first".into()).await.unwrap();
    let others = other.bucket(subject::ACME_BUCKET).await.unwrap();
    assert_eq!(others.get("certificate.a").await.unwrap(), None);
    // Objects, the public key of secrets, and the record of changes.
    let key = brink_shared::secret::SecretKey::generate().public();
    first_store.offer_secrets_key(std::slice::from_ref(&key)).await.unwrap();
    assert_eq!(first_store.secrets_key().await.unwrap(), Some(key));
    assert_eq!(other_store.secrets_key().await.unwrap(), None);
    let uploads = first.objects(subject::UPLOAD_BUCKET).await.unwrap();
    uploads.put("abc", Bytes::from_static(b"first")).await.unwrap();
    let of_other = other.objects(subject::UPLOAD_BUCKET).await.unwrap();
    assert!(of_other.get("abc", 100).await.unwrap().is_none());
    assert_eq!(audit.before(None, 10).await.unwrap().0.len(), 0);
    // Not even all rights within an account show what another account has.
    let state = omnipotent(&mut secured, AccountName::State, &tenant("acme")).await;
    let context = async_nats::jetstream::new(state);
    let mut journals: Vec<_> = context.stream_names().collect().await;
    assert!(!journals.is_empty());
    first.open_journal(journal(subject::LOG_STREAM, subject::LOG_ALL, 1)).await.unwrap();
    let again: Vec<_> = context.stream_names().collect().await;
    assert_eq!(again.len(), journals.len());
    assert!(journals.drain(..).all(|name| name.unwrap() != subject::LOG_STREAM));
    secured.authority.enter(&tenant("acme")).unwrap();
    // Questions to all nodes.
    let mut questions = first.subscribe(subject::STATUS, None, 8).await.unwrap();
    let mut others = other.subscribe(subject::STATUS, None, 8).await.unwrap();
    first.flush().await.unwrap();
    other.flush().await.unwrap();
    let vera = secured.bus("vera", Role::Viewer).await;
    let requester = Requester::new(vera).await.unwrap();
    let gathering = requester.gather(subject::STATUS, Bytes::new(), Duration::from_millis(500));
    let answering = async {
        let question = soon(others.next()).await.unwrap();
        other.publish(&question.reply_to.unwrap(), None, "acme".into()).await.unwrap();
    };
    let (gathered, ()) = tokio::join!(gathering, answering);
    assert_eq!(gathered.unwrap().len(), 1);
    let silent = tokio::time::timeout(Duration::from_millis(100), questions.next()).await;
    assert!(silent.is_err(), "a question of the other tenant came through");
}

#[tokio::test]
async fn users_belong_to_their_tenant() {
    let mut secured = two().await;
    let acme = tenant("acme");
    let first = secured.creds("vera", Role::Viewer);
    let of_first = secured.bus("edge-1", Role::Gateway).await;
    secured.authority.enter(&acme).unwrap();
    let second = secured.creds("vera", Role::Viewer);
    assert_ne!(first, second);
    assert_eq!(Identity::read(&first).unwrap().tenant, TenantName::default());
    assert_eq!(Identity::read(&second).unwrap().tenant, acme);
    let again = secured.authority.add_user(&node("vera"), Role::Viewer, None, Vec::new());
    let again = again.unwrap_err().to_string();
    assert!(again.contains("in the tenant acme"), "{again}");
    assert!(again.contains("brink bus revoke vera --tenant acme"), "{again}");
    // The server says the tenant of a sender, whatever the sender writes.
    let admin = secured.bus("admin-1", Role::Admin).await;
    let list = subject::admin("function", "list");
    let mut heard = admin.subscribe(&list, None, 8).await.unwrap();
    admin.flush().await.unwrap();
    let vera = Raw::connect(&secured.server.url(), second, "vera").await.unwrap();
    let mut headers = async_nats::HeaderMap::new();
    let forged = r#"{"name_tag":"vera","tags":["role:viewer","tenant:other"]}"#;
    headers.insert("Nats-Request-Info", forged);
    vera.client.publish_with_headers(list, headers, "".into()).await.unwrap();
    let sender = soon(heard.next()).await.unwrap().sender.unwrap();
    assert_eq!((sender.name.as_str(), sender.tenant), ("vera", acme.clone()));
    // What ends in one tenant goes on in the other.
    let of_second = secured.bus("edge-1", Role::Gateway).await;
    let mut link = of_second.link();
    secured.authority.revoke(&node("edge-1")).unwrap();
    secured.authority.rotate(Role::Gateway).unwrap();
    secured.authority.retire(Role::Gateway).unwrap();
    secured.server.reload();
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
    assert_eq!(*of_first.link().borrow(), Link::Up);
    secured.authority.enter(&TenantName::default()).unwrap();
    let names: BTreeSet<_> = secured.authority.users().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, BTreeSet::from([node("edge-1"), node("vera")]));
    assert!(
        secured
            .authority
            .enter(&tenant("nobody"))
            .unwrap_err()
            .to_string()
            .contains("there is no tenant nobody; make it with `brink bus tenant nobody`")
    );
}

#[tokio::test]
async fn a_tenant_ends_and_the_others_stay() {
    let mut secured = two().await;
    let acme = tenant("acme");
    let first = secured.bus("edge-1", Role::Gateway).await;
    secured.authority.enter(&acme).unwrap();
    let creds = secured.creds("edge-1", Role::Gateway);
    let second = NatsBus::connect(secured.options(creds.clone())).await.unwrap();
    let mut link = second.link();
    soon(link.wait_for(|link| *link == Link::Up)).await.unwrap();
    secured.authority.remove_tenant(&acme).unwrap();
    secured.server.reload();
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
    let told = async || {
        let sent = second.publish("brink.ping.w", None, "".into()).await;
        sent.is_err_and(|error| error.to_string().contains("does not accept the credentials"))
    };
    soon(until(told)).await;
    assert_eq!(*first.link().borrow(), Link::Up);
    assert!(!creds.exists() && !creds.parent().unwrap().exists());
    // Its name is free for another tenant, which the old credentials do not open.
    secured.authority.add_tenant(&acme, None).unwrap();
    secured.server.reload();
    secured.authority.enter(&acme).unwrap();
    secured.bus("edge-1", Role::Gateway).await;
    assert_eq!(*second.link().borrow(), Link::Down);
    let first = secured.authority.remove_tenant(&TenantName::default()).unwrap_err();
    assert!(first.to_string().contains("cannot be removed"), "{first}");
    assert!(Authority::open(secured.authority.accounts_file().parent().unwrap()).is_err());
}

#[tokio::test]
async fn the_storage_of_a_tenant_has_a_bound() {
    let mut secured = two().await;
    let acme = tenant("acme");
    let again = secured.authority.add_tenant(&acme, None).unwrap_err().to_string();
    assert!(again.contains("acme exists already; --storage-mb changes"), "{again}");
    let small = secured.authority.add_tenant(&acme, Some(MB)).unwrap_err().to_string();
    assert!(small.contains("1 MB of storage; give it at least 2048 MB"), "{small}");
    assert!(!secured.authority.add_tenant(&acme, Some(2048 * MB)).unwrap());
    secured.server.reload();
    let first = secured.bus("admin-1", Role::Admin).await;
    secured.authority.enter(&acme).unwrap();
    let bounded = secured.bus("admin-1", Role::Admin).await;
    let journal = |megabytes| journal(subject::LOG_STREAM, subject::LOG_ALL, megabytes);
    bounded.open_journal(journal(256)).await.unwrap();
    let uploads = bounded.objects(subject::UPLOAD_BUCKET).await.unwrap();
    // A smaller bound than operators can give, because a test should not write so much.
    let file = secured.authority.accounts_file();
    let file = file.parent().unwrap().parent().unwrap().join("authority.json");
    let mut record: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    record["tenants"]["acme"]["storage"] = (2 * MB).into();
    std::fs::write(&file, record.to_string()).unwrap();
    let accounts = || std::fs::read_to_string(secured.authority.accounts_file()).unwrap();
    let before = accounts();
    let reopened = Authority::open(file.parent().unwrap()).unwrap();
    // The other accounts stay, and so do requests that are on their way in them.
    let after = accounts();
    let changed = before.lines().zip(after.lines()).filter(|(one, other)| one != other);
    assert_eq!(changed.count(), 1, "{before}{after}");
    secured.authority = reopened;
    secured.server.reload();
    // What is on its way in this account may be lost now.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stored = async || {
        let bytes = Bytes::from(vec![7; 300_000]);
        uploads.put("object", bytes).await.err().map(|error| error.to_string())
    };
    // One object replaces the other, so there is enough storage.
    for _ in 0..8 {
        assert_eq!(stored().await, None);
    }
    let mut full = None;
    for number in 0..20 {
        let bytes = Bytes::from(vec![number; 300_000]);
        full = uploads.put(&format!("object-{number}"), bytes).await.err();
        if full.is_some() {
            break;
        }
    }
    let full = full.expect("the tenant has more than its storage").to_string();
    assert!(full.contains("have no more storage for this tenant"), "{full}");
    assert!(full.contains("brink bus tenant NAME --storage-mb MB"), "{full}");
    let made = bounded.bucket(subject::REGISTRY_BUCKET).await;
    let full = made.err().expect("a bucket in a full tenant").to_string();
    assert!(full.contains("have no more storage for this tenant"), "{full}");
    // The others have theirs.
    first.open_journal(journal(4096)).await.unwrap();
    let others = first.objects(subject::UPLOAD_BUCKET).await.unwrap();
    others.put("object", Bytes::from(vec![0; 5_000_000])).await.unwrap();
}
