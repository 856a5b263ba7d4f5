//! The reason phrase on the way to the viewer (`statusDescription`, `contract.md` 2.6).
//!
//! The server takes only phrases that live for ever. Functions and origins use few phrases again
//! and again, so each is kept once. If the table is full, which ordinary sites never cause, viewers
//! get the usual phrase.

use std::collections::HashSet;
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use parking_lot::RwLock;

/// Longest phrase that is sent, in bytes.
const PHRASE_MAX: usize = 128;

/// Most phrases that are kept: 128 KiB in all.
const PHRASES_MAX: usize = 1024;

static PHRASES: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

/// The phrase to send with a status, if it is not the server's own.
pub(super) fn phrase(status: StatusCode, description: &str) -> Option<&'static str> {
    let usual = status.canonical_reason();
    let unusual = Some(description).filter(|text| is_sendable(text) && Some(*text) != usual);
    match (unusual.and_then(kept), usual) {
        (Some(phrase), _) => Some(phrase),
        (None, Some(_)) => None,
        (None, None) => Some(""),
    }
}

/// The characters that a status line may have (RFC 9112, 4).
fn is_sendable(text: &str) -> bool {
    !text.is_empty() && text.len() <= PHRASE_MAX && !text.chars().any(char::is_control)
}

fn kept(text: &str) -> Option<&'static str> {
    let phrases = PHRASES.read();
    if let Some(phrase) = phrases.get(text) {
        return Some(phrase);
    }
    if phrases.len() >= PHRASES_MAX {
        return None;
    }
    drop(phrases);
    let mut phrases = PHRASES.write();
    if let Some(phrase) = phrases.get(text) {
        return Some(phrase);
    }
    if phrases.len() >= PHRASES_MAX {
        return None;
    }
    let phrase: &'static str = text.to_owned().leak();
    phrases.insert(phrase);
    Some(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ones_own_are_sent_if_they_can_be_and_are_few() {
        let ok = |text| phrase(StatusCode::OK, text);
        assert_eq!(ok("OK"), None);
        assert_eq!(ok("All is well"), Some("All is well"));
        assert_eq!(ok(""), None);
        assert_eq!(ok("a\r\nX-Evil: 1"), None);
        assert_eq!(ok(&"x".repeat(PHRASE_MAX + 1)), None);
        let own = StatusCode::from_u16(299).unwrap();
        assert_eq!((phrase(own, ""), phrase(own, "Mine")), (Some(""), Some("Mine")));
        // A flood of phrases is not kept.
        for number in 0..2 * PHRASES_MAX {
            phrase(StatusCode::OK, &format!("flood {number}"));
        }
        assert!(PHRASES.read().len() <= PHRASES_MAX);
        assert_eq!(phrase(StatusCode::OK, "one too many"), None);
    }
}
