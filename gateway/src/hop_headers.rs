//! Headers that reach the next hop only if the proxy writes them.

/// Headers that concern one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "proxy-authentication-info",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Viewer headers that never reach the origin as they came: the proxy writes them itself, or
/// handles them for the viewer.
const OF_PROXY: [&str; 7] = [
    "cdn-loop",
    "content-length",
    "expect",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-real-ip",
];

/// True for headers that concern one connection only; the name in lower case.
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}

/// True for headers of a viewer that the proxy replaces by its own, or removes; the name in lower
/// case.
pub fn is_of_proxy(name: &str) -> bool {
    OF_PROXY.contains(&name) || name.starts_with("x-edge-") || name.starts_with("x-amz-cf-")
}
