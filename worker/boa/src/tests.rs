//! Environments, driven directly.

mod decisions;
mod evaluating;
mod globals;
mod handlers;
mod modules;
mod sharing;
mod values;
mod warm_contexts;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use brink_frames::{
    Bounds, CallError, CallRequest, CallResponse, CallResult, EventId, Invoke, Load, LogLevel,
};
use brink_shared::registry::Bundle;
use brink_shared::wire::{Failure, FailureKind, Payload, UnixMillis, decode_value};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;

/// A line of log at which the host panics, in the midst of the engine's work.
const PANIC: &str = "panic";

/// A host that keeps what it is told, and answers every call with status 200 and its URL.
#[derive(Default)]
struct Recorder {
    logs: RefCell<Vec<(Option<EventId>, LogLevel, String)>>,
    calls: RefCell<Vec<CallRequest>>,
    asked: RefCell<Vec<&'static str>>,
}

impl Host for Recorder {
    fn log(&self, event: Option<EventId>, level: LogLevel, text: String) {
        assert_ne!(text, PANIC);
        self.logs.borrow_mut().push((event, level, text));
    }

    fn memory_used(&self) -> u64 {
        0
    }

    fn asked(&self, module: &'static str) {
        self.asked.borrow_mut().push(module);
    }

    fn call(&self, _: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult> {
        let (answer, answered) = oneshot::channel();
        let response = CallResponse {
            status: 200,
            reason: "OK".to_owned(),
            url: request.url.clone(),
            redirected: false,
            headers: vec![("x-method".to_owned(), request.method.clone().into())],
            body: request.body.clone(),
        };
        let result = if request.url.contains("refused") {
            Err(CallError::new("EACCES", "not allowed"))
        } else {
            Ok(response)
        };
        self.calls.borrow_mut().push(request);
        answer.send(result).unwrap();
        answered
    }
}

fn load(handler: &str, files: &[(&str, &str)]) -> Arc<Load> {
    let files: BTreeMap<_, _> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Bytes::from((*text).to_owned())))
        .collect();
    Arc::new(Load {
        secrets: Default::default(),
        function: "greeter".to_owned(),
        version: 3,
        handler: handler.to_owned(),
        memory_mb: 128,
        env: BTreeMap::from([("COLOR".to_owned(), "blue".to_owned())]),
        bundle: Bundle::new(files).unwrap(),
        environments: 4,
        bounds: Bounds::default(),
    })
}

fn event(payload: &Value) -> Invoke {
    Invoke {
        id: EventId(7),
        request_id: "request-1".to_owned(),
        deadline: UnixMillis::now().after(Duration::from_secs(5)),
        payload: Payload::Json(payload.to_string().into()),
        fresh: false,
    }
}

/// Runs a test on a thread like those of the sandbox, and no longer than a few seconds.
fn on_a_thread<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let tasks = tokio::task::LocalSet::new();
        let limit = Duration::from_secs(20);
        tasks.block_on(&runtime, async {
            tokio::time::timeout(limit, test()).await.unwrap();
        });
    };
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run);
    thread.unwrap().join().unwrap();
}

async fn start(files: &[(&str, &str)]) -> (Environment, Rc<Recorder>) {
    let host = Rc::new(Recorder::default());
    let environment = Environment::start(
        WarmContext::new(Rc::default()).unwrap(),
        load("index.handler", files),
        host.clone(),
    )
    .await;
    (environment.unwrap(), host)
}

async fn reject(handler: &str, files: &[(&str, &str)]) -> Failure {
    let host = Rc::new(Recorder::default());
    Environment::start(WarmContext::new(Rc::default()).unwrap(), load(handler, files), host)
        .await
        .unwrap_err()
}

async fn ask(environment: &mut Environment, payload: &Value) -> Result<Value, Failure> {
    let (result, _) = environment.invoke(event(payload)).await;
    result.map(|bytes| decode_value(&bytes).unwrap())
}

/// The answer of a handler to `{"n": 1}`, in an environment of its own.
async fn answer(code: &str) -> Result<Value, Failure> {
    let (mut environment, _) = start(&[("index.js", code)]).await;
    ask(&mut environment, &json!({"n": 1})).await
}
