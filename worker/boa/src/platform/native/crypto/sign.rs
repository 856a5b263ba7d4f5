//! Signatures: RSA with PKCS #1 v1.5 and PSS, ECDSA, Ed25519.

use boa_engine::{Context, JsArgs, JsResult, JsValue};
use rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey};

use super::arguments::{data, optional_text, returned};
use super::digest::{Algorithm, with_digest};
use super::key::{Edwards, Key, Private, Public, with_key};
use super::openssl_error::{Failure, KEY_TYPE};

/// Node.js's numbers for paddings and salt lengths (`crypto.constants`).
const PKCS1: i32 = 1;
const PSS: i32 = 6;
const SALT_OF_DIGEST: i32 = -1;
const SALT_AUTO: i32 = -2;

/// How a message is signed.
struct Scheme {
    /// No digest is named: the key's own way, or no digest.
    digest: Option<Algorithm>,
    /// True if the message is a digest already.
    hashed: bool,
    padding: Option<i32>,
    salt: Option<i32>,
    /// True if ECDSA signatures are r and s instead of DER.
    plain: bool,
}

// === impl Scheme ===

impl Scheme {
    /// Reads the arguments from `at` on: digest, hashed, padding, salt length, plain.
    fn of(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<Self> {
        let name = optional_text(arguments, at, context)?;
        let digest = name.map(|name| Algorithm::named(&name)).transpose();
        let whole = |at: usize| arguments.get_or_undefined(at).as_number().map(|n| n as i32);
        Ok(Self {
            digest: digest.map_err(|failure| failure.thrown(context))?,
            hashed: arguments.get_or_undefined(at + 1).to_boolean(),
            padding: whole(at + 2),
            salt: whole(at + 3),
            plain: arguments.get_or_undefined(at + 4).to_boolean(),
        })
    }

    /// The message's digest, and its algorithm. If none was named, it is the key's usual one.
    fn digest(&self, message: &[u8]) -> (Algorithm, Vec<u8>) {
        let algorithm = self.digest.unwrap_or(Algorithm::Sha256);
        let digest = if self.hashed { message.to_vec() } else { algorithm.of(message).into_vec() };
        (algorithm, digest)
    }

    fn padding(&self, pss_only: bool) -> Result<i32, Failure> {
        match self.padding.unwrap_or(if pss_only { PSS } else { PKCS1 }) {
            PKCS1 if pss_only => Err(illegal_padding()),
            padding @ (PKCS1 | PSS) => Ok(padding),
            _ => Err(illegal_padding()),
        }
    }

    fn sign(&self, key: &Private, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match key {
            Private::Edwards(Edwards::Ed25519, seed) => {
                self.whole_message()?;
                use ed25519_dalek::Signer;
                Ok(ed25519_dalek::SigningKey::from_bytes(seed).sign(message).to_vec())
            }
            Private::Edwards(Edwards::X25519, _) => Err(KEY_TYPE),
            Private::Ec(curve, scalar, _) => {
                let signature = curve.sign(scalar, &self.digest(message).1)?;
                if self.plain { Ok(signature) } else { curve.to_der(&signature) }
            }
            Private::Rsa(key, pss_only) => {
                let (algorithm, digest) = self.digest(message);
                let result = if self.padding(*pss_only)? == PKCS1 {
                    key.sign_with_rng(&mut OsRng, pkcs1(algorithm), &digest)
                } else {
                    // The longest salt, which is OpenSSL's default, fills what is left.
                    let room = (key.n().bits() - 1).div_ceil(8).checked_sub(digest.len() + 2);
                    let salt_len = match self.salt.unwrap_or(SALT_AUTO) {
                        SALT_OF_DIGEST => Some(digest.len()),
                        SALT_AUTO => room,
                        length => usize::try_from(length).ok(),
                    };
                    let salt_len = salt_len.filter(|length| Some(*length) <= room);
                    let salt_len = salt_len.ok_or_else(too_large)?;
                    let pss = Pss { blinded: true, digest: algorithm.start(), salt_len };
                    key.sign_with_rng(&mut OsRng, pss, &digest)
                };
                result.map_err(|_| too_large())
            }
        }
    }

    fn verify(&self, key: &Public, message: &[u8], signature: &[u8]) -> Result<bool, Failure> {
        match key {
            Public::Edwards(Edwards::Ed25519, bytes) => {
                self.whole_message()?;
                use ed25519_dalek::Verifier;
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes);
                let signature = ed25519_dalek::Signature::from_slice(signature);
                Ok(match (key, signature) {
                    (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
                    _ => false,
                })
            }
            Public::Edwards(Edwards::X25519, _) => Err(KEY_TYPE),
            Public::Ec(curve, point) => {
                let (_, digest) = self.digest(message);
                Ok(curve.verify(point, &digest, signature, !self.plain))
            }
            Public::Rsa(key, pss_only) => {
                let (algorithm, digest) = self.digest(message);
                if self.padding(*pss_only)? == PKCS1 {
                    return Ok(key.verify(pkcs1(algorithm), &digest, signature).is_ok());
                }
                let salt_len = match self.salt.unwrap_or(SALT_AUTO) {
                    SALT_OF_DIGEST => Some(digest.len()),
                    SALT_AUTO => salt_length(key, algorithm, signature),
                    length => usize::try_from(length).ok(),
                };
                let room = (key.n().bits() - 1).div_ceil(8).checked_sub(digest.len() + 2);
                let Some(salt_len) = salt_len.filter(|length| Some(*length) <= room) else {
                    return Ok(false);
                };
                let pss = Pss { blinded: false, digest: algorithm.start(), salt_len };
                Ok(key.verify(pss, &digest, signature).is_ok())
            }
        }
    }

    /// Ed25519 digests messages itself.
    fn whole_message(&self) -> Result<(), Failure> {
        if self.hashed {
            return Err(Failure::Plain(
                Some("ERR_CRYPTO_UNSUPPORTED_OPERATION"),
                "Unsupported crypto operation".to_owned(),
            ));
        }
        if self.digest.is_some() {
            return Err(Failure::OpenSsl(
                "1C80007A",
                "Provider routines",
                "invalid digest",
                "ERR_OSSL_INVALID_DIGEST",
            ));
        }
        Ok(())
    }
}

fn pkcs1(algorithm: Algorithm) -> Pkcs1v15Sign {
    with_digest!(algorithm, D => Pkcs1v15Sign::new::<D>())
}

/// The length of the salt that a PSS signature was made with.
fn salt_length(key: &RsaPublicKey, algorithm: Algorithm, signature: &[u8]) -> Option<usize> {
    if signature.len() != key.size() {
        return None;
    }
    let encoded = rsa::hazmat::rsa_encrypt(key, &BigUint::from_bytes_be(signature)).ok()?;
    let encoded = encoded.to_bytes_be();
    let bits = key.n().bits() - 1;
    let length = bits.div_ceil(8);
    let mut block = vec![0; length.checked_sub(encoded.len())?];
    block.extend_from_slice(&encoded);
    let hash_length = algorithm.start().output_size();
    let (masked, rest) = block.split_at_checked(length.checked_sub(hash_length + 1)?)?;
    let seed = rest.get(..hash_length)?;
    let mask = (0_u32..).flat_map(|count| {
        let counter = count.to_be_bytes();
        algorithm.of(&[seed, counter.as_slice()].concat()).into_vec()
    });
    let mut data: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    *data.first_mut()? &= 0xff >> (8 * length - bits);
    let mark = data.iter().position(|byte| *byte != 0)?;
    (data.get(mark) == Some(&1)).then_some(data.len() - mark - 1)
}

fn illegal_padding() -> Failure {
    Failure::OpenSsl(
        "1C8000A5",
        "Provider routines",
        "illegal or unsupported padding mode",
        "ERR_OSSL_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE",
    )
}

fn too_large() -> Failure {
    Failure::OpenSsl(
        "0200006E",
        "rsa routines",
        "data too large for key size",
        "ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE",
    )
}

// === Natives ===

/// `sign(key, message, digest, hashed, padding, saltLength, plain)`.
pub(super) fn sign(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let message = data(arguments, 1, context)?;
    let scheme = Scheme::of(arguments, 2, context)?;
    let signature = with_key(arguments, 0, |key| match key {
        Key::Private(key) => scheme.sign(key, &message),
        Key::Public(_) | Key::Secret(_) => Err(KEY_TYPE),
    });
    returned(signature, context)
}

/// `verify(key, message, signature, digest, hashed, padding, saltLength, plain)`.
pub(super) fn verify(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (message, signature) = (data(arguments, 1, context)?, data(arguments, 2, context)?);
    let scheme = Scheme::of(arguments, 3, context)?;
    let verified = with_key(arguments, 0, |key| match key {
        Key::Public(key) => scheme.verify(key, &message, &signature),
        Key::Private(key) => scheme.verify(&key.public(), &message, &signature),
        Key::Secret(_) => Err(KEY_TYPE),
    });
    Ok(verified.map_err(|failure| failure.thrown(context))?.into())
}
