//! The choices of a behavior: allowed methods, caching, the cache key, and the parts of a request
//! that go to the origin.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::duration_text;

/// The sets of methods that CloudFront knows (`contract.md` 7.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Methods {
    /// GET and HEAD.
    #[default]
    Read,
    /// GET, HEAD and OPTIONS.
    ReadOptions,
    /// GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE.
    All,
}

/// How long answers are kept, and which parts of the request are in the cache key (`contract.md`
/// 7.3, 7.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CachePolicy {
    /// Kept at least this long, whatever the origin says.
    #[serde(with = "duration_text")]
    pub min_ttl: Duration,
    /// Kept this long when the origin says nothing.
    #[serde(with = "duration_text")]
    pub default_ttl: Duration,
    /// Kept at most this long when the origin says more.
    #[serde(with = "duration_text")]
    pub max_ttl: Duration,
    /// Query parameters in the key.
    pub query_strings: Selection,
    /// Headers in the key.
    pub headers: Vec<String>,
    /// Cookies in the key.
    pub cookies: Selection,
    /// Encodings in which the origin answers or the gateway compresses. The cache key and the origin
    /// get those of them that the viewer accepts, in a normal form (`contract.md` 7.6). If the list
    /// is empty, `Accept-Encoding` is a header like any other, and nothing is compressed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept_encoding: Vec<ContentCoding>,
}

/// An encoding of answers. CloudFront has these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentCoding {
    /// Brotli.
    Br,
    /// gzip.
    Gzip,
}

/// The parts of a request that go to the origin without being in the cache key (`contract.md` 7.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForwardPolicy {
    /// Query parameters.
    pub query_strings: Selection,
    /// Headers. `all` includes the viewer's `Host`.
    pub headers: Selection,
    /// `CloudFront-*` headers in addition to those; `headers` may name them too if it is a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cloudfront_headers: Vec<String>,
    /// Cookies.
    pub cookies: Selection,
}

/// A choice of names: `"none"`, `"all"`, `["a", "b"]` or `{ except = ["a"] }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// None of them.
    #[default]
    None,
    /// All of them.
    All,
    /// These.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

// === impl Methods ===

impl Methods {
    /// True if the method is allowed.
    pub fn allow(self, method: &str) -> bool {
        match method {
            "GET" | "HEAD" => true,
            "OPTIONS" => self != Self::Read,
            "PUT" | "POST" | "PATCH" | "DELETE" => self == Self::All,
            _ => false,
        }
    }
}

// === impl ContentCoding ===

impl ContentCoding {
    /// Its name in HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Gzip => "gzip",
        }
    }
}

// === impl CachePolicy ===

impl CachePolicy {
    /// CloudFront's Default TTL.
    pub const DEFAULT_TTL: Duration = Duration::from_secs(86_400);
    /// CloudFront's Max TTL.
    pub const MAX_TTL: Duration = Duration::from_secs(31_536_000);

    /// True if nothing at all is kept (`contract.md` 7.5).
    pub fn is_disabled(&self) -> bool {
        self.min_ttl.is_zero() && self.default_ttl.is_zero() && self.max_ttl.is_zero()
    }
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            min_ttl: Duration::ZERO,
            default_ttl: Self::DEFAULT_TTL,
            max_ttl: Self::MAX_TTL,
            query_strings: Selection::None,
            headers: Vec::new(),
            cookies: Selection::None,
            accept_encoding: Vec::new(),
        }
    }
}

// === impl Selection ===

impl Selection {
    /// True if the name is chosen. Names of headers must be in lower case.
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|n| n == name),
            Self::Except(names) => !names.iter().any(|n| n == name),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Except {
    except: Vec<String>,
}

impl Serialize for Selection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::All => serializer.serialize_str("all"),
            Self::Only(names) => names.serialize(serializer),
            Self::Except(names) => Except { except: names.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Selection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Selection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"none\", \"all\", a list of names, or { except = [names] }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Selection, E> {
                match text {
                    "none" => Ok(Selection::None),
                    "all" => Ok(Selection::All),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Selection, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Selection::Only)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Selection, A::Error> {
                Except::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(|Except { except }| Selection::Except(except))
            }
        }
        deserializer.deserialize_any(Forms)
    }
}
