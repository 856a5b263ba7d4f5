//! Reads a TOML document with the places of its values, and finds all mistakes at once.
//!
//! `serde` stops at the first error. [`Document::read`] notes the error, removes the key that it is
//! about, and reads again, until there is no error or no key to remove.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// A TOML text, and the mistakes found so far.
pub struct Document<'t> {
    text: &'t str,
    root: DeTable<'t>,
    faults: Vec<Fault>,
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Counted from 1; `None` if the place is not known.
    pub place: Option<(usize, usize)>,
    /// The keys that lead to it, `behaviors[0].cache.min_ttl`; empty for the file as a whole.
    pub path: String,
    /// The problem, and what to do.
    pub message: String,
}

/// A value and its place, as the parser gives it.
pub type Value<'t> = Spanned<DeValue<'t>>;

// === impl Document ===

impl<'t> Document<'t> {
    /// Parses the text; every syntax error is a mistake.
    pub fn parse(text: &'t str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let root = root.into_inner();
        let mut document = Self { text, root, faults: Vec::new() };
        for error in errors {
            document.note(error.span().unwrap_or_default(), error.message().to_owned());
        }
        document
    }

    /// The value of a top-level key.
    pub fn section(&self, key: &str) -> Option<Value<'t>> {
        self.root.get(key).cloned()
    }

    /// The entries of a top-level table, each with its key. Another type is a mistake.
    pub fn table(&mut self, key: &str) -> Vec<(Spanned<String>, Value<'t>)> {
        let Some(section) = self.section(key) else {
            return Vec::new();
        };
        match section.get_ref() {
            DeValue::Table(table) => table
                .iter()
                .map(|(key, value)| {
                    (Spanned::new(key.span(), key.get_ref().to_string()), value.clone())
                })
                .collect(),
            other => {
                let message = format!("expected tables [{key}.NAME], found a {}", other.type_str());
                self.note(section.span(), message);
                Vec::new()
            }
        }
    }

    /// The items of a top-level array of tables. Another type is a mistake.
    pub fn array(&mut self, key: &str) -> Vec<Value<'t>> {
        let Some(section) = self.section(key) else {
            return Vec::new();
        };
        match section.get_ref() {
            DeValue::Array(items) => items.iter().cloned().collect(),
            other => {
                let message = format!("expected tables [[{key}]], found a {}", other.type_str());
                self.note(section.span(), message);
                Vec::new()
            }
        }
    }

    /// Notes every unknown top-level key.
    pub fn expect_only(&mut self, known: &[&str]) {
        let unknown: Vec<_> = self
            .root
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .map(|key| (key.span(), key.get_ref().to_string()))
            .collect();
        for (span, key) in unknown {
            let message = format!("unknown section `{key}`, expected one of {}", list(known));
            self.note(span, message);
        }
    }

    /// Reads a value and notes all mistakes in it. A wrong field that may be left out does not
    /// prevent reading the rest.
    pub fn read<T: DeserializeOwned>(&mut self, value: &Value<'_>) -> Option<T> {
        let mut rest = value.clone();
        let mut dropped = Vec::new();
        loop {
            let error = match T::deserialize(ValueDeserializer::from(rest.clone())) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            // It is missing because it was wrong, which is noted already.
            let said = |key: &String| error.message() == format!("missing field `{key}`");
            if dropped.iter().any(said) {
                return None;
            }
            let span = error.span().unwrap_or_else(|| value.span());
            self.note(span.clone(), plain_words(error.message()));
            dropped.push(drop_key(rest.get_mut(), &span)?);
        }
    }

    /// Notes a mistake at a place of the text.
    pub fn note(&mut self, span: Range<usize>, message: String) {
        let mut path = Vec::new();
        path_to(&self.root, &span, &mut path);
        self.faults.push(Fault {
            place: Some(position(self.text, span.start)),
            path: path.concat(),
            message,
        });
    }

    /// Notes a mistake at the value of these keys, or at the nearest one that exists.
    pub fn note_at(&mut self, path: &str, message: String) {
        let place = self.find(path).map(|span| position(self.text, span.start));
        self.faults.push(Fault { place, path: path.to_owned(), message });
    }

    /// True while there is no mistake.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// All mistakes, in the order of the text.
    pub fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort();
        self.faults.dedup();
        self.faults
    }

    fn find(&self, path: &str) -> Option<Range<usize>> {
        let mut steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
        let (key, mut value) = self.root.get_key_value(steps.next()?)?;
        let mut span = key.span();
        for step in steps {
            let next = match value.get_ref() {
                DeValue::Table(table) => table.get_key_value(step).map(|(k, v)| (k.span(), v)),
                DeValue::Array(items) => {
                    step.parse().ok().and_then(|n: usize| items.get(n)).map(|v| (v.span(), v))
                }
                _ => None,
            };
            let Some(found) = next else { break };
            (span, value) = found;
        }
        Some(span)
    }
}

