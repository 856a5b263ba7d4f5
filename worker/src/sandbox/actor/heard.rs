//! What a sandbox says, and whether it can be true.

use std::io;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use brink_shared::wire::{self, Failure, FailureKind, Run, Verdict, WireError};

use super::{Calls, News, Phase, SandboxActor};
use crate::egress::{CALLS_AT_ONCE_MAX, CALLS_MAX};
use crate::failure;
use crate::sandbox::flights::Lie;
use crate::sandbox::frame::{
    CallId, CallRequest, EventId, FromSandbox, GIVEN_UP, LogLevel, ToSandbox,
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
            FromSandbox::Blank => Err(Lie("it is blank a second time".to_owned())),
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
        let environments = u32::try_from(self.duty.environments).unwrap_or(u32::MAX);
        let starts = u32::try_from(self.flights.sent()).unwrap_or(u32::MAX).saturating_add(1);
        let (made, open, until, allowances) = match id.and_then(|id| self.flights.find(id)) {
            Some(flight) => (&mut flight.calls, &mut flight.calls_open, flight.until, (1, 1)),
            None => {
                let Calls { at_start, at_start_open, .. } = &mut self.calls;
                // Each event may have needed an environment that had to start.
                let until = Instant::now() + self.duty.timeout;
                (at_start, at_start_open, until, (starts, environments))
            }
        };
        let refused = if *made >= CALLS_MAX.saturating_mul(allowances.0) {
            Some(format!("more than {CALLS_MAX} calls in one event"))
        } else if *open >= CALLS_AT_ONCE_MAX.saturating_mul(allowances.1) {
            Some(format!("more than {CALLS_AT_ONCE_MAX} calls at a time in one event"))
        } else {
            None
        };
        if let Some(why) = refused {
            self.calls.open.remove(&call);
            self.say(&ToSandbox::CallDone { call, result: Err(why) }, ctx);
            return Ok(());
        }
        *made += 1;
        *open += 1;
        let egress = self.duty.egress.clone();
        let performed = async move { egress.call(request, until).await };
        ctx.spawn(performed.into_actor(self).map(move |result, actor, ctx| {
            actor.calls.open.remove(&call);
            match id.map(|id| actor.flights.find(id)) {
                Some(Some(flight)) => flight.calls_open = flight.calls_open.saturating_sub(1),
                Some(None) => {}
                None => actor.calls.at_start_open = actor.calls.at_start_open.saturating_sub(1),
            }
            actor.say(&ToSandbox::CallDone { call, result }, ctx);
        }));
        Ok(())
    }
}

fn is_given_up(failure: &Failure) -> bool {
    failure.kind == FailureKind::Limit && failure.error_type == GIVEN_UP
}
