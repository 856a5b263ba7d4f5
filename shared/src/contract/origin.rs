//! Reads a returned `request.origin` (`contract.md` 2.5).

use serde_json::{Map, Value};

use super::header_rules::is_forbidden_custom;
use super::place::{Place, Quoted, shown};
use super::{ContractError, header_map};
use crate::event::{AuthMethod, CustomOrigin, Headers, Origin, OriginProtocol, S3Origin};

/// TLS versions that `sslProtocols` may name.
const TLS_VERSIONS: [&str; 4] = ["TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3"];

/// Longest domain name of a custom origin, in characters.
const CUSTOM_DOMAIN_MAX: usize = 253;

/// Longest domain name of a bucket, in characters.
const S3_DOMAIN_MAX: usize = 128;

/// Longest path of a custom origin, in characters.
const PATH_MAX: usize = 255;

/// Reads exactly one of `custom` and `s3`. `before` is the origin that the function was shown:
/// values of it that an operator configured beyond the contract's bounds (an address as domain,
/// a port below 1024) may come back unchanged. `headers` are those of the returned request.
pub(super) fn read(
    place: &Place<'_>,
    value: &Value,
    before: Option<&Origin>,
    headers: &Headers,
) -> Result<Origin, ContractError> {
    let before = match before {
        Some(Origin::Custom(custom)) => Some(custom),
        _ => None,
    };
    let Value::Object(kinds) = value else {
        return Err(place.wrong_type("an object", value));
    };
    match (kinds.get("custom"), kinds.get("s3")) {
        (Some(Value::Object(fields)), None) => {
            custom(&place.field("custom"), fields, before, headers).map(Origin::Custom)
        }
        (None, Some(Value::Object(fields))) => {
            s3(&place.field("s3"), fields, headers).map(Origin::S3)
        }
        (Some(other), None) => Err(place.field("custom").wrong_type("an object", other)),
        (None, Some(other)) => Err(place.field("s3").wrong_type("an object", other)),
        _ => Err(place.refuse("has to have exactly one of `custom` and `s3`")),
    }
}

fn custom(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&CustomOrigin>,
    headers: &Headers,
) -> Result<CustomOrigin, ContractError> {
    let path = origin_path(place, fields)?;
    if path.chars().count() > PATH_MAX {
        return Err(place.field("path").refuse(format!("longer than {PATH_MAX} characters")));
    }
    Ok(CustomOrigin {
        custom_headers: custom_headers(place, fields, headers)?,
        domain_name: custom_domain(place, fields, before)?,
        keepalive_timeout: seconds(
            place,
            fields,
            "keepaliveTimeout",
            1,
            before.map(|origin| origin.keepalive_timeout),
        )?,
        path,
        port: port(place, fields, before)?,
        protocol: match place.text(fields, "protocol")? {
            "http" => OriginProtocol::Http,
            "https" => OriginProtocol::Https,
            other => {
                let why = format!("{} is neither \"http\" nor \"https\"", Quoted(other));
                return Err(place.field("protocol").refuse(why));
            }
        },
        read_timeout: seconds(
            place,
            fields,
            "readTimeout",
            4,
            before.map(|origin| origin.read_timeout),
        )?,
        ssl_protocols: ssl_protocols(place, fields)?,
    })
}

fn s3(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    headers: &Headers,
) -> Result<S3Origin, ContractError> {
    let domain = place.text(fields, "domainName")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    if domain.is_empty() || domain.len() > S3_DOMAIN_MAX || !domain.chars().all(plain) {
        let why = format!(
            "{} is not the lower-case DNS name of a bucket (at most {S3_DOMAIN_MAX} characters)",
            Quoted(domain)
        );
        return Err(place.field("domainName").refuse(why));
    }
    let region = place.optional_text(fields, "region")?.unwrap_or_default();
    let auth_method = match place.optional_text(fields, "authMethod")?.unwrap_or("none") {
        "none" => AuthMethod::None,
        "origin-access-identity" if region.is_empty() => {
            return Err(place.field("region").refuse("required with origin-access-identity"));
        }
        "origin-access-identity" => AuthMethod::OriginAccessIdentity,
        other => {
            let why =
                format!("{} is neither \"none\" nor \"origin-access-identity\"", Quoted(other));
            return Err(place.field("authMethod").refuse(why));
        }
    };
    Ok(S3Origin {
        auth_method,
        custom_headers: custom_headers(place, fields, headers)?,
        domain_name: domain.to_owned(),
        path: origin_path(place, fields)?,
        region: region.to_owned(),
    })
}

