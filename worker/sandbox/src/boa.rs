//! `brink-boa` as the engine of the sandbox process. No other file of this crate names it.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use brink_boa::Compiled;
use brink_frames::{Host, Invoke, Load};
use brink_shared::registry::Bundle;
use brink_shared::wire::{Failure, Run};

use crate::engine::{Engine, Environment, WarmContext};

/// Boa on one thread, with the code that the thread compiled.
#[derive(Default)]
pub(crate) struct Boa(Rc<Compiled>);

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
        host: Rc<dyn Host>,
    ) -> Result<Self::Environment, Failure> {
        brink_boa::Environment::start(warm_context, load, host).await
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
