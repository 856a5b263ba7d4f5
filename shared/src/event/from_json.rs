//! Reads an event that a person wrote (`brink run`, `brink function invoke`).
//!
//! People write only the fields that their function uses, so every field except the trigger may be
//! missing. The function gets the person's JSON as it is. The fields that are read here serve to
//! validate the function's answer.

use std::net::{IpAddr, Ipv4Addr};

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::headers::capitalized;
use super::{AuthMethod, BodyAction, BodyEncoding, CustomOrigin, Event, EventConfig, Headers};
use super::{Origin, OriginProtocol, Request, RequestBody, Response, S3Origin, Trigger};

/// Why JSON is not an event.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// No record where the contract has it.
    #[error("the event has no Records[0].cf")]
    NoRecord,
    /// No trigger, or none of the four.
    #[error(
        "Records[0].cf.config.eventType is {0}; it names the trigger: viewer-request, origin-request, origin-response or viewer-response"
    )]
    NoTrigger(Value),
    /// No request in it.
    #[error("the event has no Records[0].cf.request")]
    NoRequest,
    /// No response at a response trigger.
    #[error("the event has no Records[0].cf.response, which {0} events have")]
    NoResponse(Trigger),
}

/// Reads the contract's envelope.
pub fn event_from_json(envelope: &Value) -> Result<Event, EventError> {
    let cf = envelope.pointer("/Records/0/cf").ok_or(EventError::NoRecord)?;
    let config = cf.get("config").unwrap_or(&Value::Null);
    let event_type = config.get("eventType").unwrap_or(&Value::Null);
    let trigger =
        Trigger::deserialize(event_type).map_err(|_| EventError::NoTrigger(event_type.clone()))?;
    let request = cf.get("request").and_then(Value::as_object).ok_or(EventError::NoRequest)?;
    let response = cf.get("response").and_then(Value::as_object).map(read_response);
    if !trigger.is_request() && response.is_none() {
        return Err(EventError::NoResponse(trigger));
    }
    Ok(Event {
        config: EventConfig {
            distribution_domain_name: text(config, "distributionDomainName"),
            distribution_id: text(config, "distributionId"),
            event_type: trigger,
            request_id: text(config, "requestId"),
        },
        request: read_request(request),
        response: response.filter(|_| !trigger.is_request()),
    })
}

fn read_request(fields: &Map<String, Value>) -> Request {
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    let client_ip = field("clientIp").as_str().and_then(|ip| ip.parse().ok());
    Request {
        client_ip: client_ip.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        method: field("method").as_str().unwrap_or("GET").to_owned(),
        uri: field("uri").as_str().unwrap_or("/").to_owned(),
        querystring: field("querystring").as_str().unwrap_or_default().to_owned(),
        headers: read_headers(field("headers")),
        body: field("body").as_object().map(read_body),
        origin: read_origin(field("origin")),
    }
}

fn read_body(fields: &Map<String, Value>) -> RequestBody {
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    let data = field("data").as_str().unwrap_or_default();
    RequestBody {
        input_truncated: field("inputTruncated").as_bool().unwrap_or(false),
        action: BodyAction::deserialize(field("action")).unwrap_or(BodyAction::ReadOnly),
        encoding: BodyEncoding::Base64,
        data: BASE64.decode(data.as_bytes()).unwrap_or_default().into(),
    }
}

fn read_origin(value: &Value) -> Option<Origin> {
    let number = |from: &Value, name: &str, usual: u32| {
        from.get(name).and_then(Value::as_u64).and_then(|n| n.try_into().ok()).unwrap_or(usual)
    };
    if let Some(custom) = value.get("custom") {
        let tls = custom.get("sslProtocols").and_then(Value::as_array);
        let names = tls.into_iter().flatten().filter_map(Value::as_str);
        return Some(Origin::Custom(CustomOrigin {
            custom_headers: read_headers(custom.get("customHeaders").unwrap_or(&Value::Null)),
            domain_name: text(custom, "domainName"),
            keepalive_timeout: number(custom, "keepaliveTimeout", 5),
            path: text(custom, "path"),
            port: u16::try_from(number(custom, "port", 443)).unwrap_or(443),
            protocol: OriginProtocol::deserialize(custom.get("protocol").unwrap_or(&Value::Null))
                .unwrap_or(OriginProtocol::Https),
            read_timeout: number(custom, "readTimeout", 30),
            ssl_protocols: names.map(str::to_owned).collect(),
        }));
    }
    let s3 = value.get("s3")?;
    Some(Origin::S3(S3Origin {
        auth_method: AuthMethod::deserialize(s3.get("authMethod").unwrap_or(&Value::Null))
            .unwrap_or(AuthMethod::None),
        custom_headers: read_headers(s3.get("customHeaders").unwrap_or(&Value::Null)),
        domain_name: text(s3, "domainName"),
        path: text(s3, "path"),
        region: text(s3, "region"),
    }))
}

fn read_response(fields: &Map<String, Value>) -> Response {
    let status = match fields.get("status") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Number(number)) => number.as_u64().and_then(|n| n.try_into().ok()),
        _ => None,
    };
    let description = fields.get("statusDescription").and_then(Value::as_str);
    Response {
        status: status.unwrap_or(200),
        status_description: description.unwrap_or_default().to_owned(),
        headers: read_headers(fields.get("headers").unwrap_or(&Value::Null)),
    }
}

fn read_headers(map: &Value) -> Headers {
    let lines = map.as_object().into_iter().flatten().flat_map(|(name, lines)| {
        lines.as_array().into_iter().flatten().filter_map(move |line| {
            let value = line.get("value")?.as_str()?;
            let key = line.get("key").and_then(Value::as_str);
            Some((key.map_or_else(|| capitalized(name), str::to_owned), value.to_owned()))
        })
    });
    lines.collect()
}

fn text(from: &Value, name: &str) -> String {
    from.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
