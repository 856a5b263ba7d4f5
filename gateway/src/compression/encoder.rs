//! One compression under way. It takes the input in pieces.

use brink_shared::registry::distribution::ContentCoding;
use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct,
};
use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Level of gzip: the usual balance of size and time, 1 to 9.
const GZIP_LEVEL: u32 = 6;

/// The logarithm of gzip's largest window.
const GZIP_WINDOW: u8 = 15;

/// Quality of Brotli, 0 to 11. It is smaller than gzip's result, and takes less time.
const BROTLI_QUALITY: u32 = 5;

/// The logarithms of the smallest and the largest window of Brotli. The window is as large as the
/// object, so small objects take less memory. A larger one makes sources of 5 MB 2 % smaller.
const BROTLI_WINDOW: (u32, u32) = (17, 19);

/// Brotli has a larger table for objects beyond this size, in bytes.
const BROTLI_LARGE: u64 = 1024 * 1024;

/// A codec should be flushed after so many bytes. Otherwise Brotli holds back megabytes, and needs
/// three times the memory. The result is no larger by that.
pub(super) const FLUSH_AFTER: usize = 256 * 1024;

/// The output grows by this many bytes.
const ROOM: usize = 16 * 1024;

/// The step after a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// More pieces come soon.
    GoOn,
    /// All output so far is returned. Its reader can then decode all input so far.
    Flush,
    /// This was the last piece.
    Finish,
}

/// A codec and its state. Dropping it frees its memory and compresses nothing.
pub(super) enum Encoder {
    Gzip(Compress),
    Brotli(Box<BrotliEncoderStateStruct<StandardAlloc>>),
}

/// The codec did not take its input. This is an error of the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stuck;

// === impl Encoder ===

impl Encoder {
    /// A codec for an object of this many bytes.
    pub(super) fn new(coding: ContentCoding, length: u64) -> Self {
        match coding {
            ContentCoding::Gzip => {
                Self::Gzip(Compress::new_gzip(Compression::new(GZIP_LEVEL), GZIP_WINDOW))
            }
            ContentCoding::Br => {
                let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
                let hint = u32::try_from(length).unwrap_or(u32::MAX);
                for (parameter, value) in [
                    (BrotliEncoderParameter::BROTLI_PARAM_QUALITY, BROTLI_QUALITY),
                    (BrotliEncoderParameter::BROTLI_PARAM_LGWIN, window(length)),
                    (BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT, hint),
                ] {
                    state.set_parameter(parameter, value);
                }
                Self::Brotli(Box::new(state))
            }
        }
    }

    /// Bytes of memory that such a codec takes, with its input and output under way. Measured, and
    /// rounded up. Holds if the codec is flushed at least every [`FLUSH_AFTER`] bytes.
    pub(super) fn memory(coding: ContentCoding, length: u64) -> usize {
        match coding {
            ContentCoding::Gzip => 512 * 1024,
            ContentCoding::Br if length <= BROTLI_LARGE => (2 << window(length)) + 3 * 1024 * 1024,
            ContentCoding::Br => (2 << window(length)) + 5 * 1024 * 1024,
        }
    }

    /// Takes a piece. Returns the output that is ready, which may be empty.
    pub(super) fn run(&mut self, input: &[Bytes], then: Then) -> Result<Vec<u8>, Stuck> {
        let mut output = Vec::new();
        for piece in input {
            self.feed(piece, Then::GoOn, &mut output)?;
        }
        if then != Then::GoOn {
            self.feed(&[], then, &mut output)?;
        }
        Ok(output)
    }

    fn feed(&mut self, input: &[u8], then: Then, output: &mut Vec<u8>) -> Result<(), Stuck> {
        match self {
            Self::Gzip(stream) => gzip(stream, input, then, output),
            Self::Brotli(state) => brotli(state, input, then, output),
        }
    }
}

fn gzip(
    stream: &mut Compress,
    mut input: &[u8],
    then: Then,
    output: &mut Vec<u8>,
) -> Result<(), Stuck> {
    let flush = match then {
        Then::GoOn => FlushCompress::None,
        Then::Flush => FlushCompress::Sync,
        Then::Finish => FlushCompress::Finish,
    };
    loop {
        output.reserve(ROOM);
        let (before, made) = (stream.total_in(), output.len());
        let status = stream.compress_vec(input, output, flush).map_err(|_| Stuck)?;
        let read = usize::try_from(stream.total_in() - before).unwrap_or(usize::MAX);
        input = input.get(read..).unwrap_or_default();
        let is_full = output.len() == output.capacity();
        let is_done = match then {
            Then::GoOn | Then::Flush => input.is_empty() && !is_full,
            Then::Finish => status == Status::StreamEnd,
        };
        if is_done {
            return Ok(());
        }
        if read == 0 && output.len() == made {
            return Err(Stuck);
        }
    }
}

fn brotli(
    state: &mut BrotliEncoderStateStruct<StandardAlloc>,
    input: &[u8],
    then: Then,
    output: &mut Vec<u8>,
) -> Result<(), Stuck> {
    let operation = match then {
        Then::GoOn => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
        Then::Flush => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
        Then::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
    };
    let (mut left, mut read) = (input.len(), 0);
    loop {
        let (start, before) = (output.len(), left);
        output.resize(start + ROOM, 0);
        let (mut room, mut made) = (ROOM, 0);
        let is_sound = state.compress_stream(
            operation,
            &mut left,
            input,
            &mut read,
            &mut room,
            output.get_mut(start..).unwrap_or_default(),
            &mut made,
            &mut None,
            &mut |_, _, _, _| (),
        );
        output.truncate(start + made);
        if !is_sound {
            return Err(Stuck);
        }
        let is_done = match then {
            Then::GoOn | Then::Flush => left == 0 && !state.has_more_output(),
            Then::Finish => state.is_finished(),
        };
        if is_done {
            return Ok(());
        }
        if left == before && made == 0 {
            return Err(Stuck);
        }
    }
}

/// The logarithm of Brotli's window for an object of this many bytes.
fn window(length: u64) -> u32 {
    let (least, most) = BROTLI_WINDOW;
    length.next_power_of_two().ilog2().clamp(least, most)
}
