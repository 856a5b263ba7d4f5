//! The requests that people and tools send to a running edge, as JSON on
//! `brink.admin.<noun>.<verb>`.
//!
//! Workers serve these requests as a NATS micro service, so `nats req brink.admin.function.list ''`
//! does the same as `brink function list`. Every answer is `{"ok": ...}` or `{"error": ...}`. If a
//! request or an answer is larger than the bus carries, a claim check `{"parcel": ...}` stands in
//! its place. The receiver requests its pieces with the numbers 0, 1, ... on
//! `brink.parcel.<holder>.<number>`.

mod changes;
mod listing;
mod logs;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::bus::slowest_transfer;
use crate::duration_text;
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::registry::distribution::Distribution;
use crate::registry::function::FunctionSettings;
use crate::registry::store::{KEEP_DEFAULT, OLDER_THAN_DEFAULT};
use crate::registry::{BundleDigest, Problem};
use crate::secret::{PublicKey, SealedSecrets};
use crate::wire::ClaimCheck;
use crate::wire::{Failure, Run};

pub use changes::{Changes, ListChanges, NumberedChange};
pub use listing::{
    DistributionDetails, DistributionSummary, FunctionDetails, FunctionSummary, ITEMS_DEFAULT,
    ITEMS_MAX, ListQuery, Page, PublishedVersion,
};
pub use logs::{KeptLine, LogPage, ReadLogs};

/// The name under which `nats micro` lists the service.
pub const SERVICE: &str = "brink-admin";

/// How long a client should wait for an answer. A request may wait for its turn. The service ends
/// it earlier than this, and says why.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(75);

/// How much longer a client should wait if the request names a bundle of this size in the object
/// bucket. The service fetches the bundle, and may have to store it once more.
pub fn answer_later(bundle_bytes: u64) -> Duration {
    2 * slowest_transfer(bundle_bytes)
}

/// Every request that the service answers, as noun and verb.
pub const ENDPOINTS: [(&str, &str); 17] = [
    ("function", "publish"),
    ("function", "list"),
    ("function", "show"),
    ("function", "invoke"),
    ("function", "delete"),
    ("distribution", "apply"),
    ("distribution", "list"),
    ("distribution", "show"),
    ("distribution", "history"),
    ("distribution", "rollback"),
    ("distribution", "delete"),
    ("cache", "invalidate"),
    ("secret", "key"),
    ("registry", "prune"),
    ("logs", "read"),
    ("identity", "show"),
    ("change", "list"),
];

/// The answer to every request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply<T> {
    /// It was done.
    Ok(T),
    /// It was rejected; nothing was changed.
    Error(AdminError),
    /// The answer is larger than the bus carries. The client fetches it.
    #[serde(rename = "parcel")]
    ClaimCheck(ClaimCheck),
}

/// Stands for a request that is larger than the bus carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LargeRequest {
    /// Where the request is.
    #[serde(rename = "parcel")]
    pub claim_check: ClaimCheck,
}

/// Why a request was rejected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}{}", lines(.problems))]
pub struct AdminError {
    /// One line for people. The record of changes keeps it, so it has neither words of a function nor
    /// names of secrets.
    pub message: String,
    /// Everything that is wrong with the document, with its place. A problem without a place ends the
    /// sentence of `message`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

fn lines(problems: &[Problem]) -> String {
    let line = |problem: &Problem| match problem.path.as_str() {
        "" => format!(": {}", problem.message),
        _ => format!("\n  {problem}"),
    };
    problems.iter().map(line).collect()
}

/// `function.publish`: makes the next version, if it can start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The function.
    pub name: FunctionName,
    /// How it runs; what is left out has its default.
    #[serde(default)]
    pub settings: FunctionSettings,
    /// Its files. Either these, or `bundle`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileContent>,
    /// The digest of a bundle that is in the object bucket already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleDigest>,
    /// Events that the version must answer in its trial, at most [`TRIAL_EVENTS_MAX`]. Each answer
    /// is validated strictly against the contract.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<serde_json::Value>,
    /// The values of the secrets that the settings name, sealed to the key of `secret.key`.
    #[serde(default, deserialize_with = "sealed", skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: SealedSecrets,
}

/// Reads sealed secrets. A value that is not sealed may be a secret in the clear, so the error does
/// not repeat it.
fn sealed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SealedSecrets, D::Error> {
    let read = serde_json::Value::deserialize(deserializer)?;
    serde_json::from_value(read).map_err(|_| {
        serde::de::Error::custom(
            "the secrets are not sealed: each is {\"key\", \"box\"}, as `brink function publish` \
             makes it",
        )
    })
}

/// The answer to `secret.key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretsKey {
    /// The workers' public key.
    pub key: PublicKey,
}

/// Most events that a trial of a version may use.
pub const TRIAL_EVENTS_MAX: usize = 100;

/// Most warnings in an answer to `function.publish`.
pub const WARNINGS_MAX: usize = 100;

/// A file in a JSON message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FileContent {
    /// UTF-8 text.
    Text(String),
    /// Any bytes.
    Base64 {
        /// Standard alphabet, padded.
        base64: String,
    },
}

