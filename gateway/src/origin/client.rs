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

use super::body::OriginBody;
use super::exchange::{Failed, Headed};
use super::idle_connections::Pool;
use super::lease::{Lease, UnderWay};
use super::origin_connection::{Connection, Destination, keepalive, read_timeout};
use super::origin_fault::{OriginError, OriginFault, chain};
use super::request::{Head, OriginRequest, WEB_SOCKET};
use super::tls::OriginTls;
use super::upload::OutgoingBody;
use super::{IDLE_SWEEP, message};
use crate::response_headers::server_timing::UpstreamTiming;

/// Asks origins on behalf of one thread. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct OriginClient(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    tls: OriginTls,
    pool: Rc<RefCell<Pool>>,
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
        let sweeper = actix_rt::spawn(sweep(Rc::downgrade(&pool)));
        Self(Rc::new(Inner { tls, pool, under_way: UnderWay::default(), sweeper }))
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// GET and HEAD without a body are tried again on a new connection, up to `attempts` times in
    /// all, while nothing of an answer has been seen (`contract.md` 7.8). Anything else is sent
    /// once; it is sent again only if a kept connection was closed before a byte was sent.
    /// Redirects are answers like any other. Dropping the future ends the request.
    pub async fn fetch(&self, request: OriginRequest) -> Result<OriginResponse, OriginError> {
        let destination = Destination::of(&request);
        let answer = self.ask(&destination, request).await;
        answer.map_err(|cause| OriginError { origin: destination.to_string(), cause })
    }

    /// Connections that wait for their next request.
    pub fn idle_connections(&self) -> usize {
        self.0.pool.borrow().len()
    }

    async fn ask(
        &self,
        destination: &Destination,
        request: OriginRequest,
    ) -> Result<OriginResponse, OriginFault> {
        let slot = self.0.under_way.slot()?;
        let head = Head::of(&request)?;
        let patience = read_timeout(&request.origin);
        let repeatable = matches!(head.method, http::Method::GET | http::Method::HEAD)
            && request.body.is_empty();
        let mut attempts_left = if repeatable { request.attempts.max(1) } else { 1 };
        let mut body = request.body;
        loop {
            let kept = self.0.pool.borrow_mut().take(destination);
            let was_kept = kept.is_some();
            let mut timing = UpstreamTiming::default();
            let outcome = match kept {
                Some(connection) => connection.exchange(&head, body, patience).await,
                None => match destination.connect(&self.0.tls, request.connect_timeout).await {
                    Ok((connection, dns, connect)) => {
                        timing.dns = dns.into();
                        timing.connect = connect.into();
                        connection.exchange(&head, body, patience).await
                    }
                    Err(fault) => Err(Failed { fault, unsent: Some(body) }),
                },
            };
            let Failed { fault, unsent } = match outcome {
                Ok(Headed { answer, connection, .. })
                    if answer.status() == StatusCode::SWITCHING_PROTOCOLS =>
                {
                    return switched(answer, connection, patience).await;
                }
                Ok(Headed { answer, connection, first_byte }) => {
                    let (to, pool) = (destination.clone(), self.0.pool.clone());
                    let lease = Lease::new(connection, to, keepalive(&request.origin), pool, slot);
                    timing.first_byte = first_byte.into();
                    return Ok(OriginResponse { timing, ..response(answer, lease, patience) });
                }
                Err(failed) => failed,
            };
            // The origin may close an idle connection at any moment, so this does not count as an
            // attempt.
            let was_closed = was_kept && matches!(fault, OriginFault::Closed(_));
            if !was_closed {
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
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.sweeper.abort();
    }
}

async fn sweep(pool: Weak<RefCell<Pool>>) {
    let mut ticks = tokio::time::interval(IDLE_SWEEP);
    loop {
        ticks.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        pool.borrow_mut().sweep();
    }
}

fn response(answer: http::Response<Incoming>, lease: Lease, patience: Duration) -> OriginResponse {
    response_with(answer, |incoming| OriginBody::new(incoming, Some(lease), patience))
}

/// Takes over a connection that has switched to another protocol.
async fn switched(
    mut answer: http::Response<Incoming>,
    connection: Connection,
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
    drop(connection);
    let upgraded = upgraded.map_err(|error| OriginFault::Closed(chain(&error)))?;
    let response = response_with(answer, |incoming| OriginBody::new(incoming, None, patience));
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
