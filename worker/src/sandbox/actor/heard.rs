//! Handles the messages of a sandbox, and checks whether they can be true.

use actix::prelude::*;
use bytes::Bytes;
use tokio::time::Instant;

use brink_shared::limits::{LOG_RATE, LOG_SIZE};
use brink_shared::wire::{Failure, FailureKind, Run, Verdict};

use super::flood::{FRAME_COST, Kept};
use super::{News, Phase, SandboxActor};
use crate::event_failure;
use crate::logs;
use crate::sandbox::in_flight::ProtocolViolation;
use brink_frames::{EventId, FromSandbox, GIVEN_UP, LogLevel};

/// Room in addition to an event's log limit, for the line that says that the rest is dropped.
pub(super) const LOG_SLACK: usize = 1024;

impl SandboxActor {
    /// Handles one message.
    pub(super) fn message(
        &mut self,
        message: FromSandbox,
        ctx: &mut Context<Self>,
    ) -> Result<(), ProtocolViolation> {
        match message {
            FromSandbox::Blank(_) => Err(ProtocolViolation(
                "it says a second time that it is ready for a version".to_owned(),
            )),
            FromSandbox::Absent(_) => Err(ProtocolViolation(
                "it says what a bundle requests, which it was not asked".to_owned(),
            )),
            FromSandbox::Loaded { init_us } => self.loaded(init_us),
            FromSandbox::StartFailed(failure) => self.start_failed(failure, ctx),
            FromSandbox::Ends => self.ends(),
            // The order tells which event began.
            FromSandbox::Started(id) if self.dialect.is_one_by_one() => self.said_started(id),
            FromSandbox::Started(id) => self.event_started(id),
            FromSandbox::Done { id, result, run } => self.event_done(id, result, run),
            FromSandbox::Log { id, level, text } => self.log(id, level, text),
            FromSandbox::Call { call, id, request } => self.call(call, id, request, ctx),
            FromSandbox::Cancel(call) => self.cancel(call, ctx),
            FromSandbox::Turn { thread, holder } => {
                self.unasked(0);
                self.turn(thread, holder)
            }
        }
    }

    fn loaded(&mut self, init_us: u64) -> Result<(), ProtocolViolation> {
        if self.phase != Phase::Loading {
            return Err(ProtocolViolation("it loaded a second time".to_owned()));
        }
        self.phase = Phase::Ready;
        self.tell(News::Loaded(init_us));
        Ok(())
    }

    fn start_failed(
        &mut self,
        failure: Failure,
        ctx: &mut Context<Self>,
    ) -> Result<(), ProtocolViolation> {
        if self.phase != Phase::Loading {
            return Err(ProtocolViolation("it says that a loaded version cannot start".to_owned()));
        }
        self.phase = Phase::Dead;
        self.tell(News::StartFailed(failure));
        ctx.stop();
        Ok(())
    }

    /// Puts the events back that the sandbox will not begin. It gets no further one.
    ///
    /// An event counts as begun when it is the first one, but the sandbox may have ended before it
    /// read the event. The sandbox says which one it began before it says this.
    fn ends(&mut self) -> Result<(), ProtocolViolation> {
        if self.phase == Phase::Loading {
            return Err(ProtocolViolation("it ends before it is loaded".to_owned()));
        }
        let waiting = self.in_flight.take_all_but(self.said_started);
        if self.in_flight.is_empty() {
            self.connections_of_none();
        }
        waiting.iter().for_each(|event| event.meter().came_back());
        self.queue.borrow_mut().put_back(waiting);
        let how = "an error outside of its handler ended its process";
        self.ending = Some(event_failure::crashed(&self.duty.name, how));
        self.phase = Phase::Leaving;
        Ok(())
    }

    /// The sandbox says which event began: once for each, and in their order.
    fn said_started(&mut self, id: EventId) -> Result<(), ProtocolViolation> {
        if self.in_flight.oldest() != Some(id) || self.said_started.replace(id) == Some(id) {
            return Err(ProtocolViolation(format!("event {} cannot begin now", id.0)));
        }
        Ok(())
    }

