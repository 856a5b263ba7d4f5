//! The session: the state that the native functions of one environment share.
//!
//! Native functions are plain function pointers, and find the session through the engine context. A
//! context has a session once it has a version.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, js_error};

use brink_frames::{EventId, Load, LogLevel};
use brink_shared::limits::LOG_SIZE;

use super::answer::Answer;
use super::log::{Log, Verdict};
use super::recycling::Recycling;
use brink_frames::Host;

/// The state of one environment, in addition to the engine's own.
pub(super) struct Session {
    /// The version that runs here.
    pub(super) load: Arc<Load>,
    /// The host, which takes log lines and calls.
    pub(super) host: Rc<dyn Host>,
    /// The event under way; none while starting.
    pub(super) event: Cell<Option<EventId>>,
    /// The answer to it.
    pub(super) answer: Answer,
    /// Its log.
    pub(super) log: Log,
    /// The code with which the function called `process.exit`, if it did.
    pub(super) exited: Cell<Option<i32>>,
    /// The reasons to recycle the environment.
    pub(super) recycling: Recycling,
    /// The engine's `Array.isArray`, taken before user code could replace it.
    pub(super) is_array: JsFunction,
}

// === impl Session ===

impl Session {
    /// The session of this engine context.
    pub(super) fn of(context: &Context) -> JsResult<Rc<Self>> {
        context
            .get_data::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| js_error!(Error: "this context is not an execution environment"))
    }

    /// Begins an event, with no answer and an empty log.
    pub(super) fn begin(&self, event: EventId) {
        self.event.set(Some(event));
        self.answer.open();
        self.log.refill();
    }

    /// Writes a line to the function's log, if its level and its limit allow it.
    pub(super) fn log(&self, level: LogLevel, text: String) {
        if level < self.load.bounds.log_level {
            return;
        }
        let line = self.log.line(text);
        let event = self.event.get();
        match self.log.take(line.len()) {
            Verdict::Write => self.host.log(event, level, line),
            Verdict::WriteNotice => {
                let max = self.load.bounds.log_size;
                let exceeded = LOG_SIZE.exceeded(max, max);
                let notice = format!("log cut off: {} {exceeded}", self.load.name());
                self.host.log(event, LogLevel::Warn, notice);
            }
            Verdict::Drop => {}
        }
    }
}
