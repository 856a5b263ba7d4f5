//! The parts of a viewer's request that reach the origin, and the parts of the answer that reach
//! the viewer (`contract.md` 7.4, 7.8, 7.10).
//!
//! Only the parts that the cache policy or the forward policy selects go on. In addition, the
//! origin always gets the headers that it needs to answer at all: `Host`, the description of a body
//! or of a WebSocket, and the headers of the proxy itself.

use std::net::IpAddr;

use brink_shared::event::{Header, Headers, Request};
use brink_shared::registry::distribution::viewer_header::{KnownFrom, PREFIX, ViewerHeader};
use brink_shared::registry::distribution::{CachePolicy, ForwardPolicy, Selection};

use crate::accept_encoding::Accepted;
use crate::hop_headers::{is_hop_by_hop, is_of_proxy};
use crate::query_and_cookies::{selected_cookies, selected_query};

/// Sent instead of the viewer's `User-Agent` unless the policies select that.
pub const USER_AGENT: &str = "Amazon CloudFront";

/// Headers that `Connection` cannot remove, in addition to those that concern one connection only.
const KEPT_FROM_CONNECTION: [&str; 5] =
    ["cdn-loop", "content-length", "host", "via", "x-forwarded-for"];

/// The part of a viewer's request after its head. Some headers describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Nothing.
    Nothing,
    /// A body.
    Body,
    /// A WebSocket, if the origin agrees.
    WebSocket,
    /// The messages of a gRPC call.
    Call,
}

/// The proxy's own headers in one request to the origin.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// The viewer's address, for `X-Forwarded-For`.
    pub client_ip: IpAddr,
    /// For `X-Amz-Cf-Id`.
    pub request_id: &'a str,
    /// This gateway's entry in `Via`.
    pub via: &'a str,
    /// The origin's `Host`, used unless the viewer's is selected.
    pub origin_host: &'a str,
    /// The part of the viewer's request after its head.
    pub carries: Carries,
}

/// Both policies of a behavior, merged by the rule of `contract.md` 7.4: a part goes on if either
/// selects it, but two block lists block the parts of both.
#[derive(Clone, Copy, Debug)]
pub struct Forwarding<'a> {
    cache: &'a CachePolicy,
    forward: &'a ForwardPolicy,
}

// === impl Forwarding ===

impl<'a> Forwarding<'a> {
    /// The policies of one behavior.
    pub fn new(cache: &'a CachePolicy, forward: &'a ForwardPolicy) -> Self {
        Self { cache, forward }
    }

    /// The part of the query that the origin gets, in the order received.
    pub fn query(&self, querystring: &str) -> String {
        selected_query(querystring, |name| {
            merged(&self.cache.query_strings, &self.forward.query_strings, name)
        })
    }

    /// True if any cookie may reach the origin. Then its `Set-Cookie` may reach viewers.
    pub fn has_cookies(&self) -> bool {
        self.cache.cookies != Selection::None || self.forward.cookies != Selection::None
    }

    /// The headers that the origin gets for a viewer's request.
    pub fn headers(&self, request: &Request, hop: &Hop<'_>) -> Headers {
        let viewer = &request.headers;
        let mut sent = Headers::new();
        if !self.selects("host") || !viewer.contains("host") {
            sent.append("Host", hop.origin_host);
        }
        for header in viewer {
            if self.sends(header, hop.carries) {
                sent.append(header.key.as_str(), header.value.as_str());
            }
        }
        let cookies = selected_cookies(viewer, |name| {
            merged(&self.cache.cookies, &self.forward.cookies, name)
        });
        if !cookies.is_empty() {
            sent.append("Cookie", cookies.join("; "));
        }
        if let Some(encodings) = self.accepted(viewer).and_then(Accepted::at_origin) {
            sent.append("Accept-Encoding", encodings);
        }
        if !sent.contains("user-agent") {
            sent.append("User-Agent", USER_AGENT);
        }
        sent.append("X-Forwarded-For", forwarded_for(viewer, hop.client_ip));
        if self.selects("via") {
            for value in viewer.get_all("via") {
                sent.append("Via", value);
            }
        }
        sent.append("Via", hop.via);
        sent.append("X-Amz-Cf-Id", hop.request_id);
        if hop.carries == Carries::Call {
            // The gateway passes on the trailers of a call, which servers want to be told.
            sent.append("TE", "trailers");
        }
        sent
    }

