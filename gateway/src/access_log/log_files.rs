//! Log files: gzip, named as CloudFront names them, closed by time and size.
//!
//! Each write adds a whole gzip member with whole lines to a file. So a file can be read at any
//! time, also if the gateway was killed or the disk was full: a member that was not written whole
//! is cut off again. While a file is written, its name ends in `.part`.

mod file_name;
mod log_file;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::distribution_log::DistributionLog;
use super::log_line::{Entry, LogKind, LogName, header};
use super::loss::Loss;
use super::settings::AccessLogSettings;
use file_name::{closed_files, stem};
use log_file::LogFile;

/// Lines of one log are written when there are this many bytes of them, or after a second.
const WRITE_AT: usize = 256 * 1024;

/// Most bytes of lines that wait, of all logs together.
const KEPT_MAX: usize = 8 << 20;

/// The files of one gateway.
pub(super) struct LogFiles {
    folder: PathBuf,
    rotate_bytes: u64,
    rotate_every: Duration,
    keep_bytes: u64,
    location: String,
    logs: HashMap<LogName, Log>,
    /// Bytes of lines that wait, of all logs.
    waiting: usize,
    loss: Arc<Loss>,
}

/// One log: the lines that wait, and the file that is open.
struct Log {
    /// The state of the distribution from which `header` was made.
    distribution: Arc<DistributionLog>,
    header: String,
    lines: String,
    count: usize,
    file: Option<LogFile>,
}

// === impl LogFiles ===

impl LogFiles {
    /// Takes up the files that a process left without closing them.
    pub(super) fn new(
        folder: PathBuf,
        settings: &AccessLogSettings,
        location: String,
        loss: Arc<Loss>,
    ) -> Self {
        let files = Self {
            folder,
            rotate_bytes: settings.rotate_mb.saturating_mul(1024 * 1024),
            rotate_every: settings.rotate_every,
            keep_bytes: settings.keep_mb.saturating_mul(1024 * 1024),
            location,
            logs: HashMap::new(),
            waiting: 0,
            loss,
        };
        let prepared = std::fs::create_dir_all(&files.folder)
            .and_then(|()| log_file::close_abandoned(&files.folder));
        if let Err(error) = prepared {
            files.loss.fails(&format!("{}: {error}", files.folder.display()));
        }
        files
    }

    /// Adds the lines of a request. Writes them if there are many.
    pub(super) fn add(&mut self, entry: &Entry, kind: LogKind) {
        let (name, distribution) = (entry.name(kind), &entry.record.distribution);
        let log = self.logs.entry(name.clone()).or_insert_with(|| Log::new(distribution, kind));
        let hour = file_name::hour(entry.record.end.at);
        let is_outdated = log.file.as_ref().is_some_and(|file| file.hour() < hour);
        let has_changed = !Arc::ptr_eq(&log.distribution, distribution)
            && log.header != header(distribution, kind);
        if is_outdated || has_changed {
            self.write(&name);
            self.close(&name);
        }
        let Some(log) = self.logs.get_mut(&name) else { return };
        if has_changed && !log.lines.is_empty() {
            // They could not be written, and do not fit the new names of fields.
            self.lose(&name, "the fields of the log have changed");
        }
        let Some(log) = self.logs.get_mut(&name) else { return };
        if !Arc::ptr_eq(&log.distribution, distribution) {
            log.distribution = distribution.clone();
            log.header = header(distribution, kind);
        }
        let before = log.lines.len();
        entry.push(&mut log.lines, kind, &self.location);
        log.count += 1;
        self.waiting += log.lines.len() - before;
        // If the folder cannot be written, it is tried once for so many bytes.
        if before / WRITE_AT < log.lines.len() / WRITE_AT {
            self.write(&name);
        }
        if self.waiting > KEPT_MAX {
            self.make_room();
        }
    }

