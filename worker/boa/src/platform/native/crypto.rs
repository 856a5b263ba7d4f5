//! The computations of `crypto` and Web Crypto: digests, MACs, ciphers, keys, signatures, key
//! derivation.
//!
//! Crates do all the work. This code converts JavaScript's values for them, and their results back.
//! States and keys live in objects that JavaScript can pass on but not read, and are wiped when
//! they are dropped. The JavaScript modules do encodings, defaults and checks of arguments.

mod agreement;
mod arguments;
mod certificate;
mod cipher;
mod curve;
mod derive;
mod digest;
mod key;
mod openssl_error;
mod random;
mod rsa_cipher;
mod sign;

use boa_engine::object::JsObject;
use boa_engine::{Context, JsArgs, JsResult, JsValue};

use super::bytes::Bytes;
use super::functions::functions;

/// The natives with the name `crypto`.
pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    let list = [
        ("hashNew", 2, digest::hash_new as _),
        ("hmacNew", 2, digest::hmac_new as _),
        ("digestUpdate", 2, digest::update as _),
        ("digestFinish", 2, digest::finish as _),
        ("digestCopy", 2, digest::copy as _),
        ("hashOnce", 3, digest::once as _),
        ("isDigest", 1, digest::is_digest as _),
        ("equal", 2, equal as _),
        ("fill", 3, random::fill as _),
        ("uuid", 0, random::uuid as _),
        ("pbkdf2", 5, derive::pbkdf2 as _),
        ("scrypt", 7, derive::scrypt as _),
        ("hkdf", 5, derive::hkdf as _),
        ("cipherInfo", 1, cipher::info as _),
        ("cipherNew", 5, cipher::new as _),
        ("cipherUpdate", 2, cipher::update as _),
        ("cipherFinal", 1, cipher::finish as _),
        ("cipherAad", 2, cipher::aad as _),
        ("cipherTag", 1, cipher::tag as _),
        ("cipherSetTag", 2, cipher::set_tag as _),
        ("cipherPadding", 2, cipher::set_padding as _),
        ("keyWrap", 4, cipher::wrap as _),
        ("secretKey", 1, key::secret as _),
        ("parseKey", 5, key::parse as _),
        ("jwkKey", 1, key::from_jwk as _),
        ("rawKey", 3, key::from_raw as _),
        ("publicOf", 1, key::public_of as _),
        ("keyInfo", 1, key::info as _),
        ("keyBytes", 1, key::bytes as _),
        ("keyRaw", 1, key::raw as _),
        ("keyEquals", 2, key::equals as _),
        ("exportKey", 5, key::export as _),
        ("exportJwk", 1, key::to_jwk as _),
        ("generateKey", 3, key::generate as _),
        ("sign", 7, sign::sign as _),
        ("verify", 8, sign::verify as _),
        ("rsa", 6, rsa_cipher::run as _),
        ("agree", 2, agreement::agree as _),
        ("curvePoint", 3, agreement::point as _),
        ("certificate", 1, certificate::read as _),
        ("certificateKey", 1, certificate::public_key as _),
    ];
    Ok(functions(&list, context))
}

/// Compares two byte strings of one length in constant time.
fn equal(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let left = Bytes::of(arguments.get_or_undefined(0), "buf1", context)?.to_vec();
    let right = Bytes::of(arguments.get_or_undefined(1), "buf2", context)?.to_vec();
    Ok(bool::from(subtle::ConstantTimeEq::ct_eq(left.as_slice(), right.as_slice())).into())
}
