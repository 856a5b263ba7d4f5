//! Denials: the server does not allow this identity to use a subject.

use std::fmt;

use async_nats::ServerError;
use tokio::time::Instant;

/// Begins the server's words.
const VIOLATION: &str = "permissions violation for ";

/// A message or subscription that the server rejected. It does not say which one, only its subject.
#[derive(Clone, Debug)]
pub(super) struct Denial {
    /// True for a message, false for a subscription.
    pub(super) publish: bool,
    /// Its subject.
    pub(super) subject: String,
    /// When this process learned of it.
    pub(super) at: Instant,
}

// === impl Denial ===

impl Denial {
    /// Reads `Permissions Violation for Publish to "a.b"`, or `for Subscription to "a.b" using queue
    /// "q"`.
    pub(super) fn read(error: &ServerError) -> Option<Self> {
        let ServerError::Other(text) = error else { return None };
        let rest = text.get(VIOLATION.len()..)?;
        if !text.get(..VIOLATION.len())?.eq_ignore_ascii_case(VIOLATION) {
            return None;
        }
        let (action, subject) = rest.split_once(" to \"")?;
        let (subject, _) = subject.split_once('"')?;
        let publish = action.eq_ignore_ascii_case("publish");
        Some(Self { publish, subject: subject.to_owned(), at: Instant::now() })
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = if self.publish { "send to" } else { "listen on" };
        write!(f, "the role of these credentials does not allow to {action} {}", self.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_read() {
        let read = |text: &str| Denial::read(&ServerError::Other(text.to_owned()));
        let denial = read("Permissions Violation for Publish to \"a.b\"").unwrap();
        assert_eq!((denial.publish, denial.subject.as_str()), (true, "a.b"));
        let denial = read("Permissions Violation for Subscription to \"a.>\" using queue \"q\"");
        assert_eq!(
            denial.unwrap().to_string(),
            "the role of these credentials does not allow to listen on a.>"
        );
        for other in ["Stale Connection", "Permissions", "é"] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
