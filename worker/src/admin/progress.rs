//! The present step of a request, for the error message if it takes too long.

use std::cell::RefCell;
use std::rc::Rc;

tokio::task_local! {
    static STEP: Rc<RefCell<String>>;
}

/// Notes the step that the present request begins.
pub(super) fn step(what: String) {
    // Outside of a request nobody reads it.
    let _ = STEP.try_with(|step| step.replace(what));
}

/// Runs a request, and notes its steps in `steps`.
pub(super) async fn followed<T>(steps: Rc<RefCell<String>>, request: impl Future<Output = T>) -> T {
    STEP.scope(steps, request).await
}
