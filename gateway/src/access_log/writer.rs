//! Writes lines to files and to standard output.
//!
//! Disks and pipes may block, so each destination has a thread of its own.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::log_files::LogFiles;
use super::loss::Loss;
use super::queue::Entries;

/// How long lines wait for further ones.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// Most requests between two looks at the clock.
const BATCH: usize = 1024;

/// Starts the thread that writes files. It ends after the last entry.
pub(super) fn write_files(mut entries: Entries, mut files: LogFiles) -> io::Result<JoinHandle<()>> {
    on_thread(async move {
        let mut ticks = tokio::time::interval(WRITE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => files.tick(),
                taken = entries.take(&mut batch, BATCH) => {
                    if taken == 0 {
                        return files.end();
                    }
                    for entry in batch.drain(..) {
                        entry.kinds.iter().for_each(|kind| files.add(&entry, *kind));
                    }
                }
            }
        }
    })
}

/// Starts the thread that writes to standard output. It ends after the last entry.
pub(super) fn write_stdout(
    mut entries: Entries,
    location: String,
    loss: Arc<Loss>,
) -> io::Result<JoinHandle<()>> {
    on_thread(async move {
        let (mut batch, mut lines) = (Vec::new(), String::new());
        while entries.take(&mut batch, BATCH).await > 0 {
            lines.clear();
            let mut count = 0;
            for entry in batch.drain(..) {
                count += entry.kinds.len();
                entry.kinds.iter().for_each(|kind| entry.push(&mut lines, *kind, &location));
            }
            match print(&lines) {
                Ok(()) => {
                    metrics::counter!("brink_gateway_access_log_lines_total", "to" => "stdout")
                        .increment(count as u64);
                    loss.works();
                }
                Err(error) => loss.add(count, &format!("standard output: {error}")),
            }
        }
    })
}

fn print(lines: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(lines.as_bytes())?;
    stdout.flush()
}

fn on_thread(writing: impl Future<Output = ()> + Send + 'static) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let thread = std::thread::Builder::new().name("access-log".to_owned());
    thread.spawn(move || runtime.block_on(writing))
}
