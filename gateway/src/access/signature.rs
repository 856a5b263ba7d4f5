//! Verifies signed URLs and signed cookies (`contract.md` 7.17).
//!
//! The signature comes first: the text of a policy is read only after it is known that a trusted key
//! signed it. So strangers cannot make this code parse anything. A request of theirs costs one
//! verification, whose time is bounded by the size of keys.

use std::collections::BTreeMap;

use brink_shared::event::{Headers, Request};
use brink_shared::private_content::{
    Policy, PolicyError, PublicKey, SignedRequest, Viewing, canned_policy, decode,
    unsigned_cookies, unsigned_query,
};

/// The keys that a behavior trusts, by their ids.
#[derive(Debug)]
pub struct TrustedKeys(BTreeMap<String, PublicKey>);

/// Why a signature does not let a viewer see a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// The request is not signed, or does not name a key.
    #[error("the request has no Key-Pair-Id, neither in its URL nor in a cookie")]
    MissingKey,
    /// The key is not in a trusted group.
    #[error("no trusted key group has the key {0:?}")]
    UnknownKey(String),
    /// A parameter is there twice.
    #[error("the URL has a parameter of its signature twice")]
    Ambiguous,
    /// There is neither a policy nor a time.
    #[error("the request has a signature, but neither Policy nor a valid Expires")]
    MissingPolicy,
    /// The policy is not base64.
    #[error("the encoding of the policy is not valid")]
    MalformedPolicy,
    /// The signature is missing or is not base64.
    #[error("the signature is missing, or its encoding is not valid")]
    MalformedSignature,
    /// The hash is not known.
    #[error("the request names the hash {0:?}; SHA1 and SHA256 are known")]
    UnknownHash(String),
    /// The signature is not the key's for this policy.
    #[error("the signature is not valid for the policy of {url} by the key {key}")]
    Invalid {
        /// The URL that a canned policy would be for.
        url: String,
        /// The key's id.
        key: String,
    },
    /// The policy does not allow it.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

// === impl TrustedKeys ===

impl TrustedKeys {
    /// These keys.
    pub fn new(keys: BTreeMap<String, PublicKey>) -> Self {
        Self(keys)
    }

    /// Checks the signature of a request. One in the URL counts before one in cookies.
    pub fn verify(&self, request: &Request, viewing: &Viewing<'_>) -> Result<(), SignatureFault> {
        let signed = SignedRequest::of_query(&request.querystring)
            .or_else(|| SignedRequest::of_cookies(request.headers.get_all("cookie")))
            .ok_or(SignatureFault::MissingKey)?;
        if signed.is_ambiguous {
            return Err(SignatureFault::Ambiguous);
        }
        let id = signed.key_pair_id.as_ref().filter(|id| !id.is_empty());
        let id = id.ok_or(SignatureFault::MissingKey)?;
        let key = self.0.get(id).ok_or_else(|| SignatureFault::UnknownKey(id.clone()))?;
        let hash = signed.hash().ok_or_else(|| {
            SignatureFault::UnknownHash(signed.hash_algorithm.clone().unwrap_or_default())
        })?;
        let signature = signed.signature_bytes().ok_or(SignatureFault::MalformedSignature)?;
        let text = text_of(&signed, viewing.url)?;
        if !key.verify(hash, &text, &signature) {
            return Err(SignatureFault::Invalid { url: viewing.url.to_owned(), key: id.clone() });
        }
        let policy = match &signed.policy {
            Some(_) => Policy::parse(&text)?,
            None => Policy::canned(ends(&signed).ok_or(SignatureFault::MissingPolicy)?),
        };
        Ok(policy.check(viewing)?)
    }
}

/// The text that was signed. If there is a custom policy, it counts.
fn text_of(signed: &SignedRequest, url: &str) -> Result<Vec<u8>, SignatureFault> {
    match (&signed.policy, &signed.expires) {
        (Some(policy), _) => decode(policy).ok_or(SignatureFault::MalformedPolicy),
        (None, Some(expires)) => {
            let text = canned_policy(url, expires).filter(|_| ends(signed).is_some());
            text.map(String::into_bytes).ok_or(SignatureFault::MissingPolicy)
        }
        (None, None) => Err(SignatureFault::MissingPolicy),
    }
}

fn ends(signed: &SignedRequest) -> Option<u64> {
    signed.expires.as_ref()?.parse().ok()
}

/// Removes the signature from a request. Functions, the cache key and the origin do not see it.
pub fn remove(request: &mut Request) {
    request.querystring = unsigned_query(&request.querystring);
    let lines: Vec<&str> = request.headers.get_all("cookie").collect();
    let unsigned: Vec<Option<String>> = lines.iter().map(|line| unsigned_cookies(line)).collect();
    if unsigned.iter().all(Option::is_none) {
        return;
    }
    let left = lines.iter().zip(unsigned);
    let left = left.map(|(line, unsigned)| unsigned.unwrap_or_else(|| (*line).to_owned()));
    let left: Vec<String> = left.filter(|line| !line.is_empty()).collect();
    put_cookies(&mut request.headers, left);
}

fn put_cookies(headers: &mut Headers, lines: Vec<String>) {
    headers.remove("cookie");
    for line in lines {
        headers.append("Cookie", line);
    }
}

// === impl SignatureFault ===

impl SignatureFault {
    /// CloudFront's code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingKey => "MissingKey",
            Self::UnknownKey(_) => "InvalidKey",
            Self::MalformedPolicy | Self::Policy(PolicyError::Malformed(_)) => "MalformedPolicy",
            Self::MalformedSignature => "MalformedSignature",
            _ => "AccessDenied",
        }
    }

    /// CloudFront's message of the error. It does not tell a stranger which part is wrong.
    pub fn sentence(&self) -> &'static str {
        match self.code() {
            "MissingKey" => "Missing Key-Pair-Id query parameter or cookie value",
            "InvalidKey" => "Unknown Key",
            "MalformedPolicy" => "Malformed Policy",
            "MalformedSignature" => "Could not unencode Signature",
            _ => "Access denied",
        }
    }
}
