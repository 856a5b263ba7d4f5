//! The rights of a person to functions and distributions.
//!
//! Rights are tags of a user's JWT, such as `may:publish:shop-*`. The server checks the JWT, and adds
//! its tags to each request for the admin service. So no client can give itself a right.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::{ROLE_TAG, Role, tenant_of};
use crate::id::TenantName;

/// Precedes a right in a tag.
const RIGHT_TAG: &str = "may:";

/// Something that a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Publish a function.
    Publish,
    /// Run an event through a function.
    Invoke,
    /// Delete a function or one of its versions.
    Delete,
    /// Name a function in a distribution, which needs [`Apply`](Self::Apply) too.
    Associate,
    /// See the names of a function's secrets.
    Secrets,
    /// Read the log of a function.
    Logs,
    /// Apply a distribution, or roll it back.
    Apply,
    /// Delete a distribution.
    Remove,
    /// Drop cached objects of a distribution.
    Invalidate,
    /// Prune the registry. Its pattern is `*`.
    Prune,
}

/// A verb, and the names of functions or distributions to which it applies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Right {
    verb: Verb,
    /// `*` stands for any characters.
    pattern: String,
}

/// Who sent a request to the admin service, as the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name.
    pub name: String,
    /// The role; none if the server's words cannot be read.
    pub role: Option<Role>,
    /// The tenant.
    pub tenant: TenantName,
    /// The rights in the credentials, as far as this release knows them.
    pub rights: Vec<Right>,
    /// Whether the credentials have rights. Otherwise the role decides.
    pub is_restricted: bool,
    /// The address from which it is connected.
    pub address: Option<String>,
}

/// The answer to `identity.show`: the sender of the request, as the bus knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhoAmI {
    /// The name; none on a bus without identities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role; none on a bus without identities, where everybody may do everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The tenant.
    #[serde(default, skip_serializing_if = "TenantName::is_default")]
    pub tenant: TenantName,
    /// The rights in the credentials; none if the role decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
}

/// Why a text is not a right.
#[derive(Debug, thiserror::Error)]
pub enum RightError {
    /// There is no such verb.
    #[error(
        "{0:?} is not something that a person may do; use publish, invoke, delete, associate, \
         secrets or logs with a function, apply, remove or invalidate with a distribution, or prune"
    )]
    Verb(String),
    /// The pattern has other characters than names have.
    #[error("{0:?} is not a name, nor a pattern of names with *")]
    Pattern(String),
}

/// The server's words about the sender of a request.
#[derive(Deserialize)]
struct RequestInfo {
    /// The name in the JWT. The name of the connection, which the client chooses, is not used.
    name_tag: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    host: Option<String>,
}

// === impl Verb ===

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 10] = [
        Self::Publish,
        Self::Invoke,
        Self::Delete,
        Self::Associate,
        Self::Secrets,
        Self::Logs,
        Self::Apply,
        Self::Remove,
        Self::Invalidate,
        Self::Prune,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Invoke => "invoke",
            Self::Delete => "delete",
            Self::Associate => "associate",
            Self::Secrets => "secrets",
            Self::Logs => "logs",
            Self::Apply => "apply",
            Self::Remove => "remove",
            Self::Invalidate => "invalidate",
            Self::Prune => "prune",
        }
    }

    /// True if it changes nothing.
    fn looks(self) -> bool {
        matches!(self, Self::Secrets | Self::Logs)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Verb {
    type Err = RightError;

    fn from_str(text: &str) -> Result<Self, RightError> {
        let found = Self::ALL.into_iter().find(|verb| verb.name() == text);
        found.ok_or_else(|| RightError::Verb(text.to_owned()))
    }
}

// === impl Right ===

impl Right {
    /// The tag of a JWT.
    pub fn tag(&self) -> String {
        format!("{RIGHT_TAG}{self}")
    }

    fn allows(&self, verb: Verb, noun: &str) -> bool {
        self.verb == verb && WildMatch::new(&self.pattern).matches(noun)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.verb, self.pattern)
    }
}

impl FromStr for Right {
    type Err = RightError;

    fn from_str(text: &str) -> Result<Self, RightError> {
        let (verb, pattern) = text.split_once(':').unwrap_or((text, "*"));
        let known = |b: u8| b.is_ascii_alphanumeric() || b"-_*".contains(&b);
        if pattern.is_empty() || !pattern.bytes().all(known) {
            return Err(RightError::Pattern(pattern.to_owned()));
        }
        Ok(Self { verb: verb.parse()?, pattern: pattern.to_owned() })
    }
}

impl TryFrom<String> for Right {
    type Error = RightError;

    fn try_from(text: String) -> Result<Self, RightError> {
        text.parse()
    }
}

