//! Code that is hostile while it is loaded. None of it is published.

use std::time::{Duration, Instant};

use brink_shared::limits::STARTUP_WALL_FACTOR;
use brink_shared::registry::Runtime;
use serde_json::json;

use crate::attack::{LATE, publish};
use crate::edge::Edge;
use crate::stall::Stall;

/// How much CPU time the code may take to load.
const STARTUP: Duration = Duration::from_millis(800);

/// Code at the top of the module, and the words of its rejection.
pub struct Start {
    pub name: &'static str,
    says: &'static str,
    node: &'static str,
    python: &'static str,
}

const fn start(
    name: &'static str,
    says: &'static str,
    node: &'static str,
    python: &'static str,
) -> Start {
    Start { name, says, node, python }
}

pub const STARTS: &[Start] = &[
    start("an endless loop", "raise limits.startup_time", "for (;;) {}", "while True: pass"),
    start(
        "a wait without end",
        "startup_time",
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
        "import time; time.sleep(10**6)",
    ),
    start("an exit", "exit status 5", "process.exit(5)", "import sys; sys.exit(5)"),
    start("an exit at once", "exit status 5", "process.reallyExit(5)", "import os; os._exit(5)"),
    start(
        "an exit without an error",
        "exit status 0",
        "process.exit(0)",
        "import sys; sys.exit(0)",
    ),
    start("an abort", "signal 6", "process.abort()", "import os; os.abort()"),
    start(
        "a kill",
        "signal 9",
        "process.kill(process.pid, 'SIGKILL'); for (;;) {}",
        "import os; os.kill(os.getpid(), 9)",
    ),
    start("a closed socket", "", "require('fs').closeSync(3)", "import os; os.close(3)"),
    start(
        "memory without end",
        "",
        "const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length);",
        "everything = []\nwhile True: everything.append('x' * (1 << 20) + str(len(everything)))",
    ),
    start("an error", "does not start", "throw null", "raise ValueError"),
    start(
        "output without end",
        "startup_time",
        "for (;;) console.log('x'.repeat(1000))",
        "while True: print('x' * 1000)",
    ),
];

// === impl Start ===

impl Start {
    /// Publishes the code, and checks that it is rejected in time and with the right message.
    pub async fn run(&self, edge: &Edge, runtime: Runtime, stall: &Stall) -> Result<(), String> {
        let source = match runtime {
            Runtime::Nodejs => format!("{};\nexports.handler = async () => 1;\n", self.node),
            _ => format!("{}\ndef handler(event, context): return 1\n", self.python),
        };
        let settings = json!({"limits": {"startup_time": "800ms"}});
        stall.reset();
        let begun = Instant::now();
        let words = format!("starts {}", self.name);
        let published = publish(edge, runtime, &words, &source, settings).await;
        let took = begun.elapsed();
        let wrong = |what: String| format!("{}, {} at start: {what}", runtime.name(), self.name);
        match published {
            Ok(version) => Err(wrong(format!("is published: {version}"))),
            Err(message) if !message.contains(self.says) => {
                Err(wrong(message.chars().take(400).collect()))
            }
            Err(_) if took >= STARTUP * STARTUP_WALL_FACTOR + 4 * LATE + stall.longest() => {
                Err(wrong(format!("rejected after {took:?}")))
            }
            Err(_) => Ok(()),
        }
    }
}
