//! Virtual environments, with debugpy and without.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the test pins.
const DEBUGPY: &str = "debugpy==1.8.22";

const NEEDED: &str = "this test needs `python3` with venv and pip, and PyPI or the index that pip's \
                      configuration names";

/// The `python3` of an environment without packages, in `folder`.
pub fn bare(folder: &Path) -> PathBuf {
    run(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(folder));
    folder.join("bin/python3")
}

/// The `python3` of an environment with debugpy, which is made once for each user.
pub fn with_debugpy() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Path::new(&variable("HOME").expect("HOME is not set")).join(".cache");
    let cache = cache.unwrap_or_else(home).join("brink");
    std::fs::create_dir_all(&cache).unwrap();
    let lock = File::create(cache.join("debugpy.lock")).unwrap();
    lock.lock().unwrap();
    let version = "import sys; print('%d.%d' % sys.version_info[:2])";
    let version = run(Command::new("python3").args(["-c", version]));
    let version = version.trim();
    let folder = cache.join(format!("venv-{version}-{}", DEBUGPY.replace("==", "-")));
    let complete = folder.join("complete");
    if !complete.exists() {
        bare(&folder);
        let packages = folder.join(format!("lib/python{version}/site-packages"));
        run(Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--root-user-action", "ignore", "--only-binary", ":all:", "--upgrade"])
            .arg("--target")
            .arg(packages)
            .arg(DEBUGPY));
        File::create(complete).unwrap();
    }
    folder.join("bin/python3")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{error}: {NEEDED}"));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {words}: {NEEDED}");
    String::from_utf8(output.stdout).unwrap()
}
