//! Signs requests to buckets: AWS Signature Version 4 in the `Authorization` header, as
//! CloudFront's origin access control does.
//!
//! A store that speaks S3 computes the signature from the *decoded* path and query, so a request is
//! written in the one spelling that the signature has: everything but letters, digits, `-._~` and
//! the slashes of the path is percent-encoded. The payload is not part of the signature
//! (`UNSIGNED-PAYLOAD`), because bodies stream; a request that states the hash of its body in
//! `x-amz-content-sha256` keeps it, and the store checks it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use brink_shared::registry::distribution::SigningBehavior;
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use http::header::{AUTHORIZATION, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sha2::{Digest as _, Sha256};

use super::aws_credentials::AwsCredentials;
use super::origin_fault::OriginFault;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "s3";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// How requests to a bucket are signed.
#[derive(Clone, Debug)]
pub struct Signing {
    /// Which requests are.
    pub behavior: SigningBehavior,
    /// The bucket's region.
    pub region: String,
    /// The gateway's credentials, or the reason why it has none.
    pub credentials: Result<Arc<AwsCredentials>, String>,
}

/// The time of a signature.
struct SignedAt {
    /// `20260131T235959Z`
    time: String,
}

// === impl Signing ===

impl Signing {
    /// Signs a request, if it is one that is signed. Rewrites its target and its headers.
    pub(super) fn sign(
        &self,
        method: &Method,
        target: &mut PathAndQuery,
        headers: &mut HeaderMap,
        now: SystemTime,
    ) -> Result<(), OriginFault> {
        if !self.behavior.signs(headers.contains_key(AUTHORIZATION)) {
            return Ok(());
        }
        let credentials = self.credentials.as_ref();
        let credentials = credentials.map_err(|why| OriginFault::Unsigned(why.clone()))?;
        let bad = |error: &dyn std::fmt::Display| OriginFault::BadRequest(error.to_string());
        let at = SignedAt::new(now);
        let path = spelled_path(target.path());
        let query = Query::of(target.query().unwrap_or_default());
        headers.remove(AUTHORIZATION);
        headers.remove(TOKEN);
        headers.insert(DATE, HeaderValue::try_from(&at.time).map_err(|error| bad(&error))?);
        if !headers.contains_key(CONTENT_HASH) {
            headers.insert(CONTENT_HASH, HeaderValue::from_static("UNSIGNED-PAYLOAD"));
        }
        if let Some(token) = &credentials.token {
            let mut value = HeaderValue::from_str(token).map_err(|error| bad(&error))?;
            value.set_sensitive(true);
            headers.insert(TOKEN, value);
        }
        let authorization = self.authorization(credentials, &at, method, &path, &query, headers)?;
        let mut value = HeaderValue::try_from(authorization).map_err(|error| bad(&error))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        let spelled = if query.0.is_empty() { path } else { format!("{path}?{}", query.sent()) };
        *target = PathAndQuery::try_from(spelled).map_err(|error| bad(&error))?;
        Ok(())
    }

    fn authorization(
        &self,
        credentials: &AwsCredentials,
        at: &SignedAt,
        method: &Method,
        path: &str,
        query: &Query,
        headers: &HeaderMap,
    ) -> Result<String, OriginFault> {
        let (lines, names) = signed_headers(headers);
        let payload = headers.get(CONTENT_HASH).map(shown).unwrap_or_default();
        let canonical =
            format!("{method}\n{path}\n{}\n{lines}\n{names}\n{payload}", query.canonical());
        let scope = format!("{}/{}/{SERVICE}/aws4_request", at.day(), self.region);
        let hash = HEXLOWER.encode(&Sha256::digest(canonical));
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{hash}", at.time);
        let mut key = hmac(format!("AWS4{}", *credentials.secret).as_bytes(), at.day())?;
        for part in [&self.region, SERVICE, "aws4_request"] {
            key = hmac(&key, part)?;
        }
        let signature = HEXLOWER.encode(&hmac(&key, &text)?);
        let id = &credentials.key_id;
        Ok(format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
        ))
    }
}

fn hmac(key: &[u8], text: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, OriginFault> {
    // A key of any length is accepted.
    let mac = Hmac::<Sha256>::new_from_slice(key);
    let mut mac = mac.map_err(|error| OriginFault::Unsigned(error.to_string()))?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec().into())
}

