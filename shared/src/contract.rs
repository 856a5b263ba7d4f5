//! What a function may return (`contract.md` sections 3 to 5), as pure functions.
//!
//! [`read`] takes a handler's value and says what it means for the request, or names the exact
//! place that breaks the contract. The gateway, `brink run` and publishing share this code.

mod header_map;
pub mod header_rules;
mod origin;
mod place;
mod request;
mod response;

use bytes::Bytes;
use serde_json::Value;

use crate::event::{Event, Headers, Request, Trigger};
use place::Place;

/// Largest generated response at viewer-request, headers and body (`contract.md` 5.1: 40 KB).
pub const VIEWER_RESPONSE_MAX: usize = 40 * 1024;

/// Largest response at the origin triggers, headers and body (`contract.md` 5.1: 1 MB).
pub const ORIGIN_RESPONSE_MAX: usize = 1024 * 1024;

/// Most of a request body that viewer-request is shown or may send on (5.2: 40 KB).
pub const VIEWER_BODY_MAX: usize = 40 * 1024;

/// Most of a request body that origin-request is shown or may send on (5.2: 1 MB).
pub const ORIGIN_BODY_MAX: usize = 1024 * 1024;

/// `uri` and `querystring` together stay below this many characters (5.2).
pub const URI_AND_QUERY_LIMIT: usize = 8_192;

/// Most lines of one header map. No message that comes in has nearly as many; it bounds what
/// reading a value costs.
pub const HEADER_LINES_MAX: usize = 1_024;

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

/// Why a value breaks the contract. The text begins with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// The handler gave nothing that could be a request or a response.
    #[error("the function returned {got}; return the {expected} object")]
    NotAnObject {
        /// What came: `null`, `array`, ...
        got: &'static str,
        /// What this trigger takes.
        expected: &'static str,
    },
    /// A required field is not there.
    #[error("{place}: missing")]
    Missing {
        /// The field.
        place: String,
    },
    /// A value of the wrong type.
    #[error("{place}: expected {expected}, got {got}")]
    Type {
        /// The field.
        place: String,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        got: &'static str,
    },
    /// A value of the right type that may not stand there.
    #[error("{place}: {why}")]
    Value {
        /// The field.
        place: String,
        /// The rule it breaks.
        why: String,
    },
    /// A header that no function may add (4.1).
    #[error("{place}: functions may not add the header {name}")]
    DisallowedHeader {
        /// The header.
        place: String,
        /// Its name in lower case.
        name: String,
    },
    /// A header that is read-only at this trigger (4.2).
    #[error("{place}: the header {name} is read-only at {trigger}; leave it as it came")]
    ReadOnlyHeader {
        /// The header.
        place: String,
        /// Its name in lower case.
        name: String,
        /// Where.
        trigger: Trigger,
    },
    /// Over a size limit (5.1).
    #[error("{place}: {size} bytes of headers and body; the limit at {trigger} is {max}")]
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

/// Reads a handler's value in answer to `event`. Costs time in proportion to the value's size.
pub fn read(event: &Event, returned: &Value) -> Result<Outcome, ContractError> {
    let trigger = event.config.event_type;
    let Value::Object(fields) = returned else {
        let expected = if trigger.is_request() { "request or response" } else { "response" };
        return Err(ContractError::NotAnObject { got: place::type_name(returned), expected });
    };
    if trigger.is_request() && !fields.contains_key("status") {
        return request::read(event, Place::root("request"), fields).map(Outcome::Request);
    }
    response::read(event, Place::root("response"), fields).map(Outcome::Response)
}

#[cfg(test)]
mod tests;
