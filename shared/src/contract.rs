//! The contract for returned values, as pure functions.
//!
//! [`read`] validates a handler's value. It returns the meaning of the value for the request, or an
//! error with the exact place and the broken [`Rule`]. The gateway, `brink run` and publishing
//! share this code. The gateway decides what the viewer gets after an error.

pub mod header_rules;
pub mod limits;
#[doc = include_str!("../docs/contract.md")]
pub mod reference {}

mod contract_error;
mod header_map;
mod mistake;
mod origin;
mod origin_name;
mod outcome;
mod place;
mod request;
mod response;
mod rule;
mod warnings;

use serde_json::Value;

use crate::event::Event;
use place::Place;

pub use contract_error::ContractError;
pub use limits::{ORIGIN_BODY_MAX, ORIGIN_RESPONSE_MAX, VIEWER_BODY_MAX, VIEWER_RESPONSE_MAX};
pub use outcome::{FunctionResponse, Outcome, Strictness};
pub use rule::Rule;
pub use warnings::warnings;

/// Reads the value that a handler returned for `event`. Takes time in proportion to the value's
/// size.
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
