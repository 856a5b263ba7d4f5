//! Asks origins, one request and one answer at a time.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use actix_rt::task::JoinHandle;
use brink_shared::event::Headers;
use http::StatusCode;
use http::header::UPGRADE;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::upgrade::Upgraded;

use super::body::{Completion, OriginBody};
use super::destination::Destination;
use super::exchange::{Failed, Headed};
use super::http2_connections::Http2Connections;
use super::idle_connections::Pool;
use super::lease::{Lease, UnderWay};
use super::origin_connection::{Connection, Opened, Opening, keepalive, read_timeout};
use super::origin_fault::{OriginError, OriginFault, chain};
use super::request::{Head, OriginRequest, WEB_SOCKET};
use super::tls::OriginTls;
use super::upload::{OutgoingBody, Progress};
use super::{CALL_IDLE, IDLE_SWEEP, message};
use crate::response_headers::server_timing::UpstreamTiming;

/// How often a request is sent again because the origin has certainly not processed it.
const SPARE_ATTEMPTS: u32 = 3;

/// Asks origins on behalf of one thread. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct OriginClient(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    tls: OriginTls,
    pool: Rc<RefCell<Pool>>,
    http2: Rc<RefCell<Http2Connections>>,
    under_way: UnderWay,
    sweeper: JoinHandle<()>,
}

/// An origin's answer.
#[derive(Debug)]
pub struct OriginResponse {
    /// 200 to 599, or 101 if the request asked for it.
    pub status: u16,
    /// The origin's reason phrase.
    pub status_description: String,
    /// All headers, also those of the framing.
    pub headers: Headers,
    /// Still arriving. Empty for HEAD, 204 and 304, whatever `Content-Length` says.
    pub body: OriginBody,
    /// The connection, if the answer is a 101.
    pub web_socket: Option<Box<Upgraded>>,
    /// How long the steps took.
    pub timing: UpstreamTiming,
}

// === impl OriginClient ===

impl OriginClient {
    /// A client for the current thread, which must run an actix runtime.
    pub fn new(tls: OriginTls) -> Self {
        let pool = Rc::new(RefCell::new(Pool::default()));
        let http2 = Rc::new(RefCell::new(Http2Connections::default()));
        let sweeper = actix_rt::spawn(sweep(Rc::downgrade(&pool), Rc::downgrade(&http2)));
        Self(Rc::new(Inner { tls, pool, http2, under_way: UnderWay::default(), sweeper }))
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// GET and HEAD without a body are tried again on a new connection, up to `attempts` times in
    /// all, while nothing of an answer has been seen (`contract.md` 7.8). Anything else is sent
    /// once. It is sent again only if a kept connection was closed before a byte was sent, or if an
    /// origin that speaks HTTP/2 says that it did not process the request.
    /// Redirects are answers like any other. Dropping the future ends the request.
    pub async fn fetch(&self, request: OriginRequest) -> Result<OriginResponse, OriginError> {
        let destination = Destination::of(&request);
        let answer = self.ask(&destination, request).await;
        answer.map_err(|cause| OriginError { origin: destination.to_string(), cause })
    }

    /// Connections that wait for their next request.
    pub fn idle_connections(&self) -> usize {
        self.0.pool.borrow().len() + self.0.http2.borrow().idle()
    }

    async fn ask(
        &self,
        destination: &Destination,
        request: OriginRequest,
    ) -> Result<OriginResponse, OriginFault> {
        let Some(within) = request.completion_timeout else {
            let (answer, exchange) = self.attempts(destination, request).await?;
            return exchange.finish(answer, None).await;
        };
        let mut completion = Completion::new(within);
        let (answer, exchange) = completion.bound(self.attempts(destination, request)).await?;
        exchange.finish(answer, Some(completion)).await
    }

    async fn attempts(
        &self,
        destination: &Destination,
        request: OriginRequest,
    ) -> Result<(http::Response<Incoming>, Exchange), OriginFault> {
        let slot = self.0.under_way.slot()?;
        let head = Head::of(&request)?;
        let keepalive = keepalive(&request.origin);
        let patience = if request.is_call { CALL_IDLE } else { read_timeout(&request.origin) };
        let repeatable = matches!(head.method, http::Method::GET | http::Method::HEAD)
            && request.body.is_empty();
        let mut attempts_left = if repeatable { request.attempts.max(1) } else { 1 };
        let mut spare = SPARE_ATTEMPTS;
        let mut body = request.body;
        loop {
            let kept = self.kept(destination, request.is_call);
            let was_kept = kept.is_some();
            let mut timing = UpstreamTiming::default();
            let outcome = match kept {
                Some(connection) => connection.exchange(&head, body, patience).await,
                None => match self.connect(destination, request.connect_timeout, keepalive).await {
                    Ok((Connection::Http1(_), _)) if request.is_call => {
                        Err(Failed { fault: OriginFault::NoHttp2, unsent: None })
                    }
                    Ok((connection, opening)) => {
                        timing = opening;
                        connection.exchange(&head, body, patience).await
                    }
                    Err(fault) => Err(Failed { fault, unsent: Some(body) }),
                },
            };
            let Failed { fault, unsent } = match outcome {
                Ok(Headed { answer, connection, upload, first_byte }) => {
                    timing.first_byte = first_byte.into();
                    let (to, pool) = (destination.clone(), self.0.pool.clone());
                    let lease = Lease::new(connection, to, keepalive, pool, slot);
                    let has_no_body = head.method == http::Method::HEAD
                        || matches!(answer.status().as_u16(), 204 | 304);
                    let is_call = request.is_call;
                    let exchange =
                        Exchange { lease, upload, is_call, patience, has_no_body, timing };
                    return Ok((answer, exchange));
                }
                Err(failed) => failed,
            };
            // The origin may close an idle connection at any moment, and may refuse a stream of
            // HTTP/2, so this does not count as an attempt.
            let is_spare = match fault {
                OriginFault::Closed(_) if was_kept && !destination.may_be_http2() => true,
                OriginFault::Closed(_) | OriginFault::Refused(_) => {
                    spare = u32::saturating_sub(spare, 1);
                    spare > 0 && (unsent.is_some() || (was_kept && repeatable))
                }
                _ => false,
            };
            if !is_spare {
                attempts_left -= 1;
                if attempts_left == 0 || !fault.is_worth_another_attempt() {
                    return Err(fault);
                }
            }
            body = match unsent {
                Some(unsent) => unsent,
                None if repeatable => OutgoingBody::Empty,
                None => return Err(fault),
            };
        }
    }

    /// A connection that is open, and has room for a request. A gRPC call needs one of HTTP/2.
    fn kept(&self, destination: &Destination, is_call: bool) -> Option<Connection> {
        if destination.may_be_http2()
            && let Some(stream) = self.0.http2.borrow_mut().take(destination)
        {
            return Some(Connection::Http2(stream));
        }
        if is_call {
            return None;
        }
        self.0.pool.borrow_mut().take(destination).map(Connection::Http1)
    }

    /// Opens a connection. If the origin may speak HTTP/2, one request opens it for all that wait.
    async fn connect(
        &self,
        destination: &Destination,
        within: Duration,
        keepalive: Duration,
    ) -> Result<(Connection, UpstreamTiming), OriginFault> {
        let gate = match destination.may_be_http2() {
            true => self.0.http2.borrow_mut().gate(destination),
            false => None,
        };
        let _opening = match gate {
            None => None,
            Some(gate) => {
                let waiting = tokio::time::timeout(within, gate.lock_owned()).await;
                let opening = waiting.map_err(|_| OriginFault::ConnectTimeout(within))?;
                if let Some(stream) = self.0.http2.borrow_mut().take(destination) {
                    return Ok((Connection::Http2(stream), UpstreamTiming::default()));
                }
                Some(opening)
            }
        };
        let opening = destination.connect(&self.0.tls, within, keepalive).await?;
        let Opening { opened, dns, connect } = opening;
        let timing =
            UpstreamTiming { dns: dns.into(), connect: connect.into(), ..Default::default() };
        let connection = match opened {
            Opened::Http2(shared) => {
                Connection::Http2(self.0.http2.borrow_mut().add(destination, shared))
            }
            Opened::Http1(connection) => {
                if destination.may_be_http2() {
                    self.0.http2.borrow_mut().speaks_http1(destination);
                }
                Connection::Http1(connection)
            }
        };
        Ok((connection, timing))
    }
}

/// The connection of an answer.
struct Exchange {
    lease: Lease,
    upload: Rc<Progress>,
    is_call: bool,
    patience: Duration,
    /// True for HEAD, 204 and 304, whose `Content-Length` is not that of a body.
    has_no_body: bool,
    timing: UpstreamTiming,
}

// === impl Exchange ===

impl Exchange {
    async fn finish(
        self,
        answer: http::Response<Incoming>,
        completion: Option<Completion>,
    ) -> Result<OriginResponse, OriginFault> {
        let Self { lease, upload, is_call, patience, has_no_body, timing } = self;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return switched(answer, lease, patience).await;
        }
        let response = response_with(answer, |incoming| {
            let body = OriginBody::new(incoming, Some(lease), patience, completion);
            body.beside(upload, is_call).without_bytes(has_no_body)
        });
        Ok(OriginResponse { timing, ..response })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.sweeper.abort();
    }
}

