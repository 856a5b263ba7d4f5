//! Keeps the record of changes (`brink_shared::audit`), and `change.list`.

use brink_shared::admin::{AdminError, Changes, ListChanges, NumberedChange};
use brink_shared::audit::{Audit, Author, Change, State, bounded};
use brink_shared::bus::{BusError, Message};
use brink_shared::id::{DistributionId, FunctionName};
use brink_shared::identity::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Admin;
use super::request::{Request, read};

/// Entries that one request for a page looks at.
const PAGE: usize = 200;

/// Entries that are fetched at a time.
const AT_ONCE: usize = 20;

/// A page ends with the entry that exceeds these bytes.
const PAGE_BYTES: usize = 512 * 1024;

/// Longest name in an entry, in bytes. A version's id is shorter.
const OF_MAX: usize = 128;

/// Longest reason in an entry, in bytes.
const WHY_MAX: usize = 512;

/// The fields of a request that say what it concerns.
#[derive(Deserialize)]
struct Target {
    name: Option<String>,
    function: Option<String>,
    id: Option<String>,
    distribution: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

impl Admin {
    /// Carries out a request that changes something, with an entry in the record before it and one
    /// after it. A request that was passed on is in the record twice, because only the worker that
    /// passed it on knows the sender, and this one cannot know that it recorded the request.
    pub(super) async fn recorded<T: Serialize>(
        &self,
        request: &Request<'_>,
        change: impl Future<Output = Result<T, AdminError>>,
    ) -> Result<T, AdminError> {
        let by = self.author(request.message);
        let Some(name) = by.name.clone() else {
            return self.record(by, request.name, &target(request.body), change).await;
        };
        self.failures.check(&name)?;
        let changed = self.record(by, request.name, &target(request.body), change).await;
        if changed.is_err() {
            self.failures.add(&name);
        }
        changed
    }

    /// The record of changes.
    pub(super) async fn audit(&self) -> Result<&Audit, BusError> {
        self.audit.get_or_try_init(|| Audit::open(self.shared.bus.clone())).await
    }

    /// The same for a change of this author.
    pub(super) async fn record<T: Serialize>(
        &self,
        by: Author,
        request: &str,
        of: &str,
        change: impl Future<Output = Result<T, AdminError>>,
    ) -> Result<T, AdminError> {
        let refused = |error: BusError| {
            AdminError::new(format!(
                "nothing was changed, because the change cannot be recorded: {error}"
            ))
        };
        let audit = self.audit().await.map_err(refused)?;
        let entry = |state| Change {
            time: self.shared.bus.clock().now(),
            by: by.clone(),
            request: request.to_owned(),
            of: of.to_owned(),
            worker: self.node.clone(),
            state,
        };
        let mut before = self.state(request, of, Value::Null).await;
        let begun = audit.add(&entry(State::Begun)).await.map_err(refused)?;
        let changed = change.await;
        let state = match &changed {
            Ok(answer) => {
                let answer = json!(answer);
                let after = match self.written(request, of, &answer, &mut before).await {
                    Some(after) => after,
                    None => self.state(request, of, answer).await,
                };
                State::Done { begun, before, after }
            }
            // Its problems may have words of a function and names of secrets.
            Err(error) => State::Failed { begun, why: clipped(&error.message, WHY_MAX) },
        };
        if let Err(error) = audit.add(&entry(state)).await {
            tracing::warn!(%error, request, begun, "the record of changes lacks the end of a change");
        }
        changed
    }

    /// The author of a change that this worker makes by itself.
    pub(super) fn own_author(&self) -> Author {
        let role = self.shared.bus.identity().and_then(|identity| identity.role);
        Author { name: Some(self.node.to_string()), role, address: None }
    }

    fn author(&self, message: &Message) -> Author {
        match (&message.sender, self.shared.bus.identity()) {
            (_, None) => Author { name: None, role: None, address: None },
            (None, Some(_)) => Author { name: None, role: Some(Role::Admin), address: None },
            (Some(sender), Some(_)) => Author {
                name: Some(sender.name.clone()),
                role: sender.role,
                address: sender.address.clone(),
            },
        }
    }

    /// The state of what a request changes: the distribution as it is now, or for other requests
    /// what the answer says. Versions never change, so they have no state before.
    async fn state(&self, request: &str, of: &str, mut answer: Value) -> Value {
        if request.starts_with("distribution.") {
            return self.distribution(of).await;
        }
        if let Value::Object(fields) = &mut answer {
            // They may have words of a function.
            fields.remove("warnings");
        }
        bounded(answer)
    }

