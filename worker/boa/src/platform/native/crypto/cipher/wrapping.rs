//! AES key wrapping (RFC 3394), for Web Crypto's `AES-KW` and the `id-aes*-wrap` ciphers.

use aes::Block;
use boa_engine::{Context, JsArgs, JsResult, JsValue};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::super::arguments::{data, optional_data, returned};
use super::Failure;
use super::kind::Aes;

const HALF: usize = 8;
const DEFAULT_IV: [u8; HALF] = [0xa6; HALF];

/// `keyWrap(key, data, wrap, iv)`: wraps or unwraps a key.
pub(in super::super) fn wrap(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let key = super::super::key::secret_or_data(arguments, 0, context)?;
    let data = data(arguments, 1, context)?;
    let wrap = arguments.get_or_undefined(2).to_boolean();
    let iv = optional_data(arguments, 3, context)?;
    let iv = iv.map_or(Some(DEFAULT_IV), |iv| iv.as_slice().try_into().ok());
    let result = || {
        let iv = iv.ok_or_else(|| {
            Failure::Type("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector".into())
        })?;
        if !matches!(key.len(), 16 | 24 | 32) {
            return Err(Failure::Range("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length".into()));
        }
        let aes = Aes::new(&key)?;
        if wrap { wrapped(&aes, &data, iv) } else { unwrapped(&aes, &data, iv) }
    };
    returned(result(), context)
}

fn wrapped(aes: &Aes, data: &[u8], iv: [u8; HALF]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if data.len() < 2 * HALF || !data.len().is_multiple_of(HALF) {
        return Err(rejected());
    }
    let mut parts: Vec<u64> = data.chunks_exact(HALF).map(word).collect();
    let mut first = u64::from_be_bytes(iv);
    let mut step = 0_u64;
    for _ in 0..6 {
        for part in &mut parts {
            step += 1;
            let mut block = joined(first, *part);
            aes.encrypt(&mut block);
            let (high, low) = halves(&block);
            first = high ^ step;
            *part = low;
        }
    }
    Ok(bytes(std::iter::once(first).chain(parts)))
}

fn unwrapped(aes: &Aes, data: &[u8], iv: [u8; HALF]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if data.len() < 3 * HALF || !data.len().is_multiple_of(HALF) {
        return Err(rejected());
    }
    let mut words = data.chunks_exact(HALF).map(word);
    let mut first = words.next().unwrap_or_default();
    let mut parts: Vec<u64> = words.collect();
    let mut step = 6 * parts.len() as u64;
    for _ in 0..6 {
        for part in parts.iter_mut().rev() {
            let mut block = joined(first ^ step, *part);
            aes.decrypt(&mut block);
            (first, *part) = halves(&block);
            step -= 1;
        }
    }
    if bool::from(first.to_be_bytes().ct_eq(&iv)) { Ok(bytes(parts)) } else { Err(rejected()) }
}

fn rejected() -> Failure {
    Failure::Plain(None, "Unsupported state or unable to authenticate data".to_owned())
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

fn joined(high: u64, low: u64) -> Block {
    let both = (u128::from(high) << 64) | u128::from(low);
    Block::from(both.to_be_bytes())
}

fn halves(block: &Block) -> (u64, u64) {
    let both = u128::from_be_bytes((*block).into());
    ((both >> 64) as u64, both as u64)
}

fn bytes(words: impl IntoIterator<Item = u64>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(words.into_iter().flat_map(u64::to_be_bytes).collect())
}