async fn sweep(pool: Weak<RefCell<Pool>>, http2: Weak<RefCell<Http2Connections>>) {
    let mut ticks = tokio::time::interval(IDLE_SWEEP);
    loop {
        ticks.tick().await;
        let (Some(pool), Some(http2)) = (pool.upgrade(), http2.upgrade()) else { return };
        pool.borrow_mut().sweep();
        http2.borrow_mut().sweep();
    }
}

/// Takes over a connection that has switched to another protocol.
async fn switched(
    mut answer: http::Response<Incoming>,
    lease: Lease,
    patience: Duration,
) -> Result<OriginResponse, OriginFault> {
    let protocol = answer.headers().get(UPGRADE).map(http::HeaderValue::as_bytes);
    if !protocol.is_some_and(|name| name.eq_ignore_ascii_case(WEB_SOCKET.as_bytes())) {
        return Err(OriginFault::Malformed("it switches to an unwanted protocol".into()));
    }
    let upgrading = hyper::upgrade::on(&mut answer);
    let upgraded = tokio::time::timeout(patience, upgrading).await;
    let upgraded = upgraded.map_err(|_| OriginFault::HeadTimeout(patience))?;
    // The connection's task had to run until the switch.
    drop(lease);
    let upgraded = upgraded.map_err(|error| OriginFault::Closed(chain(&error)))?;
    let response =
        response_with(answer, |incoming| OriginBody::new(incoming, None, patience, None));
    Ok(OriginResponse { web_socket: Some(Box::new(upgraded)), ..response })
}

fn response_with(
    answer: http::Response<Incoming>,
    body: impl FnOnce(Incoming) -> OriginBody,
) -> OriginResponse {
    let (head, incoming) = answer.into_parts();
    let reason = head.extensions.get::<ReasonPhrase>();
    OriginResponse {
        status: head.status.as_u16(),
        status_description: message::status_description(head.status, reason),
        headers: message::response_headers(&head.headers),
        body: body(incoming),
        web_socket: None,
        timing: UpstreamTiming::default(),
    }
}
