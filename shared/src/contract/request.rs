//! Reads a returned request (`contract.md` 2.2, 2.3, 2.7).

use std::net::IpAddr;

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::contract_error::ContractError;
use super::limits::{URI_AND_QUERY_LIMIT, body_max};
use super::outcome::Strictness;
use super::place::{Place, Quoted, field, unencoded};
use super::rule::Rule;
use super::{header_map, mistake, origin};
use crate::event::{
    BodyAction, BodyEncoding, Event, Headers, Origin, Request, RequestBody, Trigger,
};

/// Reads the request that replaces the one in `event`. Fields that are left out stay as they were.
pub(super) fn read(
    event: &Event,
    place: Place<'_>,
    fields: &Map<String, Value>,
    strictness: Strictness,
) -> Result<Request, ContractError> {
    let before = &event.request;
    if strictness == Strictness::Strict {
        check_read_only(event, &place, fields)?;
    }
    let (uri, querystring) = read_target(before, &place, fields)?;
    let headers = match field(fields, "headers") {
        None => before.headers.clone(),
        Some(map) => {
            let trigger = event.config.event_type;
            header_map::read_changed(&place.field("headers"), map, trigger, &before.headers)?
        }
    };
    check_host(event, &place, &headers)?;
    let origin = read_origin(event, &place, fields, &headers)?;
    let body = match field(fields, "body") {
        None => None,
        Some(value) => read_body(&place.field("body"), value, event.config.event_type, strictness)?,
    };
    Ok(Request {
        client_ip: before.client_ip,
        method: before.method.clone(),
        uri,
        querystring,
        headers,
        body,
        origin,
    })
}

