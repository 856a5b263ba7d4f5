//! Reads a returned `request.origin` (`contract.md` 2.5).
//!
//! Values that an operator configured beyond the contract's bounds (an address as domain, a port
//! below 1024, a longer timeout) may come back as they were.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::contract_error::ContractError;
use super::header_map;
use super::header_rules::is_forbidden_custom;
use super::limits::{KEEPALIVE_TIMEOUT_MIN, ORIGIN_TIMEOUT_MAX, READ_TIMEOUT_MIN};
use super::origin_name::{check_custom_domain, check_path, check_path_characters, check_s3_domain};
use super::place::{Place, Quoted, field, shown};
use super::rule::Rule;
use crate::event::{AuthMethod, CustomOrigin, Headers, Origin, OriginProtocol, Request, S3Origin};

/// TLS versions that `sslProtocols` may name.
const TLS_VERSIONS: [&str; 4] = ["TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3"];

/// Reads exactly one of `custom` and `s3`. `before` is the request that the function was shown,
/// `headers` are those of the returned one.
pub(super) fn read(
    place: &Place<'_>,
    value: &Value,
    before: &Request,
    headers: &Headers,
) -> Result<Origin, ContractError> {
    let Value::Object(kinds) = value else {
        return Err(place.wrong_type(Rule::OriginKind, "an object", value));
    };
    let (name, value) = match (field(kinds, "custom"), field(kinds, "s3")) {
        (Some(custom), None) => ("custom", custom),
        (None, Some(s3)) => ("s3", s3),
        _ => {
            let why = "must have exactly one of `custom` and `s3`";
            return Err(place.reject(Rule::OriginKind, why));
        }
    };
    let place = place.field(name);
    let Value::Object(fields) = value else {
        return Err(place.wrong_type(Rule::OriginKind, "an object", value));
    };
    let origin = if name == "custom" {
        Origin::Custom(custom(&place, fields, before.origin.as_ref())?)
    } else {
        Origin::S3(s3(&place, fields, before.origin.as_ref())?)
    };
    check_clash(&place.field("customHeaders"), origin.custom_headers(), before, headers)?;
    Ok(origin)
}

/// Rejects custom headers that the request also has, unless the function was shown both.
pub(super) fn check_clash(
    place: &Place<'_>,
    custom: &Headers,
    before: &Request,
    headers: &Headers,
) -> Result<(), ContractError> {
    if custom.is_empty() {
        return Ok(());
    }
    // With a set, the time grows only with the sum of both.
    let sent: HashSet<_> = headers.iter().map(|header| header.name()).collect();
    for header in custom {
        let name = header.name();
        if !sent.contains(&name) {
            continue;
        }
        let origin = before.origin.as_ref();
        let stood = before.headers.contains(&name)
            && origin.is_some_and(|origin| origin.custom_headers().contains(&name));
        if !stood {
            let why = "is also in request.headers";
            return Err(place.key(&name).reject(Rule::CustomHeaderClash, why));
        }
    }
    Ok(())
}

fn custom(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&Origin>,
) -> Result<CustomOrigin, ContractError> {
    let before = match before {
        Some(Origin::Custom(custom)) => Some(custom),
        _ => None,
    };
    let custom_headers = custom_headers(place, fields)?;
    let domain_name = place.text(Rule::CustomDomain, fields, "domainName")?;
    if before.is_none_or(|origin| origin.domain_name != domain_name) {
        check_custom_domain(&place.field("domainName"), domain_name)?;
    }
    let keepalive = Seconds {
        rule: Rule::KeepaliveTimeout,
        name: "keepaliveTimeout",
        least: KEEPALIVE_TIMEOUT_MIN,
        before: before.map(|origin| origin.keepalive_timeout),
    };
    let path = place.optional_text(Rule::OriginPath, fields, "path")?.unwrap_or_default();
    if before.is_none_or(|origin| origin.path != path) {
        check_path(&place.field("path"), path)?;
        check_path_characters(&place.field("path"), path)?;
    }
    let read = Seconds {
        rule: Rule::ReadTimeout,
        name: "readTimeout",
        least: READ_TIMEOUT_MIN,
        before: before.map(|origin| origin.read_timeout),
    };
    Ok(CustomOrigin {
        custom_headers,
        domain_name: domain_name.to_owned(),
        keepalive_timeout: keepalive.read(place, fields)?,
        path: path.to_owned(),
        port: port(place, fields, before.map(|origin| origin.port))?,
        protocol: match place.text(Rule::Protocol, fields, "protocol")? {
            "http" => OriginProtocol::Http,
            "https" => OriginProtocol::Https,
            other => {
                let words = ["http", "https"];
                return Err(place.field("protocol").neither(Rule::Protocol, other, words));
            }
        },
        read_timeout: read.read(place, fields)?,
        ssl_protocols: ssl_protocols(place, fields)?,
    })
}

