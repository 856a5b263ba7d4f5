//! `Server-Timing`: how an answer came about, and how long its steps took (`contract.md` 7.11).

use std::fmt::{self, Write as _};
use std::time::Duration;

use rand::Rng as _;

use brink_shared::event::Headers;

/// The header's name.
pub const NAME: &str = "Server-Timing";

/// The parts of a percent that a rate may have, in all 100 percent: four decimals.
const PARTS: u32 = 1_000_000;

/// How many answers get the header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampling {
    /// Of [`PARTS`].
    parts: u32,
}

/// How an answer relates to the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a stored copy.
    Hit,
    /// It is a stored copy that the origin confirmed.
    Refreshed,
    /// It comes from the origin.
    Miss,
    /// A function or the gateway made it.
    Generated,
}

/// The gateway whose cache was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layer {
    /// The viewer's own gateway.
    #[default]
    Edge,
    /// The gateway that shields the origin.
    OriginShield,
}

/// How long the steps of asking the origin took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpstreamTiming {
    /// The look-up of the origin's name. Zero for a connection that was open already.
    pub dns: Millis,
    /// From there until TCP and TLS were ready. Zero for a connection that was open already.
    pub connect: Millis,
    /// From the end of the request to the head of the answer.
    pub first_byte: Millis,
    /// The gateway that asked the origin, or had a copy.
    pub layer: Layer,
}

/// Whole milliseconds, small enough to go with each answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Millis(u32);

/// The facts of one answer.
#[derive(Clone, Copy, Debug)]
pub struct ServerTiming<'a> {
    /// How the answer relates to the cache.
    pub outcome: Outcome,
    /// Known if the origin was asked for this viewer.
    pub upstream: Option<UpstreamTiming>,
    /// This gateway's name.
    pub node: &'a str,
    /// The request's id.
    pub request_id: &'a str,
    /// From the request's head to the answer's.
    pub took: Duration,
}

// === impl Sampling ===

impl Sampling {
    /// A rate in percent.
    pub(super) fn percent(rate: f64) -> Self {
        let parts = (rate.clamp(0.0, 100.0) * f64::from(PARTS) / 100.0).round();
        Self { parts: parts as u32 }
    }

    /// True if the answer to this request gets the header: by chance, or because the viewer asks
    /// for it with `Pragma: server-timing`.
    pub(super) fn chooses(self, viewer: &Headers) -> bool {
        let by_chance = match self.parts {
            0 => false,
            PARTS.. => true,
            parts => rand::rng().random_range(0..PARTS) < parts,
        };
        by_chance
            || viewer
                .get_all("pragma")
                .flat_map(|line| line.split(','))
                .any(|directive| directive.trim().eq_ignore_ascii_case("server-timing"))
    }
}

// === impl Layer ===

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::Edge => "EDGE",
            Self::OriginShield => "Origin Shield",
        }
    }
}

// === impl Millis ===

impl From<Duration> for Millis {
    fn from(time: Duration) -> Self {
        Self(u32::try_from(time.as_millis()).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl ServerTiming ===

impl ServerTiming<'_> {
    /// The header's value: these metrics in CloudFront's order, then those that the answer has
    /// already.
    pub fn value<'a>(&self, others: impl Iterator<Item = &'a str>) -> String {
        let mut value = String::with_capacity(192);
        let layer = self.upstream.map_or(Layer::Edge, |upstream| upstream.layer).name();
        // Writing to a string cannot fail.
        if self.outcome == Outcome::Miss {
            let _ = write!(value, "cdn-upstream-layer;desc=\"{layer}\",");
        }
        if let Some(upstream) = &self.upstream {
            let _ = write!(
                value,
                "cdn-upstream-dns;dur={},cdn-upstream-connect;dur={},cdn-upstream-fbl;dur={},",
                upstream.dns, upstream.connect, upstream.first_byte,
            );
        }
        value.push_str(match self.outcome {
            Outcome::Hit => "cdn-cache-hit,",
            Outcome::Refreshed => "cdn-cache-refresh,",
            Outcome::Miss => "cdn-cache-miss,",
            Outcome::Generated => "",
        });
        let _ =
            write!(value, "cdn-pop;desc=\"{}\",cdn-rid;desc=\"{}\",", self.node, self.request_id);
        if self.outcome == Outcome::Hit {
            let _ = write!(value, "cdn-hit-layer;desc=\"{layer}\",");
        }
        let _ = write!(value, "cdn-downstream-fbl;dur={}", self.took.as_millis());
        for other in others.map(str::trim).filter(|other| !other.is_empty()) {
            value.push(',');
            value.push_str(other);
        }
        value
    }
}
