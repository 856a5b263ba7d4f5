//! `request.origin` of the contract (2.5): where an origin-facing request goes.

use serde::{Deserialize, Serialize};

use super::Headers;

/// Exactly one of the contract's two kinds of origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Origin {
    /// Any HTTP server.
    Custom(CustomOrigin),
    /// A bucket.
    S3(S3Origin),
}

/// An HTTP server as origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomOrigin {
    /// Sent with every request to this origin.
    pub custom_headers: Headers,
    /// DNS name.
    pub domain_name: String,
    /// Seconds an idle connection is kept.
    pub keepalive_timeout: u32,
    /// Put before the request's path; empty, or begins and does not end with `/`.
    pub path: String,
    /// TCP port.
    pub port: u16,
    /// How to speak to it.
    pub protocol: OriginProtocol,
    /// Seconds to wait for the response and between packets.
    pub read_timeout: u32,
    /// TLS versions that may be used.
    pub ssl_protocols: Vec<String>,
}

/// A bucket as origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct S3Origin {
    /// Whether requests are signed.
    pub auth_method: AuthMethod,
    /// Sent with every request to this origin.
    pub custom_headers: Headers,
    /// The bucket's DNS name.
    pub domain_name: String,
    /// Put before the request's path; empty, or begins and does not end with `/`.
    pub path: String,
    /// The bucket's region, or empty.
    pub region: String,
}

/// `protocol` of a custom origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginProtocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// `authMethod` of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthMethod {
    /// Requests are signed by the origin access identity.
    OriginAccessIdentity,
    /// Requests are anonymous.
    None,
}

// === impl Origin ===

impl Origin {
    /// The DNS name of either kind.
    pub fn domain_name(&self) -> &str {
        match self {
            Self::Custom(custom) => &custom.domain_name,
            Self::S3(s3) => &s3.domain_name,
        }
    }

    /// The `Host` that it expects: its name, and a server's port unless that is the scheme's.
    pub fn host(&self) -> String {
        match self {
            Self::S3(s3) => s3.domain_name.clone(),
            Self::Custom(custom) => match (custom.protocol, custom.port) {
                (OriginProtocol::Http, 80) | (OriginProtocol::Https, 443) => {
                    custom.domain_name.clone()
                }
                (_, port) => format!("{}:{port}", custom.domain_name),
            },
        }
    }

    /// The path prefix of either kind.
    pub fn path(&self) -> &str {
        match self {
            Self::Custom(custom) => &custom.path,
            Self::S3(s3) => &s3.path,
        }
    }

    /// The static headers of either kind.
    pub fn custom_headers(&self) -> &Headers {
        match self {
            Self::Custom(custom) => &custom.custom_headers,
            Self::S3(s3) => &s3.custom_headers,
        }
    }
}

impl OriginProtocol {
    /// The URL scheme.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}
