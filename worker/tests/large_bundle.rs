//! A bundle of several megabytes starts within a function's default memory, is loaded once for the
//! first event, and does not delay the worker's other work.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brink_shared::admin::Published;
use brink_shared::bus::EmbeddedBus;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, BundleDigest, Store};
use brink_shared::wire::{self, Payload};
use brink_testing::process::{children, peak_kb};
use brink_worker::runner::Runner;
use brink_worker::{InterpreterSearch, InterpreterSettings, SandboxProgram, WorkerLimits};
use bytes::Bytes;
use edge::Edge;
use serde_json::{Value, json};

/// About the size of the bundle, in bytes.
const SIZE: usize = 3_000_000;

/// Most memory that its sandbox may ever have had, in MB.
const PEAK_MAX: u64 = 216;

/// Most memory that it may have once it is started.
const STARTED_MAX: u64 = 150;

const EVENT_MAX: Duration = Duration::from_secs(20);

/// The output of a bundler for many packages: their files as functions, and the parts that it could
/// join as variables and functions of one file.
fn bundle_text() -> String {
    let mut text = String::from(
        "'use strict';
var loadedAt = Date.now(), events = 0;
var __commonJS = (files, module) => function () {
  return module || (0, files[Object.keys(files)[0]])((module = { exports: {} }).exports, module), module.exports;
};
",
    );
    let mut number = 0;
    while text.len() < SIZE {
        write!(text, "{}", package(number)).unwrap();
        number += 1;
    }
    writeln!(
        text,
        "exports.handler = async () => {{
  events += 1;
  var sum = 0;
  for (var i = 0; i < {number}; i += 97) sum += packages[i]().total([1, 2, 3]);
  return {{ sum, events, loadedAt, rss: process.memoryUsage().rss }};
}};
var packages = [{}];",
        (0..number).map(|one| format!("require_package_{one}")).collect::<Vec<_>>().join(", ")
    )
    .unwrap();
    text
}

fn package(number: usize) -> String {
    format!(
        r#"// node_modules/package-{number}/index.js
var require_package_{number} = __commonJS({{
  "node_modules/package-{number}/index.js"(exports, module) {{
    "use strict";
    Object.defineProperty(exports, "__esModule", {{ value: true }});
    class Client{number} extends Base{number} {{
      constructor(options) {{
        super(options);
        this.retries = options && options.retries !== undefined ? options.retries : 3;
        this.endpoint = "https://service-{number}.example.com/" + String(options.region);
      }}
      async send(command, callback) {{
        for (let attempt = 0; attempt < this.retries; attempt++) {{
          try {{
            const {{ output, metadata }} = await this.middleware.resolve(command, this.config);
            if (metadata.statusCode >= 200 && metadata.statusCode < 300) return output;
          }} catch (error) {{
            if (!error.retryable || attempt + 1 === this.retries) throw error;
            await new Promise((done) => setTimeout(done, 2 ** attempt * 100));
          }}
        }}
      }}
      total(values) {{
        return values.map((value) => value * {number}).reduce((sum, value) => sum + value, 0);
      }}
    }}
    module.exports = new Client{number}({{ region: "region-{number}" }});
  }}
}});
var Base{number} = class {{
  constructor(options) {{
    this.config = Object.assign({{ maxSockets: {number}, logger: console, tls: true }}, options);
    this.middleware = {{ resolve: (command, config) => command.handle(config) }};
  }}
  toString() {{
    return `[${{this.constructor.name}} ${{this.config.region}}]`;
  }}
}};
var serialize{number} = (function () {{
  var escapes = {{ "<": "&lt;", ">": "&gt;", "&": "&amp;" }};
  return function (value) {{
    if (Array.isArray(value)) return value.map(serialize{number}).join("");
    if (typeof value === "object") {{
      var text = "";
      for (var key in value) text += "<" + key + ">" + serialize{number}(value[key]) + "</" + key + ">";
      return text;
    }}
    return String(value).replace(/[<>&]/g, function (one) {{ return escapes[one]; }});
  }};
}})();
function parse{number}(text, offset) {{
  var found = /^<([a-z]+)>/.exec(text.slice(offset || 0));
  if (!found) throw new SyntaxError("no element at " + offset + " in package {number}");
  return {{ name: found[1], end: text.indexOf("</" + found[1] + ">"), serialize: serialize{number} }};
}}
"#
    )
}

/// The most memory, in MB, that a child of this process ever had. There is one: the sandbox.
fn peak_mb() -> u64 {
    let children = children(std::process::id());
    let peaks = children.into_iter().map(|child| peak_kb(child).unwrap() / 1024);
    peaks.max().unwrap()
}

async fn answer(runner: &Runner) -> Value {
    let payload = Payload::Json(Bytes::from_static(b"{}"));
    let invoked = runner.invoke(payload, "event".to_owned(), EVENT_MAX, true).await;
    wire::decode_value(&invoked.result.unwrap()).unwrap()
}

