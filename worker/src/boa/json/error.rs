//! What is wrong with a JSON text, in V8's words.

use boa_engine::JsNativeError;
use serde_json::error::Category;

/// Marks the error of a text that is nested too deeply.
pub(super) const TOO_DEEP: &str = "nested too deeply";

/// Characters on either side of the culprit that an error repeats.
const AROUND: usize = 10;

/// Longest text that an error repeats whole, in characters.
const WHOLE_MAX: usize = 40;

/// The error for a text that the parser refused.
pub(super) fn of(error: &serde_json::Error, text: &str) -> JsNativeError {
    let words = error.to_string();
    if words.starts_with(TOO_DEEP) {
        return JsNativeError::range().with_message("Maximum call stack size exceeded");
    }
    JsNativeError::syntax().with_message(message(error, &words, text))
}

fn message(error: &serde_json::Error, words: &str, text: &str) -> String {
    let at = position(error, text);
    if error.classify() == Category::Eof {
        return if words.starts_with("EOF while parsing a string") {
            format!("Unterminated string in JSON at position {}", units(text))
        } else {
            "Unexpected end of JSON input".to_owned()
        };
    }
    let found = text.get(at..).and_then(|rest| rest.chars().next());
    let expected = [
        ("expected `,` or `]`", "Expected ',' or ']' after array element"),
        ("expected `,` or `}`", "Expected ',' or '}' after property value"),
        ("expected `:`", "Expected ':' after property name"),
        ("trailing characters", "Unexpected non-whitespace character"),
        ("control character", "Bad control character in string literal"),
        ("invalid escape", "Bad escaped character"),
    ];
    let named = expected.iter().find(|(start, _)| words.starts_with(start));
    if let Some((start, says)) = named {
        let place = if *start == "trailing characters" { "after JSON" } else { "in JSON" };
        return format!("{says} {place} at position {}", units(text.get(..at).unwrap_or(text)));
    }
    if words.starts_with("key must be a string") {
        let before = text.get(..at).unwrap_or_default().trim_end();
        let what = if before.ends_with('{') {
            "property name or '}'"
        } else {
            "double-quoted property name"
        };
        return format!(
            "Expected {what} in JSON at position {}",
            units(text.get(..at).unwrap_or(text))
        );
    }
    if words.starts_with("trailing comma") && found == Some('}') {
        let place = units(text.get(..at).unwrap_or(text));
        return format!("Expected double-quoted property name in JSON at position {place}");
    }
    match found {
        Some(found) if !is_bare_word(text) => {
            format!("Unexpected token '{found}', {} is not valid JSON", excerpt(text, at))
        }
        _ => format!("{} is not valid JSON", excerpt(text, at)),
    }
}

/// Texts that come from values which were never JSON.
fn is_bare_word(text: &str) -> bool {
    matches!(text, "undefined" | "[object Object]")
}

/// The byte at which the parser stood.
fn position(error: &serde_json::Error, text: &str) -> usize {
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len());
    text.floor_char_boundary(at)
}

fn excerpt(text: &str, at: usize) -> String {
    if text.chars().count() <= WHOLE_MAX {
        return format!("\"{text}\"");
    }
    let before: Vec<char> = text.get(..at).unwrap_or(text).chars().rev().take(AROUND + 1).collect();
    let after: String = text.get(at..).unwrap_or_default().chars().take(AROUND).collect();
    let start: String = before.iter().take(AROUND).rev().collect();
    let lead = if before.len() > AROUND { "..." } else { "" };
    let tail = if text.get(at..).unwrap_or_default().chars().count() > AROUND { "..." } else { "" };
    format!("{lead}\"{start}{after}\"{tail}")
}

/// A place as JavaScript counts: in UTF-16 code units.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
