//! Names of log files: `shop.2026-11-30-14.5f0c2a9be1d34f77.gz` (`contract.md` 8.3).

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::field_value::date_and_time;
use super::super::log_line::{LogKind, LogName};

/// The ending of a closed file.
const CLOSED: &str = ".gz";

/// The ending of a file that is being written.
pub(super) const OPEN: &str = ".gz.part";

/// A closed file.
pub(super) struct ClosedFile {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) changed: SystemTime,
}

/// The beginning of the names of a log's files. A distribution's id has no dot, so no two logs have
/// the same.
pub(super) fn stem(name: &LogName) -> String {
    let log = match name.kind {
        LogKind::RealTime => ".real-time",
        LogKind::Standard | LogKind::StandardJson | LogKind::Followed => "",
    };
    match &name.distribution {
        Some(id) => format!("{id}{log}"),
        None => "unmatched.requests".to_owned(),
    }
}

/// The name of a new file, without its ending.
pub(super) fn new_name(stem: &str, at: SystemTime) -> String {
    let (date, time) = date_and_time(at);
    let hour = time.get(..2).unwrap_or_default();
    format!("{stem}.{date}-{hour}.{:016x}", rand::random::<u64>())
}

/// Hours since 1970.
pub(in super::super) fn hour(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 3600
}

/// All closed files of a folder. Files with other names are not among them.
pub(super) fn closed_files(folder: &Path) -> io::Result<Vec<ClosedFile>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| is_ours(name, CLOSED)) {
            let facts = entry.metadata()?;
            let changed = facts.modified()?;
            found.push(ClosedFile { path: entry.path(), bytes: facts.len(), changed });
        }
    }
    Ok(found)
}

/// True for names that [`new_name`] made, with this ending.
pub(super) fn is_ours(name: &str, ending: &str) -> bool {
    let Some(rest) = name.strip_suffix(ending) else { return false };
    let mut parts = rest.rsplit('.');
    let is_number = |part: &str| part.len() == 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let is_hour = |part: &str| {
        let pattern = b"dddd-dd-dd-dd";
        part.len() == pattern.len()
            && part.bytes().zip(pattern).all(|(byte, expected)| match expected {
                b'd' => byte.is_ascii_digit(),
                other => byte == *other,
            })
    };
    parts.next().is_some_and(is_number)
        && parts.next().is_some_and(is_hour)
        && parts.next().is_some_and(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_log_and_the_hour_and_is_known_again() {
        let name = |distribution: Option<&str>, kind| {
            let distribution = distribution.map(|id| id.parse().unwrap());
            let at = UNIX_EPOCH + std::time::Duration::from_secs(1_796_047_509);
            new_name(&stem(&LogName { distribution, kind }), at)
        };
        let standard = name(Some("shop"), LogKind::Standard);
        assert!(standard.starts_with("shop.2026-11-30-14."), "{standard}");
        let real_time = name(Some("shop"), LogKind::RealTime);
        assert!(real_time.starts_with("shop.real-time.2026-11-30-14."), "{real_time}");
        let unmatched = name(None, LogKind::Standard);
        assert!(unmatched.starts_with("unmatched.requests.2026-"), "{unmatched}");
        for name in [standard, real_time, unmatched] {
            assert!(is_ours(&format!("{name}.gz"), CLOSED), "{name}");
            assert!(is_ours(&format!("{name}.gz.part"), OPEN), "{name}");
            assert!(!is_ours(&format!("{name}.gz.part"), CLOSED), "{name}");
        }
        for other in ["backup.gz", ".2026-11-30-14.0123456789abcdef.gz", "a.2026-11-30.b.gz", ""] {
            assert!(!is_ours(other, CLOSED), "{other}");
        }
    }
}
