//! HTTP/2 connections to origins: many requests share one, each in a stream of its own.
//!
//! ```text
//!            connect, ALPN h2                 no stream for `keepalive`, or retired and
//!  (none) ────────────────────▶ in the table ──────────────────────────────────────────▶ closed
//!                                 ▲      │                      its last stream ended
//!                     stream ends └──────┘ stream begins
//! ```
//!
//! The table has the connections of one thread. A connection belongs to the table and to its
//! streams together, so the last of them to be dropped closes it. A connection on which the origin
//! was silent for too long, or which the origin ends (GOAWAY), is *retired*: it gets no new stream.
//!
//! While a first connection is being opened, other requests for the origin wait for it at the
//! *gate*. The table remembers which origins speak HTTP/1.1 only, so their requests do not wait for
//! each other.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use super::destination::Destination;
use super::origin_fault::{OriginFault, chain};
use super::upload::Upload;
use super::{MAX_IDLE, MAX_RESPONSE_HEAD};

/// Most streams of one connection. Further requests open another connection.
pub const STREAMS_MAX: usize = 64;

/// Most bytes of one answer that are read ahead.
const STREAM_WINDOW: u32 = 256 * 1024;

/// Has room for all streams, so an answer that nobody reads does not delay the others.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAMS_MAX as u32;

/// Most bytes of one upload that wait for the origin.
const SEND_BUFFER: usize = 64 * 1024;

/// How long an origin without connections is remembered.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The HTTP/2 connections of one thread, by destination.
#[derive(Debug, Default)]
pub(super) struct Http2Connections(HashMap<Destination, Entry>);

/// Connections to one destination, and facts about it.
#[derive(Debug)]
struct Entry {
    connections: Vec<Rc<Shared>>,
    gate: Arc<Mutex<()>>,
    /// True once its TLS handshake chose HTTP/1.1.
    is_http1: bool,
    /// The most streams that its last connection allowed.
    allowed: usize,
    used: Instant,
}

/// A stream of a connection, or the place for one. Dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Http2Stream(Rc<Shared>);

/// One open connection.
#[derive(Debug)]
pub(super) struct Shared {
    sender: SendRequest<Upload>,
    streams: Cell<usize>,
    limit: Rc<Limit>,
    is_retired: Cell<bool>,
    /// The end of its last stream, and how long it is kept from then on.
    idle: Cell<(Instant, Duration)>,
    tasks: Tasks,
}

/// The most streams that the origin allows. Its task looks after each answer, since the origin states
/// the limit before its first answer, and may change it.
#[derive(Debug, Default)]
struct Limit {
    /// 0 until the first answer.
    streams: Cell<usize>,
    look: Notify,
}

/// The tasks of one connection: the connection itself, and one for each upload and each answer.
/// They end with it.
#[derive(Clone, Debug, Default)]
struct Tasks(Rc<RefCell<JoinSet<()>>>);

// === impl Http2Connections ===

impl Http2Connections {
    /// A place in the connection that has the fewest streams, if one has room.
    pub(super) fn take(&mut self, destination: &Destination) -> Option<Http2Stream> {
        let entry = self.0.get_mut(destination)?;
        entry.used = Instant::now();
        let mut stated = entry.connections.iter().map(|connection| connection.limit.streams.get());
        entry.allowed = stated.rfind(|streams| *streams > 0).unwrap_or(entry.allowed);
        let allowed = entry.allowed;
        let usable = entry.connections.iter().filter(|connection| connection.has_room(allowed));
        usable.min_by_key(|connection| connection.streams.get()).map(Http2Stream::new)
    }

    /// The gate at which requests wait while another one opens a connection. `None` if the origin
    /// is known to speak HTTP/1.1 only.
    pub(super) fn gate(&mut self, destination: &Destination) -> Option<Arc<Mutex<()>>> {
        let entry = self.entry(destination);
        (!entry.is_http1).then(|| entry.gate.clone())
    }

    /// Adds a connection, and takes the first place in it.
    pub(super) fn add(&mut self, destination: &Destination, connection: Shared) -> Http2Stream {
        let connection = Rc::new(connection);
        let entry = self.entry(destination);
        entry.is_http1 = false;
        entry.connections.push(connection.clone());
        Http2Stream::new(&connection)
    }

    /// Remembers that the origin chose HTTP/1.1.
    pub(super) fn speaks_http1(&mut self, destination: &Destination) {
        self.entry(destination).is_http1 = true;
    }

