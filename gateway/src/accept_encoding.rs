//! The normal form of a viewer's `Accept-Encoding` (`contract.md` 7.6).
//!
//! Viewers write this header in thousands of ways that mean the same to an origin. The cache key
//! and the origin's request get only a short normal form.

use brink_shared::event::Headers;
use brink_shared::registry::distribution::ContentCoding;

/// The encodings that the viewer accepts, as the origin sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The viewer sent no `Accept-Encoding`.
    Unsaid,
    /// None of the encodings that the origin answers in.
    Identity,
    /// These, in the order of the contract.
    Some(&'static str),
}

// === impl Accepted ===

impl Accepted {
    /// The encodings of a behavior that a viewer with these headers accepts. `None` if the behavior
    /// names no encodings; then the header is like any other.
    pub fn of(viewer: &Headers, encodings: &[ContentCoding]) -> Option<Self> {
        if encodings.is_empty() {
            return None;
        }
        if !viewer.contains("accept-encoding") {
            return Some(Self::Unsaid);
        }
        let takes = |coding, name| encodings.contains(&coding) && takes(viewer, name);
        Some(match (takes(ContentCoding::Br, "br"), takes(ContentCoding::Gzip, "gzip")) {
            (true, true) => Self::Some("br,gzip"),
            (true, false) => Self::Some("br"),
            (false, true) => Self::Some("gzip"),
            (false, false) => Self::Identity,
        })
    }

    /// The value in the cache key, if it has one.
    pub fn in_key(self) -> Option<&'static str> {
        match self {
            Self::Some(value) => Some(value),
            Self::Unsaid | Self::Identity => None,
        }
    }

    /// The coding in which the viewer's answer is compressed, if the origin did not choose one
    /// itself. Brotli is preferred.
    pub fn preferred(self) -> Option<ContentCoding> {
        match self {
            Self::Some("gzip") => Some(ContentCoding::Gzip),
            Self::Some(_) => Some(ContentCoding::Br),
            Self::Unsaid | Self::Identity => None,
        }
    }

    /// The value that the origin gets, if it gets one.
    pub fn at_origin(self) -> Option<&'static str> {
        match self {
            Self::Some(value) => Some(value),
            Self::Identity => Some("identity"),
            Self::Unsaid => None,
        }
    }
}

/// True if the viewer names this encoding and does not exclude it with a weight of zero.
fn takes(viewer: &Headers, name: &str) -> bool {
    viewer.get_all("accept-encoding").flat_map(|line| line.split(',')).any(|member| {
        let mut parts = member.split(';').map(str::trim);
        parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name))
            && !parts.any(is_zero_weight)
    })
}

/// True for `q=0`, `q=0.0` and so on (RFC 9110, 12.4.2).
fn is_zero_weight(parameter: &str) -> bool {
    let weight =
        parameter.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    weight.is_some_and(|(_, value)| value.trim().parse() == Ok(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(lines: &[&str], encodings: &[ContentCoding]) -> Option<Accepted> {
        let headers = lines.iter().map(|line| ("accept-encoding", *line)).collect();
        Accepted::of(&headers, encodings)
    }

    #[test]
    fn only_encodings_of_the_origin_are_left() {
        use ContentCoding::{Br, Gzip};
        for (line, both, gzip, br) in [
            ("gzip, deflate, br", "br,gzip", "gzip", "br"),
            ("BR;q=0.1,GZIP", "br,gzip", "gzip", "br"),
            ("gzip", "gzip", "gzip", "identity"),
            ("deflate, br;q=1.0, *;q=0.5", "br", "identity", "br"),
            ("gzip;q=0, br ; q=0.000", "identity", "identity", "identity"),
            ("gzip;q=0.001", "gzip", "gzip", "identity"),
            ("zstd, x-gzip, *", "identity", "identity", "identity"),
            ("", "identity", "identity", "identity"),
        ] {
            let at_origin = |encodings| accepted(&[line], encodings).unwrap().at_origin();
            assert_eq!(at_origin(&[Gzip, Br]), Some(both), "{line}");
            assert_eq!(at_origin(&[Gzip]), Some(gzip), "{line}");
            assert_eq!(at_origin(&[Br]), Some(br), "{line}");
            let in_key = accepted(&[line], &[Br, Gzip]).unwrap().in_key();
            assert_eq!(in_key.unwrap_or("identity"), both, "{line}");
        }
        assert_eq!(accepted(&["br", "gzip"], &[Gzip, Br]), Some(Accepted::Some("br,gzip")));
        assert_eq!(accepted(&[], &[Gzip]), Some(Accepted::Unsaid));
        assert_eq!(Accepted::Unsaid.at_origin(), None);
        assert_eq!(accepted(&["gzip"], &[]), None);
    }
}
