use bytes::Bytes;

use brink_shared::bus::EmbeddedBus;
use brink_shared::event::Trigger;
use brink_shared::id::NodeId;
use brink_shared::registry::{Mirror, Quotas};
use brink_shared::wire::Payload;

use super::*;
use crate::reply::Outbox;
use crate::runtime::SandboxProgram;

/// Longest that anything may take.
const LONG: Duration = Duration::from_secs(20);

/// The parts of a worker whose sandboxes never come up.
pub(crate) async fn without_sandboxes(
    bus: &Arc<dyn Bus>,
    stop: &CancellationToken,
) -> (Rc<Shared>, Outbox) {
    let node: NodeId = "w1".parse().unwrap();
    let large_payloads = LargePayloads::start(bus.clone(), "worker").await.unwrap();
    let outbox = Outbox::start(bus.clone(), node.clone(), large_payloads.clone());
    let program = SandboxProgram::new("/bin/sleep".into(), vec!["0.1".to_owned()]);
    let mirror = Mirror::open(None).unwrap();
    let shared = Shared {
        bus: bus.clone(),
        library: Library::new(bus.clone(), mirror, None, 0, Quotas::default()),
        secrets: Keyring::open(None, None).unwrap(),
        pools: WarmPools::start(program, 0, None),
        opener: Opener::new(bus.clone(), outbox.clone()),
        large_payloads,
        logs: LogSink::start(bus.clone(), node, stop.clone()),
        limits: WorkerLimits::default(),
        inspectors: None,
    };
    (Rc::new(shared), outbox)
}

pub(crate) fn event(within: Duration) -> Event {
    Event {
        request_id: "r".to_owned(),
        trigger: Trigger::ViewerRequest,
        timeout: within,
        within,
        payload: Payload::Json(Bytes::from_static(b"{}")),
        fresh: false,
    }
}

/// A supervisor that does not let versions go.
struct Holding;

impl Actor for Holding {
    type Context = Context<Self>;
}

impl Handler<Left> for Holding {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Left, _: &mut Self::Context) -> Self::Result {
        Box::pin(std::future::pending())
    }
}

#[actix_rt::test]
async fn a_version_that_does_not_exist_keeps_no_event_waiting_while_it_leaves() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let (shared, _outbox) = without_sandboxes(&bus, &CancellationToken::new()).await;
    let version: VersionId = "nobody:1".parse().unwrap();
    let meter = Rc::new(Meter::new(version.clone()));
    let supervisor = Holding.start().recipient();
    let function = FunctionActor::begin(version, shared, meter, supervisor);
    for n in 0..2 {
        let ended = function.send(RunHere(event(3 * LONG))).await.unwrap();
        let ended = tokio::time::timeout(LONG, ended).await.expect("an answer in time").unwrap();
        let Verdict::Failed { failure, .. } = ended.verdict else { panic!("event {n}: {ended:?}") };
        assert_eq!(failure.error_type, "ResourceNotFoundException");
    }
}
