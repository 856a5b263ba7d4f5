//! Asks origins, one request and one answer at a time.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_rt::task::JoinHandle;
use brink_shared::event::{Headers, Origin};
use brink_shared::registry::distribution::OriginUrl;
use http::StatusCode;
use http::header::{CONNECTION, UPGRADE};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::upgrade::Upgraded;
use tokio::time::Instant;

use super::body::{OriginBody, OutgoingBody, Progress, Upload};
use super::connection::{Connection, Destination, keepalive, read_timeout};
use super::error::{OriginError, OriginFault, chain};
use super::pool::Pool;
use super::tls::OriginTls;
use super::{IDLE_SWEEP, MAX_UNDER_WAY, message};

/// The only protocol that connections may switch to.
const WEB_SOCKET: &str = "websocket";

/// Asks origins on behalf of one thread. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct OriginClient(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    tls: OriginTls,
    pool: Rc<RefCell<Pool>>,
    under_way: Cell<usize>,
    sweeper: JoinHandle<()>,
}

/// One request to an origin.
#[derive(Debug)]
pub struct OriginRequest {
    /// Where it goes. The connection and the name given in TLS follow `domain_name`, whatever
    /// `Host` says; the certificate may be for either.
    pub origin: Origin,
    /// Where the store of a bucket takes requests, if that is not the bucket's own name.
    pub endpoint: Option<OriginUrl>,
    /// How long one connection attempt may take.
    pub connect_timeout: Duration,
    /// How many attempts a GET or HEAD has, 1 to 3.
    pub attempts: u32,
    /// The HTTP method.
    pub method: String,
    /// The path, without the origin's own prefix, which is put before it.
    pub uri: String,
    /// Without `?`.
    pub querystring: String,
    /// `Host` among them; see [`Forwarding`](super::policy::Forwarding). The origin's custom
    /// headers are added here, framing headers are the client's own business.
    pub headers: Headers,
    /// The body.
    pub body: OutgoingBody,
    /// True to ask for a WebSocket.
    pub is_upgrade: bool,
}

/// An origin's answer.
#[derive(Debug)]
pub struct OriginResponse {
    /// 200 to 599, or 101 if the request asked for it.
    pub status: u16,
    /// The origin's words beside it.
    pub status_description: String,
    /// All of them, framing included.
    pub headers: Headers,
    /// Still arriving. Empty for HEAD, 204 and 304, whatever `Content-Length` says.
    pub body: OriginBody,
    /// The connection, if the answer is a 101.
    pub web_socket: Option<Box<Upgraded>>,
}

/// A connection that an answer occupies, and the place that it goes back to.
#[derive(Debug)]
pub(super) struct Lease {
    connection: Connection,
    destination: Destination,
    keepalive: Duration,
    pool: Rc<RefCell<Pool>>,
    _slot: Slot,
}

/// One of the requests that may be under way.
#[derive(Debug)]
struct Slot(Rc<Inner>);

/// A request without its body, which unlike the rest may be sent once only.
struct Head {
    is_upgrade: bool,
    method: http::Method,
    target: http::uri::PathAndQuery,
    headers: http::HeaderMap,
}

/// An exchange that brought no head.
struct Failed {
    fault: OriginFault,
    /// The body, if not a byte of the request was sent.
    unsent: Option<OutgoingBody>,
}

// === impl OriginClient ===

