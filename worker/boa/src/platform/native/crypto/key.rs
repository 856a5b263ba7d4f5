//! Key objects for JavaScript, and their natives.

mod decode;
mod encode;
mod generate;
mod jwk;
mod pem;

use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, Finalize, JsArgs, JsBigInt, JsData, JsResult, JsString, JsValue, Trace, js_string,
};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use zeroize::Zeroizing;

use super::arguments::{data, optional_data, optional_text, returned, text};
use super::curve::Curve;
use super::openssl_error::{Failure, UNSUPPORTED};
use crate::platform::native::bytes::uint8_array;
pub(super) use decode::certificate_key;
pub(super) use generate::generate;

/// Largest RSA modulus, in bits, as in OpenSSL.
const RSA_MAX: usize = 16_384;

/// A key. Its secrets are wiped when it is dropped.
#[derive(Clone, PartialEq)]
pub(super) enum Key {
    Secret(Zeroizing<Vec<u8>>),
    Public(Public),
    Private(Private),
}

#[derive(Clone, PartialEq)]
pub(super) enum Public {
    /// With true: for PSS only (`rsa-pss`).
    Rsa(RsaPublicKey, bool),
    /// The uncompressed point.
    Ec(Curve, Vec<u8>),
    Edwards(Edwards, [u8; 32]),
}

#[derive(Clone, PartialEq)]
pub(super) enum Private {
    /// With true: for PSS only (`rsa-pss`).
    Rsa(Box<RsaPrivateKey>, bool),
    /// The scalar, of full length, and the uncompressed point.
    Ec(Curve, Zeroizing<Vec<u8>>, Vec<u8>),
    /// The seed.
    Edwards(Edwards, Zeroizing<[u8; 32]>),
}

/// The use of a key on curve 25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edwards {
    /// Signatures.
    Ed25519,
    /// Key agreement.
    X25519,
}

/// A key in an object for JavaScript.
#[derive(Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct Handle(Key);

// === impl Key ===

impl Key {
    fn object(self) -> JsValue {
        JsObject::from_proto_and_data(None, Handle(self)).into()
    }

    /// The public half; none for secrets.
    fn public(&self) -> Option<Public> {
        match self {
            Self::Secret(_) => None,
            Self::Public(key) => Some(key.clone()),
            Self::Private(key) => Some(key.public()),
        }
    }
}

// === impl Private ===

impl Private {
    pub(super) fn public(&self) -> Public {
        match self {
            Self::Rsa(key, pss) => Public::Rsa(key.to_public_key(), *pss),
            Self::Ec(curve, _, point) => Public::Ec(*curve, point.clone()),
            Self::Edwards(kind, seed) => Public::Edwards(*kind, kind.public(seed)),
        }
    }

    /// The elliptic key with a scalar; none if the scalar is out of range.
    pub(super) fn ec(curve: Curve, scalar: &[u8]) -> Option<Self> {
        let point = curve.point_of(scalar)?;
        Some(Self::Ec(curve, curve.padded(scalar)?, point))
    }
}

// === impl Edwards ===

impl Edwards {
    fn find(name: &str) -> Option<Self> {
        match name {
            "ed25519" | "Ed25519" => Some(Self::Ed25519),
            "x25519" | "X25519" => Some(Self::X25519),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::X25519 => "x25519",
        }
    }

    fn public(self, seed: &[u8; 32]) -> [u8; 32] {
        match self {
            Self::Ed25519 => ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes(),
            Self::X25519 => x25519_dalek::x25519(*seed, x25519_dalek::X25519_BASEPOINT_BYTES),
        }
    }
}

// === Reading arguments ===

/// Applies a function to the key in an argument.
pub(super) fn with_key<T>(
    arguments: &[JsValue],
    at: usize,
    apply: impl FnOnce(&Key) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let object = arguments.get_or_undefined(at).as_object();
    let handle = object.as_ref().and_then(|object| object.downcast_ref::<Handle>());
    handle.map_or_else(|| Err(Failure::internal("this is not a key")), |handle| apply(&handle.0))
}

