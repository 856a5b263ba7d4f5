//! The limits of a worker, each with its default, its unit and the reason for the number.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use brink_shared::duration_text;
use brink_shared::limits::{STARTUP_TIME_DEFAULT, STARTUP_WALL_FACTOR};
use brink_shared::registry::Quotas;
use brink_shared::registry::store::{KEEP_DEFAULT, OLDER_THAN_DEFAULT};

/// How many versions, sandboxes and events a worker takes, and how long it keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Most versions at a time, including those that are being looked up. Events of further
    /// versions are sent elsewhere.
    pub versions_max: usize,
    /// Most sandboxes of one version. 0 counts as 1.
    pub sandboxes_max: usize,
    /// Most events at a time in one sandbox: its execution environments. 0 counts as 1.
    pub environments: usize,
    /// Most events of one version that wait for an environment.
    pub queue_max: usize,
    /// A version without events for this long is unloaded.
    pub idle_stop: Duration,
    /// The same for a version that no distribution names.
    pub unnamed_stop: Duration,
    /// When the worker stops, how long the events that it has may still take.
    pub drain_grace: Duration,
    /// Number of blank sandboxes in the warm pool. With one, a cold start does not wait for a
    /// process.
    pub blank_pool: usize,
    /// Most bytes of bundles on disk.
    pub bundles_bytes: u64,
}

/// The registry's quotas, and how a worker prunes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Quotas of distributions.
    pub quotas: Quotas,
    /// When the worker prunes the registry by itself.
    pub prune: PruneSettings,
}

/// When a worker prunes the registry by itself. All workers of a cluster may have this setting:
/// each time one of them prunes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PruneSettings {
    /// How often; none for never.
    #[serde(deserialize_with = "prune_every")]
    pub every: Option<Duration>,
    /// How many of the newest versions of each function, and revisions of each distribution, stay.
    pub keep: NonZeroUsize,
    /// Versions and revisions younger than this stay too.
    #[serde(with = "duration_text")]
    pub older_than: Duration,
}

/// More than a machine has memory for, because each version has a process. It limits the harm that
/// somebody on the bus can do by asking for versions that do not exist.
pub const VERSIONS_MAX_DEFAULT: usize = 1_024;

/// A single sandbox uses all cores. More sandboxes only help against a handler that keeps a core
/// busy.
pub const SANDBOXES_MAX_DEFAULT: usize = 4;

/// Enough for handlers that wait for `fetch`. Each environment takes about 0.3 MiB once it is used.
pub const ENVIRONMENTS_DEFAULT: usize = 32;

/// At 10,000 light events a second this is a tenth of a second of work. The deadline of each event
/// limits the queue's time too.
pub const QUEUE_MAX_DEFAULT: usize = 1_024;

/// A minute without events, as long as Knative's stable window.
pub const IDLE_STOP_DEFAULT: Duration = Duration::from_secs(60);

/// Longer than the longest run of an event (30 s at origin triggers).
pub const DRAIN_GRACE_DEFAULT: Duration = Duration::from_secs(31);

/// One cold start at a time waits for no process. The next blank sandbox is there some milliseconds
/// later.
pub const BLANK_POOL_DEFAULT: usize = 1;

/// About twenty bundles of the largest size, or thousands of usual ones. The worker fetches a
/// removed bundle again when it needs it.
pub const BUNDLES_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;

/// Gateways may still send events for a version for a while after a revision no longer names it.
pub const UNNAMED_STOP_DEFAULT: Duration = Duration::from_secs(10);

/// How long the bus may take to end a subscription.
pub const UNSUBSCRIBE_MAX: Duration = Duration::from_secs(1);

/// Longest that the start of a version may take, whatever its settings say.
pub const INIT_MAX: Duration = STARTUP_TIME_DEFAULT.saturating_mul(STARTUP_WALL_FACTOR);

/// Longest that a sandbox process may take until it is ready for a version.
pub const SPAWN_MAX: Duration = Duration::from_secs(5);

/// How long after an event's deadline its sandbox is killed. In this time a sandbox that still
/// works gives the event up by itself, and is not killed.
pub const KILL_GRACE: Duration = Duration::from_millis(50);

/// How often a worker looks at the memory and CPU time of a sandbox.
pub const WATCH_EVERY: Duration = Duration::from_millis(50);

/// The memory that a sandbox may use while it starts, in addition to
/// [`brink_frames::MEMORY_BASE_MB`], in MB. Until the text of a bundle is compiled, the engine
/// needs up to 50 times its size. The sandbox gives the memory back before the first event.
pub const MEMORY_START_MB: u32 = 96;

/// After how long a worker claims an event that has no answer yet. The gateway then knows which
/// worker to watch.
pub const CLAIM_AFTER: Duration = Duration::from_millis(50);

/// If an event waits longer than this, another sandbox is started.
pub const SCALE_AFTER: Duration = Duration::from_millis(20);

/// Most events in one message. A message with more is not valid.
pub const BATCH_MAX: usize = 4_096;

/// How often an event may go to another sandbox because its sandbox died before the event began.
pub const HANDOVERS_MAX: u8 = 3;

/// Pruning reads the whole registry, so it must not happen too often.
const PRUNE_EVERY: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(365 * 86_400);

fn prune_every<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let every = duration_text::optional::deserialize(from)?;
    if every.is_some_and(|every| !PRUNE_EVERY.contains(&every)) {
        return Err(D::Error::custom(
            "prune.every must be from 1m to 365d; leave it out for never",
        ));
    }
    Ok(every)
}

// === impl PruneSettings ===

impl Default for PruneSettings {
    fn default() -> Self {
        let keep = NonZeroUsize::new(KEEP_DEFAULT).unwrap_or(NonZeroUsize::MIN);
        Self { every: None, keep, older_than: OLDER_THAN_DEFAULT }
    }
}

// === impl WorkerLimits ===

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            versions_max: VERSIONS_MAX_DEFAULT,
            sandboxes_max: SANDBOXES_MAX_DEFAULT,
            environments: ENVIRONMENTS_DEFAULT,
            queue_max: QUEUE_MAX_DEFAULT,
            idle_stop: IDLE_STOP_DEFAULT,
            unnamed_stop: UNNAMED_STOP_DEFAULT,
            drain_grace: DRAIN_GRACE_DEFAULT,
            blank_pool: BLANK_POOL_DEFAULT,
            bundles_bytes: BUNDLES_BYTES_DEFAULT,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pruning_has_pauses_and_keeps_something() {
        let read = |json| serde_json::from_value::<PruneSettings>(json);
        assert_eq!(read(json!({})).unwrap(), PruneSettings::default());
        assert_eq!(read(json!({ "every": "1m" })).unwrap().every, Some(Duration::from_secs(60)));
        for (bad, why) in [
            (json!({ "every": "0s" }), "leave it out for never"),
            (json!({ "every": "59s" }), "from 1m to 365d"),
            (json!({ "every": "366d" }), "from 1m to 365d"),
            (json!({ "keep": 0 }), "nonzero"),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
