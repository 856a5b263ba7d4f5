//! Adds the place to a syntax error: `message (file:line:column)`.
//!
//! The engine puts the place into the text of its error, or leaves it out if the input ended too
//! early.

use boa_engine::{Context, JsError, JsNativeError};
use brink_rewrite::Rejection;

/// The error about a file that cannot be rewritten.
pub(super) fn rejected(rejected: &Rejection, path: &str, source: &str) -> JsError {
    let Rejection { line, column, message, advice } = rejected;
    // A text that ends too soon does so where its last line ends.
    let (line, column) = (*line, *column).min(end_of(source));
    let advice = advice.map_or_else(String::new, |advice| format!(": {advice}"));
    let text = format!("{message}{advice} ({path}:{line}:{column})");
    JsNativeError::syntax().with_message(text).into()
}

/// The engine's error about `source`, with its place in the author's file.
///
/// `column` maps a column of line 1 to the author's. Errors of other kinds stay as they are.
pub(super) fn with_place(
    error: JsError,
    path: &str,
    source: &str,
    column: impl Fn(u32) -> u32,
    context: &mut Context,
) -> JsError {
    let Ok(native) = error.try_native(context) else {
        return error;
    };
    let (text, place) = split(native.message());
    let end = end_of(source);
    let (text, (line, column)) = match place {
        Some((1, at)) if end.0 > 1 || column(at) <= end.1 => (text, (1, column(at))),
        Some((line, at)) if line > 1 && line <= end.0 => (text, (line, at)),
        // The engine stumbled over the end, or over what follows the author's text.
        _ => ("Unexpected end of input", end),
    };
    JsNativeError::syntax().with_message(format!("{text} ({path}:{line}:{column})")).into()
}

/// Takes ` at line L, col C` off the end.
fn split(message: &str) -> (&str, Option<(u32, u32)>) {
    let place = || {
        let (text, place) = message.rsplit_once(" at line ")?;
        let (line, column) = place.split_once(", col ")?;
        Some((text, (line.parse().ok()?, column.parse().ok()?)))
    };
    match place() {
        Some((text, place)) => (text, Some(place)),
        None => (message, None),
    }
}

/// The last place in a text, counted from 1.
fn end_of(source: &str) -> (u32, u32) {
    let lines = source.lines().count().max(1);
    let column = source.lines().last().map_or(0, |line| line.chars().count()) + 1;
    let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
    (number(lines), number(column))
}
