//! The place of a part in a returned value, and reading plain fields.

use std::fmt;

use serde_json::{Map, Value};

use super::contract_error::ContractError;
use super::limits::QUOTED_MAX;
use super::rule::Rule;

/// A key path. Kept as a chain on the stack: text is made only when there is an error.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root(&'static str),
    Field(&'a Place<'a>, &'static str),
    Key(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

/// Text in quotes, cut where it is long: functions choose it, and errors are logged.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl<'a> Place<'a> {
    pub(super) fn root(name: &'static str) -> Self {
        Place::Root(name)
    }

    pub(super) fn field(&'a self, name: &'static str) -> Place<'a> {
        Place::Field(self, name)
    }

    pub(super) fn key(&'a self, key: &'a str) -> Place<'a> {
        Place::Key(self, key)
    }

    pub(super) fn index(&'a self, index: usize) -> Place<'a> {
        Place::Index(self, index)
    }

    pub(super) fn wrong_type(
        &self,
        rule: Rule,
        expected: &'static str,
        got: &Value,
    ) -> ContractError {
        ContractError::Type { place: self.to_string(), expected, got: type_name(got), rule }
    }

    pub(super) fn reject(&self, rule: Rule, why: impl Into<String>) -> ContractError {
        ContractError::Value { place: self.to_string(), why: why.into(), rule }
    }

    pub(super) fn missing(&self) -> ContractError {
        ContractError::Missing { place: self.to_string() }
    }

    /// Rejects a text that is neither of the two allowed words.
    pub(super) fn neither(&self, rule: Rule, got: &str, words: [&str; 2]) -> ContractError {
        let [one, other] = words;
        self.reject(rule, format!("{} is neither {one:?} nor {other:?}", Quoted(got)))
    }

    /// The text of an optional field of the object at this place.
    pub(super) fn optional_text<'v>(
        &self,
        rule: Rule,
        object: &'v Map<String, Value>,
        name: &'static str,
    ) -> Result<Option<&'v str>, ContractError> {
        match field(object, name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.field(name).wrong_type(rule, "a string", other)),
        }
    }

    /// The text of a required field of the object at this place.
    pub(super) fn text<'v>(
        &self,
        rule: Rule,
        object: &'v Map<String, Value>,
        name: &'static str,
    ) -> Result<&'v str, ContractError> {
        self.optional_text(rule, object, name)?.ok_or_else(|| self.field(name).missing())
    }

    /// The integer of a required field of the object at this place.
    pub(super) fn integer(
        &self,
        rule: Rule,
        object: &Map<String, Value>,
        name: &'static str,
    ) -> Result<i64, ContractError> {
        let value = field(object, name).ok_or_else(|| self.field(name).missing())?;
        whole_number(value).ok_or_else(|| self.field(name).wrong_type(rule, "an integer", value))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root(name) => f.write_str(name),
            Place::Field(parent, name) => write!(f, "{parent}.{name}"),
            Place::Key(parent, key) => write!(f, "{parent}[{}]", Quoted(key)),
            Place::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quoted(text) = self;
        match text.char_indices().nth(QUOTED_MAX).and_then(|(end, _)| text.get(..end)) {
            None => write!(f, "{text:?}"),
            Some(begin) => write!(f, "{begin:?}..."),
        }
    }
}

/// A field's value. Null is a field that is left out.
pub(super) fn field<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A number without fraction, in either of the forms that engines give.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        // Doubles are whole and exact below 2^53, far above any number of the contract.
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    })
}

/// A value as an error shows it: texts in quotes, numbers as they are, others by their type.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => Quoted(text).to_string(),
        Value::Number(number) => number.to_string(),
        other => type_name(other).to_owned(),
    }
}

/// A value's type as a JavaScript author names it.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Why a character may not stand in a path or query.
pub(super) fn unencoded(c: char) -> String {
    format!("has the character {c:?}; percent-encode it")
}