impl OriginClient {
    /// A client for the current thread, which must run an actix runtime.
    pub fn new(tls: OriginTls) -> Self {
        let pool = Rc::new(RefCell::new(Pool::default()));
        let sweeper = actix_rt::spawn(sweep(Rc::downgrade(&pool)));
        Self(Rc::new(Inner { tls, pool, under_way: Cell::new(0), sweeper }))
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// GET and HEAD without a body are tried again on a new connection, up to `attempts` times in
    /// all, while nothing of an answer has been seen (`contract.md` 7.8). Anything else is sent
    /// once; it is sent again only if a kept connection turns out to be closed before a byte went
    /// out. Redirects are answers like any other. Dropping the future gives the request up.
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
        let slot = self.slot()?;
        let head = Head::of(&request)?;
        let patience = read_timeout(&request.origin);
        let repeatable = matches!(head.method, http::Method::GET | http::Method::HEAD)
            && request.body.is_empty();
        let mut attempts_left = if repeatable { request.attempts.max(1) } else { 1 };
        let mut body = request.body;
        loop {
            let kept = self.0.pool.borrow_mut().take(destination);
            let was_kept = kept.is_some();
            let outcome = match kept {
                Some(connection) => connection.exchange(&head, body, patience).await,
                None => match destination.connect(&self.0.tls, request.connect_timeout).await {
                    Ok(connection) => connection.exchange(&head, body, patience).await,
                    Err(fault) => Err(Failed { fault, unsent: Some(body) }),
                },
            };
            let Failed { fault, unsent } = match outcome {
                Ok((answer, connection)) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    return switched(answer, connection, patience).await;
                }
                Ok((answer, connection)) => {
                    let lease = Lease {
                        connection,
                        destination: destination.clone(),
                        keepalive: keepalive(&request.origin),
                        pool: self.0.pool.clone(),
                        _slot: slot,
                    };
                    return Ok(response(answer, lease, patience));
                }
                Err(failed) => failed,
            };
            // An idle connection may be closed by the origin at any moment: that is no attempt.
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

    fn slot(&self) -> Result<Slot, OriginFault> {
        let under_way = self.0.under_way.get();
        if under_way >= MAX_UNDER_WAY {
            return Err(OriginFault::TooMany(under_way));
        }
        self.0.under_way.set(under_way + 1);
        Ok(Slot(self.0.clone()))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.sweeper.abort();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
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

// === impl Head ===

impl Head {
    fn of(request: &OriginRequest) -> Result<Self, OriginFault> {
        let origin = &request.origin;
        let method = message::method(&request.method)?;
        let mut headers = message::request_headers(&request.headers, origin.custom_headers())?;
        if !headers.contains_key(http::header::HOST) {
            // A function may take it away; a request of HTTP/1.1 has to have one (RFC 9112, 3.2).
            let host = http::HeaderValue::try_from(origin.host())
                .map_err(|error| OriginFault::BadRequest(format!("its host: {error}")))?;
            headers.insert(http::header::HOST, host);
        }
        let takes_body =
            matches!(method, http::Method::POST | http::Method::PUT | http::Method::PATCH);
        if takes_body && request.body.is_empty() {
            // Some servers refuse such a request without it.
            let none = http::HeaderValue::from_static("0");
            headers.insert(http::header::CONTENT_LENGTH, none);
        }
        if request.is_upgrade {
            headers.insert(CONNECTION, http::HeaderValue::from_static("Upgrade"));
            headers.insert(UPGRADE, http::HeaderValue::from_static(WEB_SOCKET));
        }
        Ok(Self {
            is_upgrade: request.is_upgrade,
            method,
            target: message::target(origin.path(), &request.uri, &request.querystring)?,
            headers,
        })
    }

    fn with(&self, upload: Upload) -> http::Request<Upload> {
        let mut request = http::Request::new(upload);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone().into();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

// === impl Connection ===

impl Connection {
    /// Sends a request and waits for the head. The time that an upload takes does not count as
    /// long as it moves.
    async fn exchange(
        mut self,
        head: &Head,
        body: OutgoingBody,
        patience: Duration,
    ) -> Result<(http::Response<Incoming>, Self), Failed> {
        let (upload, progress) = Upload::new(body);
        let mut request = head.with(upload);
        // Interim answers end here (RFC 9110, 15.2). The gateway itself has told the viewer to
        // continue.
        let continues = Arc::new(AtomicUsize::new(0));
        let counter = continues.clone();
        hyper::ext::on_informational(&mut request, move |interim| {
            if interim.status() == http::StatusCode::CONTINUE {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let answer = {
            let sending = self.sender.try_send_request(request);
            tokio::pin!(sending);
            loop {
                let until = progress.moved.get() + patience;
                match tokio::time::timeout_at(until, &mut sending).await {
                    Ok(answer) => break answer,
                    Err(_) if progress.moved.get() + patience > Instant::now() => {}
                    Err(_) => return Err(progress.stalled(patience).into()),
                }
            }
        };
        match answer {
            Ok(answer) if answer.status().is_informational() && !head.is_upgrade => {
                let fault = OriginFault::Malformed("it switches protocols unasked".into());
                Err(fault.into())
            }
            // More than one is an error (`contract.md` 7.8).
            Ok(_) if continues.load(Ordering::Relaxed) > 1 => {
                let fault = OriginFault::Malformed("it sent `100 Continue` twice".into());
                Err(fault.into())
            }
            Ok(answer) => match message::check_coding(answer.headers()) {
                Ok(()) => Ok((answer, self)),
                Err(fault) => Err(fault.into()),
            },
            Err(mut error) => Err(Failed {
                unsent: error.take_message().map(|m| m.into_body().into_body()),
                fault: OriginFault::from_head(error.error()),
            }),
        }
    }
}

impl Progress {
    fn stalled(&self, patience: Duration) -> OriginFault {
        if self.waits_for_viewer.get() {
            OriginFault::ViewerBody(format!("nothing came for {patience:?}"))
        } else {
            OriginFault::HeadTimeout(patience)
        }
    }
}

impl From<OriginFault> for Failed {
    fn from(fault: OriginFault) -> Self {
        Self { fault, unsent: None }
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
    }
}

// === impl Lease ===

impl Lease {
    /// Lets the connection serve the next request.
    pub(super) fn give_back(self) {
        let mut pool = self.pool.borrow_mut();
        pool.put(self.destination, self.connection, self.keepalive);
    }
}
