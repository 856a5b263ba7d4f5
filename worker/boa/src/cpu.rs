//! The CPU time of an event: the time of its thread while the event's code runs.
//!
//! An event over its hard limit is given up as soon as its code awaits, or lets another environment
//! of the thread run. Code that does neither keeps the thread. Then only the supervisor can end it,
//! and learns from the sandbox which event it is.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use brink_shared::limits::{self, CPU_TIME};
use brink_shared::wire::{Failure, FailureKind};
use rustix::time::{ClockId, clock_gettime};

use super::answered::{Answered, State};
use brink_frames::Host;
use brink_frames::{CPU_EXCEEDED, EventId, Load};

/// Runs an event under the limits of its CPU time. Over the hard limit it fails. Over the soft
/// limit it is the last event of its environment.
pub(super) async fn metered(
    host: &dyn Host,
    event: EventId,
    load: &Load,
    running: impl Future<Output = Answered>,
) -> Answered {
    let hard = load.bounds.cpu_hard.unwrap_or(Duration::MAX);
    let mut running = pin!(running);
    let mut used = Duration::ZERO;
    let answered = std::future::poll_fn(|task| {
        host.takes_thread(event, used);
        let begun = thread_time();
        let polled = running.as_mut().poll(task);
        used += thread_time().saturating_sub(begun);
        host.leaves_thread();
        match polled {
            Poll::Ready(answered) => Poll::Ready(Some(answered)),
            Poll::Pending if used > hard => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    });
    match answered.await {
        Some(answered) if used <= hard => {
            let state = match answered.state {
                State::Good if used > load.bounds.cpu_soft => State::Recycle,
                state => state,
            };
            Answered { state, ..answered }
        }
        answered => Answered {
            result: Err(exceeded(load, used, hard)),
            duration_us: answered.map_or(limits::micros(used), |answered| answered.duration_us),
            state: State::Spent,
        },
    }
}

fn exceeded(load: &Load, used: Duration, hard: Duration) -> Failure {
    let exceeded = CPU_TIME.exceeded(limits::micros(used), limits::micros(hard));
    Failure {
        kind: FailureKind::Limit,
        error_type: CPU_EXCEEDED.to_owned(),
        message: format!("{} {exceeded}", load.name()),
        stack: Vec::new(),
    }
}

/// CPU time of this thread since it began.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}
