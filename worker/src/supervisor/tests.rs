use brink_shared::bus::EmbeddedBus;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Store};
use brink_shared::secret::SealedSecrets;

use super::*;
use crate::function::tests::{event, without_sandboxes};

async fn published(bus: &Arc<dyn Bus>) -> VersionId {
    let store = Store::open(bus.clone()).await.unwrap();
    let files = [("index.js".to_owned(), "".into())];
    let bundle = Bundle::new(files.into()).unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    let (settings, sealed) = (FunctionSettings::default(), SealedSecrets::default());
    let name = "f".parse().unwrap();
    store.add_version(&name, settings, digest, bundle.size(), sealed).await.unwrap().version
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
        functions_only: false,
    };
    let mut function = None;
    let supervisor = Supervisor::create(|ctx| {
        let mut supervisor = Supervisor::new(identity, shared, outbox, stop.clone());
        function = Some(supervisor.function(version.clone(), ctx));
        supervisor
    });
    let function = function.unwrap();
    let event = event(Duration::from_millis(400));
    let mut ended = function.send(RunHere(event)).await.unwrap();
    // An event that comes while the version leaves is still the actor's to answer.
    supervisor.send(Left(version, function)).await.unwrap();
    assert!(ended.try_recv().is_err(), "its event waits for a sandbox");
    stop.cancel();
    supervisor.send(Stop).await.unwrap();
    assert_eq!(ended.try_recv().unwrap().verdict, Verdict::Busy);
}
