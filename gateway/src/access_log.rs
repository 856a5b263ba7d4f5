//! Access logs in CloudFront's formats (`contract.md` 8.3, 8.4).
//!
//! ```text
//! viewer's request ──▶ OpenRecord ── end of the answer ──▶ AccessRecord ──▶ queue ──▶ writer
//! ```
//!
//! A request that is logged has an [`OpenRecord`] from the moment its distribution is known. When
//! the last byte of the answer was sent, or when the viewer is gone, it becomes an
//! [`AccessRecord`]. The record goes into a bounded queue for each destination. If a queue is full,
//! the record is lost and counted, so no request ever waits for a log. The writer behind the queue
//! makes the lines: on a thread of its own for files and standard output, in a task for NATS.

mod access_record;
mod distribution_log;
mod encoding;
mod field;
mod field_value;
mod followers;
mod log_files;
mod log_line;
mod loss;
mod open_record;
mod publisher;
mod queue;
mod settings;
mod writer;

use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use brink_shared::bus::{Bus, BusError};
use brink_shared::subject;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use access_record::{AccessRecord, AnswerFacts, HeaderFacts, LONGEST, RequestFacts, Tls};
pub use distribution_log::{DistributionLog, Needs};
pub use open_record::{ERROR, Ending, OpenRecord, RequestNotes, Traffic};
pub use settings::{AccessLogError, AccessLogSettings, Destination, LogFormat};

use followers::Followers;
use log_files::LogFiles;
use log_line::{Entry, LogKind};
use loss::Loss;
use publisher::Publisher;
use queue::{Entries, Queue, queue};

/// Messages of followers that wait to be read.
const FOLLOWERS_WAITING: usize = 64;

/// How long writers may take when the gateway stops.
const END_WITHIN: Duration = Duration::from_secs(5);

/// The access logs of one gateway. All its threads share it.
#[derive(Debug)]
pub struct AccessLog {
    standard: Option<Destination>,
    format: LogFormat,
    real_time: Option<Destination>,
    /// The log of requests that no distribution answers, if these are logged.
    unmatched: Option<Arc<DistributionLog>>,
    followers: Arc<Followers>,
    /// Empty once the gateway stops. Then the writers write the rest and end.
    queues: ArcSwapOption<Queues>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// One queue for each destination that is used. The bus is always there, for followers.
#[derive(Debug)]
struct Queues {
    files: Option<Queue>,
    stdout: Option<Queue>,
    nats: Queue,
}

/// The logs that get one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Purposes {
    standard: bool,
    real_time: bool,
    followed: bool,
}

/// Why the access log cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AccessLogStartError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] AccessLogError),
    /// The bus reports an error.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The system gives no thread.
    #[error("cannot start the writer of the access log: {0}")]
    Thread(#[from] std::io::Error),
}

// === impl AccessLog ===

