//! Conditional requests: a viewer's against the stored copy, and the gateway's against the origin.

use std::time::Duration;

use brink_shared::event::Headers;

use super::http_date;

/// Headers of a 304 that describe the 304 itself rather than the stored answer.
const ABOUT_THE_MESSAGE: [&str; 5] =
    ["content-length", "content-encoding", "content-range", "transfer-encoding", "connection"];

/// Headers that tell when an answer was sent, in lower case.
const ABOUT_THE_TIME: [&str; 2] = ["date", "age"];

/// The validators that distinguish two copies of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag`, as the origin wrote it.
    pub etag: Option<String>,
    /// The `Last-Modified`, as the origin wrote it.
    pub last_modified: Option<String>,
}

// === impl Validators ===

impl Validators {
    /// The validators in the headers of an answer.
    pub fn of(headers: &Headers) -> Self {
        let value = |name| headers.get(name).map(|v| v.trim().to_owned());
        Self {
            etag: value("etag").filter(|etag| !etag.is_empty()),
            last_modified: value("last-modified").filter(|date| !date.is_empty()),
        }
    }

    /// True if a viewer with these request headers has this copy already. Then 304 is the answer to
    /// its GET or HEAD (RFC 9110, 13.2.2). `If-None-Match` overrules `If-Modified-Since`.
    pub fn viewer_has_copy(&self, viewer: &Headers) -> bool {
        if viewer.contains("if-none-match") {
            return viewer
                .get_all("if-none-match")
                .any(|line| entity_tags(line).any(|tag| tag == "*" || self.has_tag(tag)));
        }
        let date = |text: Option<&str>| text.and_then(http_date::read);
        match (date(viewer.get("if-modified-since")), date(self.last_modified.as_deref())) {
            (Some(since), Some(modified)) => modified <= since,
            _ => false,
        }
    }

    /// True if a range of this copy may be sent to a viewer with these headers: it sends no
    /// `If-Range`, or one that names exactly this copy (RFC 9110, 13.1.5).
    pub fn allow_range(&self, viewer: &Headers) -> bool {
        let Some(wanted) = viewer.get("if-range").map(str::trim) else {
            return true;
        };
        if wanted.ends_with('"') {
            return !wanted.starts_with("W/") && self.etag.as_deref() == Some(wanted);
        }
        http_date::read(wanted).is_some() && self.last_modified.as_deref() == Some(wanted)
    }

    /// The headers that ask the origin whether this copy is still good.
    pub fn conditions(&self) -> Headers {
        let tag = self.etag.iter().map(|etag| ("If-None-Match", etag));
        let date = self.last_modified.iter();
        tag.chain(date.map(|date| ("If-Modified-Since", date)))
            .map(|(name, value)| (name, value.as_str()))
            .collect()
    }

    /// Weak comparison: `W/"a"` and `"a"` are the same copy.
    fn has_tag(&self, tag: &str) -> bool {
        let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        self.etag.as_deref().is_some_and(|etag| strong(etag) == strong(tag))
    }
}

/// A `Last-Modified` surely distinguishes copies only if it is this much older than its answer (RFC
/// 9110, 8.8.2.2).
const SETTLED: Duration = Duration::from_secs(60);

/// The strong validator of an answer: a strong `ETag`, or else a `Last-Modified` that was a minute
/// old (RFC 9110, 8.8.1). Parts of two answers may be combined only if both have the same one.
/// `If-Range` takes it too.
pub fn strong_validator(headers: &Headers) -> Option<&str> {
    if let Some(etag) = headers.get("etag").map(str::trim).filter(|etag| !etag.is_empty()) {
        return (etag.starts_with('"') && etag.ends_with('"')).then_some(etag);
    }
    let modified = headers.get("last-modified").map(str::trim)?;
    let sent = headers.get("date").and_then(http_date::read)?;
    let age = sent.duration_since(http_date::read(modified)?).ok()?;
    (age >= SETTLED).then_some(modified)
}

