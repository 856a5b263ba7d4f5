//! The counters and warnings of the disk cache.

use crate::warn_limit::WarnLimit;

static WARNINGS: WarnLimit = WarnLimit::new();

/// Counts a look-up of an object that the disk has.
pub(super) fn count_read(outcome: &'static str) {
    metrics::counter!("brink_gateway_disk_cache_reads_total", "outcome" => outcome).increment(1);
}

pub(super) fn count_write(outcome: &'static str, objects: u64) {
    metrics::counter!("brink_gateway_disk_cache_writes_total", "outcome" => outcome)
        .increment(objects);
}

pub(super) fn warn(what: &str) {
    if let Some(left_out) = WARNINGS.admit(what) {
        tracing::warn!(left_out, "{what}");
    }
}
