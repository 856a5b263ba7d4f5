//! Errors about JSON texts, in V8's words.

use boa_engine::JsNativeError;
use serde_json::error::Category;

/// Marks the error of a text that is nested too deeply.
pub(super) const TOO_DEEP: &str = "nested too deeply";

/// How many characters on either side of the fault an error quotes.
const AROUND: usize = 10;

/// Longest text that an error quotes whole, in characters.
const WHOLE_MAX: usize = 40;

/// The error for a text that the parser rejected.
pub(super) fn of(error: &serde_json::Error, text: &str) -> JsNativeError {
    let words = error.to_string();
    if words.starts_with(TOO_DEEP) {
        return JsNativeError::range().with_message("Maximum call stack size exceeded");
    }
    JsNativeError::syntax().with_message(message(error, &words, text))
}

fn message(error: &serde_json::Error, words: &str, text: &str) -> String {
    if error.classify() == Category::Eof {
        return match missing(text, words.starts_with("EOF while parsing a string")) {
            Some(what) => format!("{what} in JSON at position {}", units(text)),
            None => "Unexpected end of JSON input".to_owned(),
        };
    }
    let mut at = position(error, text);
    if words.starts_with("control character") && error.column() == 0 {
        // The parser counts a line break to the line after it.
        at = at.saturating_sub(1);
    }
    if words.starts_with("invalid number") {
        let before = text.get(..at).unwrap_or_default();
        let what = unfinished_number(before).unwrap_or("Unexpected number");
        return format!("{what} in JSON at position {}", units(before));
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

/// The missing part of a text that ends too early, if V8 names it.
fn missing(text: &str, in_string: bool) -> Option<&'static str> {
    if in_string {
        let escape = text.rfind('\\').and_then(|at| text.get(at + 1..)).unwrap_or("x");
        return match escape.strip_prefix('u') {
            _ if escape.is_empty() => None,
            Some(digits) if digits.len() < 4 => Some("Bad Unicode escape"),
            _ => Some("Unterminated string"),
        };
    }
    let (container, after_colon) = open_at_end(text)?;
    let in_object = container == '{';
    let text = text.trim_end_matches([' ', '\t', '\n', '\r']);
    match text.chars().next_back()? {
        '{' => Some("Expected property name or '}'"),
        ',' if in_object => Some("Expected double-quoted property name"),
        '"' if in_object && !after_colon => Some("Expected ':' after property name"),
        ',' | ':' | '[' => None,
        _ if unfinished_number(text).is_some() => unfinished_number(text),
        last if last.is_ascii_lowercase() && !is_literal(text) => None,
        _ if in_object => Some("Expected ',' or '}' after property value"),
        _ if container == '[' => Some("Expected ',' or ']' after array element"),
        _ => None,
    }
}

/// True if a text ends with a whole literal.
fn is_literal(text: &str) -> bool {
    ["true", "false", "null"].iter().any(|literal| text.ends_with(literal))
}

/// The missing part of the number at the end of a text.
fn unfinished_number(text: &str) -> Option<&'static str> {
    let start = text.rfind(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
    let number = start.map_or(text, |at| text.get(at + 1..).unwrap_or_default());
    let has_digits = number.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match number.chars().next_back()? {
        '-' if number.len() == 1 => Some("No number after minus sign"),
        '.' if has_digits => Some("Unterminated fractional number"),
        'e' | 'E' | '+' | '-' if has_digits => Some("Exponent part is missing a number"),
        _ => None,
    }
}

/// The container that is still open at the end of a text (a space for none), and whether its last
/// member has its colon.
fn open_at_end(text: &str) -> Option<(char, bool)> {
    let mut open = vec![(' ', false)];
    let mut chars = text.chars();
    while let Some(character) = chars.next() {
        match character {
            '{' | '[' => open.push((character, false)),
            '}' | ']' => drop(open.pop()),
            ':' => open.last_mut()?.1 = true,
            ',' => open.last_mut()?.1 = false,
            '"' => {
                while let Some(character) = chars.next() {
                    match character {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    open.last().copied()
}

/// Texts of values that were not JSON texts, such as objects.
fn is_bare_word(text: &str) -> bool {
    matches!(text, "undefined" | "[object Object]")
}

/// The byte at which the parser stopped.
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

/// A place as JavaScript counts it, in UTF-16 code units.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
