//! Reads a returned request (`contract.md` 2.2, 2.3, 2.7).

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::place::{Place, Quoted};
use super::{ContractError, URI_AND_QUERY_LIMIT, header_map, origin};
use super::{ORIGIN_BODY_MAX, VIEWER_BODY_MAX};
use crate::event::{BodyAction, BodyEncoding, Event, Request, RequestBody, Trigger};

/// Reads the request with which to go on after `event`. What is left out stays as it was; what
/// functions may only read (`clientIp`, `method`) is not looked at.
pub(super) fn read(
    event: &Event,
    place: Place<'_>,
    fields: &Map<String, Value>,
) -> Result<Request, ContractError> {
    let trigger = event.config.event_type;
    let mut request = Request { body: None, ..event.request.clone() };
    if let Some(uri) = place.optional_text(fields, "uri")? {
        check_uri(&place.field("uri"), uri)?;
        uri.clone_into(&mut request.uri);
    }
    if let Some(query) = place.optional_text(fields, "querystring")? {
        check_query(&place.field("querystring"), query)?;
        query.clone_into(&mut request.querystring);
    }
    if request.uri.len() + request.querystring.len() >= URI_AND_QUERY_LIMIT {
        let why = format!("uri and querystring together reach {URI_AND_QUERY_LIMIT} characters");
        return Err(place.field("uri").refuse(why));
    }
    if let Some(map) = fields.get("headers").filter(|value| !value.is_null()) {
        let place = place.field("headers");
        request.headers = header_map::read(&place, map)?;
        header_map::check_changes(&place, trigger, &event.request.headers, &request.headers)?;
    }
    if let Some(value) = fields.get("origin").filter(|value| !value.is_null())
        && trigger == Trigger::OriginRequest
    {
        let before = event.request.origin.as_ref();
        let place = place.field("origin");
        request.origin = Some(origin::read(&place, value, before, &request.headers)?);
    }
    if let Some(value) = fields.get("body").filter(|value| !value.is_null()) {
        request.body = read_body(&place.field("body"), value, trigger)?;
    }
    Ok(request)
}

fn check_uri(place: &Place<'_>, uri: &str) -> Result<(), ContractError> {
    if !uri.starts_with('/') {
        return Err(place.refuse(format!("{} does not begin with /", Quoted(uri))));
    }
    match uri.chars().find(|c| c.is_control() || *c == ' ' || *c == '?' || *c == '#') {
        None => Ok(()),
        Some(c) => Err(place.refuse(format!("has the character {c:?}; percent-encode it"))),
    }
}

fn check_query(place: &Place<'_>, query: &str) -> Result<(), ContractError> {
    match query.chars().find(|c| c.is_control() || *c == ' ' || *c == '#') {
        None => Ok(()),
        Some(c) => Err(place.refuse(format!("has the character {c:?}; percent-encode it"))),
    }
}

/// The body to send instead, if the function asks for that; cut to the trigger's limit (3.4).
fn read_body(
    place: &Place<'_>,
    value: &Value,
    trigger: Trigger,
) -> Result<Option<RequestBody>, ContractError> {
    let Value::Object(body) = value else {
        return Err(place.wrong_type("an object", value));
    };
    match place.optional_text(body, "action")?.unwrap_or("read-only") {
        "read-only" => return Ok(None),
        "replace" => {}
        other => {
            let why = format!("{} is neither \"read-only\" nor \"replace\"", Quoted(other));
            return Err(place.field("action").refuse(why));
        }
    }
    let text = place.optional_text(body, "data")?.unwrap_or_default();
    let mut data = match place.optional_text(body, "encoding")?.unwrap_or("base64") {
        "text" => text.as_bytes().to_vec(),
        "base64" => BASE64
            .decode(text.as_bytes())
            .map_err(|error| place.field("data").refuse(format!("not base64: {error}")))?,
        other => {
            let why = format!("{} is neither \"text\" nor \"base64\"", Quoted(other));
            return Err(place.field("encoding").refuse(why));
        }
    };
    data.truncate(if trigger.is_viewer() { VIEWER_BODY_MAX } else { ORIGIN_BODY_MAX });
    Ok(Some(RequestBody {
        input_truncated: false,
        action: BodyAction::Replace,
        encoding: BodyEncoding::Base64,
        data: data.into(),
    }))
}
