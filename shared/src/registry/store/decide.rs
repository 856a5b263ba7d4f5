//! The write that decides, and the rest of earlier decisions.

use bytes::Bytes;
use serde_json::Value;

use super::conflict::{CONFLICTS_MAX, pause};
use super::view::{View, json_of};
use super::{Store, StoreError};
use crate::bus::BusError;
use crate::id::VersionId;
use crate::registry::key::Key;

/// A write: its key, and its value, or `None` to remove it.
pub(super) type Write = (String, Option<Bytes>);

/// The next step of a change.
pub(super) enum Step<T> {
    /// This write, and then another reading.
    First(Write),
    /// This write, which decides.
    Last(Write, T),
    /// No write.
    Done(T),
}

/// The outcome of a write.
pub(super) enum Written {
    /// It was done, at this revision.
    At(u64),
    /// It was done, but its revision is not known.
    Somewhen,
    /// Another process wrote first.
    Conflict,
}

/// Readings that missed a write.
#[derive(Default)]
struct Missed {
    last: Option<u64>,
    /// How many of them in a row ended with `last`.
    times: u32,
}

/// So many equal readings, with pauses between them, are not late: they never show the newest write.
const MISSED_MAX: u32 = 8;

// === impl Store ===

impl Store {
    /// Takes steps until one decides. Each step is chosen from a reading of the whole registry, and
    /// counts only if nothing was written since that reading. The same holds for an error of `step`,
    /// and for a step without a write: a server that lags behind may have given the reading.
    pub(super) async fn decide<T>(
        &self,
        what: &str,
        mut step: impl FnMut(&View) -> Result<Step<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let mut missed = Missed::default();
        for conflicts in 0..CONFLICTS_MAX {
            let mut view = self.view().await?;
            loop {
                let next = match mend(&view) {
                    Some(write) => Ok(Step::First(write)),
                    None => step(&view),
                };
                let writes = matches!(next, Ok(Step::First(_) | Step::Last(..)));
                if !writes && self.bucket.last().await? != view.last() {
                    self.missed(&mut missed, &view).await?;
                    break;
                }
                let ((key, value), done) = match next? {
                    Step::Done(done) => return Ok(done),
                    Step::First(write) => (write, None),
                    Step::Last(write, done) => (write, Some(done)),
                };
                let written = self.write(what, &key, value.clone(), view.last()).await?;
                match (written, done) {
                    (Written::At(_) | Written::Somewhen, Some(done)) => return Ok(done),
                    (Written::At(revision), None) => view.wrote(&key, value, revision),
                    (Written::Somewhen, None) => break,
                    (Written::Conflict, _) => {
                        self.missed(&mut missed, &view).await?;
                        break;
                    }
                }
            }
            pause(conflicts).await;
        }
        Err(StoreError::Contended(what.to_owned()))
    }

    /// Does the rest of earlier decisions.
    pub(super) async fn mend(&self) -> Result<(), StoreError> {
        self.decide("the registry", |_| Ok(Step::Done(()))).await
    }

    /// Writes if nothing was written since. If the answer is lost, finds out whether the write was
    /// done. It may still be done as long as nothing else is written.
    pub(super) async fn write(
        &self,
        what: &str,
        key: &str,
        value: Option<Bytes>,
        last: u64,
    ) -> Result<Written, StoreError> {
        let error = match self.bucket.decide(key, value.clone(), last).await {
            Ok(revision) => return Ok(Written::At(revision)),
            Err(BusError::Conflict(_)) => return Ok(Written::Conflict),
            Err(error) => error,
        };
        let unclear = |error| StoreError::unclear(format!("{what} was changed"), error);
        let Ok(view) = self.newest_view().await else { return Err(unclear(error)) };
        let is_there = match (view.get(key), value) {
            (None, None) => true,
            (Some(entry), Some(value)) => entry.value == value && entry.revision > last,
            _ => false,
        };
        // This write would have the next revision. So if another write has it, this one was not
        // done, and never will be.
        let is_impossible = view.has_write(last + 1);
        if is_there {
            Ok(Written::Somewhen)
        } else if error.may_be_done() && !is_impossible {
            Err(unclear(error))
        } else {
            Err(error.into())
        }
    }

    /// A reading that misses no write.
    async fn newest_view(&self) -> Result<View, StoreError> {
        let mut missed = Missed::default();
        for readings in 0..CONFLICTS_MAX {
            let view = self.view().await?;
            if self.bucket.last().await? == view.last() {
                return Ok(view);
            }
            self.missed(&mut missed, &view).await?;
            pause(readings).await;
        }
        Err(StoreError::Contended("the registry".to_owned()))
    }

    /// A reading missed a write: it came from a server that lags behind. Or somebody purged the newest
    /// record of the bucket by hand, and no reading shows its revision.
    async fn missed(&self, missed: &mut Missed, view: &View) -> Result<(), StoreError> {
        missed.times = if missed.last == Some(view.last()) { missed.times + 1 } else { 1 };
        missed.last = Some(view.last());
        if missed.times == MISSED_MAX {
            self.show_last().await?;
        }
        Ok(())
    }

    /// A new write makes a newest record again.
    async fn show_last(&self) -> Result<(), StoreError> {
        let bucket = &self.bucket;
        let written = match bucket.get(Key::MARKER).await? {
            None => bucket.create(Key::MARKER, Bytes::from_static(b"{}")).await,
            Some(entry) => {
                bucket.update(Key::MARKER, Bytes::from_static(b"{}"), entry.revision).await
            }
        };
        match written {
            Ok(_) | Err(BusError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The next write that an earlier decision still needs.
fn mend(view: &View) -> Option<Write> {
    if let Some((function, deletion)) = view.deletions().pop_first() {
        let ids = deletion
            .versions
            .iter()
            .map(|number| VersionId { function: function.clone(), number: *number });
        let left = ids.map(|id| Key::version(&id)).find(|key| view.get(key).is_some());
        return Some((left.unwrap_or_else(|| Key::deletion(&function)), None));
    }
    view.version_entries().find_map(|(id, entry)| {
        let marked = entry.value.windows(MARK.len()).any(|window| window == MARK);
        let mut json = json_of(entry).filter(|_| marked)?;
        // With a newer revision it would look like a version that was published later.
        if view.unreadable_deletion(&id.function).is_some() {
            return None;
        }
        let fields = json.as_object_mut()?;
        let mark = fields.get("retiring").and_then(Value::as_bool);
        mark.filter(|retiring| *retiring)?;
        fields.shift_remove("retiring");
        Some((entry.key.clone(), Some(super::json(&json))))
    })
}

/// The text of every marked version has this.
const MARK: &[u8] = b"\"retiring\"";
