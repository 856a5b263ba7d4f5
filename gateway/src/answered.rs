//! Facts about each answered request, in addition to the metrics. They help while developing a
//! project.

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
    /// The text in `X-Cache`.
    pub result: &'a str,
    /// The path pattern of the behavior that matched; `None` if no distribution matched.
    pub behavior: Option<&'a str>,
    /// The time from its head to the head of the answer.
    pub took: Duration,
}

/// Called with each answered request, on the thread that serves it. It must not block.
pub type OnAnswer = Arc<dyn Fn(&Answered<'_>) + Send + Sync>;

/// Who gets these facts.
#[derive(Clone, Default)]
pub struct Telling {
    /// Answers have the pattern of the matching behavior in `X-Brink-Behavior`. Not for production,
    /// because it shows how a distribution is configured.
    pub behavior_header: bool,
    /// Called for each request.
    pub on_answer: Option<OnAnswer>,
}
