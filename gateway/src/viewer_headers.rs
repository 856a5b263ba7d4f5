//! Adds facts about the viewer to requests for the origin side, in `CloudFront-*` headers
//! (`contract.md` 7.9, 4.3).
//!
//! The headers are added after the viewer-request function and before the cache key, which may
//! include them. The viewer-request function sees the viewer's own lines of these names. At the
//! origin side, the proxy's value replaces all others. If the proxy has no value, a value of the
//! viewer-request function is sent, but never one of the viewer. The viewer-response function sees
//! the proxy's value unless there was one of the same name already.
//!
//! A behavior that names none of the headers costs its requests nothing.

pub mod device;
pub mod geo;

use std::net::SocketAddr;

use brink_shared::event::{Headers, Request};
use brink_shared::registry::distribution::viewer_header::{KnownFrom, ViewerHeader, has_prefix};

use crate::viewer::ViewerRequest;
use crate::viewer_tls::ViewerTls;
use device::Device;
use geo::Geo;

/// The facts about a viewer before any function has changed its request.
#[derive(Clone, Debug)]
pub struct Viewer {
    address: SocketAddr,
    http_version: &'static str,
    user_agent: String,
    header_count: usize,
    tls: Option<ViewerTls>,
    /// The viewer's own lines with `CloudFront-*` names.
    sent: Headers,
}

// === impl Viewer ===

impl Viewer {
    /// Reads the facts from a request.
    pub fn of(from: &ViewerRequest) -> Self {
        let headers = &from.request.headers;
        let sent = headers.iter().filter(|header| has_prefix(&header.key));
        Self {
            // A listener for both families shows IPv4 viewers as IPv6 addresses.
            address: SocketAddr::new(from.request.client_ip.to_canonical(), from.port),
            http_version: from.http_version,
            user_agent: headers.get("user-agent").unwrap_or_default().to_owned(),
            header_count: headers.len(),
            tls: from.tls.clone(),
            sent: sent.map(|header| (header.key.as_str(), header.value.as_str())).collect(),
        }
    }

    /// Adds headers to a request after the viewer-request function, for the viewer-response
    /// function to see. Returns the request as the origin side sees it, if that is another one.
    pub fn tell(&self, headers: &[ViewerHeader], geo: &Geo, to: &mut Request) -> Option<Request> {
        let known = self.known(headers, geo);
        let is_taken = headers.iter().any(|header| to.headers.contains(header.name()));
        let at_origin = is_taken.then(|| {
            let mut request = to.clone();
            for header in headers {
                let name = header.name();
                if self.sent.contains(name) && request.headers.get(name) == self.sent.get(name) {
                    request.headers.remove(name);
                }
            }
            for (header, value) in &known {
                request.headers.set(header.name(), value.as_str());
            }
            request
        });
        for (header, value) in known {
            if !to.headers.contains(header.name()) {
                to.headers.append(header.name(), value);
            }
        }
        at_origin
    }

    /// The headers that have a value for this viewer.
    fn known(&self, headers: &[ViewerHeader], geo: &Geo) -> Vec<(ViewerHeader, String)> {
        let mut device = None;
        let mut value = |header: ViewerHeader| match header.known_from() {
            KnownFrom::UserAgent => {
                let device = *device.get_or_insert_with(|| Device::of(&self.user_agent));
                Some(is(device, header).to_string())
            }
            KnownFrom::Request => self.of_request(header),
            KnownFrom::Places | KnownFrom::Networks => geo.value(header, self.address.ip()),
        };
        let values = headers.iter().map(|header| (*header, value(*header)));
        values.filter_map(|(header, value)| Some((header, value?))).collect()
    }

