//! `brink event`: a sample event of each trigger, as functions see it (`contract.md` 2).

use std::net::{IpAddr, Ipv4Addr};

use brink_gateway::origin::policy::USER_AGENT;
use brink_shared::contract::{ORIGIN_BODY_MAX, VIEWER_BODY_MAX};
use brink_shared::event::{
    BodyAction, BodyEncoding, CustomOrigin, Event, EventConfig, Headers, Origin, OriginProtocol,
    Request, RequestBody, Response, Trigger,
};
use bytes::Bytes;

use crate::args::EventArgs;
use crate::command_error::CommandError;

/// A viewer's address, from the block for documentation (RFC 5737).
const CLIENT_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 178));

const DISTRIBUTION: &str = "EXAMPLE";
const DISTRIBUTION_DOMAIN: &str = "example.brink.localhost";
const ORIGIN_DOMAIN: &str = "origin.example.org";
const REQUEST_ID: &str = "sample-request-1";

/// Makes the event that the options describe.
pub fn sample(args: &EventArgs) -> Result<Event, CommandError> {
    let trigger = args.trigger;
    if !args.uri.starts_with('/') {
        return Err(CommandError::usage("--uri must begin with /"));
    }
    if args.status.is_some() && trigger.is_request() {
        return Err(CommandError::usage(format!("{trigger} events have no status")));
    }
    if args.body.is_some() && !trigger.is_request() {
        return Err(CommandError::usage(format!("{trigger} events have no body")));
    }
    let mut request = Request {
        client_ip: CLIENT_IP,
        method: args.method.clone(),
        uri: args.uri.clone(),
        querystring: args.querystring.trim_start_matches('?').to_owned(),
        headers: if trigger.is_viewer() { viewer_headers() } else { origin_headers() },
        body: body(args)?,
        origin: (!trigger.is_viewer()).then(origin),
    };
    let mut response = (!trigger.is_request()).then(|| response(args.status.unwrap_or(200)));
    let headers = match &mut response {
        Some(response) => &mut response.headers,
        None => &mut request.headers,
    };
    headers.retain(|sample| !args.header.iter().any(|(key, _)| sample.is(key)));
    for (key, value) in &args.header {
        headers.append(key, value);
    }
    let config = EventConfig {
        distribution_domain_name: DISTRIBUTION_DOMAIN.to_owned(),
        distribution_id: DISTRIBUTION.to_owned(),
        event_type: trigger,
        request_id: REQUEST_ID.to_owned(),
    };
    Ok(Event { config, request, response })
}

/// The headers that the viewer itself sent.
fn viewer_headers() -> Headers {
    Headers::from_iter([
        ("Host", DISTRIBUTION_DOMAIN),
        ("User-Agent", "curl/8.5.0"),
        ("Accept", "*/*"),
    ])
}

/// The request that is about to go to the origin, or went there.
fn origin_headers() -> Headers {
    Headers::from_iter([
        ("Host", ORIGIN_DOMAIN),
        ("User-Agent", USER_AGENT),
        ("X-Forwarded-For", "203.0.113.178"),
        ("Via", "1.1 gateway-1.brink (Brink)"),
    ])
}

fn origin() -> Origin {
    Origin::Custom(CustomOrigin {
        custom_headers: Headers::new(),
        domain_name: ORIGIN_DOMAIN.to_owned(),
        keepalive_timeout: 5,
        path: String::new(),
        port: 443,
        protocol: OriginProtocol::Https,
        read_timeout: 30,
        ssl_protocols: vec!["TLSv1.2".to_owned()],
    })
}

fn response(status: u16) -> Response {
    let phrase = actix_web::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    Response {
        status,
        status_description: phrase.unwrap_or_default().to_owned(),
        headers: Headers::from_iter([
            ("Content-Type", "text/html; charset=utf-8"),
            ("Date", "Mon, 06 Jul 2026 10:00:00 GMT"),
            ("Last-Modified", "Wed, 01 Jul 2026 08:30:00 GMT"),
            ("ETag", "\"5d8c72a5edda8\""),
        ]),
    }
}

/// The part of the body that the trigger is shown (`contract.md` 5.2).
fn body(args: &EventArgs) -> Result<Option<RequestBody>, CommandError> {
    let Some(file) = &args.body else {
        return Ok(None);
    };
    let data = std::fs::read(file).map_err(|error| CommandError::reading(file, error))?;
    let mut data = Bytes::from(data);
    let max =
        if args.trigger == Trigger::ViewerRequest { VIEWER_BODY_MAX } else { ORIGIN_BODY_MAX };
    let input_truncated = data.len() > max;
    data.truncate(max);
    Ok(Some(RequestBody {
        input_truncated,
        action: BodyAction::ReadOnly,
        encoding: BodyEncoding::Base64,
        data,
    }))
}