fn s3(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&Origin>,
) -> Result<S3Origin, ContractError> {
    let unchanged = |shown: fn(&S3Origin) -> &str, text: &str| match before {
        Some(Origin::S3(origin)) => shown(origin) == text,
        _ => false,
    };
    let custom_headers = custom_headers(place, fields)?;
    let domain_name = place.text(Rule::S3Domain, fields, "domainName")?;
    if !unchanged(|origin| &origin.domain_name, domain_name) {
        check_s3_domain(&place.field("domainName"), domain_name)?;
    }
    let path = place.optional_text(Rule::OriginPath, fields, "path")?.unwrap_or_default();
    if !unchanged(|origin| &origin.path, path) {
        check_path(&place.field("path"), path)?;
        super::origin_name::check_bucket_path(&place.field("path"), path)?;
    }
    let region = place.optional_text(Rule::Region, fields, "region")?.unwrap_or_default();
    if !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        let why = format!("{} is not the name of a region", Quoted(region));
        return Err(place.field("region").reject(Rule::Region, why));
    }
    let auth_method = auth_method(place, fields, before)?;
    if auth_method == AuthMethod::OriginAccessIdentity && region.is_empty() {
        let why = "required with origin-access-identity";
        return Err(place.field("region").reject(Rule::Region, why));
    }
    Ok(S3Origin {
        auth_method,
        custom_headers,
        domain_name: domain_name.to_owned(),
        path: path.to_owned(),
        region: region.to_owned(),
    })
}

fn auth_method(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&Origin>,
) -> Result<AuthMethod, ContractError> {
    let text = place.optional_text(Rule::AuthMethod, fields, "authMethod")?;
    let place = place.field("authMethod");
    match text.unwrap_or("none") {
        "none" => return Ok(AuthMethod::None),
        "origin-access-identity" => {}
        other => {
            let words = ["none", "origin-access-identity"];
            return Err(place.neither(Rule::AuthMethod, other, words));
        }
    }
    let why = match before {
        Some(Origin::Custom(_)) => "a custom origin has no identity to go to a bucket with",
        Some(Origin::S3(S3Origin { auth_method: AuthMethod::None, .. })) => {
            "the request's own bucket has no identity to keep"
        }
        Some(Origin::S3(_)) | None => return Ok(AuthMethod::OriginAccessIdentity),
    };
    Err(place.reject(Rule::AccessIdentity, why))
}

fn port(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<u16>,
) -> Result<u16, ContractError> {
    let number = place.integer(Rule::Port, fields, "port")?;
    u16::try_from(number)
        .ok()
        .filter(|port| matches!(port, 80 | 443 | 1024..) || before == Some(*port))
        .ok_or_else(|| {
            let why = format!("{number} is not 80, 443 or 1024-65535");
            place.field("port").reject(Rule::Port, why)
        })
}

/// A timeout among an origin's fields.
struct Seconds {
    rule: Rule,
    name: &'static str,
    least: u32,
    before: Option<u32>,
}

impl Seconds {
    fn read(self, place: &Place<'_>, fields: &Map<String, Value>) -> Result<u32, ContractError> {
        let Self { rule, name, least, before } = self;
        let number = place.integer(rule, fields, name)?;
        u32::try_from(number)
            .ok()
            .filter(|seconds| {
                (least..=ORIGIN_TIMEOUT_MAX).contains(seconds) || before == Some(*seconds)
            })
            .ok_or_else(|| {
                let why = format!("{number} is not {least} to {ORIGIN_TIMEOUT_MAX} seconds");
                place.field(name).reject(rule, why)
            })
    }
}

fn ssl_protocols(
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<Vec<String>, ContractError> {
    let place = place.field("sslProtocols");
    let value = field(fields, "sslProtocols").ok_or_else(|| place.missing())?;
    let Value::Array(versions) = value else {
        return Err(place.wrong_type(Rule::SslProtocols, "an array of TLS versions", value));
    };
    let mut known = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        match version {
            Value::String(name) if TLS_VERSIONS.contains(&name.as_str()) => {
                known.push(name.clone());
            }
            other => {
                let why = format!("{} is not one of {}", shown(other), TLS_VERSIONS.join(", "));
                return Err(place.index(index).reject(Rule::SslProtocols, why));
            }
        }
    }
    Ok(known)
}

fn custom_headers(
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<Headers, ContractError> {
    let Some(map) = field(fields, "customHeaders") else {
        return Ok(Headers::new());
    };
    header_map::read(&place.field("customHeaders"), map, |place, name| {
        if is_forbidden_custom(name) {
            let why = "cannot be a custom header of an origin";
            return Err(place.reject(Rule::CustomHeaderName, why));
        }
        Ok(())
    })
}
