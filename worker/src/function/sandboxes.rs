//! The sandboxes of a version: how they are started, replaced and forgotten.

use std::time::Duration;

use actix::prelude::*;
use tokio::sync::mpsc;
use tokio::time::Instant;

use brink_shared::wire::Failure;

use super::{FunctionActor, Phase, Sandbox};
use crate::back_off::BackingOff;
use crate::event_failure;
use crate::sandbox::actor::{Leave, News, SandboxActor};
use crate::sandbox::child::{Blank, SpawnError};

/// Shortest time between two replacements. A function that is always close to its memory limit then
/// costs at most one start in this time.
const REPLACE_EVERY: Duration = Duration::from_secs(10);

/// Pause before the next try to start a sandbox that replaces one that is due for recycling.
const SPAWN_PAUSE: Duration = Duration::from_secs(1);

/// News from the sandbox with this number.
pub(super) struct Told(u64, News);

impl FunctionActor {
    pub(super) fn add_sandbox(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        let Some(duty) = &self.duty else { return };
        if self.back_off.wait(now) > Duration::ZERO {
            return;
        }
        let pool = self.shared.pools.of(&duty.kind);
        self.fetching += 1;
        let taken = async move { pool.take().await };
        ctx.spawn(taken.into_actor(self).map(|taken, actor, ctx| {
            actor.fetching = actor.fetching.saturating_sub(1);
            actor.taken(taken, ctx);
        }));
    }

    fn taken(&mut self, taken: Result<Blank, SpawnError>, ctx: &mut Context<Self>) {
        let Some(duty) = self.duty.clone() else {
            return;
        };
        let blank = match taken {
            Ok(blank) => blank,
            Err(error) => {
                tracing::error!(version = %self.version, %error, "no sandbox could be started");
                self.machine_failed(Instant::now(), ctx);
                self.provide(ctx);
                return;
            }
        };
        self.meter.cold_start();
        self.next_sandbox += 1;
        let id = self.next_sandbox;
        let (actor, vitals, news) = SandboxActor::begin(blank, duty, self.queue.clone());
        ctx.add_stream(news_of(id, news));
        self.sandboxes.push(Sandbox { id, actor, vitals, loaded: false, recycle: false });
        self.meter.sandboxes(self.sandboxes.len());
    }

    /// No sandbox came to be. The version is not to blame, and its events wait.
    fn machine_failed(&mut self, now: Instant, ctx: &mut Context<Self>) {
        self.back_off.died(now, 0, None);
        ctx.run_later(SPAWN_PAUSE, |actor, ctx| actor.replace_recycled(ctx));
    }

    fn told(&mut self, id: u64, news: News, ctx: &mut Context<Self>) {
        let now = Instant::now();
        match news {
            News::Loaded(init_us) => {
                tracing::debug!(version = %self.version, init_us, "sandbox loaded");
                for sandbox in self.sandboxes.iter_mut().filter(|sandbox| sandbox.id == id) {
                    sandbox.loaded = true;
                }
                self.retire_recycled();
            }
            News::Recycle => self.recycle(id, ctx),
            News::StartFailed(failure) => {
                self.forget(id);
                if self.is_inspected() {
                    // Often no event waits for it that could tell.
                    tracing::warn!(version = %self.version, why = failure.message, "a version cannot start");
                }
                self.back_off.start_failed(now, failure.clone());
                self.meter.backing_off(self.back_off.backing_off());
                // The events that waited for it need not wait for another try.
                self.fail_waiting(&failure);
                self.replace_recycled(ctx);
            }
            News::Unfit(why) => {
                tracing::error!(version = %self.version, why, "a sandbox cannot be given its version");
                self.forget(id);
                self.machine_failed(now, ctx);
            }
            News::Gone { lost: None } => drop(self.forget(id)),
            News::Gone { lost: Some(why) } => {
                let served = self.forget(id).map_or(0, |gone| gone.vitals.served.get());
                self.back_off.died(now, served, Some(why));
                self.meter.backing_off(self.back_off.backing_off());
                if let Some(failure) = self.in_back_off(now) {
                    self.fail_waiting(&failure);
                }
                // The next event then finds a sandbox.
                if self.fetching == 0 {
                    self.add_sandbox(ctx);
                }
                self.replace_recycled(ctx);
            }
        }
        self.provide(ctx);
        if self.phase == Phase::Draining {
            self.drain_on(ctx);
        }
    }

