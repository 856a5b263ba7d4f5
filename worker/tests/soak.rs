//! Many events of one function do not let the memory of sandbox and supervisor grow.
//!
//! `BRINK_SOAK_EVENTS=1000000 cargo test --release -p brink-worker --test soak -- --nocapture` runs
//! a million events and prints the memory over time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::BTreeMap;
use std::time::Duration;

use brink_shared::registry::Bundle;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::wire::Payload;
use brink_testing::process::{children, own_resident_kb, resident_kb};
use brink_worker::SandboxProgram;
use brink_worker::runner::Runner;
use bytes::Bytes;
use serde_json::json;

/// Says how many events.
const EVENTS: &str = "BRINK_SOAK_EVENTS";

/// Enough for the collector's thresholds and the allocators' pools to settle.
const EVENTS_DEFAULT: u64 = 10_000;

/// How often the memory is looked at.
const LOOKS: u64 = 10;

/// How much a process may grow between the first look and the last, in KB: the allocator keeps
/// memory in pieces, and the collector lets garbage gather up to a share of the used memory.
const MARGIN_KB: u64 = 6 * 1024;

/// Resident memory in KB.
#[derive(Clone, Copy, Debug)]
struct Memory {
    sandbox: u64,
    supervisor: u64,
}

#[actix_rt::test]
async fn memory_stays_flat() {
    let events: u64 = std::env::var(EVENTS).map_or(EVENTS_DEFAULT, |text| text.parse().unwrap());
    let program =
        SandboxProgram::new(env!("CARGO_BIN_EXE_brink-worker").into(), vec!["sandbox".to_owned()]);
    let code = Bytes::from_static(include_bytes!("soak/index.js"));
    let bundle = Bundle::new(BTreeMap::from([("index.js".to_owned(), code)])).unwrap();
    let settings = FunctionSettings::default();
    let runner =
        Runner::start(&program, "soak", &settings, Default::default(), bundle).await.unwrap();
    let sandbox = only_child();
    let mut looks = Vec::new();
    let mut failed = 0;
    for n in 1..=events {
        failed += u64::from(!invoke(&runner, n).await);
        if n % (events / LOOKS) == 0 {
            let memory =
                Memory { sandbox: resident_kb(sandbox).unwrap(), supervisor: own_resident_kb() };
            println!(
                "{n:>9} events, sandbox {} KB, supervisor {} KB",
                memory.sandbox, memory.supervisor
            );
            looks.push(memory);
        }
    }
    assert_eq!(only_child(), sandbox, "the sandbox was replaced");
    assert_eq!(failed, expected_to_fail(events));
    let (first, last) = (looks[0], looks[looks.len() - 1]);
    assert!(last.sandbox <= first.sandbox + MARGIN_KB, "{looks:?}");
    assert!(last.supervisor <= first.supervisor + MARGIN_KB, "{looks:?}");
    runner.stop().await;
}

/// Runs an event. True if it was answered, and the answer is right.
async fn invoke(runner: &Runner, n: u64) -> bool {
    let event = json!({"n": n, "request": {"uri": "/", "headers": {
        "host": [{"key": "Host", "value": "example.com"}],
        "user-agent": [{"key": "User-Agent", "value": format!("soak/{n}")}],
        (format!("x-visitor-{n}")): [{"key": "X-Visitor", "value": "a name as nobody sent it before"}],
    }}});
    let payload = Payload::Json(event.to_string().into());
    let timeout = Duration::from_secs(5);
    let invoked = runner.invoke(payload, format!("soak-{n}"), timeout, false).await;
    match invoked.value(None) {
        Ok(value) => {
            assert_eq!(value["request"]["uri"], json!(format!("/{n}")));
            true
        }
        Err(failure) => {
            assert!(failure.message.contains(&format!("event {n} ")), "{failure:?}");
            false
        }
    }
}

fn expected_to_fail(events: u64) -> u64 {
    (1..=events).filter(|n| [97, 101, 5003].iter().any(|step| n % step == 0)).count() as u64
}

/// The only process that this one started.
fn only_child() -> u32 {
    let children = children(std::process::id());
    assert_eq!(children.len(), 1, "{children:?}");
    children[0]
}