#[actix_rt::test]
async fn it_starts_within_the_default_memory_and_is_loaded_once_for_the_first_event() {
    let program =
        SandboxProgram::new(env!("CARGO_BIN_EXE_brink-worker").into(), vec!["sandbox".to_owned()]);
    let files = [("index.js".to_owned(), Bytes::from(bundle_text()))];
    let bundle = Bundle::new(files.into_iter().collect()).unwrap();
    let settings = FunctionSettings { timeout: EVENT_MAX, ..FunctionSettings::default() };
    let runner = Runner::start(&program, "large", &settings, Default::default(), bundle).await;
    let runner = runner.unwrap_or_else(|failure| panic!("{}", failure.message));
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let peak = peak_mb();
    assert!(peak <= PEAK_MAX, "{peak} MB");

    let first = answer(&runner).await;
    let loaded = |answer: &Value| u128::from(answer["loadedAt"].as_u64().unwrap());
    assert!(loaded(&first) <= started, "the first event loaded it again");
    let resident = first["rss"].as_f64().unwrap() / 1024.0 / 1024.0;
    assert!(resident <= STARTED_MAX as f64, "{resident} MB");

    let second = answer(&runner).await;
    assert!(loaded(&second) > started, "an environment saw two events that wanted it alone");
    assert_eq!((&first["events"], &second["events"]), (&1.into(), &1.into()));
    assert_eq!(first["sum"], second["sum"]);
    runner.stop().await;
}

/// Nanoseconds that this thread was at work. Other work of the machine does not count.
fn worked() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Measures repeatedly how long this thread worked without a pause, and keeps the longest time.
async fn watch_pauses(longest: Rc<Cell<u64>>) {
    loop {
        let before = worked();
        tokio::time::sleep(Duration::from_millis(1)).await;
        longest.set(longest.get().max(worked() - before));
    }
}

/// The bundle's digest, and how long this thread takes to hash it or to decode it, in nanoseconds.
fn hash_and_decode(bundle: &Bundle) -> (BundleDigest, u64) {
    let before = worked();
    let (digest, encoded) = bundle.encode().unwrap();
    Bundle::decode(&encoded, &digest).unwrap();
    (digest, (worked() - before) / 2)
}

#[actix_rt::test]
async fn an_actors_thread_goes_on_while_a_bundle_of_50_mb_is_handled() {
    const MB: usize = 1024 * 1024;
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "exports.handler = async (event) => ({ seen: event.n });";
    let files = [
        ("index.js".to_owned(), Bytes::from(source)),
        ("data.bin".to_owned(), Bytes::from(vec![7; 49 * MB])),
    ];
    let bundle = Bundle::new(files.into()).unwrap();
    let (digest, before) = hash_and_decode(&bundle);

    // Everything of this worker runs on this thread.
    let longest = Rc::new(Cell::new(0));
    let watching = tokio::task::spawn_local(watch_pauses(longest.clone()));
    let store = Store::open(edge.bus.clone()).await.unwrap();
    assert_eq!(store.put_bundle(&bundle).await.unwrap(), digest);
    let settings = json!({"memory_mb": 512});
    let request = json!({"name": "large", "bundle": digest, "settings": settings});
    let published: Published = edge.ask("function", "publish", &request).await.unwrap();
    assert_eq!(published.version.number, 1);
    assert_eq!(edge.invoke("large", json!({"n": 1})).await.ok, Some(json!({"seen": 1})));
    watching.abort();
    let longest = longest.get();
    // Memory may have become slower since, by the work of others.
    let heavy = before.max(hash_and_decode(&bundle).1);
    println!("{longest} ns at a time; hashing and decoding take {heavy}");
    assert!(longest < heavy / 2, "{longest} ns at a time; hashing and decoding take {heavy}");
    edge.stop().await;
}

/// Needs `node` in `PATH` (Debian: `apt-get install nodejs`).
#[actix_rt::test]
async fn a_bundle_that_is_too_large_for_the_embedded_runtime_runs_in_node_js() {
    const SIZE: usize = 60 * 1024 * 1024;
    let settings = InterpreterSettings::of(&std::env::vars().collect());
    let bus = EmbeddedBus::new();
    let edge = Edge::start_with_interpreters(bus, "w1", InterpreterSearch::new(settings)).await;
    let source = "const { statSync } = require('node:fs');
exports.handler = async () => ({ size: statSync(`${__dirname}/lib/data.bin`).size });";
    let files = [
        ("index.js".to_owned(), Bytes::from(source)),
        ("lib/data.bin".to_owned(), Bytes::from(vec![7; SIZE])),
    ];
    let bundle = Bundle::new(files.into()).unwrap();
    let store = Store::open(edge.bus.clone()).await.unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    drop(bundle);
    let request = |runtime: &str| json!({"name": "large", "bundle": digest, "settings": {"runtime": runtime}});
    let rejected = edge.ask::<Published>("function", "publish", &request("boa")).await.unwrap_err();
    let why = "the limits are 10000 files and 52428800 bytes";
    assert!(rejected.message.contains(why), "{}", rejected.message);
    let published: Published = edge.ask("function", "publish", &request("nodejs")).await.unwrap();
    assert_eq!(published.bundle, digest);
    assert_eq!(edge.invoke("large", json!({})).await.ok, Some(json!({"size": SIZE})));
    edge.stop().await;
}
