//! Measures the time to a function's first answer, from the start of the sandbox program, and from
//! `Load` if a blank sandbox is ready. It also measures a further environment.
//!
//! `cargo bench -p brink-worker --bench cold_start` prints medians. `taskset -c 0` before it
//! leaves one core to everybody.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use brink_frames::{EventId, FromSandbox, Invoke, Load, ToSandbox};
use brink_shared::registry::Bundle;
use brink_shared::wire::{self, Payload, UnixMillis};
use brink_worker::SandboxProgram;
use brink_worker::runtime::SandboxKind;
use brink_worker::sandbox::child::Blank;
use brink_worker::warm_pool::WarmPool;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::time::{sleep, timeout};

/// How often each is done.
const TIMES: usize = 31;

/// How long a blank sandbox is left alone before it counts as ready. A pool keeps them for minutes.
const READY: Duration = Duration::from_millis(250);

/// Longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A function that answers the request, for which it asks for these modules first.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    modules: &'static [&'static str],
    /// How many functions of 93 bytes it has besides.
    functions: usize,
    is_es: bool,
}

const SMALL: Case = Case { name: "no module", modules: &[], functions: 0, is_es: false };

const CASES: [Case; 12] = [
    SMALL,
    Case { name: "querystring", modules: &["querystring"], ..SMALL },
    Case { name: "buffer", modules: &["buffer"], ..SMALL },
    Case { name: "url", modules: &["url"], ..SMALL },
    Case { name: "path", modules: &["path"], ..SMALL },
    Case { name: "crypto", modules: &["crypto"], ..SMALL },
    Case { name: "util", modules: &["util"], ..SMALL },
    Case { name: "https", modules: &["https"], ..SMALL },
    Case {
        name: "the five above",
        modules: &["querystring", "buffer", "url", "path", "crypto"],
        ..SMALL
    },
    Case { name: "none, ES module", is_es: true, ..SMALL },
    Case { name: "none, 250 kB", functions: 2_700, ..SMALL },
    Case { name: "none, 250 kB ES", functions: 2_700, is_es: true, ..SMALL },
];

fn main() {
    // Only `cargo bench` says this; `cargo test` builds benches too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    actix_rt::System::new().block_on(async {
        println!("median of {TIMES}, in ms, from .. to the first answer");
        println!(
            "{:16}{:>12}{:>12}{:>12}{:>10}",
            "requires", "no sandbox", "blank", "further", "RSS MB"
        );
        for case in &CASES {
            measure(case).await;
        }
    });
}

async fn measure(case: &Case) {
    let program =
        SandboxProgram::new(env!("CARGO_BIN_EXE_brink-worker").into(), vec!["sandbox".to_owned()]);
    let load = load(case);
    let (mut cold, mut ready, mut further, mut memory) = (vec![], vec![], vec![], vec![]);
    for _ in 0..TIMES {
        let begun = Instant::now();
        let mut blank = program.spawn(&SandboxKind::EMBEDDED).await.unwrap();
        first_answer(&mut blank, &load).await;
        cold.push(begun.elapsed());
    }
    let pool = WarmPool::start(program, SandboxKind::EMBEDDED, 1, None);
    for _ in 0..TIMES {
        sleep(READY).await;
        let mut blank = pool.take().await.unwrap();
        let begun = Instant::now();
        first_answer(&mut blank, &load).await;
        ready.push(begun.elapsed());
        sleep(READY).await;
        let begun = Instant::now();
        invoke(&mut blank, 1, true).await;
        further.push(begun.elapsed());
        memory.push(blank.process.usage().unwrap().memory_mb);
    }
    memory.sort_unstable();
    let memory = memory.get(memory.len() / 2).unwrap();
    println!(
        "{:16}{:>12.2}{:>12.2}{:>12.2}{memory:>10}",
        case.name,
        median(cold),
        median(ready),
        median(further)
    );
}

fn load(case: &Case) -> Bytes {
    let needs = case.modules.iter().map(|name| match case.is_es {
        true => format!("import '{name}';\n"),
        false => format!("require('{name}');\n"),
    });
    let functions = (0..case.functions).map(|at| {
        format!(
            "function f{at:04}(a, b) {{ const c = a.x + b[{at}]; if (c > 1) return [a, c]; \
             return {{ b, c }}; }}\n"
        )
    });
    let (file, exports) = match case.is_es {
        true => ("index.mjs", "export const handler"),
        false => ("index.js", "exports.handler"),
    };
    let mut code: String = needs.chain(functions).collect();
    code.push_str(exports);
    code.push_str(" = (event, context, callback) => callback(null, event.Records[0].cf.request);");
    let files = BTreeMap::from([(file.to_owned(), Bytes::from(code))]);
    let load = Load {
        function: "cold".to_owned(),
        version: 1,
        handler: "index.handler".to_owned(),
        memory_mb: 128,
        bundle: Bundle::new(files).unwrap(),
        environments: 4,
        ..Load::default()
    };
    wire::encode(&ToSandbox::Load(Box::new(load))).unwrap()
}

async fn first_answer(blank: &mut Blank, load: &Bytes) {
    blank.writer.send(load.clone()).await.unwrap();
    match heard(blank).await {
        FromSandbox::Loaded { .. } => invoke(blank, 0, false).await,
        other => panic!("not loaded: {other:?}"),
    }
}

async fn invoke(blank: &mut Blank, id: u64, fresh: bool) {
    let event = r#"{"Records":[{"cf":{"config":{"eventType":"viewer-request"},"request":{"clientIp":"203.0.113.178","headers":{"host":[{"key":"Host","value":"example.com"}]},"method":"GET","querystring":"","uri":"/"}}}]}"#;
    let invoke = Invoke {
        id: EventId(id),
        request_id: "request".to_owned(),
        deadline: UnixMillis::now().after(PATIENCE),
        payload: Payload::Json(Bytes::from_static(event.as_bytes())),
        fresh,
    };
    let frame = wire::encode(&ToSandbox::Invoke(invoke)).unwrap();
    blank.writer.send(frame).await.unwrap();
    loop {
        match heard(blank).await {
            FromSandbox::Started(_) => {}
            FromSandbox::Done { result, .. } => return drop(result.unwrap()),
            other => panic!("no answer: {other:?}"),
        }
    }
}

async fn heard(blank: &mut Blank) -> FromSandbox {
    let frame = timeout(PATIENCE, blank.reader.next()).await.unwrap();
    wire::decode(&frame.unwrap().unwrap()).unwrap()
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
