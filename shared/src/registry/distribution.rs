//! A distribution: which hosts it answers, where their content comes from, and which functions
//! run on the way. Words, units and defaults are CloudFront's (`contract.md` 7).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::function::duration_text;
use crate::event::{OriginProtocol, Trigger};
use crate::id::{DistributionId, FunctionName, NameError, VersionId};

/// A stored distribution and its revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionRecord {
    /// Counted from 1 per distribution; a rollback makes a new one.
    pub revision: u64,
    /// When it was applied.
    pub applied: crate::wire::UnixMillis,
    /// The document.
    pub distribution: Distribution,
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
    /// What `/` means, without a leading slash; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default_root_object: String,
    /// Origins by name.
    pub origins: BTreeMap<String, OriginConfig>,
    /// Pairs of origins by name, of which the second answers when the first fails.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origin_groups: BTreeMap<String, OriginGroup>,
    /// First match wins; the last one is `*`.
    pub behaviors: Vec<Behavior>,
    /// What viewers get instead of an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_pages: Vec<ErrorPage>,
}

/// Where content comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginConfig {
    /// Scheme, host, port, and the path put before every request's own.
    pub url: OriginUrl,
    /// Sent with every request, over the viewer's header of the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_headers: BTreeMap<String, String>,
    /// How long a connection attempt may take.
    #[serde(default = "OriginConfig::connect_timeout_default", with = "duration_text")]
    pub connect_timeout: Duration,
    /// How many connection attempts are made for GET and HEAD.
    #[serde(default = "OriginConfig::attempts_default")]
    pub attempts: u32,
    /// How long to wait for the response's head, and between its packets.
    #[serde(default = "OriginConfig::read_timeout_default", with = "duration_text")]
    pub read_timeout: Duration,
    /// How long an idle connection is kept.
    #[serde(default = "OriginConfig::keepalive_timeout_default", with = "duration_text")]
    pub keepalive_timeout: Duration,
}

/// `https://host:port/path`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OriginUrl {
    /// The scheme.
    pub protocol: OriginProtocol,
    /// DNS name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Empty, or begins and does not end with `/`.
    pub path: String,
}

/// A primary origin and the one that stands in for it (`contract.md` 7.14).
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

/// What happens to requests whose path matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behavior {
    /// `*` stands for any characters, `/` too; `?` for one. Upper and lower case differ.
    pub path: String,
    /// The name of an origin or of an origin group.
    pub origin: String,
    /// Methods that are let through; CloudFront's three sets.
    #[serde(default)]
    pub methods: Methods,
    /// How long and under which key answers are kept.
    #[serde(default)]
    pub cache: CachePolicy,
    /// What of the viewer's request goes to the origin beyond what is in the cache key.
    #[serde(default)]
    pub forward: ForwardPolicy,
    /// At most one function per trigger.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<Trigger, Association>,
}

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

/// How long answers are kept, and what of the request tells them apart (`contract.md` 7.3, 7.5).
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
}

/// What goes to the origin without being in the cache key (`contract.md` 7.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForwardPolicy {
    /// Query parameters.
    pub query_strings: Selection,
    /// Headers. `all` includes the viewer's `Host`.
    pub headers: Selection,
    /// Cookies.
    pub cookies: Selection,
}

/// Which names of a kind are meant: `"none"`, `"all"`, `["a", "b"]` or `{ except = ["a"] }`.
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

/// A function at a trigger: `"auth:2"`, or a table with `function` and options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Association {
    /// Which function, and which version of it.
    pub function: FunctionRef,
    /// Whether the function is shown the viewer's body.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_body: bool,
    /// What the viewer gets when the function fails.
    pub on_error: OnError,
}

/// `ab-test:3`, or `ab-test` where the newest is meant (`brink dev` and `brink up` only).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionRef {
    /// The function.
    pub function: FunctionName,
    /// Its version; none for the newest.
    pub number: Option<u32>,
}

/// What a failing function does to the viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The viewer gets 502 or 503, as from CloudFront.
    #[default]
    Fail,
    /// The request goes on as if there were no function.
    Continue,
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
    /// How long the error is kept at least.
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

// === impl OriginConfig ===

