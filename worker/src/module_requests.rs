//! Finds the modules that a file asks for by name.
//!
//! It finds `require`, `import` and `export ... from` with a name that is written out. It goes only
//! by the tokens of the text (`tokens`) and does not check the code, so it also reads TypeScript
//! and broken files.

mod tokens;

use tokens::Kind::{Mark, Other, Text, Word};
use tokens::{Token, Tokens};

/// Calls a function with each name that a file asks for, and its place.
pub fn each_request<'a>(text: &'a str, mut found: impl FnMut(&'a str, usize)) {
    let nothing = Token { kind: Mark(b';'), offset: 0 };
    // Where an `import` or `export` began that `from` may follow.
    let mut statement = None;
    // What comes before the token, nearest last.
    let mut before = [nothing; 3];
    let mut tokens = Tokens::of(text).peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().map(|next| next.kind);
        let [outer, callee, last] = before;
        match token.kind {
            Text(name) => match (callee.kind, last.kind) {
                (Word(word), Mark(b'(')) if outer.kind != Mark(b'.') => {
                    let is_require = word.to_ascii_lowercase().ends_with("require")
                        && matches!(next, Some(Mark(b')' | b',')));
                    if is_require || word == "import" {
                        found(name, callee.offset);
                    }
                }
                (_, Word("from")) => {
                    statement.take().into_iter().for_each(|start| found(name, start));
                }
                (kind, Word("import")) if kind != Mark(b'.') => {
                    statement = None;
                    found(name, last.offset);
                }
                _ => {}
            },
            Word("import" | "export") if last.kind != Mark(b'.') => statement = Some(token.offset),
            Word("type") if matches!(last.kind, Word("import" | "export")) => {
                // An import of types alone loads no module. `type` can also be a name.
                if !matches!(next, Some(Word("from") | Mark(b','))) {
                    statement = None;
                }
            }
            Word("default") if last.kind == Word("export") => statement = None,
            Word(_) | Mark(b'{' | b'}' | b',' | b'*') => {}
            Mark(_) | Other => statement = None,
        }
        before = [callee, last, token];
    }
}
