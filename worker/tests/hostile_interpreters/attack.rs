//! A piece of hostile code for Node.js and Python, and its expected outcome.

use std::time::{Duration, Instant};

use brink_shared::registry::Runtime;
use brink_shared::subject;
use brink_shared::wire::{self, FailureKind, Verdict};
use brink_shared::{duration_text, id::VersionId};
use serde_json::{Value, json};

use crate::edge::{Edge, LONG};
use crate::stall::Stall;

/// How long an event may take of code that does not end by itself.
const SHORT: Duration = Duration::from_millis(600);

/// How long any other event may take. A busy machine must not change its outcome.
const AMPLE: Duration = Duration::from_secs(5);

/// How late an answer may be on a machine that lets the supervisor run when it should.
pub const LATE: Duration = Duration::from_millis(400);

/// How soon the next event is served, by a new sandbox if need be.
const BACK: Duration = Duration::from_secs(4);

/// Hostile code for the body of a handler.
pub struct Attack {
    pub name: &'static str,
    node: Option<(Ends, &'static str)>,
    python: Option<(Ends, &'static str)>,
}

/// The expected outcome of an event.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// It runs into its timeout.
    Late,
    /// It is over the memory limit.
    Full,
    /// The process ends, and the message has these words.
    Exits(&'static str),
    /// The process says what cannot be true, and is killed.
    Breaks,
    /// It throws: the type, and the start of the message.
    Throws(&'static str, &'static str),
    /// The returned value is rejected, with this in the message.
    Rejected(&'static str),
    /// It returns this JSON.
    Returns(&'static str),
    /// One of these, whichever comes first.
    AnyOf(&'static [Ends]),
}

use Ends::*;

/// The same attack in both languages.
pub const fn both(
    name: &'static str,
    ends: Ends,
    node: &'static str,
    python: &'static str,
) -> Attack {
    Attack { name, node: Some((ends, node)), python: Some((ends, python)) }
}

pub const fn node(name: &'static str, ends: Ends, code: &'static str) -> Attack {
    Attack { name, node: Some((ends, code)), python: None }
}

pub const fn python(name: &'static str, ends: Ends, code: &'static str) -> Attack {
    Attack { name, node: None, python: Some((ends, code)) }
}

/// The names that the code of every attack may use.
const NODE: &str = "
const fs = require('fs');
const frame = (text) => {
  const body = Buffer.from(text), head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  let rest = Buffer.concat([head, body]);
  while (rest.length > 0) rest = rest.subarray(fs.writeSync(3, rest));
};
";

const PYTHON: &str = "
import ctypes, os, re, resource, signal, socket, struct, subprocess, sys, threading, time
def frame(text):
    data = text.encode()
    data = struct.pack('>I', len(data)) + data
    while data:
        data = data[os.write(3, data):]
";

// === impl Attack ===

impl Attack {
    /// Its code for this runtime, as a whole file, and the expected outcome.
    fn source(&self, runtime: Runtime) -> Option<(Ends, String)> {
        if runtime == Runtime::Nodejs {
            let (ends, code) = self.node?;
            let handler = format!(
                "exports.handler = async (event) => {{ if (event.good) return 'good'; {code} }};"
            );
            return Some((ends, format!("{NODE}{handler}")));
        }
        let (ends, code) = self.python?;
        let lines: String = code.lines().map(|line| format!("    {line}\n")).collect();
        let handler = format!(
            "def attack():\n{lines}\n\
             def handler(event, context):\n    return 'good' if 'good' in event else attack()\n"
        );
        Some((ends, format!("{PYTHON}{handler}")))
    }

    /// Runs the code, and sees that the function goes on. `None` if it is not for this runtime.
    pub async fn run(
        &self,
        edge: &Edge,
        runtime: Runtime,
        stall: &Stall,
    ) -> Option<Result<(), String>> {
        let (ends, source) = self.source(runtime)?;
        let wrong = |what: String| format!("{}, {}: {what}", runtime.name(), self.name);
        Some(run(edge, runtime, self.name, (ends, &source), stall).await.map_err(wrong))
    }
}

async fn run(
    edge: &Edge,
    runtime: Runtime,
    name: &str,
    (ends, source): (Ends, &str),
    stall: &Stall,
) -> Result<(), String> {
    let timeout = if ends.may_be_late() { SHORT } else { AMPLE };
    let settings = json!({"timeout": duration_text::format(timeout)});
    let version = publish(edge, runtime, name, source, settings).await?;
    let good = json!({"good": true});
    match edge.call(&version, good.clone()).await {
        Verdict::Returned { .. } => {}
        other => return Err(format!("before the attack: {}", short(&other))),
    }
    stall.reset();
    let begun = Instant::now();
    let sent = edge.send_to(&subject::start(&version), &[json!({})], LONG).await;
    let verdict = sent.one().await;
    let took = begun.elapsed();
    if !ends.fits(&verdict) {
        return Err(format!("is not {ends:?}: {}", short(&verdict)));
    }
    if took >= timeout + LATE + stall.longest() {
        return Err(format!("answered after {took:?}"));
    }
    stall.reset();
    let begun = Instant::now();
    let next = edge.send_to(&subject::start(&version), &[good], LONG).await.one().await;
    let took = begun.elapsed();
    if !matches!(&next, Verdict::Returned { .. }) || took >= BACK + stall.longest() {
        return Err(format!("the next event, after {took:?}: {}", short(&next)));
    }
    Ok(())
}

/// Publishes code under a name that is made of these words.
pub async fn publish(
    edge: &Edge,
    runtime: Runtime,
    words: &str,
    source: &str,
    mut settings: Value,
) -> Result<VersionId, String> {
    let name = format!("{}-{}", runtime.name(), words.replace(|c: char| !c.is_alphanumeric(), "-"));
    let file = if runtime == Runtime::Nodejs { "index.js" } else { "index.py" };
    settings["runtime"] = json!(runtime.name());
    settings["handler"] = json!("index.handler");
    let request = json!({"name": name, "files": {file: source}, "settings": settings});
    let published = edge.ask::<brink_shared::admin::Published>("function", "publish", &request);
    published.await.map(|published| published.version).map_err(|error| error.to_string())
}

// === impl Ends ===

impl Ends {
    fn may_be_late(self) -> bool {
        match self {
            Late => true,
            AnyOf(ends) => ends.iter().any(|end| end.may_be_late()),
            _ => false,
        }
    }

    fn fits(self, verdict: &Verdict) -> bool {
        if let AnyOf(ends) = self {
            return ends.iter().any(|end| end.fits(verdict));
        }
        match verdict {
            Verdict::Returned { value, .. } => match self {
                Returns(json) => {
                    let value: Value = wire::decode_value(value).unwrap();
                    value == serde_json::from_str::<Value>(json).unwrap()
                }
                _ => false,
            },
            Verdict::Failed { failure, .. } => {
                let (kind, error_type) = (failure.kind, failure.error_type.as_str());
                let message = failure.message.as_str();
                let died = kind == FailureKind::Execution && error_type == "Runtime.ExitError";
                match self {
                    Late => {
                        kind == FailureKind::Limit
                            && error_type == "Sandbox.Timedout"
                            && message.contains("over its limit of 600ms; raise timeout")
                    }
                    Full => {
                        kind == FailureKind::Limit
                            && error_type == "Runtime.OutOfMemory"
                            && message.contains("raise memory_mb")
                    }
                    Exits(words) => died && message.contains(words),
                    Breaks => died && message.contains("broke the protocol"),
                    Throws(name, start) => {
                        kind == FailureKind::Execution
                            && error_type == name
                            && message.starts_with(start)
                    }
                    Rejected(words) => kind == FailureKind::Validation && message.contains(words),
                    Returns(_) | AnyOf(_) => false,
                }
            }
            _ => false,
        }
    }
}

fn short(verdict: &Verdict) -> String {
    let text = match verdict {
        Verdict::Returned { value, .. } => {
            format!("returned {:?}", wire::decode_value::<Value>(value))
        }
        other => format!("{other:?}"),
    };
    text.chars().take(400).collect()
}
