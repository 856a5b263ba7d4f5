//! Every limit of a worker, with its default, its unit and where the number comes from.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use brink_shared::duration_text;
use brink_shared::limits::{STARTUP_TIME_DEFAULT, STARTUP_WALL_FACTOR};
use brink_shared::registry::Quotas;
use brink_shared::registry::store::{KEEP_DEFAULT, OLDER_THAN_DEFAULT};

/// How much a worker takes on, and how long it keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Most versions at a time, found or being looked for. Events of further ones are sent
    /// elsewhere.
    pub versions_max: usize,
    /// Most sandboxes of one version; at least one is taken.
    pub sandboxes_max: usize,
    /// Most events at a time in one sandbox: its execution environments. At least one is
    /// taken.
    pub environments: usize,
    /// Most events of one version that wait for an environment.
    pub queue_max: usize,
    /// A version without events for this long is let go.
    pub idle_stop: Duration,
    /// The same for a version that no distribution names.
    pub unnamed_stop: Duration,
    /// How long events in hand may take when the worker stops.
    pub drain_grace: Duration,
    /// Sandboxes kept started and empty, so that a cold start need not wait for a process.
    pub blank_pool: usize,
    /// Most bytes of bundles on disk.
    pub bundles_bytes: u64,
}

/// The registry's quotas, and how a worker prunes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Quotas of distributions.
    pub quotas: Quotas,
    /// When it prunes the registry by itself.
    pub prune: PruneSettings,
}

/// When the registry is pruned without being asked. All workers of a cluster may have this: one of
/// them does it each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PruneSettings {
    /// How often; none for never.
    #[serde(deserialize_with = "prune_every")]
    pub every: Option<Duration>,
    /// So many newest versions of each function and revisions of each distribution stay.
    pub keep: NonZeroUsize,
    /// Younger ones stay too.
    #[serde(with = "duration_text")]
    pub older_than: Duration,
}

/// More than a machine has memory for, as each has a process. It bounds what somebody on the bus
/// can do who asks for versions that do not exist.
pub const VERSIONS_MAX_DEFAULT: usize = 1_024;

/// Sandboxes use every core by themselves, so that more of them buy only distance from a
/// handler that hogs a core.
pub const SANDBOXES_MAX_DEFAULT: usize = 4;

/// Enough for handlers that wait on `fetch`; each costs about 0.3 MiB once it was needed.
pub const ENVIRONMENTS_DEFAULT: usize = 32;

/// At 10,000 light events a second this is a tenth of a second of work. The deadline of each
/// event bounds the queue in time as well.
pub const QUEUE_MAX_DEFAULT: usize = 1_024;

/// A minute without events, as long as Knative's stable window.
pub const IDLE_STOP_DEFAULT: Duration = Duration::from_secs(60);

/// The longest that an event may run (30 s at origin triggers) fits in.
pub const DRAIN_GRACE_DEFAULT: Duration = Duration::from_secs(31);

/// One cold start at a time is free; the next warm sandbox is there some milliseconds later.
pub const BLANK_POOL_DEFAULT: usize = 1;

/// Some twenty bundles of the largest size, or thousands of usual ones. A removed bundle is
/// fetched again when it is needed.
pub const BUNDLES_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;

/// Gateways may still send a version some events while they learn of a revision that does not name
/// it any more.
pub const UNNAMED_STOP_DEFAULT: Duration = Duration::from_secs(10);

/// How long the bus may take to let a subscription go.
pub const UNSUBSCRIBE_MAX: Duration = Duration::from_secs(1);

/// Longest that a version may take to start, whatever its settings say.
pub const INIT_MAX: Duration = STARTUP_TIME_DEFAULT.saturating_mul(STARTUP_WALL_FACTOR);

/// Longest that an empty sandbox process may take until it says that it is up.
pub const SPAWN_MAX: Duration = Duration::from_secs(5);

/// How long after an event's deadline its sandbox is killed. A sandbox that still listens uses
/// the time to give the event up by itself, and then nothing need be killed.
pub const KILL_GRACE: Duration = Duration::from_millis(50);

/// How often it is looked at what a sandbox at work uses.
pub const WATCH_EVERY: Duration = Duration::from_millis(50);

/// The memory that a sandbox may use beyond [`brink_frames::MEMORY_BASE_MB`] while it starts, in MB. The engine needs it for
/// the text of a bundle until that is compiled, up to 50 times its size. It is given back before
/// the first event.
pub const MEMORY_START_MB: u32 = 96;

/// An event that runs this long is claimed, so that the gateway knows whom to watch.
pub const CLAIM_AFTER: Duration = Duration::from_millis(50);

/// Another sandbox is started when an event waits longer than this.
pub const SCALE_AFTER: Duration = Duration::from_millis(20);

/// Most events in one message; more is no message of ours.
pub const BATCH_MAX: usize = 4_096;

/// How often one event may be handed to a further sandbox because the one that had it died
/// before it began.
pub const HANDOVERS_MAX: u8 = 3;

/// Pruning reads the whole registry, so it is not done all the time.
const PRUNE_EVERY: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(365 * 86_400);

fn prune_every<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let every = duration_text::optional::deserialize(from)?;
    if every.is_some_and(|every| !PRUNE_EVERY.contains(&every)) {
        return Err(D::Error::custom("prune.every is from 1m to 365d; leave it out for never"));
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
