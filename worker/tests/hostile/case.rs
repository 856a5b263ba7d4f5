//! A piece of hostile code, and its expected outcome.

use std::time::{Duration, Instant};

use brink_shared::duration_text;
use brink_shared::subject;
use brink_shared::wire::{FailureKind, Verdict};
use serde_json::{Value, json};

use crate::edge::{Edge, LONG, returned};
use crate::stall::Stall;

/// How long an event may take of a function that does not end by itself.
pub const SHORT: Duration = Duration::from_millis(400);

/// How long any other event may take. A busy machine must not change its outcome.
pub const AMPLE: Duration = Duration::from_secs(5);

/// How late an answer may be on a machine that lets the supervisor run when it should, and how
/// soon the next event is served by a new sandbox.
pub const LATE: Duration = Duration::from_millis(200);

/// See [`LATE`].
pub const BACK: Duration = Duration::from_secs(1);

/// Hostile code for the body of an `async` handler.
pub struct Case {
    pub name: &'static str,
    pub code: &'static str,
    pub ends: Ends,
}

/// The expected outcome of an event.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// It runs into its timeout.
    Late,
    /// It is over the memory limit.
    Full,
    /// Timeout or memory limit, whichever comes first.
    LateOrFull,
    /// Its process aborts, or is over the memory limit first: a stack that fills is memory too.
    Crash,
    /// Whichever of timeout and those comes first.
    LateOrCrash,
    /// It throws: the type, and the start of the message.
    Throws(&'static str, &'static str),
    /// The returned value is rejected, with this in the message.
    Rejected(&'static str),
    /// It returns this JSON.
    Returns(&'static str),
}

use Ends::*;

/// The stack is full.
pub const DEEP: Ends = Throws("RangeError", "Maximum call stack size exceeded");

const BEFORE: &str = "before an await";
const AFTER: &str = "after an await";

// === impl Case ===

impl Case {
    /// Runs the code before and after an `await`, and sees that the function goes on each time.
    pub async fn run(&self, edge: &Edge, number: usize, stall: &Stall) -> Result<(), String> {
        let source = format!(
            "exports.handler = async (event) => {{
              if (event.good) return 'good';
              if (event.later) await new Promise((done) => setTimeout(done, 1));
              {}
            }};",
            self.code
        );
        let timeout = if self.ends.may_be_late() { SHORT } else { AMPLE };
        let settings = json!({"timeout": duration_text::format(timeout)});
        let name = format!("case-{number}");
        let published = edge.publish_with(&name, &source, settings).await;
        let version = published.map_err(|error| format!("{}: {error}", self.name))?.version;
        returned(edge.call(&version, json!({"good": true})).await);
        for (place, event) in [(BEFORE, json!({})), (AFTER, json!({"later": true}))] {
            let wrong = |what: String| format!("{} {place}: {what}", self.name);
            stall.reset();
            let begun = Instant::now();
            let verdict = edge.send_to(&subject::start(&version), &[event], LONG).await.one().await;
            let took = begun.elapsed();
            self.ends.check(&verdict).map_err(wrong)?;
            if took >= timeout + LATE + stall.longest() {
                return Err(wrong(format!("answered after {took:?}")));
            }
            let begun = Instant::now();
            let next = edge.call(&version, json!({"good": true})).await;
            let took = begun.elapsed();
            if !matches!(&next, Verdict::Returned { .. }) || took >= BACK {
                return Err(wrong(format!("the next event, after {took:?}: {next:?}")));
            }
        }
        Ok(())
    }
}

// === impl Ends ===

impl Ends {
    fn may_be_late(self) -> bool {
        matches!(self, Late | LateOrFull | LateOrCrash)
    }

    fn check(self, verdict: &Verdict) -> Result<(), String> {
        let fits = match verdict {
            Verdict::Returned { value, .. } => match self {
                Returns(json) => {
                    let value: Value = brink_shared::wire::decode_value(value).unwrap();
                    value == serde_json::from_str::<Value>(json).unwrap()
                }
                _ => false,
            },
            Verdict::Failed { failure, .. } => {
                let (kind, error_type) = (failure.kind, failure.error_type.as_str());
                let message = failure.message.as_str();
                let late = kind == FailureKind::Limit
                    && error_type == "Sandbox.Timedout"
                    && message.contains("over its limit of 400ms; raise timeout (at most 5s");
                let full = kind == FailureKind::Limit
                    && error_type == "Runtime.OutOfMemory"
                    && message.contains("raise memory_mb (at most 10240 MB)");
                let crash = kind == FailureKind::Execution
                    && error_type == "Runtime.ExitError"
                    && message.contains("signal 6 (abort)");
                match self {
                    Late => late,
                    Full => full,
                    LateOrFull => late || full,
                    Crash => crash || full,
                    LateOrCrash => late || crash || full,
                    Throws(name, start) => {
                        kind == FailureKind::Execution
                            && error_type == name
                            && message.starts_with(start)
                    }
                    Rejected(words) => kind == FailureKind::Validation && message.contains(words),
                    Returns(_) => false,
                }
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("is not {self:?}: {}", short(verdict))) }
    }
}

fn short(verdict: &Verdict) -> String {
    let text = match verdict {
        Verdict::Returned { value, .. } => {
            format!("returned {:?}", brink_shared::wire::decode_value::<Value>(value))
        }
        other => format!("{other:?}"),
    };
    text.chars().take(400).collect()
}

/// Shorthand for the tables.
pub const fn case(name: &'static str, ends: Ends, code: &'static str) -> Case {
    Case { name, code, ends }
}
