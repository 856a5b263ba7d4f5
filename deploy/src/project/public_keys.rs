//! Reads the public keys of signers. The project file names a PEM file for each, and the document
//! has its text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::Document;

/// The keys by their ids, and the files that were read.
pub fn read(
    document: &mut Document<'_>,
    folder: &Path,
) -> (BTreeMap<String, String>, Vec<PathBuf>) {
    let mut keys = BTreeMap::new();
    let mut files = Vec::new();
    for (id, value) in document.table("public_keys") {
        let Some(file) = document.read::<String>(&value) else { continue };
        let file = folder.join(file);
        match std::fs::read_to_string(&file) {
            Ok(pem) => drop(keys.insert(id.into_inner(), pem)),
            Err(error) => {
                let message = format!("{} cannot be read: {error}", file.display());
                document.note(value.span(), message);
            }
        }
        files.push(file);
    }
    (keys, files)
}
