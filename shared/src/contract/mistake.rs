//! Recognizes frequent mistakes in returned values, and tells how to correct them.
//!
//! Most of them are the forms of other services: API Gateway has `statusCode` and
//! `isBase64Encoded`, CloudFront Functions have headers without arrays. An error that only names
//! the wrong type would not help the author.

use serde_json::{Map, Value};

use super::contract_error::ContractError;
use super::place::{Place, Quoted, field, type_name};
use super::rule::Rule;
use crate::event::Trigger;

/// Fields of a request. A response that lacks its `status` has none of them.
const OF_REQUESTS: [&str; 4] = ["uri", "querystring", "method", "clientIp"];

/// Fields that only responses have.
const OF_RESPONSES: [&str; 2] = ["statusDescription", "bodyEncoding"];

/// Fields of other services' responses, and how they are written here.
const FOREIGN: [(&str, &str); 3] = [
    ("isBase64Encoded", "write bodyEncoding: \"base64\""),
    ("multiValueHeaders", "write all lines in headers, { \"set-cookie\": [{ value: \"a=1\" }] }"),
    ("cookies", "write them in headers, { \"set-cookie\": [{ value: \"a=1\" }] }"),
];

/// The advice for a value that is not an object.
pub(super) fn no_object(trigger: Trigger, value: &Value) -> Option<&'static str> {
    match (value, trigger.is_request()) {
        (Value::Null, true) => Some("return the request, or a response with a status"),
        (Value::Null, false) => Some("return the response"),
        (Value::Array(_), _) => Some("return the object itself, not a list"),
        _ => None,
    }
}

/// Rejects an object that contains or resembles a request or response, but is neither.
pub(super) fn check_kind(
    trigger: Trigger,
    fields: &Map<String, Value>,
) -> Result<(), ContractError> {
    if fields.contains_key("status") {
        return Ok(());
    }
    let wanted = if trigger.is_request() { "request" } else { "response" };
    let place = Place::root("returned value");
    let is_object = |name: &str| fields.get(name).is_some_and(Value::is_object);
    let reject = |why: String| Err(place.reject(Rule::Returned, why));
    if fields.contains_key("statusCode") {
        let place = Place::root("response");
        let why = "responses have `status` here; write status instead of statusCode";
        return Err(place.field("statusCode").reject(Rule::Status, why));
    }
    let is_request = OF_REQUESTS.iter().any(|name| fields.contains_key(*name));
    if is_request {
        return if trigger.is_request() {
            Ok(())
        } else {
            reject(format!("a request; at {trigger} return the response"))
        };
    }
    if fields.get("Records").is_some_and(Value::is_array) {
        return reject(format!("the whole event; return event.Records[0].cf.{wanted}"));
    }
    if is_object("cf") {
        return reject(format!("a record of the event; return its cf.{wanted}"));
    }
    if let Some(inner) = [wanted, "request", "response"].into_iter().find(|name| is_object(name)) {
        return reject(format!("an object with a {inner} in it; return the {inner} itself"));
    }
    if let Some(name) = OF_RESPONSES.into_iter().find(|name| fields.contains_key(*name)) {
        let place = Place::root("response");
        let why = format!("missing; with {name} this is a response, which needs a status");
        return Err(place.field("status").reject(Rule::Required, why));
    }
    Ok(())
}

/// Rejects fields of a response that only other services read.
pub(super) fn check_foreign(
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<(), ContractError> {
    for (name, write) in FOREIGN {
        let is_set = field(fields, name).is_some_and(|value| *value != Value::Bool(false));
        if is_set {
            let why = format!("has no effect here; {write}");
            return Err(place.field(name).reject(Rule::Returned, why));
        }
    }
    Ok(())
}

/// The advice for `headers` that are not an object.
pub(super) fn headers(value: &Value) -> Option<String> {
    let is_list = value.is_array();
    is_list.then(|| "write them by name, { \"location\": [{ value: \"/\" }] }".to_owned())
}

/// The advice for the lines of a header that are not an array.
pub(super) fn lines(value: &Value) -> Option<String> {
    match value {
        Value::Object(line) if line.contains_key("multiValue") => {
            Some("that is CloudFront Functions' form; write an array of { value }".to_owned())
        }
        Value::Object(line) => {
            line.contains_key("value").then(|| "write it in an array, [{ value: ... }]".to_owned())
        }
        value => text(value).map(|text| format!("write [{{ value: {text} }}]")),
    }
}

/// The advice for a line of a header that is not an object.
pub(super) fn line(value: &Value) -> Option<String> {
    text(value).map(|text| format!("write {{ value: {text} }}"))
}

/// The advice for the value of a header line that is not a text.
pub(super) fn line_value(value: &Value) -> Option<String> {
    match value {
        Value::String(_) => None,
        value => text(value).map(|text| format!("write {text}")),
    }
}

/// The advice for a `statusDescription` that is not a text.
pub(super) fn description(value: &Value) -> Option<String> {
    match value {
        Value::Number(_) => {
            Some("write words such as \"Not Found\"; the number is the status".to_owned())
        }
        _ => None,
    }
}

/// The advice for a response's body that is not a text.
pub(super) fn response_body(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(body) if is_bytes(body) => {
            Some("write Buffer.from(body).toString(\"base64\") and bodyEncoding: \"base64\"")
        }
        Value::Object(body) if body.get("data").is_some_and(Value::is_string) => {
            Some("write its data as body and its encoding as bodyEncoding")
        }
        Value::Object(_) | Value::Array(_) => Some("write JSON.stringify(body)"),
        Value::Number(_) | Value::Bool(_) => Some("write String(body)"),
        Value::Null | Value::String(_) => None,
    }
}

/// The advice for a request's body that is not an object.
pub(super) fn request_body(value: &Value) -> Option<&'static str> {
    let write = "write { action: \"replace\", encoding: \"text\", data: body }, or give a response \
                 its status";
    value.is_string().then_some(write)
}

/// The advice for a query that is not a text.
pub(super) fn querystring(value: &Value) -> Option<&'static str> {
    value.is_object().then_some("write require(\"querystring\").stringify(query)")
}

/// True for the JSON of a `Buffer` and of a `Uint8Array`.
fn is_bytes(object: &Map<String, Value>) -> bool {
    let is_buffer = object.get("type").is_some_and(|kind| kind == "Buffer");
    let is_array = object.get("data").is_some_and(Value::is_array);
    (is_buffer && is_array) || object.get("0").is_some_and(Value::is_number)
}

/// A plain value as a text in quotes.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(Quoted(text).to_string()),
        Value::Number(number) => Some(format!("\"{number}\"")),
        Value::Bool(is_set) => Some(format!("\"{is_set}\"")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

// === impl Place ===

impl Place<'_> {
    /// Rejects a value of the wrong type, with advice if there is any.
    pub(super) fn mistaken(
        &self,
        rule: Rule,
        expected: &'static str,
        got: &Value,
        write: Option<impl AsRef<str>>,
    ) -> ContractError {
        match write {
            None => self.wrong_type(rule, expected, got),
            Some(write) => {
                let (got, write) = (type_name(got), write.as_ref());
                self.reject(rule, format!("expected {expected}, got {got}; {write}"))
            }
        }
    }
}
