//! `console`: what the function writes becomes log frames, within a budget per event.

use std::cell::Cell;

use boa_engine::{Context, Finalize, JsResult, JsString, Trace};
use boa_runtime::{ConsoleState, Logger};

use super::failure::cut;
use super::session::Session;
use crate::sandbox::frame::LogLevel;

/// Longest line, in bytes; more of it is cut off.
const LINE_MAX: usize = 64 * 1024;

/// Most log of one event, in bytes.
const EVENT_MAX: usize = 1024 * 1024;

/// What a line costs beside its text, so that empty lines are not free.
const LINE_COST: usize = 64;

/// The console of an environment, writing to its host.
#[derive(Debug, Trace, Finalize)]
pub(super) struct Journal;

/// What the event under way may still log.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    exhausted: Cell<bool>,
}

/// Whether a line may be logged.
enum Verdict {
    Write,
    /// No, and this is the first that is not.
    WriteNotice,
    Drop,
}

// === impl Journal ===

impl Journal {
    fn write(
        level: LogLevel,
        text: String,
        state: &ConsoleState,
        context: &Context,
    ) -> JsResult<()> {
        let session = Session::of(context)?;
        let indent = state.indent().min(LINE_MAX);
        let text = if indent > 0 { format!("{:indent$}{text}", "") } else { text };
        let text = cut(text, LINE_MAX);
        let event = session.event.get();
        match session.log_budget.take(text.len()) {
            Verdict::Write => session.host.log(event, level, text),
            Verdict::WriteNotice => {
                let notice = format!("log cut off: more than {EVENT_MAX} bytes for one event");
                session.host.log(event, LogLevel::Warn, notice);
            }
            Verdict::Drop => {}
        }
        Ok(())
    }
}

impl Logger for Journal {
    fn trace(&self, text: String, state: &ConsoleState, context: &mut Context) -> JsResult<()> {
        let mut lines = format!("Trace: {text}");
        for frame in context.stack_trace() {
            let name = JsString::to_std_string_lossy(frame.code_block().name());
            lines.push_str("\n    at ");
            lines.push_str(&name);
        }
        Self::write(LogLevel::Trace, lines, state, context)
    }

    fn debug(&self, text: String, state: &ConsoleState, context: &mut Context) -> JsResult<()> {
        Self::write(LogLevel::Debug, text, state, context)
    }

    fn log(&self, text: String, state: &ConsoleState, context: &mut Context) -> JsResult<()> {
        Self::write(LogLevel::Info, text, state, context)
    }

    fn info(&self, text: String, state: &ConsoleState, context: &mut Context) -> JsResult<()> {
        Self::write(LogLevel::Info, text, state, context)
    }

    fn warn(&self, text: String, state: &ConsoleState, context: &mut Context) -> JsResult<()> {
        Self::write(LogLevel::Warn, text, state, context)
    }

    fn error(&self, text: String, state: &ConsoleState, context: &mut Context) -> JsResult<()> {
        Self::write(LogLevel::Error, text, state, context)
    }
}

// === impl Budget ===

impl Default for Budget {
    fn default() -> Self {
        Self { left: Cell::new(EVENT_MAX), exhausted: Cell::new(false) }
    }
}

impl Budget {
    /// Turns to a new event.
    pub(super) fn refill(&self) {
        self.left.set(EVENT_MAX);
        self.exhausted.set(false);
    }

    fn take(&self, bytes: usize) -> Verdict {
        match self.left.get().checked_sub(bytes + LINE_COST) {
            Some(left) => {
                self.left.set(left);
                Verdict::Write
            }
            None if self.exhausted.replace(true) => Verdict::Drop,
            None => Verdict::WriteNotice,
        }
    }
}