/// The stored headers after a 304: each line of the 304 replaces the lines of the same name (RFC
/// 9111, 3.2). The stored `Date` and `Age` are always removed, because they describe the transfer
/// of the old answer.
pub fn refreshed(stored: &Headers, not_modified: &Headers) -> Headers {
    let brings = |name: &str| {
        not_modified.contains(name)
            && !ABOUT_THE_MESSAGE.iter().any(|n| name.eq_ignore_ascii_case(n))
    };
    let is_of_then = |name: &str| ABOUT_THE_TIME.iter().any(|n| name.eq_ignore_ascii_case(n));
    let is_kept = |name: &str| !brings(name) && !is_of_then(name);
    let kept = stored.iter().filter(|header| is_kept(&header.key));
    let new = not_modified.iter().filter(|header| brings(&header.key));
    kept.chain(new).map(|header| (header.key.as_str(), header.value.as_str())).collect()
}

/// The members of an entity-tag list. A comma may stand within the quotes of a tag.
fn entity_tags(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const NEW: &str = "Mon, 07 Nov 1994 08:49:37 GMT";

    fn headers(lines: &[(&str, &str)]) -> Headers {
        lines.iter().copied().collect()
    }

    fn copy() -> Validators {
        Validators::of(&headers(&[("ETag", "\"a,b\""), ("Last-Modified", OLD)]))
    }

    #[test]
    fn a_viewer_with_the_same_copy_gets_304() {
        for (lines, expected) in [
            (vec![], false),
            (vec![("If-None-Match", "\"a,b\"")], true),
            (vec![("if-none-match", "\"x\", W/\"a,b\"")], true),
            (vec![("If-None-Match", "\"x\""), ("If-None-Match", "*")], true),
            (vec![("If-None-Match", "\"a\"")], false),
            (vec![("If-None-Match", "a,b")], false),
            (vec![("If-None-Match", "\"x\""), ("If-Modified-Since", NEW)], false),
            (vec![("If-Modified-Since", OLD)], true),
            (vec![("If-Modified-Since", NEW)], true),
            (vec![("If-Modified-Since", "Sat, 05 Nov 1994 08:49:37 GMT")], false),
            (vec![("If-Modified-Since", "yesterday")], false),
        ] {
            assert_eq!(copy().viewer_has_copy(&headers(&lines)), expected, "{lines:?}");
        }
        assert!(!Validators::default().viewer_has_copy(&headers(&[("If-Modified-Since", NEW)])));
    }

    #[test]
    fn if_range_needs_exactly_this_copy() {
        for (value, expected) in [
            ("\"a,b\"", true),
            ("W/\"a,b\"", false),
            ("\"x\"", false),
            (OLD, true),
            (NEW, false),
            ("junk", false),
        ] {
            assert_eq!(copy().allow_range(&headers(&[("If-Range", value)])), expected, "{value}");
        }
        assert!(copy().allow_range(&Headers::new()));
    }

    #[test]
    fn only_a_strong_validator_joins_parts() {
        for (lines, expected) in [
            (vec![], None),
            (vec![("ETag", "\"a\"")], Some("\"a\"")),
            (vec![("ETag", "W/\"a\""), ("Last-Modified", OLD), ("Date", NEW)], None),
            (vec![("ETag", "a")], None),
            (vec![("Last-Modified", OLD), ("Date", NEW)], Some(OLD)),
            (vec![("Last-Modified", OLD), ("Date", OLD)], None),
            (vec![("Last-Modified", OLD)], None),
        ] {
            assert_eq!(strong_validator(&headers(&lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn asks_the_origin_with_the_validators_of_the_copy() {
        let expected = headers(&[("If-None-Match", "\"a,b\""), ("If-Modified-Since", OLD)]);
        assert_eq!(copy().conditions(), expected);
        assert!(Validators::default().conditions().is_empty());
    }

    #[test]
    fn a_304_replaces_its_headers_and_keeps_those_of_the_body() {
        let stored = headers(&[
            ("Date", OLD),
            ("Age", "7"),
            ("Content-Length", "10"),
            ("Cache-Control", "max-age=1"),
            ("X-A", "1"),
            ("x-a", "2"),
        ]);
        let fresh =
            headers(&[("content-length", "0"), ("cache-control", "max-age=9"), ("X-a", "3")]);
        let expected =
            headers(&[("Content-Length", "10"), ("cache-control", "max-age=9"), ("X-a", "3")]);
        assert_eq!(refreshed(&stored, &fresh), expected);
    }
}
