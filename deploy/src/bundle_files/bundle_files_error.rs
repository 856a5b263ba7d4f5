//! Why files on disk give no bundle.

use std::io;
use std::path::{Path, PathBuf};

use brink_shared::limits::size;
use brink_shared::registry::Runtime;
use brink_shared::registry::bundle::{BundleBounds, BundleError};

use super::archive_error::ArchiveError;
use crate::printing;
use crate::typescript::TypeScriptError;

/// Why a path gives no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleFilesError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A name that is not UTF-8.
    #[error("{0:?}: file names must be UTF-8")]
    Name(PathBuf),
    /// A socket, a device.
    #[error("{0} is neither a file nor a folder")]
    Kind(PathBuf),
    /// It is larger than a bundle may be; found before all of it was read.
    #[error(
        "{path} has {} of {} together; a function for the runtime {} has at most {} files of {}. \
         The largest: {largest}. Leave out the files that the function does not need, with a \
         .brinkignore file beside it in the syntax of .gitignore",
        printing::counted(*files, "file"), size::format(*bytes), runtime.name(), max.files, size::format(max.bytes as u64)
    )]
    TooLarge {
        /// The folder.
        path: PathBuf,
        /// Its files, as far as they were counted.
        files: usize,
        /// Their bytes.
        bytes: u64,
        /// The runtime.
        runtime: Runtime,
        /// Its bounds.
        max: BundleBounds,
        /// The largest parts of it.
        largest: String,
    },
    /// An ignore file that cannot be understood.
    #[error("{}: {why}; the patterns have the syntax of .gitignore", path.display())]
    IgnoreFile {
        /// The file.
        path: PathBuf,
        /// Where and why.
        why: String,
    },
    /// A function for the runtime `provided` without its program.
    #[error("{} {why}", path.display())]
    Bootstrap {
        /// The file, folder or zip.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// No file, or only files that are left out.
    #[error("{0} has no files of a function; `brink init {0}` makes a small project there")]
    Empty(PathBuf),
    /// An import that leads out of the project.
    #[error(
        "{}:{line}:{column}: {name} is not added: it is outside of {}, or hidden; give the \
         folder that holds all of the function",
        file.display(), limit.display()
    )]
    Outside {
        /// The file that imports.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// The import, as written.
        name: String,
        /// The project's folder.
        limit: PathBuf,
    },
    /// A zip that cannot be used.
    #[error("{}: {source}", path.display())]
    Archive {
        /// The zip.
        path: PathBuf,
        /// Why.
        source: ArchiveError,
    },
    /// A file that is not valid TypeScript.
    #[error("{}/{source}", path.display())]
    TypeScript {
        /// The folder, or the file's.
        path: PathBuf,
        /// Where and why.
        source: TypeScriptError,
    },
    /// The files are not a valid bundle.
    #[error("{path}: {source}")]
    Bundle {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
}

/// The error of a file or folder that cannot be read.
pub(super) fn reading(path: &Path, source: io::Error) -> BundleFilesError {
    BundleFilesError::Read { path: path.to_owned(), source }
}
