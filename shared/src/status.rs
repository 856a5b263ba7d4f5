//! The report of a node about itself: in the answer to `brink.status`, and in a worker's sign of
//! life.

mod acme;

use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use crate::clock::ClockStatus;
use crate::confinement::LayerStatus;
use crate::id::{DistributionId, FunctionName, NodeId, VersionId};
use crate::registry::{Offer, Snapshot};

pub use acme::{AcmeCertificate, AcmeFailure, AcmeName, AcmeStatus};

/// How often a worker announces itself, in milliseconds.
pub const PRESENCE_EVERY_MS: u64 = 1_000;

/// A worker's sign of life on `brink.presence.<worker>`, MessagePack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The worker.
    pub worker: NodeId,
    /// True in the last one, which the worker sends when it stops in order, after its last answer.
    pub leaving: bool,
}

/// Further fields of [`Presence`], as [`crate::wire::encode_with`] writes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Abilities {
    /// True if the worker takes events on its own subject ([`crate::subject::direct`]).
    pub direct: bool,
    /// The runtimes that the worker has.
    pub runtimes: Offer,
}

/// A node's answer to `brink.status`, JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The node.
    pub node: NodeId,
    /// Gateway or worker.
    pub role: Role,
    /// Brink's version.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// The address for HTTP (gateways) and of its admin port.
    pub listens: Vec<String>,
    /// At a worker, the versions that it has loaded; at a gateway, the versions that it has called.
    pub functions: Vec<FunctionStatus>,
    /// At a gateway, the distributions that it serves, as `id@revision`.
    pub distributions: Vec<String>,
    /// At a gateway, the features of distributions that it knows
    /// ([`crate::registry::document::KNOWN_FEATURES`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// At a worker, the layers of confinement of its sandboxes; empty before the first sandbox.
    #[serde(default)]
    pub confinement: Vec<LayerStatus>,
    /// At a worker, the interpreters that run functions of other runtimes than `boa`; empty while it
    /// searches for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interpreters: Vec<InterpreterStatus>,
    /// At a gateway that serves HTTPS, the names that its certificates are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https: Option<CertificateNames>,
    /// At a gateway that gets certificates by ACME, the state of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acme: Option<AcmeStatus>,
    /// The state of its machine's clock; `None` while that is not known, and where the bus is in
    /// the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStatus>,
    /// True at a worker that runs functions and carries out no admin requests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub functions_only: bool,
    /// Warnings for its operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The published functions and applied distributions, as this node knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistryStatus>,
}

/// A program of a worker's machine that runs functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterpreterStatus {
    /// The kind of functions, `nodejs` or `python`.
    pub runtime: String,
    /// Its version, `22.20.0`.
    pub version: String,
    /// Its path.
    pub program: String,
    /// How connections get out of its sandboxes: by the `proxy` on their loopback, or `transparent`
    /// by a TUN device. None while no sandbox of the worker has started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// The names that a gateway's certificates are for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateNames {
    /// In lower case; `*.` stands for one label.
    pub names: Vec<String>,
    /// How many names were left out because there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

/// Most bytes of certificates' names in a status.
const NAMES_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of names in a [`RegistryStatus`]. A status is one message, and NATS carries 1 MiB by
/// default.
const REGISTRY_BYTES_MAX: usize = 128 * 1024;

/// The published functions and the applied distributions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RegistryStatus {
    /// True once the node has read the live registry. Until then this is its copy on disk.
    pub current: bool,
    /// Functions by name.
    pub functions: Vec<PublishedFunction>,
    /// Distributions by id.
    pub distributions: Vec<AppliedDistribution>,
    /// How many functions and distributions were left out because there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

/// A function of which there are versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedFunction {
    /// Its name.
    pub name: FunctionName,
    /// How many versions there are.
    pub versions: usize,
    /// The number of the newest.
    pub newest: u32,
    /// The versions that distributions name.
    pub in_use: Vec<u32>,
}

/// A distribution in its present revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedDistribution {
    /// Which.
    pub id: DistributionId,
    /// Its revision.
    pub revision: u64,
    /// Hosts; none means any.
    pub aliases: Vec<String>,
    /// The versions that it names.
    pub functions: Vec<VersionId>,
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
    /// Sandbox processes that have loaded it.
    pub sandboxes: u32,
    /// Events that are running.
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

/// A version in its back-off, or that was in it a short while ago: it waits for its next sandbox
/// because the last ones died. Its events fail in the meantime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ailing {
    /// Why the last one died, or could not start.
    pub reason: String,
    /// How many died, one after the other.
    pub deaths: u32,
    /// Milliseconds until the next try; 0 once it was made.
    pub retry_in_ms: u64,
}

// === impl CertificateNames ===

impl CertificateNames {
    /// As many of these names as fit into a status.
    pub fn new(all: Vec<String>) -> Self {
        let (mut kept, mut room) = (Self::default(), NAMES_BYTES_MAX);
        for name in all {
            kept.left_out += put(&mut kept.names, name, &mut room);
        }
        kept
    }

    /// True if a certificate may be for this alias of a distribution. A wildcard in an alias stands
    /// for any labels, so one label is enough.
    pub fn may_cover(&self, alias: &str) -> bool {
        let wildcard = alias.split_once('.').map(|(_, rest)| format!("*.{rest}"));
        let is_it = |name: &String| name == alias || Some(name) == wildcard.as_ref();
        self.left_out > 0 || self.names.iter().any(is_it)
    }
}

