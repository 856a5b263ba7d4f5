//! Reads a returned response (`contract.md` 3.3, 3.4).

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::header_map;
use super::place::{Place, Quoted, shown, whole_number};
use super::{ContractError, FunctionResponse, ORIGIN_RESPONSE_MAX, VIEWER_RESPONSE_MAX};
use crate::event::{Event, Headers, Trigger};

/// Reads a response that answers `event`.
pub(super) fn read(
    event: &Event,
    place: Place<'_>,
    fields: &Map<String, Value>,
) -> Result<FunctionResponse, ContractError> {
    let trigger = event.config.event_type;
    let shown = event.response.as_ref();
    let status = read_status(&place, fields)?;
    let status_description = place.optional_text(fields, "statusDescription")?.map(str::to_owned);
    let headers_place = place.field("headers");
    let no_headers = Headers::new();
    let before = shown.map_or(&no_headers, |response| &response.headers);
    let headers = match fields.get("headers") {
        None | Some(Value::Null) => before.clone(),
        Some(map) => header_map::read(&headers_place, map)?,
    };
    header_map::check_changes(&headers_place, trigger, before, &headers)?;
    let body = read_body(&place, fields)?;
    if status == 204 && body.as_ref().is_some_and(|body| !body.is_empty()) {
        return Err(place.field("body").refuse("a response of status 204 has no body"));
    }
    check_size(&place, trigger, &headers, body.as_ref())?;
    Ok(FunctionResponse { status, status_description, headers, body })
}

/// `"200"` or `200`, 200 to 599.
fn read_status(place: &Place<'_>, fields: &Map<String, Value>) -> Result<u16, ContractError> {
    let place = place.field("status");
    let value = fields.get("status").ok_or_else(|| place.missing())?;
    let number = match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(_) => whole_number(value),
        other => return Err(place.wrong_type("a status code", other)),
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        .filter(|status| (200..=599).contains(status))
        .ok_or_else(|| place.refuse(format!("{} is not a status from 200 to 599", shown(value))))
}

fn read_body(
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<Option<Bytes>, ContractError> {
    let encoding = place.optional_text(fields, "bodyEncoding")?.unwrap_or("text");
    let Some(text) = place.optional_text(fields, "body")? else {
        return Ok(None);
    };
    match encoding {
        "text" => Ok(Some(Bytes::copy_from_slice(text.as_bytes()))),
        "base64" => match BASE64.decode(text.as_bytes()) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) => Err(place.field("body").refuse(format!("not base64: {error}"))),
        },
        other => Err(place
            .field("bodyEncoding")
            .refuse(format!("{} is neither \"text\" nor \"base64\"", Quoted(other)))),
    }
}

fn check_size(
    place: &Place<'_>,
    trigger: Trigger,
    headers: &Headers,
    body: Option<&Bytes>,
) -> Result<(), ContractError> {
    let max = match trigger {
        Trigger::ViewerRequest => VIEWER_RESPONSE_MAX,
        Trigger::OriginRequest | Trigger::OriginResponse => ORIGIN_RESPONSE_MAX,
        // The quota speaks of generated responses; viewer-response generates none.
        Trigger::ViewerResponse => return Ok(()),
    };
    let size = headers.size() + body.map_or(0, Bytes::len);
    if size <= max {
        return Ok(());
    }
    Err(ContractError::TooLarge { place: place.to_string(), size, max, trigger })
}
