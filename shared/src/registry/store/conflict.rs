//! Conflicts with other writers: how many a change survives, and the pauses between its attempts.

use std::time::Duration;

use rand::Rng;

/// How many conflicts with other writers a change survives.
pub(super) const CONFLICTS_MAX: u32 = 40;

/// Longest pause after a conflict, in milliseconds. The first pause is short, and pauses are
/// random, so two writers do not meet again.
const PAUSE_MAX_MS: u64 = 100;

/// Waits after so many conflicts.
pub(super) async fn pause(conflicts: u32) {
    let most = PAUSE_MAX_MS.min(2 << conflicts.min(16));
    let millis = rand::rng().random_range(0..=most);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
