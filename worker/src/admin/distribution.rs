//! `distribution.apply`, `list`, `show`, `history`, `rollback`, `delete`.

use brink_shared::admin::{
    AdminError, Applied, Apply, DistributionQuery, DistributionSummary, Rollback,
};
use brink_shared::id::DistributionId;
use brink_shared::registry::DistributionRecord;
use brink_shared::registry::store::StoreError;

use super::request::read;
use super::{Admin, from_store, progress};

impl Admin {
    pub(super) async fn apply(&self, body: &[u8]) -> Result<Applied, AdminError> {
        let request: Apply = read(body)?;
        progress::step(format!("applying {}; it may have been applied", request.distribution.id));
        let store = self.store().await?;
        let record = store.apply(&request.distribution, request.if_revision).await;
        record.map(applied).map_err(from_store)
    }

    pub(super) async fn list_distributions(&self) -> Result<Vec<DistributionSummary>, AdminError> {
        let store = self.store().await?;
        let records = store.distributions().await.map_err(from_store)?;
        Ok(records.iter().map(summary).collect())
    }

    pub(super) async fn show_distribution(
        &self,
        body: &[u8],
    ) -> Result<DistributionRecord, AdminError> {
        let query: DistributionQuery = read(body)?;
        let store = self.store().await?;
        let record = store.distribution(&query.id).await.map_err(from_store)?;
        record.ok_or_else(|| from_store(StoreError::NoDistribution(query.id)))
    }

    pub(super) async fn history(
        &self,
        body: &[u8],
    ) -> Result<Vec<DistributionSummary>, AdminError> {
        let query: DistributionQuery = read(body)?;
        let store = self.store().await?;
        let records = store.history(&query.id).await.map_err(from_store)?;
        Ok(records.iter().map(summary).collect())
    }

    pub(super) async fn rollback(&self, body: &[u8]) -> Result<Applied, AdminError> {
        let request: Rollback = read(body)?;
        progress::step(format!("rolling {} back; it may have been done", request.id));
        let store = self.store().await?;
        let record = store.rollback(&request.id, request.to).await;
        record.map(applied).map_err(from_store)
    }

    pub(super) async fn delete_distribution(
        &self,
        body: &[u8],
    ) -> Result<DistributionId, AdminError> {
        let query: DistributionQuery = read(body)?;
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