    /// The document that this change wrote, and in `before` the one that it replaced. Others may
    /// have changed the distribution just before and after. `None` if the answer names no revision,
    /// or if it cannot be read any more.
    async fn written(
        &self,
        request: &str,
        of: &str,
        answer: &Value,
        before: &mut Value,
    ) -> Option<Value> {
        if request == "distribution.delete" {
            return Some(Value::Null);
        }
        let revision = answer.get("revision")?.as_u64()?;
        let seen = before.get("revision").and_then(Value::as_u64);
        let (store, id) = (self.store().await.ok()?, of.parse().ok()?);
        if seen.is_some_and(|seen| seen + 1 < revision)
            && let Some(replaced) = store.revision(&id, revision - 1).await.ok()?
        {
            *before = bounded(json!(replaced));
        }
        store.revision(&id, revision).await.ok()?.map(|record| bounded(json!(record)))
    }

    async fn distribution(&self, id: &str) -> Value {
        let Ok(id) = id.parse::<DistributionId>() else { return Value::Null };
        let Ok(store) = self.store().await else { return Value::Null };
        match store.distribution(&id).await {
            Ok(Some(record)) => bounded(json!(record)),
            Ok(None) => Value::Null,
            Err(error) => json!({ "unreadable": error.to_string() }),
        }
    }

    pub(super) async fn list_changes(&self, body: &[u8]) -> Result<Changes, AdminError> {
        let ListChanges { of, by, marker } = read(body)?;
        let on_bus = |error: BusError| AdminError::new(error.to_string());
        let audit = self.audit().await.map_err(on_bus)?;
        let mut changes = Changes { items: Vec::new(), next_marker: marker };
        let mut bytes = 0;
        for _ in 0..PAGE / AT_ONCE {
            let (found, next) = audit.before(changes.next_marker, AT_ONCE).await.map_err(on_bus)?;
            let chosen = found.into_iter().filter(|(_, change)| {
                of.as_ref().is_none_or(|of| concerns(&change.of, of))
                    && by.as_ref().is_none_or(|by| change.by.name.as_ref() == Some(by))
            });
            for (number, change) in chosen {
                bytes += serde_json::to_vec(&change).map_or(0, |text| text.len());
                changes.items.push(NumberedChange { number, change });
                if bytes > PAGE_BYTES {
                    changes.next_marker = Some(number);
                    return Ok(changes);
                }
            }
            changes.next_marker = Some(next).filter(|next| *next > 0);
            if changes.next_marker.is_none() {
                break;
            }
        }
        Ok(changes)
    }
}

/// The subject of the request; empty for the whole registry.
fn target(body: &[u8]) -> String {
    let Ok(target) = serde_json::from_slice::<Target>(body) else { return String::new() };
    let Target { name, function, id, distribution } = target;
    let nested = distribution.and_then(|distribution| distribution.id);
    clipped(&name.or(function).or(id).or(nested).unwrap_or_default(), OF_MAX)
}

/// The beginning of a text that a request has chosen. Control characters would take six bytes each
/// in the entry.
fn clipped(text: &str, most: usize) -> String {
    let text = text.replace(|c: char| c.is_control() && c != '\n', "?");
    match text.len() > most {
        true => format!("{}...", text.get(..text.floor_char_boundary(most)).unwrap_or_default()),
        false => text,
    }
}

/// Whether an entry of `name:3` or `name` is one of `of`.
fn concerns(name: &str, of: &str) -> bool {
    let function = name.split_once(':').map(|(function, _)| function);
    name == of || function.is_some_and(|f| f == of && f.parse::<FunctionName>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_say_what_they_concern() {
        for (body, expected) in [
            (r#"{"name": "f", "files": {}}"#, "f"),
            (r#"{"function": "f:3"}"#, "f:3"),
            (r#"{"id": "shop", "paths": ["/*"]}"#, "shop"),
            (r#"{"distribution": {"id": "shop", "behaviors": []}, "if_revision": 1}"#, "shop"),
            (r#"{"keep": 3}"#, ""),
            (r#"{"name": 3}"#, ""),
            ("", ""),
        ] {
            assert_eq!(target(body.as_bytes()), expected, "{body}");
        }
        let long = target(format!(r#"{{"name": "{}"}}"#, "\u{e9}".repeat(1_000)).as_bytes());
        assert_eq!(long, format!("{}...", "\u{e9}".repeat(OF_MAX / 2)));
        assert_eq!(target(br#"{"name": "a\u0001b"}"#), "a?b");
        assert!(concerns("f:3", "f") && concerns("f:3", "f:3") && concerns("shop", "shop"));
        assert!(!concerns("ff:3", "f") && !concerns("f", "f:3"));
    }
}