    /// True if the origin gets the viewer's `Authorization` and the cache key does not have it.
    pub fn shows_authorization(&self, request: &Request) -> bool {
        !self.in_key("authorization")
            && request
                .headers
                .iter()
                .any(|h| h.is("authorization") && self.sends(h, Carries::Nothing))
    }

    /// The viewer's `Host`, if the origin gets it and the cache policy does not select it.
    pub fn shown_host<'r>(&self, request: &'r Request) -> Option<&'r str> {
        request.headers.get("host").filter(|_| self.selects("host") && !self.in_key("host"))
    }

    /// The values of a header that the origin gets and by which its answer may vary. `None` if the
    /// cache key has the header.
    pub fn shown(&self, request: &Request, name: &str) -> Option<Vec<String>> {
        let viewer = &request.headers;
        match name {
            "cookie" if self.cache.cookies == Selection::All => None,
            "cookie" => Some(selected_cookies(viewer, |cookie| {
                merged(&self.cache.cookies, &self.forward.cookies, cookie)
            })),
            "accept-encoding" if !self.cache.accept_encoding.is_empty() => None,
            // The origin gets it whether the key has the viewer's or not.
            "x-forwarded-for" => Some(vec![forwarded_for(viewer, request.client_ip)]),
            _ if self.in_key(name) => None,
            "via" if self.selects(name) => Some(viewer.get_all(name).map(str::to_owned).collect()),
            // The origin gets the kind of device instead.
            "user-agent" if !self.selects(name) && self.tells_device() => self.devices(viewer),
            _ => {
                let sent = |h: &&Header| h.is(name) && self.sends(h, Carries::Nothing);
                Some(viewer.iter().filter(sent).map(|h| h.value.clone()).collect())
            }
        }
    }

    fn accepted(&self, viewer: &Headers) -> Option<Accepted> {
        Accepted::of(viewer, &self.cache.accept_encoding)
    }

    fn sends(&self, header: &Header, carries: Carries) -> bool {
        let name = header.name();
        let name = name.as_ref();
        if is_hop_by_hop(name) || is_of_proxy(name) {
            return false;
        }
        match name {
            // Cookies have a selection of their own.
            "cookie" => false,
            // The origin gets it in its normal form (contract.md 7.6).
            "accept-encoding" if !self.cache.accept_encoding.is_empty() => false,
            // The forward policy cannot name it alone (contract.md 7.4).
            "authorization" => {
                self.in_key(name)
                    || matches!(self.forward.headers, Selection::All | Selection::Except(_))
                        && self.selects(name)
            }
            // `all` means the viewer's own headers; the proxy writes these (7.8).
            _ if name.starts_with(PREFIX) => self.names(name),
            _ => {
                self.selects(name)
                    || (matches!(carries, Carries::Body | Carries::Call)
                        && name.starts_with("content-"))
                    || (carries == Carries::WebSocket && name.starts_with("sec-websocket-"))
                    || (carries == Carries::Call && name.starts_with("grpc-"))
            }
        }
    }

    /// True if the origin gets the viewer's header of this name, in lower case. False for headers
    /// that the proxy writes itself.
    pub fn selects(&self, name: &str) -> bool {
        self.in_key(name)
            || match &self.forward.headers {
                Selection::None => false,
                Selection::All => true,
                Selection::Only(names) => has(names, name),
                Selection::Except(names) => !has(names, name),
            }
    }

    /// True if a policy selects this header by its name.
    fn names(&self, name: &str) -> bool {
        self.in_key(name)
            || has(&self.forward.cloudfront_headers, name)
            || matches!(&self.forward.headers, Selection::Only(names) if has(names, name))
    }

    /// True if the origin gets headers for the kind of device.
    fn tells_device(&self) -> bool {
        let told = ViewerHeader::selected(self.cache, self.forward);
        told.iter().any(|header| header.known_from() == KnownFrom::UserAgent)
    }

    /// The device headers that the origin gets; empty if the cache key has them all.
    fn devices(&self, viewer: &Headers) -> Option<Vec<String>> {
        let mut told = ViewerHeader::selected(self.cache, self.forward);
        told.retain(|header| {
            header.known_from() == KnownFrom::UserAgent
                && !self.in_key(&header.name().to_ascii_lowercase())
        });
        let value = |header: &ViewerHeader| {
            viewer.get(&header.name().to_ascii_lowercase()).unwrap_or_default().to_owned()
        };
        (!told.is_empty()).then(|| told.iter().map(value).collect())
    }

    fn in_key(&self, name: &str) -> bool {
        has(&self.cache.headers, name)
    }
}

