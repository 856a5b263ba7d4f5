//! Follows the handler, an async function, from one `await` to the next.
//!
//! If code nests its calls too deeply, the engine ends it with an error that the code cannot catch.
//! After an `await` the engine drops that error, and the function's promise stays pending forever.
//! Such an end is recognized by this: the code does not await again, its promise is not settled,
//! and no job can settle it. A function whose `then` calls native code may look the same for a
//! while. So the loop relies on this only when nothing is left that could answer the event.
//!
//! This follows only the handler's own code, and the functions that it calls without `await`. The
//! promises of other async functions are not known.

use std::cell::RefCell;

use boa_engine::Context;
use boa_engine::builtins::function::OrdinaryFunction;
use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsFunction, JsPromise};

/// Where the handler's code is.
#[derive(Default)]
pub(super) struct Progress(RefCell<Followed>);

#[derive(Default)]
struct Followed {
    runs: bool,
    /// True if jobs were queued since the code was last resumed.
    queued: bool,
    /// What resumes the code: with a value, and with an error.
    resumptions: [Option<JsFunction>; 2],
    promise: Option<JsPromise>,
    /// True if the code neither awaited nor was done when it last returned.
    cut_short: bool,
}

// === impl Progress ===

impl Progress {
    /// The handler is about to be called.
    pub(super) fn begin(&self, handler: &JsFunction, context: &Context) {
        let is_async = handler.prototype()
            == Some(context.intrinsics().constructors().async_function().prototype());
        self.0.replace(Followed { runs: is_async, ..Followed::default() });
    }

    /// The handler was called and returned this, if it is a promise.
    pub(super) fn returned(&self, promise: Option<JsPromise>) {
        let followed = &mut *self.0.borrow_mut();
        followed.runs = false;
        followed.promise = promise;
    }

    /// A reaction was attached to some promise.
    pub(super) fn attached(&self, reaction: &JsFunction, context: &Context) {
        let followed = &mut *self.0.borrow_mut();
        // `await` attaches functions of the engine's own, from the frame that it is in.
        if followed.runs
            && context.stack_trace().nth(1).is_none()
            && !reaction.is::<OrdinaryFunction>()
        {
            let [_, before] = std::mem::take(&mut followed.resumptions);
            followed.resumptions = [before, Some(reaction.clone())];
        }
    }

    /// A job was queued.
    pub(super) fn queued(&self) {
        self.0.borrow_mut().queued = true;
    }

    /// A reaction is about to be called. True if it resumes the handler's code.
    pub(super) fn resumes(&self, reaction: &JsFunction) -> bool {
        let followed = &mut *self.0.borrow_mut();
        let mut resumptions = followed.resumptions.iter().flatten();
        let resumes = resumptions.any(|other| JsObject::equals(other, reaction));
        if resumes {
            followed.resumptions = [None, None];
            followed.runs = true;
            followed.queued = false;
        }
        resumes
    }

    /// The handler's code was resumed and has returned.
    pub(super) fn came_back(&self) {
        let followed = &mut *self.0.borrow_mut();
        followed.runs = false;
        let goes_on = followed.queued || followed.resumptions.iter().any(Option::is_some);
        let promise = followed.promise.as_ref().map(JsPromise::state);
        followed.cut_short = !goes_on && promise == Some(PromiseState::Pending);
    }

    /// True if the handler's code, which has not answered, was cut short.
    pub(super) fn was_cut_short(&self) -> bool {
        self.0.borrow().cut_short
    }
}
