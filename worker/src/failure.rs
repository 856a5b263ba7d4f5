//! Failures that the supervisor finds, in the words that function authors read.

use std::time::Duration;

use brink_shared::event::Trigger;
use brink_shared::wire::{Failure, FailureKind};

use crate::pending::trigger_max;
use crate::sandbox::frame::GIVEN_UP;

/// A function that ran over its time.
pub fn timed_out(function: &str, trigger: Trigger, after: Duration) -> Failure {
    let max = humantime::format_duration(trigger_max(trigger));
    let after = humantime::format_duration(after);
    let place = if trigger.is_viewer() { "viewer" } else { "origin" };
    failure(
        FailureKind::Limit,
        GIVEN_UP,
        format!(
            "function {function} ran over its timeout of {after} (raise `timeout`, at most {max} at {place} triggers)"
        ),
    )
}

/// A function that did not start in time.
pub fn too_slow(function: &str, max: Duration) -> Failure {
    let max = humantime::format_duration(max);
    failure(FailureKind::Limit, GIVEN_UP, format!("function {function} did not start within {max}"))
}

/// A function whose sandbox died while it ran.
pub fn crashed(function: &str, how: &str) -> Failure {
    died(format!("the sandbox of function {function} died during this event: {how}"))
}

/// A function whose sandbox died before it was loaded.
pub fn crashed_at_start(function: &str, how: &str) -> Failure {
    died(format!("the sandbox of function {function} died while it started: {how}"))
}

/// A function that used so much memory, where so much is allowed, in MB.
pub fn out_of_memory(function: &str, used: u32, allowed: u32) -> Failure {
    failure(
        FailureKind::Limit,
        "Runtime.OutOfMemory",
        format!(
            "the sandbox of function {function} used {used} MB, with {allowed} MB for the function (raise `memory_mb`)"
        ),
    )
}

/// Something that is not the function's fault.
pub fn platform(message: String) -> Failure {
    failure(FailureKind::Execution, "Runtime.PlatformError", message)
}

fn died(message: String) -> Failure {
    // A runtime's last words when it asked for more than the sandbox may reserve.
    if message.contains("memory allocation of ") {
        let message = message + " (raise `memory_mb`)";
        return failure(FailureKind::Limit, "Runtime.OutOfMemory", message);
    }
    failure(FailureKind::Execution, "Runtime.ExitError", message)
}

fn failure(kind: FailureKind, error_type: &str, message: String) -> Failure {
    Failure { kind, error_type: error_type.to_owned(), message, stack: Vec::new() }
}
