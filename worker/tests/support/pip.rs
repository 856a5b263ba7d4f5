//! Packages of PyPI that a test pins, installed once into the target folder.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// The message if packages cannot be installed.
const PIP_NEEDED: &str = "this test installs packages of PyPI: it needs `python3` with `pip`, and \
     the registry that pip's configuration names";

/// A folder with all that the file names, for the `python3` in `PATH`. Runs pip unless an earlier
/// test has; others wait meanwhile.
pub fn installed(requirements: &Path) -> PathBuf {
    let version = Command::new("python3").args(["-c", "import sys; print(sys.version)"]).output();
    let version = version.unwrap_or_else(|error| panic!("{error}: {PIP_NEEDED}")).stdout;
    let wanted = [std::fs::read(requirements).unwrap(), version].concat();
    let digest = HEXLOWER.encode(&Sha256::digest(&wanted));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(format!("pip-{}", &digest[..16]));
    let guard = File::create(target.join("pip.lock")).unwrap();
    guard.lock().unwrap();
    let complete = folder.join("complete");
    if !complete.exists() {
        let status = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"])
            .args(["--no-compile", "--disable-pip-version-check", "--root-user-action", "ignore"])
            .args(["--upgrade", "--target"])
            .arg(&folder)
            .arg("--requirement")
            .arg(requirements)
            .status()
            .unwrap_or_else(|error| panic!("{error}: {PIP_NEEDED}"));
        assert!(status.success(), "pip install in {}: {status}: {PIP_NEEDED}", folder.display());
        File::create(complete).unwrap();
    }
    folder
}
