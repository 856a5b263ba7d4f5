//! The rules for well-formed subjects, keys and names, and for matching patterns with subjects.
//!
//! Both buses use these rules, so they accept the same names. The rules are those of NATS: subjects
//! are tokens joined by dots. In a pattern, the token `*` stands for any one token, and a last
//! token `>` for one or more.

use super::bus_error::BusError;

/// Longest subject, key or name in bytes. A NATS server accepts control lines of at most 4 KiB, and
/// such a line has a subject, a reply subject and a queue group.
pub const NAME_MAX: usize = 1024;

/// Checks a subject to send to: no wildcards.
pub(crate) fn check_subject(subject: &str) -> Result<(), BusError> {
    check(subject, tokens_are(subject, |token| token != "*" && token != ">"))
}

/// Checks a subject to subscribe to, which may have wildcards, and the queue group.
pub(crate) fn check_pattern(pattern: &str, group: Option<&str>) -> Result<(), BusError> {
    let inner = pattern.strip_suffix(".>").unwrap_or(pattern);
    check(pattern, pattern == ">" || tokens_are(inner, |token| token != ">"))?;
    match group {
        Some(group) => check(group, tokens_are(group, |_| true)),
        None => Ok(()),
    }
}

/// Checks the key of a bucket.
pub(crate) fn check_key(key: &str) -> Result<(), BusError> {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-_./=".contains(&b);
    check(key, tokens_are(key, |_| true) && key.bytes().all(known))
}

/// Checks the name of a bucket or journal.
pub(crate) fn check_bucket(name: &str) -> Result<(), BusError> {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    check(name, name.bytes().all(known))
}

/// Checks the name of an object, which may have any characters.
pub(crate) fn check_object(name: &str) -> Result<(), BusError> {
    check(name, true)
}

/// Whether a well-formed pattern has wildcards.
pub(crate) fn has_wildcards(pattern: &str) -> bool {
    pattern.split('.').any(|token| token == "*" || token == ">")
}

/// Whether a subject is an inbox: of Brink, of another NATS client, or of somebody in another account
/// of the server. Answers go nowhere else, because a request could name a subject to which its
/// sender may not write and this process may.
pub(crate) fn is_inbox(subject: &str) -> bool {
    ["_BR.", "_BG.", "_INBOX.", "_R_."].iter().any(|inbox| subject.starts_with(inbox))
}

/// Whether a pattern matches a subject, both well-formed.
pub(crate) fn matches(pattern: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for wanted in pattern.split('.') {
        match (wanted, tokens.next()) {
            (_, None) => return false,
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (wanted, Some(token)) if wanted == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

fn check(name: &str, well_formed: bool) -> Result<(), BusError> {
    if well_formed && (1..=NAME_MAX).contains(&name.len()) {
        Ok(())
    } else {
        Err(BusError::BadName(name.to_owned()))
    }
}

fn tokens_are(subject: &str, allowed: impl Fn(&str) -> bool) -> bool {
    let blank = |b: u8| b.is_ascii_whitespace() || b.is_ascii_control();
    !subject.bytes().any(blank)
        && subject.split('.').all(|token| !token.is_empty() && allowed(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_have_tokens_and_no_wildcards() {
        assert_eq!(check_subject("brink.invoke.a.1"), Ok(()));
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a\r\nPUB x", "a.*", ">", "a.>"] {
            assert!(check_subject(bad).is_err(), "{bad:?}");
        }
        assert!(check_subject(&"x".repeat(NAME_MAX + 1)).is_err());
    }

    #[test]
    fn patterns_end_with_the_rest() {
        for good in ["a", "a.*", "*", ">", "a.*.b.>", "a*"] {
            assert_eq!(check_pattern(good, Some("workers")), Ok(()), "{good:?}");
        }
        for bad in ["", "a.>.b", ">.a", "a..>", "a b"] {
            assert!(check_pattern(bad, None).is_err(), "{bad:?}");
        }
        assert!(check_pattern("a", Some("two words")).is_err());
    }

    #[test]
    fn wildcards_match_as_in_nats() {
        for (pattern, subject, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "a", false),
            ("a", "a.b", false),
            ("a.*", "a.b", true),
            ("a.*", "a.b.c", false),
            ("a.*", "a", false),
            ("*.b", "a.b", true),
            ("a.>", "a.b", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            (">", "a.b", true),
            ("a.*.c", "a.b.d", false),
        ] {
            assert_eq!(matches(pattern, subject), expected, "{pattern} {subject}");
        }
    }

    #[test]
    fn keys_keep_to_their_alphabet() {
        assert_eq!(check_key("version/ab-test.3=x_y"), Ok(()));
        for bad in ["", ".a", "a.", "a..b", "a b", "a*", "é"] {
            assert!(check_key(bad).is_err(), "{bad:?}");
        }
    }
}
