//! Lines of one log, as they go to a destination.

use std::sync::Arc;

use brink_shared::id::DistributionId;
use brink_shared::subject;

use super::access_record::AccessRecord;
use super::distribution_log::DistributionLog;
use super::field;
use super::field_value::{push_real_time, push_standard, push_standard_json};

/// One of the logs of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LogKind {
    /// The standard log.
    Standard,
    /// The standard log, in JSON.
    StandardJson,
    /// The real-time log.
    RealTime,
    /// The standard log for somebody who follows it.
    Followed,
}

/// A request on its way to one destination, and the logs that it is for.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) record: Arc<AccessRecord>,
    pub(super) kinds: Vec<LogKind>,
}

/// A log, by the distribution's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LogName {
    pub(super) distribution: Option<DistributionId>,
    pub(super) kind: LogKind,
}

// === impl Entry ===

impl Entry {
    /// Bytes that it takes while it waits.
    pub(super) fn size(&self) -> usize {
        self.record.size()
    }

    /// The log of a kind.
    pub(super) fn name(&self, kind: LogKind) -> LogName {
        LogName { distribution: self.record.distribution.id.clone(), kind }
    }

    /// Appends the line for a log.
    pub(super) fn push(&self, lines: &mut String, kind: LogKind, location: &str) {
        match (kind, &self.record.distribution.real_time) {
            (LogKind::RealTime, Some(log)) => push_real_time(lines, log, &self.record, location),
            (LogKind::RealTime, None) => {}
            (LogKind::StandardJson, _) => push_standard_json(lines, &self.record, location),
            (LogKind::Standard | LogKind::Followed, _) => {
                push_standard(lines, &self.record, location);
            }
        }
    }
}

// === impl LogName ===

impl LogName {
    /// The subject for its lines.
    pub(super) fn subject(&self) -> String {
        let distribution = self.distribution.as_ref();
        match self.kind {
            LogKind::Standard | LogKind::StandardJson => subject::access_log(distribution),
            LogKind::RealTime => subject::real_time_log(distribution),
            LogKind::Followed => subject::access_followed(distribution),
        }
    }
}

/// The first lines of a file: version and names of the fields. Lines of JSON have their names
/// themselves.
pub(super) fn header(distribution: &DistributionLog, kind: LogKind) -> String {
    let names = match (kind, &distribution.real_time) {
        (LogKind::StandardJson, _) => return String::new(),
        (LogKind::RealTime, Some(log)) => log.names.clone(),
        _ => field::standard_names(),
    };
    format!("#Version: 1.0\n#Fields: {names}\n")
}
