//! The boundary between the sandbox process and the engine that it embeds.
//!
//! The process (`process`) knows an engine only by these traits, which `boa` implements. They are
//! type parameters, so running an event costs no more than it would without them. The other way, an
//! environment knows its process as a [`Host`].

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use brink_frames::{Host, Invoke, Load};
use brink_shared::registry::Bundle;
use brink_shared::wire::{Failure, Run};

/// An engine on one thread, with all that the environments of the thread share.
///
/// The environments belong to one version, and never leave their thread.
pub(crate) trait Engine: Default + 'static {
    /// The stack that a thread with environments needs, in bytes.
    const STACK_SIZE: usize;
    /// The platform modules that most functions need, in the order in which to prepare them.
    const USUAL: &'static [&'static str];
    /// See [`WarmContext`].
    type WarmContext: WarmContext;
    /// See [`Environment`].
    type Environment: Environment;

    /// The modules that a bundle requests and that cannot work, a line for each use. No code of the
    /// bundle runs.
    fn absent_modules(bundle: &Bundle) -> Vec<String>;
    /// A new context for the next environment. It may be made before there is a version.
    fn warm_context(&self) -> Result<Self::WarmContext, Failure>;
    /// Makes an environment from a context: starts the version in it.
    ///
    /// It is called within a [`tokio::task::LocalSet`]. It has no deadline of its own.
    async fn start(
        &self,
        warm_context: Self::WarmContext,
        load: Arc<Load>,
        host: Rc<dyn Host>,
    ) -> Result<Self::Environment, Failure>;
}

/// A context in which no code of a function has run.
pub(crate) trait WarmContext {
    /// True if all platform modules of a list are prepared. The list may only grow from one
    /// question to the next.
    fn is_prepared(&self, modules: &[&str]) -> bool;
    /// Prepares the next platform module of a list, which takes milliseconds.
    fn prepare(&mut self, modules: &[&str]);
}

/// An execution environment of the version. Dropping it ends it.
pub(crate) trait Environment {
    /// Runs the handler for one event. The value is MessagePack of a JSON value.
    async fn invoke(&mut self, invoke: Invoke) -> (Result<Bytes, Failure>, Run);
    /// True if the environment must not be used again.
    fn is_spent(&self) -> bool;
    /// True if the environment should be recycled. It may be used until another one is there.
    fn needs_recycling(&self) -> bool;
}
