//! The parts that HTTP/2 and HTTP/3 share: connections that carry many requests at a time.
//!
//! The application that answers is the same as for HTTP/1. Here each request becomes a
//! [`ViewerHead`], and each answer of the application one that hyper or h3 can send. The front
//! ends ([`crate::http2`], [`crate::http3`]) read the frames. This module bounds requests that are
//! answered slowly ([`streams`]), bodies that arrive slowly ([`upload`]), frames without meaning and
//! the number of requests ([`traffic`]), and idle connections ([`idle_watch`]).

mod head;
mod idle_watch;
mod protocol;
mod response;
mod streams;
mod traffic;
mod upload;

use std::fmt::Display;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::{Payload, Request};
use actix_service::Service;
use actix_web::HttpMessage as _;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, Uri, Version};
use bytes::Bytes;
use hyper::body::Body;
use hyper::header::CONTENT_LENGTH;
use hyper::http::request::Parts;

use crate::trailers::Trailers;
use crate::viewer_head::ViewerHead;
use crate::viewer_stream::ViewerConnection;
use crate::viewer_tls::TlsSession;
pub(crate) use idle_watch::{IdleWatch, KEEP_ALIVE, least};
pub(crate) use protocol::Protocol;
pub(crate) use response::AnswerBody;
use response::response;
pub(crate) use streams::{Streams, StreamsGuard};
pub(crate) use traffic::Traffic;
use upload::Upload;

/// Most requests of a connection at a time.
pub(crate) const STREAMS_MAX: u32 = 128;

/// Most bytes of a head as RFC 9113, 6.5.2 and RFC 9114, 4.2.2 count them. It has room for every
/// head that the proxy takes, with 32 bytes for each line. h2 and h3 answer larger ones with 431.
pub(crate) const HEADER_LIST_MAX: u32 = 24 * 1024;

/// Bytes that a viewer may send of one body before the handler reads them.
pub(crate) const STREAM_WINDOW: u32 = 128 * 1024;

/// The same of all bodies of a connection.
pub(crate) const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Methods whose requests have no body, as a rule.
const HAVE_SELDOM_A_BODY: [&str; 4] = ["DELETE", "GET", "HEAD", "OPTIONS"];

/// Where a connection comes from.
#[derive(Clone)]
pub(crate) struct Peer {
    /// The viewer's address.
    pub(crate) address: Option<SocketAddr>,
    /// The TLS session.
    pub(crate) tls: Arc<TlsSession>,
    /// The lowest rate of the viewer, in bytes a second.
    pub(crate) min_rate: u32,
}

/// One connection, seen from its requests.
pub(crate) struct Connection<A> {
    app: Rc<A>,
    peer: Peer,
    protocol: Protocol,
    /// The traffic of the connection so far.
    pub(crate) traffic: Rc<Traffic>,
    /// The tasks that answer its requests.
    pub(crate) streams: Streams,
}

// === impl Connection ===

impl<A> Connection<A>
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    /// A connection without requests. All its tasks end with the guard.
    pub(crate) fn new(app: Rc<A>, peer: Peer, protocol: Protocol) -> (Rc<Self>, StreamsGuard) {
        let traffic = Rc::new(Traffic::new());
        let (streams, guard) = Streams::new(traffic.clone(), protocol, peer.min_rate);
        (Rc::new(Self { app, peer, protocol, traffic, streams }), guard)
    }

    /// Lets the application answer a request.
    pub(crate) async fn answer<B>(&self, request: hyper::Request<B>) -> hyper::Response<AnswerBody>
    where
        B: Body<Data = Bytes> + Unpin + 'static,
        B::Error: Display,
    {
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
    async fn request<B>(&self, parts: &Parts, body: B) -> Request
    where
        B: Body<Data = Bytes> + Unpin + 'static,
        B::Error: Display,
    {
        let Peer { address, tls, min_rate } = &self.peer;
        let state = Rc::new(ViewerConnection::new(Some(tls.clone())));
        let mut has_body = !body.is_end_stream();
        let trailers = Trailers::of(&parts.headers);
        let traffic = self.traffic.clone();
        let mut upload = Upload::new(body, *min_rate, traffic, trailers.clone(), state.clone());
        let is_announced = parts.headers.contains_key(CONTENT_LENGTH);
        if has_body && !is_announced && HAVE_SELDOM_A_BODY.contains(&parts.method.as_str()) {
            // Some viewers end a request without a body by an empty frame.
            has_body = !upload.is_empty().await;
        }
        let head = match state.why_cut() {
            Some(rejected) => Err(rejected),
            None => head::read(parts, self.protocol, has_body, *address, tls.of_request()),
        };
        let mut request = Request::with_payload(Payload::Stream { payload: Box::pin(upload) as _ });
        let fields = request.head_mut();
        fields.version = match self.protocol {
            Protocol::Http2 => Version::HTTP_2,
            Protocol::Http3 => Version::HTTP_3,
        };
        fields.peer_addr = *address;
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
