//! `Cache-Control`, `Pragma`, `Expires`, `Date` and `Age` of an origin, read as leniently as a cache
//! must.
//!
//! Origins write these headers by hand, so reading them never fails. Unknown directives and garbage
//! between commas are skipped. A freshness value that cannot be read counts as "already stale" (RFC
//! 9111, 4.2.1), because asking the origin again is the safe side.

use std::time::{Duration, SystemTime};

use brink_shared::event::Headers;

use super::http_date;

/// The longest lifetime that counts: the contract's 100 years (7.5).
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The caching headers of an origin's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// `s-maxage`, else `max-age`.
    pub max_age: Option<Duration>,
    /// The time from the answer's `Date` to its `Expires`. Zero if `Expires` is not later, or
    /// cannot be read.
    pub expires_in: Option<Duration>,
    /// `Age`: how long other caches have had the answer already.
    pub age: Duration,
    /// `no-transform`.
    pub no_transform: bool,
    /// `public`.
    pub public: bool,
    /// `s-maxage` is there, with any value.
    pub s_maxage: bool,
    /// `no-cache` for the whole answer, or `Pragma: no-cache` without any `Cache-Control`.
    pub no_cache: bool,
    /// `no-store`.
    pub no_store: bool,
    /// `private` for the whole answer.
    pub private: bool,
    /// `must-revalidate`.
    pub must_revalidate: bool,
    /// `proxy-revalidate`.
    pub proxy_revalidate: bool,
    /// `stale-if-error`.
    pub stale_if_error: Option<Duration>,
    /// `stale-while-revalidate`.
    pub stale_while_revalidate: Option<Duration>,
    /// Headers named by `no-cache="..."` or `private="..."`, in lower case.
    pub unshared: Vec<String>,
}

// === impl Directives ===

impl Directives {
    /// Reads the headers of an answer that arrived at `now`.
    pub fn read(headers: &Headers, now: SystemTime) -> Self {
        let mut read = Self::default();
        let mut shared_max_age = None;
        for line in headers.get_all("cache-control") {
            for directive in split_outside_quotes(line) {
                read.take(directive, &mut shared_max_age);
            }
        }
        if !headers.contains("cache-control") {
            read.no_cache = headers
                .get_all("pragma")
                .any(|value| value.to_ascii_lowercase().contains("no-cache"));
        }
        read.s_maxage = shared_max_age.is_some();
        read.max_age = shared_max_age.or(read.max_age);
        // Both dates come from the origin's clock, so their difference does not depend on the local
        // clock.
        let dated = headers.get("date").and_then(http_date::read).unwrap_or(now);
        read.expires_in = headers.get("expires").map(|date| {
            http_date::read(date)
                .and_then(|at| at.duration_since(dated).ok())
                .unwrap_or_default()
                .min(LONGEST)
        });
        read.age = headers.get("age").map_or(Duration::ZERO, age);
        read
    }

    /// True if an answer to a request with `Authorization` may be kept for others
    /// (RFC 9111, 3.5).
    pub fn allow_authorized(&self) -> bool {
        self.public || self.s_maxage || self.must_revalidate
    }

    /// Reads one `name` or `name=value`. If a lifetime is repeated, the shortest one counts.
    fn take(&mut self, directive: &str, shared_max_age: &mut Option<Duration>) {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (directive.trim(), None),
        };
        match name.to_ascii_lowercase().as_str() {
            "max-age" => shortest(&mut self.max_age, value),
            "s-maxage" => shortest(shared_max_age, value),
            "stale-if-error" => shortest(&mut self.stale_if_error, value),
            "stale-while-revalidate" => shortest(&mut self.stale_while_revalidate, value),
            "no-store" => self.no_store = true,
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "public" => self.public = true,
            "no-transform" => self.no_transform = true,
            "no-cache" => self.no_cache |= !self.names_headers(value),
            "private" => self.private |= !self.names_headers(value),
            _ => {}
        }
    }

    /// Adds the headers that a qualified directive names. False if it names none and so means the
    /// whole answer.
    fn names_headers(&mut self, value: Option<&str>) -> bool {
        let before = self.unshared.len();
        let names = unquoted(value.unwrap_or_default()).split(',');
        self.unshared.extend(
            names.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()),
        );
        self.unshared.len() > before
    }
}

fn shortest(slot: &mut Option<Duration>, value: Option<&str>) {
    let read = seconds(value.unwrap_or_default());
    *slot = Some(slot.map_or(read, |so_far| so_far.min(read)));
}

