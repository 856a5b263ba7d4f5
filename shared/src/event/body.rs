//! `request.body` of the contract (2.3).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The viewer's body, or the part of it that the function is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestBody {
    /// True when the body was cut to the trigger's limit (5.2).
    pub input_truncated: bool,
    /// What the function wants done with it.
    pub action: BodyAction,
    /// How `data` is written in JSON; always base64 in events.
    pub encoding: BodyEncoding,
    /// The bytes themselves, decoded.
    pub data: Bytes,
}

/// What happens to the body after a request trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyAction {
    /// The viewer's own body, whole, goes on to the origin.
    ReadOnly,
    /// `data` goes to the origin instead.
    Replace,
}

/// How a body is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyEncoding {
    /// As it is.
    Text,
    /// Standard alphabet, padded.
    Base64,
}
