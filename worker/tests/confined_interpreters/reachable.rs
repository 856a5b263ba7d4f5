//! The launcher and the bootstraps in a folder that every user of the machine can reach. A checkout
//! and its builds often lie in somebody's home folder, which is closed to others.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Copies both into a folder, which must outlive all trials.
pub fn lay_out() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(std::env::current_exe().unwrap(), folder.path().join("launcher")).unwrap();
    let bootstraps = Path::new(env!("CARGO_MANIFEST_DIR")).join("interpreters");
    copy(&bootstraps, &folder.path().join("bootstraps"));
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    FOLDER.set(folder.path().to_owned()).unwrap();
    folder
}

/// This program.
pub fn launcher() -> PathBuf {
    FOLDER.get().unwrap().join("launcher")
}

/// The folder of the bootstraps.
pub fn bootstraps() -> PathBuf {
    FOLDER.get().unwrap().join("bootstraps")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}
