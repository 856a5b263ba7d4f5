//! The present step of a request, for the answer if it takes too long.

use std::cell::RefCell;
use std::rc::Rc;

tokio::task_local! {
    static STEP: Rc<RefCell<String>>;
}

/// Names the step that the present request begins.
pub(super) fn step(what: String) {
    // Outside a request nobody asks.
    let _ = STEP.try_with(|step| step.replace(what));
}

/// Runs a request, whose steps are written here.
pub(super) async fn followed<T>(steps: Rc<RefCell<String>>, request: impl Future<Output = T>) -> T {
    STEP.scope(steps, request).await
}
