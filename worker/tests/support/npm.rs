//! npm packages that a test pins by a lock file, installed once into the target folder.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// The message if packages cannot be installed.
const NPM_NEEDED: &str = "this test installs npm packages: it needs `npm` (which comes with Node.js \
     20; .ci/run shows how to get both) and the registry that npm's configuration names";

/// A folder with all that the lock file in `source` names in its `node_modules`. Runs npm unless an
/// earlier test has; others wait meanwhile.
pub fn installed(source: &Path) -> PathBuf {
    let lock = std::fs::read(source.join("package-lock.json")).unwrap();
    let digest = HEXLOWER.encode(&Sha256::digest(&lock));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(format!("npm-{}", &digest[..16]));
    let guard = File::create(target.join("npm.lock")).unwrap();
    guard.lock().unwrap();
    let complete = folder.join("complete");
    if !complete.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        let status = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder)
            .status()
            .unwrap_or_else(|error| panic!("{error}: {NPM_NEEDED}"));
        assert!(status.success(), "npm ci in {}: {status}: {NPM_NEEDED}", folder.display());
        File::create(complete).unwrap();
    }
    folder
}