impl AccessLog {
    /// Starts the writers. `location` is the gateway's name, which stands in the lines.
    ///
    /// # Errors
    ///
    /// If the settings contradict each other, or the system or the bus gives no means. A folder
    /// that cannot be written is no error: the gateway warns, and tries again.
    pub async fn start(
        settings: &AccessLogSettings,
        bus: Arc<dyn Bus>,
        location: &str,
    ) -> Result<Arc<Self>, AccessLogStartError> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let mut threads = Vec::new();
        let mut files = None;
        if settings.uses(Destination::Files) {
            let folder = settings.dir.clone().ok_or(AccessLogError::NoFolder)?;
            let (queue, entries, loss) = way_to(Destination::Files);
            let log_files = LogFiles::new(folder, settings, location.to_owned(), loss);
            threads.push(writer::write_files(entries, log_files)?);
            files = Some(queue);
        }
        let mut stdout = None;
        if settings.uses(Destination::Stdout) {
            let (queue, entries, loss) = way_to(Destination::Stdout);
            threads.push(writer::write_stdout(entries, location.to_owned(), loss)?);
            stdout = Some(queue);
        }
        let (nats, entries, loss) = way_to(Destination::Nats);
        tasks.spawn(Publisher::new(bus.clone(), location.to_owned(), loss).run(entries));
        let followers = Arc::new(Followers::default());
        let asked = bus.subscribe(subject::ACCESS_FOLLOW, None, FOLLOWERS_WAITING).await?;
        tasks.spawn(publisher::hear_followers(asked, followers.clone(), stop.clone()));
        let unmatched = settings.unmatched.then(|| Arc::new(DistributionLog::unmatched()));
        Ok(Arc::new(Self {
            standard: settings.to,
            format: settings.format,
            real_time: settings.real_time(),
            unmatched,
            followers,
            queues: ArcSwapOption::from_pointee(Queues { files, stdout, nats }),
            threads: Mutex::new(threads),
            tasks,
            stop,
        }))
    }

    /// Begins to log a request of a distribution, if some log gets it. `request` collects the
    /// facts about it. `traffic` counts its bytes.
    pub fn open(
        self: &Arc<Self>,
        distribution: &Arc<DistributionLog>,
        traffic: impl FnOnce() -> Rc<Traffic>,
        started: Instant,
        request: impl FnOnce(Needs) -> RequestFacts,
    ) -> Option<OpenRecord> {
        let purposes = self.purposes(distribution)?;
        let request = request(distribution.needs());
        let (log, distribution) = (self.clone(), distribution.clone());
        Some(OpenRecord::new(log, purposes, distribution, request, started, traffic()))
    }

    /// The log of requests that no distribution answers.
    pub fn unmatched(&self) -> Option<&Arc<DistributionLog>> {
        self.unmatched.as_ref()
    }

    /// Writes what is still to be written, and ends. Requests that end later are not logged.
    pub async fn stop(&self) {
        drop(self.queues.swap(None));
        self.stop.cancel();
        self.tasks.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        let ended = async {
            self.tasks.wait().await;
            join(threads).await
        };
        match tokio::time::timeout(END_WITHIN, ended).await {
            Ok(Ok(0)) => {}
            Ok(Ok(_)) => tracing::error!("a writer of the access log panicked"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot wait for the access log; lines may be lost");
            }
            Err(_) => tracing::warn!("the access log is not written in time; lines are lost"),
        }
    }

    fn purposes(&self, distribution: &DistributionLog) -> Option<Purposes> {
        let standard = distribution.standard && self.standard.is_some();
        let chosen = distribution.real_time.as_ref().filter(|_| self.real_time.is_some());
        let real_time = chosen.is_some_and(|log| {
            log.sampling_rate >= 100 || rand::random_range(0..100) < log.sampling_rate
        });
        let followed = self.followers.follows(distribution.id.as_ref());
        let any = standard || real_time || followed;
        any.then_some(Purposes { standard, real_time, followed })
    }

    /// Puts a request into the queues of its logs.
    fn write(&self, record: AccessRecord, purposes: Purposes) {
        let queues = self.queues.load();
        let Some(queues) = queues.as_ref() else { return };
        let record = Arc::new(record);
        let standard = match self.format {
            LogFormat::W3c => LogKind::Standard,
            LogFormat::Json => LogKind::StandardJson,
        };
        let wanted = [
            (standard, self.standard.filter(|_| purposes.standard)),
            (LogKind::RealTime, self.real_time.filter(|_| purposes.real_time)),
            (LogKind::Followed, purposes.followed.then_some(Destination::Nats)),
        ];
        for destination in [Destination::Files, Destination::Stdout, Destination::Nats] {
            let mut kinds = wanted.iter().filter(|(_, to)| *to == Some(destination)).peekable();
            let queue = match destination {
                Destination::Files => queues.files.as_ref(),
                Destination::Stdout => queues.stdout.as_ref(),
                Destination::Nats => Some(&queues.nats),
            };
            if kinds.peek().is_some()
                && let Some(queue) = queue
            {
                let kinds = kinds.map(|(kind, _)| *kind).collect();
                queue.put(Entry { record: record.clone(), kinds });
            }
        }
    }
}

/// Waits for threads to end, and counts those that panicked. The wait can be given up, also if a
/// thread never ends because nobody reads a pipe. A blocking task of the runtime would not do: the
/// runtime waits for it without limit when it ends.
async fn join(threads: Vec<JoinHandle<()>>) -> std::io::Result<usize> {
    let (tell, told) = oneshot::channel();
    let joining = std::thread::Builder::new().name("access-log-end".to_owned());
    joining.spawn(|| {
        let panicked = threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count();
        // Nobody listens if the wait was given up.
        let _ = tell.send(panicked);
    })?;
    told.await.map_err(std::io::Error::other)
}

fn way_to(destination: Destination) -> (Queue, Entries, Arc<Loss>) {
    let loss = Arc::new(Loss::new(destination.name()));
    let (queue, entries) = queue(loss.clone());
    (queue, entries, loss)
}

#[cfg(test)]
mod tests;
