//! Reads the bodies of requests.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// How long a body may take. The event's own time is usually over before.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);

/// How much of a body that is too large is read on, in bytes. A client that is still sending would
/// not see the answer.
const PASSED_OVER_MAX: u64 = 32 * 1024 * 1024;

/// A body.
pub(super) enum Read {
    /// All of it.
    Whole(Bytes),
    /// It has more bytes than it may: at least this many.
    TooLarge(u64),
    /// It ended before its end, or took too long.
    Truncated,
}

/// Reads a body of at most `max` bytes.
pub(super) async fn read(body: &mut Incoming, max: u64) -> Read {
    let told = body.size_hint().lower();
    if told > max {
        return Read::TooLarge(told);
    }
    timeout(BODY_TIME_MAX, collect(body, max)).await.unwrap_or(Read::Truncated)
}

/// Reads the rest of a body that is too large, within limits.
pub(super) async fn pass_over(body: &mut Incoming) {
    let reading = async {
        let mut left = PASSED_OVER_MAX;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // The answer comes in any case.
    let _ = timeout(BODY_TIME_MAX, reading).await;
}

async fn collect(body: &mut Incoming, max: u64) -> Read {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Read::Truncated };
        let Ok(data) = frame.into_data() else { continue };
        let length = (whole.len() + data.len()) as u64;
        if length > max {
            return Read::TooLarge(length);
        }
        whole.extend_from_slice(&data);
    }
    Read::Whole(whole.freeze())
}
