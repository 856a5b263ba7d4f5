//! The sandboxes of a version: one more, one less.

use std::time::Duration;

use actix::prelude::*;
use tokio::sync::mpsc;
use tokio::time::Instant;

use brink_shared::wire::Failure;

use super::{FunctionActor, Phase, Sandbox};
use crate::failure;
use crate::restart::Ailing;
use crate::sandbox::actor::{Leave, News, SandboxActor};
use crate::sandbox::child::{Blank, SpawnError};

/// A function that is always close to its memory limit costs no more than one start in this time.
const REPLACE_EVERY: Duration = Duration::from_secs(10);

/// Pause before another sandbox is asked for in the place of one that is worn.
const SPAWN_PAUSE: Duration = Duration::from_secs(1);

/// News of the sandbox with this number.
pub(super) struct Told(u64, News);

impl FunctionActor {
    pub(super) fn add_sandbox(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        if self.fetching || self.duty.is_none() || self.restart.wait(now) > Duration::ZERO {
            return;
        }
        self.fetching = true;
        let pool = self.shared.pool.clone();
        let taken = async move { pool.take().await };
        ctx.spawn(taken.into_actor(self).map(|taken, actor, ctx| {
            actor.fetching = false;
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
                tracing::error!(version = %self.version, %error, "no sandbox");
                self.restart.died(Instant::now(), 0, None);
                ctx.run_later(SPAWN_PAUSE, |actor, ctx| actor.replace_worn(ctx));
                self.provide(ctx);
                return;
            }
        };
        self.meter.cold_start();
        self.next_sandbox += 1;
        let id = self.next_sandbox;
        let (actor, vitals, news) = SandboxActor::begin(blank, duty, self.queue.clone());
        ctx.add_stream(news_of(id, news));
        self.sandboxes.push(Sandbox { id, actor, vitals, loaded: false, worn: false });
        self.meter.sandboxes(self.sandboxes.len());
    }

    fn told(&mut self, id: u64, news: News, ctx: &mut Context<Self>) {
        let now = Instant::now();
        match news {
            News::Loaded(init_us) => {
                tracing::debug!(version = %self.version, init_us, "sandbox loaded");
                for sandbox in self.sandboxes.iter_mut().filter(|sandbox| sandbox.id == id) {
                    sandbox.loaded = true;
                }
                self.retire_worn();
            }
            News::Worn => self.worn(id, ctx),
            News::Refused(failure) => {
                self.forget(id);
                self.restart.refused(now, failure.clone());
                self.meter.ailing(self.restart.ailing());
                // Those that waited for it need not be told of another try.
                self.fail_waiting(&failure);
                self.replace_worn(ctx);
            }
            News::Gone { lost: None } => drop(self.forget(id)),
            News::Gone { lost: Some(why) } => {
                let served = self.forget(id).map_or(0, |gone| gone.vitals.served.get());
                self.restart.died(now, served, Some(why));
                self.meter.ailing(self.restart.ailing());
                if let Some(failure) = self.ailing(now) {
                    self.fail_waiting(&failure);
                }
                // The next event should find it warm.
                self.add_sandbox(ctx);
                self.replace_worn(ctx);
            }
        }
        self.provide(ctx);
        if self.phase == Phase::Draining {
            self.drain_on(ctx);
        }
    }

    /// Why events are not kept waiting: the version has no sandbox, and gets none for a while
    /// because of what it did to the last ones.
    pub(super) fn ailing(&self, now: Instant) -> Option<Failure> {
        let wait = self.restart.wait(now);
        if wait.is_zero() || self.sandboxes.iter().any(|sandbox| sandbox.loaded) {
            return None;
        }
        let Ailing { last, deaths, .. } = self.restart.ailing()?;
        Some(failure::ailing(&self.version.to_string(), deaths, wait, &last))
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

    /// A sandbox is over a soft bound: another one is started, and takes its place once it is
    /// loaded.
    fn worn(&mut self, id: u64, ctx: &mut Context<Self>) {
        for sandbox in self.sandboxes.iter_mut().filter(|sandbox| sandbox.id == id) {
            sandbox.worn = true;
        }
        let next =
            self.replaced.map_or(Duration::ZERO, |at| REPLACE_EVERY.saturating_sub(at.elapsed()));
        ctx.run_later(next, |actor, ctx| actor.replace_worn(ctx));
    }

    /// Starts the sandbox that takes the place of those that are worn, once the version may have
    /// one.
    fn replace_worn(&mut self, ctx: &mut Context<Self>) {
        let worn = self.sandboxes.iter().any(|sandbox| sandbox.worn);
        // One that is being loaded, or is loaded, has them leave.
        let replaced = self.fetching || self.sandboxes.iter().any(|sandbox| !sandbox.worn);
        if self.phase != Phase::Live || !worn || replaced {
            return self.retire_worn();
        }
        let wait = self.restart.wait(Instant::now());
        if wait.is_zero() {
            self.replaced = Some(Instant::now());
            self.add_sandbox(ctx);
        } else {
            ctx.run_later(wait, |actor, ctx| actor.replace_worn(ctx));
        }
    }

    /// Lets worn sandboxes go if there is another.
    fn retire_worn(&self) {
        if self.sandboxes.iter().any(|sandbox| sandbox.loaded && !sandbox.worn) {
            for sandbox in self.sandboxes.iter().filter(|sandbox| sandbox.worn) {
                // With a full mailbox it stays until it is over its hard bound.
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
