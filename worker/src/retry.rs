//! Does again what the bus refuses.

use std::time::Duration;

use brink_shared::bus::BusError;

/// First and longest wait before something that the bus refused is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Does what the bus refuses again and again, with growing pauses.
pub(crate) async fn retry<T, F: Future<Output = Result<T, BusError>>>(
    mut attempt: impl FnMut() -> F,
) -> T {
    let (mut wait, longest) = RETRY;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => tracing::warn!(%error, "the bus refuses; trying again"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}
