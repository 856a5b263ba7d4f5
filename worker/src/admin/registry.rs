//! `registry.prune`, on request and at regular intervals.

use std::time::Duration;

use rand::Rng;
use tokio_util::sync::CancellationToken;

use brink_shared::admin::{AdminError, Prune};
use brink_shared::bus::Message;
use brink_shared::identity::Verb;
use brink_shared::registry::store::{Pruned, Retention};

use super::request::read;
use super::{Admin, from_store, progress};
use crate::settings::PruneSettings;

impl Admin {
    pub(super) async fn prune(&self, message: &Message, body: &[u8]) -> Result<Pruned, AdminError> {
        self.check(message, Verb::Prune, "registry")?;
        let Prune { keep, older_than, dry_run } = read(body)?;
        if keep == 0 {
            return Err(AdminError::new(
                "`keep` must be at least 1: the newest version is never removed",
            ));
        }
        progress::step("pruning the registry; ask again to go on with it".to_owned());
        let store = self.store().await?;
        let retention = Retention { keep, older_than, ..Retention::default() };
        store.prune(retention, dry_run).await.map_err(from_store)
    }

    /// Prunes the registry as often as the settings say, unless another worker did it in the
    /// meantime.
    pub(super) async fn prune_by_the_clock(
        &self,
        settings: PruneSettings,
        stop: CancellationToken,
    ) {
        let Some(every) = settings.every else { return };
        loop {
            // The workers that were started together then do not all prune at the same moment.
            let pause = every.mul_f64(rand::rng().random_range(0.75..1.25));
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            match stop.run_until_cancelled(self.prune_if_due(settings, every)).await {
                None => return,
                Some(Ok(None)) => {}
                Some(Ok(Some(pruned))) => tracing::info!(
                    versions = pruned.versions.len(),
                    revisions = pruned.revisions.len(),
                    bundles = pruned.bundles.len(),
                    broken_off = pruned.broken_off,
                    bytes = pruned.bytes,
                    "the registry was pruned"
                ),
                Some(Err(error)) => tracing::warn!(%error, "the registry could not be pruned"),
            }
        }
    }

    async fn prune_if_due(
        &self,
        settings: PruneSettings,
        every: Duration,
    ) -> Result<Option<Pruned>, AdminError> {
        let store = self.store().await?;
        let since = store.since_pruned().await.map_err(from_store)?;
        if since.is_some_and(|since| since < every / 2) {
            return Ok(None);
        }
        let PruneSettings { keep, older_than, .. } = settings;
        let retention = Retention { keep: keep.get(), older_than, ..Retention::default() };
        let prune = async { store.prune(retention, false).await.map_err(from_store) };
        self.record(self.own_author(), "registry.prune", "", prune).await.map(Some)
    }
}
