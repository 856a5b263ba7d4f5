//! Code that is hostile before there is a handler: while it is read, and while it starts. None of
//! it is published.

use std::time::{Duration, Instant};

use brink_shared::duration_text;
use brink_shared::limits::{STARTUP_TIME_DEFAULT, STARTUP_WALL_FACTOR};
use serde_json::json;

use crate::case::LATE;
use crate::edge::Edge;
use crate::stall::Stall;

/// How long code may take to start that does not end by itself.
const STARTUP: Duration = Duration::from_millis(800);

/// What it costs to start a process and to hear that it does not start, in a build for tests.
const PROCESS: Duration = Duration::from_millis(300);

/// The published code, and the message of its rejection.
pub struct Start {
    pub name: &'static str,
    pub file: &'static str,
    pub source: fn() -> String,
    pub says: &'static str,
}

const DEEP: &str = "code nested this deep cannot be run here: split it into several functions";

const SLOW: &str =
    "of CPU to start, over its limit of 800ms; raise limits.startup_time (at most 10s)";

/// Code that waits gets more time.
const WAITS: &str = "took more than 2400ms to start, 3 times limits.startup_time";

const fn start(name: &'static str, source: fn() -> String, says: &'static str) -> Start {
    Start { name, file: "index.js", source, says }
}

const fn module(name: &'static str, source: fn() -> String, says: &'static str) -> Start {
    Start { name, file: "index.mjs", source, says }
}

fn code(text: &str) -> String {
    format!("{text}\nexports.handler = async () => 1;")
}

fn es(text: &str) -> String {
    format!("{text}\nexport const handler = async () => 1;")
}

fn nested(open: &str, middle: &str, close: &str) -> String {
    let depth = 120_000;
    code(&format!("const x = {}{middle}{};", open.repeat(depth), close.repeat(depth)))
}

pub const STARTS: &[Start] = &[
    // While it is read.
    start("nested brackets", || nested("[", "", "]"), DEEP),
    start("nested parentheses", || nested("(", "1", ")"), DEEP),
    start("nested functions", || nested("(()=>", "1", ")"), "stack overflow"),
    start("nested templates", || nested("`${", "1", "}`"), DEEP),
    start("a chain of negations", || nested("!", "1", ""), DEEP),
    start(
        "nested blocks",
        || code(&format!("{}{}", "{".repeat(120_000), "}".repeat(120_000))),
        DEEP,
    ),
    start(
        "nested groups in an expression",
        || code(&format!("/{}{}/", "(".repeat(5_000), ")".repeat(5_000))),
        "too deeply nested",
    ),
    start("no code at all", || "\u{0}\u{1}\u{2}".to_owned(), "SyntaxError"),
    start("an open string", || format!("'{}", "x".repeat(1 << 20)), "SyntaxError"),
    module("nested brackets in a module", || nested("[", "", "]"), DEEP),
    // While it starts.
    start("an endless loop", || code("while (true) {}"), SLOW),
    start("an exponential expression", || code("/(a+)+$/.test('a'.repeat(40) + '!')"), SLOW),
    start("an endless static block", || code("class A { static { while (true); } }"), SLOW),
    start(
        "an endless getter of the exports",
        || "module.exports = { get handler() { while (true); } };".to_owned(),
        SLOW,
    ),
    start(
        "exports that are an endless proxy",
        || {
            "module.exports = new Proxy({}, { get() { while (true); }, has() { while (true); } });"
                .to_owned()
        },
        SLOW,
    ),
    start("a string doubled", || code("let s = 'x'; for (;;) s += s;"), "raise memory_mb"),
    start("a padded string", || code("'x'.padEnd(4e9)"), "raise memory_mb"),
    start(
        "strings without end",
        || code("const all = []; for (;;) all.push('x'.padEnd(1 << 22) + all.length);"),
        "raise memory_mb",
    ),
    start(
        "code evaluated",
        || code("eval('['.repeat(200000) + ']'.repeat(200000))"),
        "stack overflow",
    ),
    start(
        "a recursion",
        || code("const f = () => f() + 1; f();"),
        "Maximum call stack size exceeded",
    ),
    start("an exit", || code("process.exit(1)"), "exit status 1"),
    start("null thrown", || code("throw null;"), "does not start"),
    module("an endless module", || es("while (true) {}"), SLOW),
    module(
        "a module that awaits for ever",
        || es("await new Promise(() => setInterval(() => {}, 1e3));"),
        WAITS,
    ),
    module("a module that awaits nothing", || es("for (;;) await null;"), SLOW),
    module("a file of the machine imported", || es("import '/etc/passwd';"), "does not start"),
];

impl Start {
    /// Publishes the code, and checks that it is rejected in time and with the right message.
    pub async fn run(&self, edge: &Edge, number: usize, stall: &Stall) -> Result<(), String> {
        let (startup, within) = match self.says {
            // Others of this suite need the cores too.
            SLOW | WAITS => (STARTUP, STARTUP * STARTUP_WALL_FACTOR),
            _ => (STARTUP_TIME_DEFAULT, STARTUP_TIME_DEFAULT),
        };
        let request = json!({
            "name": format!("start-{number}"),
            "files": {self.file: (self.source)()},
            "settings": {"limits": {"startup_time": duration_text::format(startup)}},
        });
        stall.reset();
        let begun = Instant::now();
        let published = edge.ask::<serde_json::Value>("function", "publish", &request).await;
        let took = begun.elapsed();
        let wrong = |what: String| format!("{} at start: {what}", self.name);
        match published {
            Ok(published) => Err(wrong(format!("is published: {published}"))),
            Err(error) if !error.to_string().contains(self.says) => {
                Err(wrong(error.to_string().chars().take(400).collect()))
            }
            Err(_) if took >= within + LATE + PROCESS + stall.longest() => {
                Err(wrong(format!("after {took:?}")))
            }
            Err(_) => Ok(()),
        }
    }
}
