//! How a worker lets go of a version: it unsubscribes, finishes the events that it has, and ends
//! the sandboxes.

use actix::prelude::*;
use tokio::sync::oneshot;

use brink_shared::registry::FunctionVersion;
use brink_shared::wire::Verdict;

use super::{FunctionActor, Left, Phase};
use crate::sandbox::actor::{Kill, Leave};
use crate::settings::UNSUBSCRIBE_MAX;

/// Finish the events that you have, and end, within the drain grace.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain;

impl FunctionActor {
    /// Lets go of the version, or of single sandboxes, if they were not needed for a while.
    pub(super) fn look_for_idleness(&mut self, ctx: &mut Context<Self>) {
        let mut idle = self.shared.limits.idle_stop;
        if !self.shared.library.is_named(&self.version) {
            idle = idle.min(self.shared.limits.unnamed_stop);
        }
        let in_hand = !self.queue.borrow().is_empty()
            || self.arriving > 0
            || self.sandboxes.iter().any(|s| s.vitals.in_flight.get() > 0);
        if self.phase == Phase::Live && !in_hand && self.last_event.elapsed() >= idle {
            self.leave(ctx);
            return;
        }
        for sandbox in self.sandboxes.iter().skip(1) {
            if sandbox.loaded && sandbox.vitals.used.get().elapsed() >= idle {
                // If its mailbox is full, it is asked again next time.
                let _ = sandbox.actor.try_send(Leave);
            }
        }
    }

    /// Lets go of the version if the registry gets another one of the same name and number. A
    /// registry gives no number twice. But if it is lost and made anew, numbers begin at 1 again.
    pub(super) fn leave_if_replaced(&self, own: FunctionVersion, ctx: &mut Context<Self>) {
        let mut changes = self.shared.library.changes();
        let replaced = async move {
            let replaced = changes.wait_for(|known| {
                let there = known.versions.get(&own.version);
                there.is_some_and(|there| !there.is_same(&own))
            });
            replaced.await.is_ok()
        };
        ctx.spawn(replaced.into_actor(self).map(|replaced, actor, ctx| {
            // Without a mirror there are no more changes to hear of.
            if replaced {
                tracing::warn!(version = %actor.version, "the registry now has another function version of this number, which replaces this one");
                actor.leave(ctx);
            }
        }));
    }

    /// Has the supervisor forget this actor, so the next event begins a new one. Then drains.
    pub(super) fn leave(&mut self, ctx: &mut Context<Self>) {
        let left = Left(self.version.clone(), ctx.address());
        let told = self.supervisor.send(left).into_actor(self);
        // An error means that the supervisor is gone, and has forgotten this actor too.
        ctx.spawn(told.map(|_, actor, ctx| actor.drain(ctx)));
    }

    fn drain(&mut self, ctx: &mut Context<Self>) {
        if self.phase == Phase::Draining {
            return;
        }
        self.phase = Phase::Draining;
        self.unsubscribe.cancel();
        self.queue.borrow_mut().close();
        // Without a bus the subscription's last message never comes.
        ctx.run_later(UNSUBSCRIBE_MAX, |actor, _| actor.subscribed = false);
        ctx.run_later(self.shared.limits.drain_grace, |actor, ctx| actor.give_up(ctx));
        self.drain_on(ctx);
    }

    pub(super) fn drain_on(&mut self, ctx: &mut Context<Self>) {
        if self.queue.borrow().is_empty() {
            for sandbox in &self.sandboxes {
                let _ = sandbox.actor.try_send(Leave);
            }
            let busy = self.fetching > 0 || self.subscribed || self.arriving > 0;
            if self.sandboxes.is_empty() && !busy {
                for tell in self.waiting.drain(..) {
                    // The caller may have stopped waiting.
                    let _ = tell.send(());
                }
                ctx.stop();
                return;
            }
        }
        self.tick_soon(ctx);
    }

    /// Sends the events elsewhere that no sandbox has.
    pub(super) fn retire_waiting(&self) {
        let waiting = self.queue.borrow_mut().take_all();
        waiting.into_iter().for_each(|event| event.end(Verdict::Retired));
    }

    /// The drain grace is over.
    fn give_up(&mut self, ctx: &mut Context<Self>) {
        self.given_up = true;
        self.retire_waiting();
        for sandbox in &self.sandboxes {
            let _ = sandbox.actor.try_send(Kill);
        }
        self.tick_soon(ctx);
    }
}

impl Handler<Drain> for FunctionActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) -> Self::Result {
        let (tell, told) = oneshot::channel();
        self.waiting.push(tell);
        self.drain(ctx);
        // An error means that the actor ended, and so has drained.
        Box::pin(async move { drop(told.await) })
    }
}
