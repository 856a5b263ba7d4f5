//! Bytes on their way to or from the server, and how long none may move.
//!
//! A bundle of 250 MB takes a minute on a slow link, and a server that is gone should be noticed
//! much earlier. So a transfer counts its bytes, and ends if none moves for a while.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::time::timeout;
use tokio_util::io::InspectReader;

use crate::bus::BusError;

/// A transfer that moves no byte for this long ends, at the latest after twice as long.
const STALL: Duration = Duration::from_secs(10);

/// The bytes of one transfer that have moved. Its reader counts them, and its watch compares.
#[derive(Clone, Default)]
pub(super) struct Moved(Arc<AtomicU64>);

// === impl Moved ===

impl Moved {
    /// Counts the bytes of this reader.
    pub(super) fn count<R: AsyncRead>(
        &self,
        reader: R,
    ) -> InspectReader<R, impl FnMut(&[u8]) + use<R>> {
        let moved = self.0.clone();
        InspectReader::new(reader, move |read| {
            moved.fetch_add(read.len() as u64, Ordering::Relaxed);
        })
    }

    /// Counts further bytes.
    pub(super) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits for a transfer, as long as its bytes move.
    pub(super) async fn watch<T>(
        &self,
        what: &str,
        transfer: impl Future<Output = T>,
    ) -> Result<T, BusError> {
        let mut transfer = pin!(transfer);
        let mut seen = self.bytes();
        loop {
            if let Ok(done) = timeout(STALL, &mut transfer).await {
                return Ok(done);
            }
            let moved = self.bytes();
            if moved == seen {
                let subject = format!("the request to {what} (it stalled after {moved} bytes)");
                return Err(BusError::Timeout { subject, waited: STALL });
            }
            seen = moved;
        }
    }

    fn bytes(&self) -> u64 {
        // Only the number itself is shared.
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::bus::transfer_max;

    const PIECE: usize = 128 * 1024;

    /// Reads pieces, each after a pause.
    async fn read(moved: &Moved, pieces: u32, pause: Duration) {
        let mut reader = moved.count(tokio::io::repeat(7));
        let mut piece = vec![0; PIECE];
        for _ in 0..pieces {
            sleep(pause).await;
            reader.read_exact(&mut piece).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_link_has_time_for_the_largest_bundle() {
        let began = Instant::now();
        let moved = Moved::default();
        let pieces = 250_000_000_u32.div_ceil(PIECE as u32);
        // 5 MB in a second.
        let pause = Duration::from_secs(50) / pieces;
        moved.watch("read a bundle", read(&moved, pieces, pause)).await.unwrap();
        assert!(began.elapsed() > Duration::from_secs(45), "{:?}", began.elapsed());
        assert!(began.elapsed() < transfer_max(250_000_000));
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_stalls_is_given_up() {
        let began = Instant::now();
        let moved = Moved::default();
        let stalled = async {
            read(&moved, 3, STALL - Duration::from_secs(1)).await;
            std::future::pending::<()>().await;
        };
        let error = moved.watch("read a bundle", stalled).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no answer on the request to read a bundle (it stalled after 393216 bytes) within 10s"
        );
        assert!(began.elapsed() <= 5 * STALL, "{:?}", began.elapsed());
    }
}
