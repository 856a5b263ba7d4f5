//! Where the disk cache is and how large it may become.

use std::path::PathBuf;

use serde::Deserialize;

/// The least size, in MB. Below that, the database's own pages would need most of it.
pub const LEAST_MB: u64 = 64;

/// The settings `disk_cache.*` of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiskCacheSettings {
    /// The folder; without one there is no disk cache.
    pub dir: Option<PathBuf>,
    /// The most that it takes on the disk, in MB.
    pub mb: u64,
}

/// Why a gateway with a disk cache does not start.
#[derive(Debug, thiserror::Error)]
pub enum DiskCacheError {
    /// The size is too small.
    #[error("disk_cache.mb = {0} is too small; it must be at least {LEAST_MB}")]
    TooSmall(u64),
    /// Another process uses the folder.
    #[error(
        "disk_cache.dir {} is in use by another gateway; give each gateway a folder of its own",
        .0.display()
    )]
    InUse(PathBuf),
    /// The system allows no further threads.
    #[error("cannot start a thread for the disk cache: {0}")]
    Threads(std::io::Error),
}

// === impl DiskCacheSettings ===

impl DiskCacheSettings {
    /// Rejects a size that is too small for a database.
    pub fn check(&self) -> Result<(), DiskCacheError> {
        let too_small = self.dir.is_some() && self.mb < LEAST_MB;
        if too_small { Err(DiskCacheError::TooSmall(self.mb)) } else { Ok(()) }
    }
}

impl Default for DiskCacheSettings {
    fn default() -> Self {
        Self { dir: None, mb: 4096 }
    }
}
