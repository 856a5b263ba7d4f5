//! Digests and HMAC.

use boa_engine::object::JsObject;
use boa_engine::{Context, Finalize, JsArgs, JsData, JsResult, JsValue, Trace};
use hmac::digest::{DynDigest, ExtendableOutput, Update, XofReader};
use hmac::{Mac, SimpleHmac};

use super::arguments::{data, encoded, number, text};
use super::openssl_error::Failure;

/// Largest output of an extendable digest, in bytes.
const XOF_MAX: usize = 16 * 1024 * 1024;

/// A digest algorithm of a fixed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Ripemd160,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512To224,
    Sha512To256,
    Sha3To224,
    Sha3To256,
    Sha3To384,
    Sha3To512,
}

/// Runs an expression with a name bound to the type that implements an algorithm.
macro_rules! with_digest {
    ($algorithm:expr, $digest:ident => $body:expr) => {
        match $algorithm {
            Algorithm::Md5 => {
                type $digest = md5::Md5;
                $body
            }
            Algorithm::Ripemd160 => {
                type $digest = ripemd::Ripemd160;
                $body
            }
            Algorithm::Sha1 => {
                type $digest = sha1::Sha1;
                $body
            }
            Algorithm::Sha224 => {
                type $digest = sha2::Sha224;
                $body
            }
            Algorithm::Sha256 => {
                type $digest = sha2::Sha256;
                $body
            }
            Algorithm::Sha384 => {
                type $digest = sha2::Sha384;
                $body
            }
            Algorithm::Sha512 => {
                type $digest = sha2::Sha512;
                $body
            }
            Algorithm::Sha512To224 => {
                type $digest = sha2::Sha512_224;
                $body
            }
            Algorithm::Sha512To256 => {
                type $digest = sha2::Sha512_256;
                $body
            }
            Algorithm::Sha3To224 => {
                type $digest = sha3::Sha3_224;
                $body
            }
            Algorithm::Sha3To256 => {
                type $digest = sha3::Sha3_256;
                $body
            }
            Algorithm::Sha3To384 => {
                type $digest = sha3::Sha3_384;
                $body
            }
            Algorithm::Sha3To512 => {
                type $digest = sha3::Sha3_512;
                $body
            }
        }
    };
}
pub(super) use with_digest;

/// A digest or a MAC under way.
#[derive(Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct State(Digesting);

enum Digesting {
    Fixed(Box<dyn DynDigest>),
    Shake128(sha3::Shake128, usize),
    Shake256(sha3::Shake256, usize),
    Keyed(Box<dyn Keyed>),
    Finished,
}

/// HMAC over some digest.
trait Keyed {
    fn update(&mut self, data: &[u8]);
    fn finish(self: Box<Self>) -> Vec<u8>;
}

// === impl Algorithm ===

impl Algorithm {
    /// The algorithm of a name as OpenSSL knows it: in any case, with the signature names.
    pub(super) fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("rsa-").unwrap_or(&name);
        Some(match name.strip_suffix("withrsaencryption").unwrap_or(name) {
            "md5" | "ssl3-md5" => Self::Md5,
            "ripemd160" | "rmd160" | "ripemd" | "ripemd-160" | "ripemd160withrsa" => {
                Self::Ripemd160
            }
            "sha1" | "sha-1" | "sha1-2" | "ssl3-sha1" => Self::Sha1,
            "sha224" | "sha-224" | "sha2-224" => Self::Sha224,
            "sha256" | "sha-256" | "sha2-256" => Self::Sha256,
            "sha384" | "sha-384" | "sha2-384" => Self::Sha384,
            "sha512" | "sha-512" | "sha2-512" => Self::Sha512,
            "sha512-224" | "sha-512/224" | "sha512/224" => Self::Sha512To224,
            "sha512-256" | "sha-512/256" | "sha512/256" => Self::Sha512To256,
            "sha3-224" | "id-rsassa-pkcs1-v1_5-with-sha3-224" => Self::Sha3To224,
            "sha3-256" | "id-rsassa-pkcs1-v1_5-with-sha3-256" => Self::Sha3To256,
            "sha3-384" | "id-rsassa-pkcs1-v1_5-with-sha3-384" => Self::Sha3To384,
            "sha3-512" | "id-rsassa-pkcs1-v1_5-with-sha3-512" => Self::Sha3To512,
            _ => return None,
        })
    }

    /// The algorithm with a name, or the error that there is none.
    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        Self::find(name).ok_or_else(|| Failure::digest(name))
    }

    /// A fresh digest.
    pub(super) fn start(self) -> Box<dyn DynDigest + Send + Sync> {
        with_digest!(self, D => Box::new(D::default()))
    }

    /// The digest of a message.
    pub(super) fn of(self, message: &[u8]) -> Box<[u8]> {
        let mut digest = self.start();
        digest.update(message);
        digest.finalize()
    }

    /// HMAC with this digest, and a key of any length.
    fn keyed(self, key: &[u8]) -> Result<Box<dyn Keyed>, Failure> {
        with_digest!(self, D => {
            let mac = SimpleHmac::<D>::new_from_slice(key).map_err(Failure::internal)?;
            Ok(Box::new(mac))
        })
    }
}

