//! A distribution: the hosts that it answers, the origins of their content, and the functions that
//! run on the way. Words, units and defaults are CloudFront's (`contract.md` 7).

pub mod access;
mod association;
mod bucket;
pub mod cors;
mod grpc;
mod header_syntax;
mod logging;
mod origin;
mod origin_access;
mod origin_url;
mod own_policies;
mod policy;
mod response_headers;
pub mod security_headers;
mod security_policy;
mod viewer_certificate;
pub mod viewer_header;
mod viewer_protocol;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration_text;
use crate::event::Trigger;
use crate::id::{DistributionId, VersionId};

pub use access::{Access, GeoRestriction, RateLimit};
pub use association::{Association, FunctionRef, OnError};
pub use bucket::Bucket;
pub use logging::{Logging, RealTimeLogging};
pub use origin::{OriginConfig, OriginGroup, OriginPlace, OriginShield};
pub use origin_access::{CertificateName, HttpVersion, SigningBehavior};
pub use origin_url::OriginUrl;
pub use own_policies::Policies;
pub use policy::{CachePolicy, ContentCoding, ForwardPolicy, Methods, Selection};
pub use response_headers::{CustomHeader, ResponseHeadersPolicy};
pub use security_policy::{SecurityPolicy, SecurityPolicyError};
pub use viewer_certificate::ViewerCertificate;
pub use viewer_protocol::ViewerProtocolPolicy;

/// A stored distribution and its revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionRecord {
    /// Counted from 1 per distribution; a rollback makes a new one.
    pub revision: u64,
    /// When it was applied.
    pub applied: crate::wire::UnixMillis,
    /// The document.
    pub distribution: Distribution,
    /// Features that a release must know to serve it; see [`document`](super::document).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
}

/// The document that an operator applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Its name among distributions.
    pub id: DistributionId,
    /// Hosts that it answers: exact, or with a leading `*.`; none means any host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The object that `/` and its other spellings mean, without a leading slash. Empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default_root_object: String,
    /// Origins by name.
    pub origins: BTreeMap<String, OriginConfig>,
    /// Pairs of origins by name. The second one answers if the first one fails.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origin_groups: BTreeMap<String, OriginGroup>,
    /// The first match counts; the last behavior is `*`.
    pub behaviors: Vec<Behavior>,
    /// Policies that behaviors use by their names.
    #[serde(default, skip_serializing_if = "Policies::is_empty")]
    pub policies: Policies,
    /// What viewers get instead of an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_pages: Vec<ErrorPage>,
    /// Public keys of signers, in PEM, by the id that signers send as `Key-Pair-Id`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub public_keys: BTreeMap<String, String>,
    /// Groups of public keys by name: the ids of their keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_groups: BTreeMap<String, Vec<String>>,
    /// Sets of networks by name, for `access` of behaviors.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ip_sets: BTreeMap<String, Vec<String>>,
    /// The countries whose viewers are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_restriction: Option<GeoRestriction>,
    /// TLS towards its viewers.
    #[serde(default, skip_serializing_if = "ViewerCertificate::is_default")]
    pub viewer_certificate: ViewerCertificate,
    /// Its access logs; none means that no request is logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
}

/// The handling of requests whose path matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behavior {
    /// `*` stands for any characters, also `/`; `?` stands for one. Upper and lower case differ.
    /// Paths are matched in their normal form (`contract.md` 7.1).
    pub path: String,
    /// The name of an origin or of an origin group.
    pub origin: String,
    /// Whether viewers may ask over HTTP.
    #[serde(default, skip_serializing_if = "ViewerProtocolPolicy::allows_http")]
    pub viewer_protocol_policy: ViewerProtocolPolicy,
    /// Methods that are allowed; CloudFront's three sets.
    #[serde(default)]
    pub methods: Methods,
    /// Whether gRPC calls pass through to the origin (`GrpcConfig` of CloudFront).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grpc: bool,
    /// How long and under which key answers are kept.
    #[serde(default)]
    pub cache: CachePolicy,
    /// The name or id of the policy that `cache` is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_policy: Option<String>,
    /// The parts of the viewer's request that go to the origin in addition to those in the cache
    /// key.
    #[serde(default)]
    pub forward: ForwardPolicy,
    /// The name or id of the policy that `forward` is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_request_policy: Option<String>,
    /// Headers that viewers get in addition to the origin's, or do not get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_headers: Option<ResponseHeadersPolicy>,
    /// The name or id of the policy that `response_headers` is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_headers_policy: Option<String>,
    /// Whether gateways compress answers in the encodings of the cache policy (`contract.md` 7.6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compress: bool,
    /// At most one function per trigger.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<Trigger, Association>,
    /// If there are any, a request needs a signature by a key of one of these groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_key_groups: Vec<String>,
    /// Which viewers are answered.
    #[serde(default, skip_serializing_if = "Access::is_open")]
    pub access: Access,
}

/// What viewers get instead of an error status (`contract.md` 7.12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorPage {
    /// The status that is replaced or whose caching is set.
    pub status: u16,
    /// The page, matched against the behaviors like any path; none keeps the origin's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The status that the viewer sees with the page; none keeps `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u16>,
    /// The least time for which the error is kept.
    #[serde(default = "ErrorPage::min_ttl_default", with = "duration_text")]
    pub min_ttl: Duration,
}

// === impl Distribution ===

impl Distribution {
    /// The distribution's own host name, which events carry (`distributionDomainName`).
    /// Names below `localhost` resolve to this machine, so it works in a browser at once.
    pub fn domain_name(&self) -> String {
        format!("{}.brink.localhost", self.id.as_str().to_ascii_lowercase())
    }

    /// Every function version that a trigger names, with the key path of the place.
    pub fn associations(&self) -> impl Iterator<Item = (String, Trigger, &Association)> {
        self.behaviors.iter().enumerate().flat_map(|(index, behavior)| {
            behavior.functions.iter().map(move |(trigger, association)| {
                (format!("behaviors[{index}].functions.{trigger}"), *trigger, association)
            })
        })
    }

    /// True if a trigger names this version.
    pub fn uses(&self, version: &VersionId) -> bool {
        self.associations().any(|(_, _, a)| a.function.version().as_ref() == Some(version))
    }
}

// === impl ErrorPage ===

impl ErrorPage {
    /// Error caching minimum TTL where none is set (`contract.md` 7.12).
    pub const MIN_TTL_DEFAULT: Duration = Duration::from_secs(10);

    /// Errors that are kept whatever the origin says (`contract.md` 7.12).
    pub const KEPT: [u16; 7] = [404, 414, 500, 501, 502, 503, 504];

    /// The least time for which an error of this status is kept. If a stale copy is served in its
    /// place, the origin is asked again after this time (`contract.md` 7.12).
    pub fn min_ttl_of(status: u16, pages: &[Self]) -> Duration {
        let page = pages.iter().find(|page| page.status == status);
        page.map_or(Self::MIN_TTL_DEFAULT, |page| page.min_ttl)
    }

    fn min_ttl_default() -> Duration {
        Self::MIN_TTL_DEFAULT
    }
}