    fn of_request(&self, header: ViewerHeader) -> Option<String> {
        match header {
            // CloudFront writes IPv6 addresses without brackets too.
            ViewerHeader::Address => Some(format!("{}:{}", self.address.ip(), self.address.port())),
            ViewerHeader::ForwardedProto => {
                Some(if self.tls.is_some() { "https" } else { "http" }.to_owned())
            }
            ViewerHeader::Tls => self.tls.as_ref().map(ViewerTls::described),
            ViewerHeader::Ja3Fingerprint => self.tls.as_ref()?.session.ja3.clone(),
            ViewerHeader::Ja4Fingerprint => self.tls.as_ref()?.session.ja4.clone(),
            ViewerHeader::HttpVersion => Some(self.http_version.to_owned()),
            ViewerHeader::HeaderCount => Some(self.header_count.to_string()),
            _ => None,
        }
    }
}

/// True if a device is of the kind of this header.
fn is(device: Device, header: ViewerHeader) -> bool {
    match header {
        ViewerHeader::IsAndroid => device.android,
        ViewerHeader::IsIos => device.ios,
        ViewerHeader::IsMobile => device.mobile,
        ViewerHeader::IsTablet => device.tablet,
        ViewerHeader::IsSmartTv => device.smart_tv,
        _ => header == ViewerHeader::IsDesktop && device.is_desktop(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str =
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36";

    fn viewer(address: &str, sent: &[(&str, &str)]) -> Viewer {
        Viewer {
            address: address.parse().unwrap(),
            http_version: "1.1",
            user_agent: PHONE.to_owned(),
            header_count: 3,
            tls: None,
            sent: sent.iter().copied().collect(),
        }
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        Request {
            client_ip: [192, 0, 2, 1].into(),
            method: "GET".into(),
            uri: "/".into(),
            querystring: String::new(),
            headers: headers.iter().copied().collect(),
            body: None,
            origin: None,
        }
    }

    #[test]
    fn one_request_serves_both_sides_if_the_names_are_unused() {
        let mut shown = request(&[("Accept", "*/*")]);
        let headers = [ViewerHeader::IsMobile, ViewerHeader::IsDesktop, ViewerHeader::City];
        let at_origin = viewer("192.0.2.1:1", &[]).tell(&headers, &Geo::none(), &mut shown);
        assert_eq!(at_origin, None);
        let expected: Headers = [
            ("Accept", "*/*"),
            ("CloudFront-Is-Mobile-Viewer", "true"),
            ("CloudFront-Is-Desktop-Viewer", "false"),
        ]
        .into_iter()
        .collect();
        assert_eq!(shown.headers, expected);
    }

    #[test]
    fn at_the_origin_side_the_proxy_wins_and_the_viewer_is_never_believed() {
        let forged = [("cloudfront-is-mobile-viewer", "no"), ("CloudFront-Viewer-Country", "XX")];
        let headers = [ViewerHeader::IsMobile, ViewerHeader::Country, ViewerHeader::City];
        let mut shown = request(&forged);
        // If the proxy has no value, that of the viewer-request function stays.
        shown.headers.append("CloudFront-Viewer-City", "Oslo");
        let viewer = viewer("192.0.2.1:1", &forged);
        let at_origin = viewer.tell(&headers, &Geo::none(), &mut shown).unwrap().headers;
        assert_eq!(at_origin.get("cloudfront-is-mobile-viewer"), Some("true"));
        assert_eq!(at_origin.get("cloudfront-viewer-country"), None);
        assert_eq!(at_origin.get("cloudfront-viewer-city"), Some("Oslo"));
        assert_eq!(shown.headers.get("cloudfront-is-mobile-viewer"), Some("no"));
        assert_eq!(shown.headers.get("cloudfront-viewer-country"), Some("XX"));
    }

    #[test]
    fn connections_are_described_in_both_families() {
        let headers = [
            ViewerHeader::Address,
            ViewerHeader::ForwardedProto,
            ViewerHeader::HttpVersion,
            ViewerHeader::HeaderCount,
        ];
        let values = |address: &str| {
            let known = viewer(address, &[]).known(&headers, &Geo::none());
            known.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
        };
        assert_eq!(values("198.51.100.10:46532"), ["198.51.100.10:46532", "http", "1.1", "3"]);
        assert_eq!(values("[2001:db8::1]:443")[0], "2001:db8::1:443");
    }
}
