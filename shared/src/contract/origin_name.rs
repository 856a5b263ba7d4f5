//! The names of an origin: its domain and the path before every request's own
//! (`contract.md` 2.5).

use super::contract_error::ContractError;
use super::limits::{CUSTOM_DOMAIN_MAX, DOMAIN_LABEL_MAX, ORIGIN_PATH_MAX, S3_DOMAIN_MAX};
use super::place::{Place, Quoted, unencoded};
use super::rule::Rule;

/// A DNS name in any case; addresses are rejected.
pub(super) fn check_custom_domain(place: &Place<'_>, domain: &str) -> Result<(), ContractError> {
    check_domain(place, Rule::CustomDomain, domain, CUSTOM_DOMAIN_MAX, |c| c.is_ascii_alphabetic())
}

/// The DNS name of a bucket: in lower case.
pub(super) fn check_s3_domain(place: &Place<'_>, domain: &str) -> Result<(), ContractError> {
    check_domain(place, Rule::S3Domain, domain, S3_DOMAIN_MAX, |c| c.is_ascii_lowercase())
}

fn check_domain(
    place: &Place<'_>,
    rule: Rule,
    domain: &str,
    max: usize,
    is_letter: fn(&char) -> bool,
) -> Result<(), ContractError> {
    if domain.is_empty() || domain.len() > max {
        return Err(place.reject(rule, format!("a domain name has 1 to {max} characters")));
    }
    if domain.parse::<std::net::IpAddr>().is_ok() || is_number(domain) {
        let why = format!("{} is an address; name a host", Quoted(domain));
        return Err(place.reject(rule, why));
    }
    let plain = |c: &char| is_letter(c) || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if let Some(c) = domain.chars().find(|c| !plain(c)) {
        return Err(place.reject(rule, format!("has the character {c:?}")));
    }
    if domain.split('.').any(|label| label.is_empty() || label.len() > DOMAIN_LABEL_MAX) {
        let why = format!(
            "{} has a part between dots that is not 1 to {DOMAIN_LABEL_MAX} characters",
            Quoted(domain)
        );
        return Err(place.reject(rule, why));
    }
    Ok(())
}

/// True for names that resolvers read as an address although they do not look like one: a name that
/// ends in a number, as in `127.1`, `2130706433` and `0x7f.1`.
fn is_number(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Either kind of origin: empty, or begins and does not end with `/`.
pub(super) fn check_path(place: &Place<'_>, path: &str) -> Result<(), ContractError> {
    if path.is_empty() || (path.starts_with('/') && !path.ends_with('/')) {
        return Ok(());
    }
    let why = format!("{} must be empty, or begin with / and not end with /", Quoted(path));
    Err(place.reject(Rule::OriginPath, why))
}

/// A custom origin's path is URL-encoded already (RFC 3986, 3.3).
pub(super) fn check_path_characters(place: &Place<'_>, path: &str) -> Result<(), ContractError> {
    if path.len() > ORIGIN_PATH_MAX {
        let why = format!("longer than {ORIGIN_PATH_MAX} characters");
        return Err(place.reject(Rule::PathCharacters, why));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c);
    if let Some(c) = path.chars().find(|c| !plain(*c)) {
        return Err(place.reject(Rule::PathCharacters, unencoded(c)));
    }
    for escape in path.split('%').skip(1) {
        if escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() < 2 {
            let why = "has a % without two hexadecimal digits after it";
            return Err(place.reject(Rule::PathCharacters, why));
        }
    }
    Ok(())
}

/// A bucket's path is sent as it is.
pub(super) fn check_bucket_path(place: &Place<'_>, path: &str) -> Result<(), ContractError> {
    match path.chars().find(|c| c.is_control() || matches!(c, ' ' | '?' | '#')) {
        None => Ok(()),
        Some(c) => Err(place.reject(Rule::PathCharacters, unencoded(c))),
    }
}