/// The answer to `function.publish`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// The new version, or the newest one if that has the same files, settings and secrets already.
    pub version: VersionId,
    /// Its bundle.
    pub bundle: BundleDigest,
    /// Microseconds that it took to start in the trial.
    pub init_us: u64,
    /// Uses of features that cannot work here, each with file, line and column. At most
    /// [`WARNINGS_MAX`]; the last one may say how many more there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The interpreter that ran the version in its trial, `Python 3.12.1`; none for runtimes without
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// A warning if that interpreter is newer than the function names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer: Option<String>,
    /// True if the version was there before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

/// `function.show`, `function.delete`: one version, or with only a name all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionQuery {
    /// `name` or `name:3`.
    pub function: crate::registry::distribution::FunctionRef,
}

/// `function.invoke`: runs one event, outside any distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvokeRequest {
    /// `name:3`, or `name` for the newest version.
    pub function: crate::registry::distribution::FunctionRef,
    /// The event, given to the handler as it is.
    pub event: serde_json::Value,
}

/// The answer to `function.invoke`, and one line of the output of `brink run`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvokeReport {
    /// What the handler returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<serde_json::Value>,
    /// Why there is no result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<InvokeError>,
    /// The lines that it logged.
    pub logs: Vec<String>,
    /// Microseconds in the handler.
    pub duration_us: u64,
    /// True if an execution environment was made for this event.
    pub cold: bool,
}

/// An error as `brink run` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvokeError {
    /// `LambdaValidationError`, `LambdaExecutionError` or `LambdaLimitExceeded`.
    pub kind: crate::wire::FailureKind,
    /// The error's class.
    pub error_type: String,
    /// What happened.
    pub error_message: String,
    /// Frames, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack_trace: Vec<String>,
}

/// `distribution.show`, `distribution.delete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionQuery {
    /// Which.
    pub id: DistributionId,
}

/// `distribution.apply`: makes the document the next revision of the distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// The document.
    pub distribution: Distribution,
    /// Reject the document unless this is the present revision (0: none yet). `None` accepts any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<u64>,
}

/// The answer to `distribution.apply` and `distribution.rollback`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Which distribution.
    pub id: DistributionId,
    /// Its new revision.
    pub revision: u64,
}

/// `distribution.rollback`: makes an older document the newest revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Which.
    pub id: DistributionId,
    /// The revision whose document is used; `None` for the one before the present revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// `registry.prune`: removes old versions of functions and old revisions of distributions that
/// nothing refers to, and bundles that no version has. Answers with
/// [`Pruned`](crate::registry::store::Pruned).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prune {
    /// This many newest versions of each function and revisions of each distribution stay.
    pub keep: usize,
    /// Versions and revisions younger than this stay too.
    #[serde(with = "duration_text")]
    pub older_than: Duration,
    /// Only report the entries that would be removed.
    pub dry_run: bool,
}

/// `cache.invalidate`, and the message that tells gateways of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invalidate {
    /// Which distribution.
    pub id: DistributionId,
    /// Paths with a leading `/`; `*` only at the end (`contract.md` 7.16).
    pub paths: Vec<String>,
}

/// The answer to `cache.invalidate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalidated {
    /// Which distribution.
    pub id: DistributionId,
    /// Its paths.
    pub paths: Vec<String>,
    /// The invalidation's number in the journal, for gateways that are away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The gateways that have applied it; `None` if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateways: Option<GatewaysReached>,
}

/// Which gateways have applied an invalidation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaysReached {
    /// How many there are.
    pub known: usize,
    /// How many of them have applied it.
    pub applied: usize,
    /// The names of the others, which apply it when they are back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<String>,
}

// === impl Prune ===

impl Default for Prune {
    fn default() -> Self {
        Self { keep: KEEP_DEFAULT, older_than: OLDER_THAN_DEFAULT, dry_run: false }
    }
}

// === impl InvokeReport ===

impl InvokeReport {
    /// The report of an invocation that ended in a failure.
    pub fn failed(failure: Failure, logs: Vec<String>, run: Run) -> Self {
        let error = InvokeError {
            kind: failure.kind,
            error_type: failure.error_type,
            error_message: failure.message,
            stack_trace: failure.stack,
        };
        Self { ok: None, error: Some(error), logs, duration_us: run.duration_us, cold: run.cold }
    }

    /// The report of an invocation that returned a value.
    pub fn returned(value: serde_json::Value, logs: Vec<String>, run: Run) -> Self {
        Self { ok: Some(value), error: None, logs, duration_us: run.duration_us, cold: run.cold }
    }
}

// === impl AdminError ===

impl AdminError {
    /// An error that concerns no particular place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), problems: Vec::new() }
    }

    /// An error that goes on with words that the record of changes does not keep.
    pub fn with_detail(message: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = Problem { path: String::new(), message: detail.into() };
        Self { message: message.into(), problems: vec![detail] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claim_checks_have_the_names_that_earlier_releases_read() {
        let check = ClaimCheck { holder: "w1".parse().unwrap(), number: 1, size: 9, piece: 4 };
        let reply: Reply<()> = Reply::ClaimCheck(check.clone());
        assert_eq!(serde_json::to_value(reply).unwrap()["parcel"]["piece"], 4);
        let request = LargeRequest { claim_check: check };
        assert_eq!(serde_json::to_value(request).unwrap()["parcel"]["holder"], "w1");
    }
}
