//! The HTTP server for viewers: limits of connections, and the streams below them.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, HttpServiceBuilder, Protocol, Request};
use actix_server::{GracefulShutdownSignal, Server, ServerBuilder};
use actix_service::{
    Service as _, ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service, map_config,
};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};

use crate::edge::Edge;
use crate::http2;
use crate::https::{Handshakes, SecureStream, ViewerCertificates};
use crate::origin::{OriginClient, OriginTls};
use crate::paced_stream::PacedStream;
use crate::pipeline;
use crate::proxy_protocol::ProxyProtocolSettings;
use crate::shield::ShieldListener;
use crate::shield_server::ShieldServer;
use crate::viewer_stream::{Patience, ViewerStream};
use crate::viewer_tls::TlsSession;

/// How long a viewer may take to send a head, and how long the gateway reads from it when its
/// connection is closed.
const PATIENCE: Patience =
    Patience { head: Duration::from_secs(10), linger: Duration::from_secs(1) };

/// How long an idle viewer connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// How long a viewer may take to close its side of a connection.
const DISCONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Most viewer connections of one server thread. Further ones wait in the listen queue.
const CONNECTIONS_MAX: usize = 10_000;

/// How long running answers may take when the gateway stops, in seconds: the longest timeout of an
/// origin-facing function.
pub const DRAIN_S: u64 = 30;

/// Listens. The sockets do not get the system's own timeout for unread bytes, because it would also
/// cut off viewers that read steadily with a small buffer. [`PacedStream`] has a limit instead.
pub fn open(listen: std::net::SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(listen)
}

/// The sockets for viewers and for other gateways.
pub struct Listeners {
    /// For HTTP.
    pub http: TcpListener,
    /// For HTTPS, with the certificates.
    pub https: Option<(TcpListener, Arc<ViewerCertificates>)>,
    /// For other gateways.
    pub shield: Option<ShieldListener>,
}

