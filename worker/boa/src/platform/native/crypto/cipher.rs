//! AES in the modes ECB, CBC, CTR and GCM, piece by piece, and key wrapping.

mod block;
mod gcm;
mod kind;
mod wrapping;

use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsString, JsValue, Trace, js_string,
};

use super::arguments::{data, optional_data, returned, text};
use super::openssl_error::Failure;
use block::Blocks;
use gcm::Gcm;
use kind::{Kind, Mode};
pub(super) use wrapping::wrap;

/// A cipher under way.
#[derive(Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct Cipher(State);

enum State {
    Blocks(Blocks),
    /// CTR, in which encrypting and decrypting are the same.
    Stream(Box<dyn ::cipher::StreamCipher>),
    Gcm(Box<Gcm>),
    Finished,
}

/// Applies a function to the cipher that is the first argument.
fn with_state<T>(
    arguments: &[JsValue],
    context: &mut Context,
    apply: impl FnOnce(&mut State) -> Result<T, Failure>,
) -> JsResult<T> {
    let result = arguments
        .get_or_undefined(0)
        .as_object()
        .and_then(|object| Some(apply(&mut object.downcast_mut::<Cipher>()?.0)));
    let result = result.unwrap_or_else(|| Err(Failure::internal("this is not a cipher")));
    result.map_err(|failure| failure.thrown(context))
}

/// `cipherInfo(name)`: `{ mode, name, nid, blockSize, ivLength, keyLength }`, or undefined.
pub(super) fn info(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(kind) = Kind::find(&text(arguments, 0, context)?) else {
        return Ok(JsValue::undefined());
    };
    let mut object = ObjectInitializer::new(context);
    object
        .property(js_string!("mode"), JsString::from(kind.mode.name()), Attribute::all())
        .property(js_string!("name"), JsString::from(kind.name()), Attribute::all())
        .property(js_string!("nid"), kind.nid(), Attribute::all())
        .property(js_string!("blockSize"), kind.mode.block_size(), Attribute::all());
    if let Some(length) = kind.mode.iv_length() {
        object.property(js_string!("ivLength"), length, Attribute::all());
    }
    object.property(js_string!("keyLength"), kind.key_length, Attribute::all());
    Ok(object.build().into())
}

/// `cipherNew(name, key, iv, encrypt, tagLength)`: a cipher to update.
pub(super) fn new(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(arguments, 0, context)?;
    let key = super::key::secret_or_data(arguments, 1, context)?;
    let iv = optional_data(arguments, 2, context)?;
    let encrypt = arguments.get_or_undefined(3).to_boolean();
    let tag_length = arguments.get_or_undefined(4).as_number().map(|length| length as usize);
    let iv = iv.as_ref().map(|iv| iv.as_slice());
    match start(&name, &key, iv, encrypt, tag_length) {
        Ok(state) => Ok(JsObject::from_proto_and_data(None, Cipher(state)).into()),
        Err(failure) => Err(failure.thrown(context)),
    }
}

fn start(
    name: &str,
    key: &[u8],
    iv: Option<&[u8]>,
    encrypt: bool,
    tag_length: Option<usize>,
) -> Result<State, Failure> {
    let bad_iv =
        || Failure::Type("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector".to_owned());
    let kind = Kind::find(name).ok_or_else(|| {
        Failure::Plain(Some("ERR_CRYPTO_UNKNOWN_CIPHER"), "Unknown cipher".to_owned())
    })?;
    let iv = match (kind.mode.iv_length(), iv) {
        (None, None) => &[],
        (None, Some(iv)) if iv.is_empty() => iv,
        (Some(_), Some(iv)) if kind.mode == Mode::Gcm && !iv.is_empty() => iv,
        (Some(length), Some(iv)) if kind.mode != Mode::Gcm && iv.len() == length => iv,
        _ => return Err(bad_iv()),
    };
    if key.len() != kind.key_length {
        return Err(Failure::Range("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length".into()));
    }
    match kind.mode {
        Mode::Ecb | Mode::Cbc => Ok(State::Blocks(Blocks::new(kind, key, iv, encrypt)?)),
        Mode::Ctr => Ok(State::Stream(kind::key_stream(key, iv)?)),
        Mode::Gcm => Ok(State::Gcm(Box::new(Gcm::new(key, iv, encrypt, tag_length)?))),
    }
}

/// `cipherUpdate(cipher, data)`: the output so far.
pub(super) fn update(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut data = data(arguments, 1, context)?;
    let output = with_state(arguments, context, |state| match state {
        State::Blocks(blocks) => Ok(blocks.update(&data)),
        State::Stream(stream) => {
            stream.try_apply_keystream(&mut data).map_err(Failure::internal)?;
            Ok(std::mem::take(&mut *data))
        }
        State::Gcm(gcm) => gcm.update(std::mem::take(&mut *data)),
        State::Finished => {
            Err(Failure::Plain(None, "Trying to add data in unsupported state".to_owned()))
        }
    });
    returned(Ok(output?), context)
}

/// `cipherFinal(cipher)`: the rest of the output. Afterwards only the cipher's tag can be read.
pub(super) fn finish(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let output = with_state(arguments, context, |state| match state {
        State::Blocks(_) | State::Stream(_) => match std::mem::replace(state, State::Finished) {
            State::Blocks(blocks) => blocks.finish(),
            _ => Ok(Vec::new()),
        },
        State::Gcm(gcm) => gcm.finish().map(|()| Vec::new()),
        State::Finished => {
            Err(Failure::Plain(Some("ERR_CRYPTO_INVALID_STATE"), "Invalid state".to_owned()))
        }
    });
    returned(Ok(output?), context)
}

/// `cipherAad(cipher, data)`: false if the cipher takes no such data now.
pub(super) fn aad(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(arguments, 1, context)?;
    let taken = with_state(arguments, context, |state| match state {
        State::Gcm(gcm) => Ok(gcm.aad(&data)),
        _ => Ok(false),
    });
    Ok(taken?.into())
}

/// `cipherTag(cipher)`: the tag of what was encrypted, or undefined.
pub(super) fn tag(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let tag = with_state(arguments, context, |state| match state {
        State::Gcm(gcm) => Ok(gcm.tag()),
        _ => Ok(None),
    });
    match tag? {
        Some(tag) => returned(Ok(tag), context),
        None => Ok(JsValue::undefined()),
    }
}

/// `cipherSetTag(cipher, tag)`: false if the cipher takes no tag now.
pub(super) fn set_tag(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let tag = data(arguments, 1, context)?;
    let taken = with_state(arguments, context, |state| match state {
        State::Gcm(gcm) => gcm.set_tag(&tag),
        _ => Ok(false),
    });
    Ok(taken?.into())
}

/// `cipherPadding(cipher, on)`: false if the cipher is over.
pub(super) fn set_padding(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let on = arguments.get_or_undefined(1).to_boolean();
    let set = with_state(arguments, context, |state| match state {
        State::Blocks(blocks) => {
            blocks.padding = on;
            Ok(true)
        }
        State::Finished => Ok(false),
        State::Stream(_) | State::Gcm(_) => Ok(true),
    });
    Ok(set?.into())
}
