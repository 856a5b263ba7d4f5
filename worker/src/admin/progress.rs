//! The present step of a request, for the error message if it takes too long, and the time that the
//! request has beyond that of others.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

tokio::task_local! {
    static PROGRESS: Rc<Progress>;
}

/// The state of a request while it runs.
pub(super) struct Progress {
    /// Its present step, in words.
    pub step: RefCell<String>,
    /// How much longer it may take than others, because it moves a large bundle.
    pub longer: Cell<Duration>,
}

/// Notes the step that the present request begins.
pub(super) fn step(what: String) {
    // Outside of a request nobody reads it.
    let _ = PROGRESS.try_with(|progress| progress.step.replace(what));
}

/// Lets the present request take so much longer.
pub(super) fn take_longer(by: Duration) {
    let _ = PROGRESS.try_with(|progress| progress.longer.set(by));
}

/// How much longer than others the present request may take.
pub(super) fn longer() -> Duration {
    PROGRESS.try_with(|progress| progress.longer.get()).unwrap_or_default()
}

/// Runs a request, and notes its steps in `progress`.
pub(super) async fn followed<T>(progress: Rc<Progress>, request: impl Future<Output = T>) -> T {
    PROGRESS.scope(progress, request).await
}

// === impl Progress ===

impl Progress {
    /// A request that begins.
    pub(super) fn new(step: &str) -> Rc<Self> {
        let step = RefCell::new(step.to_owned());
        Rc::new(Self { step, longer: Cell::new(Duration::ZERO) })
    }
}
