//! `function.list`, `show`, `invoke`, `delete`.

use std::collections::BTreeMap;
use std::time::Duration;

use brink_shared::admin::{
    AdminError, FunctionQuery, FunctionSummary, InvokeReport, InvokeRequest,
};
use brink_shared::id::{FunctionName, VersionId};
use brink_shared::registry::distribution::FunctionRef;
use brink_shared::registry::{DistributionRecord, FunctionVersion};
use brink_shared::wire::{self, Failure, FailureKind, Payload, Run, UnixMillis, Verdict};

use super::elsewhere::{Place, Request};
use super::request::read;
use super::{Admin, from_store, progress};
use crate::pending::{Event, trigger_max};
use crate::run;

/// How long an event may wait for its sandbox, in addition to its longest run.
const WAIT_MAX: Duration = Duration::from_secs(15);

impl Admin {
    pub(super) async fn list_functions(&self) -> Result<Vec<FunctionSummary>, AdminError> {
        let store = self.store().await?;
        let (versions, distributions) = store.all().await.map_err(from_store)?;
        let mut by_name: BTreeMap<FunctionName, Vec<FunctionVersion>> = BTreeMap::new();
        for version in versions {
            let name = version.version.function.clone();
            by_name.entry(name).or_default().push(version);
        }
        Ok(by_name
            .into_iter()
            .map(|(name, versions)| summary(name, versions, &distributions))
            .collect())
    }

    pub(super) async fn show_function(&self, body: &[u8]) -> Result<FunctionSummary, AdminError> {
        let query: FunctionQuery = read(body)?;
        let versions = self.versions(&query.function).await?;
        let store = self.store().await?;
        let distributions = store.distributions().await.map_err(from_store)?;
        Ok(summary(query.function.function, versions, &distributions))
    }

    /// Deletes one version or all versions of a function, and returns the deleted ones. If any of
    /// them is in use, all stay.
    pub(super) async fn delete_function(&self, body: &[u8]) -> Result<Vec<VersionId>, AdminError> {
        let query: FunctionQuery = read(body)?;
        let FunctionRef { function, number } = &query.function;
        progress::step(format!("deleting {}", query.function));
        let store = self.store().await?;
        store.delete_versions(function, *number).await.map_err(from_store)
    }

    pub(super) async fn invoke_function(
        &self,
        whole: &Request<'_>,
    ) -> Result<InvokeReport, AdminError> {
        let request: InvokeRequest = read(whole.body)?;
        let versions = self.versions(&request.function).await?;
        let newest = versions.into_iter().max_by_key(|v| v.version.number);
        let newest = newest.ok_or_else(|| unknown(&request.function))?;
        if let Place::At(node) = self.place(whole, newest.settings.runtime).await? {
            return self.pass_on(whole, &node).await;
        }
        let version = newest.version;
        let trigger = Event::trigger_of(&request.event);
        let text = serde_json::to_vec(&request.event)
            .map_err(|error| AdminError::new(format!("the event is not JSON: {error}")))?;
        let timeout = trigger_max(trigger);
        let event = Event {
            request_id: request_id(&request.event),
            trigger,
            timeout,
            within: timeout + WAIT_MAX,
            payload: Payload::Json(text.into()),
            fresh: false,
        };
        progress::step(format!("running the event in {version}"));
        let run = run::Run(version.clone(), event);
        let ended = self.runner.send(run).await;
        let ended = ended.map_err(|_| run::Stopping).flatten();
        let ended = ended.map_err(|error| AdminError::new(error.to_string()))?;
        let Ok(ended) = ended.await else {
            return Err(AdminError::new(format!("the event for {version} was lost")));
        };
        Ok(match ended.verdict {
            Verdict::Returned { value, run } => match wire::decode_value(&value) {
                Ok(value) => InvokeReport::returned(value, ended.logs, run),
                Err(error) => return Err(AdminError::new(format!("unreadable value: {error}"))),
            },
            Verdict::Failed { failure, run } => InvokeReport::failed(failure, ended.logs, run),
            Verdict::Busy
            | Verdict::Retired
            | Verdict::Lost
            | Verdict::Claimed
            | Verdict::ClaimCheck { .. } => {
                InvokeReport::failed(no_capacity(&version), ended.logs, Run::default())
            }
        })
    }

    /// The versions that the query names, oldest first. There is at least one.
    async fn versions(&self, wanted: &FunctionRef) -> Result<Vec<FunctionVersion>, AdminError> {
        let store = self.store().await?;
        let mut versions = store.versions().await.map_err(from_store)?;
        versions.retain(|version| {
            version.version.function == wanted.function
                && wanted.number.is_none_or(|n| n == version.version.number)
        });
        versions.sort_by_key(|version| version.version.number);
        if versions.is_empty() {
            return Err(unknown(wanted));
        }
        Ok(versions)
    }
}

fn unknown(function: &FunctionRef) -> AdminError {
    AdminError::new(format!("function {function} is not published"))
}

fn no_capacity(version: &VersionId) -> Failure {
    Failure {
        kind: FailureKind::Limit,
        error_type: "TooManyRequestsException".to_owned(),
        message: format!("this worker has no capacity for {version} now"),
        stack: Vec::new(),
    }
}

/// The event's own id, or one that says where the event came from.
fn request_id(event: &serde_json::Value) -> String {
    let own = event.pointer("/Records/0/cf/config/requestId");
    own.and_then(serde_json::Value::as_str)
        .map_or_else(|| format!("invoke-{}", UnixMillis::now().0), str::to_owned)
}

/// Leaves out sealed values, because only workers need them.
fn summary(
    name: FunctionName,
    mut versions: Vec<FunctionVersion>,
    distributions: &[DistributionRecord],
) -> FunctionSummary {
    versions.iter_mut().for_each(|version| version.sealed.clear());
    let of_function = versions.as_slice();
    let used_by = distributions
        .iter()
        .flat_map(|record| {
            let id = &record.distribution.id;
            let associations = record.distribution.associations();
            associations.filter_map(move |(path, _, association)| {
                let version = association.function.version()?;
                let named = of_function.iter().any(|v| v.version == version);
                named.then(|| format!("{id} {path}"))
            })
        })
        .collect();
    FunctionSummary { name, versions, used_by }
}
