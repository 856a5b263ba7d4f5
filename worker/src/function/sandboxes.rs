//! The sandboxes of a version: one more, one less.

use std::time::Duration;

use actix::prelude::*;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{FunctionActor, Phase, Sandbox};
use crate::sandbox::actor::{News, SandboxActor};
use crate::sandbox::child::{Blank, SpawnError};

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
                self.restart.died(Instant::now(), false);
                self.provide(ctx);
                return;
            }
        };
        self.meter.cold_start();
        self.next_sandbox += 1;
        let id = self.next_sandbox;
        let (actor, vitals, news) = SandboxActor::begin(blank, duty, self.queue.clone());
        ctx.add_stream(news_of(id, news));
        self.sandboxes.push(Sandbox { id, actor, vitals, loaded: false });
        self.meter.sandboxes(self.sandboxes.len());
    }

    fn told(&mut self, id: u64, news: News, ctx: &mut Context<Self>) {
        let now = Instant::now();
        match news {
            News::Loaded(init_us) => {
                tracing::debug!(version = %self.version, init_us, "sandbox loaded");
                self.restart.loaded();
                for sandbox in self.sandboxes.iter_mut().filter(|sandbox| sandbox.id == id) {
                    sandbox.loaded = true;
                }
            }
            News::Refused(failure) => {
                self.forget(id);
                self.restart.refused(now, failure.clone());
                let waiting = self.queue.borrow_mut().take_all();
                for event in waiting {
                    self.fail(event, &failure);
                }
            }
            News::Gone { asked } => {
                let served = self.forget(id).is_some_and(|s| s.vitals.served.get() > 0);
                if !asked {
                    self.restart.died(now, served);
                    // The next event should find it warm.
                    self.add_sandbox(ctx);
                }
            }
        }
        self.provide(ctx);
        if self.phase == Phase::Draining {
            self.drain_on(ctx);
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
