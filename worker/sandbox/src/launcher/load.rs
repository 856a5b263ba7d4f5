//! The message `load`, for programs that do not speak the protocol of the bootstraps themselves.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;

use serde_json::Value;

use brink_frames::FRAME_MAX;

use super::LaunchError;
use super::environment::Variables;

/// The version's environment variables: the field `env` of the first frame, which is
/// `[["load", {"env": {...}, ...}]]` behind its length. None if the supervisor closes the socket
/// instead.
pub(super) fn environment(mut socket: &UnixStream) -> Result<Option<Variables>, LaunchError> {
    let mut length = [0; 4];
    match socket.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(LaunchError::Socket(error)),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_MAX {
        return Err(LaunchError::Load(format!("a frame of {length} bytes")));
    }
    let mut frame = vec![0; length];
    socket.read_exact(&mut frame).map_err(LaunchError::Socket)?;
    let messages: Value =
        serde_json::from_slice(&frame).map_err(|error| LaunchError::Load(error.to_string()))?;
    let message = messages.get(0);
    let field = |index: usize| message.and_then(|message| message.get(index));
    if field(0).and_then(Value::as_str) != Some("load") {
        return Err(LaunchError::Load(format!("the first message is {:?}", field(0))));
    }
    match field(1).and_then(|settings| settings.get("env")) {
        None | Some(Value::Null) => Ok(Some(Variables::new())),
        Some(variables) => serde_json::from_value(variables.clone())
            .map(Some)
            .map_err(|error| LaunchError::Load(format!("`env`: {error}"))),
    }
}
