//! Texts that gateways seal for each other: keys of certificates and of accounts.
//!
//! A text is sealed for one purpose, whose words are in the box. If the box is moved to another
//! purpose, it does not open. Secrets of functions have other words, so neither opens as the other.

use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{BOX_MAX, PublicKey, Sealed, SecretError, SecretKey};

/// Marks the sealed text.
const MAGIC: &str = "brink-text-1";

/// Why a text cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedTextError {
    /// It is sealed to another key.
    #[error("it is sealed to the key {0}, which is not in this node's key file")]
    OtherKey(PublicKey),
    /// It is damaged, or was sealed for another purpose.
    #[error("it is damaged, or was sealed for another purpose")]
    Damaged,
}

// === impl Sealed ===

impl Sealed {
    /// Seals a text to a key, for one purpose. The purpose may not have a NUL.
    pub fn of_text(text: &str, to: &PublicKey, purpose: &str) -> Result<Self, SecretError> {
        let mut bound = Zeroizing::new(bound_to(purpose));
        bound.reserve_exact(text.len());
        bound.push_str(text);
        let sealed = to.inner().seal(&mut OsRng, bound.as_bytes());
        Ok(Self { key: to.clone(), sealed: sealed.map_err(|_| SecretError::Sealing)? })
    }

    /// The text, if it was sealed to one of these keys for this purpose.
    pub fn open_text(
        &self,
        keys: &[SecretKey],
        purpose: &str,
    ) -> Result<Zeroizing<String>, SealedTextError> {
        let key = keys.iter().find(|key| key.public() == self.key);
        let key = key.ok_or_else(|| SealedTextError::OtherKey(self.key.clone()))?;
        let fits = self.sealed.len() <= BOX_MAX;
        let opened = fits.then(|| key.inner().unseal(&self.sealed).ok()).flatten();
        let opened = opened.map(Zeroizing::new).ok_or(SealedTextError::Damaged)?;
        let text = opened.strip_prefix(bound_to(purpose).as_bytes());
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        text.map(|text| Zeroizing::new(text.to_owned())).ok_or(SealedTextError::Damaged)
    }
}

fn bound_to(purpose: &str) -> String {
    format!("{MAGIC}\0{purpose}\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_with_its_key_and_for_its_purpose_only() {
        let (own, other) = (SecretKey::generate(), SecretKey::generate());
        let sealed = Sealed::of_text("key", &own.public(), "certificate a.test").unwrap();
        let keys = [other, own];
        assert_eq!(sealed.open_text(&keys, "certificate a.test").unwrap().as_str(), "key");
        let moved = sealed.open_text(&keys, "certificate b.test").unwrap_err();
        assert_eq!(moved, SealedTextError::Damaged);
        let error = sealed.open_text(&keys[..1], "certificate a.test").unwrap_err();
        assert_eq!(error, SealedTextError::OtherKey(sealed.key.clone()));
        for at in 0..sealed.sealed.len() {
            let mut forged = sealed.clone();
            forged.sealed[at] ^= 1;
            let error = forged.open_text(&keys, "certificate a.test").unwrap_err();
            assert_eq!(error, SealedTextError::Damaged, "{at}");
        }
    }
}
