//! Finds the distribution and the behavior of a request (`contract.md` 7.1).
//!
//! [`Routes`] is built from the registry whenever it changes, and replaced whole. So a request sees
//! one state of it from beginning to end. Pure: no I/O.

mod host;
mod normal_path;
mod route;

use std::collections::HashMap;
use std::sync::Arc;

use brink_shared::registry::Snapshot;

use host::{Host, wildcard_suffix};
pub use normal_path::{leads_above_root, normal_path, normal_prefix, without_dot_segments};
pub use route::{OriginChoice, Route, RoutedBehavior, RoutedFunction, RoutedOrigin};

/// Every distribution by the hosts that it answers.
#[derive(Debug, Default)]
pub struct Routes {
    exact: HashMap<String, Arc<Route>>,
    /// Suffixes with their leading dot, longest first, so the more specific name wins.
    wildcards: Vec<(String, Arc<Route>)>,
    any: Option<Arc<Route>>,
    /// Every route, by distribution id.
    all: Vec<Arc<Route>>,
    want_fingerprints: bool,
    /// Why distributions are not served as they are applied.
    warnings: Vec<String>,
}

// === impl Routes ===

impl Routes {
    /// Builds the table. A distribution that names a missing version or origin is left out, and the
    /// [`warnings`](Self::warnings) say so.
    pub fn new(snapshot: &Snapshot) -> Self {
        let unreadable = snapshot.unreadable.iter().map(|entry| entry.message.clone());
        let mut routes = Self { warnings: unreadable.collect(), ..Self::default() };
        for record in snapshot.distributions.values() {
            match Route::new(record, &snapshot.versions) {
                Ok(route) => routes.add(Arc::new(route)),
                Err(error) => {
                    let (id, revision) = (&record.distribution.id, record.revision);
                    let warning = format!("distribution {id}@{revision} is left out: {error}");
                    tracing::error!(distribution = %id, "{warning}");
                    routes.warnings.push(warning);
                }
            }
        }
        routes.wildcards.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
        routes
    }

    fn add(&mut self, route: Arc<Route>) {
        let mut headers = route.behaviors.iter().flat_map(|behavior| &behavior.viewer_headers);
        self.want_fingerprints |= headers.any(|header| header.is_fingerprint());
        self.exact.insert(route.domain_name.clone(), route.clone());
        if route.aliases.is_empty() {
            self.any = Some(route.clone());
        }
        for alias in &route.aliases {
            match wildcard_suffix(alias) {
                Some(suffix) => self.wildcards.push((suffix.to_owned(), route.clone())),
                None => drop(self.exact.insert(alias.clone(), route.clone())),
            }
        }
        self.all.push(route);
    }

    /// The distribution that answers this `Host`: by its exact name, else by the longest wildcard,
    /// else the one that answers any host.
    pub fn find(&self, host: &str) -> Option<&Arc<Route>> {
        let Host(host) = Host::of(host);
        self.exact
            .get(host.as_ref())
            .or_else(|| {
                let matching = |(suffix, _): &&(String, Arc<Route>)| {
                    host.len() > suffix.len() && host.ends_with(suffix.as_str())
                };
                self.wildcards.iter().find(matching).map(|(_, route)| route)
            })
            .or(self.any.as_ref())
    }

    /// Every distribution.
    pub fn all(&self) -> &[Arc<Route>] {
        &self.all
    }

    /// True if a behavior names a fingerprint of the viewer's TLS.
    pub fn want_fingerprints(&self) -> bool {
        self.want_fingerprints
    }

    /// Why distributions are not served as they are applied, for `brink status`.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests;
