//! How gateways go to an origin: the version of HTTP, the certificate that they show, and the
//! signature of requests to a bucket.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The newest version of HTTP that gateways speak to an origin. CloudFront speaks HTTP/1.1
/// (`contract.md` 7.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2 where the origin agrees to it in the TLS handshake (ALPN), else HTTP/1.1.
    #[serde(rename = "2")]
    Http2,
}

/// Whether requests to a bucket are signed: `SigningBehavior` of CloudFront's origin access
/// control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningBehavior {
    /// They are not; anyone may read the bucket.
    #[default]
    Never,
    /// All of them are. A request's own `Authorization` is replaced.
    Always,
    /// Those without an `Authorization` of their own are.
    NoOverride,
}

/// The name of a client certificate, which is a file of the gateways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CertificateName(String);

// === impl HttpVersion ===

impl HttpVersion {
    /// True for the default, which documents leave out.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

// === impl SigningBehavior ===

impl SigningBehavior {
    /// True for the default, which documents leave out.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// True if a request is signed; `has_own` says whether it has an `Authorization` of its own.
    pub fn signs(self, has_own: bool) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::NoOverride => !has_own,
        }
    }
}

// === impl CertificateName ===

impl CertificateName {
    /// Longest name, in characters.
    const MAX: usize = 64;

    /// The name, which is safe as a part of a file's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CertificateName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if text.is_empty()
            || text.len() > Self::MAX
            || text.starts_with('.')
            || !text.chars().all(plain)
        {
            return Err(format!(
                "{text:?} is not the name of a client certificate: 1 to {} letters, digits, `-`, \
                 `_` and `.`, and no `.` at its beginning",
                Self::MAX
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for CertificateName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CertificateName> for String {
    fn from(name: CertificateName) -> Self {
        name.0
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::OriginConfig;
    use super::*;

    fn origin(fields: &str) -> Result<OriginConfig, String> {
        toml::from_str(fields).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn an_origin_keeps_how_gateways_go_to_it() {
        let text = "url = 'https://h'\nhttp_version = '2'\nclient_certificate = 'shop-1'\n\
                    response_completion_timeout = '40s'";
        let read = origin(text).unwrap();
        assert_eq!(read.http_version, HttpVersion::Http2);
        assert_eq!(read.client_certificate.as_ref().map(CertificateName::as_str), Some("shop-1"));
        assert_eq!(read.problems(), []);
        let bucket =
            origin("s3 = 'b.s3.eu-west-1.amazonaws.com'\nsigning_behavior = 'no-override'");
        let bucket = bucket.unwrap();
        assert_eq!(bucket.bucket().unwrap().signing, SigningBehavior::NoOverride);
        for read in [read, bucket, origin("url = 'http://h'").unwrap()] {
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<OriginConfig>(&json).unwrap(), read, "{json}");
        }
    }

    #[test]
    fn documents_without_these_settings_stay_as_they_were() {
        for text in ["url = 'http://h'", "s3 = 'b.s3.eu-west-1.amazonaws.com'"] {
            let json = serde_json::to_string(&origin(text).unwrap()).unwrap();
            for key in ["http_version", "client_cert", "signing", "completion"] {
                assert!(!json.contains(key), "{json}");
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (fields, message) in [
            ("url = 'https://h'\nhttp_version = '3'", "1.1"),
            ("url = 'https://h'\nclient_certificate = '../key'", "name of a client certificate"),
            ("url = 'https://h'\nclient_certificate = ''", "name of a client certificate"),
            ("url = 'https://h'\nsigning_behavior = 'always'", "is a bucket's"),
            ("s3 = 'b'\nsigning_behavior = 'sometimes'", "no-override"),
        ] {
            let error = origin(fields).unwrap_err();
            assert!(error.contains(message), "{fields}: {error}");
        }
        for (fields, expected) in [
            ("url = 'http://h'\nhttp_version = '2'", vec!["http_version"]),
            ("url = 'http://h'\nclient_certificate = 'a'", vec!["client_certificate"]),
            ("s3 = 'b.minio'\nsigning_behavior = 'always'", vec!["region"]),
            ("s3 = 'b.minio'\nsigning_behavior = 'never'", vec![]),
            ("s3 = 'b.minio'\nregion = 'r'\nsigning_behavior = 'always'", vec![]),
            ("url = 'http://h'\nattempts = 4", vec!["attempts"]),
            ("url = 'http://h'\nconnect_timeout = '11s'", vec!["connect_timeout"]),
            ("url = 'http://h'\nconnect_timeout = '900ms'", vec!["connect_timeout"]),
            ("url = 'http://h'\nread_timeout = '121s'", vec!["read_timeout"]),
            ("url = 'http://h'\nkeepalive_timeout = '121s'", vec!["keepalive_timeout"]),
            ("url = 'http://h'\nkeepalive_timeout = '0s'", vec!["keepalive_timeout"]),
            ("url = 'http://h'\nread_timeout = '2m'\nkeepalive_timeout = '2m'", vec![]),
            (
                "url = 'http://h'\nresponse_completion_timeout = '29s'",
                vec!["response_completion_timeout"],
            ),
            ("s3 = 'b'\nresponse_completion_timeout = '30s'", vec![]),
        ] {
            let found = origin(fields).unwrap().problems();
            let keys: Vec<_> = found.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, expected, "{fields}: {found:?}");
        }
    }
}
