//! WebSockets: passes bytes on in both directions without reading them (`contract.md` 7.19).

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody};
use actix_web::{HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, WriteHalf};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::answer::Answer;
use crate::places::Place;

/// How long an origin may send nothing (`contract.md` 5.3).
const IDLE: Duration = Duration::from_mins(10);

/// How long an origin may take to end once the viewer has ended.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// The size of one piece on the way to the viewer, in bytes.
const PIECE: usize = 16 * 1024;

/// A viewer's request for a WebSocket. It takes one of the places until it gets another answer.
#[derive(Debug)]
pub(super) struct Asked {
    place: Place,
    origin: RefCell<Option<Upgraded>>,
}

/// The origin's end of an open WebSocket.
struct Open<R> {
    origin: R,
    viewer_ended: CancellationToken,
    place: Place,
    _upward: AbortOnDropHandle<()>,
}

// === impl Asked ===

impl Asked {
    pub(super) fn new(place: Place) -> Self {
        Self { place, origin: RefCell::default() }
    }

    /// The origin agreed.
    pub(super) fn accept(&self, origin: Upgraded) {
        self.origin.replace(Some(origin));
    }

    /// The answer to the viewer, if the origin agreed. `viewer` has the bytes that the viewer sends
    /// from now on.
    pub(super) fn open(self, answer: &Answer, viewer: web::Payload) -> Option<HttpResponse> {
        let origin = self.origin.take()?;
        let (origin, to_origin) = tokio::io::split(TokioIo::new(origin));
        let viewer_ended = CancellationToken::new();
        let upward = actix_rt::spawn(upward(viewer, to_origin, viewer_ended.clone()));
        let upward = AbortOnDropHandle::new(upward);
        let open = Open { origin, viewer_ended, place: self.place, _upward: upward };
        let body = BoxBody::new(BodyStream::new(open.downward().boxed_local()));
        Some(answer.head(101).upgrade("websocket").body(body))
    }
}

// === impl Open ===

impl<R: AsyncRead + Unpin> Open<R> {
    /// The bytes from the origin, until one of the two ends or the origin is silent for too long.
    fn downward(self) -> impl Stream<Item = Result<Bytes, io::Error>> {
        metrics::gauge!("brink_gateway_web_sockets").increment(1);
        stream::unfold(self, async |mut open| {
            let mut piece = BytesMut::with_capacity(PIECE);
            let ended = async {
                open.viewer_ended.cancelled().await;
                tokio::time::sleep(ENDS_WITHIN).await;
            };
            tokio::select! {
                read = open.origin.read_buf(&mut piece) => match read {
                    Ok(len) if len > 0 => Some((Ok(piece.freeze()), open)),
                    Ok(_) | Err(_) => None,
                },
                () = tokio::time::sleep(IDLE) => None,
                () = ended => None,
                () = open.place.stopped() => None,
            }
        })
    }
}

impl<R> Drop for Open<R> {
    fn drop(&mut self) {
        metrics::gauge!("brink_gateway_web_sockets").decrement(1);
    }
}

/// Passes on the viewer's bytes and their end.
async fn upward(
    mut viewer: web::Payload,
    mut origin: WriteHalf<TokioIo<Upgraded>>,
    ended: CancellationToken,
) {
    // If the viewer leaves, this is an error, because the length was not announced.
    while let Some(Ok(piece)) = viewer.next().await {
        if origin.write_all(&piece).await.is_err() || origin.flush().await.is_err() {
            break;
        }
    }
    // The origin may be gone.
    let _ = origin.shutdown().await;
    ended.cancel();
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::DuplexStream;
    use tokio::time::Instant;

    use super::*;
    use crate::places::Places;

    /// An open WebSocket, the origin's side of it, and what ends it.
    fn open(sockets: &Places) -> (Open<DuplexStream>, DuplexStream, CancellationToken) {
        let (theirs, origin) = tokio::io::duplex(64);
        let place = sockets.place(Ipv4Addr::LOCALHOST.into()).unwrap();
        let viewer_ended = CancellationToken::new();
        let upward = AbortOnDropHandle::new(tokio::spawn(std::future::pending()));
        let ended = viewer_ended.clone();
        (Open { origin, viewer_ended, place, _upward: upward }, theirs, ended)
    }

    /// Seconds until the silence is too long.
    async fn ends_after(open: Open<DuplexStream>) -> u64 {
        let started = Instant::now();
        open.downward().for_each(async |_| {}).await;
        started.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn an_origin_that_says_nothing_for_ten_minutes_is_left() {
        let (open, mut origin, _) = open(&Places::for_web_sockets());
        let speaking = async {
            tokio::time::sleep(Duration::from_secs(599)).await;
            origin.write_all(b"x").await.unwrap();
        };
        let (after, ()) = tokio::join!(ends_after(open), speaking);
        assert_eq!(after, 599 + 600);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_viewer_or_of_the_gateway_ends_it() {
        let sockets = Places::for_web_sockets();
        let (open_, _origin, ended) = open(&sockets);
        ended.cancel();
        assert_eq!(ends_after(open_).await, 5);
        let (open_, _origin, _) = open(&sockets);
        sockets.stop();
        assert_eq!(ends_after(open_).await, 0);
    }
}
