//! The headers of cross-origin resource sharing (Fetch standard, 3.2).

use brink_shared::event::Headers;
use brink_shared::registry::distribution::cors::{AllowedOrigin, Cors};

/// The header that names the origin whose pages may read the answer.
const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";

/// The CORS part of a policy.
#[derive(Debug)]
pub(super) struct CorsHeaders {
    origins: Vec<AllowedOrigin>,
    is_any: bool,
    overrides: bool,
    /// Sent to every allowed origin.
    always: Vec<(&'static str, String)>,
    /// Sent in answers to OPTIONS.
    preflight: Vec<(&'static str, String)>,
}

// === impl CorsHeaders ===

impl CorsHeaders {
    /// Prepares the headers. Texts that are no origins match none; a stored document has none.
    pub(super) fn new(cors: &Cors) -> Self {
        let origins = cors.allow_origins.iter().filter_map(|origin| origin.parse().ok());
        let origins: Vec<AllowedOrigin> = origins.collect();
        let max_age = cors.max_age.map(|age| age.as_secs().to_string()).unwrap_or_default();
        let set = |lines: Vec<(&'static str, String)>| {
            lines.into_iter().filter(|(_, value)| !value.is_empty()).collect()
        };
        let credentials = if cors.allow_credentials { "true" } else { "" };
        Self {
            is_any: origins.contains(&AllowedOrigin::Any),
            origins,
            overrides: cors.overrides,
            always: set(vec![
                ("Access-Control-Allow-Credentials", credentials.to_owned()),
                ("Access-Control-Expose-Headers", cors.expose_headers.join(", ")),
            ]),
            preflight: set(vec![
                ("Access-Control-Allow-Methods", cors.methods()),
                ("Access-Control-Allow-Headers", cors.allow_headers.join(", ")),
                ("Access-Control-Max-Age", max_age),
            ]),
        }
    }

    /// Changes the headers of the answer to a request with this `Origin`.
    ///
    /// If the policy overrides the origin server and does not allow the `Origin`, the answer has
    /// none of these headers: what the origin server allows does not count.
    pub(super) fn apply(&self, origin: Option<&str>, is_preflight: bool, headers: &mut Headers) {
        if !self.is_any {
            vary_by_origin(headers);
        }
        let Some(origin) = origin else { return };
        let preflight = self.preflight.iter().filter(|_| is_preflight);
        let others = self.always.iter().chain(preflight);
        if self.overrides {
            let names = others.clone().map(|(name, _)| *name).chain([ALLOW_ORIGIN]);
            names.for_each(|name| {
                headers.remove(name);
            });
        }
        if !self.is_any && !self.origins.iter().any(|allowed| allowed.matches(origin)) {
            return;
        }
        let allowed = if self.is_any { "*" } else { origin };
        for (name, value) in [(ALLOW_ORIGIN, allowed)]
            .into_iter()
            .chain(others.map(|(name, value)| (*name, value.as_str())))
        {
            if !headers.contains(name) {
                headers.append(name, value);
            }
        }
    }
}

/// Caches beyond this one must not give one page's answer to another.
fn vary_by_origin(headers: &mut Headers) {
    let members: Vec<&str> =
        headers.get_all("vary").flat_map(|line| line.split(',')).map(str::trim).collect();
    if members.iter().any(|member| *member == "*" || member.eq_ignore_ascii_case("origin")) {
        return;
    }
    let members = members.into_iter().filter(|member| !member.is_empty());
    let value = members.chain(["Origin"]).collect::<Vec<_>>().join(", ");
    headers.set("Vary", value);
}
