//! Why a value breaks the contract.

use super::rule::Rule;
use crate::event::Trigger;

/// Why a value breaks the contract. The text begins with the place and ends with the rule and
/// its source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// A required field is not there.
    #[error("{place}: missing ({})", Rule::Required)]
    Missing {
        /// The field.
        place: String,
    },
    /// A value of the wrong type.
    #[error("{place}: expected {expected}, got {got} ({rule})")]
    Type {
        /// The field.
        place: String,
        /// The expected type.
        expected: &'static str,
        /// The type that was found.
        got: &'static str,
        /// The rule it breaks.
        rule: Rule,
    },
    /// A value of the right type that may not stand there.
    #[error("{place}: {why} ({rule})")]
    Value {
        /// The field.
        place: String,
        /// The reason.
        why: String,
        /// The rule it breaks.
        rule: Rule,
    },
    /// A header that no function may add (4.1).
    #[error("{place}: functions may not add it ({})", Rule::DisallowedHeader)]
    DisallowedHeader {
        /// The header.
        place: String,
    },
    /// A header that is read-only at this trigger (4.2).
    #[error(
        "{place}: the header {name} is read-only at {trigger}; leave it as it came ({})",
        Rule::ReadOnlyHeader
    )]
    ReadOnlyHeader {
        /// The header.
        place: String,
        /// Its name in lower case.
        name: &'static str,
        /// Where.
        trigger: Trigger,
    },
    /// Over a size limit (5.1).
    #[error(
        "{place}: {size} bytes of headers and body; the limit at {trigger} is {max} ({})",
        Rule::ResponseSize
    )]
    TooLarge {
        /// The object.
        place: String,
        /// Its size.
        size: usize,
        /// The limit.
        max: usize,
        /// Where.
        trigger: Trigger,
    },
}

// === impl ContractError ===

impl ContractError {
    /// The rule that is broken.
    pub fn rule(&self) -> Rule {
        match self {
            Self::Missing { .. } => Rule::Required,
            Self::Type { rule, .. } | Self::Value { rule, .. } => *rule,
            Self::DisallowedHeader { .. } => Rule::DisallowedHeader,
            Self::ReadOnlyHeader { .. } => Rule::ReadOnlyHeader,
            Self::TooLarge { .. } => Rule::ResponseSize,
        }
    }
}
