//! Names of functions, roles, distributions, sites, nodes and tenants, each a type of its own.
//!
//! A name is checked when it is made. So it may go into a subject, a key-value key or a file name
//! without another check.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name, in bytes. AWS Lambda's own limit for function names; it also keeps NATS
/// subjects far below the server's 4 KiB control line.
pub const NAME_MAX: usize = 64;

/// Why a text is not a name or a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text has a length or a character that names may not have.
    #[error("{text:?} is not a {what}: use 1 to {NAME_MAX} of the characters A-Z a-z 0-9 - _")]
    Characters {
        /// What the text was meant to be.
        what: &'static str,
        /// The rejected text.
        text: String,
    },
    /// The text is not `NAME:NUMBER`.
    #[error("{0:?} is not a function version: write NAME:NUMBER, for example ab-test:3")]
    Version(String),
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_name(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError::Characters { what: $what, text: text.to_owned() })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

name!(
    /// The name of a function, without a version.
    FunctionName,
    "function name"
);
name!(
    /// The name of a role that functions may have.
    RoleName,
    "role name"
);
name!(
    /// The id of a distribution.
    DistributionId,
    "distribution id"
);
name!(
    /// A group of gateways that are close to each other. Chosen by the operator.
    SiteName,
    "site name"
);
name!(
    /// One process on the bus: a gateway or a worker. Chosen by the operator or made at start.
    NodeId,
    "node id"
);

name!(
    /// A tenant: a group of accounts of its own on the bus, with functions, distributions, nodes and
    /// people that no other tenant sees. Chosen by the operator.
    TenantName,
    "tenant name"
);

// === impl TenantName ===

/// The tenant that every cluster has.
const DEFAULT_TENANT: &str = "default";

impl TenantName {
    /// Whether this is the tenant that every cluster has.
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT_TENANT
    }

    /// What follows the name of somebody in a sentence: ` in the tenant acme`. Nothing is said of the
    /// tenant that every cluster has.
    pub fn within(&self) -> String {
        if self.is_default() { String::new() } else { format!(" in the tenant {self}") }
    }

    /// The option of commands that means this tenant: ` --tenant acme`.
    pub fn option(&self) -> String {
        if self.is_default() { String::new() } else { format!(" --tenant {self}") }
    }
}

impl Default for TenantName {
    fn default() -> Self {
        Self(DEFAULT_TENANT.to_owned())
    }
}

// === impl NodeId ===

impl NodeId {
    /// A name that no other node has: the role and twelve random digits.
    pub fn made_up(role: &str) -> Self {
        let random: u64 = rand::random();
        Self(format!("{role}-{:012x}", random & 0xffff_ffff_ffff))
    }
}

fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// One immutable version of a function, written `name:3`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId {
    /// The function.
    pub function: FunctionName,
    /// Counted from 1 per function, never used twice.
    pub number: u32,
}

impl FromStr for VersionId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bad = || NameError::Version(text.to_owned());
        let (function, number) = text.split_once(':').ok_or_else(bad)?;
        let number = number.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?;
        Ok(Self { function: function.parse()?, number })
    }
}

impl TryFrom<String> for VersionId {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<VersionId> for String {
    fn from(version: VersionId) -> Self {
        version.to_string()
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.function, self.number)
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_alphabet_of_subjects_and_keys() {
        assert!("ab-test_2".parse::<FunctionName>().is_ok());
        for bad in ["", "a.b", "a b", "a*", ">", "é", &"x".repeat(65)] {
            assert!(bad.parse::<FunctionName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn versions_are_name_and_positive_number() {
        let version: VersionId = "ab-test:3".parse().unwrap();
        assert_eq!(version.to_string(), "ab-test:3");
        for bad in ["ab-test", "ab-test:", "ab-test:0", "ab-test:-1", ":1", "a:b:1"] {
            assert!(bad.parse::<VersionId>().is_err(), "{bad:?}");
        }
    }
}
