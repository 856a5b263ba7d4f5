//! Which headers functions may see, add and change (`contract.md` 4.1, 4.2, 4.6).

use crate::event::{Headers, Trigger};

/// Never shown to a function and never added by one (4.1), in lower case and in order.
pub const DISALLOWED: [&str; 25] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Disallowed by the beginning of the name (4.1).
pub const DISALLOWED_PREFIXES: [&str; 2] = ["x-amz-cf-", "x-edge-"];

/// May not stand in an origin's custom headers (4.6), in lower case and in order.
pub const NOT_CUSTOM: [&str; 22] = [
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
];

/// Not custom by the beginning of the name (4.6).
pub const NOT_CUSTOM_PREFIXES: [&str; 2] = ["x-amz-", "x-edge-"];

/// True if no function may see or add the header. `name` is in lower case.
pub fn is_disallowed(name: &str) -> bool {
    DISALLOWED.binary_search(&name).is_ok()
        || DISALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Headers that a function at this trigger may read only, in lower case (4.2).
pub fn read_only(trigger: Trigger) -> &'static [&'static str] {
    match trigger {
        Trigger::ViewerRequest => &["content-length", "host", "transfer-encoding", "via"],
        Trigger::OriginRequest => &[
            "accept-encoding",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        ],
        Trigger::OriginResponse => &["transfer-encoding", "via"],
        Trigger::ViewerResponse => &["warning", "via"],
    }
}

/// True if the name may not stand in an origin's custom headers. `name` is in lower case.
pub fn is_forbidden_custom(name: &str) -> bool {
    NOT_CUSTOM.binary_search(&name).is_ok()
        || NOT_CUSTOM_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || is_disallowed(name)
}

/// The headers that a function is shown: all but the disallowed ones.
pub fn visible(headers: &Headers) -> Headers {
    let shown = headers.iter().filter(|header| !is_disallowed(&header.name()));
    shown.map(|header| (header.key.as_str(), header.value.as_str())).collect()
}

/// The headers that [`visible`] leaves out. They stay with their message.
pub fn hidden(headers: &Headers) -> impl Iterator<Item = &crate::event::Header> {
    headers.iter().filter(|header| is_disallowed(&header.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_the_order_that_their_search_needs() {
        assert!(DISALLOWED.is_sorted() && NOT_CUSTOM.is_sorted());
        assert!(DISALLOWED.iter().all(|name| is_disallowed(name) && is_forbidden_custom(name)));
        assert!(NOT_CUSTOM.iter().all(|name| is_forbidden_custom(name)));
    }
}
