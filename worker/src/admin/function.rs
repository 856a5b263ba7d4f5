//! `function.list`, `show`, `invoke`, `delete`.

use std::collections::HashMap;
use std::time::Duration;

use brink_shared::admin::{
    AdminError, FunctionDetails, FunctionQuery, FunctionSummary, InvokeReport, InvokeRequest,
    ListQuery, Page, PublishedVersion,
};
use brink_shared::bus::Message;
use brink_shared::id::{FunctionName, VersionId};
use brink_shared::identity::Verb;
use brink_shared::registry::distribution::FunctionRef;
use brink_shared::registry::store::ListedFunction;
use brink_shared::registry::{DistributionRecord, FunctionVersion};
use brink_shared::wire::{self, Failure, FailureKind, Payload, Run, UnixMillis, Verdict};

use super::elsewhere::Place;
use super::request::{Request, read};
use super::{Admin, from_store, progress};
use crate::pending::{Event, trigger_max};
use crate::run;

/// How long an event may wait for its sandbox, in addition to its longest run.
const WAIT_MAX: Duration = Duration::from_secs(15);

impl Admin {
    pub(super) async fn list_functions(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<Page<FunctionSummary>, AdminError> {
        let query: ListQuery = read(body)?;
        let listing = self.store().await?.listing().await.map_err(from_store)?;
        let uses = Uses::of(&listing.distributions());
        let functions = listing.functions_after(query.marker.as_deref()).map(|listed| {
            let ListedFunction { name, versions, newest } = listed;
            let used_by = uses.of_versions(&name, &versions);
            let newest = self.shown(message, newest).into();
            FunctionSummary { name, versions: versions.len(), newest, used_by }
        });
        Ok(self.page(&query, functions, |function| function.name.to_string()))
    }

    pub(super) async fn show_function(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<FunctionDetails, AdminError> {
        let query: FunctionQuery = read(body)?;
        let versions = self.versions(&query.function).await?;
        let distributions = self.store().await?.distributions().await.map_err(from_store)?;
        let numbers: Vec<u32> = versions.iter().map(|version| version.version.number).collect();
        let name = query.function.function;
        let used_by = Uses::of(&distributions).of_versions(&name, &numbers);
        let versions = versions.into_iter().map(|version| self.shown(message, version));
        let versions = versions.map(PublishedVersion::from).collect();
        Ok(FunctionDetails { name, versions, used_by })
    }

    /// The version without the names of its secrets, if the sender may not see them.
    fn shown(&self, message: &Message, mut version: FunctionVersion) -> FunctionVersion {
        if !self.may(message, Verb::Secrets, version.version.function.as_str()) {
            version.settings.secrets.clear();
        }
        version
    }

    /// Deletes one version or all versions of a function, and returns the deleted ones. If any of
    /// them is in use, all stay.
    pub(super) async fn delete_function(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<Vec<VersionId>, AdminError> {
        let query: FunctionQuery = read(body)?;
        let FunctionRef { function, number } = &query.function;
        self.check(message, Verb::Delete, function.as_str())?;
        progress::step(format!("deleting {}", query.function));
        let store = self.store().await?;
        store.delete_versions(function, *number).await.map_err(from_store)
    }

    pub(super) async fn invoke_function(
        &self,
        whole: &Request<'_>,
    ) -> Result<InvokeReport, AdminError> {
        let request: InvokeRequest = read(whole.body)?;
        self.check(whole.message, Verb::Invoke, request.function.function.as_str())?;
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

/// The triggers that name each version, as `id behaviors[0].functions.viewer-request`.
struct Uses(HashMap<VersionId, Vec<String>>);

// === impl Uses ===

impl Uses {
    fn of(distributions: &[DistributionRecord]) -> Self {
        let mut places: HashMap<VersionId, Vec<String>> = HashMap::new();
        for record in distributions {
            let id = &record.distribution.id;
            for (path, _, association) in record.distribution.associations() {
                if let Some(version) = association.function.version() {
                    places.entry(version).or_default().push(format!("{id} {path}"));
                }
            }
        }
        Self(places)
    }

    fn of_versions(&self, name: &FunctionName, numbers: &[u32]) -> Vec<String> {
        let ids =
            numbers.iter().map(|number| VersionId { function: name.clone(), number: *number });
        ids.filter_map(|id| self.0.get(&id)).flatten().cloned().collect()
    }
}
