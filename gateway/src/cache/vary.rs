//! Answers that `Vary` by headers which the cache key does not have (RFC 9111, 4.1).
//!
//! `contract.md` leaves `Vary` out of the key. Where the origin is shown a header that is not in
//! the key, and says that its answer depends on it, a copy for all would bring one viewer's answer
//! to another; so such answers are told apart by the header's value. Behaviors that put what the
//! origin looks at into the key have none of this.

use std::sync::Arc;

use brink_shared::event::Headers;

/// Headers whose value is a list of tokens, in lower case.
const TOKEN_LISTS: [&str; 3] = ["accept-charset", "accept-encoding", "accept-language"];

/// The headers by which an answer was chosen beyond the cache key, in lower case and sorted, each
/// with the values that the origin was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variant(Arc<[(String, Vec<String>)]>);

// === impl Variant ===

impl Variant {
    /// The variant of a request by these headers. `shown` tells what of one the origin gets.
    pub fn by(names: &[String], shown: impl Fn(&str) -> Vec<String>) -> Self {
        let variant = |name: &String| (name.clone(), normal(name, shown(name)));
        Self(names.iter().map(variant).collect())
    }

    /// The headers that tell variants apart.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// True if one copy serves all requests of its key.
    pub fn is_only_one(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that it takes up, roughly.
    pub fn size(&self) -> usize {
        let texts = |(name, values): &(String, Vec<String>)| {
            name.len() + values.iter().map(String::len).sum::<usize>()
        };
        self.0.iter().map(texts).sum()
    }
}

/// Values without what is known to mean nothing in them: several lines are one list, and case and
/// spaces do not matter in lists of tokens.
fn normal(name: &str, values: Vec<String>) -> Vec<String> {
    if values.is_empty() || !TOKEN_LISTS.contains(&name) {
        return values;
    }
    let mut list = values.join(",").to_ascii_lowercase();
    list.retain(|c| !c.is_ascii_whitespace());
    vec![list]
}

/// The members of an answer's `Vary`, in lower case, sorted, each once. `*` is none: it forbids
/// every reuse and is a matter of freshness.
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
    fn lists_of_tokens_are_compared_by_what_they_mean() {
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
