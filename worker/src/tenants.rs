//! The workers of a process that serves several tenants: one for each.
//!
//! Each worker has a thread of its own, with its own connection, registry, bundles, secrets' key and
//! sandboxes. So no tenant waits for another one, and the trouble of one is not that of the others. On
//! the thread, each metric gets the label `tenant`, and each log line says the tenant.

use std::fmt::Display;
use std::future::Future;

use actix_rt::Arbiter;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use brink_shared::id::TenantName;
use brink_shared::node::{Member, NodeError, NodeProcess};
use brink_shared::telemetry::OfTenant;

/// The thread of a worker ended before the worker did.
#[derive(Debug, thiserror::Error)]
#[error("the worker of the tenant {0} ended without a reason; this is a bug")]
pub struct ThreadEnded(TenantName);

/// The worker of one tenant, on its thread.
struct Running<E> {
    tenant: TenantName,
    thread: Arbiter,
    ended: oneshot::Receiver<Result<(), E>>,
}

/// Runs a worker for each member. Returns once all have ended: with the first error if none ended as
/// it should.
pub(crate) async fn run_each<R, F, E>(
    members: Vec<Result<Member, NodeError>>,
    process: &NodeProcess,
    run: R,
) -> Result<(), E>
where
    R: Fn(Member) -> F + Clone + Send + 'static,
    F: Future<Output = Result<(), E>> + 'static,
    E: From<NodeError> + From<ThreadEnded> + Display + Send + 'static,
{
    let (mut workers, mut ends) = (Vec::new(), Vec::new());
    for member in members {
        match member {
            Ok(member) => workers.push(Running::begin(member, process, run.clone())),
            Err(error) => ends.push(Err(told(E::from(error), process))),
        }
    }
    ends.extend(join_all(workers.into_iter().map(|worker| worker.end(process))).await);
    match ends.iter().any(Result::is_ok) {
        true => Ok(()),
        false => ends.into_iter().next().unwrap_or(Ok(())),
    }
}

/// Tells of a tenant that is not served. The process is not ready any more.
fn told<E: Display>(error: E, process: &NodeProcess) -> E {
    tracing::error!(%error, "one of the tenants is not served");
    process.health.condition(error.to_string());
    error
}

// === impl Running ===

impl<E: From<ThreadEnded> + Display + Send + 'static> Running<E> {
    fn begin<R, F>(member: Member, process: &NodeProcess, run: R) -> Self
    where
        R: Fn(Member) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + 'static,
    {
        let (tell, ended) = oneshot::channel();
        let tenant = member.tenant.clone();
        let metrics: OfTenant = process.metrics.of_tenant(&tenant);
        let thread = Arbiter::new();
        // If it does not begin, its end comes at once.
        let _ = thread.spawn_fn(move || {
            actix_rt::spawn(async move {
                // They hold for everything on this thread, also while this task waits.
                let _metrics = metrics::set_default_local_recorder(&metrics);
                let _log = tracing::error_span!("worker", tenant = %member.tenant).entered();
                // Nobody waits for the end of a process that is ending.
                let _ = tell.send(run(member).await);
            });
        });
        Self { tenant, thread, ended }
    }

    /// Waits for its end.
    async fn end(self, process: &NodeProcess) -> Result<(), E> {
        let Self { tenant, thread, ended } = self;
        let ended = ended.await.unwrap_or_else(|_| Err(ThreadEnded(tenant).into()));
        let ended = ended.map_err(|error| told(error, process));
        thread.stop();
        // Its last tasks end with it.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        ended
    }
}
