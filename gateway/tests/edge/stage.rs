//! An edge between an origin that keeps what it is sent and a function that keeps what it is shown.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use brink_shared::wire::{Failure, FailureKind, Run, Verdict};

use crate::edge::{Edge, LOCAL, Reply, raw, returned};
use crate::raw_origin::RawOrigin;

pub const TRIGGERS: [&str; 4] =
    ["viewer-request", "origin-request", "origin-response", "viewer-response"];

/// What the origin answers where a test does not care.
pub const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// The edge and what is known of its functions.
pub struct Stage {
    pub edge: Edge,
    shown: Shown,
}

/// The events so far.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<Value>>>);

impl Stage {
    /// Functions return what they are shown, with what `change` makes of it.
    pub async fn start(
        document: Value,
        change: impl Fn(&str, &mut Value) + Send + 'static,
    ) -> Self {
        Self::with_verdicts(document, move |trigger, cf| {
            let mut object = object_of(trigger, cf);
            change(trigger, &mut object);
            returned(&object)
        })
        .await
    }

    /// Functions change nothing.
    pub async fn passing(document: Value) -> Self {
        Self::start(document, |_, _| {}).await
    }

    /// For `/0` the first of these values is put at its place in what the function at this trigger
    /// returns, for `/1` the second, and so on; `""` is the whole of it. Other functions change
    /// nothing.
    pub async fn putting(
        document: Value,
        at: &'static str,
        cases: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        let cases: Vec<_> = cases.into_iter().collect();
        Self::with_verdicts(document, move |trigger, cf| {
            let mut object = object_of(trigger, cf);
            let number = cf["request"]["uri"].as_str().and_then(|uri| uri[1..].parse().ok());
            if let Some((place, value)) = number.and_then(|n: usize| cases.get(n))
                && trigger == at
            {
                put(&mut object, place, value.clone());
            }
            returned(&object)
        })
        .await
    }

    /// The function at this trigger fails; others change nothing.
    pub async fn failing(document: Value, at: &'static str, kind: FailureKind) -> Self {
        Self::with_verdicts(document, move |trigger, cf| {
            if trigger == at {
                return failed(kind);
            }
            returned(&object_of(trigger, cf))
        })
        .await
    }

    /// What becomes of every event is the closure's, which is given its trigger and its `cf`.
    pub async fn with_verdicts(
        document: Value,
        function: impl Fn(&str, &Value) -> Verdict + Send + 'static,
    ) -> Self {
        Self::listening(LOCAL, document, function).await
    }

    /// The same, listening here.
    pub async fn listening(
        listen: SocketAddr,
        document: Value,
        function: impl Fn(&str, &Value) -> Verdict + Send + 'static,
    ) -> Self {
        let shown = Shown::default();
        let events = shown.clone();
        let edge = Edge::listening(listen, document, move |event| {
            let cf = event["Records"][0]["cf"].clone();
            events.0.lock().push(cf.clone());
            function(cf["config"]["eventType"].as_str().unwrap(), &cf)
        })
        .await;
        Self { edge, shown }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.edge.get(path).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.edge.request("GET", path, headers, b"").await
    }

    pub async fn post(&self, path: &str, body: &[u8]) -> Reply {
        self.edge.request("POST", path, &[], body).await
    }

    /// What a viewer gets who sends exactly these bytes, until the gateway closes.
    pub async fn raw(&self, request: &str) -> String {
        raw(self.edge.address(), request).await
    }

    /// The triggers that ran since the last time, in order.
    pub fn ran(&self) -> Vec<String> {
        let events = std::mem::take(&mut *self.shown.0.lock());
        events.iter().map(|cf| cf["config"]["eventType"].as_str().unwrap().to_owned()).collect()
    }

    /// The last event at this trigger, `cf` of it.
    pub fn shown(&self, trigger: &str) -> Value {
        let events = self.shown.0.lock();
        let found = events.iter().rev().find(|cf| cf["config"]["eventType"] == trigger);
        found.unwrap_or_else(|| panic!("{trigger} did not run")).clone()
    }

    pub async fn stop(self) {
        self.edge.stop().await;
    }
}

/// What a function that changes nothing returns.
pub fn object_of(trigger: &str, cf: &Value) -> Value {
    cf[if trigger.ends_with("request") { "request" } else { "response" }].clone()
}

/// Puts a value at a JSON pointer, whose last key need not be there yet. Null deletes.
pub fn put(object: &mut Value, pointer: &str, value: Value) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        *object = value;
        return;
    };
    let parent = object.pointer_mut(parent).unwrap();
    match value {
        Value::Null => drop(parent.as_object_mut().unwrap().remove(key)),
        value => parent[key] = value,
    }
}

/// One line of a header, as in events.
pub fn line(value: &str) -> Value {
    json!([{ "value": value }])
}

/// A worker's word that the function failed.
pub fn failed(kind: FailureKind) -> Verdict {
    let (error_type, message) = ("Error".to_owned(), "it fell over".to_owned());
    let failure = Failure { kind, error_type, message, stack: Vec::new() };
    Verdict::Failed { failure, run: Run::default() }
}

/// A distribution with one origin and one behavior.
pub fn document(origin: &RawOrigin, behavior: Value) -> Value {
    let mut behavior = behavior;
    behavior["path"] = json!("*");
    behavior["origin"] = json!("web");
    let web = json!({"url": format!("http://127.0.0.1:{}", origin.port), "attempts": 1});
    json!({"id": "d", "origins": {"web": web}, "behaviors": [behavior]})
}

/// A behavior with the function at these triggers.
pub fn at(triggers: &[&str]) -> Value {
    let functions: Value = triggers.iter().map(|t| ((*t).to_owned(), json!("f:1"))).collect();
    json!({"methods": "all", "functions": functions})
}

/// A header of an event or of a returned object as one string.
pub fn header<'v>(object: &'v Value, name: &str) -> &'v str {
    object["headers"][name][0]["value"].as_str().unwrap_or_default()
}

/// Sets a header of an object to return.
pub fn set(object: &mut Value, name: &str, value: &str) {
    object["headers"][name] = line(value);
}

/// The lower-case head of a request that an origin got.
pub fn head(request: &str) -> String {
    request.split("\r\n\r\n").next().unwrap().to_ascii_lowercase()
}
