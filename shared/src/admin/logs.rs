//! `logs.read`.

use serde::{Deserialize, Serialize};

use crate::event::Trigger;
use crate::registry::distribution::FunctionRef;

/// `logs.read`: lines of function logs that are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadLogs {
    /// `name:3`, or `name` for all versions.
    pub function: FunctionRef,
    /// Only lines of this trigger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// Only lines with this number or a greater one.
    #[serde(default)]
    pub from: u64,
}

/// The answer to `logs.read`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    /// The oldest lines from the number on.
    pub lines: Vec<KeptLine>,
    /// True if there may be more lines after these now.
    pub more: bool,
}

/// A line of a function's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptLine {
    /// Its number.
    pub number: u64,
    /// `brink.log.<function>.<version>.<trigger>`.
    pub subject: String,
    /// The line as the worker wrote it.
    pub line: serde_json::Value,
}
