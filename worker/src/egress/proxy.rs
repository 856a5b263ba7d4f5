//! The HTTP proxy of one sandbox: the way out for programs that open connections by themselves.
//!
//! The listener is on the loopback of the sandbox's network namespace. The supervisor accepts on it,
//! so nothing but connections gets out. `CONNECT host:port` makes a [tunnel](super::tunnel), for any
//! protocol. A request with an absolute `http:` URL is sent on, over a connection of its own.
//!
//! A rejection has a reason phrase that says why, since clients show it in their errors, the same
//! text as its body, and the field `Brink-Error` with the JSON of a [`CallError`], of which the
//! bootstraps make an error of their language.
//!
//! A client that cannot tell the answer to its CONNECT from the server's first bytes sends the field
//! `Brink-Waits`. It then gets the server's bytes after it has sent one byte, which the server does
//! not get.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use http::header::{self, HeaderName, HeaderValue};
use http::uri::Scheme;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::ext::ReasonPhrase;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{client, server};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use brink_frames::CallError;

use super::accounts::Accounts;
use super::call_connection::{Destination, HEAD_MAX, HEADERS_MAX};
use super::places::{Place, Places};
use super::tunnel::{self, Activity, Connections, Metered, OPEN_MAX};
use super::{Egress, call_error};

/// The field of a rejection that has the JSON of its [`CallError`].
pub const ERROR_FIELD: &str = "brink-error";

/// The field of a CONNECT whose client says when the tunnel begins.
const WAITS_FIELD: &str = "brink-waits";

/// Largest head of a request, in bytes.
const REQUEST_HEAD_MAX: usize = 32 * 1024;

/// Most header lines of a request.
const REQUEST_HEADERS_MAX: usize = 200;

/// How long a client may take for the head of a request.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// How often a full proxy looks for an idle connection to close.
const ROOM_EVERY: Duration = Duration::from_millis(500);

/// Longest reason phrase, in bytes. Some clients take no line over a few kilobytes.
const REASON_MAX: usize = 400;

/// Fields that belong to one connection (RFC 9110, 7.6.1), and those for a proxy.
const CONNECTION_FIELDS: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A request that cannot be served. The client is at fault.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum BadRequest {
    #[error("CONNECT needs a host and a port, as in CONNECT example.com:443")]
    Authority,
    #[error("this is a proxy: it takes CONNECT and absolute http: URLs, and no paths")]
    Path,
    #[error("a proxy opens TLS connections by CONNECT, and takes no URL with {0}:")]
    Scheme(&'static str),
}

/// The parts that a connection of the program needs.
#[derive(Clone)]
struct Proxy {
    egress: Egress,
    accounts: Accounts,
    activity: Rc<Activity>,
    /// The tunnel that begins when the answer to its CONNECT is sent.
    tunnel: Rc<RefCell<Option<Tunnel>>>,
}

/// A tunnel that is about to begin.
struct Tunnel {
    upgrade: OnUpgrade,
    server: Metered,
    /// True if the client says when it begins.
    waits: bool,
}

/// A body, and the connection that brings it.
struct Driven {
    body: Incoming,
    driver: Option<LocalBoxFuture<'static, ()>>,
}

/// Serves the proxy of one sandbox until it is dropped. Everything that it does ends with it.
pub async fn serve(listener: TcpListener, egress: Egress, accounts: Accounts) {
    let connections = Connections::default();
    let mut open = FuturesUnordered::new();
    let places = Places::of_process();
    loop {
        let has_room = open.len() < OPEN_MAX && places.has_one(open.len());
        tokio::select! {
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, _)) => {
                    // Another sandbox may have taken the last place.
                    let Some(place) = places.take(open.len()) else { continue };
                    let proxy = Proxy {
                        egress: egress.clone(),
                        accounts: accounts.clone(),
                        activity: connections.enter(),
                        tunnel: Rc::default(),
                    };
                    open.push(proxy.connection(stream, place));
                    if open.len() >= OPEN_MAX {
                        connections.close_idle();
                    }
                }
                // The supervisor may be out of descriptors.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(()) = open.next() => {}
            // All may have been in use before.
            () = sleep(ROOM_EVERY), if !has_room => connections.close_idle(),
        }
    }
}

// === impl Proxy ===

