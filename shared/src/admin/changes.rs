//! `change.list`: the record of changes ([`crate::audit`]).

use serde::{Deserialize, Serialize};

use crate::audit::Change;

/// `change.list`: entries of the record of changes, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListChanges {
    /// Only changes of this function, version or distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Only changes by this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The `next_marker` of the page before; none for the newest entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<u64>,
}

/// The answer to `change.list`. It may have no items although more follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// The entries that were chosen, with their numbers.
    pub items: Vec<NumberedChange>,
    /// The marker for older entries; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<u64>,
}

/// An entry of the record of changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberedChange {
    /// Its number in the record.
    pub number: u64,
    /// The entry.
    #[serde(flatten)]
    pub change: Change,
}
