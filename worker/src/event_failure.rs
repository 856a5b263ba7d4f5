//! The failures that the supervisor finds, with messages for the function's author.

use std::time::Duration;

use brink_shared::event::Trigger;
use brink_shared::limits::{
    CPU_TIME, Exceeded, Limits, MEMORY, STARTUP_TIME, STARTUP_WALL_FACTOR, TIMEOUT, Unit, micros,
};
use brink_shared::wire::{Failure, FailureKind};

use crate::pending::trigger_max;
use crate::runtime::ran_out_of_memory;
use brink_frames::{CPU_EXCEEDED, GIVEN_UP};

/// A function ran for `ran`, which is longer than `allowed`.
pub fn timed_out(function: &str, trigger: Trigger, ran: Duration, allowed: Duration) -> Failure {
    let place = if trigger.is_viewer() { " at viewer triggers" } else { " at origin triggers" };
    let exceeded = Exceeded {
        cap: (micros(trigger_max(trigger)), place),
        // A sandbox may give an event up a moment before.
        ..TIMEOUT.exceeded(micros(ran.max(allowed)), micros(allowed))
    };
    failure(FailureKind::Limit, GIVEN_UP, format!("{function} {exceeded}"))
}

/// A function used too much CPU time before it was started.
pub fn out_of_cpu_at_start(function: &str, used: Duration, limits: &Limits) -> Failure {
    let exceeded = STARTUP_TIME.exceeded(micros(used), micros(limits.startup_time));
    failure(FailureKind::Limit, CPU_EXCEEDED, format!("{function} {exceeded}"))
}

/// A function did not start in time, although it used less CPU time than it may. `used` is none if
/// the CPU time is not known. If it is known, the time in which others had the cores does not
/// count.
pub fn too_slow(function: &str, used: Option<Duration>, limits: &Limits) -> Failure {
    let text = |duration| Unit::Time.text(micros(duration));
    let waits =
        "its top level waits for something that does not come: wait in the handler, or not at all";
    let why = match used {
        Some(used) => format!("it used {} of CPU, so {waits}", text(used)),
        None => format!("{waits}; or the machine is busy"),
    };
    let message = format!(
        "{function} took more than {} to start, {STARTUP_WALL_FACTOR} times {}; {why}",
        text(limits.startup_wall()),
        STARTUP_TIME.key,
    );
    failure(FailureKind::Limit, GIVEN_UP, message)
}

/// A function used too much CPU time in one event.
pub fn out_of_cpu(function: &str, used: Duration, allowed: Duration) -> Failure {
    let exceeded = CPU_TIME.exceeded(micros(used), micros(allowed));
    failure(FailureKind::Limit, CPU_EXCEEDED, format!("{function} {exceeded}"))
}

/// A function's sandbox died while an event ran.
pub fn crashed(function: &str, how: &str) -> Failure {
    died(format!("the sandbox of {function} died during this event: {how}"))
}

/// A function's sandbox died before it was loaded.
pub fn crashed_at_start(function: &str, how: &str) -> Failure {
    died(format!("the sandbox of {function} died while it started: {how}"))
}

/// A function used `used` MB of memory, and may use `allowed` MB.
pub fn out_of_memory(function: &str, used: u32, allowed: u32) -> Failure {
    let exceeded = MEMORY.exceeded(used.into(), allowed.into());
    failure(FailureKind::Limit, OUT_OF_MEMORY, format!("{function} {exceeded}"))
}

/// A function had `had` threads, of all its processes, and may have `allowed`. The kernel refuses
/// further ones on most machines, and the sandbox ends on others.
pub fn too_many_threads(function: &str, had: u32, allowed: u32) -> Failure {
    let message = format!(
        "{function} had {had} threads and processes, over its limit of {allowed}; end those that \
         are no longer needed"
    );
    failure(FailureKind::Limit, "Runtime.TooManyThreads", message)
}

/// A function has more in `/tmp` than it may have. Where it has a private one, the kernel refuses to
/// write more.
pub fn too_much_in_tmp(function: &str, what: &str) -> Failure {
    let message = format!("{function} has {what} in /tmp; remove files that are no longer needed");
    failure(FailureKind::Limit, "Runtime.TmpFull", message)
}

/// A version is in its back-off: it is not started again before this time has passed.
pub fn in_back_off(function: &str, deaths: u32, retry_in: Duration, last: &Failure) -> Failure {
    let retry_in = humantime::format_duration(Duration::from_millis(micros(retry_in) / 1_000));
    Failure {
        stack: Vec::new(),
        message: format!(
            "{function} lost {deaths} sandboxes one after the other and gets the next in {retry_in}; \
             the last time: {}",
            last.message
        ),
        ..last.clone()
    }
}

/// An event that the function's runtime cannot read.
pub fn invalid_event(why: String) -> Failure {
    failure(FailureKind::Execution, "Runtime.InvalidEvent", why)
}

/// A failure that is not the function's fault.
pub fn platform(message: String) -> Failure {
    failure(FailureKind::Execution, "Runtime.PlatformError", message)
}

const OUT_OF_MEMORY: &str = "Runtime.OutOfMemory";

fn died(message: String) -> Failure {
    if ran_out_of_memory(&message) {
        let cap = MEMORY.cap;
        let message = format!("{message}; raise {} (at most {cap} MB)", MEMORY.key);
        return failure(FailureKind::Limit, OUT_OF_MEMORY, message);
    }
    failure(FailureKind::Execution, "Runtime.ExitError", message)
}

fn failure(kind: FailureKind, error_type: &str, message: String) -> Failure {
    Failure { kind, error_type: error_type.to_owned(), message, stack: Vec::new() }
}
