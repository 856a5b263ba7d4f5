//! The checks before any function runs: address, country, rate, and signature.
//!
//! Cheap checks come first, and a client is counted before its signature costs time. A request that
//! passes goes on without its signature.

use brink_shared::event::Request;
use brink_shared::private_content::{Viewing, unsigned_query};
use brink_shared::registry::distribution::viewer_header::ViewerHeader;

use super::Passage;
use crate::access::{Guard, Refused, TrustedKeys, signature};
use crate::error_answer::Fault;
use crate::routing::without_dot_segments;

// === impl Passage ===

impl Passage {
    /// Fails if the viewer gets no answer. Removes the signature from the request.
    pub(super) fn admit(&self, request: &mut Request) -> Result<(), Fault> {
        let guard = self.behavior.guard.as_deref();
        if guard.is_none() && self.route.geo_restriction.is_none() {
            return Ok(());
        }
        self.check(guard, request).map_err(|refused| {
            metrics::counter!("brink_gateway_refused_total", "why" => refused.label()).increment(1);
            Fault::Refused(refused)
        })
    }

    fn check(&self, guard: Option<&Guard>, request: &mut Request) -> Result<(), Refused> {
        let address = request.client_ip.to_canonical();
        if guard.is_some_and(|guard| !guard.allows(address)) {
            return Err(Refused::Address(address));
        }
        self.check_country(address)?;
        let Some(guard) = guard else { return Ok(()) };
        if let Some(rate) = &guard.rate {
            let counted = self.edge.clients.count(rate, address);
            counted.map_err(|wait| Refused::Rate { address, wait })?;
        }
        if let Some(keys) = &guard.keys {
            self.check_signature(keys, request)?;
            signature::remove(request);
        }
        Ok(())
    }

    /// A viewer whose country is not known is answered (`contract.md` 7.18). But a gateway that
    /// knows no country at all answers nobody.
    fn check_country(&self, address: std::net::IpAddr) -> Result<(), Refused> {
        let Some(restriction) = &self.route.geo_restriction else { return Ok(()) };
        if let Some(setting) = self.edge.geo.lacks(ViewerHeader::Country) {
            return Err(Refused::NoPlaces(setting));
        }
        let country = self.edge.geo.value(ViewerHeader::Country, address);
        match country.filter(|country| !restriction.allows(country)) {
            Some(country) => Err(Refused::Country(country)),
            None => Ok(()),
        }
    }

    fn check_signature(&self, keys: &TrustedKeys, request: &Request) -> Result<(), Refused> {
        let query = unsigned_query(&request.querystring);
        let (path, query) = match &self.spelling {
            None => (request.uri.clone(), query),
            Some(spelling) => (spelling.path(&request.uri), spelling.query(&query)),
        };
        let host = request.headers.get("host").unwrap_or_default();
        let url = |path: &str| {
            let mark = if query.is_empty() { "" } else { "?" };
            format!("{}://{host}{path}{mark}{query}", self.scheme())
        };
        let normal = without_dot_segments(&path).map(|path| url(&path));
        let viewing = Viewing {
            url: &url(&path),
            normal_url: normal.as_deref(),
            address: request.client_ip.to_canonical(),
            now: self.edge.now_s(),
        };
        keys.verify(request, &viewing).map_err(Refused::Signature)
    }

    /// The scheme of the viewer's URL.
    fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}