    pub(super) fn event_started(&mut self, id: EventId) -> Result<(), ProtocolViolation> {
        let timeout = match &self.in_flight.get(id)?.pending {
            Some(pending) => self.duty.allows(pending),
            None => self.duty.timeout,
        };
        self.in_flight.started(id, timeout)?;
        self.connections_of(id);
        Ok(())
    }

    fn event_done(
        &mut self,
        id: EventId,
        result: Result<Bytes, Failure>,
        run: Run,
    ) -> Result<(), ProtocolViolation> {
        if self.dialect.is_one_by_one() {
            if self.in_flight.oldest() != Some(id) {
                let why = format!("event {} is done before the event that began", id.0);
                return Err(ProtocolViolation(why));
            }
            self.line.ran(run.duration_us);
            self.vitals.quick.set(self.line.is_quick());
        }
        self.connections_of_none();
        let event = self.in_flight.done(id)?;
        self.begin_next();
        let begun = event.started.is_some();
        self.vitals.served.set(self.vitals.served.get() + 1);
        let Some(pending) = event.pending else {
            return Ok(());
        };
        pending.meter().came_back();
        let ran = event.started.map(|started| started.elapsed()).unwrap_or_default();
        match result {
            Ok(value) => pending.end(Verdict::Returned { value, run }),
            Err(failure) => {
                let failure = match (is_given_up(&failure), begun) {
                    (false, _) => failure,
                    (true, true) => self.timed_out(&pending, ran),
                    (true, false) => {
                        event_failure::too_slow(&self.duty.name, None, &self.duty.limits)
                    }
                };
                self.fail(pending, failure, run);
            }
        }
        Ok(())
    }

    /// Counts a frame that a sandbox may send as often as it likes.
    pub(super) fn unasked(&mut self, bytes: usize) {
        self.flood.came(bytes, self.duty.limits.log_rate, Instant::now());
    }

    pub(super) fn log(
        &mut self,
        id: Option<EventId>,
        level: LogLevel,
        mut text: String,
    ) -> Result<(), ProtocolViolation> {
        self.unasked(text.len());
        if level < self.duty.log_level {
            return Ok(());
        }
        let max = usize::try_from(self.duty.limits.log_size).unwrap_or(usize::MAX) + LOG_SLACK;
        text.truncate(text.floor_char_boundary(max));
        let mut request_id = String::new();
        let mut trigger = self.last_trigger;
        let mut is_full = false;
        if let Some(id) = id {
            if !self.in_flight.was_sent(id) {
                return Err(ProtocolViolation(format!("event {} is not in it", id.0)));
            }
            // Code that runs on after its handler returned may log after its event is done.
            if let Some(event) = self.in_flight.find(id) {
                let room = max.saturating_sub(event.logged);
                if room == 0 {
                    return Ok(());
                }
                is_full = text.len() >= room;
                text.truncate(text.floor_char_boundary(room));
                event.logged = if is_full { max } else { event.logged + text.len().max(1) };
                if let Some(pending) = &mut event.pending {
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
        let notice = is_full.then(|| {
            let log_size = self.duty.limits.log_size;
            let exceeded = LOG_SIZE.exceeded(log_size, log_size);
            (LogLevel::Warn, format!("log cut off: {} {exceeded}", self.duty.name))
        });
        for (level, text) in [Some((level, text)), notice].into_iter().flatten() {
            let event = id.and_then(|id| self.in_flight.find(id));
            if let Some(pending) = event.and_then(|event| event.pending.as_mut()) {
                pending.log(&text);
            }
            if let Some((sink, version)) = &self.duty.logs {
                sink.line(version, trigger, &request_id, level, text);
            }
        }
        Ok(())
    }
}

fn is_given_up(failure: &Failure) -> bool {
    failure.kind == FailureKind::Limit && failure.error_type == GIVEN_UP
}
