//! Packages of PyPI that a test runs, fetched once per user.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The message if packages cannot be fetched.
const PIP_NEEDED: &str = "this test installs packages: it needs `python3` with pip, and PyPI or the \
     index that pip's configuration names";

/// A folder from which `python` can import the packages, each given as `name==version`. Runs pip
/// unless an earlier test has; others wait meanwhile.
pub fn installed(python: &str, packages: &[&str]) -> PathBuf {
    let version = output(python, &["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
    let version = version.trim();
    let cache = cache_dir();
    std::fs::create_dir_all(&cache).unwrap();
    let name: String = packages.join("-").replace("==", "-");
    let home = cache.join(format!("python{version}-{name}"));
    let lock = File::create(cache.join("pypi.lock")).unwrap();
    lock.lock().unwrap();
    if !home.exists() {
        let fetched = tempfile::tempdir_in(&cache).unwrap();
        let into = fetched.path().to_str().unwrap();
        // Not every Python has pip.
        let mut arguments = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        arguments.extend(["--only-binary=:all:", "--python-version", version, "--target", into]);
        arguments.extend(packages);
        output("python3", &arguments);
        // Other processes see all of it or nothing.
        std::fs::rename(fetched.keep(), &home).unwrap();
    }
    home
}

fn output(python: &str, arguments: &[&str]) -> String {
    let output = Command::new(python)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{python}: {error}: {PIP_NEEDED}"));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{python} {arguments:?}: {words}: {PIP_NEEDED}");
    String::from_utf8(output.stdout).unwrap()
}

fn cache_dir() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Path::new(&variable("HOME").expect("HOME is not set")).join(".cache");
    cache.unwrap_or_else(home).join("brink")
}