/// A server that runs once it is polled. It has `threads` threads, or one per core; each has its
/// own connections to origins. Viewers that read or send fewer than `min_rate` bytes of a body in a
/// second are cut off.
pub fn serve(
    listeners: Listeners,
    edge: Arc<Edge>,
    tls: OriginTls,
    threads: Option<usize>,
    min_rate: u32,
    proxies: ProxyProtocolSettings,
) -> std::io::Result<Server> {
    let mut server = ServerBuilder::new()
        .max_concurrent_connections(CONNECTIONS_MAX)
        .shutdown_timeout(DRAIN_S)
        .disable_signals();
    if let Some(threads) = threads {
        server = server.workers(threads);
    }
    let stops = server.graceful_shutdown_signal();
    if let Some((listener, certificates)) = listeners.https {
        let secure = Secure {
            edge: edge.clone(),
            tls: tls.clone(),
            certificates,
            stops: stops.clone(),
            min_rate,
            proxies: proxies.clone(),
        };
        server = secure.listen(server, listener)?;
    }
    if let Some(listener) = listeners.shield {
        let (edge, tls, stops) = (edge.clone(), tls.clone(), stops.clone());
        let shield = ShieldServer { edge, tls, stops, min_rate };
        server = shield.listen(server, listener)?;
    }
    let server = server.listen("viewers", listeners.http, move || {
        let origins = web::Data::new(OriginClient::new(tls.clone()));
        let http = http1(&stops).finish(app(&edge, &origins));
        let proxies = Rc::new(proxies.clone());
        fn_service(move |mut stream: TcpStream| {
            let proxies = proxies.clone();
            async move {
                let viewer = proxies.viewer_of(&mut stream).await?;
                // If this fails, answers only arrive later.
                let _ = stream.set_nodelay(true);
                let stream = PacedStream::new(stream, min_rate);
                let stream = ViewerStream::new(stream, PATIENCE, min_rate);
                Ok::<_, DispatchError>((stream, Protocol::Http1, viewer))
            }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// The application, for one server thread.
fn app(
    edge: &Arc<Edge>,
    origins: &web::Data<OriginClient>,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = ServiceResponse<BoxBody>,
    Error = actix_web::Error,
    InitError = (),
> + use<> {
    let app = App::new()
        .app_data(web::Data::from(edge.clone()))
        .app_data(origins.clone())
        .default_service(web::to(pipeline::respond));
    map_config(app, |()| AppConfig::default())
}

/// The server of HTTP/1.
fn http1<S, F>(stops: &GracefulShutdownSignal) -> HttpServiceBuilder<ViewerStream<S>, F>
where
    S: 'static,
    F: ServiceFactory<Request, Config = ()>,
    F::Error: Into<actix_http::Response<BoxBody>> + 'static,
    F::InitError: std::fmt::Debug,
    F::Response: Into<actix_http::Response<BoxBody>> + 'static,
    <F::Service as actix_service::Service<Request>>::Future: 'static,
{
    let stops = stops.clone();
    HttpService::<ViewerStream<S>, F, BoxBody>::build()
        .graceful_shutdown_signal(move || {
            let stops = stops.clone();
            async move { stops.notified().await }
        })
        .keep_alive(KEEP_ALIVE)
        // The stream below the server has its own limit.
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(DISCONNECT_WITHIN)
        .on_connect_ext(|stream: &ViewerStream<S>, kept| {
            kept.insert(stream.connection());
        })
}

/// The parts of the server for HTTPS.
#[derive(Clone)]
struct Secure {
    edge: Arc<Edge>,
    tls: OriginTls,
    certificates: Arc<ViewerCertificates>,
    stops: GracefulShutdownSignal,
    min_rate: u32,
    proxies: ProxyProtocolSettings,
}

// === impl Secure ===

impl Secure {
    /// Adds a listener. After the handshake, a connection speaks HTTP/2 if the viewer offers it, and
    /// HTTP/1 otherwise.
    fn listen(
        self,
        server: ServerBuilder,
        listener: TcpListener,
    ) -> std::io::Result<ServerBuilder> {
        server.listen("viewers over HTTPS", listener, move || {
            let secure = self.clone();
            fn_factory(move || {
                let secure = secure.clone();
                async move {
                    let origins = web::Data::new(OriginClient::new(secure.tls.clone()));
                    let app = || app(&secure.edge, &origins);
                    let http1 = Rc::new(http1(&secure.stops).finish(app()).new_service(()).await?);
                    let http2 = Rc::new(app().new_service(()).await?);
                    let handshakes = Rc::new(secure.certificates.handshakes());
                    let secure = Rc::new(secure);
                    Ok::<_, ()>(fn_service(move |mut stream: TcpStream| {
                        let (http1, http2) = (http1.clone(), http2.clone());
                        let (handshakes, secure) = (handshakes.clone(), secure.clone());
                        async move {
                            let peer = secure.proxies.viewer_of(&mut stream).await.map_err(drop)?;
                            let accepted = secure.accept(stream, &handshakes).await;
                            let (stream, session) = accepted.ok_or(())?;
                            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                                let (min_rate, stops) = (secure.min_rate, secure.stops.clone());
                                let from = http2::Origin { peer, tls: session, min_rate };
                                http2::serve(stream, http2, from, stops).await;
                                return Ok(());
                            }
                            let stream = ViewerStream::new(stream, PATIENCE, secure.min_rate);
                            let stream = stream.over_tls(session);
                            http1.call((stream, Protocol::Http1, peer)).await.map_err(drop)
                        }
                    }))
                }
            })
        })
    }

    /// Makes the handshake.
    async fn accept(
        &self,
        stream: TcpStream,
        handshakes: &Handshakes,
    ) -> Option<(SecureStream<PacedStream<TcpStream>>, Arc<TlsSession>)> {
        // If this fails, answers only arrive later.
        let _ = stream.set_nodelay(true);
        let fingerprints = self.edge.routes.load().want_fingerprints();
        let stream = PacedStream::new(stream, self.min_rate);
        match handshakes.accept(stream, fingerprints).await {
            Ok((stream, session)) => Some((stream, Arc::new(session))),
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
        }
    }
}
