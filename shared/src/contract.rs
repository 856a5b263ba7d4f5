//! What a function may return, as pure functions: `read` and the rules it holds a value against.
//!
//! [`read`] takes a handler's value and says what it means for the request, or names the exact
//! place that breaks the contract and the [`Rule`]. The gateway, `brink run` and publishing share
//! this code. It answers no request: what a failure costs the viewer is the gateway's to say.

pub mod header_rules;
pub mod limits;
#[doc = include_str!("../docs/contract.md")]
pub mod reference {}

mod header_map;
mod mistake;
mod origin;
mod origin_name;
mod place;
mod request;
mod response;
mod rule;
mod warnings;

use bytes::Bytes;
use serde_json::Value;

use crate::event::{Event, Headers, Request, Trigger};
use place::Place;

pub use limits::{ORIGIN_BODY_MAX, ORIGIN_RESPONSE_MAX, VIEWER_BODY_MAX, VIEWER_RESPONSE_MAX};
pub use rule::Rule;
pub use warnings::warnings;

/// How a value is read that breaks no rule by which a request could go wrong, but has no effect
/// or is cut: an oversized replacement of the request's body, a body or another status at
/// viewer-response, and edits of what is read-only (`method`, `clientIp`, `inputTruncated`, and
/// `origin` at viewer-request).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Refused. Before publishing, where a person reads it.
    Strict,
    /// Ignored or cut, as the service that functions come from does. At run time.
    Compatible,
}

/// What a handler's value means.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Go on with this request. Only at request triggers.
    Request(Request),
    /// At request triggers: answer with this. At response triggers: this is the response now.
    Response(FunctionResponse),
}

/// A response as a function wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionResponse {
    /// 200 to 599.
    pub status: u16,
    /// As given, or the status's usual phrase is used.
    pub status_description: Option<String>,
    /// All headers of the response.
    pub headers: Headers,
    /// The decoded body. None at origin-response leaves the origin's own body in place; an empty
    /// one removes it (3.4).
    pub body: Option<Bytes>,
}

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
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        got: &'static str,
        /// The rule it breaks.
        rule: Rule,
    },
    /// A value of the right type that may not stand there.
    #[error("{place}: {why} ({rule})")]
    Value {
        /// The field.
        place: String,
        /// What is wrong with it.
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

/// Reads a handler's value in answer to `event`. Costs time in proportion to the value's size.
pub fn read(
    event: &Event,
    returned: &Value,
    strictness: Strictness,
) -> Result<Outcome, ContractError> {
    let trigger = event.config.event_type;
    let Value::Object(fields) = returned else {
        let expected =
            if trigger.is_request() { "a request or response object" } else { "a response object" };
        let write = mistake::no_object(trigger, returned);
        let place = Place::root("returned value");
        return Err(place.mistaken(Rule::Returned, expected, returned, write));
    };
    mistake::check_kind(trigger, fields)?;
    if trigger.is_request() && !fields.contains_key("status") {
        let place = Place::root("request");
        return request::read(event, place, fields, strictness).map(Outcome::Request);
    }
    let place = Place::root("response");
    response::read(event, place, fields, strictness).map(Outcome::Response)
}
