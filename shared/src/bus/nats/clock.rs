//! Asks NATS for its time.
//!
//! JetStream's description of a stream has the time of the server that leads the stream. So all
//! nodes of a cluster get the time of the same server.
//!
//! Any server may fail, so no server's clock can be the one for ever. When another server takes the
//! lead, nodes follow it one after the other, each with its next question. A node that sees the
//! time jump asks several times, as at the start, and counts the jump as error until all other
//! nodes must have asked too ([`crate::clock`]). While that error is too large, gateways send no
//! start-by time, and workers ignore it. During that time, [`MEASURED_EVERY`] at most, deadlines
//! are wrong by the difference of the servers' clocks.
//!
//! ```text
//!         the time is measured         the connection changes, or the time jumps
//! asking ─────────────────────▶ known ───────────────────────────────────────────▶ asking
//! ```

use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use tokio::time::sleep;

use super::connection::Connection;
use crate::bus::{BusError, Link};
use crate::clock::{Estimate, MEASURED_EVERY, Running, Sample};
use crate::subject;

/// Questions in a row when the connection is new: the fastest answer counts.
const FIRST: u32 = 8;

/// Pause between those.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// First and longest pause while the time is not known: there is no stream yet, or no JetStream.
const RETRY_PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// An answer that takes longer than this is too inexact.
const WITHIN: Duration = Duration::from_secs(1);

/// The useful part of JetStream's description of a stream, or of its error.
#[derive(Deserialize)]
struct Described {
    /// When it was written, in RFC 3339.
    ts: Option<String>,
    cluster: Option<Cluster>,
}

/// The servers that keep the stream.
#[derive(Deserialize)]
struct Cluster {
    /// When its leader took the lead, in RFC 3339; only in a cluster.
    leader_since: Option<String>,
}

/// An answer with the bus's time.
#[derive(Debug)]
struct Answer {
    sample: Sample,
    /// How long the server that answered has led the stream, if it says so.
    led: Option<Duration>,
}

/// Measures the bus's time again and again, until closed.
pub(super) async fn measure(connection: Connection) {
    let closed = connection.closed.clone();
    closed.run_until_cancelled(keep_measuring(connection)).await;
}

async fn keep_measuring(connection: Connection) {
    let mut link = connection.health.link();
    let mut estimate = Estimate::default();
    loop {
        if link.wait_for(|link| *link == Link::Up).await.is_err() {
            return;
        }
        link.borrow_and_update();
        let mut measured = 0;
        let (mut retry, longest) = RETRY_PAUSE;
        // Until the connection changes: then another server may tell the time.
        loop {
            let pause = match ask(&connection).await {
                Ok(Some(Answer { sample, led })) => {
                    let is_first = estimate.offset_us().is_none();
                    if let Some(by) = estimate.add(sample) {
                        tracing::warn!(
                            ?by,
                            "the bus's time jumped: the clock of its server was set, or another server leads now"
                        );
                        // Unless that is being done.
                        measured = if measured < FIRST { measured } else { 0 };
                    }
                    if let Some(led) = led.filter(|_| is_first) {
                        estimate.led_for(led);
                    }
                    connection.clock.set(&estimate);
                    measured += 1;
                    if measured < FIRST { FIRST_PAUSE } else { MEASURED_EVERY }
                }
                unknown => {
                    tracing::debug!(?unknown, "the time of the bus is not known");
                    let longer = (2 * retry).min(longest);
                    std::mem::replace(&mut retry, longer)
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                changed = link.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
            }
        }
    }
}

/// The bus's time; `None` if the stream does not exist yet.
async fn ask(connection: &Connection) -> Result<Option<Answer>, BusError> {
    let what = format!("STREAM.INFO.KV_{}", subject::REGISTRY_BUCKET);
    let asked = Running::now();
    let answer = connection.jetstream.request::<_, _, Described>(what, &());
    let answer = connection.ask_within(WITHIN, "tell the time", answer).await?;
    let answered = Running::now();
    let described = answer.map_err(|error| super::connection::rejected("tell the time", &error))?;
    let Some(told) = described.ts.as_deref().and_then(unix_us) else { return Ok(None) };
    let since = described.cluster.and_then(|cluster| unix_us(&cluster.leader_since?));
    let led =
        since.map(|since| Duration::from_micros(told.saturating_sub(since).max(0).cast_unsigned()));
    Ok(Some(Answer { sample: Sample::new(asked, answered, told), led }))
}

/// Microseconds since the Unix epoch.
fn unix_us(rfc3339: &str) -> Option<i64> {
    let time = humantime::parse_rfc3339(rfc3339).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_micros()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_s_times_are_read() {
        assert_eq!(unix_us("1970-01-01T00:00:01.500250999Z"), Some(1_500_250));
        assert_eq!(unix_us("2026-11-29T22:50:00Z").map(|us| us % 60_000_000), Some(0));
        assert_eq!(unix_us("soon"), None);
    }
}
