//! CloudFront's security policies: which versions of TLS and which ciphers viewers may use.

use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// A security policy that gateways can offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SecurityPolicy {
    /// TLS 1.2 and 1.3.
    Tls12In2018,
    /// TLS 1.2 and 1.3.
    Tls12In2019,
    /// TLS 1.2 and 1.3.
    #[default]
    Tls12In2021,
    /// TLS 1.2 and 1.3; in TLS 1.2 AES-GCM only.
    Tls12In2025,
    /// TLS 1.3.
    Tls13In2025,
}

/// Policies with versions of TLS that are broken.
const TOO_OLD: [&str; 4] = ["SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016"];

/// Why a name is not a policy of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecurityPolicyError {
    /// One of CloudFront's old policies.
    #[error(
        "{0} includes SSL 3.0, TLS 1.0 or TLS 1.1, which gateways do not speak because they are \
         broken; the oldest policy here is TLSv1.2_2018"
    )]
    TooOld(String),
    /// No policy at all.
    #[error("{0:?} is not a security policy; write {names}", names = SecurityPolicy::names())]
    Unknown(String),
}

// === impl SecurityPolicy ===

impl SecurityPolicy {
    /// All of them, from the most lenient to the strictest.
    pub const ALL: [Self; 5] = [
        Self::Tls12In2018,
        Self::Tls12In2019,
        Self::Tls12In2021,
        Self::Tls12In2025,
        Self::Tls13In2025,
    ];

    /// CloudFront's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls12In2018 => "TLSv1.2_2018",
            Self::Tls12In2019 => "TLSv1.2_2019",
            Self::Tls12In2021 => "TLSv1.2_2021",
            Self::Tls12In2025 => "TLSv1.2_2025",
            Self::Tls13In2025 => "TLSv1.3_2025",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl FromStr for SecurityPolicy {
    type Err = SecurityPolicyError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if TOO_OLD.contains(&name) {
            return Err(SecurityPolicyError::TooOld(name.to_owned()));
        }
        let found = Self::ALL.into_iter().find(|policy| policy.name() == name);
        found.ok_or_else(|| SecurityPolicyError::Unknown(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for SecurityPolicy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for SecurityPolicy {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_have_cloudfronts_names_and_old_ones_are_refused_with_the_reason() {
        for policy in SecurityPolicy::ALL {
            assert_eq!(policy.name().parse(), Ok(policy));
        }
        for name in TOO_OLD {
            let error = name.parse::<SecurityPolicy>().unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains("TLSv1.2_2018"), "{error}");
        }
        let error = "TLSv1.2_2022".parse::<SecurityPolicy>().unwrap_err().to_string();
        assert!(error.contains("TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025"), "{error}");
    }
}
