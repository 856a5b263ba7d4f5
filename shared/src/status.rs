//! What every node says of itself: in answer to `brink.status`, and as a worker's sign of life.

use serde::{Deserialize, Serialize};

use crate::confinement::LayerStatus;
use crate::id::{NodeId, VersionId};

/// How often a worker announces itself, in milliseconds.
pub const PRESENCE_EVERY_MS: u64 = 1_000;

/// A worker's sign of life on `brink.presence.<worker>`, MessagePack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub worker: NodeId,
    /// True in the last one, sent when it stops of its own will after its last answer.
    pub leaving: bool,
}

/// What travels with [`Presence`], as [`crate::wire::encode_with`] writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Abilities {
    /// True if the worker takes events at its own subject ([`crate::subject::direct`]).
    pub direct: bool,
}

/// A node's answer to `brink.status`, JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Who.
    pub node: NodeId,
    /// Gateway or worker.
    pub role: Role,
    /// Brink's version.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// Where it serves HTTP (gateways) and its admin port.
    pub listens: Vec<String>,
    /// At a worker, the versions that it holds; at a gateway, those that it has called.
    pub functions: Vec<FunctionStatus>,
    /// At a gateway, the distributions that it serves, as `id@revision`.
    pub distributions: Vec<String>,
    /// At a worker, what holds its sandboxes; empty if none came up yet.
    #[serde(default)]
    pub confinement: Vec<LayerStatus>,
    /// How its machine's clock stands; none while that is not known, and where the bus is in the
    /// process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStatus>,
    /// What its operator should see to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A machine's clock, compared with the bus's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStatus {
    /// Milliseconds that it is ahead; behind if negative.
    pub ahead_ms: i64,
    /// How wrong that may be, in milliseconds.
    pub error_ms: u64,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Serves viewers.
    Gateway,
    /// Runs functions.
    Worker,
}

/// One version at one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionStatus {
    /// Which.
    pub version: VersionId,
    /// Sandbox processes that hold it.
    pub sandboxes: u32,
    /// Events in hand.
    pub busy: u32,
    /// Events waiting.
    pub queued: u32,
    /// Events since the node started.
    pub invocations: u64,
    /// Of those, how many failed.
    pub errors: u64,
    /// Set while the version kills its sandboxes, or cannot start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ailing: Option<Ailing>,
}

/// A version that has to wait for its next sandbox because of what it did to the last ones, or
/// had to a short while ago. Its events fail in the meantime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ailing {
    /// Why the last one died, or could not start.
    pub reason: String,
    /// How many did, one after the other.
    pub deaths: u32,
    /// Milliseconds until the next try; 0 once it was made.
    pub retry_in_ms: u64,
}