/// Removes the innermost key around the place, and returns its name.
fn drop_key(value: &mut DeValue<'_>, place: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => {
            let inner = table.iter_mut().find_map(|(_, value)| drop_key(value.get_mut(), place));
            if inner.is_some() {
                return inner;
            }
            let key = table
                .iter()
                .find(|(key, value)| covers(&key.span(), place) || covers(&value.span(), place))
                .map(|(key, _)| key.get_ref().to_string())?;
            table.remove(key.as_str());
            Some(key)
        }
        DeValue::Array(items) => items.iter_mut().find_map(|item| drop_key(item.get_mut(), place)),
        _ => None,
    }
}

/// Finds the innermost key or array element around the place.
fn path_to(table: &DeTable<'_>, place: &Range<usize>, path: &mut Vec<String>) -> bool {
    table.iter().any(|(key, value)| {
        let dot = if path.is_empty() { "" } else { "." };
        path.push(format!("{dot}{}", key.get_ref()));
        let found = path_within(value, place, path) || covers(&key.span(), place);
        if !found {
            path.pop();
        }
        found
    })
}

fn path_within(value: &Value<'_>, place: &Range<usize>, path: &mut Vec<String>) -> bool {
    let inside = match value.get_ref() {
        DeValue::Table(table) => path_to(table, place, path),
        DeValue::Array(items) => items.iter().enumerate().any(|(index, item)| {
            path.push(format!("[{index}]"));
            let found = path_within(item, place, path);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    };
    inside || covers(&value.span(), place)
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && !outer.is_empty()
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).map_or(0, |line| line.chars().count()) + 1;
    (line, column)
}

/// Describes a wrong type: what was found and what to write, without the names of Rust's types.
pub fn plain_words(message: &str) -> String {
    let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|message| message.rsplit_once(", expected "))
    else {
        return message.to_owned();
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number without quotes",
        "f64" => "a number without quotes",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list, [...]",
        "a map" => "a table, {...}",
        other => other,
    };
    format!("found {found}, expected {expected}")
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

// === impl Fault ===

impl Fault {
    /// A mistake of the file as a whole.
    pub fn of_file(message: impl Into<String>) -> Self {
        Self { place: None, path: String::new(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        size: u32,
        name: String,
    }

    fn faults(text: &str) -> Vec<String> {
        let mut document = Document::parse(text);
        for item in document.array("items") {
            if let Some(item) = document.read::<Item>(&item) {
                assert_eq!((item.size, item.name.as_str()), (1, "a"));
            }
        }
        document.into_faults().iter().map(Fault::to_string).collect()
    }

    #[test]
    fn one_mistake_does_not_hide_the_next() {
        let text = "[[items]]\nsize = 'x'\nname = 1\n[[items]]\nsise = 2\nname = 'b'\n";
        let found = faults(text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found[0].starts_with("2:8: items[0].size: found string \"x\", expected a whole number"),
            "{found:?}"
        );
        assert!(
            found[1]
                .starts_with("3:8: items[0].name: found integer `1`, expected a text in quotes"),
            "{found:?}"
        );
        assert!(found[2].starts_with("4:1: items[1]: missing field `size`"), "{found:?}");
        assert!(found[3].starts_with("5:1: items[1].sise: unknown field `sise`"), "{found:?}");
    }

    #[test]
    fn a_sound_document_has_no_faults() {
        assert_eq!(faults("[[items]]\nsize = 1\nname = 'a'\n"), Vec::<String>::new());
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let found = faults("[[items]]\nsize = \nname = 'a'\n");
        assert!(found[0].starts_with("2:"), "{found:?}");
    }

    #[test]
    fn the_nearest_value_stands_for_one_that_is_not_there() {
        let mut document = Document::parse("[a]\nb = [1, 2]\n");
        document.note_at("a.b[1]", "x".into());
        document.note_at("a.c", "y".into());
        let found: Vec<_> = document.into_faults().iter().map(Fault::to_string).collect();
        assert_eq!(found, ["1:2: a.c: y", "2:9: a.b[1]: x"]);
    }
}
