//! Options, results and errors of one step of a compression.

/// Least memory by which output grows, in bytes.
pub(super) const GROWTH_MIN: usize = 4 * 1024;

/// Most memory by which output grows at once, in bytes.
pub(super) const GROWTH_MAX: usize = 1024 * 1024;

/// `Z_FINISH` of zlib.
pub(super) const FINISH: i32 = 4;

/// How a codec works.
pub(super) struct Options {
    /// The level: -1 to 9, or 0 to 11 for Brotli.
    pub(super) level: i32,
    /// The window's bits: 9 to 15, or 10 to 24 for Brotli.
    pub(super) window_bits: i32,
    /// Bytes before the start of the input that it may refer to.
    pub(super) dictionary: Option<Vec<u8>>,
    /// The kind of data that Brotli expects.
    pub(super) mode: i32,
}

/// An error in zlib's words.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ZlibError {
    pub(super) message: String,
    pub(super) code: String,
    pub(super) errno: i32,
}

/// How far a codec got.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ran {
    /// Bytes of input that were read.
    pub(super) read: usize,
    /// True if the compressed data is at its end.
    pub(super) ended: bool,
}

/// Compressed data that ends too early.
pub(super) fn cut_off() -> ZlibError {
    zlib_error("unexpected end of file", "Z_BUF_ERROR", -5)
}

/// An error with zlib's name and number.
pub(super) fn zlib_error(message: &str, code: &str, errno: i32) -> ZlibError {
    ZlibError { message: message.to_owned(), code: code.to_owned(), errno }
}
