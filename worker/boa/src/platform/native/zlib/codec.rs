//! A codec: a compression or decompression under way, with zlib's errors.

use flate2::{
    Compress, Compression, Decompress, DecompressError, FlushCompress, FlushDecompress, Status,
};

use super::brotli;
use super::step::{FINISH, GROWTH_MAX, GROWTH_MIN, Options, Ran, ZlibError, cut_off, zlib_error};

/// A compression or a decompression.
pub(super) enum Codec {
    Compress(Compress),
    Decompress(Inflate),
    /// None once it was finished.
    BrotliCompress(Option<brotli::Compressor>),
    BrotliDecompress(Box<brotli::State>),
}

/// Decompression in the formats of zlib.
pub(super) struct Inflate {
    format: Format,
    window_bits: u8,
    stream: Decompress,
    dictionary: Option<Vec<u8>>,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Zlib,
    Gzip,
    Raw,
    /// Gzip or zlib, as the first byte says.
    Any,
}

// === impl Codec ===

impl Codec {
    /// The codec of a kind; none if there is no such kind.
    pub(super) fn new(kind: &str, options: Options) -> Option<Result<Self, ZlibError>> {
        let format = match kind {
            "deflate" | "inflate" => Format::Zlib,
            "gzip" | "gunzip" => Format::Gzip,
            "deflateRaw" | "inflateRaw" => Format::Raw,
            "unzip" => Format::Any,
            "brotliCompress" => {
                return Some(Ok(Self::BrotliCompress(Some(brotli::compressor(&options)))));
            }
            "brotliDecompress" => return Some(Ok(Self::BrotliDecompress(brotli::state()))),
            _ => return None,
        };
        let window_bits = u8::try_from(options.window_bits.clamp(9, 15)).unwrap_or(15);
        if matches!(kind, "deflate" | "gzip" | "deflateRaw") {
            return Some(Self::compress(format, window_bits, &options));
        }
        Some(Ok(Self::Decompress(Inflate {
            format,
            window_bits,
            stream: decompress(format, window_bits),
            dictionary: options.dictionary,
            ended: false,
        })))
    }

    fn compress(format: Format, window_bits: u8, options: &Options) -> Result<Self, ZlibError> {
        let level = u32::try_from(options.level).map_or(Compression::default(), Compression::new);
        let mut stream = match format {
            Format::Gzip => Compress::new_gzip(level, window_bits),
            _ => Compress::new_with_window_bits(level, format == Format::Zlib, window_bits),
        };
        if let Some(dictionary) = options.dictionary.as_deref().filter(|d| !d.is_empty()) {
            stream
                .set_dictionary(dictionary)
                .map_err(|_| zlib_error("Failed to set dictionary", "Z_STREAM_ERROR", -2))?;
        }
        Ok(Self::Compress(stream))
    }

    /// Reads input until it is used up or the output has `room` bytes.
    ///
    /// It is an error to finish a decompression that is not at its end. Bytes after the end are not
    /// read.
    pub(super) fn run(
        &mut self,
        input: &[u8],
        flush: i32,
        room: usize,
        output: &mut Vec<u8>,
    ) -> Result<Ran, ZlibError> {
        match self {
            Self::Compress(stream) => compress(stream, input, flush, room, output),
            Self::Decompress(inflate) => inflate.run(input, flush, room, output),
            Self::BrotliCompress(writer) => brotli::compress(writer, input, flush, output),
            Self::BrotliDecompress(state) => brotli::decompress(state, input, flush, room, output),
        }
    }
}

fn compress(
    stream: &mut Compress,
    input: &[u8],
    flush: i32,
    room: usize,
    output: &mut Vec<u8>,
) -> Result<Ran, ZlibError> {
    let mode = match flush {
        1 => FlushCompress::Partial,
        2 | 5 => FlushCompress::Sync,
        3 => FlushCompress::Full,
        FINISH => FlushCompress::Finish,
        _ => FlushCompress::None,
    };
    let mut ran = Ran::default();
    while output.len() < room && !ran.ended {
        grow(output, room);
        let (read, made) = (stream.total_in(), output.len());
        let status = stream
            .compress_vec(input.get(ran.read..).unwrap_or_default(), output, mode)
            .map_err(|_| zlib_error("stream error", "Z_STREAM_ERROR", -2))?;
        let read = usize::try_from(stream.total_in() - read).unwrap_or(usize::MAX);
        ran.read = ran.read.saturating_add(read);
        ran.ended = status == Status::StreamEnd;
        let is_full = output.len() == output.capacity();
        if !is_full && (read == 0 || ran.read >= input.len()) && mode != FlushCompress::Finish {
            break;
        }
        if read == 0 && output.len() == made && !is_full {
            break;
        }
    }
    Ok(ran)
}

// === impl Inflate ===

