//! New keys, from the operating system's randomness.

use boa_engine::{Context, JsResult, JsValue};
use rand_core::{OsRng, RngCore};
use rsa::{BigUint, RsaPrivateKey};
use zeroize::Zeroizing;

use super::super::arguments::{length, number, text};
use super::super::curve::Curve;
use super::super::openssl_error::{Failure, UNSUPPORTED};
use super::{Edwards, Key, Private, handle};

/// Largest RSA modulus that is generated, in bits. Larger ones take minutes.
const RSA_GENERATE_MAX: usize = 8192;

/// Longest secret key that is generated, in bytes.
const SECRET_MAX: usize = 16 * 1024 * 1024;

/// `generateKey(type, parameter, exponent)`: of `rsa` (bits), `ec` (curve), `ed25519`, `x25519`,
/// `secret` (bytes).
pub(in super::super) fn generate(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let kind = text(arguments, 0, context)?;
    let key = match kind.as_str() {
        "rsa" | "rsa-pss" => {
            let (bits, exponent) = (length(arguments, 1, context)?, number(arguments, 2, context)?);
            generate_rsa(bits, exponent, kind == "rsa-pss")
        }
        "ec" => {
            let curve = Curve::find(&text(arguments, 1, context)?);
            curve
                .and_then(|curve| Private::ec(curve, &curve.generate()))
                .map(Key::Private)
                .ok_or_else(|| {
                    Failure::Type("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name".into())
                })
        }
        "secret" => random(length(arguments, 1, context)?).map(Key::Secret),
        _ => random(32).and_then(|bytes| {
            let seed = bytes.as_slice().try_into().map_err(Failure::internal)?;
            let kind = Edwards::find(&kind).ok_or(UNSUPPORTED)?;
            Ok(Key::Private(Private::Edwards(kind, Zeroizing::new(seed))))
        }),
    };
    handle(key, context)
}

fn random(length: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if length > SECRET_MAX {
        return Err(Failure::Range("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length".to_owned()));
    }
    let mut bytes = Zeroizing::new(vec![0; length]);
    OsRng.try_fill_bytes(&mut bytes).map_err(Failure::internal)?;
    Ok(bytes)
}

fn generate_rsa(bits: usize, exponent: u64, pss: bool) -> Result<Key, Failure> {
    if bits < 512 {
        return Err(Failure::OpenSsl(
            "02000078",
            "rsa routines",
            "key size too small",
            "ERR_OSSL_RSA_KEY_SIZE_TOO_SMALL",
        ));
    }
    if bits > RSA_GENERATE_MAX {
        return Err(Failure::OpenSsl(
            "02000069",
            "rsa routines",
            "modulus too large",
            "ERR_OSSL_RSA_MODULUS_TOO_LARGE",
        ));
    }
    if exponent < 3 || exponent.is_multiple_of(2) {
        return Err(Failure::OpenSsl(
            "02000065",
            "rsa routines",
            "bad e value",
            "ERR_OSSL_RSA_BAD_E_VALUE",
        ));
    }
    let key = RsaPrivateKey::new_with_exp(&mut OsRng, bits, &BigUint::from(exponent))
        .map_err(Failure::internal)?;
    Ok(Key::Private(Private::Rsa(Box::new(key), pss)))
}
