//! The debugger of a sandbox.

use actix::prelude::*;

use brink_frames::LogLevel;
use brink_frames::network::INSPECTOR;

use super::cause::Cause;
use super::{Phase, SandboxActor};
use crate::sandbox::dialect::bootstrap::Inspect;

/// Why no debugger can reach a sandbox.
const NO_NETWORK: &str = "no debugger can attach: the machine gives the sandbox no network of its \
                          own (user and network namespaces)";

impl SandboxActor {
    /// Leads debuggers to this sandbox, if its version is debugged.
    pub(super) fn open_inspector(&mut self, ctx: &mut Context<Self>) {
        let Some(inspector) = &self.duty.inspector else { return };
        let sockets = std::mem::take(&mut self.descriptors.inspector);
        if sockets.is_empty() {
            // A line that no event wrote is always as it should be.
            let _ = self.log(None, LogLevel::Warn, NO_NETWORK.to_owned());
            return;
        }
        self.inspected = inspector.attach(sockets);
        if let Some(inspected) = self.inspected.as_ref().filter(|_| inspector.waits()) {
            let lost = inspected.lost().into_actor(self);
            ctx.spawn(lost.map(|(), actor, ctx| actor.wait_no_longer(ctx)));
        }
    }

    /// A newer version has the debugger that this sandbox waits for. The next sandbox of this version
    /// does not wait, so events that are here get their answers.
    fn wait_no_longer(&mut self, ctx: &mut Context<Self>) {
        if self.phase == Phase::Loading {
            self.end(Cause::Killed, ctx);
        }
    }

    /// Where its debugger listens; none if there is none.
    pub(super) fn inspect(&self) -> Option<Inspect> {
        self.inspected.as_ref()?;
        let wait = self.duty.inspector.as_ref().is_some_and(|inspector| inspector.waits());
        Some(Inspect { host: (*INSPECTOR.ip()).into(), port: INSPECTOR.port(), wait })
    }
}
