//! Calls of a function that is called `async`.
//!
//! The engine takes `async(callback)` for the beginning of an arrow function and refuses what
//! follows. Written with an escape, the name is a name to it: `\u0061sync(callback)`. This finds
//! such calls in a text that was refused, by what comes after their closing parenthesis. Columns
//! after a call in the same line are five higher than the author's.

/// The name, and the same name in a spelling that is no keyword.
const NAME: &str = "async";
const SPELLED: &str = "\\u0061sync";

/// Most bytes that are looked at for the closing parenthesis of one call.
const CALL_MAX: usize = 4 * 1024;

/// The text with such calls respelled; `None` if it has none.
pub(super) fn respelled(text: &str) -> Option<String> {
    let mut made = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (at, _) in text.match_indices(NAME) {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + NAME.len()..)) else {
            continue;
        };
        if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '\\' | '.')) {
            continue;
        }
        if is_call(after) {
            made.push_str(text.get(done..at)?);
            made.push_str(SPELLED);
            done = at + NAME.len();
        }
    }
    made.push_str(text.get(done..)?);
    (done > 0).then_some(made)
}

/// True if the text is arguments in parentheses that no `=>` follows.
fn is_call(after: &str) -> bool {
    let Some(arguments) = after.trim_start_matches([' ', '\t']).strip_prefix('(') else {
        return false;
    };
    let mut depth = 1_u32;
    let mut bytes = arguments.bytes().enumerate().take(CALL_MAX);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            quote @ (b'"' | b'\'' | b'`') => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        _ if byte == quote => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if depth == 0 {
            let rest = arguments.get(at + 1..).unwrap_or_default();
            return !rest.trim_start().starts_with("=>");
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::respelled;

    #[test]
    fn respells_calls_and_nothing_else() {
        let text = "var async = f; go(async(cb)); x.async(1); async (a, b) => f(async('('));";
        let expected =
            "var async = f; go(\\u0061sync(cb)); x.async(1); async (a, b) => f(\\u0061sync('('));";
        assert_eq!(respelled(text).as_deref(), Some(expected));
    }

    #[test]
    fn leaves_texts_without_such_calls() {
        for text in ["async (a) => a; notasync(b)", "async x => x", "async(never closed"] {
            assert_eq!(respelled(text), None, "{text}");
        }
    }
}
