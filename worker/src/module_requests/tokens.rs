//! The words, texts and marks of JavaScript and TypeScript, in one pass and without recursion.
//!
//! It reads code that nobody has looked at yet, in a process that must survive it: no nesting can
//! exhaust the stack, and what is no code costs no more than its length. In return it guesses
//! where only a parser knows: whether a slash begins a regular expression.

/// A piece of code and where it begins, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) offset: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// A name, a keyword, a number.
    Word(&'a str),
    /// A text between quotes that is written without escapes.
    Text(&'a str),
    /// A punctuation character.
    Mark(u8),
    /// Any other text, a piece of a template, a regular expression.
    Other,
}

/// Reads a file's tokens.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    last: Option<Kind<'a>>,
    /// For each `${` that is open, how many braces are open within.
    holes: Vec<usize>,
    /// No regular expression begins before this offset.
    no_pattern_before: usize,
}

/// Words after which a slash begins a regular expression.
const BEFORE_PATTERNS: [&str; 13] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
];

// === impl Tokens ===

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0, last: None, holes: Vec::new(), no_pattern_before: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The offset of the next byte that is one of these, or the end.
    fn seek(&self, from: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        rest.iter().position(|byte| wanted(*byte)).map_or(self.text.len(), |at| from + at)
    }

    fn skip_spaces_and_comments(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            let rest = self.text.get(self.at..).unwrap_or_default();
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with("//") || (self.at == 0 && rest.starts_with("#!")) {
                self.at = self.seek(self.at, is_line_end);
            } else if let Some(comment) = rest.strip_prefix("/*") {
                self.at += comment.find("*/").map_or(rest.len(), |length| length + 4);
            } else {
                return;
            }
        }
    }

    fn read(&mut self) -> Option<Kind<'a>> {
        let start = self.at;
        let kind = match self.byte(start)? {
            byte if is_of_word(byte) => {
                self.at = self.seek(start, |byte| !is_of_word(byte));
                Kind::Word(self.text.get(start..self.at).unwrap_or_default())
            }
            quote @ (b'"' | b'\'') => self.quoted(quote),
            b'`' => self.template(),
            b'}' if self.holes.last() == Some(&0) => {
                self.holes.pop();
                self.template()
            }
            b'/' if self.begins_pattern() => self.pattern(),
            mark => {
                match (mark, self.holes.last_mut()) {
                    (b'{', Some(open)) => *open += 1,
                    (b'}', Some(open)) => *open -= 1,
                    _ => {}
                }
                self.at += 1;
                Kind::Mark(mark)
            }
        };
        Some(kind)
    }

    /// A text in quotes. One that its line does not end takes the line: it is no code.
    fn quoted(&mut self, quote: u8) -> Kind<'a> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = self.seek(at, |byte| byte == quote || byte == b'\\' || byte == b'\n');
            match self.byte(at) {
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(byte) if byte == quote => break,
                _ => {
                    self.at = at.min(self.text.len());
                    return Kind::Other;
                }
            }
        }
        self.at = at + 1;
        match self.text.get(start..at) {
            Some(text) if !escaped => Kind::Text(text),
            _ => Kind::Other,
        }
    }

    /// A template from its beginning or from the end of a hole, to its end or the next hole.
    fn template(&mut self) -> Kind<'a> {
        let mut at = self.at + 1;
        loop {
            at = self.seek(at, |byte| matches!(byte, b'`' | b'\\' | b'$'));
            match (self.byte(at), self.byte(at + 1)) {
                (Some(b'\\'), _) => at += 2,
                (Some(b'$'), Some(b'{')) => {
                    self.holes.push(0);
                    self.at = at + 2;
                    return Kind::Other;
                }
                (Some(b'$'), _) => at += 1,
                _ => {
                    self.at = (at + 1).min(self.text.len());
                    return Kind::Other;
                }
            }
        }
    }

    fn begins_pattern(&self) -> bool {
        self.at >= self.no_pattern_before
            && match self.last {
                None => true,
                Some(Kind::Mark(mark)) => !matches!(mark, b')' | b']'),
                Some(Kind::Word(word)) => BEFORE_PATTERNS.contains(&word),
                Some(Kind::Text(_) | Kind::Other) => false,
            }
    }

    /// A regular expression, or the slash alone if its line has no end of one.
    fn pattern(&mut self) -> Kind<'a> {
        let mut at = self.at + 1;
        let mut in_class = false;
        loop {
            at = self.seek(at, |byte| matches!(byte, b'/' | b'\\' | b'[' | b']' | b'\n'));
            match self.byte(at) {
                Some(b'\\') => at += 2,
                Some(b'/') if !in_class => break,
                Some(bracket @ (b'[' | b']')) => {
                    in_class = bracket == b'[';
                    at += 1;
                }
                Some(b'/') => at += 1,
                _ => {
                    self.no_pattern_before = at;
                    self.at += 1;
                    return Kind::Mark(b'/');
                }
            }
        }
        self.at = self.seek(at + 1, |byte| !is_of_word(byte));
        Kind::Other
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_spaces_and_comments();
        let offset = self.at;
        let kind = self.read()?;
        self.last = Some(kind);
        Some(Token { kind, offset })
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let words = Tokens::of(text).filter_map(|token| match token.kind {
            Kind::Word(word) | Kind::Text(word) => Some(word),
            Kind::Mark(_) | Kind::Other => None,
        });
        words.collect()
    }

    #[test]
    fn text_that_is_not_code_is_left_out() {
        assert_eq!(words("#!/usr/bin/env node\na // b\n/* c\n'd */ e"), ["a", "e"]);
        assert_eq!(words("a = /b'[/']c/gi; d / e / f"), ["a", "d", "e", "f"]);
        assert_eq!(words("return /'/.test(a)"), ["return", "test", "a"]);
        assert_eq!(words("`a ${b + `c ${{ d }} e`} f` + g"), ["b", "d", "g"]);
        assert_eq!(words("'a\\'b' + \"c'd\" + 'e\\\nf' + g"), ["c'd", "g"]);
        assert_eq!(words("<p>don't</p>\nnext"), ["p", "don", "next"]);
        assert_eq!(words("a /* b"), ["a"]);
        assert_eq!(words("größe = 'é'"), ["größe", "é"]);
        assert_eq!(words("'\\"), [""; 0]);
        assert_eq!(words("`\\"), [""; 0]);
    }

    #[test]
    fn nothing_costs_more_than_its_length() {
        for piece in ["'\\", "/[", "`${", "/", "{`", "\"'", "/*/", "$"] {
            let text = piece.repeat(500_000);
            assert!(Tokens::of(&text).count() <= text.len(), "{piece}");
        }
    }
}
