//! Targets of requests that are not UTF-8 (`contract.md` 2.7).
//!
//! Functions see such a target converted to UTF-8. If no function changes it, the origin gets the
//! viewer's spelling. HTTP libraries reject such bytes, so they are percent-encoded, which names
//! the same resource (RFC 3986, 2.1).

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A path and a query that functions see converted, with the viewer's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelling {
    path: Part,
    query: Part,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    shown: String,
    spelled: String,
}

// === impl Spelling ===

impl Spelling {
    /// The spelling of these bytes; `None` if they are UTF-8, which functions see as it is.
    pub fn of(path: &[u8], query: &[u8]) -> Option<Self> {
        let utf8 = std::str::from_utf8(path).is_ok() && std::str::from_utf8(query).is_ok();
        (!utf8).then(|| Self { path: Part::of(path), query: Part::of(query) })
    }

    /// The path for an origin.
    pub fn path(&self, path: &str) -> String {
        if path == self.path.shown { self.path.spelled.clone() } else { path.to_owned() }
    }

    /// The query for an origin: each parameter that no function changed has the viewer's spelling.
    pub fn query(&self, query: &str) -> String {
        if query == self.query.shown {
            return self.query.spelled.clone();
        }
        // Equal texts had the same spelling: a whole part was converted, or none of it.
        let own: HashMap<&str, &str> =
            self.query.shown.split('&').zip(self.query.spelled.split('&')).collect();
        let spelled = query.split('&').map(|shown| own.get(shown).copied().unwrap_or(shown));
        spelled.collect::<Vec<_>>().join("&")
    }

    /// Distinguishes the target of an origin from others that functions see alike; `None` if there
    /// are none, because functions replaced every part that was converted.
    pub fn distinction(&self, path: &str, query: &str) -> Option<String> {
        let (path_left, query_left) = (self.path(path), self.query(query));
        let is_other = path_left != path || query_left != query;
        is_other.then(|| format!("{path_left}?{query_left}"))
    }
}

impl Part {
    fn of(bytes: &[u8]) -> Self {
        let mut spelled = String::with_capacity(bytes.len() * 3);
        for byte in bytes {
            if byte.is_ascii() {
                spelled.push(char::from(*byte));
            } else {
                // Writing into memory does not fail.
                let _ = write!(spelled, "%{byte:02X}");
            }
        }
        Self { shown: text(bytes), spelled }
    }
}

/// Path and query of a target in any form of RFC 9112, 3.2.
pub fn split(target: &[u8]) -> (&[u8], &[u8]) {
    let scheme = memchr::memmem::find(target, b"://").filter(|_| !target.starts_with(b"/"));
    let rest = match scheme {
        None => target,
        Some(scheme) => {
            let (_, authority) = target.split_at(scheme + 3);
            let path = memchr::memchr2(b'/', b'?', authority).unwrap_or(authority.len());
            authority.split_at(path).1
        }
    };
    let rest = rest.split(|byte| *byte == b'#').next().unwrap_or_default();
    match memchr::memchr(b'?', rest) {
        None => (rest, &[]),
        Some(mark) => {
            let (path, query) = rest.split_at(mark);
            (path, query.split_at(1).1)
        }
    }
}

/// UTF-8 as it is; other bytes are read as ISO-8859-1.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_every_form_are_split() {
        let cases: [(&[u8], &[u8], &[u8]); 6] = [
            (b"/a\xe9?b\xe9?c#d", b"/a\xe9", b"b\xe9?c"),
            (b"/a", b"/a", b""),
            (b"/a://b/c?", b"/a://b/c", b""),
            (b"http://h/\xe9?q", b"/\xe9", b"q"),
            (b"http://h?\xe9", b"", b"\xe9"),
            (b"*", b"*", b""),
        ];
        for (target, path, query) in cases {
            assert_eq!(split(target), (path, query), "{}", target.escape_ascii());
        }
    }

    #[test]
    fn unchanged_parts_of_a_target_keep_their_spelling() {
        assert_eq!(Spelling::of("/é".as_bytes(), "é".as_bytes()), None);
        let spelling = Spelling::of(b"/\xe9", b"a=\xe9&b=1&c=\xff").unwrap();
        assert_eq!(spelling.path("/é"), "/%E9");
        assert_eq!(spelling.path("/é/"), "/é/");
        assert_eq!(spelling.query("a=é&b=1&c=ÿ"), "a=%E9&b=1&c=%FF");
        assert_eq!(spelling.query("c=ÿ"), "c=%FF");
        assert_eq!(spelling.query("c=ÿ&a=é"), "c=%FF&a=%E9");
        assert_eq!(spelling.query("a=é&new=é&c=ÿ"), "a=%E9&new=é&c=%FF");
        assert_eq!(spelling.query(""), "");
        assert_eq!(spelling.distinction("/é", "x").unwrap(), "/%E9?x");
        assert_eq!(spelling.distinction("/x", "c=ÿ").unwrap(), "/x?c=%FF");
        assert_eq!(spelling.distinction("/x", "b=1"), None);
        let signed = Spelling::of(b"/\xe9", b"x=1&Signature=s").unwrap();
        assert_eq!(signed.distinction("/é", "x=1").unwrap(), "/%E9?x=1");
    }
}
