//! The threads that compress.
//!
//! A body takes a place when it begins, and keeps it until its end. There are only [`PLACES`]; if
//! none is free, the object is passed on as it is. The codec of a body goes to a thread with a
//! piece of the body, and comes back with the output:
//!
//! ```text
//!  fetch ── Job: codec, piece ──▶ queue ──▶ thread ── codec, output ──▶ fetch
//! ```
//!
//! So each body has at most one job at a time. Large and small bodies take turns, and the queue
//! never has more jobs than there are places. A place goes where its codec goes: if the fetch is
//! dropped, the place is free once no thread has the codec.
//!
//! The threads end when the last [`Compressors`] is dropped. Jobs that wait then are dropped, and
//! their bodies break off.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread::JoinHandle;

use brink_shared::registry::distribution::ContentCoding;
use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::encoder::{Encoder, Then};

/// Most bodies that are compressed at the same time.
pub const PLACES: usize = 32;

/// Most threads that compress.
const THREADS_MAX: usize = 4;

/// The threads that compress, and the places for bodies. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Compressors(Arc<Pool>);

/// The compression of one body.
pub struct Compression {
    coding: ContentCoding,
    queue: Arc<Queue>,
    /// With a thread while that compresses; lost if the thread fails.
    work: Option<Work>,
}

/// As many bodies as possible are being compressed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{PLACES} bodies are being compressed already")]
pub struct NoPlace;

/// A body cannot be compressed further. The part that readers have is not a whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompressionError {
    /// The codec failed, which is an error of the codec.
    #[error("the codec failed")]
    Codec,
    /// The gateway stops.
    #[error("the gateway stops")]
    Stopped,
}

struct Pool {
    queue: Arc<Queue>,
    places: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
}

/// The jobs that wait for a thread. Threads and async tasks share it; each keeps the lock for
/// nanoseconds.
struct Queue {
    waiting: Mutex<Waiting>,
    /// Wakes a thread when there is a job, and all threads when they should end.
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    stopped: bool,
}

/// A codec, and everything that is free again when it is dropped.
struct Work {
    encoder: Encoder,
    _place: OwnedSemaphorePermit,
    /// The account of the codec's memory.
    _charge: Box<dyn Any + Send>,
}

struct Job {
    work: Work,
    input: Vec<Bytes>,
    then: Then,
    /// Dropped if the thread fails, or if nobody waits for the output any more.
    done: oneshot::Sender<(Work, Vec<u8>)>,
}

// === impl Compressors ===

impl Compressors {
    /// Starts the threads: one for two cores, at most four.
    pub fn start() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let queue = Arc::new(Queue { waiting: Mutex::default(), changed: Condvar::new() });
        let mut pool = Pool {
            queue: queue.clone(),
            places: Arc::new(Semaphore::new(PLACES)),
            threads: Vec::new(),
        };
        for number in 0..cores.div_ceil(2).min(THREADS_MAX) {
            let queue = queue.clone();
            let thread = std::thread::Builder::new().name(format!("compress-{number}"));
            pool.threads.push(thread.spawn(move || queue.serve())?);
        }
        Ok(Self(Arc::new(pool)))
    }

    /// Takes a place for a body of this many bytes. `charge` accounts for
    /// [`memory`](Compression::memory) bytes until the compression ends.
    pub fn begin(
        &self,
        coding: ContentCoding,
        length: u64,
        charge: impl Any + Send,
    ) -> Result<Compression, NoPlace> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| NoPlace)?;
        let encoder = Encoder::new(coding, length);
        let work = Work { encoder, _place: place, _charge: Box::new(charge) };
        Ok(Compression { coding, queue: self.0.queue.clone(), work: Some(work) })
    }
}

// === impl Compression ===

impl Compression {
    /// Bytes of memory that the compression of a body of this length takes.
    pub fn memory(coding: ContentCoding, length: u64) -> usize {
        Encoder::memory(coding, length)
    }

    /// The coding of the output.
    pub fn coding(&self) -> ContentCoding {
        self.coding
    }

    /// Compresses a piece on another thread. Not cancel-safe: the compression is lost then.
    pub(super) async fn run(
        &mut self,
        input: Vec<Bytes>,
        then: Then,
    ) -> Result<Vec<u8>, CompressionError> {
        let work = self.work.take().ok_or(CompressionError::Codec)?;
        let (done, output) = oneshot::channel();
        if !self.queue.add(Job { work, input, then, done }) {
            return Err(CompressionError::Stopped);
        }
        let (work, output) = output.await.map_err(|_| CompressionError::Codec)?;
        self.work = Some(work);
        Ok(output)
    }
}

// === impl Queue ===

impl Queue {
    /// Adds a job. False if the threads end; then it is dropped.
    fn add(&self, job: Job) -> bool {
        let mut waiting = self.waiting.lock();
        if !waiting.stopped {
            waiting.jobs.push_back(job);
            self.changed.notify_one();
        }
        !waiting.stopped
    }

    /// Runs jobs until the end.
    fn serve(&self) {
        while let Some(job) = self.next() {
            job.run();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut waiting = self.waiting.lock();
        loop {
            if waiting.stopped {
                return None;
            }
            match waiting.jobs.pop_front() {
                Some(job) => return Some(job),
                None => self.changed.wait(&mut waiting),
            }
        }
    }

    fn stop(&self) {
        let mut waiting = self.waiting.lock();
        waiting.stopped = true;
        waiting.jobs.clear();
        self.changed.notify_all();
    }
}

// === impl Job ===

impl Job {
    fn run(self) {
        let Self { mut work, input, then, done } = self;
        if done.is_closed() {
            return;
        }
        // A codec that panics ends one body, not the thread.
        let encoded = std::panic::catch_unwind(AssertUnwindSafe(|| work.encoder.run(&input, then)));
        if let Ok(Ok(output)) = encoded {
            // If nobody waits any more, the codec is dropped here.
            let _ = done.send((work, output));
        }
    }
}

// === impl Pool ===

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.stop();
        for thread in self.threads.drain(..) {
            // It ends after its present piece. It cannot have panicked.
            let _ = thread.join();
        }
    }
}