    /// Closes the connections that were idle for too long, and forgets origins.
    pub(super) fn sweep(&mut self) {
        let now = Instant::now();
        self.0.retain(|_, entry| {
            entry.connections.retain(|connection| connection.is_kept(now));
            !entry.connections.is_empty() || now < entry.used + REMEMBERED
        });
    }

    /// Connections without a stream.
    pub(super) fn idle(&self) -> usize {
        let all = self.0.values().flat_map(|entry| &entry.connections);
        all.filter(|connection| connection.streams.get() == 0).count()
    }

    fn entry(&mut self, destination: &Destination) -> &mut Entry {
        if !self.0.contains_key(destination) && self.0.len() >= MAX_IDLE {
            self.make_room();
        }
        let entry = self.0.entry(destination.clone()).or_insert_with(|| Entry {
            connections: Vec::new(),
            gate: Arc::default(),
            is_http1: false,
            allowed: STREAMS_MAX,
            used: Instant::now(),
        });
        entry.used = Instant::now();
        entry
    }

    /// Forgets the destination that was not used for longest. Its streams go on.
    fn make_room(&mut self) {
        self.sweep();
        if self.0.len() >= MAX_IDLE {
            let oldest = self.0.iter().min_by_key(|(_, entry)| entry.used);
            if let Some(oldest) = oldest.map(|(destination, _)| destination.clone()) {
                self.0.remove(&oldest);
            }
        }
    }
}

// === impl Shared ===

impl Shared {
    /// Begins HTTP/2 on a connection whose TLS handshake chose it. `keepalive` is how long it is
    /// kept without a stream.
    pub(super) async fn open<Io>(io: Io, keepalive: Duration) -> Result<Self, OriginFault>
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let tasks = Tasks::default();
        let (sender, connection) = http2::Builder::new(tasks.clone())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .initial_max_send_streams(STREAMS_MAX)
            .max_header_list_size(u32::try_from(MAX_RESPONSE_HEAD).unwrap_or(u32::MAX))
            .max_send_buf_size(SEND_BUFFER)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| OriginFault::Connect(chain(&error)))?;
        let limit = Rc::new(Limit::default());
        tasks.spawn(drive(connection, limit.clone()));
        let idle = Cell::new((Instant::now(), keepalive));
        let (streams, is_retired) = (Cell::new(0), Cell::new(false));
        Ok(Self { sender, streams, limit, is_retired, idle, tasks })
    }

    /// True if it may get one more stream. `usual` is the origin's limit until it states another.
    fn has_room(&self, usual: usize) -> bool {
        let most = match self.limit.streams.get() {
            0 => usual,
            stated => stated,
        };
        let most = most.min(STREAMS_MAX);
        !self.is_retired.get() && !self.sender.is_closed() && self.streams.get() < most
    }

    /// False for a connection that the table drops. Its streams keep it open.
    fn is_kept(&self, now: Instant) -> bool {
        let (since, keepalive) = self.idle.get();
        let is_usable = !self.is_retired.get() && !self.sender.is_closed();
        is_usable && (self.streams.get() > 0 || now < since + keepalive)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tasks.0.borrow_mut().abort_all();
    }
}

/// Runs a connection, and notes how many streams the origin allows.
async fn drive<Io>(connection: http2::Connection<TokioIo<Io>, Upload, Tasks>, limit: Rc<Limit>)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = std::pin::pin!(connection);
    loop {
        tokio::select! {
            // The waiting requests and the readers of bodies get the errors.
            _ = connection.as_mut() => return,
            () = limit.look.notified() => limit.streams.set(connection.current_max_send_streams()),
        }
    }
}

// === impl Http2Stream ===

impl Http2Stream {
    fn new(connection: &Rc<Shared>) -> Self {
        connection.streams.set(connection.streams.get() + 1);
        Self(connection.clone())
    }

    pub(super) fn sender(&self) -> SendRequest<Upload> {
        self.0.sender.clone()
    }

    /// Looks how many streams the origin allows.
    pub(super) fn look_at_limit(&self) {
        self.0.limit.look.notify_one();
    }

    /// Keeps further requests off this connection.
    pub(super) fn retire(&self) {
        self.0.is_retired.set(true);
    }

    /// How long the connection is kept once it has no stream: the newest request decides.
    pub(super) fn keep(&self, keepalive: Duration) {
        self.0.idle.set((Instant::now(), keepalive));
    }
}

impl Drop for Http2Stream {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get().saturating_sub(1));
        let (_, keepalive) = self.0.idle.get();
        self.keep(keepalive);
    }
}

// === impl Tasks ===

impl Tasks {
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let mut tasks = self.0.borrow_mut();
        // Forgets those that have ended.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_local(task);
    }
}

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}