/// The bytes of a secret key, or those of a text or a buffer.
pub(super) fn secret_or_data(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Zeroizing<Vec<u8>>> {
    let object = arguments.get_or_undefined(at).as_object();
    if let Some(handle) = object.as_ref().and_then(|object| object.downcast_ref::<Handle>()) {
        return match &handle.0 {
            Key::Secret(bytes) => Ok(bytes.clone()),
            _ => {
                let failure = Failure::internal("this key is not secret");
                drop(handle);
                Err(failure.thrown(context))
            }
        };
    }
    data(arguments, at, context)
}

/// The object of a public key.
pub(super) fn public_object(
    key: Result<Public, Failure>,
    context: &mut Context,
) -> JsResult<JsValue> {
    handle(key.map(Key::Public), context)
}

/// DER of a certificate in PEM or DER.
pub(super) fn certificate_der(data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if data.first() == Some(&0x30) {
        return Ok(Zeroizing::new(data.to_vec()));
    }
    pem::find(data, "CERTIFICATE").ok_or(super::openssl_error::BAD_DER)
}

fn handle(key: Result<Key, Failure>, context: &mut Context) -> JsResult<JsValue> {
    key.map(Key::object).map_err(|failure| failure.thrown(context))
}

// === Natives ===

/// `secretKey(bytes)`.
pub(super) fn secret(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    Ok(Key::Secret(data(arguments, 0, context)?).object())
}

/// `parseKey(data, private, format, type, passphrase)`: `format` is `pem` or `der`, `type` one of
/// `pkcs1`, `pkcs8`, `spki` and `sec1`.
pub(super) fn parse(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let data = data(arguments, 0, context)?;
    let private = arguments.get_or_undefined(1).to_boolean();
    let format = text(arguments, 2, context)?;
    let kind = optional_text(arguments, 3, context)?.unwrap_or_default();
    let passphrase = optional_data(arguments, 4, context)?;
    let passphrase = passphrase.as_ref().map(|bytes| bytes.as_slice());
    let key = match (format.as_str(), private) {
        ("pem", true) => pem::private(&data, passphrase).map(Key::Private),
        ("pem", false) => pem::public(&data, passphrase).map(Key::Public),
        (_, true) => decode::private(&data, &kind, passphrase).map(Key::Private),
        (_, false) => decode::public(&data, &kind, passphrase).map(Key::Public),
    };
    handle(key, context)
}

/// `jwkKey(jwk)`: a private key if the JWK has `d`. The caller has checked that the members are
/// texts.
pub(super) fn from_jwk(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let members = jwk::Members::of(arguments.get_or_undefined(0), context)?;
    handle(jwk::parse(&members), context)
}

/// `rawKey(curve, bytes, private)`: the key with a point or a scalar; undefined if it is not valid.
pub(super) fn from_raw(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let name = text(arguments, 0, context)?;
    let bytes = data(arguments, 1, context)?;
    let private = arguments.get_or_undefined(2).to_boolean();
    let key = match (Curve::find(&name), Edwards::find(&name)) {
        (Some(curve), _) if private => Private::ec(curve, &bytes).map(Key::Private),
        (Some(curve), _) => {
            curve.convert(&bytes, false).map(|point| Key::Public(Public::Ec(curve, point)))
        }
        (_, Some(kind)) => <[u8; 32]>::try_from(bytes.as_slice()).ok().map(|bytes| {
            if private {
                Key::Private(Private::Edwards(kind, Zeroizing::new(bytes)))
            } else {
                Key::Public(Public::Edwards(kind, bytes))
            }
        }),
        _ => None,
    };
    Ok(key.map_or_else(JsValue::undefined, Key::object))
}

/// `publicOf(key)`.
pub(super) fn public_of(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let key = with_key(arguments, 0, |key| key.public().map(Key::Public).ok_or(UNSUPPORTED));
    handle(key, context)
}

/// `keyInfo(key)`: the type of an asymmetric key, and its details.
pub(super) fn info(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let public = with_key(arguments, 0, |key| key.public().ok_or(UNSUPPORTED));
    let public = public.map_err(|failure| failure.thrown(context))?;
    let mut details = ObjectInitializer::new(context);
    let name = match &public {
        Public::Rsa(key, pss) => {
            let exponent = key.e().to_bytes_be();
            let exponent = exponent.iter().fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
            details
                .property(js_string!("modulusLength"), key.n().bits(), Attribute::all())
                .property(js_string!("publicExponent"), JsBigInt::from(exponent), Attribute::all());
            if *pss { "rsa-pss" } else { "rsa" }
        }
        Public::Ec(curve, _) => {
            let name = JsString::from(curve.name());
            details.property(js_string!("namedCurve"), name, Attribute::all());
            "ec"
        }
        Public::Edwards(kind, _) => kind.name(),
    };
    let details = details.build();
    let info = ObjectInitializer::new(context)
        .property(js_string!("type"), JsString::from(name), Attribute::all())
        .property(js_string!("details"), details, Attribute::all())
        .build();
    Ok(info.into())
}

/// `keyBytes(key)`: the bytes of a secret key.
pub(super) fn bytes(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = with_key(arguments, 0, |key| match key {
        Key::Secret(bytes) => Ok(bytes.clone()),
        _ => Err(Failure::internal("this key is not secret")),
    });
    returned(bytes, context)
}

/// `keyRaw(key)`: the point of a public key, the scalar or the seed of a private one.
pub(super) fn raw(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = with_key(arguments, 0, |key| match key {
        Key::Public(Public::Ec(_, point)) => Ok(Zeroizing::new(point.clone())),
        Key::Public(Public::Edwards(_, bytes)) => Ok(Zeroizing::new(bytes.to_vec())),
        Key::Private(Private::Ec(_, scalar, _)) => Ok(scalar.clone()),
        Key::Private(Private::Edwards(_, seed)) => Ok(Zeroizing::new(seed.to_vec())),
        _ => Err(Failure::internal("this key has no raw form")),
    });
    returned(bytes, context)
}

/// `keyEquals(left, right)`.
pub(super) fn equals(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let equal = with_key(arguments, 0, |left| with_key(arguments, 1, |right| Ok(left == right)));
    Ok(equal.map_err(|failure| failure.thrown(context))?.into())
}

/// `exportKey(key, format, type, cipher, passphrase)`: PEM as a text, DER as bytes.
pub(super) fn export(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let format = text(arguments, 1, context)?;
    let kind = text(arguments, 2, context)?;
    let cipher = optional_text(arguments, 3, context)?;
    let passphrase = optional_data(arguments, 4, context)?;
    let lock = cipher.as_deref().zip(passphrase.as_ref().map(|bytes| bytes.as_slice()));
    let document = with_key(arguments, 0, |key| match key {
        Key::Public(key) => encode::public(key, &kind),
        Key::Private(key) => encode::private(key, &kind, lock),
        Key::Secret(_) => Err(UNSUPPORTED),
    });
    let document = document.map_err(|failure| failure.thrown(context))?;
    if format == "pem" {
        return Ok(JsString::from(document.pem().as_str()).into());
    }
    Ok(uint8_array(&document.der, context)?.into())
}

/// `exportJwk(key)`: the members that describe the key.
pub(super) fn to_jwk(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let members = with_key(arguments, 0, jwk::members);
    let members = members.map_err(|failure| failure.thrown(context))?;
    let mut object = ObjectInitializer::new(context);
    for (name, value) in members {
        object.property(JsString::from(name), JsString::from(value.as_str()), Attribute::all());
    }
    Ok(object.build().into())
}