impl From<Right> for String {
    fn from(right: Right) -> Self {
        right.to_string()
    }
}

// === impl Sender ===

impl Sender {
    /// Reads the server's words. A sender of whom they say nothing may do nothing.
    pub(crate) fn read(info: &str) -> Self {
        let nobody = || Self {
            name: "an unknown sender".to_owned(),
            role: None,
            tenant: TenantName::default(),
            rights: Vec::new(),
            is_restricted: true,
            address: None,
        };
        let Ok(info) = serde_json::from_str::<RequestInfo>(info) else { return nobody() };
        let Ok(tenant) = tenant_of(&info.tags) else { return nobody() };
        let role = info.tags.iter().find_map(|tag| tag.strip_prefix(ROLE_TAG)?.parse().ok());
        // A right of a newer release allows nothing here. It still restricts its holder.
        let tags = || info.tags.iter().filter_map(|tag| tag.strip_prefix(RIGHT_TAG));
        let rights = tags().filter_map(|tag| tag.parse().ok()).collect();
        let is_restricted = tags().next().is_some();
        Self { name: info.name_tag, role, tenant, rights, is_restricted, address: info.host }
    }

    /// Whether the sender may do this to the function or distribution of this name.
    pub fn may(&self, verb: Verb, noun: &str) -> bool {
        may(self.role, self.is_restricted.then_some(&self.rights), verb, noun)
    }
}

/// Whether the holder of a role and of these rights may do this. Without rights, publishers may do
/// everything, and viewers and auditors may read logs.
pub fn may(role: Option<Role>, rights: Option<&[Right]>, verb: Verb, noun: &str) -> bool {
    let listed = |rights: &[Right]| rights.iter().any(|right| right.allows(verb, noun));
    match role {
        Some(Role::Admin) => true,
        Some(Role::Publisher) => rights.is_none_or(listed),
        Some(Role::Viewer | Role::Auditor) => {
            verb.looks() && rights.map_or(verb != Verb::Secrets, listed)
        }
        Some(Role::Gateway | Role::Worker) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_verbs_with_patterns() {
        let right: Right = "publish:shop-*".parse().unwrap();
        assert_eq!(right.tag(), "may:publish:shop-*");
        assert!(right.allows(Verb::Publish, "shop-cart"));
        assert!(!right.allows(Verb::Publish, "blog"));
        assert!(!right.allows(Verb::Delete, "shop-cart"));
        assert_eq!("prune".parse::<Right>().unwrap().to_string(), "prune:*");
        for bad in ["", "eat:a", "publish:", "publish:a b", "publish:a?", "publish:a:b"] {
            assert!(bad.parse::<Right>().is_err(), "{bad:?}");
        }
        for verb in Verb::ALL {
            assert_eq!(verb.name().parse::<Verb>().unwrap(), verb);
        }
    }

    #[test]
    fn without_rights_the_role_decides() {
        let own = ["publish:a".parse().unwrap()];
        let own = Some(own.as_slice());
        let may = |role, rights, verb| super::may(Some(role), rights, verb, "a");
        assert!(may(Role::Publisher, None, Verb::Delete));
        assert!(may(Role::Publisher, own, Verb::Publish));
        assert!(!may(Role::Publisher, own, Verb::Delete));
        assert!(may(Role::Viewer, None, Verb::Logs));
        assert!(!may(Role::Viewer, None, Verb::Secrets));
        assert!(!may(Role::Viewer, own, Verb::Publish));
        assert!(!may(Role::Gateway, own, Verb::Publish));
        assert!(!super::may(None, own, Verb::Publish, "a"));
    }

    #[test]
    fn the_senders_own_words_do_not_count() {
        let info = r#"{"acc":"A","user":"U","name":"root","name_tag":"vera",
            "tags":["role:viewer","may:logs:shop-*","may:fly:*"]}"#;
        let sender = Sender::read(info);
        assert_eq!((sender.name.as_str(), sender.role), ("vera", Some(Role::Viewer)));
        assert!(sender.may(Verb::Logs, "shop-a") && !sender.may(Verb::Logs, "blog"));
        assert!(sender.tenant.is_default());
        let newer = r#"{"name_tag":"ci","tags":["role:publisher","may:fly:*","may:publish:a.b"]}"#;
        let newer = Sender::read(newer);
        assert_eq!((newer.role, newer.rights.len()), (Some(Role::Publisher), 0));
        assert!(!newer.may(Verb::Publish, "a") && !newer.may(Verb::Prune, "*"));
        for unreadable in ["", "{}", r#"{"tags":["role:admin"]}"#] {
            assert!(!Sender::read(unreadable).may(Verb::Logs, "a"), "{unreadable}");
        }
    }
}
