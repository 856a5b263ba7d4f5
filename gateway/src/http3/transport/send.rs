//! The bytes that a viewer gets on one stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use h3::error::Code;
use h3::quic::{ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf};
use quinn::{StoppedError, VarInt, WriteError};

use super::convert::{lost, stream_id, var_int};

/// One direction of a stream: to the viewer. It is reset if it is dropped before its first byte:
/// quinn would end it, as if an answer had come.
pub(in crate::http3) struct SendStream {
    stream: quinn::SendStream,
    id: StreamId,
    is_begun: bool,
    writing: Option<WriteBuf<Bytes>>,
    /// Set once the stream has been finished.
    finished: Option<Stopped>,
}

/// Ends with the viewer's code if it does not want the rest of a stream, and with `None` once it
/// has the whole stream.
pub(in crate::http3) type Stopped =
    Pin<Box<dyn Future<Output = Result<Option<VarInt>, StoppedError>> + Send + Sync>>;

// === impl SendStream ===

impl SendStream {
    pub(super) fn new(stream: quinn::SendStream) -> Result<Self, ConnectionErrorIncoming> {
        let id = stream_id(stream.id())?;
        Ok(Self { stream, id, is_begun: false, writing: None, finished: None })
    }

    /// Ends when the viewer no longer wants this stream, or has all of it.
    pub(super) fn stopped(&self) -> Stopped {
        Box::pin(self.stream.stopped())
    }
}

impl h3::quic::SendStream<Bytes> for SendStream {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        if let Some(writing) = &mut self.writing {
            while writing.has_remaining() {
                let stream = Pin::new(&mut self.stream);
                let written =
                    ready!(stream.poll_write(cx, writing.chunk())).map_err(write_error)?;
                writing.advance(written);
            }
        }
        self.writing = None;
        Poll::Ready(Ok(()))
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        if self.writing.is_some() {
            return Err(StreamErrorIncoming::Unknown("the bytes before are not written".into()));
        }
        self.is_begun = true;
        self.writing = Some(data.into());
        Ok(())
    }

    /// Finishes the stream, and waits until the viewer has all of it. A connection that is closed
    /// before that takes the rest with it.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        if self.finished.is_none() {
            let failed = |error| StreamErrorIncoming::Unknown(Box::new(error));
            self.stream.finish().map_err(failed)?;
        }
        let (stream, finished) = (&self.stream, &mut self.finished);
        let stopped = finished.get_or_insert_with(|| Box::pin(stream.stopped()));
        match ready!(stopped.as_mut().poll(cx)) {
            Ok(None) => Poll::Ready(Ok(())),
            Ok(Some(code)) => {
                let error_code = code.into_inner();
                Poll::Ready(Err(StreamErrorIncoming::StreamTerminated { error_code }))
            }
            Err(StoppedError::ConnectionLost(error)) => Poll::Ready(Err(lost(error))),
            Err(other) => Poll::Ready(Err(StreamErrorIncoming::Unknown(Box::new(other)))),
        }
    }

    fn reset(&mut self, reset_code: u64) {
        // If this fails, the stream has ended already.
        let _ = self.stream.reset(var_int(reset_code));
    }

    fn send_id(&self) -> StreamId {
        self.id
    }
}

impl Drop for SendStream {
    fn drop(&mut self) {
        if !self.is_begun {
            // If this fails, the stream has ended already.
            let _ = self.stream.reset(var_int(Code::H3_REQUEST_INCOMPLETE.value()));
        }
    }
}

fn write_error(error: WriteError) -> StreamErrorIncoming {
    match error {
        WriteError::Stopped(code) => {
            StreamErrorIncoming::StreamTerminated { error_code: code.into_inner() }
        }
        WriteError::ConnectionLost(error) => lost(error),
        other => StreamErrorIncoming::Unknown(Box::new(other)),
    }
}
