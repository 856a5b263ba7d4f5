//! What a sandbox says, and whether it can be true.

use std::io;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, timeout_at};

use brink_shared::wire::{self, Failure, FailureKind, Run, Verdict, WireError};

use super::{Calls, News, Phase, SandboxActor};
use crate::egress::{CALL_BYTES_MAX, CALLS_MAX};
use crate::failure;
use crate::sandbox::flights::Lie;
use crate::sandbox::frame::{
    CallError, CallId, CallRequest, EventId, FromSandbox, GIVEN_UP, LogLevel, ToSandbox,
};
use crate::settings::INIT_MAX;

/// Most bytes that one event may log; the rest is dropped.
pub(super) const LOG_BYTES_MAX: usize = 256 * 1024;

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
        match result {
            Ok(value) => pending.end(Verdict::Returned { value, run }),
            Err(failure) => {
                let failure = match (is_given_up(&failure), begun) {
                    (false, _) => failure,
                    (true, true) => self.timed_out(&pending),
                    (true, false) => failure::too_slow(&self.duty.name, INIT_MAX),
                };
                self.fail(pending, failure, run);
            }
        }
        Ok(())
    }

    fn log(&mut self, id: Option<EventId>, level: LogLevel, mut text: String) -> Result<(), Lie> {
        text.truncate(text.floor_char_boundary(LOG_BYTES_MAX));
        let mut request_id = String::new();
        let mut trigger = self.last_trigger;
        if let Some(id) = id {
            if !self.flights.was_sent(id) {
                return Err(Lie(format!("event {} is not in it", id.0)));
            }
            // Code that a handler left behind may log after its event is done.
            if let Some(flight) = self.flights.find(id) {
                let room = LOG_BYTES_MAX.saturating_sub(flight.logged);
                text.truncate(text.floor_char_boundary(room));
                flight.logged += text.len().max(1);
                if room == 0 {
                    return Ok(());
                }
                if let Some(pending) = &mut flight.pending {
                    pending.log(&text);
                    request_id.clone_from(&pending.request_id);
                    trigger = pending.trigger;
                }
            }
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
        let starts = u32::try_from(self.flights.sent()).unwrap_or(u32::MAX).saturating_add(1);
        let Calls { at_start, at_start_gate, bytes, .. } = &mut self.calls;
        let (made, gate, until, starts) = match id.and_then(|id| self.flights.find(id)) {
            Some(flight) => (&mut flight.calls, &flight.calls_gate, flight.until, 1),
            // Each event may have needed an environment that had to start.
            None => (at_start, &*at_start_gate, Instant::now() + self.duty.timeout, starts),
        };
        let size = request.size();
        let refused = if *made >= CALLS_MAX.saturating_mul(starts) {
            Some(format!("more than {CALLS_MAX} calls in one event"))
        } else if bytes.saturating_add(size) > CALL_BYTES_MAX {
            Some(format!("the calls under way send more than {CALL_BYTES_MAX} bytes"))
        } else {
            None
        };
        if let Some(why) = refused {
            self.calls.open.remove(&call);
            let result = Err(CallError::new("EMFILE", why));
            self.say(&ToSandbox::CallDone { call, result }, ctx);
            return Ok(());
        }
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
            actor.say(&ToSandbox::CallDone { call, result }, ctx);
        }));
        Ok(())
    }
}

fn is_given_up(failure: &Failure) -> bool {
    failure.kind == FailureKind::Limit && failure.error_type == GIVEN_UP
}
