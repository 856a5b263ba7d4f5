//! The policies that a document defines itself, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::{CachePolicy, ForwardPolicy};
use super::response_headers::ResponseHeadersPolicy;

/// Policies by name. A behavior uses one by naming it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// How long and under which key answers are kept.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cache: BTreeMap<String, CachePolicy>,
    /// The parts of a request that go to the origin in addition to those in the cache key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub origin_request: BTreeMap<String, ForwardPolicy>,
    /// Headers that viewers get in addition, or do not get.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub response_headers: BTreeMap<String, ResponseHeadersPolicy>,
}

// === impl Policies ===

impl Policies {
    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty() && self.origin_request.is_empty() && self.response_headers.is_empty()
    }
}
