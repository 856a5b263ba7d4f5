//! The workers' keys, and their form as text.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use rand_core::OsRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The public key for sealing secrets: 32 bytes, written as base64. Not secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(crypto_box::PublicKey);

/// The secret key that opens them. It is wiped when dropped, and nothing prints it.
pub struct SecretKey(crypto_box::SecretKey);

/// Why a text has no keys. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A line is not a key.
    #[error("line {0} is not a key: write 32 bytes as base64, or begin a comment with #")]
    Line(usize),
    /// There is none.
    #[error("it has no key")]
    None,
    /// Not the text of a public key.
    #[error("this is not a public key: write 32 bytes as base64")]
    Public,
}

// === impl PublicKey ===

impl PublicKey {
    pub(super) fn inner(&self) -> &crypto_box::PublicKey {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| KeyError::Public)?;
        let key = crypto_box::PublicKey::from_slice(&bytes).map_err(|_| KeyError::Public)?;
        Ok(Self(key))
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl SecretKey ===

impl SecretKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(crypto_box::SecretKey::generate(&mut OsRng))
    }

    /// The public key: this secret key opens what is sealed to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key())
    }

    /// The text of a file with this key.
    pub fn to_file(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.0.to_bytes());
        let key = Zeroizing::new(BASE64.encode(&*bytes));
        Zeroizing::new(format!(
            "# Opens the secrets of functions. Workers of a cluster share this file; nobody else\n\
             # needs it. The first key is the one that secrets are sealed to; further ones, one a\n\
             # line, open what was sealed before.\n\
             # Public: {}\n{}\n",
            self.public(),
            *key
        ))
    }

    /// The keys in the text of a file, in their order.
    pub fn from_file(text: &str) -> Result<Vec<Self>, KeyError> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys = keys.map(|(at, line)| {
            let bytes = BASE64.decode(line.as_bytes()).map(Zeroizing::new);
            let key = bytes.ok().and_then(|b| crypto_box::SecretKey::from_slice(&b).ok());
            key.map(Self).ok_or(KeyError::Line(at))
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeyError::None) } else { Ok(keys) }
    }

    pub(super) fn inner(&self) -> &crypto_box::SecretKey {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret key of {}", self.public())
    }
}