/// Whole seconds; zero for a text that is not a number, the maximum for a number that does not fit.
fn seconds(value: &str) -> Duration {
    let digits = unquoted(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Duration::ZERO;
    }
    digits.parse().map_or(LONGEST, |s| Duration::from_secs(s).min(LONGEST))
}

/// The first member of the first `Age`; `None` if that is not a number (RFC 9111, 5.1).
fn age(value: &str) -> Duration {
    seconds(value.split(',').next().unwrap_or_default().trim())
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches('"').trim()
}

fn split_outside_quotes(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[(&str, &str)]) -> Directives {
        let headers = lines.iter().copied().collect();
        Directives::read(&headers, SystemTime::UNIX_EPOCH)
    }

    fn age(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn reads_the_headers_of_real_origins() {
        for (line, expected) in [
            ("max-age=60", age(60)),
            ("public,MAX-AGE = \"60\" , immutable", age(60)),
            ("max-age=60, s-maxage=5", age(5)),
            ("s-maxage=5, max-age=2", age(5)),
            ("max-age=60, max-age=30", age(30)),
            ("max-age=-1", age(0)),
            ("max-age", age(0)),
            ("max-age=1.5", age(0)),
            ("max-age=99999999999999999999999", Some(LONGEST)),
            (",,= ,foo=\"max-age=1,2\",", None),
            ("x-max-age=3", None),
        ] {
            assert_eq!(read(&[("Cache-Control", line)]).max_age, expected, "{line}");
        }
        let two_lines = read(&[("cache-control", "no-store"), ("Cache-Control", "max-age=9")]);
        assert!(two_lines.no_store);
        assert_eq!(two_lines.max_age, age(9));
    }

    #[test]
    fn a_qualified_directive_is_about_its_headers_only() {
        let some = read(&[("cache-control", r#"no-cache="Set-Cookie, X-User", max-age=5"#)]);
        assert!(!some.no_cache);
        assert_eq!(some.unshared, ["set-cookie", "x-user"]);
        assert_eq!(some.max_age, age(5));
        assert!(read(&[("cache-control", "private=\"\"")]).private);
    }

    #[test]
    fn pragma_counts_only_without_cache_control() {
        assert!(read(&[("Pragma", "No-Cache")]).no_cache);
        assert!(!read(&[("pragma", "no-cache"), ("cache-control", "max-age=1")]).no_cache);
    }

    #[test]
    fn an_unreadable_or_past_expires_means_stale() {
        let at = |date| read(&[("Expires", date)]).expires_in;
        assert_eq!(at("0"), age(0));
        assert_eq!(at("Thu, 01 Jan 1970 00:02:00 GMT"), age(120));
        assert_eq!(read(&[]).expires_in, None);
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(500);
        let headers = [("Expires", "Thu, 01 Jan 1970 00:02:00 GMT")].into_iter().collect();
        assert_eq!(Directives::read(&headers, late).expires_in, age(0));
    }

    #[test]
    fn expires_is_relative_to_the_date_of_the_answer() {
        let at = |seconds| {
            httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        };
        let expires_in = |date: &str, expires| {
            read(&[("Date", date), ("Expires", at(expires).as_str())]).expires_in
        };
        // The origin's clock may be wrong by any amount.
        assert_eq!(expires_in(&at(1_000_000), 1_000_020), age(20));
        assert_eq!(expires_in(&at(400), 300), age(0));
        assert_eq!(expires_in("yesterday", 300), age(300));
    }

    #[test]
    fn age_is_the_first_number_or_nothing() {
        for (lines, expected) in [
            (vec!["7200"], 7200),
            (vec![" 7200 , 0"], 7200),
            (vec!["0, 7200"], 0),
            (vec!["3600", "0"], 3600),
            (vec!["0", "3600"], 0),
            (vec!["abc"], 0),
            (vec!["-7200"], 0),
            (vec!["7200.0"], 0),
            (vec![], 0),
        ] {
            let headers: Vec<_> = lines.iter().map(|line| ("Age", *line)).collect();
            assert_eq!(Some(read(&headers).age), age(expected), "{lines:?}");
        }
        assert_eq!(read(&[("Age", "99999999999999999999")]).age, LONGEST);
    }

    proptest! {
        #[test]
        fn nothing_panics(
            cache_control in any::<String>(),
            expires in any::<String>(),
            age in any::<String>(),
        ) {
            read(&[("cache-control", &cache_control), ("expires", &expires), ("age", &age)]);
        }
    }
}
