//! Reads a returned header map (`contract.md` 2.4) and validates it against the header rules (4).

use std::borrow::Cow;

use serde_json::Value;

use super::contract_error::ContractError;
use super::header_rules::{is_disallowed, read_only};
use super::limits::{HEADER_LINES_MAX, HEADER_NAME_MAX};
use super::mistake;
use super::place::{Place, field};
use super::rule::Rule;
use crate::event::Trigger;
use crate::event::headers::{Headers, capitalized};

/// The one header that viewer-request may change but not add (4.3).
const VIEWER_COUNTRY: &str = "cloudfront-viewer-country";

/// Reads the headers of a request or response. `before` are those that the function was shown.
pub(super) fn read_changed(
    place: &Place<'_>,
    value: &Value,
    trigger: Trigger,
    before: &Headers,
) -> Result<Headers, ContractError> {
    let headers = read(place, value, |place, name| {
        if is_disallowed(name) {
            return Err(ContractError::DisallowedHeader { place: place.to_string() });
        }
        if trigger == Trigger::ViewerRequest && name == VIEWER_COUNTRY && !before.contains(name) {
            return Err(place.reject(Rule::ViewerCountry, "viewer-request may not add it"));
        }
        Ok(())
    })?;
    for name in read_only(trigger) {
        if !before.get_all(name).eq(headers.get_all(name)) {
            let place = place.key(name).to_string();
            return Err(ContractError::ReadOnlyHeader { place, name, trigger });
        }
    }
    Ok(headers)
}

/// Reads `{name: [{key, value}, ...], ...}`. `check` is asked about every name in lower case.
pub(super) fn read(
    place: &Place<'_>,
    value: &Value,
    check: impl Fn(&Place<'_>, &str) -> Result<(), ContractError>,
) -> Result<Headers, ContractError> {
    let Value::Object(map) = value else {
        let (expected, write) = ("an object of header names", mistake::headers(value));
        return Err(place.mistaken(Rule::HeaderMap, expected, value, write));
    };
    let mut headers = Headers::new();
    for (name, lines) in map {
        let place = place.key(name);
        if !is_token(name) {
            return Err(place.reject(Rule::HeaderName, "not a header name"));
        }
        if name.len() > HEADER_NAME_MAX {
            let why = format!("longer than {HEADER_NAME_MAX} bytes");
            return Err(place.reject(Rule::HeaderName, why));
        }
        let Value::Array(lines) = lines else {
            let (expected, write) = ("an array of {key, value}", mistake::lines(lines));
            return Err(place.mistaken(Rule::HeaderMap, expected, lines, write));
        };
        if !lines.is_empty() {
            check(&place, &lower(name))?;
        }
        for (index, line) in lines.iter().enumerate() {
            read_line(&place, index, name, line, &mut headers)?;
        }
    }
    Ok(headers)
}

/// Adds the line, or one line for each text of a value that is an array.
fn read_line(
    place: &Place<'_>,
    index: usize,
    name: &str,
    line: &Value,
    headers: &mut Headers,
) -> Result<(), ContractError> {
    let here = place.index(index);
    let Value::Object(line) = line else {
        return Err(here.mistaken(Rule::HeaderMap, "{key, value}", line, mistake::line(line)));
    };
    // The map's key is the name; another name in `key` has no effect.
    let key = here.optional_text(Rule::HeaderKey, line, "key")?;
    let key = key.filter(|key| key.eq_ignore_ascii_case(name));
    let key = key.map_or_else(|| capitalized(name), str::to_owned);
    let value_place = here.field("value");
    let value = field(line, "value").ok_or_else(|| value_place.missing())?;
    let mut add = |value_place: &Place<'_>, key: String, value: &Value| {
        let Value::String(text) = value else {
            let write = mistake::line_value(value);
            return Err(value_place.mistaken(Rule::HeaderValue, "a string", value, write));
        };
        if let Some(why) = control_character(text) {
            return Err(value_place.reject(Rule::HeaderValue, why));
        }
        if headers.len() >= HEADER_LINES_MAX {
            let why = format!("more than {HEADER_LINES_MAX} header lines in all");
            return Err(place.reject(Rule::HeaderLines, why));
        }
        headers.append(key, text.as_str());
        Ok(())
    };
    match value {
        Value::Array(values) => {
            let mut values = values.iter().enumerate();
            values.try_for_each(|(index, value)| add(&value_place.index(index), key.clone(), value))
        }
        value => add(&value_place, key, value),
    }
}

/// The error in a text for the head of a message, if there is one.
pub(super) fn control_character(text: &str) -> Option<String> {
    let byte = text.bytes().find(|byte| *byte == 0x7f || (*byte < 0x20 && *byte != b'\t'))?;
    Some(format!("control character 0x{byte:02x}"))
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// RFC 9110 5.6.2.
fn is_token(name: &str) -> bool {
    let symbol = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || symbol(byte))
}
