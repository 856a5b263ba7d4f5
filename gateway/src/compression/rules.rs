//! Which answers are compressed (`contract.md` 7.6).

use std::time::{Duration, SystemTime};

use brink_shared::event::Headers;

use crate::cache::directives::Directives;

/// The lengths of objects that are compressed, in bytes (`contract.md` 5.3).
pub const LENGTHS: std::ops::RangeInclusive<u64> = 1_000..=10_000_000;

/// The statuses of answers that are compressed.
const STATUSES: [u16; 3] = [200, 403, 404];

/// The types of content that are compressed, in lower case and sorted.
pub const TYPES: [&str; 46] = [
    "application/dash+xml",
    "application/eot",
    "application/font",
    "application/font-sfnt",
    "application/javascript",
    "application/json",
    "application/opentype",
    "application/otf",
    "application/pkcs7-mime",
    "application/protobuf",
    "application/rss+xml",
    "application/truetype",
    "application/ttf",
    "application/vnd.apple.mpegurl",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.ms-fontobject",
    "application/x-font-opentype",
    "application/x-font-truetype",
    "application/x-font-ttf",
    "application/x-httpd-cgi",
    "application/x-javascript",
    "application/x-mpegurl",
    "application/x-opentype",
    "application/x-otf",
    "application/x-perl",
    "application/x-ttf",
    "application/xhtml+xml",
    "application/xml",
    "font/eot",
    "font/opentype",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/js",
    "text/plain",
    "text/richtext",
    "text/tab-separated-values",
    "text/x-component",
    "text/x-java-source",
    "text/x-script",
    "text/xml",
    "vnd.apple.mpegurl",
];

/// Headers with a checksum of the body, in lower case.
const CHECKSUMS: [&str; 4] = ["content-digest", "content-md5", "digest", "repr-digest"];

/// The facts about an answer on its way into the cache.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The status that is stored.
    pub status: u16,
    /// The headers that are stored.
    pub headers: &'a Headers,
    /// The length that the origin announced, or the length of a function's body.
    pub length: Option<u64>,
    /// How long the answer is served without asking the origin.
    pub ttl: Duration,
}

/// Why an answer is not compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exempt {
    /// The origin must confirm each use of it.
    Lifetime,
    /// Its status is none of those.
    Status,
    /// Its length is not known, or it is too small or too large.
    Length,
    /// It has a coding already.
    Encoded,
    /// Its type is not listed.
    Type,
    /// The origin sent `no-transform` (RFC 9110, 7.7).
    NoTransform,
    /// It has a checksum, which would be wrong then.
    Checksum,
}

/// Decides whether an answer may be compressed, for viewers that accept it.
pub fn check(answer: &Facts<'_>) -> Result<(), Exempt> {
    let headers = answer.headers;
    if answer.ttl.is_zero() {
        return Err(Exempt::Lifetime);
    }
    if !STATUSES.contains(&answer.status) {
        return Err(Exempt::Status);
    }
    if !answer.length.is_some_and(|length| LENGTHS.contains(&length)) {
        return Err(Exempt::Length);
    }
    if headers.contains("content-encoding") {
        return Err(Exempt::Encoded);
    }
    if !headers.get("content-type").is_some_and(is_listed) {
        return Err(Exempt::Type);
    }
    if Directives::read(headers, SystemTime::now()).no_transform {
        return Err(Exempt::NoTransform);
    }
    if CHECKSUMS.iter().any(|name| headers.contains(name)) {
        return Err(Exempt::Checksum);
    }
    Ok(())
}

/// True for a listed type, with or without parameters.
fn is_listed(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    TYPES.binary_search(&essence.to_ascii_lowercase().as_str()).is_ok()
}
