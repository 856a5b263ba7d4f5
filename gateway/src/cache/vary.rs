//! Keeps answers apart that `Vary` by headers outside of the cache key (RFC 9111, 4.1).
//!
//! CloudFront's cache key ignores `Vary`. But if an answer varies by a header that reaches the
//! origin and is not in the key, a single copy would bring one viewer's answer to another. So there
//! is one copy for each value of the header. Behaviors that have all such headers in their key are
//! not affected.

use std::sync::Arc;

use brink_shared::event::Headers;
use serde::{Deserialize, Serialize};

/// Headers whose value is a list of tokens, in lower case.
const TOKEN_LISTS: [&str; 3] = ["accept-charset", "accept-encoding", "accept-language"];

/// The headers outside of the cache key that an answer varies by, in lower case and sorted, each
/// with the values that the origin got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<(String, Vec<String>)>", into = "Vec<(String, Vec<String>)>")]
pub struct Variant(Arc<[(String, Vec<String>)]>);

// === impl Variant ===

impl Variant {
    /// The variant of a request by these headers. `shown` gives the values of a header that the
    /// origin gets.
    pub fn by(names: &[String], shown: impl Fn(&str) -> Vec<String>) -> Self {
        let variant = |name: &String| (name.clone(), normal(name, shown(name)));
        Self(names.iter().map(variant).collect())
    }

    /// The headers that distinguish variants.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// True if one copy serves all requests of its key.
    pub fn is_only_one(&self) -> bool {
        self.0.is_empty()
    }

    /// Approximate memory in bytes.
    pub fn size(&self) -> usize {
        let texts = |(name, values): &(String, Vec<String>)| {
            name.len() + values.iter().map(String::len).sum::<usize>()
        };
        self.0.iter().map(texts).sum()
    }
}

impl From<Vec<(String, Vec<String>)>> for Variant {
    fn from(headers: Vec<(String, Vec<String>)>) -> Self {
        Self(headers.into())
    }
}

impl From<Variant> for Vec<(String, Vec<String>)> {
    fn from(variant: Variant) -> Self {
        variant.0.to_vec()
    }
}

/// Values in a normal form: several lines become one list, and lists of tokens lose spaces and
/// capital letters.
fn normal(name: &str, values: Vec<String>) -> Vec<String> {
    if values.is_empty() || !TOKEN_LISTS.contains(&name) {
        return values;
    }
    let mut list = values.join(",").to_ascii_lowercase();
    list.retain(|c| !c.is_ascii_whitespace());
    vec![list]
}

/// The members of an answer's `Vary`, in lower case, sorted, each once. `*` is not among them: it
/// forbids every reuse, and [`freshness`](super::freshness) handles it.
pub fn members(headers: &Headers) -> Vec<String> {
    let lines = headers.get_all("vary").flat_map(|line| line.split(','));
    let mut names: Vec<String> = lines.map(|name| name.trim().to_ascii_lowercase()).collect();
    names.retain(|name| !name.is_empty() && name != "*");
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_one_order_and_one_case() {
        let headers = [("Vary", "Foo,, accept"), ("vary", "*, FOO ,"), ("X-A", "b")];
        assert_eq!(members(&headers.into_iter().collect()), ["accept", "foo"]);
        assert!(members(&Headers::new()).is_empty());
    }

    #[test]
    fn lists_of_tokens_are_compared_by_their_meaning() {
        let by = |name: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
            Variant::by(&[name.to_owned()], |_| values.clone())
        };
        let usual = by("accept-language", &["en,de"]);
        assert_eq!(by("accept-language", &[" eN ,  De"]), usual);
        assert_eq!(by("accept-language", &["en", "de"]), usual);
        assert_ne!(by("accept-language", &["de,en"]), usual);
        assert_ne!(by("cookie", &["a=1, b"]), by("cookie", &["a=1,b"]));
    }

    #[test]
    fn a_header_that_is_not_there_is_not_an_empty_one() {
        let by = |value: &[&str]| {
            let values: Vec<String> = value.iter().map(|v| (*v).to_owned()).collect();
            Variant::by(&["foo".to_owned()], |_| values.clone())
        };
        assert_eq!(by(&["1"]), by(&["1"]));
        assert_ne!(by(&[]), by(&[""]));
        assert_ne!(by(&["1", "2"]), by(&["1, 2"]));
        assert!(!by(&[]).is_only_one() && Variant::default().is_only_one());
    }
}
