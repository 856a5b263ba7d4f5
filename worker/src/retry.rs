//! Repeats what the bus rejects.

use std::time::Duration;

use brink_shared::bus::BusError;

/// First and longest wait before something that the bus rejected is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Repeats a call until the bus accepts it, with growing pauses.
pub(crate) async fn retry<T, F: Future<Output = Result<T, BusError>>>(
    mut attempt: impl FnMut() -> F,
) -> T {
    let (mut wait, longest) = RETRY;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => tracing::warn!(%error, "the bus rejects a request; trying again"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}
