//! What a sandbox says, and whether it can be true.

use std::io;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, timeout_at};

use brink_shared::limits::{LOG_RATE, Limits, SUBREQUEST_BYTES, SUBREQUESTS};
use brink_shared::wire::{self, Failure, FailureKind, Run, Verdict, WireError};

use super::flood::{FRAME_COST, Kept};
use super::{Calls, News, Phase, SandboxActor};
use crate::egress::CALL_BYTES_MAX;
use crate::failure;
use crate::logs;
use crate::sandbox::flights::{Flight, Lie};
use crate::sandbox::frame::{
    CallError, CallId, CallRequest, CallResponse, EventId, FromSandbox, GIVEN_UP, LogLevel,
    ToSandbox,
};

/// Room beyond an event's log, for the line that says that there is no more.
pub(super) const LOG_SLACK: usize = 1024;

/// What a call that is refused costs at least, in bytes that the sandbox is read of.
const REFUSAL_COST: usize = 1024;

impl SandboxActor {
    /// Handles one frame.
    pub(super) fn frame(
        &mut self,
        bytes: io::Result<BytesMut>,
        ctx: &mut Context<Self>,
    ) -> Result<(), Lie> {
        let bytes = bytes.map_err(|error| Lie(error.to_string()))?;
        let frame = wire::decode(&bytes).map_err(|error: WireError| Lie(error.to_string()))?;
        match frame {
            FromSandbox::Blank(_) => Err(Lie("it is blank a second time".to_owned())),
            FromSandbox::Loaded { init_us } => self.loaded(init_us),
            FromSandbox::Refused(failure) => self.refused(failure, ctx),
            FromSandbox::Started(id) => self.event_started(id),
            FromSandbox::Done { id, result, run } => self.event_done(id, result, run),
            FromSandbox::Log { id, level, text } => self.log(id, level, text),
            FromSandbox::Call { call, id, request } => self.call(call, id, request, ctx),
            FromSandbox::Turn { thread, holder } => {
                self.unasked(0);
                self.turn(thread, holder)
            }
        }
    }

    fn loaded(&mut self, init_us: u64) -> Result<(), Lie> {
        if self.phase != Phase::Loading {
            return Err(Lie("it loaded a second time".to_owned()));
        }
        self.phase = Phase::Ready;
        self.tell(News::Loaded(init_us));
        Ok(())
    }

    fn refused(&mut self, failure: Failure, ctx: &mut Context<Self>) -> Result<(), Lie> {
        if self.phase != Phase::Loading {
            return Err(Lie("it refuses what it loaded".to_owned()));
        }
        self.phase = Phase::Dead;
        self.tell(News::Refused(failure));
        ctx.stop();
        Ok(())
    }

    fn event_started(&mut self, id: EventId) -> Result<(), Lie> {
        let timeout = match &self.flights.get(id)?.pending {
            Some(pending) => pending.timeout(self.duty.timeout),
            None => self.duty.timeout,
        };
        self.flights.started(id, timeout)
    }

    fn event_done(
        &mut self,
        id: EventId,
        result: Result<Bytes, Failure>,
        run: Run,
    ) -> Result<(), Lie> {
        let flight = self.flights.done(id)?;
        let begun = flight.started.is_some();
        self.vitals.served.set(self.vitals.served.get() + 1);
        let Some(pending) = flight.pending else {
            return Ok(());
        };
        pending.meter().came_back();
        let ran = flight.started.map(|started| started.elapsed()).unwrap_or_default();
        match result {
            Ok(value) => pending.end(Verdict::Returned { value, run }),
            Err(failure) => {
                let failure = match (is_given_up(&failure), begun) {
                    (false, _) => failure,
                    (true, true) => self.timed_out(&pending, ran),
                    (true, false) => {
                        failure::too_slow(&self.duty.name, self.duty.limits.startup_time)
                    }
                };
                self.fail(pending, failure, run);
            }
        }
        Ok(())
    }

    /// Counts a frame that the sandbox may send as often as it likes.
    fn unasked(&mut self, bytes: usize) {
        self.flood.came(bytes, self.duty.limits.log_rate, Instant::now());
    }

