//! `brink-boa` as the engine of the sandbox process. No other file of this crate names it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use brink_boa::Compiled;
use brink_frames::{CallRequest, CallResult, EventId, Invoke, Load, LogLevel};
use brink_shared::registry::Bundle;
use brink_shared::wire::{Failure, Run};

use crate::engine::{Engine, Environment, Host, WarmContext};

/// Boa on one thread, with the code that the thread compiled.
#[derive(Default)]
pub(crate) struct Boa(Rc<Compiled>);

/// The process's services, as Boa asks for them.
struct Services<H>(Rc<H>);

impl Engine for Boa {
    const STACK_SIZE: usize = brink_boa::STACK_SIZE;
    const USUAL: &'static [&'static str] = brink_boa::USUAL;
    type WarmContext = brink_boa::WarmContext;
    type Environment = brink_boa::Environment;

    fn absent_modules(bundle: &Bundle) -> Vec<String> {
        let uses = brink_boa::absent_modules::find(bundle.files());
        uses.iter().map(ToString::to_string).collect()
    }

    fn warm_context(&self) -> Result<Self::WarmContext, Failure> {
        brink_boa::WarmContext::new(self.0.clone())
    }

    async fn start(
        &self,
        warm_context: Self::WarmContext,
        load: Arc<Load>,
        host: Rc<impl Host + 'static>,
    ) -> Result<Self::Environment, Failure> {
        brink_boa::Environment::start(warm_context, load, Rc::new(Services(host))).await
    }
}

impl WarmContext for brink_boa::WarmContext {
    fn is_prepared(&self, modules: &[&str]) -> bool {
        self.is_prepared(modules)
    }

    fn prepare(&mut self, modules: &[&str]) {
        self.prepare(modules);
    }
}

impl Environment for brink_boa::Environment {
    async fn invoke(&mut self, invoke: Invoke) -> (Result<Bytes, Failure>, Run) {
        self.invoke(invoke).await
    }

    fn is_spent(&self) -> bool {
        self.is_spent()
    }

    fn needs_recycling(&self) -> bool {
        self.needs_recycling()
    }
}

impl<H: Host> brink_boa::Host for Services<H> {
    fn log(&self, event: Option<EventId>, level: LogLevel, text: String) {
        self.0.log(event, level, text);
    }

    fn call(&self, event: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult> {
        self.0.call(event, request)
    }

    fn takes_thread(&self, event: EventId, used: Duration) {
        self.0.takes_thread(event, used);
    }

    fn leaves_thread(&self) {
        self.0.leaves_thread();
    }

    fn memory_used(&self) -> u64 {
        self.0.memory_used()
    }

    fn asked(&self, module: &'static str) {
        self.0.asked(module);
    }
}
