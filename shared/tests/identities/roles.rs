//! The work of each role, with its own credentials only.

use std::collections::BTreeMap;
use std::sync::Arc;

use brink_shared::admin::Invalidate;
use brink_shared::bus::Requester;
use brink_shared::event::Trigger;
use brink_shared::invalidation::Invalidations;
use brink_shared::large_payloads::LargePayloads;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::store::encode_bundle;
use brink_shared::registry::{Bundle, Mirror, Store, Uploads};
use brink_shared::subject;
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::*;

fn bundle(bytes: usize) -> Bundle {
    let text: String = (0..bytes).map(|at| char::from(b'a' + (at * 7 % 26) as u8)).collect();
    let source = format!("exports.handler = async (e) => e.Records[0].cf.request; // {text}");
    Bundle::new(BTreeMap::from([("index.js".to_owned(), Bytes::from(source))])).unwrap()
}

#[tokio::test]
async fn nodes_share_the_registry_bundles_and_invalidations() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin-1", Role::Admin).await;
    let store = Store::open(admin.clone()).await.unwrap();
    let invalidations = Invalidations::open(admin.clone()).await.unwrap();
    let gateway = secured.bus("edge-1", Role::Gateway).await;
    let worker = secured.bus("worker-1", Role::Worker).await;
    let stop = CancellationToken::new();
    let mut mirrors = Vec::new();
    for bus in [&gateway, &worker] {
        let mirror = Mirror::open(None).unwrap();
        tokio::spawn(mirror.clone().follow(bus.clone(), stop.clone()));
        mirrors.push(mirror);
    }
    let bundle = bundle(500_000);
    let digest = store.put_bundle(&bundle).await.unwrap();
    let settings = FunctionSettings::default();
    let name = "ab-test".parse().unwrap();
    let made =
        store.add_version(&name, settings, digest.clone(), bundle.size(), BTreeMap::new()).await;
    let version = made.unwrap().version;
    for mirror in &mirrors {
        soon(until(async || mirror.snapshot().versions.contains_key(&version))).await;
    }
    // A worker fetches the bundle; it cannot write.
    let of_worker = Store::open(worker.clone()).await.unwrap();
    let fetched = of_worker.bundle(&digest).await.unwrap();
    assert_eq!(fetched.files(), bundle.files());
    let bucket = worker.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    let rejected = bucket.create("distribution.evil", "{}".into()).await.unwrap_err();
    assert!(matches!(rejected, BusError::Denied { .. }), "{rejected}");
    // A gateway follows the journal and says how far it is.
    let mut heard = gateway.subscribe(subject::INVALIDATE, None, 8).await.unwrap();
    let of_gateway = Invalidations::open(gateway.clone()).await.unwrap();
    gateway.flush().await.unwrap();
    let request = Invalidate { id: "shop".parse().unwrap(), paths: vec!["/*".to_owned()] };
    let number = invalidations.add(&request).await.unwrap();
    soon(heard.next()).await.unwrap();
    let range = of_gateway.range().await.unwrap();
    assert_eq!(range.last, number);
    assert_eq!(of_gateway.from(1, 10).await.unwrap().len(), 1);
    of_gateway.tell(&node("edge-1"), range.made, number).await.unwrap();
    let reached = invalidations.reached(number, SOON).await.unwrap();
    assert_eq!((reached.known, reached.applied), (1, 1));
    stop.cancel();
}

