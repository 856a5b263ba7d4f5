//! The copy of the registry on disk: one JSON file, which is replaced at once.

use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::documents::{Document, Documents, EntryCopy, Good};
use crate::bus::Entry;
use crate::id::VersionId;
use crate::registry::key::Key;

/// The form on disk: texts of entries as the registry has them.
#[derive(Deserialize)]
struct Kept {
    versions: Vec<Value>,
    distributions: Vec<Value>,
}

/// Reads the copy. It is empty if there is none, or if it is broken: a broken file is set aside.
pub(super) fn read(file: &Path) -> Documents {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Documents::new(),
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "cannot read the copy of the registry");
            return Documents::new();
        }
    };
    match serde_json::from_slice::<Kept>(&text) {
        Ok(Kept { versions, distributions }) => {
            let versions = versions.iter().filter_map(|json| {
                let id: VersionId = json.get("version")?.as_str()?.parse().ok()?;
                Some((Key::version(&id), json))
            });
            let distributions = distributions.iter().filter_map(|json| {
                let id = json.get("distribution")?.get("id")?.as_str()?.parse().ok()?;
                Some((Key::distribution(&id), json))
            });
            let entries = versions.chain(distributions).map(|(key, json)| {
                let value = serde_json::to_vec(json).unwrap_or_default().into();
                let copy = EntryCopy::read(&Entry { key: key.clone(), value, revision: 0 }, None);
                (key, copy)
            });
            entries.collect()
        }
        Err(error) => {
            let aside = file.with_extension("broken");
            tracing::error!(file = %file.display(), aside = %aside.display(), %error,
                "the copy of the registry is broken; it was set aside");
            let _ = std::fs::rename(file, aside);
            Documents::new()
        }
    }
}

/// Replaces the copy.
pub(super) fn write(file: &Path, documents: &Documents) -> Result<(), std::io::Error> {
    let good = || documents.values().filter_map(|copy| copy.good.as_ref());
    let is_version = |good: &&Good| matches!(good.document, Document::Version(_));
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    let mut to = std::io::BufWriter::new(&mut temporary);
    to.write_all(b"{\"versions\":")?;
    write_list(&mut to, good().filter(is_version))?;
    to.write_all(b",\"distributions\":")?;
    write_list(&mut to, good().filter(|good| !is_version(good)))?;
    to.write_all(b"}")?;
    to.flush()?;
    drop(to);
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

/// A JSON list of texts. Each text was read as JSON before.
fn write_list<'a>(
    to: &mut impl Write,
    items: impl Iterator<Item = &'a Good>,
) -> std::io::Result<()> {
    to.write_all(b"[")?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            to.write_all(b",")?;
        }
        to.write_all(&item.text)?;
    }
    to.write_all(b"]")
}