// === impl RegistryStatus ===

impl RegistryStatus {
    /// A node's registry, as much as fits into a message.
    pub fn new(snapshot: &Snapshot, current: bool) -> Self {
        let mut functions: BTreeMap<&FunctionName, PublishedFunction> = BTreeMap::new();
        for VersionId { function, number } in snapshot.versions.keys() {
            let entry = functions.entry(function).or_insert_with(|| PublishedFunction {
                name: function.clone(),
                versions: 0,
                newest: 0,
                in_use: Vec::new(),
            });
            entry.versions += 1;
            entry.newest = entry.newest.max(*number);
        }
        let mut status = Self { current, ..Self::default() };
        let mut room = REGISTRY_BYTES_MAX;
        for record in snapshot.distributions.values() {
            let named = record.distribution.associations();
            let mut named: Vec<_> = named.filter_map(|(_, _, a)| a.function.version()).collect();
            named.sort();
            named.dedup();
            for VersionId { function, number } in &named {
                if let Some(entry) = functions.get_mut(function)
                    && !entry.in_use.contains(number)
                {
                    entry.in_use.push(*number);
                }
            }
            let applied = AppliedDistribution {
                id: record.distribution.id.clone(),
                revision: record.revision,
                aliases: record.distribution.aliases.clone(),
                functions: named,
            };
            status.left_out += put(&mut status.distributions, applied, &mut room);
        }
        for mut function in functions.into_values() {
            function.in_use.sort_unstable();
            status.left_out += put(&mut status.functions, function, &mut room);
        }
        status
    }
}

/// Most warnings of one kind in a status, and most characters of one.
const WARNINGS_MAX: usize = 50;
const WARNING_CHARS_MAX: usize = 1_000;

/// As many warnings as fit into a status. The last one may say how many more there are.
pub fn bounded<'a>(warnings: impl ExactSizeIterator<Item = &'a str>) -> Vec<String> {
    let more = warnings.len().saturating_sub(WARNINGS_MAX);
    let shortened = |warning: &str| warning.chars().take(WARNING_CHARS_MAX).collect();
    let mut told: Vec<String> = warnings.take(WARNINGS_MAX).map(shortened).collect();
    if more > 0 {
        told.push(format!("and {more} more of this kind; the node's log has them"));
    }
    told
}

/// Adds the item if there is room. Returns how many are left out.
fn put<T: Serialize>(into: &mut Vec<T>, item: T, room: &mut usize) -> usize {
    let size = serde_json::to_vec(&item).map_or(usize::MAX, |text| text.len());
    match room.checked_sub(size) {
        Some(rest) => {
            *room = rest;
            into.push(item);
            0
        }
        None => 1,
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::function::{FunctionSettings, FunctionVersion};
    use crate::wire::UnixMillis;

    #[test]
    fn a_status_has_room_in_a_message() {
        let mut snapshot = Snapshot::default();
        for number in 0..20_000 {
            let function: FunctionName = format!("function-{}", number / 2).parse().unwrap();
            let version = VersionId { function, number: number % 2 + 1 };
            let published = FunctionVersion {
                version: version.clone(),
                settings: FunctionSettings::default(),
                bundle: "0".repeat(64).parse().unwrap(),
                size: 1,
                published: UnixMillis(0),
                sealed: BTreeMap::new(),
                retiring: false,
            };
            snapshot.versions.insert(version, published);
        }
        let status = RegistryStatus::new(&snapshot, true);
        assert_eq!(status.functions.len() + status.left_out, 10_000);
        assert!(status.functions.len() > 500 && status.left_out > 0);
        let first = &status.functions[0];
        assert_eq!((first.name.as_str(), first.versions, first.newest), ("function-0", 2, 2));
        assert!(serde_json::to_vec(&status).unwrap().len() < 256 * 1024);
    }

    #[test]
    fn certificates_cover_their_names_and_wildcards_one_label() {
        let names = CertificateNames::new(vec!["a.example".into(), "*.b.example".into()]);
        for covered in ["a.example", "x.b.example", "*.b.example"] {
            assert!(names.may_cover(covered), "{covered}");
        }
        for bare in ["x.a.example", "b.example", "x.y.b.example", "*.a.example", "example"] {
            assert!(!names.may_cover(bare), "{bare}");
        }
        let many = CertificateNames::new((0..9_000).map(|n| format!("{n}.example")).collect());
        assert!(many.left_out > 0 && many.names.len() > 3_000 && many.may_cover("x"));
    }

    #[test]
    fn warnings_have_room_too() {
        let long = "é".repeat(2_000);
        let told = bounded(std::iter::repeat_n(long.as_str(), 60));
        assert_eq!((told.len(), told[0].chars().count()), (51, 1_000));
        assert!(told[50].starts_with("and 10 more"), "{}", told[50]);
        assert_eq!(bounded(["a"].into_iter()), ["a"]);
    }

    #[test]
    fn a_node_of_the_previous_release_is_understood() {
        let told = r#"{"node":"w1","role":"worker","version":"0.1.0","pid":1,"uptime_s":1,
            "listens":[],"functions":[],"distributions":[]}"#;
        assert_eq!(serde_json::from_str::<NodeStatus>(told).unwrap().registry, None);
    }
}
