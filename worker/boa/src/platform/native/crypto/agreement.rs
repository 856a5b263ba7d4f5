//! Key agreement: ECDH on the NIST curves, X25519.

use boa_engine::{Context, JsArgs, JsResult, JsValue};
use zeroize::Zeroizing;

use super::arguments::{data, returned, text};
use super::curve::Curve;
use super::key::{Edwards, Key, Private, Public, with_key};
use super::openssl_error::{Failure, KEY_TYPE};

/// `agree(privateKey, publicKey)`: the shared secret.
pub(super) fn agree(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let secret = with_key(arguments, 0, |own| {
        with_key(arguments, 1, |other| {
            let other = match other {
                Key::Public(key) => key.clone(),
                Key::Private(key) => key.public(),
                Key::Secret(_) => return Err(KEY_TYPE),
            };
            match (own, other) {
                (Key::Private(Private::Ec(curve, scalar, _)), Public::Ec(other, point))
                    if *curve == other =>
                {
                    curve.agree(scalar, &point).ok_or_else(failed)
                }
                (
                    Key::Private(Private::Edwards(Edwards::X25519, seed)),
                    Public::Edwards(Edwards::X25519, other),
                ) => {
                    let shared = Zeroizing::new(x25519_dalek::x25519(**seed, other).to_vec());
                    // A point of small order would make the secret predictable.
                    if shared.iter().all(|byte| *byte == 0) { Err(failed()) } else { Ok(shared) }
                }
                _ => Err(KEY_TYPE),
            }
        })
    });
    returned(secret, context)
}

/// `curvePoint(curve, point, compressed)`: the point in the other form, or undefined if it is not a
/// point of the curve.
pub(super) fn point(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let curve = Curve::find(&text(arguments, 0, context)?);
    let point = data(arguments, 1, context)?;
    let compress = arguments.get_or_undefined(2).to_boolean();
    match curve.and_then(|curve| curve.convert(&point, compress)) {
        Some(point) => returned(Ok(point), context),
        None => Ok(JsValue::undefined()),
    }
}

fn failed() -> Failure {
    Failure::OpenSsl(
        "0680009B",
        "Provider routines",
        "failed during derivation",
        "ERR_OSSL_FAILED_DURING_DERIVATION",
    )
}
