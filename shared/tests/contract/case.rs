//! A case of the table, and how it is checked with `contract::read`.
//!
//! Events are those of `testdata/events`. A returned value is written as it stands, or as edits
//! of the request or response that the function was given: `uri = "/b"; without headers.accept`.
//! Large values are written by their size: `"<40961 bytes>"`, `"<base64 of 9 bytes>"`,
//! `"<1025 lines>"`.

use brink_shared::contract::{self, Outcome, Rule, Strictness};
use brink_shared::event::headers::capitalized;
use brink_shared::event::{Event, ForFunction, Headers, Trigger, event_from_json};
use data_encoding::BASE64;
use serde_json::{Value, json};

/// One value that a function returns, and what it means.
pub struct Case {
    pub rule: Rule,
    pub trigger: Trigger,
    /// Both ways of reading, unless one is named.
    pub strictness: Option<Strictness>,
    /// Edits of the event's `cf`.
    pub event: &'static str,
    pub returned: &'static str,
    pub expected: Expected,
    /// The decision that this case proves, if any.
    pub decision: Option<u8>,
}

pub enum Expected {
    /// What goes on: the whole of it, or as edits of what the function was given.
    Gives(&'static str),
    /// The whole text of the error.
    Rejected(&'static str),
}

/// The value goes on as it was returned.
pub fn accepts(rule: Rule, trigger: Trigger, returned: &'static str) -> Case {
    let expected = Expected::Gives(returned);
    Case { rule, trigger, strictness: None, event: "", returned, expected, decision: None }
}

pub fn rejects(rule: Rule, trigger: Trigger, returned: &'static str, text: &'static str) -> Case {
    Case { expected: Expected::Rejected(text), ..accepts(rule, trigger, returned) }
}

// === impl Case ===

impl Case {
    pub fn gives(self, outcome: &'static str) -> Self {
        Self { expected: Expected::Gives(outcome), ..self }
    }

    pub fn event(self, edits: &'static str) -> Self {
        Self { event: edits, ..self }
    }

    pub fn strict(self) -> Self {
        Self { strictness: Some(Strictness::Strict), ..self }
    }

    pub fn compatible(self) -> Self {
        Self { strictness: Some(Strictness::Compatible), ..self }
    }

    pub fn decision(self, number: u8) -> Self {
        Self { decision: Some(number), ..self }
    }

    pub fn is_accepted(&self) -> bool {
        matches!(self.expected, Expected::Gives(_))
    }

    /// What is wrong, read in every way that the case is about.
    pub fn mistakes(&self) -> Vec<String> {
        let all = [Strictness::Strict, Strictness::Compatible];
        let ways = all.into_iter().filter(|way| self.strictness.is_none_or(|only| only == *way));
        ways.filter_map(|way| self.mistake(way)).collect()
    }

    fn mistake(&self, strictness: Strictness) -> Option<String> {
        let (event, given) = self.given();
        let returned = value(&given, self.returned);
        let read = contract::read(&event, &returned, strictness);
        let got = match &read {
            Ok(outcome) => Ok(seen(&event, outcome)),
            Err(error) => Err(error.to_string()),
        };
        let expected = match self.expected {
            Expected::Gives(text) => Ok(normal(value(&given, text))),
            Expected::Rejected(text) => Err(text.to_owned()),
        };
        if let (Err(error), Expected::Rejected(_)) = (&read, &self.expected)
            && error.rule() != self.rule
        {
            return Some(format!("{:?} names {:?}", self.rule, error.rule()));
        }
        (got != expected).then(|| {
            let (trigger, returned) = (self.trigger, self.returned);
            let short = |side: &Result<Value, String>| {
                format!("{side:?}").chars().take(600).collect::<String>()
            };
            format!(
                "{:?} at {trigger}, {strictness:?}, {returned}\n  expected {}\n  got      {}",
                self.rule,
                short(&expected),
                short(&got)
            )
        })
    }

    /// The event, and the request or response in it that the trigger is about.
    fn given(&self) -> (Event, Value) {
        let file = match self.trigger {
            Trigger::ViewerRequest => include_str!("../../testdata/events/viewer-request.json"),
            Trigger::OriginRequest => include_str!("../../testdata/events/origin-request.json"),
            Trigger::OriginResponse => include_str!("../../testdata/events/origin-response.json"),
            Trigger::ViewerResponse => include_str!("../../testdata/events/viewer-response.json"),
        };
        let mut envelope: Value = serde_json::from_str(file).unwrap();
        let cf = envelope.pointer_mut("/Records/0/cf").unwrap();
        edit(cf, self.event);
        let kind = if self.trigger.is_request() { "request" } else { "response" };
        let given = cf[kind].clone();
        (event_from_json(&envelope).unwrap(), given)
    }
}

/// A value written as it stands, or as edits of what was given.
fn value(given: &Value, text: &str) -> Value {
    let is_edit = text.is_empty() || text.starts_with("without ") || text.contains(" = ");
    if is_edit {
        let mut object = given.clone();
        edit(&mut object, text);
        return object;
    }
    grown(serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn edit(object: &mut Value, edits: &str) {
    for step in edits.split("; ").filter(|step| !step.is_empty()) {
        let (path, value) = match (step.strip_prefix("without "), step.split_once(" = ")) {
            (Some(path), _) => (path, None),
            (None, Some((path, value))) => (path, Some(value)),
            (None, None) => panic!("{step:?} is no edit"),
        };
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let pointer = if parent.is_empty() { String::new() } else { format!("/{parent}") };
        let parent = object.pointer_mut(&pointer.replace('.', "/"));
        let parent = parent.unwrap_or_else(|| panic!("{step:?}: there is no such place"));
        match value {
            None => drop(parent.as_object_mut().unwrap().remove(name).unwrap()),
            Some(value) => {
                let value = serde_json::from_str(value).unwrap_or_else(|e| panic!("{step}: {e}"));
                match (name.parse::<usize>(), parent.is_array()) {
                    (Ok(index), true) => parent[index] = grown(value),
                    _ => parent[name] = grown(value),
                }
            }
        }
    }
}

/// Writes out what is written by its size.
fn grown(value: Value) -> Value {
    match value {
        Value::String(text) => grown_text(&text).unwrap_or(Value::String(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(grown).collect()),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| match grown_text(&key) {
                Some(Value::String(long)) => (long, grown(value)),
                _ => (key, grown(value)),
            })
            .collect(),
        other => other,
    }
}

fn grown_text(text: &str) -> Option<Value> {
    let (before, rest) = text.split_once('<')?;
    let (size, unit) = rest.strip_suffix('>')?.rsplit_once(' ')?;
    match (size.strip_prefix("base64 of "), unit) {
        (Some(size), "bytes") => {
            Some(BASE64.encode("x".repeat(size.parse().unwrap()).as_bytes()).into())
        }
        (None, "bytes") => Some((before.to_owned() + &"x".repeat(size.parse().unwrap())).into()),
        (None, "lines") => {
            let count = size.parse().unwrap();
            Some((0..count).map(|_| json!({ "value": "1" })).collect())
        }
        _ => None,
    }
}

/// An outcome in the shape in which functions write it.
fn seen(event: &Event, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Request(request) => {
            let event = Event { request: request.clone(), ..event.clone() };
            let mut cf = serde_json::to_value(ForFunction(&event)).unwrap();
            cf["Records"][0]["cf"]["request"].take()
        }
        Outcome::Response(response) => {
            let mut seen = json!({ "status": response.status.to_string() });
            if let Some(text) = &response.status_description {
                seen["statusDescription"] = text.as_str().into();
            }
            if !response.headers.is_empty() {
                seen["headers"] = map(&response.headers);
            }
            if let Some(body) = &response.body {
                seen["body"] = String::from_utf8_lossy(body).into();
            }
            seen
        }
    }
}

fn map(headers: &Headers) -> Value {
    let mut map = json!({});
    for header in headers {
        let lines = &mut map[header.name().as_ref()];
        if lines.is_null() {
            *lines = json!([]);
        }
        lines.as_array_mut().unwrap().push(json!({ "key": header.key, "value": header.value }));
    }
    map
}

/// What goes on has every `key`, a status as text, and no body that nobody replaces.
fn normal(mut value: Value) -> Value {
    if value["status"].is_number() {
        value["status"] = value["status"].to_string().into();
    }
    if let Some(Value::Object(headers)) = value.get_mut("headers") {
        for (name, lines) in headers {
            for line in lines.as_array_mut().unwrap() {
                if line.get("key").is_none() {
                    line["key"] = capitalized(name).into();
                }
            }
        }
    }
    if value["body"]["action"] == "read-only" {
        value.as_object_mut().unwrap().remove("body");
    }
    value
}
