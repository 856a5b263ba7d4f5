//! The parts of a request that belong to a signature: parameters of the query, or cookies
//! (`contract.md` 7.17).

use super::{HashAlgorithm, decode};

/// A parameter of a signed URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The end of a canned policy.
    Expires,
    /// A custom policy.
    Policy,
    /// The signature.
    Signature,
    /// The id of the public key.
    KeyPairId,
    /// The hash of the signature.
    HashAlgorithm,
}

/// A cookie that says the same as a [`Parameter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie(pub Parameter);

/// The values of a signature, as a viewer sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedRequest {
    /// Seconds since 1970.
    pub expires: Option<String>,
    /// The text of a custom policy, encoded.
    pub policy: Option<String>,
    /// Encoded.
    pub signature: Option<String>,
    /// The public key's id.
    pub key_pair_id: Option<String>,
    /// Absent for SHA-1.
    pub hash_algorithm: Option<String>,
    /// True if a parameter of the URL is there twice. Then it is not clear which one counts.
    pub is_ambiguous: bool,
}

// === impl Parameter ===

impl Parameter {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Expires, Self::Policy, Self::Signature, Self::KeyPairId, Self::HashAlgorithm];

    /// Its name in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expires => "Expires",
            Self::Policy => "Policy",
            Self::Signature => "Signature",
            Self::KeyPairId => "Key-Pair-Id",
            Self::HashAlgorithm => "Hash-Algorithm",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.as_str() == name)
    }
}

// === impl Cookie ===

impl Cookie {
    const PREFIX: &'static str = "CloudFront-";

    /// Its name.
    pub fn name(self) -> String {
        format!("{}{}", Self::PREFIX, self.0.as_str())
    }

    fn named(name: &str) -> Option<Self> {
        name.strip_prefix(Self::PREFIX).and_then(Parameter::named).map(Self)
    }
}

// === impl SignedRequest ===

impl SignedRequest {
    /// The signature in a query; `None` if the query has none. `Hash-Algorithm` alone does not make
    /// a URL a signed one.
    pub fn of_query(query: &str) -> Option<Self> {
        let mut found = Self::default();
        for part in query.split('&') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if let Some(parameter) = Parameter::named(name) {
                let is_second = found.value_of(parameter).is_some();
                found.is_ambiguous |= is_second;
                *found.value_of(parameter) = Some(percent_decoded(value));
            }
        }
        found.is_there().then_some(found)
    }

    /// The signature in the lines of `Cookie` headers; `None` if they have none. Browsers send the
    /// cookie of the longest path first, so the first one of each name counts.
    pub fn of_cookies<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut found = Self::default();
        for cookie in lines.flat_map(|line| line.split(';')) {
            let (name, value) = cookie.trim().split_once('=').unwrap_or_default();
            if let Some(Cookie(parameter)) = Cookie::named(name) {
                found.value_of(parameter).get_or_insert_with(|| value.to_owned());
            }
        }
        found.is_there().then_some(found)
    }

    /// The hash; `None` if it is not a known one.
    pub fn hash(&self) -> Option<HashAlgorithm> {
        match &self.hash_algorithm {
            None => Some(HashAlgorithm::default()),
            Some(name) => HashAlgorithm::named(name),
        }
    }

    /// The signature's bytes.
    pub fn signature_bytes(&self) -> Option<Vec<u8>> {
        self.signature.as_deref().and_then(decode)
    }

    fn is_there(&self) -> bool {
        let parts = [&self.expires, &self.policy, &self.signature, &self.key_pair_id];
        parts.iter().any(|part| part.is_some())
    }

    fn value_of(&mut self, parameter: Parameter) -> &mut Option<String> {
        match parameter {
            Parameter::Expires => &mut self.expires,
            Parameter::Policy => &mut self.policy,
            Parameter::Signature => &mut self.signature,
            Parameter::KeyPairId => &mut self.key_pair_id,
            Parameter::HashAlgorithm => &mut self.hash_algorithm,
        }
    }
}

/// The query without the parameters of a signature.
pub fn unsigned_query(query: &str) -> String {
    let own = |part: &&str| {
        let name = part.split_once('=').map_or(*part, |(name, _)| name);
        Parameter::named(name).is_none()
    };
    query.split('&').filter(own).collect::<Vec<_>>().join("&")
}

/// A `Cookie` line without the cookies of a signature; `None` if it has none of them.
pub fn unsigned_cookies(line: &str) -> Option<String> {
    let is_own = |cookie: &&str| {
        let name = cookie.trim().split_once('=').map_or("", |(name, _)| name);
        Cookie::named(name).is_none()
    };
    let own: Vec<&str> = line.split(';').filter(is_own).collect();
    let all = line.split(';').count();
    (own.len() < all).then(|| own.iter().map(|cookie| cookie.trim()).collect::<Vec<_>>().join("; "))
}

/// Programs may escape characters of a URL that need no escape, such as `~`. An escape that is
/// broken stays as it is, and is then not valid.
fn percent_decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match byte.filter(u8::is_ascii) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_url_has_one_of_four_parameters() {
        for query in ["", "a=1", "Hash-Algorithm=SHA256", "expires=1", "X-Expires=1", "a=Expires=1"]
        {
            assert_eq!(SignedRequest::of_query(query), None, "{query}");
        }
        for query in ["Expires", "a=1&Policy=", "Signature=x", "Key-Pair-Id=K"] {
            assert!(SignedRequest::of_query(query).is_some(), "{query}");
        }
        let found = SignedRequest::of_query("Expires=1&Signature=a%7Eb%2&Key-Pair-Id=K&Expires=1");
        let found = found.unwrap();
        assert_eq!(found.signature.as_deref(), Some("a~b%2"));
        assert!(found.is_ambiguous);
        assert_eq!(found.hash(), Some(HashAlgorithm::Sha1));
        let found = SignedRequest::of_query("Expires=1&Hash-Algorithm=sha256").unwrap();
        assert_eq!(found.hash(), None);
    }

    #[test]
    fn the_first_cookie_of_a_name_counts() {
        let lines = [
            "a=1; CloudFront-Policy=one;CloudFront-Signature=s",
            "CloudFront-Policy=two; CloudFront-Key-Pair-Id=K; CloudFront-Hash-Algorithm=SHA256",
        ];
        let found = SignedRequest::of_cookies(lines.into_iter()).unwrap();
        assert_eq!(found.policy.as_deref(), Some("one"));
        assert_eq!(found.key_pair_id.as_deref(), Some("K"));
        assert_eq!(found.hash(), Some(HashAlgorithm::Sha256));
        assert_eq!(SignedRequest::of_cookies(["Policy=1; cloudfront-policy=2"].into_iter()), None);
    }

    #[test]
    fn a_viewers_own_parts_stay_as_they_are() {
        let signed = "a=1&Expires=2&&b=%20&Signature=x&Key-Pair-Id=K&Hash-Algorithm=SHA256&Policy";
        assert_eq!(unsigned_query(signed), "a=1&&b=%20");
        assert_eq!(unsigned_query("Expires=2"), "");
        assert_eq!(unsigned_query("expires=2"), "expires=2");
        assert_eq!(unsigned_cookies("a=1;  b=2"), None);
        let line = "a=1; CloudFront-Policy=x; b=2;CloudFront-Signature=y";
        assert_eq!(unsigned_cookies(line).unwrap(), "a=1; b=2");
        assert_eq!(unsigned_cookies("CloudFront-Expires=1").unwrap(), "");
    }
}
