//! Errors and numbers of quinn in h3's form.

use std::sync::Arc;

use h3::quic::{ConnectionErrorIncoming, InvalidStreamId, StreamErrorIncoming, StreamId};
use quinn::{ConnectionError, VarInt};

/// The error of a connection.
pub(super) fn connection_error(error: ConnectionError) -> ConnectionErrorIncoming {
    match error {
        ConnectionError::ApplicationClosed(closed) => {
            ConnectionErrorIncoming::ApplicationClose { error_code: closed.error_code.into_inner() }
        }
        ConnectionError::TimedOut => ConnectionErrorIncoming::Timeout,
        other => ConnectionErrorIncoming::Undefined(Arc::new(other)),
    }
}

/// The error of a stream whose connection is lost.
pub(super) fn lost(error: ConnectionError) -> StreamErrorIncoming {
    StreamErrorIncoming::ConnectionErrorIncoming { connection_error: connection_error(error) }
}

/// A number for QUIC. Codes of HTTP/3 are never larger than QUIC's numbers.
pub(in crate::http3) fn var_int(number: u64) -> VarInt {
    VarInt::from_u64(number).unwrap_or(VarInt::MAX)
}

/// The number of a stream.
pub(super) fn stream_id(id: quinn::StreamId) -> Result<StreamId, ConnectionErrorIncoming> {
    let id = u64::from(id).try_into();
    id.map_err(|error: InvalidStreamId| ConnectionErrorIncoming::InternalError(error.to_string()))
}
