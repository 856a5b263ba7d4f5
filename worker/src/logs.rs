//! The logs of functions. Each line is published on `brink.log.<function>.<version>.<trigger>`, and
//! a journal (a stream of the bus) keeps it.
//!
//! Logs are best effort, as CloudWatch's are, and never delay an event. If the queue is full or the
//! bus is away, lines are dropped and counted. The first lines wait a little until the journal
//! exists.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metrics::counter;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::bus::{Bus, JournalSpec};
use brink_shared::event::Trigger;
use brink_shared::id::{NodeId, VersionId};
use brink_shared::subject;
use brink_shared::wire::{Failure, UnixMillis};

use brink_frames::LogLevel;

/// Most lines that wait to be published.
const LINES_MAX: usize = 4_096;

/// How long the journal keeps a line.
const KEEP_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// The size of the journal, in bytes.
const KEEP_BYTES: u64 = 256 * 1024 * 1024;

/// Most bytes of text that wait to be published.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long the first lines wait for the journal. Without the wait it would miss them.
const JOURNAL_MAX: Duration = Duration::from_secs(5);

/// First and longest wait before the worker tries to make the journal again.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// One line of a function's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The time of the line, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The id of the viewer's request; empty while a version starts.
    pub request_id: String,
    /// The level of the line.
    pub level: LogLevel,
    /// The text that the function wrote, or the reason why it failed.
    pub text: String,
    /// The worker that ran the function.
    pub worker: NodeId,
}

/// Takes log lines. Cheap to clone.
#[derive(Clone)]
pub struct LogSink {
    worker: NodeId,
    lines: mpsc::Sender<Entry>,
    /// Bytes of text that wait to be published.
    waiting: Rc<Cell<usize>>,
    _task: Rc<AbortOnDropHandle<()>>,
}

enum Entry {
    /// A line to publish on this subject.
    Line(String, LogLine),
    /// Report when everything before is published.
    Flush(oneshot::Sender<()>),
}

// === impl LogSink ===

impl LogSink {
    /// Publishes until the last clone of the sink is gone. After `stop` it no longer waits for the
    /// journal.
    pub fn start(bus: Arc<dyn Bus>, worker: NodeId, stop: CancellationToken) -> Self {
        let (lines, taken) = mpsc::channel(LINES_MAX);
        let waiting = Rc::<Cell<usize>>::default();
        let task = tokio::task::spawn_local(work(bus, taken, waiting.clone(), stop));
        Self { worker, lines, waiting, _task: Rc::new(AbortOnDropHandle::new(task)) }
    }

    /// Waits until the bus has taken every line that is in the queue now.
    pub async fn flush(&self) {
        let (tell, told) = oneshot::channel();
        if self.lines.send(Entry::Flush(tell)).await.is_ok() {
            // An error means that the task ended, so there is nothing left to wait for.
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
        let waiting = self.waiting.get().saturating_add(line.text.len());
        let entry = Entry::Line(subject::log(version, trigger), line);
        if waiting > BYTES_MAX || self.lines.try_send(entry).is_err() {
            dropped();
        } else {
            self.waiting.set(waiting);
        }
    }

    /// Takes the failure of an event.
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

/// Publishes lines as soon as the journal exists or [`JOURNAL_MAX`] is over.
async fn work(
    bus: Arc<dyn Bus>,
    lines: mpsc::Receiver<Entry>,
    waiting: Rc<Cell<usize>>,
    stop: CancellationToken,
) {
    let kept = async {
        tokio::select! {
            () = keep(&*bus) => {}
            () = stop.cancelled() => {}
        }
    };
    tokio::pin!(kept);
    match timeout(JOURNAL_MAX, &mut kept).await {
        Ok(()) => publish(&*bus, lines, &waiting).await,
        Err(_) => drop(tokio::join!(kept, publish(&*bus, lines, &waiting))),
    }
}

/// Makes the journal, and tries again until it exists.
async fn keep(bus: &dyn Bus) {
    let (mut wait, longest) = RETRY;
    loop {
        let spec = JournalSpec {
            name: subject::LOG_STREAM,
            subject: subject::LOG_ALL,
            max_age: KEEP_FOR,
            max_bytes: KEEP_BYTES,
            max_messages: None,
            synced: false,
            keeps_oldest: false,
        };
        match bus.open_journal(spec).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, "the logs of functions are not kept yet"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}

async fn publish(bus: &dyn Bus, mut lines: mpsc::Receiver<Entry>, waiting: &Cell<usize>) {
    while let Some(entry) = lines.recv().await {
        let (subject, line) = match entry {
            Entry::Line(subject, line) => {
                waiting.set(waiting.get().saturating_sub(line.text.len()));
                (subject, line)
            }
            Entry::Flush(tell) => {
                // The caller may have stopped waiting.
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

/// Counts a dropped line.
pub fn dropped() {
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
    use brink_shared::bus::EmbeddedBus;
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

    fn sink(bus: &Arc<dyn Bus>) -> LogSink {
        LogSink::start(bus.clone(), "w".parse().unwrap(), CancellationToken::new())
    }

    fn say(sink: &LogSink, text: String) {
        let version = "f:1".parse().unwrap();
        sink.line(&version, Trigger::ViewerRequest, "r", LogLevel::Info, text);
    }

    #[actix_rt::test]
    async fn the_very_first_line_is_kept() {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let sink = sink(&bus);
        say(&sink, "first".to_owned());
        sink.flush().await;
        let mut kept =
            bus.read_journal(subject::LOG_STREAM, subject::LOG_ALL, false).await.unwrap();
        let line = timeout(Duration::from_secs(5), kept.next()).await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&line.payload).contains("first"));
    }

    #[actix_rt::test]
    async fn waiting_lines_are_limited_in_bytes() {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let sink = sink(&bus);
        for _ in 0..100 {
            say(&sink, "x".repeat(256 * 1024));
        }
        assert_eq!(sink.waiting.get(), BYTES_MAX);
        sink.flush().await;
        assert_eq!(sink.waiting.get(), 0);
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
