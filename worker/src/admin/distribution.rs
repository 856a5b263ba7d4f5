//! `distribution.apply`, `list`, `show`, `history`, `rollback`, `delete`.

use brink_shared::admin::{
    AdminError, Applied, Apply, DistributionDetails, DistributionQuery, DistributionSummary,
    ListQuery, Page, Rollback,
};
use brink_shared::bus::Message;
use brink_shared::id::DistributionId;
use brink_shared::identity::Verb;
use brink_shared::registry::DistributionRecord;
use brink_shared::registry::store::StoreError;

use super::request::read;
use super::{Admin, from_store, progress};

impl Admin {
    pub(super) async fn apply(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<Applied, AdminError> {
        let request: Apply = read(body)?;
        let id = &request.distribution.id;
        self.check(message, Verb::Apply, id.as_str())?;
        let store = self.store().await?;
        let mut if_revision = request.if_revision;
        if message.sender.as_ref().is_some_and(|sender| sender.is_restricted) {
            let present = store.distribution(id).await.map_err(from_store)?;
            let document = present.as_ref().map(|record| &record.distribution);
            self.check_associations(message, document, &request.distribution)?;
            // The present document may be another one by now, without the functions of this one.
            let checked = present.as_ref().map_or(0, |record| record.revision);
            if_revision = if_revision.or(Some(checked));
        }
        progress::step(format!("applying {}; it may have been applied", request.distribution.id));
        let record = store.apply(&request.distribution, if_revision).await;
        record.map(applied).map_err(from_store)
    }

    pub(super) async fn list_distributions(
        &self,
        body: &[u8],
    ) -> Result<Page<DistributionSummary>, AdminError> {
        let query: ListQuery = read(body)?;
        let listing = self.store().await?.listing().await.map_err(from_store)?;
        let mut records = listing.distributions();
        if let Some(marker) = &query.marker {
            records.retain(|record| record.distribution.id.as_str() > marker.as_str());
        }
        Ok(self.page(&query, records.iter().map(summary), |summary| summary.id.to_string()))
    }

    pub(super) async fn show_distribution(
        &self,
        body: &[u8],
    ) -> Result<DistributionDetails, AdminError> {
        let query: DistributionQuery = read(body)?;
        let store = self.store().await?;
        let record = store.distribution(&query.id).await.map_err(from_store)?;
        let record = record.map(DistributionDetails::from);
        record.ok_or_else(|| from_store(StoreError::NoDistribution(query.id)))
    }

    pub(super) async fn history(
        &self,
        body: &[u8],
    ) -> Result<Page<DistributionSummary>, AdminError> {
        let query: ListQuery = read(body)?;
        let id = query
            .id
            .clone()
            .ok_or_else(|| AdminError::new("id: the distribution's id is missing"))?;
        let mut records = self.store().await?.history(&id).await.map_err(from_store)?;
        if let Some(marker) = &query.marker {
            let marker: u64 = marker.parse().map_err(|_| {
                AdminError::new(format!("marker: {marker:?} is no marker of distribution.history"))
            })?;
            records.retain(|record| record.revision > marker);
        }
        Ok(self.page(&query, records.iter().map(summary), |summary| summary.revision.to_string()))
    }

    pub(super) async fn rollback(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<Applied, AdminError> {
        let request: Rollback = read(body)?;
        self.check(message, Verb::Apply, request.id.as_str())?;
        let store = self.store().await?;
        let mut to = request.to;
        if message.sender.as_ref().is_some_and(|sender| sender.is_restricted) {
            // Somebody with other rights may have applied the older document.
            let present = store.distribution(&request.id).await.map_err(from_store)?;
            let revisions = store.history(&request.id).await.map_err(from_store)?;
            let present = present.as_ref();
            let older = revisions.iter().rev().find(|record| match to {
                Some(to) => record.revision == to,
                None => present.is_none_or(|present| record.revision < present.revision),
            });
            if let Some(older) = older {
                let document = present.map(|record| &record.distribution);
                self.check_associations(message, document, &older.distribution)?;
                to = Some(older.revision);
            }
        }
        progress::step(format!("rolling {} back; it may have been done", request.id));
        let record = store.rollback(&request.id, to).await;
        record.map(applied).map_err(from_store)
    }

    pub(super) async fn delete_distribution(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<DistributionId, AdminError> {
        let query: DistributionQuery = read(body)?;
        self.check(message, Verb::Remove, query.id.as_str())?;
        progress::step(format!("deleting {}; it may have been deleted", query.id));
        let store = self.store().await?;
        let deleted = store.delete_distribution(&query.id).await;
        deleted.map(|()| query.id).map_err(from_store)
    }
}

fn applied(record: DistributionRecord) -> Applied {
    Applied { id: record.distribution.id, revision: record.revision }
}

fn summary(record: &DistributionRecord) -> DistributionSummary {
    let distribution = &record.distribution;
    let mut functions: Vec<_> = distribution
        .associations()
        .filter_map(|(_, _, association)| association.function.version())
        .collect();
    functions.sort();
    functions.dedup();
    DistributionSummary {
        id: distribution.id.clone(),
        revision: record.revision,
        applied: record.applied,
        aliases: distribution.aliases.clone(),
        functions,
    }
}
