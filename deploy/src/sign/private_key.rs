//! Private keys of signers: RSA, or ECDSA on P-256, in PEM as OpenSSL writes them.

use std::path::Path;

use brink_shared::private_content::HashAlgorithm;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use spki::der::SecretDocument;
use zeroize::Zeroizing;

use crate::command_error::CommandError;

/// A private key.
pub enum PrivateKey {
    /// Signatures are PKCS #1 v1.5.
    Rsa(Box<RsaPrivateKey>),
    /// Signatures are DER.
    Ecdsa(Box<SigningKey>),
}

// === impl PrivateKey ===

impl PrivateKey {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, CommandError> {
        let text = std::fs::read_to_string(file).map(Zeroizing::new);
        let text = text.map_err(|error| CommandError::reading(file, error))?;
        let wrong = |why: &str| CommandError::failed(format!("{} {why}", file.display()));
        // OpenSSL may write the parameters of a curve before the key.
        let begin = text.match_indices("-----BEGIN ").find(|(at, _)| {
            let line = text.get(*at..).and_then(|rest| rest.lines().next());
            line.is_some_and(|line| line.trim_end().ends_with("PRIVATE KEY-----"))
        });
        let begin = begin.ok_or_else(|| {
            wrong("has no private key, which begins with -----BEGIN PRIVATE KEY-----")
        })?;
        let pem = text.get(begin.0..).unwrap_or_default();
        let (label, document) =
            SecretDocument::from_pem(pem).map_err(|_| wrong("is not valid PEM"))?;
        let bytes = document.as_bytes();
        let rsa = |key: RsaPrivateKey| Self::Rsa(Box::new(key));
        let ecdsa = |key: p256::SecretKey| Self::Ecdsa(Box::new(SigningKey::from(key)));
        let key = match label {
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(bytes).map(rsa).ok(),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(bytes).map(ecdsa).ok(),
            "PRIVATE KEY" => {
                let key = RsaPrivateKey::from_pkcs8_der(bytes).map(rsa).ok();
                key.or_else(|| p256::SecretKey::from_pkcs8_der(bytes).map(ecdsa).ok())
            }
            "ENCRYPTED PRIVATE KEY" => {
                let why = "is encrypted; `openssl pkey -in FILE -out PLAIN` writes it without a \
                           password";
                return Err(wrong(why));
            }
            _ => None,
        };
        key.ok_or_else(|| wrong("is neither an RSA key nor an ECDSA key on P-256"))
    }

    /// Signs a text.
    pub fn sign(&self, hash: HashAlgorithm, text: &[u8]) -> Result<Vec<u8>, String> {
        let signed = match self {
            Self::Rsa(key) => {
                let key = RsaPrivateKey::clone(key);
                // The random numbers blind the operation. The signature does not depend on them.
                let rng = &mut rand_core::OsRng;
                match hash {
                    HashAlgorithm::Sha1 => {
                        rsa::pkcs1v15::SigningKey::<Sha1>::new(key).try_sign_with_rng(rng, text)
                    }
                    HashAlgorithm::Sha256 => {
                        rsa::pkcs1v15::SigningKey::<Sha256>::new(key).try_sign_with_rng(rng, text)
                    }
                }
                .map(|signature| signature.to_vec())
            }
            Self::Ecdsa(key) => {
                let signed: Result<Signature, _> = match hash {
                    HashAlgorithm::Sha1 => key.sign_prehash(&Sha1::digest(text)),
                    HashAlgorithm::Sha256 => key.sign_prehash(&Sha256::digest(text)),
                };
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
        };
        signed.map_err(|error| format!("the key cannot sign: {error}"))
    }
}
