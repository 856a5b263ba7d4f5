//! Every NATS subject, bucket and stream name of Brink. Only this module builds them.

use crate::event::Trigger;
use crate::id::{DistributionId, NodeId, VersionId};
use crate::runtime::Runtime;

/// Queue group of the workers: one of them gets each message.
pub const WORKERS: &str = "workers";

/// The start subjects of all versions of the runtime `boa`, to which every worker subscribes. So a
/// version that no worker has loaded can be started.
///
/// They do not name the runtime: workers and gateways of the release before there were other
/// runtimes know only these.
pub const START_ALL: &str = "brink.start.*.*";

/// Workers announce themselves here.
pub const PRESENCE_ALL: &str = "brink.presence.*";

/// Every node answers here with its status.
pub const STATUS: &str = "brink.status";

/// Root of the admin service's subjects.
pub const ADMIN: &str = "brink.admin";

/// The subjects that the log stream keeps.
pub const LOG_ALL: &str = "brink.log.>";

/// JetStream stream of function logs.
pub const LOG_STREAM: &str = "BRINK_LOGS";

/// Gateways send lines of the access log while messages come here
/// ([`crate::access_log::Follow`]).
pub const ACCESS_FOLLOW: &str = "brink.access.follow";

/// Gateways drop cached objects on a message here, and the journal of invalidations keeps it.
pub const INVALIDATE: &str = "brink.cache.invalidate";

/// Gateways look into the journal of invalidations on a message here.
pub const INVALIDATED: &str = "brink.cache.invalidated";

/// Gateways that shield origins announce themselves here.
pub const SHIELDS: &str = "brink.shields";

/// JetStream stream of invalidations.
pub const INVALIDATION_STREAM: &str = "BRINK_INVALIDATIONS";

/// The subjects of the record of changes ([`audit`]).
pub const AUDIT_ALL: &str = "brink.audit.*";

/// JetStream stream of the record of changes.
pub const AUDIT_STREAM: &str = "BRINK_AUDIT";

/// Key-value bucket in which gateways write which invalidations they have applied.
pub const GATEWAY_BUCKET: &str = "brink_gateways";

/// Key-value bucket of functions, versions and distributions.
pub const REGISTRY_BUCKET: &str = "brink_registry";

/// Key-value bucket of certificates by ACME. Only gateways use it.
pub const ACME_BUCKET: &str = "brink_acme";

/// Object bucket of bundles, by SHA-256.
pub const BUNDLE_BUCKET: &str = "brink_bundles";

/// Object bucket of bundles that people upload, before they are published.
pub const UPLOAD_BUCKET: &str = "brink_uploads";

/// The subject for events of a version that a worker has loaded.
pub fn invoke(version: &VersionId) -> String {
    format!("brink.invoke.{}.{}", version.function, version.number)
}

/// The start subject of a version of the runtime `boa`: for its events if no worker has loaded it.
pub fn start(version: &VersionId) -> String {
    format!("brink.start.{}.{}", version.function, version.number)
}

/// The start subject of a version of any runtime. Only workers that have the runtime subscribe to
/// it, so NATS asks no other worker, and says at once if there is none.
pub fn start_in(runtime: Runtime, version: &VersionId) -> String {
    match runtime {
        Runtime::Boa => start(version),
        other => format!("brink.start.{}.{}.{}", other.name(), version.function, version.number),
    }
}

/// The start subjects of all versions of a runtime, as [`start_in`] gives them.
pub fn start_all_in(runtime: Runtime) -> String {
    match runtime {
        Runtime::Boa => START_ALL.to_owned(),
        other => format!("brink.start.{}.*.*", other.name()),
    }
}

/// The version of a message that came by [`START_ALL`], [`start_all_in`] or [`direct_all`].
pub fn version_of_start(subject: &str) -> Option<VersionId> {
    let mut parts = subject.strip_prefix("brink.")?.rsplitn(4, '.');
    let (number, function) = (parts.next()?, parts.next()?);
    match (parts.next()?, parts.next()) {
        ("start", None) => {}
        (runtime, Some("start")) if Runtime::ALL.iter().any(|own| own.name() == runtime) => {}
        (_, Some("direct")) => {}
        _ => return None,
    }
    let number = number.parse().ok().filter(|n| *n > 0)?;
    Some(VersionId { function: function.parse().ok()?, number })
}

/// The subject for events of a version that one certain worker should get.
pub fn direct(worker: &NodeId, version: &VersionId) -> String {
    format!("brink.direct.{worker}.{}.{}", version.function, version.number)
}

/// All subjects of one worker.
pub fn direct_all(worker: &NodeId) -> String {
    format!("brink.direct.{worker}.*.*")
}