impl Proxy {
    async fn connection(self, stream: TcpStream, _place: Place) {
        let _ = stream.set_nodelay(true);
        let answer = |request| {
            let proxy = self.clone();
            async move { Ok::<_, Infallible>(proxy.answer(request).await) }
        };
        let served = server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .max_buf_size(REQUEST_HEAD_MAX)
            .max_headers(REQUEST_HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .with_upgrades();
        // An error is the client's, who knows it already.
        tokio::select! {
            _ = served => {}
            () = self.activity.over() => return,
        }
        let tunnel = self.tunnel.take();
        if let Some(Tunnel { upgrade, server, waits }) = tunnel
            && let Ok(client) = upgrade.await
        {
            let mut client = TokioIo::new(client);
            if waits && !matches!(timeout(HEAD_TIME_MAX, client.read_u8()).await, Ok(Ok(_))) {
                return;
            }
            tunnel::carry(client, server).await;
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Either<Full<Bytes>, Driven>> {
        let answered = match request.method() {
            &Method::CONNECT => self.connect(request).await,
            _ => self.send_on(request).await,
        };
        answered.unwrap_or_else(|rejection| rejection.map(Either::Left))
    }

    /// Opens a tunnel.
    async fn connect(
        &self,
        mut request: Request<Incoming>,
    ) -> Result<Response<Either<Full<Bytes>, Driven>>, Response<Full<Bytes>>> {
        let destination =
            destination(request.uri(), None).ok_or_else(|| bad(BadRequest::Authority))?;
        let opened = tunnel::open(&self.egress, &self.accounts, &self.activity, &destination).await;
        let server = opened.map_err(|why| rejection(&why))?;
        let waits = request.headers().contains_key(WAITS_FIELD);
        let upgrade = hyper::upgrade::on(&mut request);
        *self.tunnel.borrow_mut() = Some(Tunnel { upgrade, server, waits });
        Ok(Response::new(Either::Left(Full::default())))
    }

    /// Sends a request on, and its answer back.
    async fn send_on(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Either<Full<Bytes>, Driven>>, Response<Full<Bytes>>> {
        match request.uri().scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => {}
            Some(scheme) if *scheme == Scheme::HTTPS => {
                return Err(bad(BadRequest::Scheme("https")));
            }
            Some(_) => return Err(bad(BadRequest::Scheme("that scheme"))),
            None => return Err(bad(BadRequest::Path)),
        }
        let destination =
            destination(request.uri(), Some(80)).ok_or_else(|| bad(BadRequest::Path))?;
        let opened = tunnel::open(&self.egress, &self.accounts, &self.activity, &destination).await;
        let server = opened.map_err(|why| rejection(&why))?;
        let exchanged = exchange(forwarded(request), server).await;
        let mut response =
            exchanged.map_err(|error| rejection(&call_error::of_exchange(&error)))?;
        remove_connection_fields(response.headers_mut());
        Ok(response.map(Either::Right))
    }
}

/// The place in a request's target.
fn destination(uri: &Uri, usual_port: Option<u16>) -> Option<Destination> {
    let authority = uri.authority()?;
    let host = authority.host().to_owned();
    let port = authority.port_u16().or(usual_port)?;
    (!host.is_empty() && port > 0).then_some(Destination { host, port, secure: false })
}

/// The request as the server gets it.
fn forwarded(request: Request<Incoming>) -> Request<Incoming> {
    let (mut parts, body) = request.into_parts();
    remove_connection_fields(&mut parts.headers);
    // The name that was checked is the one that the server is asked for.
    let host = parts.uri.authority().map(|authority| {
        let authority = authority.as_str();
        authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
    });
    if let Some(host) = host.and_then(|host| HeaderValue::try_from(host).ok()) {
        parts.headers.insert(header::HOST, host);
    }
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    parts.uri = Uri::try_from(target).unwrap_or_default();
    Request::from_parts(parts, body)
}

async fn exchange(request: Request<Incoming>, server: Metered) -> hyper::Result<Response<Driven>> {
    let (mut sender, connection) = client::conn::http1::Builder::new()
        .max_header_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_MAX)
        .handshake(TokioIo::new(server))
        .await?;
    let mut driver: LocalBoxFuture<'static, ()> = Box::pin(async move {
        // The exchange gets errors of this one.
        let _ = connection.await;
    });
    let mut sending = std::pin::pin!(sender.send_request(request));
    let mut is_driven = true;
    let response = loop {
        tokio::select! {
            response = &mut sending => break response?,
            () = &mut driver, if is_driven => is_driven = false,
        }
    };
    let driver = is_driven.then_some(driver);
    Ok(response.map(|body| Driven { body, driver }))
}

fn remove_connection_fields(headers: &mut HeaderMap) {
    let named: Vec<_> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    for name in named.iter().chain(&CONNECTION_FIELDS) {
        headers.remove(name);
    }
}

/// Says why there is no connection, in all places where clients look.
fn rejection(why: &CallError) -> Response<Full<Bytes>> {
    let status = match why.code.as_str() {
        "EACCES" => StatusCode::FORBIDDEN,
        "EMFILE" => StatusCode::TOO_MANY_REQUESTS,
        "ECONNABORTED" => StatusCode::SERVICE_UNAVAILABLE,
        "ETIMEDOUT" | "EAI_AGAIN" => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    let error = serde_json::to_vec(why).ok();
    let error = error.and_then(|json| HeaderValue::from_maybe_shared(Bytes::from(json)).ok());
    let mut response = refusal(status, &why.message);
    if let Some(error) = error {
        response.headers_mut().insert(ERROR_FIELD, error);
    }
    response
}

fn bad(why: BadRequest) -> Response<Full<Bytes>> {
    refusal(StatusCode::BAD_REQUEST, &why.to_string())
}

fn refusal(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("{why}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let printable = why.bytes().map(|byte| if (b' '..0x7f).contains(&byte) { byte } else { b'?' });
    let reason: Vec<u8> = printable.take(REASON_MAX).collect();
    if let Ok(reason) = ReasonPhrase::try_from(reason) {
        response.extensions_mut().insert(reason);
    }
    response
}

// === impl Driven ===

impl Body for Driven {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(context).is_ready()
        {
            self.driver = None;
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map(|frame| frame.map(|frame| frame.map_err(io::Error::other)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
