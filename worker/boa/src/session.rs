//! What the native functions of one environment share.
//!
//! Native functions are plain function pointers; they find this through the engine context. A
//! context has a session once it has a version.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, js_error};

use super::Host;
use super::console::Journal;
use super::context_object::About;
use super::handler::Answer;
use super::modules::Modules;
use super::wear::Wear;
use brink_frames::{EventId, Load};

/// State of one environment, beside the engine's own.
pub(super) struct Session {
    /// The version that runs here.
    pub(super) load: Arc<Load>,
    /// What `context` says of it.
    pub(super) about: About,
    /// Where logs and calls go.
    pub(super) host: Rc<dyn Host>,
    /// The event under way; none while starting.
    pub(super) event: Cell<Option<EventId>>,
    /// The answer to it.
    pub(super) answer: Answer,
    /// Its log.
    pub(super) console: Journal,
    /// The code with which the function called `process.exit`, if it did.
    pub(super) exited: Cell<Option<i32>>,
    /// The modules that were loaded.
    pub(super) modules: Modules,
    /// What the environment has been through.
    pub(super) wear: Wear,
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
            .ok_or_else(|| js_error!(Error: "this context is no execution environment"))
    }

    /// Turns to an event: its answer is open, and it may log anew.
    pub(super) fn begin(&self, event: EventId) {
        self.event.set(Some(event));
        self.answer.open();
        self.console.refill();
    }
}
