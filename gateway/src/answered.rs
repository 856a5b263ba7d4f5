//! Facts about each answered request, beside the metrics. They help while developing a project.

use std::sync::Arc;
use std::time::Duration;

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// Its method; `-` if it could not be read.
    pub method: &'a str,
    /// Its path as the viewer wrote it; `-` if it could not be read.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// As in `X-Cache`.
    pub result: &'a str,
    /// The path pattern of the behavior that took it; none where no distribution did.
    pub behavior: Option<&'a str>,
    /// From its head to the answer's.
    pub took: Duration,
}

/// Called with each answered request, on the thread that serves it. It must not block.
pub type OnAnswer = Arc<dyn Fn(&Answered<'_>) + Send + Sync>;

/// What is told, and to whom.
#[derive(Clone, Default)]
pub struct Telling {
    /// Viewers find the behavior that took their request in `X-Brink-Behavior`. Not for
    /// production: it shows how a distribution is made.
    pub behavior_header: bool,
    /// Told of each request.
    pub on_answer: Option<OnAnswer>,
}