/// `Host` and every `x-amz-*` header, which S3 demands to be signed: their canonical lines, and
/// their names.
fn signed_headers(headers: &HeaderMap) -> (String, String) {
    let is_signed = |name: &&HeaderName| **name == HOST || name.as_str().starts_with("x-amz-");
    let mut names: Vec<&HeaderName> = headers.keys().filter(is_signed).collect();
    names.sort_by_key(|name| name.as_str());
    let mut lines = String::new();
    for name in &names {
        let values: Vec<_> = headers.get_all(*name).iter().map(shown).collect();
        // A write to a String does not fail.
        let _ = writeln!(lines, "{name}:{}", values.join(","));
    }
    let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    (lines, names.join(";"))
}

/// A header's value with single spaces.
fn shown(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// A query's names and values, each in the spelling of the signature.
struct Query(Vec<(String, Option<String>)>);

// === impl Query ===

impl Query {
    /// `+` is a space, as S3 reads it.
    fn of(query: &str) -> Self {
        let spelled = |text: &str| {
            let mut out = String::with_capacity(text.len());
            push_spelled(&mut out, &decoded(text.replace('+', " ").as_bytes()), b"");
            out
        };
        let parts = query.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| match part.split_once('=') {
            Some((name, value)) => (spelled(name), Some(spelled(value))),
            None => (spelled(part), None),
        });
        Self(pairs.collect())
    }

    fn sent(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn canonical(&self) -> String {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by_key(|(name, value)| (name, value.as_deref().unwrap_or_default()));
        let pairs = sorted
            .into_iter()
            .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or_default()));
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn spelled_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    push_spelled(&mut out, &decoded(path.as_bytes()), b"/");
    out
}

/// The bytes behind percent-encoding. A `%` that begins none stands for itself.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

fn push_spelled(out: &mut String, bytes: &[u8], kept: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

// === impl SignedAt ===

impl SignedAt {
    /// In UTC, by the calendar of RFC 3339.
    fn new(now: SystemTime) -> Self {
        let text = humantime::format_rfc3339_seconds(now.max(UNIX_EPOCH)).to_string();
        Self { time: text.replace(['-', ':'], "") }
    }

    fn day(&self) -> &str {
        self.time.get(..8).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// 2015-08-30T12:36:00Z, the time of AWS's published test cases.
    const NOW: Duration = Duration::from_secs(1_440_938_160);

    fn signing(behavior: SigningBehavior) -> Signing {
        let credentials = AwsCredentials {
            key_id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned().into(),
            token: None,
        };
        Signing { behavior, region: "us-east-1".into(), credentials: Ok(Arc::new(credentials)) }
    }

    fn signed(signing: &Signing, target: &str, headers: &mut HeaderMap) -> String {
        let mut target = PathAndQuery::try_from(target).unwrap();
        signing.sign(&Method::GET, &mut target, headers, UNIX_EPOCH + NOW).unwrap();
        target.to_string()
    }

    #[test]
    fn the_target_gets_the_spelling_of_the_signature() {
        for (target, expected) in [
            ("/a/b.txt", "/a/b.txt"),
            ("/a(b)'c'!*.txt", "/a%28b%29%27c%27%21%2A.txt"),
            ("/%7Eme/%41+b", "/~me/A%2Bb"),
            ("/100%/x", "/100%25/x"),
            ("//a//", "//a//"),
            ("/a?b=c+d&e&&f=%7e%2f", "/a?b=c%20d&e&f=~%2F"),
            ("/a?", "/a"),
        ] {
            let target = signed(&signing(SigningBehavior::Always), target, &mut HeaderMap::new());
            assert_eq!(target, expected);
        }
    }

    #[test]
    fn an_authorization_of_its_own_is_kept_or_replaced() {
        for (behavior, own, is_signed) in [
            (SigningBehavior::Never, None, false),
            (SigningBehavior::Always, None, true),
            (SigningBehavior::Always, Some("Basic x"), true),
            (SigningBehavior::NoOverride, None, true),
            (SigningBehavior::NoOverride, Some("Basic x"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(own) = own {
                headers.insert(AUTHORIZATION, HeaderValue::from_static(own));
            }
            signed(&signing(behavior), "/a", &mut headers);
            let sent = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap());
            if is_signed {
                let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/";
                assert!(sent.unwrap().starts_with(start), "{sent:?}");
            } else {
                assert_eq!(sent, own);
            }
        }
    }

    #[test]
    fn without_credentials_nothing_is_sent() {
        let mut signing = signing(SigningBehavior::Always);
        signing.credentials = Err("no keys".into());
        let mut target = PathAndQuery::from_static("/a");
        let (method, now) = (Method::GET, UNIX_EPOCH + NOW);
        let error = signing.sign(&method, &mut target, &mut HeaderMap::new(), now).unwrap_err();
        assert!(error.to_string().contains("no keys"), "{error}");
    }
}