impl Inflate {
    fn run(
        &mut self,
        input: &[u8],
        flush: i32,
        room: usize,
        output: &mut Vec<u8>,
    ) -> Result<Ran, ZlibError> {
        if self.format == Format::Any && !input.is_empty() {
            let is_gzip = input.first() == Some(&0x1f) && input.get(1).is_none_or(|b| *b == 0x8b);
            self.format = if is_gzip { Format::Gzip } else { Format::Zlib };
            self.stream = decompress(self.format, self.window_bits);
        }
        let mut ran = Ran { read: 0, ended: self.ended };
        while output.len() < room && !self.ended {
            grow(output, room);
            let rest = input.get(ran.read..).unwrap_or_default();
            let (read, made) = (self.stream.total_in(), output.len());
            let status = self.stream.decompress_vec(rest, output, FlushDecompress::None);
            let read = usize::try_from(self.stream.total_in() - read).unwrap_or(usize::MAX);
            ran.read = ran.read.saturating_add(read);
            match status {
                Ok(Status::StreamEnd) => self.end_member(input, ran.read),
                Ok(_) if read == 0 && output.len() == made && output.len() < output.capacity() => {
                    break;
                }
                Ok(_) => {}
                Err(error) => self.give_dictionary(&error)?,
            }
        }
        ran.ended = self.ended;
        if !self.ended && flush == FINISH && output.len() < room {
            return Err(cut_off());
        }
        Ok(ran)
    }

    /// A gzip file may have several members. Zeros after a member are padding.
    fn end_member(&mut self, input: &[u8], read: usize) {
        let next = input.get(read).copied().unwrap_or_default();
        if self.format == Format::Gzip && next != 0 {
            self.stream = decompress(self.format, self.window_bits);
        } else {
            self.ended = true;
        }
    }

    fn give_dictionary(&mut self, error: &DecompressError) -> Result<(), ZlibError> {
        if error.needs_dictionary().is_none() {
            let message = error.message().unwrap_or("invalid data");
            return Err(zlib_error(message, "Z_DATA_ERROR", -3));
        }
        let Some(dictionary) = self.dictionary.take() else {
            return Err(zlib_error("Missing dictionary", "Z_NEED_DICT", 2));
        };
        match self.stream.set_dictionary(&dictionary) {
            Ok(_) => Ok(()),
            Err(_) => Err(zlib_error("Bad dictionary", "Z_DATA_ERROR", -3)),
        }
    }
}

fn decompress(format: Format, window_bits: u8) -> Decompress {
    match format {
        Format::Gzip => Decompress::new_gzip(window_bits),
        Format::Raw => Decompress::new_with_window_bits(false, window_bits),
        Format::Zlib | Format::Any => Decompress::new_with_window_bits(true, window_bits),
    }
}

fn grow(output: &mut Vec<u8>, room: usize) {
    if output.len() == output.capacity() {
        let more = output.len().clamp(GROWTH_MIN, GROWTH_MAX).min(room - output.len());
        output.reserve_exact(more);
    }
}

/// CRC-32 of ISO 3309, continued from the checksum of the bytes before.
pub(super) fn crc32(before: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!before, |crc, byte| {
        // Computes the low byte's effect bit by bit, which is fast enough for small inputs.
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(kind: &str) -> Codec {
        let options = Options { level: 6, window_bits: 15, dictionary: None, mode: 0 };
        Codec::new(kind, options).unwrap().unwrap()
    }

    fn all(kind: &str, input: &[u8]) -> Result<Vec<u8>, ZlibError> {
        let mut output = Vec::new();
        codec(kind).run(input, FINISH, usize::MAX, &mut output).map(|_| output)
    }

    #[test]
    fn compressed_data_can_be_decompressed() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| (n % 977).to_le_bytes()).collect();
        for (to, from) in [
            ("gzip", "gunzip"),
            ("gzip", "unzip"),
            ("deflate", "inflate"),
            ("deflate", "unzip"),
            ("deflateRaw", "inflateRaw"),
            ("brotliCompress", "brotliDecompress"),
        ] {
            for input in [&text[..], &text[..1], &[]] {
                let packed = all(to, input).unwrap();
                assert!(all(from, &packed).unwrap() == input, "{to} {}", input.len());
                if packed.len() > 1 {
                    let cut = all(from, &packed[..packed.len() - 1]).unwrap_err();
                    assert_eq!(cut.code, "Z_BUF_ERROR", "{to}: {cut}");
                }
            }
        }
    }

    #[test]
    fn a_bomb_makes_no_more_than_there_is_room_for() {
        let zeros = vec![0; 64 * 1024 * 1024];
        for (to, from) in [("gzip", "gunzip"), ("brotliCompress", "brotliDecompress")] {
            let packed = all(to, &zeros).unwrap();
            let mut output = Vec::new();
            codec(from).run(&packed, FINISH, 100_000, &mut output).unwrap();
            assert!((100_000..=2 * GROWTH_MAX).contains(&output.len()), "{from} {}", output.len());
        }
    }

    #[test]
    fn rubbish_is_told_apart() {
        let told = |kind, input: &[u8]| all(kind, input).unwrap_err().to_string();
        assert_eq!(told("gunzip", b"not gzip"), "incorrect header check");
        assert_eq!(told("inflate", b"not zlib"), "incorrect header check");
        assert_eq!(told("gunzip", b""), "unexpected end of file");
        assert_eq!(told("brotliDecompress", b"\xff\xff\xff\xff"), "Decompression failed");
        assert_eq!(crc32(0, b"123456789"), 0xcbf4_3926);
    }
}
