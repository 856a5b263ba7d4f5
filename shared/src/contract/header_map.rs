//! Reads a returned header map (`contract.md` 2.4) and holds it against the header rules (4).

use std::borrow::Cow;

use serde_json::Value;

use super::header_rules::{is_disallowed, read_only};
use super::limits::{HEADER_LINES_MAX, HEADER_NAME_MAX};
use super::place::{Place, Quoted};
use super::{ContractError, Rule};
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
            return Err(place.refuse(Rule::ViewerCountry, "viewer-request may not add it"));
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
        return Err(place.wrong_type(Rule::HeaderMap, "an object of header names", value));
    };
    let mut headers = Headers::new();
    for (name, lines) in map {
        let place = place.key(name);
        if !is_token(name) {
            return Err(place.refuse(Rule::HeaderName, "not a header name"));
        }
        if name.len() > HEADER_NAME_MAX {
            let why = format!("longer than {HEADER_NAME_MAX} bytes");
            return Err(place.refuse(Rule::HeaderName, why));
        }
        let Value::Array(lines) = lines else {
            return Err(place.wrong_type(Rule::HeaderMap, "an array of {key, value}", lines));
        };
        if headers.len() + lines.len() > HEADER_LINES_MAX {
            let why = format!("more than {HEADER_LINES_MAX} header lines in all");
            return Err(place.refuse(Rule::HeaderLines, why));
        }
        if !lines.is_empty() {
            check(&place, &lower(name))?;
        }
        for (index, line) in lines.iter().enumerate() {
            let (key, value) = read_line(&place.index(index), name, line)?;
            headers.append(key, value);
        }
    }
    Ok(headers)
}

fn read_line(
    place: &Place<'_>,
    name: &str,
    line: &Value,
) -> Result<(String, String), ContractError> {
    let Value::Object(line) = line else {
        return Err(place.wrong_type(Rule::HeaderMap, "{key, value}", line));
    };
    let key = match place.optional_text(Rule::HeaderKey, line, "key")? {
        None => capitalized(name),
        Some(key) if key.eq_ignore_ascii_case(name) => key.to_owned(),
        Some(key) => {
            let why =
                format!("{} is not the name under which it stands, {}", Quoted(key), Quoted(name));
            return Err(place.field("key").refuse(Rule::HeaderKey, why));
        }
    };
    let value = place.text(Rule::HeaderValue, line, "value")?;
    match control_character(value) {
        None => Ok((key, value.to_owned())),
        Some(why) => Err(place.field("value").refuse(Rule::HeaderValue, why)),
    }
}

/// What is wrong with text that is to stand in the head of a message, if anything.
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
