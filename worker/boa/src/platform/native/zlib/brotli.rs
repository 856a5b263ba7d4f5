//! The codecs for Brotli.

use std::io::Write;

use brotli::enc::backward_references::BrotliEncoderMode;
use brotli::enc::{BrotliEncoderParams, StandardAlloc};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, CompressorWriter};

use super::step::{FINISH, GROWTH_MAX, GROWTH_MIN, Options, Ran, ZlibError, cut_off, zlib_error};

/// A compression at work.
pub(super) type Compressor = Box<CompressorWriter<Vec<u8>>>;

/// A decompression at work.
pub(super) type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// A new compression.
pub(super) fn compressor(options: &Options) -> Compressor {
    let params = BrotliEncoderParams {
        quality: options.level.clamp(0, 11),
        lgwin: options.window_bits.clamp(10, 24),
        mode: match options.mode {
            1 => BrotliEncoderMode::BROTLI_MODE_TEXT,
            2 => BrotliEncoderMode::BROTLI_MODE_FONT,
            _ => BrotliEncoderMode::BROTLI_MODE_GENERIC,
        },
        ..BrotliEncoderParams::default()
    };
    Box::new(CompressorWriter::with_params(Vec::new(), GROWTH_MIN, &params))
}

/// A new decompression.
pub(super) fn state() -> Box<State> {
    let memory = StandardAlloc::default;
    Box::new(BrotliState::new(memory(), memory(), memory()))
}

/// Feeds a compression. It returns output when it likes, and all output when it is flushed.
pub(super) fn compress(
    writer: &mut Option<Compressor>,
    input: &[u8],
    flush: i32,
    output: &mut Vec<u8>,
) -> Result<Ran, ZlibError> {
    let failed = |_| zlib_error("Compression failed", "ERR_BROTLI_COMPRESSION_FAILED", -1);
    let ended = Ran { read: input.len(), ended: flush == FINISH };
    let Some(open) = writer else {
        return Ok(ended);
    };
    open.write_all(input).map_err(failed)?;
    if flush == FINISH {
        if let Some(done) = writer.take() {
            output.append(&mut done.into_inner());
        }
        return Ok(ended);
    }
    if flush != 0 {
        open.flush().map_err(failed)?;
    }
    output.append(open.get_mut());
    Ok(ended)
}

/// Reads until the input is used up or the output has `room` bytes.
pub(super) fn decompress(
    state: &mut State,
    input: &[u8],
    flush: i32,
    room: usize,
    output: &mut Vec<u8>,
) -> Result<Ran, ZlibError> {
    let mut buffer =
        vec![0; GROWTH_MAX.min(room).min(input.len().saturating_mul(8).max(GROWTH_MIN))];
    let mut ran = Ran::default();
    while output.len() < room {
        let mut left = input.len() - ran.read;
        let (mut made, mut total) = (0, 0);
        let mut free = buffer.len();
        let result = BrotliDecompressStream(
            &mut left,
            &mut ran.read,
            input,
            &mut free,
            &mut made,
            &mut buffer,
            &mut total,
            state,
        );
        output.extend_from_slice(buffer.get(..made).unwrap_or_default());
        match result {
            BrotliResult::ResultSuccess => {
                ran.ended = true;
                return Ok(ran);
            }
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput if flush == FINISH => return Err(cut_off()),
            BrotliResult::NeedsMoreInput => return Ok(ran),
            BrotliResult::ResultFailure => {
                let name = format!("{:?}", state.error_code);
                let name = name.strip_prefix("BROTLI_DECODER").unwrap_or("_ERROR");
                let errno = state.error_code as i32;
                return Err(zlib_error("Decompression failed", &format!("ERR_{name}"), errno));
            }
        }
    }
    Ok(ran)
}