/// Removes the origin's `Set-Cookie` unless cookies are forwarded. This happens before functions
/// see the answer, so the viewer gets the cookies that functions set (`contract.md` 7.10).
pub fn strip_unforwarded_cookies(headers: &mut Headers, forwarding: &Forwarding<'_>) {
    if !forwarding.has_cookies() {
        headers.remove("set-cookie");
    }
}

/// Removes headers from an origin's answer that the viewer should not get: headers of the
/// connection, headers that only this proxy may set, and members of `Vary` that the origin did not
/// get (`contract.md` 7.10).
pub fn strip_for_viewer(headers: &mut Headers, forwarding: &Forwarding<'_>) {
    headers.retain(|header| {
        let name = header.name();
        !is_hop_by_hop(&name)
            && !matches!(name.as_ref(), "x-cache" | "x-amz-cf-id" | "x-amz-cf-pop")
    });
    if headers.contains("vary") {
        let kept: Vec<String> = headers
            .get_all("vary")
            .flat_map(|line| line.split(','))
            .map(|member| member.trim().to_owned())
            .filter(|member| {
                let name = member.to_ascii_lowercase();
                matches!(name.as_str(), "*" | "accept-encoding" | "cookie" | "x-forwarded-for")
                    || forwarding.selects(&name)
                    || forwarding.names(&name)
                    || (name == "user-agent" && forwarding.tells_device())
            })
            .collect();
        headers.remove("vary");
        if !kept.is_empty() {
            headers.append("Vary", kept.join(", "));
        }
    }
}

/// The viewer's `X-Forwarded-For` with the viewer's address added.
fn forwarded_for(viewer: &Headers, client_ip: IpAddr) -> String {
    let passed = viewer.get_all("x-forwarded-for").map(str::trim).filter(|part| !part.is_empty());
    passed.map(str::to_owned).chain([client_ip.to_string()]).collect::<Vec<_>>().join(", ")
}

/// Removes the headers that a message's `Connection` names (RFC 9110, 7.6.1). This is for a message
/// as it arrived: the headers that functions and the proxy add concern more than one connection.
///
/// A sender cannot remove `Host`, the headers that frame the message, or the headers that describe
/// its way. Headers that concern one connection anyway stay, because they go no further.
pub fn strip_named_by_connection(headers: &mut Headers) {
    let options = headers.get_all("connection").flat_map(|line| line.split(','));
    let named: Vec<String> = options
        .map(|option| option.trim().to_ascii_lowercase())
        .filter(|name| !is_hop_by_hop(name) && !KEPT_FROM_CONNECTION.contains(&name.as_str()))
        .collect();
    if !named.is_empty() {
        headers.retain(|header| !named.iter().any(|name| header.is(name)));
    }
}

fn merged(cache: &Selection, forward: &Selection, name: &str) -> bool {
    match (cache, forward) {
        (Selection::Except(_), Selection::Except(_)) => {
            cache.includes(name) && forward.includes(name)
        }
        _ => cache.includes(name) || forward.includes(name),
    }
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|n| n.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
