//! A request that is being answered, on its way into the log.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::access_record::{AccessRecord, AnswerFacts, EndFacts, RequestFacts};
use super::distribution_log::DistributionLog;
use super::{AccessLog, Purposes};

/// The result of a request that failed.
pub const ERROR: &str = "Error";

/// The result of a request that a stored copy answered.
const HIT: &str = "Hit";

/// The kind of error if a viewer leaves before it was sent anything.
const VIEWER_LEFT: &str = "ClientHungUpRequest";

/// The kind of error if a viewer does not get the whole answer.
const VIEWER_CUT: &str = "ClientCommError";

/// A request that will be logged. It is logged once: by [`finish`](Self::finish), or when it is
/// dropped, because the viewer has left.
#[derive(Debug)]
pub struct OpenRecord(Option<Box<Open>>);

#[derive(Debug)]
struct Open {
    log: Arc<AccessLog>,
    purposes: Purposes,
    started: Instant,
    distribution: Arc<DistributionLog>,
    request: RequestFacts,
    answer: Option<AnswerFacts>,
    notes: Rc<RequestNotes>,
    traffic: Rc<Traffic>,
    /// The kind of error that broke the body off.
    broken: Option<&'static str>,
}

/// Facts that come up while a request is answered.
#[derive(Debug, Default)]
pub struct RequestNotes {
    /// Set if the origin is asked.
    asked: Cell<Option<Instant>>,
    first_byte: Cell<Option<Duration>>,
    last_byte: Cell<Option<Duration>>,
    /// The kind of error for which the viewer gets an error page.
    error: RefCell<Option<&'static str>>,
    /// The kind of error that ended a gRPC call, whose answer ends in order nevertheless.
    broken: Cell<Option<&'static str>>,
}

/// Bytes of one request and its answer. A connection that handles one request at a time has one of
/// these, and begins it anew with each request.
#[derive(Debug, Default)]
pub struct Traffic {
    sent: Cell<u64>,
    received: Cell<u64>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The viewer was sent all of it.
    Whole,
    /// The connection ended before.
    Cut,
}

// === impl OpenRecord ===

impl OpenRecord {
    pub(super) fn new(
        log: Arc<AccessLog>,
        purposes: Purposes,
        distribution: Arc<DistributionLog>,
        request: RequestFacts,
        started: Instant,
        traffic: Rc<Traffic>,
    ) -> Self {
        Self(Some(Box::new(Open {
            log,
            purposes,
            started,
            distribution,
            request,
            answer: None,
            notes: Rc::default(),
            traffic,
            broken: None,
        })))
    }

    /// Collects facts while the request is answered.
    pub fn notes(&self) -> Option<Rc<RequestNotes>> {
        self.0.as_ref().map(|open| open.notes.clone())
    }

    /// The head of the answer is ready.
    pub fn answered(&mut self, mut answer: AnswerFacts) {
        if let Some(open) = &mut self.0 {
            answer.first_byte = open.started.elapsed();
            let noted = open.notes.error.take();
            answer.detailed_result = noted.unwrap_or(answer.detailed_result);
            open.answer = Some(answer);
        }
    }

    /// The body of the answer broke off.
    pub fn broke(&mut self, kind: &'static str) {
        if let Some(open) = &mut self.0 {
            open.broken = Some(kind);
        }
    }

    /// The answer's head goes to the viewer, and its bytes are not counted below the server.
    pub fn head_sent(&self) {
        let open = self.0.as_ref();
        if let Some((open, answer)) = open.and_then(|open| Some((open, open.answer.as_ref()?))) {
            open.traffic.sent(answer.head_bytes);
        }
    }

    /// Bytes of the answer's body go to the viewer.
    pub fn body_sent(&self, bytes: usize) {
        if let Some(open) = &self.0 {
            open.traffic.sent(bytes);
        }
    }

    /// Logs the request.
    pub fn finish(mut self, ending: Ending) {
        if let Some(open) = self.0.take() {
            open.finish(ending);
        }
    }
}

impl Drop for OpenRecord {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.finish(Ending::Cut);
        }
    }
}

// === impl Open ===

impl Open {
    fn finish(self, ending: Ending) {
        // A WebSocket ends when one of the two ends it.
        let is_web_socket = self.answer.as_ref().is_some_and(|answer| answer.status == 101);
        let broken = self.broken.or(self.notes.broken());
        let kind = match (&self.answer, broken, ending) {
            (None, ..) => Some(VIEWER_LEFT),
            (Some(_), Some(kind), _) => Some(kind),
            (Some(_), None, Ending::Cut) if !is_web_socket => Some(VIEWER_CUT),
            (Some(_), None, _) => None,
        };
        let answered = self.answer.as_ref();
        // A copy may be refreshed after it was served.
        let is_hit = answered.is_some_and(|answer| answer.result == HIT);
        let end = EndFacts {
            at: SystemTime::now(),
            took: self.started.elapsed(),
            sent: self.traffic.sent.get(),
            received: self.traffic.received.get(),
            result: match kind {
                Some(_) => ERROR,
                None => answered.map_or(ERROR, |answer| answer.result),
            },
            detailed_result: kind
                .or(answered.map(|answer| answer.detailed_result))
                .unwrap_or(ERROR),
            origin_first_byte: self.notes.first_byte.get().filter(|_| !is_hit),
            origin_last_byte: self.notes.last_byte.get().filter(|_| !is_hit),
        };
        let Self { log, purposes, distribution, request, answer, .. } = self;
        log.write(AccessRecord { distribution, request, answer, end }, purposes);
    }
}

// === impl Traffic ===

impl Traffic {
    /// The next request begins.
    pub fn begin(&self) {
        self.sent.set(0);
        self.received.set(0);
    }

    /// The viewer was sent bytes.
    pub fn sent(&self, bytes: usize) {
        self.sent.set(self.sent.get() + bytes as u64);
    }

    /// The viewer sent bytes.
    pub fn received(&self, bytes: usize) {
        self.received.set(self.received.get() + bytes as u64);
    }
}

// === impl RequestNotes ===

impl RequestNotes {
    /// An origin is asked.
    pub fn origin_asked(&self) {
        self.asked.set(Some(Instant::now()));
        self.first_byte.set(None);
        self.last_byte.set(None);
    }

    /// The head of the origin's answer is here.
    pub fn origin_answered(&self) {
        self.first_byte.set(self.since_asked());
    }

    /// The origin's answer is here.
    pub fn origin_ended(&self) {
        self.last_byte.set(self.since_asked());
    }

    /// The viewer gets an error page in place of this error.
    pub fn replaced(&self, kind: &'static str) {
        self.error.replace(Some(kind));
    }

    /// A gRPC call ends because of this error.
    pub fn broke(&self, kind: &'static str) {
        self.broken.set(Some(kind));
    }

    /// The kind of error that ended a gRPC call.
    pub fn broken(&self) -> Option<&'static str> {
        self.broken.get()
    }

    fn since_asked(&self) -> Option<Duration> {
        self.asked.get().map(|asked| asked.elapsed())
    }
}