    fn log(&mut self, id: Option<EventId>, level: LogLevel, mut text: String) -> Result<(), Lie> {
        self.unasked(text.len());
        if level < self.duty.log_level {
            return Ok(());
        }
        let max = usize::try_from(self.duty.limits.log_size).unwrap_or(usize::MAX) + LOG_SLACK;
        text.truncate(text.floor_char_boundary(max));
        let mut request_id = String::new();
        let mut trigger = self.last_trigger;
        if let Some(id) = id {
            if !self.flights.was_sent(id) {
                return Err(Lie(format!("event {} is not in it", id.0)));
            }
            // Code that a handler left behind may log after its event is done.
            if let Some(flight) = self.flights.find(id) {
                let room = max.saturating_sub(flight.logged);
                text.truncate(text.floor_char_boundary(room));
                flight.logged += text.len().max(1);
                if room == 0 {
                    return Ok(());
                }
                if let Some(pending) = &mut flight.pending {
                    request_id.clone_from(&pending.request_id);
                    trigger = pending.trigger;
                }
            }
        }
        let rate = self.duty.limits.log_rate;
        let size = text.len() + FRAME_COST;
        let (level, text) = match self.duty.log_rate.borrow_mut().take(size, rate, Instant::now()) {
            Kept::Yes => (level, text),
            Kept::NoLonger(bytes) => {
                let exceeded = LOG_RATE.exceeded(bytes, rate);
                (LogLevel::Warn, format!("lines are dropped: {} {exceeded}", self.duty.name))
            }
            Kept::No => {
                logs::dropped();
                return Ok(());
            }
        };
        let flight = id.and_then(|id| self.flights.find(id));
        if let Some(pending) = flight.and_then(|flight| flight.pending.as_mut()) {
            pending.log(&text);
        }
        if let Some((sink, version)) = &self.duty.logs {
            sink.line(version, trigger, &request_id, level, text);
        }
        Ok(())
    }

    fn call(
        &mut self,
        call: CallId,
        id: Option<EventId>,
        request: CallRequest,
        ctx: &mut Context<Self>,
    ) -> Result<(), Lie> {
        if !self.calls.open.insert(call) {
            return Err(Lie(format!("call {} is made twice", call.0)));
        }
        // Code that a handler left behind calls on nobody's behalf, like code that starts.
        let id = id.filter(|id| self.flights.find(*id).is_some());
        let Limits { subrequests, subrequest_bytes, .. } = self.duty.limits;
        // Each event may have needed an environment that had to start.
        let starts = self.flights.sent().saturating_add(1);
        let Calls { at_start, at_start_bytes, at_start_gate, bytes, .. } = &mut self.calls;
        let (made, carried, gate, until, starts) = match id.and_then(|id| self.flights.find(id)) {
            Some(Flight { calls, call_bytes, calls_gate, until, .. }) => {
                (calls, call_bytes, &*calls_gate, *until, 1)
            }
            None => {
                let until = Instant::now() + self.duty.timeout;
                (at_start, at_start_bytes, &*at_start_gate, until, starts)
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
        let refused = if let Some(exceeded) = exceeded {
            Some(format!("{} {exceeded}", self.duty.name))
        } else if bytes.saturating_add(size) > CALL_BYTES_MAX {
            Some(format!("the calls under way send more than {CALL_BYTES_MAX} bytes"))
        } else {
            None
        };
        if let Some(why) = refused {
            self.calls.open.remove(&call);
            self.unasked(size + REFUSAL_COST);
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
            // The gate is never closed; without a permit the call would only be one too many.
            let _permit = timeout_at(until, gate.acquire()).await;
            egress.call(request, until).await
        };
        ctx.spawn(performed.into_actor(self).map(move |result, actor, ctx| {
            actor.calls.open.remove(&call);
            actor.calls.bytes = actor.calls.bytes.saturating_sub(size);
            let result = result.and_then(|response| actor.received(id, bytes_max, response));
            actor.say(&ToSandbox::CallDone { call, result }, ctx);
        }));
        Ok(())
    }
}

impl SandboxActor {
    /// Counts what a call brought, and refuses it if that is too much.
    fn received(
        &mut self,
        id: Option<EventId>,
        max: u64,
        response: CallResponse,
    ) -> Result<CallResponse, CallError> {
        let carried = match id.map(|id| self.flights.find(id)) {
            Some(Some(flight)) => &mut flight.call_bytes,
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

fn is_given_up(failure: &Failure) -> bool {
    failure.kind == FailureKind::Limit && failure.error_type == GIVEN_UP
}
