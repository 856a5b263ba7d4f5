//! Where a gateway writes its access logs.

use std::path::PathBuf;
use std::time::Duration;

use brink_shared::duration_text;
use serde::Deserialize;

/// The settings `access_log.*` of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessLogSettings {
    /// Where the standard log goes; none writes no logs.
    pub to: Option<Destination>,
    /// The form of the standard log.
    pub format: LogFormat,
    /// Where real-time logs go; if missing, to the same place.
    pub real_time_to: Option<Destination>,
    /// The folder of the files.
    pub dir: Option<PathBuf>,
    /// A file is closed at this size, in MB.
    pub rotate_mb: u64,
    /// A file is closed at this age, and at the end of each hour.
    #[serde(with = "duration_text")]
    pub rotate_every: Duration,
    /// When closed files take more than this, the oldest ones are deleted, in MB. With 0, none is.
    pub keep_mb: u64,
    /// True if requests that no distribution answers are logged too.
    pub unmatched: bool,
}

/// The form of the standard log's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Values with tabs between them, and a header.
    #[default]
    W3c,
    /// A JSON object for each request.
    Json,
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// Files in a folder.
    Files,
    /// Standard output.
    Stdout,
    /// Subjects of the bus.
    Nats,
}

/// Why logs cannot be written as the settings say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessLogError {
    /// No folder is named.
    #[error("access_log.dir is missing: name the folder for the files of the access log")]
    NoFolder,
}

// === impl AccessLogSettings ===

impl AccessLogSettings {
    /// Rejects settings that contradict each other.
    pub fn check(&self) -> Result<(), AccessLogError> {
        let lacks_folder = self.uses(Destination::Files) && self.dir.is_none();
        if lacks_folder { Err(AccessLogError::NoFolder) } else { Ok(()) }
    }

    /// Where real-time logs go.
    pub(super) fn real_time(&self) -> Option<Destination> {
        self.real_time_to.or(self.to)
    }

    /// True if some log goes there.
    pub(super) fn uses(&self, destination: Destination) -> bool {
        [self.to, self.real_time()].contains(&Some(destination))
    }
}

impl Default for AccessLogSettings {
    fn default() -> Self {
        Self {
            to: None,
            format: LogFormat::default(),
            real_time_to: None,
            dir: None,
            rotate_mb: 64,
            rotate_every: Duration::from_hours(1),
            keep_mb: 0,
            unmatched: true,
        }
    }
}

// === impl Destination ===

impl Destination {
    /// Its name in settings and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Stdout => "stdout",
            Self::Nats => "nats",
        }
    }
}
