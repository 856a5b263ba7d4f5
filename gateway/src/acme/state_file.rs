//! The certificates in a gateway's state folder, for a start while the bus is away. Their keys are
//! sealed there as in the bucket.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::records::CertificateRecord;

/// The file's name.
const FILE: &str = "acme.json";

/// Reads the certificates. There are none if there is no file. A broken file is reported.
pub(super) fn read(folder: &Path) -> Vec<CertificateRecord> {
    let file = path(folder);
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "cannot read the kept certificates");
            return Vec::new();
        }
    };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        tracing::error!(file = %file.display(), %error, "the kept certificates are broken");
        Vec::new()
    })
}

/// Replaces the file at once.
pub(super) fn write(folder: &Path, certificates: &[Arc<CertificateRecord>]) -> io::Result<()> {
    // Its owner alone reads it, as the rest of the state folder.
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let records: Vec<&CertificateRecord> = certificates.iter().map(Arc::as_ref).collect();
    let file = path(folder);
    let temporary = file.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&temporary).and_then(|mut to| {
        to.write_all(&serde_json::to_vec(&records)?)?;
        to.sync_all()?;
        std::fs::rename(&temporary, &file)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