impl<M: Mac> Keyed for M {
    fn update(&mut self, data: &[u8]) {
        Mac::update(self, data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        (*self).finalize().into_bytes().to_vec()
    }
}

// === impl Digesting ===

impl Digesting {
    fn new(name: &str, length: Option<usize>) -> Result<Self, Failure> {
        let digesting = match name.to_ascii_lowercase().as_str() {
            "shake128" | "shake-128" => Self::Shake128(Default::default(), length.unwrap_or(16)),
            "shake256" | "shake-256" => Self::Shake256(Default::default(), length.unwrap_or(32)),
            _ => Self::Fixed(
                Algorithm::find(name)
                    .ok_or_else(|| Failure::Plain(None, "Digest method not supported".into()))?
                    .start(),
            ),
        };
        match (&digesting, length) {
            (Self::Fixed(digest), Some(length)) if digest.output_size() != length => {
                Err(Failure::OpenSsl(
                    "030000B2",
                    "digital envelope routines",
                    "not XOF or invalid length",
                    "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
                ))
            }
            (Self::Shake128(..) | Self::Shake256(..), Some(length)) if length > XOF_MAX => {
                Err(Failure::Range("ERR_OUT_OF_RANGE", "the digest is too long".into()))
            }
            _ => Ok(digesting),
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Fixed(digest) => digest.update(data),
            Self::Shake128(digest, _) => digest.update(data),
            Self::Shake256(digest, _) => digest.update(data),
            Self::Keyed(mac) => mac.update(data),
            Self::Finished => {}
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Fixed(digest) => digest.finalize().into_vec(),
            Self::Shake128(digest, length) => squeezed(digest, length),
            Self::Shake256(digest, length) => squeezed(digest, length),
            Self::Keyed(mac) => mac.finish(),
            Self::Finished => Vec::new(),
        }
    }

    fn object(self) -> JsValue {
        JsObject::from_proto_and_data(None, State(self)).into()
    }
}

fn squeezed(digest: impl ExtendableOutput, length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    digest.finalize_xof().read(&mut output);
    output
}

fn output_length(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Option<usize>> {
    if arguments.get_or_undefined(at).is_undefined() {
        return Ok(None);
    }
    Ok(Some(usize::try_from(number(arguments, at, context)?).unwrap_or(usize::MAX)))
}

// === Natives ===

/// `hashNew(name, outputLength)`: a digest to update.
pub(super) fn hash_new(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let name = text(arguments, 0, context)?;
    let length = output_length(arguments, 1, context)?;
    match Digesting::new(&name, length) {
        Ok(digesting) => Ok(digesting.object()),
        Err(failure) => Err(failure.thrown(context)),
    }
}

/// `hmacNew(name, key)`: a MAC to update.
pub(super) fn hmac_new(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let name = text(arguments, 0, context)?;
    let key = super::key::secret_or_data(arguments, 1, context)?;
    let keyed = Algorithm::named(&name).and_then(|algorithm| algorithm.keyed(&key));
    match keyed {
        Ok(mac) => Ok(Digesting::Keyed(mac).object()),
        Err(failure) => Err(failure.thrown(context)),
    }
}

/// `digestUpdate(state, data)`.
pub(super) fn update(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let data = data(arguments, 1, context)?;
    if let Some(object) = arguments.get_or_undefined(0).as_object()
        && let Some(mut state) = object.downcast_mut::<State>()
    {
        state.0.update(&data);
    }
    Ok(JsValue::undefined())
}

/// `digestFinish(state, encoding)`: the digest. The state cannot be used afterwards.
pub(super) fn finish(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let digest = arguments.get_or_undefined(0).as_object().and_then(|object| {
        let mut state = object.downcast_mut::<State>()?;
        Some(std::mem::replace(&mut state.0, Digesting::Finished).finish())
    });
    encoded(&digest.unwrap_or_default(), arguments.get_or_undefined(1), context)
}

/// `digestCopy(state, outputLength)`: a copy of the state.
pub(super) fn copy(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let length = output_length(arguments, 1, context)?;
    let copied = arguments.get_or_undefined(0).as_object().and_then(|object| {
        let state = object.downcast_ref::<State>()?;
        Some(match &state.0 {
            Digesting::Fixed(digest) => Digesting::Fixed(digest.clone()),
            Digesting::Shake128(digest, _) => {
                Digesting::Shake128(digest.clone(), length.unwrap_or(16).min(XOF_MAX))
            }
            Digesting::Shake256(digest, _) => {
                Digesting::Shake256(digest.clone(), length.unwrap_or(32).min(XOF_MAX))
            }
            Digesting::Keyed(_) | Digesting::Finished => Digesting::Finished,
        })
    });
    Ok(copied.unwrap_or(Digesting::Finished).object())
}

/// `hashOnce(name, data, encoding)`: the digest of one piece of data.
pub(super) fn once(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(arguments, 0, context)?;
    let data = data(arguments, 1, context)?;
    let digest = Digesting::new(&name, None).map(|mut digesting| {
        digesting.update(&data);
        digesting.finish()
    });
    let digest = digest.map_err(|failure| failure.thrown(context))?;
    encoded(&digest, arguments.get_or_undefined(2), context)
}

/// `isDigest(name)`: whether a fixed-length digest has this name.
pub(super) fn is_digest(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    Ok(Algorithm::find(&text(arguments, 0, context)?).is_some().into())
}
