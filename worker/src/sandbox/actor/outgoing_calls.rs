//! The outgoing calls of a sandbox: their limits, and how they are performed and cancelled.
//!
//! A call ends with its answer, at its event's deadline, with its sandbox, or when the sandbox
//! cancels it. If it ends early, its future is dropped: its connection is closed, and the next
//! waiting call takes its place. It still counts among the calls that its event has made.

use actix::prelude::*;
use tokio::time::{Instant, timeout_at};

use brink_shared::limits::{Limits, SUBREQUEST_BYTES, SUBREQUESTS};

use super::SandboxActor;
use super::calls::{Calls, Open};
use crate::egress::{CALL_BYTES_MAX, MayAct};
use crate::pending::Pending;
use crate::sandbox::in_flight::{InFlightEvent, ProtocolViolation};
use brink_frames::{CallError, CallId, CallRequest, CallResponse, EventId, ToSandbox};

/// The least cost of a rejected call, in bytes read from the sandbox.
const REJECTION_COST: usize = 1024;

// === impl SandboxActor ===

impl SandboxActor {
    /// Performs a call for the sandbox, if its limits allow it.
    pub(super) fn call(
        &mut self,
        call: CallId,
        id: Option<EventId>,
        request: CallRequest,
        ctx: &mut Context<Self>,
    ) -> Result<(), ProtocolViolation> {
        if self.calls.open.contains_key(&call) {
            return Err(ProtocolViolation(format!("call {} is made twice", call.0)));
        }
        self.calls.highest = self.calls.highest.max(Some(call));
        // Code that runs on after its handler returned calls for no event, like code that starts.
        let id = id.filter(|id| self.in_flight.find(*id).is_some());
        let Limits { subrequests, subrequest_bytes, .. } = self.duty.limits;
        // Each event may have needed an environment that had to start.
        let starts = self.in_flight.sent().saturating_add(1);
        let Calls { at_start, at_start_bytes, at_start_gate, bytes, .. } = &mut self.calls;
        let (made, carried, gate, until, starts, may_act) = match id
            .and_then(|id| self.in_flight.find(id))
        {
            Some(InFlightEvent { calls, call_bytes, calls_gate, until, pending, .. }) => {
                // An event that was answered already must not act at all.
                let may_act = pending.as_ref().map(Pending::may_act);
                let may_act = move || may_act.as_ref().is_some_and(|may_act| may_act());
                (calls, call_bytes, &*calls_gate, *until, 1, Box::new(may_act) as MayAct)
            }
            None => {
                let until = Instant::now() + self.duty.timeout;
                (at_start, at_start_bytes, &*at_start_gate, until, starts, Box::new(|| true) as _)
            }
        };
        let size = request.size();
        let calls_max = u64::from(subrequests).saturating_mul(starts);
        let bytes_max = subrequest_bytes.saturating_mul(starts);
        let exceeded = if u64::from(*made) >= calls_max {
            Some(SUBREQUESTS.exceeded(calls_max + 1, calls_max))
        } else if carried.saturating_add(size as u64) > bytes_max {
            Some(SUBREQUEST_BYTES.exceeded(carried.saturating_add(size as u64), bytes_max))
        } else {
            None
        };
        let rejected = if let Some(exceeded) = exceeded {
            Some(format!("{} {exceeded}", self.duty.name))
        } else if bytes.saturating_add(size) > CALL_BYTES_MAX {
            Some(format!("the calls under way send more than {CALL_BYTES_MAX} bytes"))
        } else {
            None
        };
        if let Some(why) = rejected {
            self.unasked(size + REJECTION_COST);
            let result = Err(CallError::new("EMFILE", why));
            self.say(&ToSandbox::CallDone { call, result }, ctx);
            return Ok(());
        }
        *carried += size as u64;
        *made += 1;
        *bytes += size;
        let egress = self.duty.egress.clone();
        let gate = gate.clone();
        let performed = async move {
            // The gate is never closed. Without a permit there would only be one call too many.
            let _permit = timeout_at(until, gate.acquire()).await;
            egress.call(request, until, may_act).await
        };
        let performing = ctx.spawn(performed.into_actor(self).map(move |result, actor, ctx| {
            actor.calls.close(call);
            let result = result.and_then(|response| actor.received(id, bytes_max, response));
            actor.say(&ToSandbox::CallDone { call, result }, ctx);
        }));
        self.calls.open.insert(call, Open { size, performing });
        Ok(())
    }

    /// Cancels a call, because nobody in the sandbox waits for it any more.
    pub(super) fn cancel(
        &mut self,
        call: CallId,
        ctx: &mut Context<Self>,
    ) -> Result<(), ProtocolViolation> {
        self.unasked(0);
        if let Some(performing) = self.calls.close(call) {
            ctx.cancel_future(performing);
        } else if self.calls.highest < Some(call) {
            return Err(ProtocolViolation(format!("call {} was never made", call.0)));
        }
        // Otherwise the call was answered while this frame was on its way.
        Ok(())
    }

    /// Counts the bytes of a response, and rejects it if there are too many.
    fn received(
        &mut self,
        id: Option<EventId>,
        max: u64,
        response: CallResponse,
    ) -> Result<CallResponse, CallError> {
        let carried = match id.map(|id| self.in_flight.find(id)) {
            Some(Some(event)) => &mut event.call_bytes,
            // Nobody waits for it any more.
            Some(None) => return Ok(response),
            None => &mut self.calls.at_start_bytes,
        };
        *carried = carried.saturating_add(response.size() as u64);
        if *carried > max {
            let exceeded = SUBREQUEST_BYTES.exceeded(*carried, max);
            return Err(CallError::new("EMFILE", format!("{} {exceeded}", self.duty.name)));
        }
        Ok(response)
    }
}
