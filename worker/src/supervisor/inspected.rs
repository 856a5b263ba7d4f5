//! Starts versions that are debugged before their first event, so a debugger finds them.

use std::sync::Arc;

use actix::prelude::*;

use brink_shared::id::VersionId;
use brink_shared::registry::Mirror;

use super::Supervisor;
use crate::inspect::Inspectors;

/// Start the actor of a version, if there is none.
#[derive(Message)]
#[rtype(result = "()")]
struct Begin(VersionId);

/// Starts every version that a distribution names and that has an inspector. Goes on while the worker
/// runs.
pub(super) async fn begin(
    mirror: Arc<Mirror>,
    inspectors: Inspectors,
    supervisor: Addr<Supervisor>,
) {
    let mut changes = mirror.changes();
    loop {
        let known = changes.borrow_and_update().clone();
        let uses = |version: &&VersionId| {
            known.distributions.values().any(|record| record.distribution.uses(version))
        };
        let inspected = known.versions.keys().filter(|version| inspectors.of(version).is_some());
        for version in inspected.filter(uses) {
            if supervisor.send(Begin(version.clone())).await.is_err() {
                return;
            }
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

impl Handler<Begin> for Supervisor {
    type Result = ();

    fn handle(&mut self, Begin(version): Begin, ctx: &mut Self::Context) {
        if !self.stop.is_cancelled() {
            self.function(version, ctx);
        }
    }
}