/// The subject for the entries of one worker in the record of changes.
pub fn audit(worker: &NodeId) -> String {
    format!("brink.audit.{worker}")
}

/// The subject on which a worker announces itself.
pub fn presence(worker: &NodeId) -> String {
    format!("brink.presence.{worker}")
}

/// The subject on which a worker answers that it lives. If it does not, NATS itself answers.
pub fn ping(worker: &NodeId) -> String {
    format!("brink.ping.{worker}")
}

/// The subject on which a process answers requests for pieces of the large payloads that it keeps.
pub fn large_payloads(holder: &NodeId) -> String {
    format!("brink.parcel.{holder}.*")
}

/// The subject for the pieces of one large payload.
pub fn large_payload(holder: &NodeId, number: u64) -> String {
    format!("brink.parcel.{holder}.{number}")
}

/// The subject for one line of a function's log.
pub fn log(version: &VersionId, trigger: Trigger) -> String {
    format!("brink.log.{}.{}.{trigger}", version.function, version.number)
}

/// The log lines of a function, or of one of its versions, at one trigger or all.
pub fn log_filter(function: &str, number: Option<u32>, trigger: Option<Trigger>) -> String {
    let number = number.map_or_else(|| "*".to_owned(), |n| n.to_string());
    format!("brink.log.{function}.{number}.{}", trigger.map_or("*", Trigger::as_str))
}

/// The subject for lines of the standard access log of a distribution; `None` for requests that no
/// distribution answers.
pub fn access_log(distribution: Option<&DistributionId>) -> String {
    of_distribution("standard", distribution)
}

/// The subject for lines of the real-time access log of a distribution.
pub fn real_time_log(distribution: Option<&DistributionId>) -> String {
    of_distribution("real-time", distribution)
}

/// The subject for lines that somebody follows ([`ACCESS_FOLLOW`]).
pub fn access_followed(distribution: Option<&DistributionId>) -> String {
    of_distribution("followed", distribution)
}

/// [`access_log`] of all distributions, and of requests that none answers.
pub const ACCESS_STANDARD_ALL: &str = "brink.access.standard.>";

/// [`real_time_log`] of all distributions, and of requests that none answers.
pub const ACCESS_REAL_TIME_ALL: &str = "brink.access.real-time.>";

/// [`access_followed`] of all distributions, and of requests that none answers.
pub const ACCESS_FOLLOWED_ALL: &str = "brink.access.followed.>";

/// The two kinds of subjects differ in their number of parts, so a distribution may have any id.
fn of_distribution(log: &str, distribution: Option<&DistributionId>) -> String {
    match distribution {
        Some(id) => format!("brink.access.{log}.distribution.{id}"),
        None => format!("brink.access.{log}.unmatched"),
    }
}

/// The subject of an admin request, such as `function.publish`, that one worker passes on to another
/// one.
pub fn admin_at(worker: &NodeId, request: &str) -> String {
    format!("{ADMIN}.at.{worker}.{request}")
}

/// All admin requests that are passed on to one worker.
pub fn admin_at_all(worker: &NodeId) -> String {
    format!("{ADMIN}.at.{worker}.>")
}

/// An admin request, for example `brink.admin.function.publish`.
pub fn admin(noun: &str, verb: &str) -> String {
    format!("{ADMIN}.{noun}.{verb}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_subject_names_its_version() {
        let version: VersionId = "ab-test:12".parse().unwrap();
        assert_eq!(version_of_start(&start(&version)), Some(version.clone()));
        let direct = direct(&"worker-1".parse().unwrap(), &version);
        assert_eq!(version_of_start(&direct), Some(version.clone()));
        for runtime in Runtime::ALL {
            let start = start_in(runtime, &version);
            assert_eq!(version_of_start(&start), Some(version.clone()), "{start}");
            let parts = |subject: &str| subject.split('.').count();
            assert_eq!(parts(&start), parts(&start_all_in(runtime)));
        }
        // A function may have the name of a runtime.
        let version: VersionId = "python:3".parse().unwrap();
        assert_eq!(version_of_start("brink.start.python.python.3"), Some(version.clone()));
        assert_eq!(version_of_start("brink.start.python.3"), Some(version));
        for bad in [
            "brink.start.cobol.a.1",
            "brink.start.a.b.python.1",
            "brink.start.a",
            "brink.direct.w.a",
            "brink.direct.w",
            "brink.start.a.0",
            "brink.start.a.b",
            "brink.invoke.a.1",
        ] {
            assert_eq!(version_of_start(bad), None, "{bad}");
        }
    }
}
