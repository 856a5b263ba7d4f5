//! The words, numbers and signs of a date's text.

/// One piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    /// A number, cut off after nine digits, and its number of digits in the text.
    Number {
        value: i64,
        length: usize,
    },
    Symbol(char),
    Space,
    /// A word, its meaning if it has one, and its length.
    Word(Option<Keyword>, usize),
    /// Anything else, which only separates tokens.
    Other,
}

/// The meaning of a word in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    /// 1 to 12.
    Month(i64),
    /// `AM` and `PM`: the hours that they add.
    Half(i64),
    /// A zone's hours from UTC.
    Zone(i64),
    /// `T`.
    TimeBegins,
}

/// A text, and how far it was read.
#[derive(Default)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const WORDS: [(&str, Keyword); 15] = [
    ("am", Keyword::Half(0)),
    ("pm", Keyword::Half(12)),
    ("ut", Keyword::Zone(0)),
    ("utc", Keyword::Zone(0)),
    ("z", Keyword::Zone(0)),
    ("gmt", Keyword::Zone(0)),
    ("cdt", Keyword::Zone(-5)),
    ("cst", Keyword::Zone(-6)),
    ("edt", Keyword::Zone(-4)),
    ("est", Keyword::Zone(-5)),
    ("mdt", Keyword::Zone(-6)),
    ("mst", Keyword::Zone(-7)),
    ("pdt", Keyword::Zone(-7)),
    ("pst", Keyword::Zone(-8)),
    ("t", Keyword::TimeBegins),
];

// === impl Token ===

impl Token {
    /// 1 for a plus, -1 for a minus.
    pub(super) fn sign(self) -> Option<i64> {
        match self {
            Self::Symbol('+') => Some(1),
            Self::Symbol('-') => Some(-1),
            _ => None,
        }
    }

    /// A number of exactly this many digits.
    pub(super) fn fixed(self, digits: usize) -> Option<i64> {
        match self {
            Self::Number { value, length } if length == digits => Some(value),
            _ => None,
        }
    }

    /// A number after a decimal point as milliseconds.
    pub(super) fn milliseconds(self) -> Option<i64> {
        let Self::Number { value, length } = self else {
            return None;
        };
        Some(match length {
            1 => value * 100,
            2 => value * 10,
            3 => value,
            more => value / 10_i64.pow(u32::try_from(more.min(9)).unwrap_or(9) - 3),
        })
    }
}

// === impl Tokens ===

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next token, left in place.
    pub(super) fn peek(&self) -> Token {
        self.first().0
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Token {
        let (token, rest) = self.first();
        self.rest = rest;
        token
    }

    /// Takes a symbol if it is next.
    pub(super) fn skip(&mut self, symbol: char) -> bool {
        let is_next = self.peek() == Token::Symbol(symbol);
        if is_next {
            self.next();
        }
        is_next
    }

    fn first(&self) -> (Token, &'a str) {
        let mut chars = self.rest.chars();
        let Some(first) = chars.next() else {
            return (Token::End, "");
        };
        if first.is_ascii_digit() {
            let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let length = self.rest.len() - rest.len();
            let digits = self.rest.get(..length).unwrap_or_default().trim_start_matches('0');
            let value = digits.get(..9).unwrap_or(digits).parse().unwrap_or(0);
            return (Token::Number { value, length }, rest);
        }
        if matches!(first, ':' | '-' | '+' | '.' | ')') {
            return (Token::Symbol(first), chars.as_str());
        }
        if first.is_whitespace() || first == '\u{feff}' {
            return (Token::Space, chars.as_str());
        }
        if first >= 'A' {
            let rest = self.rest.trim_start_matches(|c: char| c >= 'A' && !c.is_whitespace());
            let word = self.rest.strip_suffix(rest).unwrap_or_default();
            return (Token::Word(meaning(word), word.chars().count()), rest);
        }
        if first == '(' {
            return (Token::Other, after_parentheses(self.rest));
        }
        (Token::Other, chars.as_str())
    }
}

/// The meaning of a word. Of months the first three letters count, of other words all letters.
fn meaning(word: &str) -> Option<Keyword> {
    let start: String = word.chars().take(3).map(|c| c.to_ascii_lowercase()).collect();
    if let Some(at) = MONTHS.iter().position(|month| *month == start) {
        return i64::try_from(at).ok().map(|at| Keyword::Month(at + 1));
    }
    let (_, keyword) = WORDS.iter().find(|(name, _)| *name == start && word.len() <= 3)?;
    Some(*keyword)
}

/// The text after the parentheses at its beginning; empty if they are not closed.
fn after_parentheses(text: &str) -> &str {
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}
