//! A claim check travels in place of a payload that is too large for a message.

use serde::{Deserialize, Serialize};

use crate::id::NodeId;

/// Names a payload that stays with its sender until the receiver fetches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCheck {
    /// The process that keeps the payload. It is a part of the subject for requests of its pieces.
    pub holder: NodeId,
    /// Which of its payloads.
    pub number: u64,
    /// Bytes of the payload.
    pub size: u32,
    /// Bytes of each piece; the last one has the rest.
    pub piece: u32,
}
