//! Folders on disk that belong to one tenant.
//!
//! What a node keeps on disk is for its tenant only. So each such folder says whose it is, in the file
//! [`MARK`], and a node of another tenant does not use it.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::id::TenantName;

/// The file with the name of the tenant.
pub const MARK: &str = "tenant";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TenantFolderError {
    /// It belongs to another tenant.
    #[error(
        "the folder {path} belongs to the tenant {owner}, and these credentials are of the tenant \
         {tenant}; give each tenant a folder of its own",
        path = path.display()
    )]
    OfAnother {
        /// Which.
        path: PathBuf,
        /// Its tenant.
        owner: String,
        /// The tenant of the credentials.
        tenant: TenantName,
    },
    /// It cannot be made, read or written.
    #[error("the folder {path}: {source}", path = path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Takes a folder for a tenant, and makes it if there is none. `former` are the files that a node
/// without tenants left in such a folder: with one of them, and without a mark, the folder belongs to
/// the tenant that every cluster has.
///
/// That tenant needs no mark, so it may have a folder that cannot be written.
pub fn claim(path: &Path, tenant: &TenantName, former: &[&str]) -> Result<(), TenantFolderError> {
    let failed = |source| TenantFolderError::Folder { path: path.to_owned(), source };
    let mark = path.join(MARK);
    let mut owner = read(&mark).map_err(failed)?;
    if owner.is_none() {
        let is_former = former.iter().any(|file| path.join(file).exists());
        let first = if is_former { &TenantName::default() } else { tenant };
        owner = match write(path, &mark, first) {
            Ok(()) => read(&mark).map_err(failed)?,
            Err(error) if !first.is_default() => return Err(failed(error)),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "a folder gets no mark of its tenant");
                None
            }
        };
    }
    let owner = owner.unwrap_or_else(|| TenantName::default().to_string());
    if owner == tenant.as_str() {
        return Ok(());
    }
    Err(TenantFolderError::OfAnother { path: path.to_owned(), owner, tenant: tenant.clone() })
}

/// The name in a mark, if there is one.
fn read(mark: &Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(mark) {
        Ok(owner) => Ok(Some(owner.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the folder and writes its mark. Nodes may do so at the same time, and the first one wins.
fn write(folder: &Path, mark: &Path, tenant: &TenantName) -> io::Result<()> {
    // Its owner alone reads it: it tells what a node serves, and holds keys.
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{tenant}")?;
    match file.persist_noclobber(mark) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_the_tenant_that_came_first() {
        let dir = tempfile::tempdir().unwrap();
        let (first, acme) = (TenantName::default(), "acme".parse::<TenantName>().unwrap());
        let folder = |name: &str| dir.path().join(name);
        for (name, owner, other) in [("a", &acme, &first), ("b", &first, &acme)] {
            claim(&folder(name), owner, &["registry.json"]).unwrap();
            claim(&folder(name), owner, &["registry.json"]).unwrap();
            let rejected = claim(&folder(name), other, &["registry.json"]).unwrap_err().to_string();
            assert!(rejected.contains(&format!("belongs to the tenant {owner}")), "{rejected}");
            assert!(rejected.contains(&format!("are of the tenant {other}")), "{rejected}");
        }
    }

    #[test]
    fn a_folder_of_an_earlier_release_belongs_to_the_first_tenant() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("registry.json"), "{}").unwrap();
        let acme = "acme".parse().unwrap();
        let rejected = claim(dir.path(), &acme, &["registry.json"]).unwrap_err().to_string();
        assert!(rejected.contains("belongs to the tenant default"), "{rejected}");
        claim(dir.path(), &TenantName::default(), &["registry.json"]).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told_of() {
        let dir = tempfile::tempdir().unwrap();
        // A file is where the folder should be. Not even root can write below it.
        let path = dir.path().join("file");
        std::fs::write(&path, "").unwrap();
        let acme = "acme".parse().unwrap();
        let below = path.join("below");
        let rejected = claim(&below, &acme, &[]).unwrap_err();
        assert!(matches!(rejected, TenantFolderError::Folder { .. }), "{rejected}");
    }
}
