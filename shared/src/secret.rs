//! Secrets of functions: sealed when a version is published, opened by workers only. Gateways seal
//! keys of certificates in the same way, to a key of their own ([`Sealed::of_text`]).
//!
//! A value is sealed to the workers' public key (a sealed box of libsodium: X25519, XSalsa20 and
//! Poly1305, with a one-time key of the sender). So the bus, the registry and the disks of nodes
//! have ciphertext only. The box also contains the names of the function and of the secret. If it
//! is moved to another name, it does not open.
//!
//! This protects values from readers. But people who may publish a function can make it reveal its
//! secrets, as on Lambda. Keys are stored elsewhere.

pub mod key;
mod sealed_text;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use rand_core::OsRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::id::FunctionName;
pub use key::{KeyError, PublicKey, SecretKey};
pub use sealed_text::SealedTextError;

/// Longest name of a secret, in bytes.
pub const SECRET_NAME_MAX: usize = 64;

/// Most bytes of all values of a function together: the limit of AWS Secrets Manager for one value.
pub const SECRETS_MAX: usize = 64 * 1024;

/// Longest box, in bytes: the largest value, its names, and the box itself.
const BOX_MAX: usize = SECRETS_MAX + 1024;

/// Marks the sealed text as a secret, so other texts that were sealed to the key are not mistaken
/// for one.
const MAGIC: &str = "brink-secret-1";

/// The name under which a function finds a secret in its environment: letters, digits and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// A value in the clear. It is wiped when dropped, and nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Zeroizing<String>);

/// The value in the form for a sandbox.
pub type Secrets = BTreeMap<SecretName, SecretValue>;

/// The form for all others.
pub type SealedSecrets = BTreeMap<SecretName, Sealed>;

/// A value that only the owner of the secret key can read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The key that it is sealed to.
    pub key: PublicKey,
    /// The box.
    #[serde(rename = "box", with = "base64")]
    pub sealed: Vec<u8>,
}

/// Why a text is not a secret. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The name is not valid. It may be a value in the wrong place, so it is not shown.
    #[error(
        "the name of a secret has letters, digits and _, does not begin with a digit, and has \
         {SECRET_NAME_MAX} at most"
    )]
    Name,
    /// The value is empty, most often because the variable is not set.
    #[error("the value is empty")]
    Empty,
    /// Environment variables are C strings.
    #[error("the value has a NUL byte, but environment variables cannot have one")]
    Nul,
    /// Environment variables are text.
    #[error("the value is not UTF-8; encode it, for example as base64")]
    NotText,
    /// Too long a value.
    #[error("the value has {0} bytes; the limit is {SECRETS_MAX}")]
    TooLong(usize),
    /// The operating system has no random numbers, or the crate reports an error.
    #[error("the value cannot be sealed")]
    Sealing,
}

/// Why a box cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is sealed to another key.
    #[error(
        "secret {name} of {function} is sealed to the key {key}, which this worker does not have"
    )]
    OtherKey {
        /// The function.
        function: FunctionName,
        /// The secret.
        name: SecretName,
        /// The key.
        key: PublicKey,
    },
    /// It is damaged.
    #[error(
        "secret {name} of {function} is damaged and cannot be opened; publish the function again"
    )]
    Damaged {
        /// The function.
        function: FunctionName,
        /// The secret.
        name: SecretName,
    },
    /// It was sealed for another name, and somebody moved it.
    #[error(
        "secret {name} of {function} was sealed for another function or name; \
         publish the function again"
    )]
    Moved {
        /// The function that has it now.
        function: FunctionName,
        /// The secret's name there.
        name: SecretName,
    },
}

// === impl SecretName ===

impl SecretName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let starts = text.starts_with(|c: char| !c.is_ascii_digit());
        let fits = text.len() <= SECRET_NAME_MAX;
        if plain && starts && fits { Ok(Self(text.to_owned())) } else { Err(SecretError::Name) }
    }
}

impl TryFrom<String> for SecretName {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        text.parse()
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl SecretValue ===

impl SecretValue {
    /// A value that a function can get.
    pub fn new(text: String) -> Result<Self, SecretError> {
        let text = Zeroizing::new(text);
        match text.len() {
            0 => Err(SecretError::Empty),
            length if length > SECRETS_MAX => Err(SecretError::TooLong(length)),
            _ if text.contains('\0') => Err(SecretError::Nul),
            _ => Ok(Self(text)),
        }
    }

    /// The value itself. The caller must not pass it on to anything but a sandbox.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Seals the value to a key, for one secret of one function.
    pub fn seal(
        &self,
        to: &PublicKey,
        function: &FunctionName,
        name: &SecretName,
    ) -> Result<Sealed, SecretError> {
        let mut text = Zeroizing::new(bound_to(function, name));
        text.reserve_exact(self.0.len());
        text.push_str(&self.0);
        let sealed = to.inner().seal(&mut OsRng, text.as_bytes());
        let sealed = sealed.map_err(|_| SecretError::Sealing)?;
        Ok(Sealed { key: to.clone(), sealed })
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

// === impl Sealed ===

impl Sealed {
    /// The value, if it was sealed to one of these keys, for this secret of this function.
    pub fn open(
        &self,
        keys: &[SecretKey],
        function: &FunctionName,
        name: &SecretName,
    ) -> Result<SecretValue, OpenError> {
        let (of, named) = (function.clone(), name.clone());
        let Some(key) = keys.iter().find(|key| key.public() == self.key) else {
            return Err(OpenError::OtherKey { function: of, name: named, key: self.key.clone() });
        };
        let fits = self.sealed.len() <= BOX_MAX;
        let opened = fits.then(|| key.inner().unseal(&self.sealed).ok()).flatten();
        let Some(opened) = opened.map(Zeroizing::new) else {
            return Err(OpenError::Damaged { function: of, name: named });
        };
        let value = opened.strip_prefix(bound_to(function, name).as_bytes());
        let text = value.and_then(|value| std::str::from_utf8(value).ok());
        let value = text.and_then(|text| SecretValue::new(text.to_owned()).ok());
        value.ok_or(OpenError::Moved { function: of, name: named })
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed to {} ({} bytes)", self.key, self.sealed.len())
    }
}

/// The text before a value. Names have no NUL, so no two secrets have the same text.
fn bound_to(function: &FunctionName, name: &SecretName) -> String {
    format!("{MAGIC}\0{function}\0{name}\0")
}

/// The only place that writes values in the clear: into the frame that loads a version into a
/// sandbox.
pub mod exposed {
    use serde::ser::SerializeMap;

    use super::{
        BTreeMap, Deserialize, Deserializer, SecretName, SecretValue, Secrets, Serializer,
    };

    /// Writes the values.
    pub fn serialize<S: Serializer>(secrets: &Secrets, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(secrets.len()))?;
        for (name, value) in secrets {
            map.serialize_entry(name, value.expose())?;
        }
        map.end()
    }

    /// Reads the values.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secrets, D::Error> {
        let read = BTreeMap::<SecretName, String>::deserialize(deserializer)?;
        let values = read.into_iter().map(|(name, text)| Ok((name, SecretValue::new(text)?)));
        values
            .collect::<Result<_, _>>()
            .map_err(|error: super::SecretError| serde::de::Error::custom(error))
    }
}

mod base64 {
    use super::{BASE64, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
