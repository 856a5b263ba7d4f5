//! A distribution's next revision: a new document, or an old one again.

use serde_json::{Map, Value, json};

use super::decide::Step;
use super::view::{View, json_of, read};
use super::{Store, StoreError};
use crate::id::DistributionId;
use crate::problem::Problem;
use crate::registry::check::{Quotas, check};
use crate::registry::distribution::{Distribution, DistributionRecord};
use crate::registry::function::FunctionVersion;
use crate::registry::key::Key;
use crate::registry::policies;

/// A stored record, with the fields that this release does not know.
type Fields = Map<String, Value>;

// === impl Store ===

impl Store {
    /// Makes the document the next revision of the distribution, if it has no problems. Its
    /// behaviors get the settings of the policies that they name. With `if_revision`, only if that
    /// is the present revision (0: none yet).
    pub async fn apply(
        &self,
        distribution: &Distribution,
        if_revision: Option<u64>,
    ) -> Result<DistributionRecord, StoreError> {
        let mut distribution = distribution.clone();
        let problems = policies::resolve(&mut distribution);
        if !problems.is_empty() {
            return Err(StoreError::Invalid(problems));
        }
        let id = &distribution.id;
        let document = [("revision", json!(0)), ("applied", json!(0))];
        let document = document.into_iter().chain([("distribution", json!(&distribution))]);
        let required = distribution.required();
        let requires = (!required.is_empty()).then(|| ("requires", json!(required)));
        let document = document.chain(requires);
        let document: Fields = document.map(|(key, value)| (key.to_owned(), value)).collect();
        let next = |view: &View| {
            let found = view.present_revision(id);
            match if_revision.filter(|expected| *expected != found) {
                Some(expected) => Err(StoreError::Moved { id: id.clone(), expected, found }),
                None => Ok(document.clone()),
            }
        };
        self.put_revision(id, next).await
    }

    /// Applies an older document again: the given revision's, or the one before the present. Fields
    /// that this release does not know stay in it.
    pub async fn rollback(
        &self,
        id: &DistributionId,
        to: Option<u64>,
    ) -> Result<DistributionRecord, StoreError> {
        let what = format!("distribution {id}");
        let present = |view: &View| Ok(Step::Done(view.present_revision(id)));
        let expected = self.decide(&what, present).await?;
        let next = |view: &View| {
            if view.get(&Key::distribution(id)).is_none() {
                return Err(StoreError::NoDistribution(id.clone()));
            }
            let found = view.present_revision(id);
            if expected != found {
                return Err(StoreError::Moved { id: id.clone(), expected, found });
            }
            let kept = view.revision_entries(id);
            let before = || kept.range(..found).next_back().map(|(revision, _)| *revision);
            let Some(revision) = to.or_else(before) else {
                return Err(StoreError::NoEarlier(id.clone()));
            };
            let missing = || StoreError::NoRevision { id: id.clone(), revision };
            let entry = kept.get(&revision).ok_or_else(missing)?;
            read::<DistributionRecord>(entry)?;
            match json_of(entry) {
                Some(Value::Object(fields)) => Ok(fields),
                _ => Err(missing()),
            }
        };
        self.put_revision(id, next).await
    }

    /// Makes the record that `next` chooses the present one, with a number of its own.
    async fn put_revision(
        &self,
        id: &DistributionId,
        mut next: impl FnMut(&View) -> Result<Fields, StoreError>,
    ) -> Result<DistributionRecord, StoreError> {
        let key = Key::distribution(id);
        let what = format!("distribution {id}");
        let (record, text) = self
            .decide(&what, |view| {
                let mut stored = next(view)?;
                let found = view.present_revision(id);
                let revision = view.newest_revision(id).max(found) + 1;
                stored.insert("revision".to_owned(), json!(revision));
                stored.insert("applied".to_owned(), json!(self.bus.clock().now()));
                let text = super::json(&stored);
                let entry =
                    crate::bus::Entry { key: key.clone(), value: text.clone(), revision: 0 };
                let record: DistributionRecord = read(&entry)?;
                let problems = problems(view, &record.distribution, &self.quotas);
                if !problems.is_empty() {
                    return Err(StoreError::Invalid(problems));
                }
                let present = view.get(&key);
                let kept = Key::revision(id, found);
                if let Some(present) = present.filter(|_| found > 0 && view.get(&kept).is_none()) {
                    return Ok(Step::First((kept, Some(present.value.clone()))));
                }
                Ok(Step::Last((key.clone(), Some(text.clone())), (record, text)))
            })
            .await?;
        // If this fails, the next writer does it.
        let kept = self.bucket.create(&Key::revision(id, record.revision), text).await;
        if let Err(error) = kept {
            tracing::debug!(%error, distribution = %id, "cannot write the copy for the history; the next change writes it");
        }
        Ok(record)
    }
}

/// Everything that prevents a document from being applied.
fn problems(view: &View, distribution: &Distribution, quotas: &Quotas) -> Vec<Problem> {
    let usable: std::collections::BTreeMap<_, _> = view.version_entries().collect();
    let mut problems = check(distribution, quotas, &|id| usable.contains_key(id));
    for (path, _, association) in distribution.associations() {
        let Some(id) = association.function.version() else { continue };
        let Some(entry) = usable.get(&id) else { continue };
        if let Err(error) = read::<FunctionVersion>(entry) {
            problems.push(Problem { path, message: error.to_string() });
        } else if let Some(error) = view.may_be_deleted(&id) {
            let message = format!(
                "{id} may be deleted: {error}; update this worker, or publish the function again"
            );
            problems.push(Problem { path, message });
        }
    }
    problems.extend(taken_aliases(view, distribution));
    let is_new = view.get(&Key::distribution(&distribution.id)).is_none();
    let others = view.distribution_entries().count();
    if is_new && others >= quotas.distributions {
        let most = quotas.distributions;
        let message = format!(
            "there are already {others} others; the quota is {most} (quotas.distributions of the \
             workers)"
        );
        problems.push(Problem { path: "id".to_owned(), message });
    }
    problems
}

/// A host can be on one distribution only (`contract.md` 7.1).
fn taken_aliases(view: &View, document: &Distribution) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (other, hosts) in view.hosts_of_others(&document.id) {
        for (index, alias) in document.aliases.iter().enumerate() {
            if hosts.contains(alias) {
                let message = format!("{alias:?} belongs to distribution {other}");
                problems.push(Problem { path: format!("aliases[{index}]"), message });
            }
        }
        if document.aliases.is_empty() && hosts.is_empty() {
            let message = format!("distribution {other} answers any host already");
            problems.push(Problem { path: "aliases".to_owned(), message });
        }
    }
    problems
}
