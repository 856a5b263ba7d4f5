//! Reads a returned response (`contract.md` 3.3, 3.4).

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::contract_error::ContractError;
use super::header_map::{self, control_character};
use super::limits::{STATUS_DESCRIPTION_MAX, response_max};
use super::mistake;
use super::outcome::{FunctionResponse, Strictness};
use super::place::{Place, field, shown, whole_number};
use super::rule::Rule;
use crate::event::{Event, Headers, Response, Trigger};

/// Reads a response that answers `event`. Fields that are left out stay as they were.
pub(super) fn read(
    event: &Event,
    place: Place<'_>,
    fields: &Map<String, Value>,
    strictness: Strictness,
) -> Result<FunctionResponse, ContractError> {
    let trigger = event.config.event_type;
    let before = event.response.as_ref();
    if strictness == Strictness::Strict {
        mistake::check_foreign(&place, fields)?;
    }
    let status = read_status(event, &place, fields, strictness)?;
    let status_description = read_description(&place, fields, before)?;
    let no_headers = Headers::new();
    let shown = before.map_or(&no_headers, |response| &response.headers);
    let headers = match field(fields, "headers") {
        None => shown.clone(),
        Some(map) => header_map::read_changed(&place.field("headers"), map, trigger, shown)?,
    };
    let body = read_body(&place, fields, trigger, strictness)?;
    if status == 204 && body.as_ref().is_some_and(|body| !body.is_empty()) {
        let why = "a response of status 204 has no body";
        return Err(place.field("body").reject(Rule::NoContent, why));
    }
    let size = headers.size() + body.as_ref().map_or(0, Bytes::len);
    let max = response_max(trigger);
    if size > max {
        return Err(ContractError::TooLarge { place: place.to_string(), size, max, trigger });
    }
    Ok(FunctionResponse { status, status_description, headers, body })
}

/// `"200"` or `200`, 200 to 599. At viewer-response the status stays as it was.
fn read_status(
    event: &Event,
    place: &Place<'_>,
    fields: &Map<String, Value>,
    strictness: Strictness,
) -> Result<u16, ContractError> {
    let place = place.field("status");
    let value = fields.get("status").ok_or_else(|| place.missing())?;
    let number = match value {
        Value::String(text) if text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().ok()
        }
        Value::String(_) => None,
        Value::Number(_) => whole_number(value),
        other => return Err(place.wrong_type(Rule::Status, "a status code", other)),
    };
    let status = number
        .and_then(|number| u16::try_from(number).ok())
        .filter(|status| (200..=599).contains(status))
        .ok_or_else(|| {
            let why = format!("{} is not a status from 200 to 599", shown(value));
            place.reject(Rule::Status, why)
        })?;
    match &event.response {
        Some(Response { status: before, .. })
            if event.config.event_type == Trigger::ViewerResponse && *before != status =>
        {
            if strictness == Strictness::Compatible {
                return Ok(*before);
            }
            let why = format!("viewer-response may not change it; it was {before}");
            Err(place.reject(Rule::ViewerStatus, why))
        }
        _ => Ok(status),
    }
}

/// The reason phrase. The origin's own phrase is always accepted.
fn read_description(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&Response>,
) -> Result<Option<String>, ContractError> {
    let before = before.map(|response| response.status_description.as_str());
    let text = match field(fields, "statusDescription") {
        None => None,
        Some(Value::String(text)) => Some(text.as_str()),
        Some(other) => {
            let (place, write) = (place.field("statusDescription"), mistake::description(other));
            return Err(place.mistaken(Rule::StatusDescription, "a string", other, write));
        }
    };
    let Some(text) = text.filter(|text| Some(*text) != before) else {
        return Ok(before.map(str::to_owned));
    };
    let why = if text.len() > STATUS_DESCRIPTION_MAX {
        Some(format!("longer than {STATUS_DESCRIPTION_MAX} bytes"))
    } else {
        control_character(text)
    };
    match why {
        None => Ok(Some(text.to_owned())),
        Some(why) => Err(place.field("statusDescription").reject(Rule::StatusDescription, why)),
    }
}

fn read_body(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    trigger: Trigger,
    strictness: Strictness,
) -> Result<Option<Bytes>, ContractError> {
    let encoding = place.optional_text(Rule::ResponseEncoding, fields, "bodyEncoding")?;
    let is_base64 = match encoding.unwrap_or("text") {
        "text" => false,
        "base64" => true,
        other => {
            let words = ["text", "base64"];
            return Err(place.field("bodyEncoding").neither(Rule::ResponseEncoding, other, words));
        }
    };
    let Some(value) = field(fields, "body") else {
        return Ok(None);
    };
    if trigger == Trigger::ViewerResponse {
        return match strictness {
            Strictness::Compatible => Ok(None),
            Strictness::Strict => {
                let why = "viewer-response may not replace it; origin-response may";
                Err(place.field("body").reject(Rule::ViewerBody, why))
            }
        };
    }
    let Value::String(text) = value else {
        let write = mistake::response_body(value);
        return Err(place.field("body").mistaken(Rule::ResponseBody, "a string", value, write));
    };
    if !is_base64 {
        return Ok(Some(Bytes::copy_from_slice(text.as_bytes())));
    }
    match BASE64.decode(text.as_bytes()) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) => Err(place.field("body").reject(Rule::Base64, format!("not base64: {error}"))),
    }
}
