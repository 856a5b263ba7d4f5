//! Every limit of the contract for returned values, with unit and source.
//! KB and MB are 1024 and 1024 * 1024 bytes.

use crate::event::Trigger;

/// Largest response at the viewer triggers in bytes, headers and body (`cloudfront-limits`,
/// 40 KB). The status line and separators are not counted.
pub const VIEWER_RESPONSE_MAX: usize = 40 * 1024;

/// Largest response at the origin triggers in bytes, headers and body (`cloudfront-limits`, 1 MB).
pub const ORIGIN_RESPONSE_MAX: usize = 1024 * 1024;

/// Most decoded bytes of a request body that viewer-request sees or may send
/// (`edge-functions-restrictions`, 40 KB, which is 53.2 KB as base64).
pub const VIEWER_BODY_MAX: usize = 40 * 1024;

/// Most decoded bytes of a request body that origin-request sees or may send
/// (`edge-functions-restrictions`, 1 MB, which is 1.33 MB as base64).
pub const ORIGIN_BODY_MAX: usize = 1024 * 1024;

/// `uri` and `querystring` together stay below this many characters
/// (`edge-functions-restrictions`).
pub const URI_AND_QUERY_LIMIT: usize = 8_192;

/// Most lines of one header map; our own limit. No real message has nearly as many. It bounds the
/// cost of reading a value.
pub const HEADER_LINES_MAX: usize = 1_024;

/// Longest name of a header in bytes: the limit of a whole message head (`cloudfront-limits`,
/// 20,480 B), so every received header is within it.
pub const HEADER_NAME_MAX: usize = 20_480;

/// Longest `statusDescription` in bytes; our own, since the quota does not count it.
pub const STATUS_DESCRIPTION_MAX: usize = 1_024;

/// Longest domain name of a custom origin in characters (`lambda-event-structure`).
pub const CUSTOM_DOMAIN_MAX: usize = 253;

/// Longest domain name of a bucket in characters (`lambda-event-structure`).
pub const S3_DOMAIN_MAX: usize = 128;

/// Longest label of a domain name in characters (RFC 1035, 2.3.4).
pub const DOMAIN_LABEL_MAX: usize = 63;

/// Longest path of a custom origin in characters (`lambda-event-structure`).
pub const ORIGIN_PATH_MAX: usize = 255;

/// Least `keepaliveTimeout` in seconds (`lambda-event-structure`).
pub const KEEPALIVE_TIMEOUT_MIN: u32 = 1;

/// Least `readTimeout` in seconds (`lambda-event-structure`).
pub const READ_TIMEOUT_MIN: u32 = 4;

/// Largest `keepaliveTimeout` and `readTimeout` in seconds (`lambda-event-structure`).
pub const ORIGIN_TIMEOUT_MAX: u32 = 60;

/// Most characters of a function's own text that an error repeats; our own.
pub const QUOTED_MAX: usize = 80;

/// The largest response of a trigger in bytes.
pub const fn response_max(trigger: Trigger) -> usize {
    match trigger {
        Trigger::ViewerRequest | Trigger::ViewerResponse => VIEWER_RESPONSE_MAX,
        Trigger::OriginRequest | Trigger::OriginResponse => ORIGIN_RESPONSE_MAX,
    }
}

/// The largest replaced body of a trigger in bytes.
pub const fn body_max(trigger: Trigger) -> usize {
    match trigger {
        Trigger::ViewerRequest | Trigger::ViewerResponse => VIEWER_BODY_MAX,
        Trigger::OriginRequest | Trigger::OriginResponse => ORIGIN_BODY_MAX,
    }
}
