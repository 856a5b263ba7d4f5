//! The front end for HTTP/2, which hyper speaks (RFC 9113).
//!
//! hyper and h2 bound the heads, the streams and the resets of a connection. [`crate::multiplexed`]
//! bounds the rest.

mod measured_stream;

use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;

use actix_http::Request;
use actix_server::GracefulShutdownSignal;
use actix_service::Service;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::multiplexed::{
    CONNECTION_WINDOW, Connection, HEADER_LIST_MAX, IdleWatch, KEEP_ALIVE, Peer, Protocol,
    STREAM_WINDOW, STREAMS_MAX, Streams,
};
use measured_stream::MeasuredStream;

/// Most streams that the viewer has reset and that no handler has seen.
const RESETS_MAX: usize = 20;

/// Most streams that the gateway may have to reset because of the viewer's errors.
const ERRORS_MAX: usize = 128;

/// Bytes of an answer that wait for the connection.
const SEND_BUFFER: usize = 32 * 1024;

/// Serves a connection to its end. It closes in order once `stops`.
pub(crate) async fn serve<S, A>(stream: S, app: Rc<A>, peer: Peer, stops: GracefulShutdownSignal)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    let mut watch = IdleWatch::new(peer.min_rate);
    let (connection, _guard) = Connection::new(app, peer, Protocol::Http2);
    let (traffic, streams) = (connection.traffic.clone(), connection.streams.clone());
    let io = TokioIo::new(MeasuredStream::new(stream, traffic.clone()));
    let service = service_fn(move |request| {
        let connection = connection.clone();
        // Its task ends it.
        connection.traffic.begin();
        async move { Ok::<_, Infallible>(connection.answer(request).await) }
    });
    let mut running = pin!(builder(streams).serve_connection(io, service));
    let mut is_closing = false;
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
                let next = watch.next(&traffic);
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

#[cfg(test)]
mod tests;