impl OriginConfig {
    /// An origin with CloudFront's defaults.
    pub fn new(url: OriginUrl) -> Self {
        Self {
            url,
            custom_headers: BTreeMap::new(),
            connect_timeout: Self::connect_timeout_default(),
            attempts: Self::attempts_default(),
            read_timeout: Self::read_timeout_default(),
            keepalive_timeout: Self::keepalive_timeout_default(),
        }
    }

    fn connect_timeout_default() -> Duration {
        Duration::from_secs(10)
    }

    fn attempts_default() -> u32 {
        3
    }

    fn read_timeout_default() -> Duration {
        Duration::from_secs(30)
    }

    fn keepalive_timeout_default() -> Duration {
        Duration::from_secs(5)
    }
}

impl OriginGroup {
    fn failover_default() -> Vec<u16> {
        vec![500, 502, 503, 504]
    }
}

impl ErrorPage {
    /// Error caching minimum TTL where none is set (`contract.md` 7.12).
    pub const MIN_TTL_DEFAULT: Duration = Duration::from_secs(10);

    fn min_ttl_default() -> Duration {
        Self::MIN_TTL_DEFAULT
    }
}

// === impl OriginUrl ===

impl FromStr for OriginUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |why: &str| {
            format!("{text:?} is not an origin ({why}); write for example https://host:8443/base")
        };
        let uri: actix_web::http::Uri = text.parse().map_err(|error| bad(&format!("{error}")))?;
        let protocol = match uri.scheme_str() {
            Some("http") => OriginProtocol::Http,
            Some("https") => OriginProtocol::Https,
            _ => return Err(bad("the scheme is neither http nor https")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| bad("no host"))?;
        if uri.query().is_some() || uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(bad("a query or a user name has no place here"));
        }
        let default_port = if protocol == OriginProtocol::Http { 80 } else { 443 };
        Ok(Self {
            protocol,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(default_port),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl TryFrom<String> for OriginUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<OriginUrl> for String {
    fn from(url: OriginUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for OriginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}{}", self.protocol.as_str(), self.host, self.port, self.path)
    }
}

// === impl Methods ===

impl Methods {
    /// True if the method is let through.
    pub fn allow(self, method: &str) -> bool {
        match method {
            "GET" | "HEAD" => true,
            "OPTIONS" => self != Self::Read,
            "PUT" | "POST" | "PATCH" | "DELETE" => self == Self::All,
            _ => false,
        }
    }
}

// === impl CachePolicy ===

impl CachePolicy {
    /// CloudFront's Default TTL.
    pub const DEFAULT_TTL: Duration = Duration::from_secs(86_400);
    /// CloudFront's Max TTL.
    pub const MAX_TTL: Duration = Duration::from_secs(31_536_000);
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
        }
    }
}

// === impl Selection ===

impl Selection {
    /// True if the name is meant. Names of headers are to be given in lower case.
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

// === impl Association ===

impl<'de> Deserialize<'de> for Association {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            function: FunctionRef,
            #[serde(default)]
            include_body: bool,
            #[serde(default)]
            on_error: OnError,
        }

        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Association;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a function, \"auth:2\" or { function = \"auth:2\", ... }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Association, E> {
                let function = text.parse().map_err(E::custom)?;
                Ok(Association { function, include_body: false, on_error: OnError::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Association, A::Error> {
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Association {
                    function: table.function,
                    include_body: table.include_body,
                    on_error: table.on_error,
                })
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

// === impl FunctionRef ===

impl FunctionRef {
    /// The version, if a number is given.
    pub fn version(&self) -> Option<VersionId> {
        self.number.map(|number| VersionId { function: self.function.clone(), number })
    }
}

impl FromStr for FunctionRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains(':') {
            let VersionId { function, number } = text.parse()?;
            Ok(Self { function, number: Some(number) })
        } else {
            Ok(Self { function: text.parse()?, number: None })
        }
    }
}

impl TryFrom<String> for FunctionRef {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<FunctionRef> for String {
    fn from(function: FunctionRef) -> Self {
        function.to_string()
    }
}

impl fmt::Display for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{}:{number}", self.function),
            None => write!(f, "{}", self.function),
        }
    }
}