    /// The failure for events while the version is in its back-off: it has no sandbox, and gets
    /// none for a while because its last ones died.
    pub(super) fn in_back_off(&self, now: Instant) -> Option<Failure> {
        let wait = self.back_off.wait(now);
        if wait.is_zero() || self.sandboxes.iter().any(|sandbox| sandbox.loaded) {
            return None;
        }
        let BackingOff { last, deaths, .. } = self.back_off.backing_off()?;
        Some(event_failure::in_back_off(&self.version.to_string(), deaths, wait, &last))
    }

    fn fail_waiting(&self, failure: &Failure) {
        if self.sandboxes.iter().any(|sandbox| sandbox.loaded) {
            return;
        }
        let waiting = self.queue.borrow_mut().take_all();
        for event in waiting {
            self.fail(event, failure);
        }
    }

    /// A sandbox is over its soft limit. Starts another one, which takes its place once it is
    /// loaded.
    fn recycle(&mut self, id: u64, ctx: &mut Context<Self>) {
        for sandbox in self.sandboxes.iter_mut().filter(|sandbox| sandbox.id == id) {
            sandbox.recycle = true;
        }
        let next =
            self.replaced.map_or(Duration::ZERO, |at| REPLACE_EVERY.saturating_sub(at.elapsed()));
        ctx.run_later(next, |actor, ctx| actor.replace_recycled(ctx));
    }

    /// Starts the sandbox that replaces those that are due for recycling, as soon as the version
    /// may have one.
    fn replace_recycled(&mut self, ctx: &mut Context<Self>) {
        let recycle = self.sandboxes.iter().any(|sandbox| sandbox.recycle);
        // A sandbox that is loading or loaded replaces them.
        let replaced = self.fetching > 0 || self.sandboxes.iter().any(|sandbox| !sandbox.recycle);
        if self.phase != Phase::Live || !recycle || replaced {
            return self.retire_recycled();
        }
        let wait = self.back_off.wait(Instant::now());
        if wait.is_zero() {
            self.replaced = Some(Instant::now());
            self.add_sandbox(ctx);
        } else {
            ctx.run_later(wait, |actor, ctx| actor.replace_recycled(ctx));
        }
    }

    /// Has the sandboxes that are due for recycling leave, if another one is loaded.
    fn retire_recycled(&self) {
        if self.sandboxes.iter().any(|sandbox| sandbox.loaded && !sandbox.recycle) {
            for sandbox in self.sandboxes.iter().filter(|sandbox| sandbox.recycle) {
                // If its mailbox is full, it stays until it is over its hard limit.
                let _ = sandbox.actor.try_send(Leave);
            }
        }
    }

    fn forget(&mut self, id: u64) -> Option<Sandbox> {
        let at = self.sandboxes.iter().position(|sandbox| sandbox.id == id)?;
        let sandbox = self.sandboxes.remove(at);
        self.meter.sandboxes(self.sandboxes.len());
        Some(sandbox)
    }
}

impl StreamHandler<Told> for FunctionActor {
    fn handle(&mut self, Told(id, news): Told, ctx: &mut Self::Context) {
        self.told(id, news, ctx);
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}

fn news_of(id: u64, news: mpsc::Receiver<News>) -> impl Stream<Item = Told> {
    futures_util::stream::unfold(news, move |mut news| async move {
        let told = news.recv().await?;
        Some((Told(id, told), news))
    })
}
