use bytes::Bytes;

use brink_shared::bus::EmbeddedBus;
use brink_shared::event::Trigger;
use brink_shared::parcel::Parcels;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Mirror, Quotas, Store};
use brink_shared::secret::SealedSecrets;
use brink_shared::wire::Payload;

use super::*;
use crate::dispatch::Opener;
use crate::library::Library;
use crate::logs::LogSink;
use crate::pool::Pool;
use crate::sandbox::child::SandboxProgram;
use crate::secrets::Keyring;
use crate::settings::WorkerLimits;

async fn published(bus: &Arc<dyn Bus>) -> VersionId {
    let store = Store::open(bus.clone()).await.unwrap();
    let files = [("index.js".to_owned(), Bytes::new())];
    let bundle = Bundle::new(files.into()).unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    let (settings, sealed) = (FunctionSettings::default(), SealedSecrets::default());
    let name = "f".parse().unwrap();
    store.add_version(&name, settings, digest, bundle.size(), sealed).await.unwrap().version
}

/// What a worker has whose sandboxes never come up.
async fn without_sandboxes(bus: &Arc<dyn Bus>, stop: &CancellationToken) -> (Rc<Shared>, Outbox) {
    let node: NodeId = "w1".parse().unwrap();
    let parcels = Parcels::start(bus.clone(), "worker").await.unwrap();
    let outbox = Outbox::start(bus.clone(), node.clone(), parcels.clone());
    let program = SandboxProgram { path: "/bin/sleep".into(), args: vec!["0.1".to_owned()] };
    let mirror = Mirror::open(None).unwrap();
    let shared = Shared {
        bus: bus.clone(),
        library: Library::new(bus.clone(), mirror, None, 0, Quotas::default()),
        secrets: Keyring::open(None, None).unwrap(),
        pool: Pool::start(program, 0, None),
        opener: Opener::new(bus.clone(), outbox.clone()),
        parcels,
        logs: LogSink::start(bus.clone(), node, stop.clone()),
        limits: WorkerLimits::default(),
    };
    (Rc::new(shared), outbox)
}

#[actix_rt::test]
async fn a_worker_that_stops_waits_for_versions_that_had_left() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let stop = CancellationToken::new();
    let version = published(&bus).await;
    let (shared, outbox) = without_sandboxes(&bus, &stop).await;
    let identity = Identity {
        node: "w1".parse().unwrap(),
        started: Instant::now(),
        listens: Vec::new(),
        confinement: Vec::new(),
    };
    let mut function = None;
    let supervisor = Supervisor::create(|ctx| {
        let mut supervisor = Supervisor::new(identity, shared, outbox, stop.clone());
        function = Some(supervisor.function(version.clone(), ctx));
        supervisor
    });
    let event = Event {
        request_id: "r".to_owned(),
        trigger: Trigger::ViewerRequest,
        timeout: Duration::from_secs(1),
        within: Duration::from_millis(400),
        payload: Payload::Json(Bytes::from_static(b"{}")),
        fresh: false,
    };
    let function = function.unwrap();
    let mut ended = function.send(RunHere(event)).await.unwrap();
    // An event that comes while the version says that it leaves is in its hands all the same.
    supervisor.send(Left(version, function)).await.unwrap();
    assert!(ended.try_recv().is_err(), "its event waits for a sandbox");
    stop.cancel();
    supervisor.send(Stop).await.unwrap();
    assert_eq!(ended.try_recv().unwrap().verdict, Verdict::Busy);
}
