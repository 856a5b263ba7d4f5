//! The one description of an event as functions see it (`contract.md` section 2).
//!
//! [`ForFunction`] serialises to the contract's envelope with any `serde` serialiser: JSON text for
//! child processes, engine values for the embedded runtime. Struct fields have static names, so a
//! serialiser can keep them interned.

use std::collections::HashSet;
use std::net::IpAddr;

use data_encoding::BASE64;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{AuthMethod, BodyAction, BodyEncoding, Event, EventConfig, Headers, Origin};
use super::{OriginProtocol, Request, RequestBody, Response, Trigger};

/// An event in the contract's JSON shape.
#[derive(Clone, Copy, Debug)]
pub struct ForFunction<'a>(pub &'a Event);

impl Serialize for ForFunction<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cf = Cf {
            config: config(&self.0.config),
            request: request(&self.0.request),
            response: self.0.response.as_ref().map(response),
        };
        Envelope { records: [Record { cf }] }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(rename = "Records")]
    records: [Record<'a>; 1],
}

#[derive(Serialize)]
struct Record<'a> {
    cf: Cf<'a>,
}

#[derive(Serialize)]
struct Cf<'a> {
    config: ConfigView<'a>,
    request: RequestView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<ResponseView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigView<'a> {
    distribution_domain_name: &'a str,
    distribution_id: &'a str,
    event_type: Trigger,
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<BodyView>,
    client_ip: IpAddr,
    headers: HeaderMap<'a>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginView<'a>>,
    querystring: &'a str,
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BodyView {
    action: BodyAction,
    data: String,
    encoding: BodyEncoding,
    input_truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum OriginView<'a> {
    Custom(CustomView<'a>),
    S3(S3View<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomView<'a> {
    custom_headers: HeaderMap<'a>,
    domain_name: &'a str,
    keepalive_timeout: u32,
    path: &'a str,
    port: u16,
    protocol: OriginProtocol,
    read_timeout: u32,
    ssl_protocols: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct S3View<'a> {
    auth_method: AuthMethod,
    custom_headers: HeaderMap<'a>,
    domain_name: &'a str,
    path: &'a str,
    region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseView<'a> {
    headers: HeaderMap<'a>,
    status: String,
    status_description: &'a str,
}

/// Headers as the contract's map: lower-case name to every `{key, value}` of that name (2.4).
struct HeaderMap<'a>(&'a Headers);

/// The lines of one name, in order.
struct Lines<'a> {
    headers: &'a Headers,
    name: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    value: &'a str,
}

impl Serialize for HeaderMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut seen = HashSet::with_capacity(self.0.len());
        for header in self.0 {
            let name = header.name();
            map_entry_once(&mut map, self.0, &name, &mut seen)?;
        }
        map.end()
    }
}

fn map_entry_once<M: SerializeMap>(
    map: &mut M,
    headers: &Headers,
    name: &str,
    seen: &mut HashSet<String>,
) -> Result<(), M::Error> {
    if !seen.insert(name.to_owned()) {
        return Ok(());
    }
    map.serialize_entry(name, &Lines { headers, name })
}

impl Serialize for Lines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines = self.headers.iter().filter(|header| header.is(self.name));
        serializer.collect_seq(lines.map(|h| Line { key: &h.key, value: &h.value }))
    }
}

fn config(config: &EventConfig) -> ConfigView<'_> {
    ConfigView {
        distribution_domain_name: &config.distribution_domain_name,
        distribution_id: &config.distribution_id,
        event_type: config.event_type,
        request_id: &config.request_id,
    }
}

fn request(request: &Request) -> RequestView<'_> {
    RequestView {
        body: request.body.as_ref().map(body),
        client_ip: request.client_ip,
        headers: HeaderMap(&request.headers),
        method: &request.method,
        origin: request.origin.as_ref().map(origin),
        querystring: &request.querystring,
        uri: &request.uri,
    }
}

fn body(body: &RequestBody) -> BodyView {
    BodyView {
        action: body.action,
        data: BASE64.encode(&body.data),
        encoding: BodyEncoding::Base64,
        input_truncated: body.input_truncated,
    }
}

fn origin(origin: &Origin) -> OriginView<'_> {
    match origin {
        Origin::Custom(custom) => OriginView::Custom(CustomView {
            custom_headers: HeaderMap(&custom.custom_headers),
            domain_name: &custom.domain_name,
            keepalive_timeout: custom.keepalive_timeout,
            path: &custom.path,
            port: custom.port,
            protocol: custom.protocol,
            read_timeout: custom.read_timeout,
            ssl_protocols: &custom.ssl_protocols,
        }),
        Origin::S3(s3) => OriginView::S3(S3View {
            auth_method: s3.auth_method,
            custom_headers: HeaderMap(&s3.custom_headers),
            domain_name: &s3.domain_name,
            path: &s3.path,
            region: &s3.region,
        }),
    }
}

fn response(response: &Response) -> ResponseView<'_> {
    ResponseView {
        headers: HeaderMap(&response.headers),
        status: response.status.to_string(),
        status_description: &response.status_description,
    }
}
