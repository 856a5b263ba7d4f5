//! The modules that a file asks for, by name.
//!
//! Seen are `require`, `import` and `export ... from` with the name written out. Whether the code
//! is right is for others to say: this goes by its words alone (`tokens`), so that it reads code of
//! anybody, TypeScript and broken files too.

mod tokens;

use tokens::Kind::{Mark, Other, Text, Word};
use tokens::{Token, Tokens};

/// Calls a function with each name that a file asks for, and where it does.
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
                // Types alone are asked of no module; `type` may be a name, too.
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
