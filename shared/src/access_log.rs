//! Facts about access logs that gateways and the command line share: the names of the fields, and
//! the message with which somebody follows the log.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::DistributionId;

/// The fields of the standard log, in order (`contract.md` 8.3).
pub const STANDARD_FIELDS: [&str; 33] = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
];

/// The fields from which a real-time log is chosen (`contract.md` 8.4).
pub const REAL_TIME_FIELDS: [&str; 43] = [
    "timestamp",
    "c-ip",
    "time-to-first-byte",
    "sc-status",
    "sc-bytes",
    "cs-method",
    "cs-protocol",
    "cs-host",
    "cs-uri-stem",
    "cs-bytes",
    "x-edge-location",
    "x-edge-request-id",
    "x-host-header",
    "time-taken",
    "cs-protocol-version",
    "c-ip-version",
    "cs-user-agent",
    "cs-referer",
    "cs-cookie",
    "cs-uri-query",
    "x-edge-response-result-type",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-result-type",
    "fle-encrypted-fields",
    "fle-status",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
    "c-port",
    "x-edge-detailed-result-type",
    "c-country",
    "cs-accept-encoding",
    "cs-accept",
    "cache-behavior-path-pattern",
    "cs-headers",
    "cs-header-names",
    "cs-headers-count",
    "origin-fbl",
    "origin-lbl",
    "asn",
];

/// How long a gateway sends lines after a [`Follow`].
pub const FOLLOW_FOR: Duration = Duration::from_secs(10);

/// How often a follower sends [`Follow`]. Two of them may be lost.
pub const FOLLOW_EVERY: Duration = Duration::from_secs(3);

/// Sent on [`crate::subject::ACCESS_FOLLOW`] by somebody who wants to see requests. For
/// [`FOLLOW_FOR`], gateways send the lines of their standard log on
/// [`crate::subject::access_followed`], one or more in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Follow {
    /// Only requests of this distribution. If missing, all requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<DistributionId>,
}
