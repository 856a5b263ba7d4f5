//! Keys from passwords and secrets: PBKDF2, scrypt, HKDF.
//!
//! They run to the end. The event's deadline limits their time. Lengths and memory are limited
//! here.

use boa_engine::{Context, JsResult, JsValue};
use zeroize::Zeroizing;

use super::arguments::{data, length, number, returned, text};
use super::digest::{Algorithm, with_digest};
use super::openssl_error::Failure;
use crate::session::Session;

/// Longest derived key, in bytes.
const OUTPUT_MAX: usize = 64 * 1024 * 1024;

type Derived = Result<Zeroizing<Vec<u8>>, Failure>;

/// `pbkdf2(password, salt, iterations, length, digest)`.
pub(super) fn pbkdf2(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (password, salt) = (data(arguments, 0, context)?, data(arguments, 1, context)?);
    let rounds = u32::try_from(number(arguments, 2, context)?).unwrap_or(u32::MAX);
    let length = length(arguments, 3, context)?;
    let digest = text(arguments, 4, context)?;
    let derived = || -> Derived {
        let algorithm = Algorithm::named(&digest)?;
        let mut key = output(length)?;
        with_digest!(algorithm, D => ::pbkdf2::pbkdf2_hmac::<D>(&password, &salt, rounds, &mut key));
        Ok(key)
    };
    returned(derived(), context)
}

/// `scrypt(password, salt, N, r, p, maxmem, length)`.
pub(super) fn scrypt(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (password, salt) = (data(arguments, 0, context)?, data(arguments, 1, context)?);
    let cost = number(arguments, 2, context)?;
    let block = number(arguments, 3, context)?;
    let parallel = number(arguments, 4, context)?;
    // An environment cannot give more memory than it has.
    let memory = u64::from(Session::of(context)?.load.memory_mb) * 1024 * 1024;
    let memory_max = number(arguments, 5, context)?.min(memory);
    let length = length(arguments, 6, context)?;
    let derived = || -> Derived {
        let params = scrypt_params(cost, block, parallel, memory_max)?;
        let mut key = output(length)?;
        if !key.is_empty() {
            ::scrypt::scrypt(&password, &salt, &params, &mut key).map_err(Failure::internal)?;
        }
        Ok(key)
    };
    returned(derived(), context)
}

fn scrypt_params(
    cost: u64,
    block: u64,
    parallel: u64,
    memory_max: u64,
) -> Result<::scrypt::Params, Failure> {
    let invalid = |detail: &str| {
        Failure::Range("ERR_CRYPTO_INVALID_SCRYPT_PARAMS", format!("Invalid scrypt params{detail}"))
    };
    if cost < 2 || !cost.is_power_of_two() || block == 0 || parallel == 0 {
        return Err(invalid(""));
    }
    // As OpenSSL counts: the blocks of every lane, and one lane's table.
    let lanes = block.checked_mul(128).and_then(|size| size.checked_mul(parallel));
    let table = block.checked_mul(128).and_then(|size| size.checked_mul(cost + 2));
    let memory = lanes.zip(table).and_then(|(lanes, table)| lanes.checked_add(table));
    if memory.is_none_or(|memory| memory > memory_max) {
        return Err(invalid(": error:030000AC:digital envelope routines::memory limit exceeded"));
    }
    let (log_cost, block, parallel) =
        (u8::try_from(cost.ilog2()), u32::try_from(block), u32::try_from(parallel));
    let (Ok(log_cost), Ok(block), Ok(parallel)) = (log_cost, block, parallel) else {
        return Err(invalid(""));
    };
    let output = ::scrypt::Params::RECOMMENDED_LEN;
    ::scrypt::Params::new(log_cost, block, parallel, output).map_err(|_| invalid(""))
}

/// `hkdf(digest, key, salt, info, length)`.
pub(super) fn hkdf(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let digest = text(arguments, 0, context)?;
    let key = super::key::secret_or_data(arguments, 1, context)?;
    let (salt, info) = (data(arguments, 2, context)?, data(arguments, 3, context)?);
    let length = length(arguments, 4, context)?;
    let derived = || -> Derived {
        let algorithm = Algorithm::named(&digest)?;
        let mut output = output(length)?;
        let expanded = with_digest!(algorithm, D => {
            ::hkdf::SimpleHkdf::<D>::new(Some(&salt), &key).expand(&info, &mut output)
        });
        expanded.map_err(|_| {
            Failure::Range("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length".into())
        })?;
        Ok(output)
    };
    returned(derived(), context)
}

fn output(length: usize) -> Derived {
    if length > OUTPUT_MAX {
        return Err(Failure::Range("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length".into()));
    }
    Ok(Zeroizing::new(vec![0; length]))
}
