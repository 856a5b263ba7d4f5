//! The origins of content, and pairs of origins.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, region_of};
use super::origin_url::OriginUrl;
use crate::duration_text;

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

    /// A server with CloudFront's defaults.
    pub fn new(url: OriginUrl) -> Self {
        Self {
            place: OriginPlace::Url(url),
            custom_headers: BTreeMap::new(),
            connect_timeout: Self::connect_timeout_default(),
            attempts: Self::attempts_default(),
            read_timeout: Self::READ_TIMEOUT_DEFAULT,
            keepalive_timeout: Self::KEEPALIVE_DEFAULT,
        }
    }

    /// The bucket, if it is one.
    pub fn bucket(&self) -> Option<&Bucket> {
        match &self.place {
            OriginPlace::Bucket(bucket) => Some(bucket),
            OriginPlace::Url(_) => None,
        }
    }

    /// The problems of its bucket, each with the key that it is about; nothing if it is a server.
    pub fn bucket_problems(&self) -> Vec<(&'static str, String)> {
        let Some(bucket) = self.bucket() else { return Vec::new() };
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
            return Err("an origin access identity signs requests with AWS credentials, which \
                        Brink does not take; let the gateways read the bucket without one"
                .to_owned());
        }
        let (url, s3) = (self.url.take(), self.s3.take());
        let (path, region, endpoint) = (self.path.take(), self.region.take(), self.endpoint.take());
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
            (Some(url), None) => Ok(OriginPlace::Url(url)),
            (None, Some(domain_name)) => Ok(OriginPlace::Bucket(Bucket {
                region: region.unwrap_or_else(|| region_of(&domain_name).to_owned()),
                path: path.unwrap_or_default(),
                endpoint,
                domain_name,
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
        }
    }
}

// === impl OriginGroup ===

impl OriginGroup {
    fn failover_default() -> Vec<u16> {
        vec![500, 502, 503, 504]
    }
}
