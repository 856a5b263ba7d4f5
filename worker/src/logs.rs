//! Function logs: lines on `brink.log.<function>.<version>.<trigger>`, kept by a journal.
//!
//! Best effort, like CloudWatch's: a full queue or an absent bus drops lines and counts them,
//! and never delays an event.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metrics::counter;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::bus::{Bus, JournalSpec};
use brink_shared::event::Trigger;
use brink_shared::id::{NodeId, VersionId};
use brink_shared::subject;
use brink_shared::wire::{Failure, UnixMillis};

use crate::sandbox::frame::LogLevel;

/// Most lines that wait to be published.
const LINES_MAX: usize = 4_096;

/// How long the journal keeps a line.
const KEEP_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How much the journal keeps, in bytes.
const KEEP_BYTES: u64 = 256 * 1024 * 1024;

/// First and longest wait before the journal is tried again.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// One line of a function's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The viewer request; empty while a version starts.
    pub request_id: String,
    /// How important.
    pub level: LogLevel,
    /// What the function wrote, or why it failed.
    pub text: String,
    /// The worker that ran it.
    pub worker: NodeId,
}

/// Takes log lines in. Cheap to clone.
#[derive(Clone)]
pub struct LogSink {
    worker: NodeId,
    lines: mpsc::Sender<Entry>,
    _task: Rc<AbortOnDropHandle<()>>,
}

enum Entry {
    /// A line for this subject.
    Line(String, LogLine),
    /// Tell when everything before is published.
    Flush(oneshot::Sender<()>),
}

// === impl LogSink ===

impl LogSink {
    /// Starts publishing, until the last clone of the sink is gone.
    pub fn start(bus: Arc<dyn Bus>, worker: NodeId) -> Self {
        let (lines, taken) = mpsc::channel(LINES_MAX);
        let task = tokio::task::spawn_local(publish(bus, taken));
        Self { worker, lines, _task: Rc::new(AbortOnDropHandle::new(task)) }
    }

    /// Waits until every line that is in now was given to the bus.
    pub async fn flush(&self) {
        let (tell, told) = oneshot::channel();
        if self.lines.send(Entry::Flush(tell)).await.is_ok() {
            // An error means that the task ended, after which nothing is left to wait for.
            let _ = told.await;
        }
    }

    /// Takes a line.
    pub fn line(
        &self,
        version: &VersionId,
        trigger: Trigger,
        request_id: &str,
        level: LogLevel,
        text: String,
    ) {
        tracing::debug!(%version, %trigger, request_id, ?level, "{text}");
        let line = LogLine {
            time_ms: UnixMillis::now().0,
            request_id: request_id.to_owned(),
            level,
            text,
            worker: self.worker.clone(),
        };
        let entry = Entry::Line(subject::log(version, trigger), line);
        if self.lines.try_send(entry).is_err() {
            dropped();
        }
    }

    /// Takes the report of an event that failed.
    pub fn failure(
        &self,
        version: &VersionId,
        trigger: Trigger,
        request_id: &str,
        failure: &Failure,
    ) {
        let text = describe(failure);
        self.line(version, trigger, request_id, LogLevel::Error, text);
    }
}

/// Makes sure that the bus keeps function logs, trying until it does.
pub async fn keep(bus: Arc<dyn Bus>, stop: CancellationToken) {
    let (mut wait, longest) = RETRY;
    loop {
        let spec = JournalSpec {
            name: subject::LOG_STREAM,
            subject: subject::LOG_ALL,
            max_age: KEEP_FOR,
            max_bytes: KEEP_BYTES,
        };
        match bus.open_journal(spec).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, "function logs are not kept yet"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(longest),
        }
    }
}

async fn publish(bus: Arc<dyn Bus>, mut lines: mpsc::Receiver<Entry>) {
    while let Some(entry) = lines.recv().await {
        let (subject, line) = match entry {
            Entry::Line(subject, line) => (subject, line),
            Entry::Flush(tell) => {
                // Whoever asked may have stopped waiting.
                let _ = tell.send(());
                continue;
            }
        };
        let sent = match serde_json::to_vec(&line) {
            Ok(json) => bus.publish(&subject, None, Bytes::from(json)).await.is_ok(),
            Err(_) => false,
        };
        if !sent {
            dropped();
        }
    }
}

fn dropped() {
    counter!("brink_worker_log_lines_dropped_total").increment(1);
}

/// `TypeError: x is not a function`, and its stack below.
fn describe(failure: &Failure) -> String {
    let mut text = format!("{}: {}", failure.error_type, failure.message);
    for frame in &failure.stack {
        text.push_str("\n    at ");
        text.push_str(frame.trim_start().trim_start_matches("at "));
    }
    text
}

#[cfg(test)]
mod tests {
    use brink_shared::wire::FailureKind;

    use super::*;

    #[test]
    fn a_failure_reads_like_an_uncaught_error() {
        let failure = Failure {
            kind: FailureKind::Execution,
            error_type: "TypeError".to_owned(),
            message: "x is not a function".to_owned(),
            stack: vec!["handler (index.js:3:5)".to_owned(), "at run".to_owned()],
        };
        assert_eq!(
            describe(&failure),
            "TypeError: x is not a function\n    at handler (index.js:3:5)\n    at run"
        );
    }

    #[test]
    fn a_line_is_json_with_these_names() {
        let line = LogLine {
            time_ms: 5,
            request_id: "r".to_owned(),
            level: LogLevel::Info,
            text: "hi".to_owned(),
            worker: "w".parse().unwrap(),
        };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"time_ms":5,"request_id":"r","level":"INFO","text":"hi","worker":"w"}"#
        );
    }
}
