//! What `crypto` and Web Crypto compute: digests, MACs, ciphers, keys, signatures, derivation.
//!
//! Everything is done by crates; this turns JavaScript's values into theirs and back. States and
//! keys live in objects that JavaScript can hold but not look into, and are wiped when they go.
//! Encodings, defaults and argument checks are the JavaScript modules' business.

mod agreement;
mod certificate;
mod cipher;
mod curve;
mod derive;
mod digest;
mod failure;
mod key;
mod random;
mod rsa_cipher;
mod sign;

use boa_engine::object::JsObject;
use boa_engine::{Context, JsArgs, JsResult, JsValue, js_string};
use zeroize::Zeroizing;

use super::bytes::{Bytes, uint8_array};
use super::encoding::utf8;
use super::functions;
use failure::Failure;

/// The natives of the name `crypto`.
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

// === Arguments and results ===

/// A text as UTF-8, or the bytes of a buffer; wiped after use.
fn data(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<Zeroizing<Vec<u8>>> {
    let value = arguments.get_or_undefined(at);
    Ok(Zeroizing::new(match value.as_string() {
        Some(text) => utf8(text.as_str()).into_owned(),
        None => Bytes::of(value, "data", context)?.to_vec(),
    }))
}

/// As [`data`], but nothing for `undefined` and `null`.
fn optional_data(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Option<Zeroizing<Vec<u8>>>> {
    if arguments.get_or_undefined(at).is_null_or_undefined() {
        return Ok(None);
    }
    data(arguments, at, context).map(Some)
}

fn text(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<String> {
    Ok(arguments.get_or_undefined(at).to_string(context)?.to_std_string_lossy())
}

fn optional_text(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Option<String>> {
    if arguments.get_or_undefined(at).is_null_or_undefined() {
        return Ok(None);
    }
    text(arguments, at, context).map(Some)
}

/// A whole number that is not negative.
fn number(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<u64> {
    arguments.get_or_undefined(at).to_length(context)
}

fn length(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<usize> {
    Ok(usize::try_from(number(arguments, at, context)?).unwrap_or(usize::MAX))
}

/// Bytes as JavaScript gets them: a `Uint8Array`, or the text that an encoding makes of them.
fn encoded(bytes: &[u8], encoding: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
    let text = match encoding.as_string().map(|name| name.to_std_string_lossy()).as_deref() {
        Some("hex") => js_string!(HEXLOWER.encode(bytes)),
        Some("base64") => js_string!(BASE64.encode(bytes)),
        Some("base64url") => js_string!(BASE64URL_NOPAD.encode(bytes)),
        _ => return Ok(uint8_array(bytes, context)?.into()),
    };
    Ok(text.into())
}

/// The result of a computation, or its failure as an exception.
fn returned<T: AsRef<[u8]>>(
    result: Result<T, Failure>,
    context: &mut Context,
) -> JsResult<JsValue> {
    match result {
        Ok(bytes) => Ok(uint8_array(bytes.as_ref(), context)?.into()),
        Err(failure) => Err(failure.thrown(context)),
    }
}
