//! Deletes versions, functions and distributions.

use std::collections::BTreeSet;

use super::decide::Step;
use super::view::Deletion;
use super::{Store, StoreError, json};
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::registry::key::Key;

// === impl Store ===

impl Store {
    /// Deletes a version that no distribution names.
    pub async fn delete_version(&self, id: &VersionId) -> Result<(), StoreError> {
        let deleted = self.delete_versions(&id.function, Some(id.number)).await;
        deleted.map(drop)
    }

    /// Deletes one version of a function or, without a number, all of them. Returns the deleted
    /// versions. If a distribution names one of them, all stay.
    pub async fn delete_versions(
        &self,
        function: &FunctionName,
        number: Option<u32>,
    ) -> Result<Vec<VersionId>, StoreError> {
        let what = format!("function {function}");
        let deleted = self
            .decide(&what, |view| {
                let of_function = view.version_entries().map(|(id, _)| id);
                let ids: BTreeSet<VersionId> = of_function
                    .filter(|id| id.function == *function)
                    .filter(|id| number.is_none_or(|number| number == id.number))
                    .collect();
                if let Some((version, by)) = view.users(&ids).pop_first() {
                    return Err(StoreError::InUse { version, by });
                }
                let unclear = match number {
                    Some(_) => ids.iter().find_map(|id| view.may_be_deleted(id)),
                    // Its record has the place of this one's.
                    None => view.unreadable_deletion(function),
                };
                if let Some(error) = unclear {
                    return Err(error);
                }
                let ids = Vec::from_iter(ids);
                let write = match ids.as_slice() {
                    [] => return Err(StoreError::not_published(function, number)),
                    [one] => (Key::version(one), None),
                    _ => {
                        let versions = ids.iter().map(|id| id.number).collect();
                        (Key::deletion(function), Some(json(&Deletion { versions })))
                    }
                };
                Ok(Step::Last(write, ids))
            })
            .await?;
        if deleted.len() > 1
            && let Err(error) = self.mend().await
        {
            tracing::warn!(%error, %function, "the versions are deleted; the next change removes the rest of their records");
        }
        Ok(deleted)
    }

    /// Deletes a distribution. Its revisions stay readable, and numbers go on from them.
    pub async fn delete_distribution(&self, id: &DistributionId) -> Result<(), StoreError> {
        let key = Key::distribution(id);
        self.decide(&format!("distribution {id}"), |view| {
            let gone = || StoreError::NoDistribution(id.clone());
            let present = view.get(&key).ok_or_else(gone)?;
            let revision = view.present_revision(id);
            let kept = Key::revision(id, revision);
            if revision > 0 && view.get(&kept).is_none() {
                return Ok(Step::First((kept, Some(present.value.clone()))));
            }
            Ok(Step::Last((key.clone(), None), ()))
        })
        .await
    }
}
