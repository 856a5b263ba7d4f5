//! The front end for HTTP/2, which hyper speaks (RFC 9113).
//!
//! The application that answers is the same as for HTTP/1. Here each request becomes a
//! [`ViewerHead`], and each answer of the application one of hyper. hyper and h2 bound the heads,
//! the streams and the resets of a connection. This module bounds the rest: requests that are
//! answered slowly ([`streams`]), bodies that arrive slowly ([`upload`]), frames without meaning
//! ([`traffic`]), idle connections, and the number of requests.

mod head;
mod measured_stream;
mod response;
mod streams;
mod traffic;
mod upload;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{Payload, Request};
use actix_server::GracefulShutdownSignal;
use actix_service::Service;
use actix_web::HttpMessage as _;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, Uri, Version};
use hyper::body::{Body as _, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::trailers::Trailers;
use crate::viewer_head::ViewerHead;
use crate::viewer_stream::ViewerConnection;
use crate::viewer_tls::TlsSession;
use measured_stream::MeasuredStream;
use response::{AnswerBody, response};
use streams::Streams;
use traffic::Traffic;
use upload::Upload;

/// Most requests of a connection at a time.
const STREAMS_MAX: u32 = 128;

/// Most bytes of a head as RFC 9113, 6.5.2 counts them. It has room for every head that the proxy
/// takes, with 32 bytes for each line. h2 answers larger ones with 431.
const HEADER_LIST_MAX: u32 = 24 * 1024;

/// Most streams that the viewer has reset and that no handler has seen.
const RESETS_MAX: usize = 20;

/// Most streams that the gateway may have to reset because of the viewer's errors.
const ERRORS_MAX: usize = 128;

/// Bytes that a viewer may send of one body before the handler reads them.
const STREAM_WINDOW: u32 = 128 * 1024;

/// The same of all bodies of a connection.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Bytes of an answer that wait for the connection.
const SEND_BUFFER: usize = 32 * 1024;

/// How long a connection without requests is kept, and how long its last bytes may take.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Where a connection comes from.
#[derive(Clone)]
pub(crate) struct Origin {
    /// The viewer's address.
    pub(crate) peer: Option<SocketAddr>,
    /// The TLS session.
    pub(crate) tls: Arc<TlsSession>,
    /// The lowest rate of the viewer, in bytes a second.
    pub(crate) min_rate: u32,
}

/// One connection, seen from its requests.
struct Connection<A> {
    app: Rc<A>,
    from: Origin,
    traffic: Rc<Traffic>,
    streams: Streams,
}

/// Serves a connection to its end. It closes in order once `stops`.
pub(crate) async fn serve<S, A>(stream: S, app: Rc<A>, from: Origin, stops: GracefulShutdownSignal)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    let traffic = Rc::new(Traffic::new());
    let (streams, _guard) = Streams::new(traffic.clone(), from.min_rate);
    let io = TokioIo::new(MeasuredStream::new(stream, traffic.clone()));
    let connection =
        Rc::new(Connection { app, from, traffic: traffic.clone(), streams: streams.clone() });
    let serving = connection.clone();
    let service = service_fn(move |request| {
        let serving = serving.clone();
        // Its task ends it.
        serving.traffic.begin();
        async move { Ok::<_, Infallible>(serving.answer(request).await) }
    });
    let mut running = pin!(builder(streams).serve_connection(io, service));
    let mut is_closing = false;
    let mut watch = IdleWatch { since: Instant::now(), sent: 0 };
    let mut look = pin!(tokio::time::sleep(KEEP_ALIVE));
    loop {
        tokio::select! {
            ended = running.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a viewer's connection ended");
                }
                return;
            }
            () = stops.notified(), if !is_closing => {}
            // The second time, the viewer ignores that it should open another connection.
            () = traffic.spent() => if is_closing { return },
            () = look.as_mut() => {
                let next = watch.next(&traffic, connection.from.min_rate);
                look.as_mut().reset(next.unwrap_or_else(|| Instant::now() + KEEP_ALIVE));
                match (next, is_closing) {
                    (Some(_), _) => continue,
                    // The viewer does not take the rest of its answers.
                    (None, true) => return,
                    (None, false) => {}
                }
            }
        }
        is_closing = true;
        running.as_mut().graceful_shutdown();
    }
}

/// Finds out whether a connection is idle: it has had no request for a while, and the viewer reads
/// too few bytes of the answers that h2 still has.
struct IdleWatch {
    since: Instant,
    /// Bytes that were sent until then.
    sent: u64,
}

fn builder(streams: Streams) -> Builder<Streams> {
    let mut builder = Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(ERRORS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER);
    builder
}

// === impl IdleWatch ===

impl IdleWatch {
    /// When to look again; `None` if the connection is idle.
    fn next(&mut self, traffic: &Traffic, min_rate: u32) -> Option<Instant> {
        let now = Instant::now();
        let Some(quiet) = traffic.quiet_since() else { return Some(now + KEEP_ALIVE) };
        let begin = quiet.max(self.since);
        if now < begin + KEEP_ALIVE {
            return Some(begin + KEEP_ALIVE);
        }
        let enough = u64::from(min_rate.max(1)) * KEEP_ALIVE.as_secs();
        let moved = traffic.sent_bytes() - self.sent;
        *self = Self { since: now, sent: traffic.sent_bytes() };
        (moved >= enough).then(|| now + KEEP_ALIVE)
    }
}

// === impl Connection ===

impl<A> Connection<A>
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    async fn answer(&self, request: hyper::Request<Incoming>) -> hyper::Response<AnswerBody> {
        let (parts, body) = request.into_parts();
        let is_head = parts.method == hyper::Method::HEAD;
        let answered = self.app.call(self.request(&parts, body).await).await;
        let answer: actix_http::Response<BoxBody> = match answered {
            Ok(answer) => answer.into(),
            Err(error) => error.error_response().into(),
        };
        response(answer, is_head, self.streams.clone())
    }

    /// The request for the application. Its headers are beside it, in a [`ViewerHead`].
    async fn request(&self, parts: &Parts, body: Incoming) -> Request {
        let Origin { peer, tls, min_rate } = &self.from;
        let state = Rc::new(ViewerConnection::new(Some(tls.clone())));
        let mut has_body = !body.is_end_stream();
        let trailers = Trailers::of(&parts.headers);
        let traffic = self.traffic.clone();
        let mut upload = Upload::new(body, *min_rate, traffic, trailers.clone(), state.clone());
        if has_body && matches!(parts.method.as_str(), "GET" | "HEAD") {
            // Some viewers end a request without a body by an empty frame.
            has_body = !upload.is_empty().await;
        }
        let head = match state.why_cut() {
            Some(rejected) => Err(rejected),
            None => head::read(parts, has_body, *peer, tls.of_request()),
        };
        let mut request = Request::with_payload(Payload::Stream { payload: Box::pin(upload) as _ });
        let fields = request.head_mut();
        fields.version = Version::HTTP_2;
        fields.peer_addr = *peer;
        fields.method = Method::from_bytes(parts.method.as_str().as_bytes()).unwrap_or_default();
        // For routing and logs; the application reads the target from the head.
        fields.uri = Uri::try_from(head::url(&parts.uri)).unwrap_or_default();
        if head.is_err() {
            fields.headers = head::for_log(parts);
        }
        ViewerHead::put(head, &request);
        request.extensions_mut().insert(trailers);
        state.put(&request);
        request
    }
}

#[cfg(test)]
mod tests;
