//! Failures that the supervisor finds, in the words that function authors read.

use std::time::Duration;

use brink_shared::event::Trigger;
use brink_shared::limits::{
    CPU_TIME, Exceeded, Limits, MEMORY, STARTUP_TIME, STARTUP_WALL_FACTOR, TIMEOUT, Unit, micros,
};
use brink_shared::wire::{Failure, FailureKind};

use crate::pending::trigger_max;
use brink_frames::{CPU_EXCEEDED, GIVEN_UP};

/// A function that ran for so long, which was over its time.
pub fn timed_out(function: &str, trigger: Trigger, ran: Duration, allowed: Duration) -> Failure {
    let place = if trigger.is_viewer() { " at viewer triggers" } else { " at origin triggers" };
    let exceeded = Exceeded {
        cap: (micros(trigger_max(trigger)), place),
        // It may be given up by a moment before.
        ..TIMEOUT.exceeded(micros(ran.max(allowed)), micros(allowed))
    };
    failure(FailureKind::Limit, GIVEN_UP, format!("{function} {exceeded}"))
}

/// A function that used so much CPU time without being started.
pub fn out_of_cpu_at_start(function: &str, used: Duration, limits: &Limits) -> Failure {
    let exceeded = STARTUP_TIME.exceeded(micros(used), micros(limits.startup_time));
    failure(FailureKind::Limit, CPU_EXCEEDED, format!("{function} {exceeded}"))
}

/// A function that did not start in time, with less CPU time than it may use: so much, if that is
/// known. Then the time in which others had the cores is not counted.
pub fn too_slow(function: &str, used: Option<Duration>, limits: &Limits) -> Failure {
    let text = |duration| Unit::Time.text(micros(duration));
    let waits = "its top level waits for what does not come: wait in the handler, or not at all";
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

/// A function that used so much CPU time in one event.
pub fn out_of_cpu(function: &str, used: Duration, allowed: Duration) -> Failure {
    let exceeded = CPU_TIME.exceeded(micros(used), micros(allowed));
    failure(FailureKind::Limit, CPU_EXCEEDED, format!("{function} {exceeded}"))
}

/// A function whose sandbox died while it ran.
pub fn crashed(function: &str, how: &str) -> Failure {
    died(format!("the sandbox of {function} died during this event: {how}"))
}

/// A function whose sandbox died before it was loaded.
pub fn crashed_at_start(function: &str, how: &str) -> Failure {
    died(format!("the sandbox of {function} died while it started: {how}"))
}

/// A function that used so much memory, where so much is allowed, in MB.
pub fn out_of_memory(function: &str, used: u32, allowed: u32) -> Failure {
    let exceeded = MEMORY.exceeded(used.into(), allowed.into());
    failure(FailureKind::Limit, OUT_OF_MEMORY, format!("{function} {exceeded}"))
}

/// A version that is not started again before so much time has passed.
pub fn ailing(function: &str, deaths: u32, retry_in: Duration, last: &Failure) -> Failure {
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

/// Something that is not the function's fault.
pub fn platform(message: String) -> Failure {
    failure(FailureKind::Execution, "Runtime.PlatformError", message)
}

const OUT_OF_MEMORY: &str = "Runtime.OutOfMemory";

/// A runtime's last words when it asked for more than its sandbox may reserve. They come from the
/// sandbox, so that they say nothing that is of weight for anybody but its own function.
const ALLOCATION_FAILED: &str = "memory allocation of ";

fn died(message: String) -> Failure {
    if message.contains(ALLOCATION_FAILED) {
        let cap = MEMORY.cap;
        let message = format!("{message}; raise {} (at most {cap} MB)", MEMORY.key);
        return failure(FailureKind::Limit, OUT_OF_MEMORY, message);
    }
    failure(FailureKind::Execution, "Runtime.ExitError", message)
}

fn failure(kind: FailureKind, error_type: &str, message: String) -> Failure {
    Failure { kind, error_type: error_type.to_owned(), message, stack: Vec::new() }
}