#[tokio::test]
async fn events_logs_and_large_payloads_travel() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin-1", Role::Admin).await;
    let gateway = secured.bus("edge-1", Role::Gateway).await;
    let worker = secured.bus("worker-1", Role::Worker).await;
    let version = "ab-test:1".parse().unwrap();
    let mut events =
        worker.subscribe(&subject::invoke(&version), Some(subject::WORKERS), 8).await.unwrap();
    let started = subject::START_ALL;
    let mut starts = worker.subscribe(started, Some(subject::WORKERS), 8).await.unwrap();
    worker.flush().await.unwrap();
    let payloads = LargePayloads::start(gateway.clone(), "gateway").await.unwrap();
    let large = Bytes::from(vec![7; 3_000_000]);
    let kept = payloads.keep(large.clone(), SOON).unwrap();
    gateway.flush().await.unwrap();
    let fetching = LargePayloads::start(worker.clone(), "worker").await.unwrap();
    assert_eq!(fetching.fetch(kept.claim_check(), SOON).await.unwrap(), large);
    // An event and its answer.
    let requester = Requester::new(gateway.clone()).await.unwrap();
    let subject = subject::invoke(&version);
    let answering = async {
        let event = soon(events.next()).await.unwrap();
        worker.publish(&event.reply_to.unwrap(), None, event.payload).await.unwrap();
    };
    let (answer, ()) = tokio::join!(requester.request(&subject, "event".into(), SOON), answering);
    assert_eq!(answer.unwrap(), "event");
    gateway.publish(&subject::start(&version), None, "start".into()).await.unwrap();
    assert_eq!(soon(starts.next()).await.unwrap().payload, "start");
    // Nobody has this version.
    let missing = subject::invoke(&"other:1".parse().unwrap());
    let nobody = soon(requester.request(&missing, "".into(), 2 * SOON)).await;
    assert!(matches!(nobody, Err(BusError::NoResponders(_))), "{nobody:?}");
    // Logs are kept.
    admin
        .open_journal(brink_shared::bus::JournalSpec {
            name: subject::LOG_STREAM,
            subject: subject::LOG_ALL,
            max_age: SOON * 60,
            max_bytes: 1 << 20,
            max_messages: None,
            synced: false,
            keeps_oldest: false,
        })
        .await
        .unwrap();
    let line = subject::log(&version, Trigger::ViewerRequest);
    worker.publish(&line, None, "first".into()).await.unwrap();
    let info = async || admin.journal_range(subject::LOG_STREAM).await.unwrap().last == 1;
    soon(until(info)).await;
    let mut lines = admin.read_journal(subject::LOG_STREAM, &line, true).await.unwrap();
    assert_eq!(soon(lines.next()).await.unwrap().payload, "first");
    worker.publish(&line, None, "second".into()).await.unwrap();
    assert_eq!(soon(lines.next()).await.unwrap().payload, "second");
}

#[tokio::test]
async fn people_ask_for_the_status_of_nodes_and_upload_bundles() {
    let mut secured = Secured::start().await;
    let nodes = [
        secured.bus("admin-1", Role::Admin).await,
        secured.bus("edge-1", Role::Gateway).await,
        secured.bus("worker-1", Role::Worker).await,
    ];
    for bus in &nodes {
        let mut questions = bus.subscribe(subject::STATUS, None, 8).await.unwrap();
        bus.flush().await.unwrap();
        let bus: Arc<dyn Bus> = bus.clone();
        tokio::spawn(async move {
            while let Some(question) = questions.next().await {
                bus.publish(&question.reply_to.unwrap(), None, "here".into()).await.unwrap();
            }
        });
    }
    for role in [Role::Publisher, Role::Viewer] {
        let person = secured.bus(role.name(), role).await;
        let requester = Requester::new(person).await.unwrap();
        let gathered =
            requester.gather(subject::STATUS, Bytes::new(), Duration::from_millis(500)).await;
        assert_eq!(gathered.unwrap().len(), 3, "{role}");
    }
    let on_node = Uploads::open(nodes[0].clone()).await.unwrap();
    let person = secured.bus("paula", Role::Publisher).await;
    let (digest, bytes) = encode_bundle(&bundle(300_000)).await.unwrap();
    let of_person = Uploads::open(person.clone()).await.unwrap();
    for _ in 0..2 {
        of_person.put(&digest, bytes.clone()).await.unwrap();
    }
    assert_eq!(on_node.get(&digest).await.unwrap().files(), bundle(300_000).files());
    on_node.remove(&digest).await.unwrap();
    assert_eq!(of_person.size(&digest).await.unwrap(), None);
    // A tool of NATS asks the admin service with `--inbox-prefix _INBOX.NAME`.
    let list = subject::admin("function", "list");
    let mut asked = nodes[0].subscribe(&list, None, 8).await.unwrap();
    nodes[0].flush().await.unwrap();
    let vera = secured.raw("vera", Role::Viewer).await;
    let answering = async {
        let to = soon(asked.next()).await.unwrap().reply_to.unwrap();
        nodes[0].publish(&to, None, "listed".into()).await.unwrap();
    };
    let (answer, ()) = tokio::join!(vera.client.request(list, "".into()), answering);
    assert_eq!(answer.unwrap().payload, "listed");
    // A publisher cannot fill the disk.
    let raw = secured.raw("looks", Role::Admin).await;
    let context = async_nats::jetstream::new(raw.client);
    let uploads = context.get_stream("OBJ_brink_uploads").await.unwrap();
    let bounds = uploads.cached_info().config.clone();
    assert_eq!((bounds.max_bytes, bounds.max_age), (1 << 30, Duration::from_secs(7_200)));
    let bundles = person.objects(subject::BUNDLE_BUCKET).await.err();
    assert!(matches!(bundles, Some(BusError::Denied { .. })), "{bundles:?}");
}
