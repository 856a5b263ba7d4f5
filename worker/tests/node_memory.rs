//! Node.js knows the memory of its function: it collects garbage in time, and fails by itself.
//!
//! Needs `node` in `PATH` (Debian: `apt-get install nodejs`).
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
use brink_shared::wire::{self, Failure, FailureKind, Payload};
use brink_worker::SandboxProgram;
use brink_worker::runner::Runner;
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(25);

const CODE: &str = "
const live = [];
exports.handler = async (event) => {
  if (event === 'limit') return require('v8').getHeapStatistics().heap_size_limit;
  // Of 2 GB only a tenth of the function's memory is in use at a time.
  for (let mb = 0; event === 'garbage' && mb < 2000; mb++) {
    live.push(Array.from({ length: 1024 }, (_, n) => 'x'.repeat(100) + mb + n).map((text) => ({ text, big: new Array(100).fill(mb) })));
    if (live.length > 8) live.shift();
  }
  while (event === 'hoard') live.push(new Array(1000).fill(live.length));
  return event;
};";

async fn start(memory_mb: u32) -> Runner {
    let program =
        SandboxProgram::new(env!("CARGO_BIN_EXE_brink-worker").into(), vec!["sandbox".to_owned()]);
    let settings = json!({"runtime": "nodejs", "memory_mb": memory_mb, "timeout": "20s",
        "limits": {"cpu_time": "20s"}});
    let settings: FunctionSettings = serde_json::from_value(settings).unwrap();
    let bundle = Bundle::new([("index.js".to_owned(), CODE.into())].into()).unwrap();
    let started = Runner::start(&program, "frugal", &settings, BTreeMap::new(), bundle).await;
    started.unwrap_or_else(|failure| panic!("{failure:?}"))
}

async fn run(function: &Runner, event: &str) -> Result<Value, Failure> {
    let payload = Payload::Json(json!(event).to_string().into());
    let invoked = function.invoke(payload, "request-1".to_owned(), LONG, false).await;
    invoked.result.map(|value| wire::decode_value(&value).unwrap())
}

#[actix_rt::test]
async fn the_heap_has_a_share_of_the_functions_memory() {
    for (memory_mb, old_mb) in [(128, 115), (512, 460)] {
        let function = start(memory_mb).await;
        let limit = run(&function, "limit").await.unwrap().as_u64().unwrap() / (1024 * 1024);
        // Young objects have up to 48 MB in addition.
        assert!((old_mb..=old_mb + 64).contains(&limit), "{limit} MB of {memory_mb}");
        function.stop().await;
    }
}

#[actix_rt::test]
async fn garbage_is_collected_in_time_and_objects_in_use_end_the_event() {
    let function = start(128).await;
    assert_eq!(run(&function, "garbage").await.unwrap(), json!("garbage"));
    let failure = run(&function, "hoard").await.unwrap_err();
    assert_eq!((failure.kind, &*failure.error_type), (FailureKind::Limit, "Runtime.OutOfMemory"));
    assert!(failure.message.contains("JavaScript heap out of memory"), "{failure:?}");
    assert_eq!(run(&function, "echo").await.unwrap(), json!("echo"));
    function.stop().await;
}