fn custom_domain(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&CustomOrigin>,
) -> Result<String, ContractError> {
    let domain = place.text(fields, "domainName")?;
    if before.is_some_and(|origin| origin.domain_name == domain) {
        return Ok(domain.to_owned());
    }
    let place = place.field("domainName");
    if domain.is_empty() || domain.len() > CUSTOM_DOMAIN_MAX {
        let why = format!("a DNS name has 1 to {CUSTOM_DOMAIN_MAX} characters");
        return Err(place.refuse(why));
    }
    if domain.parse::<std::net::IpAddr>().is_ok() {
        return Err(place.refuse(format!("{} is an address; name a host", Quoted(domain))));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
    match domain.chars().find(|c| !plain(*c)) {
        None => Ok(domain.to_owned()),
        Some(c) => Err(place.refuse(format!("has the character {c:?}"))),
    }
}

fn origin_path(place: &Place<'_>, fields: &Map<String, Value>) -> Result<String, ContractError> {
    let path = place.optional_text(fields, "path")?.unwrap_or_default();
    let place = place.field("path");
    if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/')) {
        let why = format!("{} has to be empty, or begin and not end with /", Quoted(path));
        return Err(place.refuse(why));
    }
    match path.chars().find(|c| c.is_control() || *c == ' ' || *c == '?' || *c == '#') {
        None => Ok(path.to_owned()),
        Some(c) => Err(place.refuse(format!("has the character {c:?}; percent-encode it"))),
    }
}

fn port(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    before: Option<&CustomOrigin>,
) -> Result<u16, ContractError> {
    let number = place.integer(fields, "port")?;
    let unchanged = |port| before.is_some_and(|origin| origin.port == port);
    u16::try_from(number)
        .ok()
        .filter(|port| matches!(port, 80 | 443 | 1024..) || unchanged(*port))
        .ok_or_else(|| place.field("port").refuse(format!("{number} is not 80, 443 or 1024-65535")))
}

fn seconds(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    name: &'static str,
    least: u32,
    before: Option<u32>,
) -> Result<u32, ContractError> {
    let number = place.integer(fields, name)?;
    u32::try_from(number)
        .ok()
        .filter(|seconds| (least..=60).contains(seconds) || before == Some(*seconds))
        .ok_or_else(|| place.field(name).refuse(format!("{number} is not {least} to 60 seconds")))
}

fn ssl_protocols(
    place: &Place<'_>,
    fields: &Map<String, Value>,
) -> Result<Vec<String>, ContractError> {
    let place = place.field("sslProtocols");
    let value = fields.get("sslProtocols").ok_or_else(|| place.missing())?;
    let Value::Array(versions) = value else {
        return Err(place.wrong_type("an array of TLS versions", value));
    };
    let mut known = Vec::with_capacity(versions.len());
    for (index, version) in versions.iter().enumerate() {
        match version {
            Value::String(name) if TLS_VERSIONS.contains(&name.as_str()) => {
                known.push(name.clone());
            }
            other => {
                let why = format!("{} is none of {}", shown(other), TLS_VERSIONS.join(", "));
                return Err(place.index(index).refuse(why));
            }
        }
    }
    Ok(known)
}

fn custom_headers(
    place: &Place<'_>,
    fields: &Map<String, Value>,
    headers: &Headers,
) -> Result<Headers, ContractError> {
    let Some(map) = fields.get("customHeaders").filter(|value| !value.is_null()) else {
        return Ok(Headers::new());
    };
    let place = place.field("customHeaders");
    let custom = header_map::read(&place, map)?;
    for header in &custom {
        let name = header.name();
        let place = place.key(&name);
        if is_forbidden_custom(&name) {
            return Err(place.refuse("may not be an origin's custom header"));
        }
        if headers.contains(&name) {
            return Err(place.refuse("stands in request.headers too"));
        }
    }
    Ok(custom)
}