/// Rejects edits that would have no effect.
fn check_read_only(
    event: &Event,
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<(), ContractError> {
    let shown = &event.request;
    let read_only =
        |name, rule| Err(place.field(name).reject(rule, "read-only; leave it as it came"));
    if let Some(value) = field(fields, "clientIp") {
        let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
        if address != Some(shown.client_ip) {
            return read_only("clientIp", Rule::ClientIp);
        }
    }
    if field(fields, "method").is_some_and(|method| method != &*shown.method) {
        return read_only("method", Rule::Method);
    }
    if event.config.event_type == Trigger::ViewerRequest && field(fields, "origin").is_some() {
        let why = "viewer-request may not set it; origin-request may";
        return Err(place.field("origin").reject(Rule::OriginTrigger, why));
    }
    let truncated = field(fields, "body").and_then(|body| body.get("inputTruncated"));
    if let (Some(body), Some(truncated)) = (&shown.body, truncated)
        && *truncated != body.input_truncated
    {
        let place = place.field("body");
        let place = place.field("inputTruncated");
        return Err(place.reject(Rule::InputTruncated, "read-only; leave it as it came"));
    }
    Ok(())
}

/// `uri` and `querystring`. The viewer's own values are always accepted.
fn read_target(
    before: &Request,
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<(String, String), ContractError> {
    let uri = place.optional_text(Rule::Uri, fields, "uri")?.unwrap_or(&before.uri);
    let query = match field(fields, "querystring") {
        None => &before.querystring,
        Some(Value::String(text)) => text,
        Some(other) => {
            let (place, write) = (place.field("querystring"), mistake::querystring(other));
            return Err(place.mistaken(Rule::Querystring, "a string", other, write));
        }
    };
    let (new_uri, new_query) = (uri != before.uri, *query != before.querystring);
    if new_uri && !uri.starts_with('/') {
        let mut why = format!("{} does not begin with /", Quoted(uri));
        if uri.contains("://") {
            why += "; origin-request sends it elsewhere by origin, a response by location";
        }
        return Err(place.field("uri").reject(Rule::Uri, why));
    }
    if new_uri && uri.contains('?') {
        let why = "has a '?'; write the query in querystring, and the character as %3F";
        return Err(place.field("uri").reject(Rule::Uri, why));
    }
    if new_uri && let Some(c) = uri.chars().find(|c| is_rejected(*c)) {
        return Err(place.field("uri").reject(Rule::Uri, unencoded(c)));
    }
    if new_query && let Some(c) = query.chars().find(|c| is_rejected(*c)) {
        return Err(place.field("querystring").reject(Rule::Querystring, unencoded(c)));
    }
    // There are no more characters than bytes: most need not be counted.
    if (new_uri || new_query)
        && uri.len() + query.len() >= URI_AND_QUERY_LIMIT
        && uri.chars().count() + query.chars().count() >= URI_AND_QUERY_LIMIT
    {
        let why = format!("uri and querystring together reach {URI_AND_QUERY_LIMIT} characters");
        return Err(place.field("uri").reject(Rule::UriAndQuerystring, why));
    }
    Ok((uri.to_owned(), query.to_owned()))
}

fn is_rejected(c: char) -> bool {
    c.is_control() || c == ' ' || c == '#'
}

/// Servers reject a request that names two hosts, or they disagree on its host. At viewer-request,
/// `host` is read-only.
fn check_host(event: &Event, place: &Place<'_>, headers: &Headers) -> Result<(), ContractError> {
    let is_origin_request = event.config.event_type == Trigger::OriginRequest;
    let count = if is_origin_request { headers.get_all("host").count() } else { 0 };
    if count > 1 {
        let place = place.field("headers");
        let why = format!("{count} lines; a request names one host");
        return Err(place.key("host").reject(Rule::OneHost, why));
    }
    Ok(())
}

/// The origin for the request. Only origin-request chooses it. At other triggers, added headers may
/// not clash with the custom headers of the origin.
fn read_origin(
    event: &Event,
    place: &Place<'_>,
    fields: &Map<String, Value>,
    headers: &Headers,
) -> Result<Option<Origin>, ContractError> {
    let before = &event.request;
    if event.config.event_type != Trigger::OriginRequest {
        return Ok(before.origin.clone());
    }
    let place = place.field("origin");
    match field(fields, "origin") {
        Some(value) => origin::read(&place, value, before, headers).map(Some),
        None => {
            if let Some(origin) = &before.origin {
                let kind = match origin {
                    Origin::Custom(_) => place.field("custom"),
                    Origin::S3(_) => place.field("s3"),
                };
                let place = kind.field("customHeaders");
                origin::check_clash(&place, origin.custom_headers(), before, headers)?;
            }
            Ok(before.origin.clone())
        }
    }
}

/// The body to send instead, if the function asks for that.
fn read_body(
    place: &Place<'_>,
    value: &Value,
    trigger: Trigger,
    strictness: Strictness,
) -> Result<Option<RequestBody>, ContractError> {
    let Value::Object(body) = value else {
        let write = mistake::request_body(value);
        return Err(place.mistaken(Rule::Body, "an object", value, write));
    };
    match place.optional_text(Rule::BodyAction, body, "action")?.unwrap_or("read-only") {
        "read-only" => return Ok(None),
        "replace" => {}
        other => {
            let words = ["read-only", "replace"];
            return Err(place.field("action").neither(Rule::BodyAction, other, words));
        }
    }
    let text = place.text(Rule::BodyData, body, "data")?;
    let encoding = place.optional_text(Rule::RequestEncoding, body, "encoding")?;
    let mut data = match encoding.unwrap_or("base64") {
        "text" => text.as_bytes().to_vec(),
        "base64" => BASE64.decode(text.as_bytes()).map_err(|error| {
            place.field("data").reject(Rule::Base64, format!("not base64: {error}"))
        })?,
        other => {
            let words = ["text", "base64"];
            return Err(place.field("encoding").neither(Rule::RequestEncoding, other, words));
        }
    };
    let max = body_max(trigger);
    if data.len() > max && strictness == Strictness::Strict {
        let why = format!("{} bytes; the limit at {trigger} is {max}", data.len());
        return Err(place.field("data").reject(Rule::ReplacedBody, why));
    }
    data.truncate(max);
    Ok(Some(RequestBody {
        input_truncated: false,
        action: BodyAction::Replace,
        encoding: BodyEncoding::Base64,
        data: data.into(),
    }))
}
