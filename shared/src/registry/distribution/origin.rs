//! The origins of content, and pairs of origins.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, region_of};
use super::origin_access::{CertificateName, HttpVersion, SigningBehavior};
use super::origin_url::OriginUrl;
use crate::duration_text;
use crate::event::OriginProtocol;
use crate::id::SiteName;

/// An origin of content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct OriginConfig {
    /// The server or the bucket.
    pub place: OriginPlace,
    /// Sent with every request, over the viewer's header of the same name.
    pub custom_headers: BTreeMap<String, String>,
    /// How long a connection attempt may take.
    pub connect_timeout: Duration,
    /// How many connection attempts are made for GET and HEAD.
    pub attempts: u32,
    /// How long to wait for the response's head, and between its packets.
    pub read_timeout: Duration,
    /// How long an idle connection is kept.
    pub keepalive_timeout: Duration,
    /// How long a whole exchange may take, from the first connection attempt to the last byte of
    /// the answer. `None`: as long as the other timeouts allow.
    pub response_completion_timeout: Option<Duration>,
    /// The newest version of HTTP that gateways speak to it.
    pub http_version: HttpVersion,
    /// The certificate that gateways show to it.
    pub client_certificate: Option<CertificateName>,
    /// The gateways that ask it on behalf of all others.
    pub origin_shield: Option<OriginShield>,
}

/// The gateways that ask an origin on behalf of all others: CloudFront's Origin Shield, whose region
/// is a site here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginShield {
    /// The site of these gateways.
    pub site: SiteName,
}

/// The two kinds of origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginPlace {
    /// Any HTTP server, by scheme, host, port, and the path put before every request's own.
    Url(OriginUrl),
    /// A bucket.
    Bucket(Bucket),
}

/// An origin as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<OriginUrl>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s3: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<OriginUrl>,
    #[serde(default, skip_serializing)]
    origin_access_identity: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    custom_headers: BTreeMap<String, String>,
    #[serde(default = "OriginConfig::connect_timeout_default", with = "duration_text")]
    connect_timeout: Duration,
    #[serde(default = "OriginConfig::attempts_default")]
    attempts: u32,
    #[serde(default = "OriginConfig::read_timeout_default", with = "duration_text")]
    read_timeout: Duration,
    #[serde(default = "OriginConfig::keepalive_timeout_default", with = "duration_text")]
    keepalive_timeout: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration_text::optional")]
    response_completion_timeout: Option<Duration>,
    #[serde(default, skip_serializing_if = "HttpVersion::is_default")]
    http_version: HttpVersion,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_certificate: Option<CertificateName>,
    #[serde(default, skip_serializing_if = "SigningBehavior::is_default")]
    signing_behavior: SigningBehavior,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin_shield: Option<OriginShield>,
}

/// A primary origin and its secondary origin (`contract.md` 7.14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginGroup {
    /// Asked first, every time.
    pub primary: String,
    /// Asked when the primary cannot be reached or answers one of `failover`.
    pub secondary: String,
    /// Statuses of the primary that count as failure.
    #[serde(default = "OriginGroup::failover_default")]
    pub failover: Vec<u16>,
}

// === impl OriginConfig ===

impl OriginConfig {
    /// CloudFront's wait for an origin.
    pub const READ_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
    /// CloudFront's time for idle connections.
    pub const KEEPALIVE_DEFAULT: Duration = Duration::from_secs(5);
    /// The shortest of CloudFront's timeouts.
    const TIMEOUT_MIN: Duration = Duration::from_secs(1);
    /// CloudFront's longest wait for a connection.
    const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
    /// CloudFront's longest wait for an origin.
    const READ_TIMEOUT_MAX: Duration = Duration::from_secs(120);
    /// CloudFront's longest time for idle connections.
    const KEEPALIVE_MAX: Duration = Duration::from_secs(120);

    /// A server with CloudFront's defaults.
    pub fn new(url: OriginUrl) -> Self {
        Self {
            place: OriginPlace::Url(url),
            custom_headers: BTreeMap::new(),
            connect_timeout: Self::connect_timeout_default(),
            attempts: Self::attempts_default(),
            read_timeout: Self::READ_TIMEOUT_DEFAULT,
            keepalive_timeout: Self::KEEPALIVE_DEFAULT,
            response_completion_timeout: None,
            http_version: HttpVersion::default(),
            client_certificate: None,
            origin_shield: None,
        }
    }

    /// The bucket, if it is one.
    pub fn bucket(&self) -> Option<&Bucket> {
        match &self.place {
            OriginPlace::Bucket(bucket) => Some(bucket),
            OriginPlace::Url(_) => None,
        }
    }

