//! The request to an origin: as the origin-request function sees it, and as the origin gets it
//! (`contract.md` 7.4, 7.8).

use brink_shared::event::headers::capitalized;
use brink_shared::event::{Origin, Request, Trigger};

use super::Passage;
use super::exchange::VIEWERS_CONDITIONS;
use super::ranged::ASKING;
use super::upload::Upload;
use crate::cache::object::CachedObject;
use crate::cdn_loop;
use crate::origin::policy::{Carries, Forwarding, Hop};
use crate::origin::{OriginAccess, OriginRequest, Signing, Trust};
use crate::routing::RoutedOrigin;

// === impl Passage ===

impl Passage {
    /// The request as the origin-request function sees it.
    pub(super) fn origin_request(
        &self,
        origin: &RoutedOrigin,
        request: &Request,
        stale: Option<&CachedObject>,
        upload: &Upload,
    ) -> Request {
        let config = &self.behavior.config;
        let forwarding = Forwarding::new(&config.cache, &config.forward);
        let hop = Hop {
            client_ip: request.client_ip,
            request_id: &self.id,
            via: &self.edge.via(self.http_version),
            origin_host: &origin.shown.host(),
            carries: if self.call.is_some() {
                Carries::Call
            } else if self.web_socket.is_some() {
                Carries::WebSocket
            } else if upload.has_body() {
                Carries::Body
            } else {
                Carries::Nothing
            },
        };
        let mut headers = forwarding.headers(request, &hop);
        if matches!(origin.shown, Origin::S3(_)) {
            // A bucket knows only its own name (contract.md 7.8).
            headers.set("Host", hop.origin_host);
        }
        // A custom header replaces the viewer's (contract.md 4.6).
        headers.retain(|header| !origin.shown.custom_headers().contains(&header.key));
        match upload.length() {
            Some(0) => {}
            Some(length) => headers.append("Content-Length", length.to_string()),
            None => headers.append("Transfer-Encoding", "chunked"),
        }
        if request.method == "GET" {
            // The origin gets a viewer's range whatever the policies say (contract.md 7.7, 7.8).
            // Fetches for all viewers have no range any more.
            for name in ASKING {
                if let Some(value) = request.headers.get(name).filter(|_| !headers.contains(name)) {
                    headers.append(capitalized(name), value);
                }
            }
        }
        if let Some(object) = stale.filter(|object| object.head.storing.conditional) {
            // A 304 must be about the stored copy, not about the viewer's.
            headers.retain(|header| !VIEWERS_CONDITIONS.iter().any(|name| header.is(name)));
            for condition in &object.head.validators().conditions() {
                headers.append(condition.key.as_str(), condition.value.as_str());
            }
        }
        Request {
            client_ip: request.client_ip,
            method: request.method.clone(),
            uri: request.uri.clone(),
            querystring: forwarding.query(&request.querystring),
            headers,
            body: None,
            origin: Some(origin.shown.clone()),
        }
    }

    /// If the function changed the origin, gives the request the `Host` of the new origin, unless
    /// the function wrote `Host` itself. A server gets the viewer's `Host` if that is forwarded. A
    /// bucket always gets its own name.
    pub(super) fn name_host(&self, viewers: &Request, shown: &Request, changed: &mut Request) {
        let (Some(before), Some(origin)) = (&shown.origin, &changed.origin) else {
            return;
        };
        let is_own = !shown.headers.get_all("host").eq(changed.headers.get_all("host"));
        if is_own || before.host() == origin.host() {
            return;
        }
        let config = &self.behavior.config;
        let forwards = Forwarding::new(&config.cache, &config.forward).selects("host");
        let forwarded = viewers.headers.get("host").filter(|_| forwards);
        let host = match (origin, forwarded) {
            (Origin::Custom(_), Some(forwarded)) => forwarded.to_owned(),
            (Origin::Custom(_) | Origin::S3(_), _) => origin.host(),
        };
        // `Host` stays the first line (RFC 9110, 7.2).
        let lines = changed.headers.iter().map(|header| {
            let value = if header.is("host") { &host } else { &header.value };
            (header.key.as_str(), value.as_str())
        });
        changed.headers = lines.collect();
    }

    pub(super) fn fetch_of(
        &self,
        config: &RoutedOrigin,
        sent: &Request,
        upload: &mut Upload,
    ) -> OriginRequest {
        let origin = sent.origin.as_ref().unwrap_or(&config.shown);
        let spelling = self.spelling.as_ref();
        let mut headers = sent.headers.clone();
        headers.set(cdn_loop::NAME, &*self.cdn_loop);
        let (behavior, custom) = (self.behavior.clone(), origin.custom_headers().clone());
        // Functions see headers and no trailers. What they remove must not come back behind the body.
        let is_guarded = [Trigger::ViewerRequest, Trigger::OriginRequest]
            .into_iter()
            .any(|trigger| behavior.function(trigger).is_some());
        let keeps_trailer = move |name: &str| {
            let forwarding = Forwarding::new(&behavior.config.cache, &behavior.config.forward);
            !is_guarded && forwarding.selects(name) && !custom.contains(name)
        };
        OriginRequest {
            origin: origin.clone(),
            endpoint: self.route.endpoint(origin, config).cloned(),
            connect_timeout: config.config.connect_timeout,
            attempts: config.config.attempts,
            completion_timeout: config.config.response_completion_timeout,
            access: self.access(origin, config),
            method: sent.method.clone(),
            uri: spelling.map_or_else(|| sent.uri.clone(), |s| s.path(&sent.uri)),
            querystring: spelling
                .map_or_else(|| sent.querystring.clone(), |s| s.query(&sent.querystring)),
            headers,
            body: upload.take(keeps_trailer),
            is_upgrade: self.web_socket.is_some(),
            is_call: self.call.is_some(),
        }
    }

    /// How to go to the origin, as far as functions do not see it.
    fn access(&self, origin: &Origin, config: &RoutedOrigin) -> OriginAccess {
        let Some(config) = self.route.config_of(origin, config) else {
            return OriginAccess::default();
        };
        let bucket = config.bucket().filter(|bucket| !bucket.signing.is_default());
        OriginAccess {
            http_version: config.http_version,
            client_certificate: config.client_certificate.clone(),
            trust: Trust::System,
            signing: bucket.map(|bucket| {
                Box::new(Signing {
                    behavior: bucket.signing,
                    region: bucket.region.clone(),
                    credentials: self.edge.aws.current(),
                })
            }),
        }
    }
}
