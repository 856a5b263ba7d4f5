//! Why a zip cannot be used.

use brink_shared::limits::size;
use brink_shared::registry::bundle::BOUNDS_MAX;

/// Most bytes of the files in a zip. AWS Lambda takes as many at origin triggers (`contract.md` 5.1).
pub(super) const ZIPPED_MAX: u64 = 50 * 1024 * 1024;

/// Most entries that are read. Folders are entries too.
pub(super) const ENTRIES_MAX: usize = 4 * BOUNDS_MAX.files;

/// Most symbolic links in a zip.
pub(super) const LINKS_MAX: usize = 500;

/// Why a zip cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file is not a zip, or is cut off.
    #[error("this is not a valid zip ({0}); make it again")]
    Broken(#[from] rawzip::Error),
    /// An entry whose bytes do not fit the zip's directory.
    #[error("{name} cannot be unpacked ({source}); make the zip again")]
    Entry {
        /// Its name.
        name: String,
        /// The error of the unpacker.
        source: std::io::Error,
    },
    /// A name in another encoding.
    #[error(
        "the name {0} is not UTF-8; give the file a name of ASCII characters, or make the zip with \
         a tool that writes UTF-8"
    )]
    Name(String),
    /// A name that leads out of the zip, or has the form of Windows.
    #[error(
        "the name {0:?} is not a path within the zip; names are relative, with / between their parts, \
         without . or .."
    )]
    Path(String),
    /// The same name twice: tools disagree on which one counts.
    #[error("{0} is in the zip twice; make the zip again")]
    Twice(String),
    /// A password.
    #[error("{0} is encrypted; make the zip without a password")]
    Encrypted(String),
    /// A compression other than the usual one.
    #[error("{name} is compressed by {method}; make the zip with deflate, which every tool has")]
    Method {
        /// The file.
        name: String,
        /// The method's number and name.
        method: String,
    },
    /// A symbolic link to nothing in the zip.
    #[error(
        "{name} is a symbolic link to {target:?}, which is not in the zip; make the zip with the files \
         that links lead to (zip without -y)"
    )]
    Link {
        /// The link.
        name: String,
        /// The path in it.
        target: String,
    },
    /// More links than the limit.
    #[error(
        "the zip has more than {LINKS_MAX} symbolic links; make the zip with the files that links lead to \
         (zip without -y)"
    )]
    Links,
    /// Too many bytes in the zip.
    #[error(
        "the zip has more than {}; zip the files that the function needs only",
        size::format(ZIPPED_MAX)
    )]
    TooLarge,
    /// More entries than the limit.
    #[error("the zip has more than {ENTRIES_MAX} entries; zip the built files only")]
    Entries,
}
