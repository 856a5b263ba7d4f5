//! Reads a returned header map (`contract.md` 2.4) and holds it against the header rules (4).

use serde_json::{Map, Value};

use super::header_rules::{is_disallowed, read_only};
use super::place::{Place, QUOTED_MAX, Quoted};
use super::{ContractError, HEADER_LINES_MAX};
use crate::event::Trigger;
use crate::event::headers::{Headers, capitalized};

/// Reads `{name: [{key, value}, ...], ...}`. A missing `key` is the capitalised name.
pub(super) fn read(place: &Place<'_>, value: &Value) -> Result<Headers, ContractError> {
    let Value::Object(map) = value else {
        return Err(place.wrong_type("an object of header names", value));
    };
    let mut headers = Headers::new();
    for (name, lines) in map {
        let place = place.key(name);
        if !is_token(name) {
            return Err(place.refuse("not a header name"));
        }
        let Value::Array(lines) = lines else {
            return Err(place.wrong_type("an array of {key, value}", lines));
        };
        if headers.len() + lines.len() > HEADER_LINES_MAX {
            return Err(place.refuse(format!("more than {HEADER_LINES_MAX} header lines in all")));
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
        return Err(place.wrong_type("{key, value}", line));
    };
    let key = match place.optional_text(line, "key")? {
        None => capitalized(name),
        Some(key) if key.eq_ignore_ascii_case(name) => key.to_owned(),
        Some(key) => {
            let why =
                format!("{} is not the name under which it stands, {}", Quoted(key), Quoted(name));
            return Err(place.field("key").refuse(why));
        }
    };
    let value = read_value(&place.field("value"), line)?;
    Ok((key, value))
}

fn read_value(place: &Place<'_>, line: &Map<String, Value>) -> Result<String, ContractError> {
    let text = match line.get("value") {
        None => return Err(place.missing()),
        Some(Value::String(text)) => text,
        Some(other) => return Err(place.wrong_type("a string", other)),
    };
    match text.bytes().find(|byte| *byte == 0x7f || (*byte < 0x20 && *byte != b'\t')) {
        None => Ok(text.clone()),
        Some(byte) => Err(place.refuse(format!("control character 0x{byte:02x}"))),
    }
}

/// Refuses headers that the function added or changed although it may not (4.1, 4.2).
/// `before` are the headers that the function was shown.
pub(super) fn check_changes(
    place: &Place<'_>,
    trigger: Trigger,
    before: &Headers,
    after: &Headers,
) -> Result<(), ContractError> {
    for header in after {
        let name = header.name();
        if is_disallowed(&name) {
            let place = place.key(&name).to_string();
            let name = name.chars().take(QUOTED_MAX).collect();
            return Err(ContractError::DisallowedHeader { place, name });
        }
    }
    for name in read_only(trigger) {
        if !before.get_all(name).eq(after.get_all(name)) {
            return Err(ContractError::ReadOnlyHeader {
                place: place.key(name).to_string(),
                name: (*name).to_owned(),
                trigger,
            });
        }
    }
    Ok(())
}

/// RFC 9110 5.6.2.
fn is_token(name: &str) -> bool {
    let symbol = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || symbol(byte))
}
