//! The standard error of a sandbox with the embedded engine: a limited part of it is logged.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::time::Instant;

use crate::sandbox::output::LastWords;

/// Longest line of a sandbox's standard error that is kept, in bytes.
const STDERR_LINE_MAX: u64 = 1_024;

/// Most lines of standard error that are logged in [`STDERR_PERIOD`].
const STDERR_LINES_MAX: u32 = 20;

/// See [`STDERR_LINES_MAX`].
const STDERR_PERIOD: Duration = Duration::from_secs(10);

/// Logs the lines that the process writes, until it ends. Keeps the last one for the reason of its
/// end.
pub(super) async fn log(stderr: ChildStderr, pid: u32, last_words: LastWords) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    let mut period = Instant::now();
    let mut lines = 0;
    loop {
        line.clear();
        match (&mut reader).take(STDERR_LINE_MAX).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        // After the last words, a runtime may write a hint for its own developers.
        if !text.starts_with("note: ") {
            text.clone_into(&mut last_words.lock());
        }
        if period.elapsed() > STDERR_PERIOD {
            period = Instant::now();
            lines = 0;
        }
        lines += 1;
        match lines {
            1..=STDERR_LINES_MAX => tracing::warn!(pid, "sandbox: {text}"),
            n if n == STDERR_LINES_MAX + 1 => tracing::warn!(
                pid,
                "a sandbox writes too many lines to standard error; some are not logged"
            ),
            _ => {}
        }
    }
}
