//! Dialects: how the supervisor and a sandbox put their messages into bytes.
//!
//! The sandbox actor speaks [`ToSandbox`] and hears [`FromSandbox`], whichever runtime runs in the
//! sandbox. A dialect is the translation:
//!
//! | dialect | sandbox | bytes |
//! | --- | --- | --- |
//! | [`Dialect::Frames`] | the embedded engine | MessagePack, one message in a frame |
//! | [`Dialect::Bootstrap`] | `node`, `python3` | JSON, many messages in a frame (`worker/interpreters`) |
//! | [`Dialect::RuntimeApi`] | a program of the function's own | the Lambda Runtime API ([`crate::runtime_api`]) |

pub mod bootstrap;

use std::io;
use std::pin::Pin;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use brink_frames::{FromSandbox, ToSandbox};
use brink_shared::wire::{self, WireError};

use super::in_flight::ProtocolViolation;

/// Frames from a sandbox.
pub type FrameReader = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;

/// Frames to a sandbox.
pub type FrameWriter = FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>;

/// The messages of a sandbox, in the order in which it said them. A message that cannot be true, or
/// cannot be read, ends it.
pub type Heard = Pin<Box<dyn Stream<Item = Result<FromSandbox, ProtocolViolation>>>>;

/// A dialect over the sandbox's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The frames of `brink-frames`.
    Frames,
    /// The messages of the bootstraps. The sandbox runs its events one after another, in the order
    /// in which they were sent.
    Bootstrap,
    /// The sandbox asks for its events over HTTP. Over the socket it gets only its function.
    RuntimeApi,
}

// === impl Dialect ===

impl Dialect {
    /// Reads the sandbox's messages from its frames.
    pub fn hear(self, reader: FrameReader) -> Heard {
        match self {
            Self::Frames => Box::pin(reader.map(from_frame)),
            Self::Bootstrap => {
                let mut messages = bootstrap::Messages::default();
                let read = reader.map(move |frame| match frame {
                    Ok(frame) => messages.read(&frame),
                    Err(error) => vec![Err(ProtocolViolation(error.to_string()))],
                });
                Box::pin(read.flat_map(stream::iter))
            }
            // It has nothing to say here. The socket closes when it ends.
            Self::RuntimeApi => {
                Box::pin(reader.map(|_| {
                    Err(ProtocolViolation("it wrote to the supervisor's socket".to_owned()))
                }))
            }
        }
    }

    /// Writes a message as a frame.
    pub fn frame(self, message: &ToSandbox) -> Result<Bytes, String> {
        match self {
            Self::Frames => wire::encode(message).map_err(|error| error.to_string()),
            Self::Bootstrap => bootstrap::frame(message),
            Self::RuntimeApi => Err("its messages are no frames".to_owned()),
        }
    }

    /// True if the sandbox runs its events in the order in which they were sent, and does not say
    /// when they begin.
    pub fn is_one_by_one(self) -> bool {
        self == Self::Bootstrap
    }
}

/// The messages of the Runtime API, until the sandbox's socket closes. A message that came before
/// that is heard before the end.
pub fn over_runtime_api(
    mut messages: impl Stream<Item = FromSandbox> + Unpin + 'static,
    mut socket: Heard,
) -> Heard {
    Box::pin(stream::poll_fn(move |cx| match messages.poll_next_unpin(cx) {
        Poll::Ready(Some(message)) => Poll::Ready(Some(Ok(message))),
        Poll::Ready(None) | Poll::Pending => socket.poll_next_unpin(cx),
    }))
}

fn from_frame(frame: io::Result<BytesMut>) -> Result<FromSandbox, ProtocolViolation> {
    let frame = frame.map_err(|error| ProtocolViolation(error.to_string()))?;
    wire::decode(&frame).map_err(|error: WireError| ProtocolViolation(error.to_string()))
}
