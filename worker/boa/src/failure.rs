//! Turns what a function threw into a [`Failure`] for its author.
//!
//! Types and messages are those of Lambda's Node.js runtime, also for thrown values that are not
//! errors. Reading an error may run user code (getters, proxies). If that code throws, its error is
//! ignored.

use boa_engine::error::{EngineError, RuntimeLimitError};
use boa_engine::object::JsObject;
use boa_engine::{Context, JsError, JsValue, js_string};

use brink_shared::wire::{Failure, FailureKind};

use super::session::Session;
use super::text::cut;

/// Longest message that is kept, in bytes.
const MESSAGE_MAX: usize = 16 * 1024;

/// Longest stack frame that is kept, in bytes.
const FRAME_MAX: usize = 512;

/// Most stack frames that are kept.
const FRAMES_MAX: usize = 50;

/// An execution failure without a stack.
pub(super) fn execution(error_type: &str, message: impl Into<String>) -> Failure {
    Failure {
        kind: FailureKind::Execution,
        error_type: error_type.to_owned(),
        message: cut(message.into(), MESSAGE_MAX),
        stack: Vec::new(),
    }
}

/// The failure of a call into the engine.
pub(super) fn of_error(error: JsError, context: &mut Context) -> Failure {
    let session = Session::of(context).ok();
    if let Some(code) = session.as_ref().and_then(|session| session.exited.get()) {
        return of_exit(code);
    }
    match error.as_engine() {
        Some(EngineError::RuntimeLimit(limit)) => {
            session.inspect(|session| session.recycling.break_off());
            of_limit(*limit)
        }
        Some(engine) => execution("Runtime.ExitError", engine.to_string()),
        None => match error.into_opaque(context) {
            Ok(thrown) => of_thrown(&thrown, context),
            Err(error) => execution("Runtime.ExitError", error.to_string()),
        },
    }
}

/// A value that was thrown, or given to `callback` as its error.
pub(super) fn of_thrown(thrown: &JsValue, context: &mut Context) -> Failure {
    if thrown.is_null_or_undefined() {
        return execution("string", "handled");
    }
    let error = thrown.as_object().filter(looks_like_error);
    let Some(error) = error else {
        let message = text_of(thrown, context);
        return execution(thrown.type_of(), message);
    };
    let error_type = property(&error, "name", context).filter(|name| !name.is_empty());
    let stack = property(&error, "stack", context).unwrap_or_default();
    Failure {
        stack: frames(&stack),
        ..execution(
            &cut(error_type.unwrap_or_else(|| "Error".to_owned()), FRAME_MAX),
            property(&error, "message", context).unwrap_or_default(),
        )
    }
}

/// `process.exit`, in Lambda's words.
pub(super) fn of_exit(code: i32) -> Failure {
    match code {
        0 => execution("Runtime.ExitError", "Runtime exited without providing a reason"),
        _ => {
            execution("Runtime.ExitError", format!("Runtime exited with error: exit status {code}"))
        }
    }
}

/// Calls were nested too deeply, in Node.js's words.
pub(super) fn too_deep() -> Failure {
    execution("RangeError", "Maximum call stack size exceeded")
}

fn of_limit(limit: RuntimeLimitError) -> Failure {
    match limit {
        RuntimeLimitError::Recursion | RuntimeLimitError::StackSize => too_deep(),
        RuntimeLimitError::LoopIteration => execution("RangeError", limit.to_string()),
    }
}

/// Errors of the engine, and objects that only look like errors.
fn looks_like_error(object: &JsObject) -> bool {
    object.is::<boa_engine::builtins::error::Error>()
        || ["name", "message", "stack"].iter().all(|name| {
            let key = js_string!(*name).into();
            object.borrow().properties().contains_key(&key)
        })
}

fn property(object: &JsObject, name: &str, context: &mut Context) -> Option<String> {
    let value = object.get(js_string!(name), context).ok()?;
    if value.is_undefined() {
        return None;
    }
    Some(text_of(&value, context))
}

fn text_of(value: &JsValue, context: &mut Context) -> String {
    if let Some(symbol) = value.as_symbol() {
        return symbol.descriptive_string().to_std_string_lossy();
    }
    match value.to_string(context) {
        Ok(text) => text.to_std_string_lossy(),
        Err(_) => "a thrown value that cannot be turned into text".to_owned(),
    }
}

fn frames(stack: &str) -> Vec<String> {
    stack
        .lines()
        .filter_map(|line| line.trim().strip_prefix("at "))
        .take(FRAMES_MAX)
        .map(|frame| cut(frame.to_owned(), FRAME_MAX))
        .collect()
}