    /// Its problems, each with the key that it is about.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = self.timeout_problems();
        match &self.place {
            OriginPlace::Bucket(bucket) => found.extend(self.bucket_problems(bucket)),
            OriginPlace::Url(url) if url.protocol == OriginProtocol::Http => {
                let needs = "needs an https:// origin, because it is agreed in the TLS handshake";
                if !self.http_version.is_default() {
                    found.push(("http_version", format!("HTTP/2 {needs}")));
                }
                if self.client_certificate.is_some() {
                    found.push(("client_certificate", format!("a client certificate {needs}")));
                }
            }
            OriginPlace::Url(_) => {}
        }
        found
    }

    /// The ranges are CloudFront's (`contract.md` 5.3).
    fn timeout_problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if !(1..=3).contains(&self.attempts) {
            found.push(("attempts", "must be 1 to 3".to_owned()));
        }
        for (key, set, most) in [
            ("connect_timeout", self.connect_timeout, Self::CONNECT_TIMEOUT_MAX),
            ("read_timeout", self.read_timeout, Self::READ_TIMEOUT_MAX),
            ("keepalive_timeout", self.keepalive_timeout, Self::KEEPALIVE_MAX),
        ] {
            if !(Self::TIMEOUT_MIN..=most).contains(&set) {
                found.push((key, format!("must be 1s to {}s", most.as_secs())));
            }
        }
        if self.response_completion_timeout.is_some_and(|whole| whole < self.read_timeout) {
            let why = "is shorter than read_timeout".to_owned();
            found.push(("response_completion_timeout", why));
        }
        found
    }

    fn bucket_problems(&self, bucket: &Bucket) -> Vec<(&'static str, String)> {
        let mut found = bucket.problems();
        for (key, set, usual) in [
            ("read_timeout", self.read_timeout, Self::READ_TIMEOUT_DEFAULT),
            ("keepalive_timeout", self.keepalive_timeout, Self::KEEPALIVE_DEFAULT),
        ] {
            if set != usual {
                let usual = usual.as_secs();
                found.push((key, format!("is {usual}s for every bucket; leave it out")));
            }
        }
        found
    }

    fn connect_timeout_default() -> Duration {
        Duration::from_secs(10)
    }

    fn attempts_default() -> u32 {
        3
    }

    fn read_timeout_default() -> Duration {
        Self::READ_TIMEOUT_DEFAULT
    }

    fn keepalive_timeout_default() -> Duration {
        Self::KEEPALIVE_DEFAULT
    }
}

// === impl Fields ===

impl Fields {
    fn place(&mut self) -> Result<OriginPlace, String> {
        if self.origin_access_identity.is_some() {
            return Err("an origin access identity is CloudFront's older way to sign requests; \
                        write signing_behavior = \"always\" instead"
                .to_owned());
        }
        let (url, s3) = (self.url.take(), self.s3.take());
        let (path, region, endpoint) = (self.path.take(), self.region.take(), self.endpoint.take());
        let signing = self.signing_behavior;
        match (url, s3) {
            (Some(_), Some(_)) => Err("an origin has one of `url`, `s3` and `folder`".to_owned()),
            (None, None) => {
                Err("missing field `url`: write a `url`, or for a bucket `s3`".to_owned())
            }
            (Some(_), None) if path.is_some() => {
                Err("`path` is a bucket's; write it in the `url`".to_owned())
            }
            (Some(_), None) if region.is_some() || endpoint.is_some() => {
                let key = if region.is_some() { "region" } else { "endpoint" };
                Err(format!("`{key}` is a bucket's; a `url` has none"))
            }
            (Some(_), None) if !signing.is_default() => {
                Err("`signing_behavior` is a bucket's; a `url` has none".to_owned())
            }
            (Some(url), None) => Ok(OriginPlace::Url(url)),
            (None, Some(domain_name)) => Ok(OriginPlace::Bucket(Bucket {
                region: region.unwrap_or_else(|| region_of(&domain_name).to_owned()),
                path: path.unwrap_or_default(),
                endpoint,
                domain_name,
                signing,
            })),
        }
    }
}

impl TryFrom<Fields> for OriginConfig {
    type Error = String;

    fn try_from(mut fields: Fields) -> Result<Self, String> {
        Ok(Self {
            place: fields.place()?,
            custom_headers: fields.custom_headers,
            connect_timeout: fields.connect_timeout,
            attempts: fields.attempts,
            read_timeout: fields.read_timeout,
            keepalive_timeout: fields.keepalive_timeout,
            response_completion_timeout: fields.response_completion_timeout,
            http_version: fields.http_version,
            client_certificate: fields.client_certificate,
            origin_shield: fields.origin_shield,
        })
    }
}

impl From<OriginConfig> for Fields {
    fn from(origin: OriginConfig) -> Self {
        let not_empty = |text: String| (!text.is_empty()).then_some(text);
        let (url, bucket) = match origin.place {
            OriginPlace::Url(url) => (Some(url), None),
            OriginPlace::Bucket(bucket) => (None, Some(bucket)),
        };
        let signing_behavior = bucket.as_ref().map(|bucket| bucket.signing).unwrap_or_default();
        let (s3, path, region, endpoint) = match bucket {
            None => (None, None, None, None),
            Some(b) => (Some(b.domain_name), not_empty(b.path), Some(b.region), b.endpoint),
        };
        Self {
            url,
            s3,
            path,
            region,
            endpoint,
            origin_access_identity: None,
            custom_headers: origin.custom_headers,
            connect_timeout: origin.connect_timeout,
            attempts: origin.attempts,
            read_timeout: origin.read_timeout,
            keepalive_timeout: origin.keepalive_timeout,
            response_completion_timeout: origin.response_completion_timeout,
            http_version: origin.http_version,
            client_certificate: origin.client_certificate,
            signing_behavior,
            origin_shield: origin.origin_shield,
        }
    }
}

// === impl OriginGroup ===

impl OriginGroup {
    fn failover_default() -> Vec<u16> {
        vec![500, 502, 503, 504]
    }
}
