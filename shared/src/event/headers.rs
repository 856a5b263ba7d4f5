//! Headers with their order and the case of their names kept.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name as it was received, or as a function wrote it.
    pub key: String,
    /// The value, not parsed.
    pub value: String,
}

/// Header lines in the order received. Names compare without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<Header>);

// === impl Header ===

impl Header {
    /// The name in lower case: the key of the contract's header map (2.4).
    pub fn name(&self) -> Cow<'_, str> {
        if self.key.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(self.key.to_ascii_lowercase())
        } else {
            Cow::Borrowed(&self.key)
        }
    }

    /// True if this line has the name, in whatever case.
    pub fn is(&self, name: &str) -> bool {
        self.key.eq_ignore_ascii_case(name)
    }
}

// === impl Headers ===

impl Headers {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line after those that are there.
    pub fn append(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.push(Header { key: key.into(), value: value.into() });
    }

    /// Makes this line the only one of its name.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let key = key.into();
        self.remove(&key);
        self.append(key, value);
    }

    /// Removes every line of the name; true if there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|header| !header.is(name));
        self.0.len() < before
    }

    /// Keeps the lines for which the test is true.
    pub fn retain(&mut self, test: impl FnMut(&Header) -> bool) {
        self.0.retain(test);
    }

    /// The first value of the name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|header| header.is(name)).map(|header| header.value.as_str())
    }

    /// Every value of the name, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |header| header.is(name)).map(|header| header.value.as_str())
    }

    /// True if there is a line of the name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|header| header.is(name))
    }

    /// All lines, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are no lines.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of all names and values.
    pub fn size(&self) -> usize {
        self.0.iter().map(|header| header.key.len() + header.value.len()).sum()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(lines: I) -> Self {
        let line = |(key, value): (K, V)| Header { key: key.into(), value: value.into() };
        Self(lines.into_iter().map(line).collect())
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A name as the contract writes it when a function left `key` out (2.4): each part between
/// hyphens capitalised, `content-type` to `Content-Type`.
pub fn capitalized(name: &str) -> String {
    let mut start = true;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        out.push(if start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
        start = c == '-';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_case_and_repeated_lines() {
        let mut headers: Headers =
            [("Host", "a"), ("accept", "x"), ("Accept", "y")].into_iter().collect();
        assert_eq!(headers.get_all("ACCEPT").collect::<Vec<_>>(), ["x", "y"]);
        headers.set("Host", "b");
        assert_eq!(headers.get("host"), Some("b"));
        assert_eq!(headers.len(), 3);
        assert!(headers.remove("accept"));
        assert!(!headers.remove("accept"));
    }

    #[test]
    fn capitalizes_each_part() {
        assert_eq!(capitalized("x-FORWARDED-for"), "X-Forwarded-For");
        assert_eq!(capitalized("host"), "Host");
        assert_eq!(capitalized(""), "");
    }
}
