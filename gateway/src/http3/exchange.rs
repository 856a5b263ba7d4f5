//! One request in HTTP/3, from its head to the last byte of the answer.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use actix_http::Request;
use actix_service::Service;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use bytes::Bytes;
use h3::error::{Code, StreamError};
use h3::server::{RequestResolver, RequestStream};
use hyper::Response;
use hyper::body::{Body as _, Frame};

use super::request_body::RequestBody;
use super::traffic::count;
use super::transport::{SendStream, StreamFacts, Transport};
use crate::multiplexed::{AnswerBody, Connection, KEEP_ALIVE, least};

/// How long a head may take to arrive.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Most bytes of an answer in one frame. The pace of the viewer is measured from frame to frame.
const FRAME_MAX: usize = 16 * 1024;

/// Bytes for which a head or trailers count in the viewer's pace. They are small, and their size is
/// known only when they are encoded.
const HEAD_BYTES: usize = 1;

/// One request.
pub(super) struct Exchange<A> {
    pub(super) connection: Rc<Connection<A>>,
    pub(super) quic: quinn::Connection,
    pub(super) min_rate: u32,
}

/// Why a request has no whole answer.
#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    #[error("the head did not arrive in time")]
    Head,
    #[error("the body of the request: {0}")]
    Upload(io::Error),
    #[error("the body of the answer: {0}")]
    Answer(io::Error),
    #[error("the viewer does not take the end of the answer")]
    Stalled,
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// The stream of an answer. It is reset if it is dropped before its end: quinn would end it as if
/// the answer were whole.
struct AnswerStream {
    stream: RequestStream<SendStream, Bytes>,
    is_whole: bool,
}

// === impl Exchange ===

impl<A> Exchange<A>
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    /// Answers a request. Ends early if the viewer no longer wants the answer.
    pub(super) async fn run(self, asked: RequestResolver<Transport, Bytes>, facts: StreamFacts) {
        let StreamFacts { stopped, progress } = facts;
        let answered = async {
            let resolved = tokio::time::timeout(HEAD_WITHIN, asked.resolve_request()).await;
            let (head, stream) = resolved.map_err(|_| ExchangeError::Head)??;
            let (send, receive) = stream.split();
            let mut stream = AnswerStream { stream: send, is_whole: false };
            let body = RequestBody::new(receive, progress, head.headers()).await;
            let body = body.map_err(ExchangeError::Upload)?;
            let answer = self.connection.answer(head.map(|()| body)).await;
            self.send(answer, &mut stream).await
        };
        tokio::select! {
            biased;
            ended = answered => if let Err(error) = ended {
                tracing::debug!(%error, "a request in HTTP/3 has no whole answer");
            },
            _ = stopped => tracing::debug!("the viewer gave a request in HTTP/3 up"),
        }
    }

    async fn send(
        &self,
        answer: Response<AnswerBody>,
        to: &mut AnswerStream,
    ) -> Result<(), ExchangeError> {
        let (head, mut body) = answer.into_parts();
        self.paced(HEAD_BYTES, to.stream.send_response(Response::from_parts(head, ()))).await?;
        while !body.is_end_stream() {
            let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await else { break };
            self.send_frame(frame.map_err(ExchangeError::Answer)?, to).await?;
        }
        self.finish(to).await
    }

    async fn send_frame(
        &self,
        frame: Frame<Bytes>,
        to: &mut AnswerStream,
    ) -> Result<(), ExchangeError> {
        let mut data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    self.paced(HEAD_BYTES, to.stream.send_trailers(trailers)).await?;
                }
                return Ok(());
            }
        };
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(FRAME_MAX));
            self.paced(piece.len(), to.stream.send_data(piece)).await?;
        }
        Ok(())
    }

    /// Sends a part of an answer at the viewer's pace. In HTTP/3 heads and trailers need a window
    /// too, so a viewer can hold them up as it can hold up data.
    async fn paced<T>(&self, bytes: usize, part: impl Future<Output = T>) -> T {
        let sending = self.connection.streams.current();
        if let Some(sending) = &sending {
            sending.takes(bytes);
        }
        let sent = part.await;
        if let Some(sending) = &sending {
            sending.wants_more();
        }
        sent
    }

    /// Waits until the viewer has the whole answer. Fails if the connection carries too few bytes
    /// meanwhile.
    async fn finish(&self, to: &mut AnswerStream) -> Result<(), ExchangeError> {
        let mut sent = count(&self.quic, &self.connection.traffic);
        loop {
            match tokio::time::timeout(KEEP_ALIVE, to.stream.finish()).await {
                Ok(finished) => {
                    finished?;
                    to.is_whole = true;
                    return Ok(());
                }
                Err(_) => {
                    let before =
                        std::mem::replace(&mut sent, count(&self.quic, &self.connection.traffic));
                    if sent.saturating_sub(before) < least(self.min_rate) {
                        return Err(ExchangeError::Stalled);
                    }
                }
            }
        }
    }
}

// === impl AnswerStream ===

impl Drop for AnswerStream {
    fn drop(&mut self) {
        if !self.is_whole {
            self.stream.stop_stream(Code::H3_INTERNAL_ERROR);
        }
    }
}
