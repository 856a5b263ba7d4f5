//! Trailers: the fields that come after a body (RFC 9110, 6.5).
//!
//! The reader of a body puts its trailers into a [`Trailers`] at the body's end, and the writer of
//! the body takes them there. Both have a clone of it. Front ends for viewers and the client for
//! origins are readers and writers, each in its version of HTTP, and need not know each other.
//!
//! A front end puts the `Trailers` of a request into the extensions of the request, and finds those
//! of an answer in the extensions of the answer. Both may be missing: there are no trailers then.
//!
//! Receivers may take a trailer for a header. So fields that decide something about a message, and
//! fields that only the gateway writes, are left out in both directions. The pipeline leaves out
//! more: a request has only trailers whose names the behavior forwards.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use http::header::{HeaderMap, HeaderName, HeaderValue, TRAILER};

use brink_shared::registry::distribution::viewer_header::PREFIX;

use crate::hop_headers::{is_hop_by_hop, is_of_proxy};

/// Most bytes of the trailers of a message, with four for each line. gRPC's own libraries take no
/// more than this.
pub const TRAILERS_MAX: usize = 16 * 1024;

/// Most lines of the trailers of a message.
pub const LINES_MAX: usize = 64;

/// Fields that a receiver needs before the body, or must not take from it (RFC 9110, 6.5.1).
const FORBIDDEN: [&str; 29] = [
    "accept-ranges",
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "max-forwards",
    "pragma",
    "range",
    "retry-after",
    "set-cookie",
    "vary",
    "warning",
    "www-authenticate",
    "x-cache",
];

/// Says by its name whether a field is kept.
type Keeps = dyn Fn(&str) -> bool;

/// The trailers of one message. Clones are the same trailers.
#[derive(Clone, Default)]
pub struct Trailers {
    fields: Rc<RefCell<HeaderMap>>,
    /// The names that the sender announced (RFC 9110, 6.6.2).
    announced: Rc<[HeaderName]>,
    keep: Option<Rc<Keeps>>,
}

/// The trailers are over the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its trailers are larger than {TRAILERS_MAX} bytes, or more than {LINES_MAX} lines")]
pub struct TrailersTooLarge;

// === impl Trailers ===

impl Trailers {
    /// The trailers of a message that begins with these headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(TRAILER).iter();
        let names = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let names = names.filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok());
        Self {
            announced: names.filter(|name| is_allowed(name.as_str())).take(LINES_MAX).collect(),
            ..Self::default()
        }
    }

    /// The same trailers, but only the fields whose names, in lower case, `keep` returns true for.
    #[must_use]
    pub fn kept_if(self, keep: impl Fn(&str) -> bool + 'static) -> Self {
        Self { keep: Some(Rc::new(keep)), ..self }
    }

    /// The body has ended with these fields.
    pub fn put(&self, mut fields: HeaderMap) -> Result<(), TrailersTooLarge> {
        let size = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        let bytes: usize = fields.iter().map(|line| size(line) + ": \r\n".len()).sum();
        if bytes > TRAILERS_MAX || fields.len() > LINES_MAX {
            return Err(TrailersTooLarge);
        }
        remove(&mut fields, |name| !is_allowed(name));
        self.fields.replace(fields);
        Ok(())
    }

    /// Takes the fields at the end of the body; `None` if there are none.
    pub fn take(&self) -> Option<HeaderMap> {
        let mut fields = self.fields.take();
        if let Some(keep) = &self.keep {
            remove(&mut fields, |name| !keep(name));
        }
        (!fields.is_empty()).then_some(fields)
    }

    /// The `Trailer` header that announces them, if their sender announced any.
    pub fn announcement(&self) -> Option<HeaderValue> {
        let kept = |name: &&HeaderName| self.keep.as_ref().is_none_or(|keep| keep(name.as_str()));
        let names: Vec<&str> = self.announced.iter().filter(kept).map(HeaderName::as_str).collect();
        let value = HeaderValue::try_from(names.join(", ")).ok();
        value.filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Trailers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trailers").field("fields", &self.fields).finish_non_exhaustive()
    }
}

/// True if a message may have a trailer of this name, in lower case.
fn is_allowed(name: &str) -> bool {
    let is_written = is_hop_by_hop(name) || is_of_proxy(name) || name.starts_with(PREFIX);
    !is_written && !FORBIDDEN.contains(&name)
}

fn remove(fields: &mut HeaderMap, is_left_out: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> =
        fields.keys().filter(|name| is_left_out(name.as_str())).cloned().collect();
    for name in names {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter();
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        lines.map(line).collect()
    }

    #[test]
    fn fields_arrive_once_in_all_clones() {
        let trailers = Trailers::default();
        let writer = trailers.clone();
        assert_eq!(writer.take(), None);
        trailers.put(map(&[("grpc-status", "0"), ("x-two", "1"), ("x-two", "2")])).unwrap();
        let taken = writer.take().unwrap();
        assert_eq!(taken["grpc-status"], "0");
        assert_eq!(taken.get_all("x-two").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((writer.take(), trailers.take()), (None, None));
    }

    #[test]
    fn fields_that_decide_something_about_a_message_are_left_out() {
        let mut names = FORBIDDEN.to_vec();
        names.extend(["transfer-encoding", "connection", "te", "trailer", "upgrade", "via"]);
        names.extend(["x-forwarded-for", "x-amz-cf-id", "x-edge-a", "cdn-loop", "keep-alive"]);
        names.extend(["cloudfront-viewer-country", "proxy-authorization", "x-real-ip"]);
        let trailers = Trailers::default();
        for name in names {
            trailers.put(map(&[(name, "1")])).unwrap();
            assert_eq!(trailers.take(), None, "{name}");
            assert_eq!(Trailers::of(&map(&[("trailer", name)])).announcement(), None, "{name}");
        }
    }

    #[test]
    fn trailers_are_bounded() {
        let trailers = Trailers::default();
        let value = "x".repeat(TRAILERS_MAX - "x-a".len() - 4);
        assert_eq!(trailers.put(map(&[("x-a", &value)])), Ok(()));
        assert_eq!(trailers.put(map(&[("x-a", &format!("{value}x"))])), Err(TrailersTooLarge));
        let lines = [("x-a", ""); LINES_MAX + 1];
        assert_eq!(trailers.put(map(&lines[1..])), Ok(()));
        assert_eq!(trailers.put(map(&lines)), Err(TrailersTooLarge));
        // Fields that are left out count too.
        let length = "1".repeat(TRAILERS_MAX);
        assert_eq!(trailers.put(map(&[("content-length", &length)])), Err(TrailersTooLarge));
    }

    #[test]
    fn only_kept_names_are_taken_and_announced() {
        let head = map(&[("trailer", "X-One, x-two ,host"), ("trailer", "x three, x-four")]);
        let trailers = Trailers::of(&head);
        assert_eq!(trailers.announcement().unwrap(), "x-one, x-two, x-four");
        let kept = trailers.clone().kept_if(|name| name != "x-two");
        assert_eq!(kept.announcement().unwrap(), "x-one, x-four");
        trailers.put(map(&[("x-one", "1"), ("x-two", "2")])).unwrap();
        assert_eq!(kept.take(), Some(map(&[("x-one", "1")])));
        assert_eq!(Trailers::default().announcement(), None);
    }
}
