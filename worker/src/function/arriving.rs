//! Events that are larger than the bus carries. The worker fetches them from their gateway before
//! it queues them.

use actix::prelude::*;
use metrics::counter;

use brink_shared::wire::Verdict;

use super::FunctionActor;
use crate::pending::Pending;

impl FunctionActor {
    /// Fetches the event with its claim check, then queues it. If that fails, the event was not
    /// begun, so another worker may try. If its gateway is gone, nobody gets that answer.
    pub(super) fn fetch(&mut self, mut event: Pending, ctx: &mut Context<Self>) {
        let Some(claim_check) = event.claim_check().cloned() else {
            return self.admit(event);
        };
        self.arriving += 1;
        let large_payloads = self.shared.large_payloads.clone();
        let within = event.deadline.saturating_duration_since(event.arrived);
        let leaving = self.unsubscribe.clone();
        let fetched = async move {
            let fetched = large_payloads.try_fetch(&claim_check, within);
            let verdict = match leaving.run_until_cancelled(fetched).await {
                Some(Ok(whole)) => {
                    event.came(whole);
                    return Some(event);
                }
                Some(Err(error)) => {
                    counter!("brink_worker_claim_checks_missed_total").increment(1);
                    tracing::debug!(request_id = event.request_id, %error, "an event could not be fetched");
                    Verdict::Busy
                }
                None => Verdict::Retired,
            };
            event.end(verdict);
            None
        };
        ctx.spawn(fetched.into_actor(self).map(|event, actor, ctx| {
            actor.arriving -= 1;
            if let Some(event) = event {
                actor.admit(event);
                actor.provide(ctx);
            }
        }));
    }
}
