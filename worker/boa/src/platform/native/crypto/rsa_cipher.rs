//! RSA encryption with the paddings OAEP and PKCS #1 v1.5, or without padding.

use boa_engine::{Context, JsArgs, JsResult, JsValue};
use rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Oaep, Pkcs1v15Encrypt, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey, hazmat};
use zeroize::Zeroizing;

use super::arguments::{data, optional_data, returned, text};
use super::digest::Algorithm;
use super::key::{Key, Private, Public, with_key};
use super::openssl_error::{Failure, KEY_TYPE};

/// Node.js's numbers for paddings (`crypto.constants`).
const PKCS1: i32 = 1;
const NONE: i32 = 3;

type Output = Result<Zeroizing<Vec<u8>>, Failure>;

/// `rsa(key, data, operation, padding, digest, label)`: `operation` is `publicEncrypt`,
/// `privateDecrypt`, `privateEncrypt` or `publicDecrypt`.
pub(super) fn run(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(arguments, 1, context)?;
    let operation = text(arguments, 2, context)?;
    let padding = arguments.get_or_undefined(3).to_i32(context)?;
    let digest = text(arguments, 4, context)?;
    let label = optional_data(arguments, 5, context)?;
    let output = with_key(arguments, 0, |key| {
        let digest = Algorithm::find(&digest).ok_or_else(|| {
            Failure::Plain(Some("ERR_OSSL_EVP_INVALID_DIGEST"), "Invalid digest used".to_owned())
        })?;
        let label = label.as_ref().filter(|label| !label.is_empty());
        let label = label.map(|label| String::from_utf8(label.to_vec())).transpose();
        let label = label.map_err(|_| Failure::internal("an OAEP label has to be UTF-8"))?;
        let oaep = Oaep { digest: digest.start(), mgf_digest: digest.start(), label };
        match (operation.as_str(), key) {
            ("publicEncrypt", Key::Public(Public::Rsa(key, false))) => {
                encrypt(key, &data, padding, oaep)
            }
            ("publicEncrypt", Key::Private(Private::Rsa(key, false))) => {
                encrypt(&key.to_public_key(), &data, padding, oaep)
            }
            ("privateDecrypt", Key::Private(Private::Rsa(key, false))) => {
                decrypt(key, &data, padding, oaep)
            }
            ("privateEncrypt", Key::Private(Private::Rsa(key, false))) => {
                encrypt_by_private(key, &data, padding)
            }
            ("publicDecrypt", Key::Public(Public::Rsa(key, false))) => {
                decrypt_by_public(key, &data, padding)
            }
            ("publicDecrypt", Key::Private(Private::Rsa(key, false))) => {
                decrypt_by_public(&key.to_public_key(), &data, padding)
            }
            _ => Err(KEY_TYPE),
        }
    });
    returned(output, context)
}

fn encrypt(key: &RsaPublicKey, data: &[u8], padding: i32, oaep: Oaep) -> Output {
    let output = match padding {
        PKCS1 => key.encrypt(&mut OsRng, Pkcs1v15Encrypt, data),
        NONE => {
            let number = whole_block(key, data)?;
            let output = hazmat::rsa_encrypt(key, &number).map_err(Failure::internal)?;
            return padded(&output, key.size());
        }
        _ => key.encrypt(&mut OsRng, oaep, data),
    };
    output.map(Zeroizing::new).map_err(|_| too_large())
}

fn decrypt(key: &RsaPrivateKey, data: &[u8], padding: i32, oaep: Oaep) -> Output {
    match padding {
        NONE => {
            let number = whole_block(key, data)?;
            let output = hazmat::rsa_decrypt(Some(&mut OsRng), key, &number);
            padded(&output.map_err(Failure::internal)?, key.size())
        }
        // The padding of PKCS #1 v1.5 lets its failures be used as an oracle.
        PKCS1 => Err(Failure::Type(
            "ERR_INVALID_ARG_VALUE",
            "RSA_PKCS1_PADDING is no longer supported for private decryption, this can be \
             reverted with --security-revert=CVE-2023-46809"
                .to_owned(),
        )),
        _ => {
            let output = key.decrypt_blinded(&mut OsRng, oaep, data);
            output.map(Zeroizing::new).map_err(|_| {
                Failure::OpenSsl(
                    "02000079",
                    "rsa routines",
                    "oaep decoding error",
                    "ERR_OSSL_RSA_OAEP_DECODING_ERROR",
                )
            })
        }
    }
}

fn encrypt_by_private(key: &RsaPrivateKey, data: &[u8], padding: i32) -> Output {
    if padding == NONE {
        let number = whole_block(key, data)?;
        let output = hazmat::rsa_decrypt_and_check(key, Some(&mut OsRng), &number);
        return padded(&output.map_err(Failure::internal)?, key.size());
    }
    let scheme = Pkcs1v15Sign::new_unprefixed();
    let output = key.sign_with_rng(&mut OsRng, scheme, data);
    output.map(Zeroizing::new).map_err(|_| too_large())
}

fn decrypt_by_public(key: &RsaPublicKey, data: &[u8], padding: i32) -> Output {
    let invalid = || {
        Failure::OpenSsl(
            "0200008A",
            "rsa routines",
            "invalid padding",
            "ERR_OSSL_RSA_INVALID_PADDING",
        )
    };
    let number = whole_block(key, data).map_err(|_| invalid())?;
    let block = hazmat::rsa_encrypt(key, &number).map_err(|_| invalid())?;
    let block = padded(&block, key.size())?;
    if padding == NONE {
        return Ok(block);
    }
    // 00 01, at least eight FF, 00, and the message.
    let body = block.strip_prefix(&[0, 1]).ok_or_else(invalid)?;
    let end = body.iter().position(|byte| *byte != 0xff).filter(|end| *end >= 8);
    let message = end.and_then(|end| body.get(end..)?.strip_prefix(&[0]));
    message.map(|message| Zeroizing::new(message.to_vec())).ok_or_else(invalid)
}

/// Checks that data is as long as the key, and less than its modulus.
fn whole_block(key: &impl PublicKeyParts, data: &[u8]) -> Result<BigUint, Failure> {
    let number = BigUint::from_bytes_be(data);
    if data.len() < key.size() {
        return Err(Failure::OpenSsl(
            "0200007A",
            "rsa routines",
            "data too small for key size",
            "ERR_OSSL_RSA_DATA_TOO_SMALL_FOR_KEY_SIZE",
        ));
    }
    if data.len() > key.size() || number >= *key.n() { Err(too_large()) } else { Ok(number) }
}

fn padded(number: &BigUint, size: usize) -> Output {
    let bytes = Zeroizing::new(number.to_bytes_be());
    let mut block = Zeroizing::new(vec![0; size.saturating_sub(bytes.len())]);
    block.extend_from_slice(&bytes);
    Ok(block)
}

fn too_large() -> Failure {
    Failure::OpenSsl(
        "0200006E",
        "rsa routines",
        "data too large for key size",
        "ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE",
    )
}
