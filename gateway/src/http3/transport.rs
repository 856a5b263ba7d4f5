//! QUIC as h3 needs it, by quinn.
//!
//! h3 keeps what it reads from a stream until it has a whole frame, and does not limit that. So
//! this transport counts the bytes that h3 holds ([`receive`]), and follows the frames
//! ([`frames`]).

mod convert;
mod frames;
mod receive;
mod send;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use h3::error::Code;
use h3::quic::{ConnectionErrorIncoming, OpenStreams, StreamErrorIncoming, StreamId};
use parking_lot::Mutex;
use quinn::ConnectionError;

use convert::connection_error;
pub(super) use convert::var_int;
pub(super) use receive::{Progress, ReceiveStream};
pub(super) use send::{SendStream, Stopped};

/// One QUIC connection.
pub(super) struct Transport {
    quic: quinn::Connection,
    requests: Arriving<(quinn::SendStream, quinn::RecvStream)>,
    others: Arriving<quinn::RecvStream>,
    opened: Arriving<quinn::SendStream>,
    newest: Newest,
}

/// Streams that the connection will have.
type Arriving<T> = Pin<Box<dyn Stream<Item = Result<T, ConnectionError>> + Send>>;

/// The stream of a request, in both directions.
pub(super) struct RequestStream {
    send: SendStream,
    receive: ReceiveStream,
}

/// The facts about the stream that h3 accepted last. h3 does not show them.
#[derive(Clone, Default)]
pub(super) struct Newest(Arc<Mutex<Option<StreamFacts>>>);

/// Facts about the stream of a request.
pub(super) struct StreamFacts {
    /// Ends when the viewer no longer wants the answer, or has all of it.
    pub(super) stopped: Stopped,
    /// How far h3 has read the request.
    pub(super) progress: Arc<Progress>,
}

// === impl Transport ===

impl Transport {
    /// The transport of a connection, and the facts about its newest stream.
    pub(super) fn new(quic: quinn::Connection) -> (Self, Newest) {
        let newest = Newest::default();
        let requests = unfold(quic.clone(), |quic| async move {
            let accepted = quic.accept_bi().await;
            Some((accepted, quic))
        });
        let others = unfold(quic.clone(), |quic| async move {
            let accepted = quic.accept_uni().await;
            Some((accepted, quic))
        });
        let opened = unfold(quic.clone(), |quic| async move {
            let opened = quic.open_uni().await;
            Some((opened, quic))
        });
        let transport = Self {
            quic,
            requests: Box::pin(requests),
            others: Box::pin(others),
            opened: Box::pin(opened),
            newest: newest.clone(),
        };
        (transport, newest)
    }
}

impl h3::quic::Connection<Bytes> for Transport {
    type RecvStream = ReceiveStream;
    type OpenStreams = Self;

    fn poll_accept_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ReceiveStream, ConnectionErrorIncoming>> {
        Poll::Ready(ready!(next(&mut self.others, cx)).and_then(ReceiveStream::new))
    }

    fn poll_accept_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<RequestStream, ConnectionErrorIncoming>> {
        let (send, receive) = ready!(next(&mut self.requests, cx))?;
        let (send, receive) = (SendStream::new(send)?, ReceiveStream::of_request(receive)?);
        let facts = StreamFacts { stopped: send.stopped(), progress: receive.progress() };
        *self.newest.0.lock() = Some(facts);
        Poll::Ready(Ok(RequestStream { send, receive }))
    }

    /// For clients. h3's server never asks for it.
    fn opener(&self) -> Self {
        Self::new(self.quic.clone()).0
    }
}

impl OpenStreams<Bytes> for Transport {
    type BidiStream = RequestStream;
    type SendStream = SendStream;

    fn poll_open_bidi(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<Result<RequestStream, StreamErrorIncoming>> {
        Poll::Ready(Err(not_for_servers()))
    }

    fn poll_open_send(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<SendStream, StreamErrorIncoming>> {
        let opened = ready!(next(&mut self.opened, cx));
        let lost =
            |connection_error| StreamErrorIncoming::ConnectionErrorIncoming { connection_error };
        Poll::Ready(opened.and_then(SendStream::new).map_err(lost))
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        self.quic.close(var_int(code.value()), reason);
    }
}

fn next<T>(
    arriving: &mut Arriving<T>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, ConnectionErrorIncoming>> {
    let next = ready!(arriving.as_mut().poll_next(cx));
    let next = next.unwrap_or(Err(ConnectionError::LocallyClosed));
    Poll::Ready(next.map_err(connection_error))
}

// === impl RequestStream ===

impl h3::quic::BidiStream<Bytes> for RequestStream {
    type SendStream = SendStream;
    type RecvStream = ReceiveStream;

    fn split(self) -> (SendStream, ReceiveStream) {
        (self.send, self.receive)
    }
}

impl h3::quic::RecvStream for RequestStream {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.receive.poll_data(cx)
    }

    fn stop_sending(&mut self, error_code: u64) {
        self.receive.stop_sending(error_code);
    }

    fn recv_id(&self) -> StreamId {
        self.receive.recv_id()
    }
}

impl h3::quic::SendStream<Bytes> for RequestStream {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_ready(cx)
    }

    fn send_data<T: Into<h3::quic::WriteBuf<Bytes>>>(
        &mut self,
        data: T,
    ) -> Result<(), StreamErrorIncoming> {
        self.send.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_finish(cx)
    }

    fn reset(&mut self, reset_code: u64) {
        self.send.reset(reset_code);
    }

    fn send_id(&self) -> StreamId {
        self.send.send_id()
    }
}

// === impl Newest ===

impl Newest {
    /// Takes the facts about the stream that h3 accepted last.
    pub(super) fn take(&self) -> Option<StreamFacts> {
        self.0.lock().take()
    }
}

fn not_for_servers() -> StreamErrorIncoming {
    StreamErrorIncoming::Unknown("a server opens no such stream".into())
}
