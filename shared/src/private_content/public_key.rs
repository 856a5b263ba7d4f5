//! Public keys of signers: RSA of 2,048 to 4,096 bits, and ECDSA on P-256 (`contract.md` 7.17).
//!
//! The bound on the size of an RSA key bounds the time that a gateway needs for one signature.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use spki::SubjectPublicKeyInfoRef;
use spki::der::oid::AssociatedOid as _;
use spki::der::{Document, asn1::ObjectIdentifier};

use super::HashAlgorithm;

/// Bits of the smallest and the largest RSA key.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

/// The algorithm of elliptic curves (RFC 5480, 2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A public key.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// In the form of PKCS #1.
    Rsa(Vec<u8>),
    /// On P-256.
    Ecdsa(Box<VerifyingKey>),
}

/// Why a text is not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not PEM.
    #[error("is not PEM, which begins with -----BEGIN PUBLIC KEY-----")]
    Pem,
    /// It is PEM of another thing, such as a private key.
    #[error(
        "has a {0}, and not a PUBLIC KEY; `openssl pkey -in FILE -pubout` writes the public key of \
         a private one"
    )]
    Label(String),
    /// Its algorithm is not known.
    #[error("is neither RSA nor ECDSA on P-256")]
    Algorithm,
    /// It is an RSA key of another size.
    #[error("is an RSA key of {0} bits; CloudFront's have 2048, and 2048 to 4096 are allowed")]
    Size(usize),
    /// Its bytes are not a key.
    #[error("is not a valid public key")]
    Invalid,
}

// === impl PublicKey ===

impl PublicKey {
    /// Reads a key in PEM (RFC 7468, 13).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, document) = Document::from_pem(text.trim()).map_err(|_| KeyError::Pem)?;
        if label != "PUBLIC KEY" {
            return Err(KeyError::Label(label.to_owned()));
        }
        let info = SubjectPublicKeyInfoRef::try_from(document.as_bytes());
        let info = info.map_err(|_| KeyError::Invalid)?;
        let bits = info.subject_public_key.as_bytes().ok_or(KeyError::Invalid)?;
        if info.algorithm.oid == pkcs1::ALGORITHM_OID {
            let key = pkcs1::RsaPublicKey::try_from(bits).map_err(|_| KeyError::Invalid)?;
            let size = bits_of(key.modulus.as_bytes());
            return match RSA_BITS.contains(&size) {
                true => Ok(Self::Rsa(bits.to_vec())),
                false => Err(KeyError::Size(size)),
            };
        }
        let curve = info.algorithm.parameters_oid().ok();
        if info.algorithm.oid != EC || curve != Some(p256::NistP256::OID) {
            return Err(KeyError::Algorithm);
        }
        let key = VerifyingKey::from_sec1_bytes(bits).map_err(|_| KeyError::Invalid)?;
        Ok(Self::Ecdsa(Box::new(key)))
    }

    /// True if the signature is this key's for the text. RSA signatures are PKCS #1 v1.5, and ECDSA
    /// signatures are DER, as OpenSSL writes them.
    pub fn verify(&self, hash: HashAlgorithm, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => {
                let algorithm = match hash {
                    HashAlgorithm::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                    HashAlgorithm::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
                };
                UnparsedPublicKey::new(algorithm, key).verify(text, signature).is_ok()
            }
            Self::Ecdsa(key) => Signature::from_der(signature).is_ok_and(|signature| {
                let verified = match hash {
                    HashAlgorithm::Sha1 => key.verify_prehash(&Sha1::digest(text), &signature),
                    HashAlgorithm::Sha256 => key.verify_prehash(&Sha256::digest(text), &signature),
                };
                verified.is_ok()
            }),
        }
    }
}

/// The length of a number in bits.
fn bits_of(number: &[u8]) -> usize {
    let zeros = number.first().map_or(0, |first| first.leading_zeros() as usize);
    number.len() * 8 - zeros
}