    /// Writes all lines that wait, and closes files that are old enough.
    pub(super) fn tick(&mut self) {
        let names: Vec<LogName> = self.logs.keys().cloned().collect();
        for name in &names {
            self.write(name);
            let due = |file: &LogFile| {
                file.age() >= self.rotate_every || file.hour() < file_name::hour(SystemTime::now())
            };
            if self.logs.get(name).and_then(|log| log.file.as_ref()).is_some_and(due) {
                self.close(name);
            }
        }
        self.logs.retain(|_, log| log.file.is_some() || !log.lines.is_empty());
    }

    /// Writes everything and closes all files.
    pub(super) fn end(&mut self) {
        let names: Vec<LogName> = self.logs.keys().cloned().collect();
        for name in &names {
            self.write(name);
            self.close(name);
            self.lose(name, "the gateway stops");
        }
    }

    /// Writes the lines of a log that wait. If this fails, they wait on.
    fn write(&mut self, name: &LogName) {
        let Some(log) = self.logs.get_mut(name).filter(|log| !log.lines.is_empty()) else {
            return;
        };
        let bytes = log.lines.len();
        let written = log.write(&self.folder, &stem(name));
        match written {
            Ok(lines) => {
                self.waiting -= bytes;
                metrics::counter!("brink_gateway_access_log_lines_total", "to" => "files")
                    .increment(lines as u64);
                self.loss.works();
                if log.file.as_ref().is_some_and(|file| file.len() >= self.rotate_bytes) {
                    self.close(name);
                }
            }
            Err(error) => self.loss.fails(&format!("{}: {error}", self.folder.display())),
        }
    }

    fn close(&mut self, name: &LogName) {
        let file = self.logs.get_mut(name).and_then(|log| log.file.take());
        let Some(file) = file else { return };
        if let Err(error) = file.close() {
            tracing::warn!(folder = %self.folder.display(), %error, "a log file keeps its name .part");
        }
        if self.keep_bytes > 0
            && let Err(error) = self.delete_oldest()
        {
            tracing::warn!(folder = %self.folder.display(), %error, "cannot delete old log files");
        }
    }

    /// Deletes the oldest closed files until the others are small enough together.
    fn delete_oldest(&self) -> io::Result<()> {
        let mut files = closed_files(&self.folder)?;
        files.sort_by_key(|file| std::cmp::Reverse(file.changed));
        let mut total: u64 = 0;
        for file in files {
            total += file.bytes;
            if total > self.keep_bytes {
                std::fs::remove_file(&file.path)?;
            }
        }
        Ok(())
    }

    /// Writes the logs with the most lines, or drops their lines, until few enough wait. A log that
    /// was dropped gathers many lines before its turn comes again, so a folder that cannot be written
    /// is not tried for each line.
    fn make_room(&mut self) {
        while self.waiting > KEPT_MAX {
            let largest = self.logs.iter().max_by_key(|(_, log)| log.lines.len());
            let Some(name) = largest.map(|(name, _)| name.clone()) else { return };
            self.write(&name);
            self.lose(&name, "the folder cannot be written");
        }
    }

    /// Drops the lines of a log that wait.
    fn lose(&mut self, name: &LogName, why: &str) {
        let Some(log) = self.logs.get_mut(name).filter(|log| log.count > 0) else { return };
        self.waiting -= std::mem::take(&mut log.lines).len();
        self.loss.add(std::mem::take(&mut log.count), why);
    }
}

// === impl Log ===

impl Log {
    fn new(distribution: &Arc<DistributionLog>, kind: LogKind) -> Self {
        Self {
            distribution: distribution.clone(),
            header: header(distribution, kind),
            lines: String::new(),
            count: 0,
            file: None,
        }
    }

    /// Writes the lines that wait and returns how many these were.
    fn write(&mut self, folder: &Path, stem: &str) -> io::Result<usize> {
        // Lines that go to a file that somebody deleted would be lost.
        let file = match self.file.take().filter(LogFile::is_there) {
            Some(file) => self.file.insert(file),
            None => self.file.insert(LogFile::create(folder, stem, &self.header)?),
        };
        file.append(&self.lines)?;
        self.lines.clear();
        self.lines.shrink_to(WRITE_AT);
        Ok(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests;
