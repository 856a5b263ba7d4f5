//! The program of a function whose runtime is its own: `bootstrap`, at the top of the bundle.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;

use brink_shared::registry::Runtime;

use super::bundle_files_error::BundleFilesError;
use super::gathered::Gathered;
use super::taken::Taken;

/// The program's name.
pub(super) const BOOTSTRAP: &str = "bootstrap";

/// Beginnings of files that Linux runs: a program and a script.
const RUNS: [&[u8]; 2] = [b"\x7fELF", b"#!"];

/// Takes a single file, whatever its name, as the program.
pub(super) fn single(path: &Path) -> Result<Taken, BundleFilesError> {
    let mut gathered = Gathered::new(path, Runtime::Provided);
    gathered.add(BOOTSTRAP.to_owned(), path)?;
    let sources = path.canonicalize().into_iter().collect();
    Ok(Taken { files: gathered.files, sources, ..Taken::default() })
}

/// Checks that Linux can run the program.
pub(super) fn check(path: &Path, files: &BTreeMap<String, Bytes>) -> Result<(), BundleFilesError> {
    let rejected =
        |why: &str| BundleFilesError::Bootstrap { path: path.to_owned(), why: why.to_owned() };
    match files.get(BOOTSTRAP) {
        None => {
            Err(rejected("has no file `bootstrap` at its top, the program that answers events"))
        }
        Some(program) if !RUNS.iter().any(|start| program.starts_with(start)) => Err(rejected(
            "has a `bootstrap` that Linux cannot run: it is neither a program for Linux (ELF) nor a \
             script that begins with #!",
        )),
        Some(_) => Ok(()),
    }
}
