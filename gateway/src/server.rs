//! The HTTP server for viewers: limits of connections, and the streams below them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::{Server, ServerBuilder};
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};

use crate::edge::Edge;
use crate::origin::{OriginClient, OriginTls};
use crate::paced_stream::PacedStream;
use crate::pipeline;
use crate::viewer_stream::{Patience, ViewerStream};

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

/// A server that runs once it is polled. It has `threads` threads, or one per core; each has its
/// own connections to origins. Viewers that read or send fewer than `min_rate` bytes of a body in a
/// second are cut off.
pub fn serve(
    listener: TcpListener,
    edge: Arc<Edge>,
    tls: OriginTls,
    threads: Option<usize>,
    min_rate: u32,
) -> std::io::Result<Server> {
    let mut server = ServerBuilder::new()
        .max_concurrent_connections(CONNECTIONS_MAX)
        .shutdown_timeout(DRAIN_S)
        .disable_signals();
    if let Some(threads) = threads {
        server = server.workers(threads);
    }
    let stops = server.graceful_shutdown_signal();
    let shared = web::Data::from(edge);
    let server = server.listen("viewers", listener, move || {
        let app = App::new()
            .app_data(shared.clone())
            .app_data(web::Data::new(OriginClient::new(tls.clone())))
            .default_service(web::to(pipeline::respond));
        let stops = stops.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stops = stops.clone();
                async move { stops.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            // The stream below the server has its own limit.
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(DISCONNECT_WITHIN)
            .on_connect_ext(|stream: &ViewerStream<PacedStream<TcpStream>>, kept| {
                kept.insert(stream.connection());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| async move {
            let viewer = stream.peer_addr().ok();
            // If this fails, answers only arrive later.
            let _ = stream.set_nodelay(true);
            let stream = PacedStream::new(stream, min_rate);
            Ok((ViewerStream::new(stream, PATIENCE, min_rate), Protocol::Http1, viewer))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}
