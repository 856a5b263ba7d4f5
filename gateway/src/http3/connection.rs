//! One connection of HTTP/3, which h3 speaks (RFC 9114).

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix_http::Request;
use actix_service::Service;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use bytes::Bytes;
use h3::error::{Code, ConnectionError};
use h3::quic::SendStream as _;
use h3::server::{Connection as Http3Connection, RequestResolver};
use hyper::rt::Executor as _;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::exchange::Exchange;
use super::traffic::count;
use super::transport::{Transport, var_int};
use crate::multiplexed::{Connection, HEADER_LIST_MAX, IdleWatch, KEEP_ALIVE, Peer, Protocol};

/// How long a viewer may take to open its side of the connection, and to make room for a frame
/// about the connection.
const CONTROL_WITHIN: Duration = Duration::from_secs(10);

/// How often the bytes of a connection are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// How long a connection stays open after its last answer. The viewer learns meanwhile why it closes.
const LINGER: Duration = Duration::from_millis(500);

/// Why a connection ended before its time.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the viewer does not let this side speak")]
    Control,
    #[error("the viewer floods its connection")]
    Flood,
    #[error(transparent)]
    Http(#[from] ConnectionError),
}

/// Serves a connection to its end. It closes in order once `stop`.
pub(super) async fn serve<A>(
    quic: quinn::Connection,
    app: Rc<A>,
    peer: Peer,
    stop: CancellationToken,
) where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    if let Err(ended) = run(&quic, app, peer, stop).await {
        tracing::debug!(error = %ended, "a viewer's connection ended");
    }
    // Without effect if it is closed already.
    quic.close(var_int(Code::H3_NO_ERROR.value()), b"");
}

async fn run<A>(
    quic: &quinn::Connection,
    app: Rc<A>,
    peer: Peer,
    stop: CancellationToken,
) -> Result<(), Ended>
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    let min_rate = peer.min_rate;
    let (connection, _guard) = Connection::new(app, peer, Protocol::Http3);
    let traffic = connection.traffic.clone();
    let (transport, newest) = Transport::new(quic.clone());
    let building = async {
        let mut builder = h3::server::builder();
        builder.max_field_section_size(u64::from(HEADER_LIST_MAX)).send_grease(false);
        builder.build(transport).await
    };
    let mut http3 = timeout(CONTROL_WITHIN, building).await.map_err(|_| Ended::Control)??;
    let mut watch = IdleWatch::new(min_rate);
    let mut look = pin!(sleep(KEEP_ALIVE));
    let mut ticks = tokio::time::interval(COUNT_EVERY);
    let mut is_closing = false;
    let mut done = pin!(async {
        traffic.quiet().await;
        sleep(LINGER).await;
    });
    loop {
        tokio::select! {
            asked = http3.accept() => {
                let Some(asked) = asked? else { return Ok(()) };
                match newest.take() {
                    Some(facts) if !is_closing => {
                        count(quic, &traffic);
                        traffic.begin();
                        let (connection, quic) = (connection.clone(), quic.clone());
                        let streams = connection.streams.clone();
                        let exchange = Exchange { connection, quic, min_rate };
                        streams.execute(exchange.run(asked, facts));
                    }
                    _ => reject(asked),
                }
                continue;
            }
            () = stop.cancelled(), if !is_closing => {}
            // The second time, the viewer ignores that it should open another connection.
            () = traffic.spent() => if is_closing { return Ok(()) },
            () = done.as_mut(), if is_closing => return Ok(()),
            _ = ticks.tick() => {
                count(quic, &traffic);
                if traffic.is_flood() {
                    quic.close(var_int(Code::H3_EXCESSIVE_LOAD.value()), b"");
                    return Err(Ended::Flood);
                }
                continue;
            }
            () = look.as_mut() => {
                let next = watch.next(&traffic);
                look.as_mut().reset(next.unwrap_or_else(|| Instant::now() + KEEP_ALIVE));
                match (next, is_closing) {
                    (Some(_), _) => continue,
                    // The viewer does not take the rest of its answers.
                    (None, true) => return Ok(()),
                    (None, false) => {}
                }
            }
        }
        is_closing = true;
        close(&mut http3).await?;
    }
}

/// Tells the viewer by GOAWAY to open another connection. The requests that this side has begun
/// are answered.
async fn close(http3: &mut Http3Connection<Transport, Bytes>) -> Result<(), Ended> {
    // GOAWAY names the first request that is not answered (RFC 9114, 5.2).
    let told = timeout(CONTROL_WITHIN, http3.shutdown(1)).await;
    Ok(told.map_err(|_| Ended::Control)??)
}

/// Lets the viewer send a request again on another connection.
fn reject(mut asked: RequestResolver<Transport, Bytes>) {
    asked.frame_stream.reset(Code::H3_REQUEST_REJECTED.value());
}
