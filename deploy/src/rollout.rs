//! Brings a project to a running edge: publishes changed functions, and applies the distribution.
//!
//! `dev` and `up` both do it, at the start and after every change. A function is published only if
//! its files or settings differ from the live version. If a function is rejected, nothing is
//! applied, and the edge goes on as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brink_shared::admin::{
    Applied, Apply, FunctionSummary, Invalidate, ListQuery, PublishedVersion,
};
use brink_shared::id::{DistributionId, FunctionName, VersionId};
use brink_shared::registry::bundle::BundleError;
use brink_shared::registry::distribution::OriginPlace;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::mirror::Mirror;
use brink_shared::registry::store::{Retention, Store};
use brink_shared::registry::{BundleDigest, Distribution, Runtime};
use serde_json::Value;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::bundle_files::{self, NODE_MODULES};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::distribution::warn;
use crate::project::{Project, ProjectFunction, with_newest};
use crate::secrets::SecretSource;
use crate::watch::BESIDE;
use crate::{origin, rejected, site, source_maps};

/// How long the registry may take to show an applied distribution.
const MIRRORED_WITHIN: Duration = Duration::from_secs(10);

/// Versions of each function, and revisions of the distribution, that are kept.
const KEEP: usize = 5;

/// A project on an edge.
pub struct Rollout {
    client: Client,
    mirror: Arc<Mirror>,
    live: BTreeMap<FunctionName, Live>,
    applied: Option<Applied>,
    distribution: Option<Distribution>,
    secrets: SecretSource,
    retention: Retention,
    servers: Servers,
    /// Files that functions of a single file import, and folders of linked packages.
    sources: BTreeSet<PathBuf>,
    /// Debuggers read the files, and find source maps only within them.
    is_inspected: bool,
}

/// The version of a function on the edge.
struct Live {
    bundle: BundleDigest,
    settings: FunctionSettings,
    version: VersionId,
    /// The function in the project that gave this version; none if it is not known to do so now.
    from: Option<ProjectFunction>,
    /// The folders of packages that are linked into its `node_modules`.
    linked: BTreeSet<PathBuf>,
}

/// The result of a rollout.
#[derive(Debug, Default)]
pub struct Changed {
    /// New versions.
    pub published: Vec<VersionId>,
    /// The distribution's new revision, if its document differs.
    pub applied: Option<Applied>,
}

/// Servers of folders, and the bundled origin. They run until this is stopped.
struct Servers {
    folders: BTreeMap<PathBuf, SocketAddr>,
    origin: Option<SocketAddr>,
    running: JoinSet<()>,
    stop: CancellationToken,
}

// === impl Rollout ===

impl Rollout {
    /// Nothing is rolled out yet. `mirror` tells when the registry has the applied distribution.
    /// Bundles without a version are removed when they are older than `upload_age`.
    pub fn new(
        client: Client,
        mirror: Arc<Mirror>,
        secrets: SecretSource,
        upload_age: Duration,
    ) -> Self {
        let servers = Servers {
            folders: BTreeMap::new(),
            origin: None,
            running: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        Self {
            client,
            mirror,
            live: BTreeMap::new(),
            applied: None,
            distribution: None,
            secrets,
            retention: Retention { keep: KEEP, older_than: Duration::ZERO, upload_age },
            servers,
            sources: BTreeSet::new(),
            is_inspected: false,
        }
    }

    /// The same for functions that are debugged.
    pub fn inspected(self, is_inspected: bool) -> Self {
        Self { is_inspected, ..self }
    }

    /// Reads the newest version of each function in the registry, so unchanged functions are not
    /// published again. Functions with secrets are published again, because it is not known whether
    /// their values are the same. Waits for a worker that can answer.
    pub async fn recall(&mut self) -> Result<(), CommandError> {
        let known: Vec<FunctionSummary> =
            self.client.list_when_there("function", "list", ListQuery::default()).await?;
        for PublishedVersion { version, settings, bundle, .. } in
            known.into_iter().map(|function| function.newest)
        {
            if !settings.secrets.is_empty() {
                continue;
            }
            let (from, linked) = (None, BTreeSet::new());
            let live = Live { bundle, settings, version: version.clone(), from, linked };
            self.live.insert(version.function, live);
        }
        Ok(())
    }

    /// Publishes changed functions, and applies the distribution if it changed. All functions are
    /// tried, so one error names all mistakes. `paths` are the files that have changed since the last
    /// time; none if any may have changed.
    pub async fn roll(
        &mut self,
        project: &Project,
        paths: Option<&BTreeSet<PathBuf>>,
    ) -> Result<Changed, CommandError> {
        let mut changed = Changed::default();
        let mut rejected = Vec::new();
        for (name, function) in &project.functions {
            let live = self.live.get(name);
            if live.is_some_and(|live| live.is_current(function, paths)) {
                continue;
            }
            match self.publish(name, function).await {
                Ok(published) => changed.published.extend(published),
                Err(error) => {
                    rejected.push(format!("{name}: {error}"));
                    // Its files may be read again without a change.
                    self.live.entry(name.clone()).and_modify(|live| live.from = None);
                }
            }
        }
        if !rejected.is_empty() {
            self.prune().await;
            return Err(CommandError::failed(rejected.join("\n")));
        }
        let distribution = self.place(project)?;
        if self.distribution.as_ref() != Some(&distribution) {
            // An escaped slash in a path finds no file in a folder.
            warn(&distribution, &|origin| !project.folders.contains_key(origin));
            changed.applied = Some(self.apply(distribution).await?);
        }
        if !changed.published.is_empty() || changed.applied.is_some() {
            self.prune().await;
        }
        Ok(changed)
    }

    /// Keeps only the last few versions, because every save of a file makes one.
    async fn prune(&self) {
        let pruned = async {
            Store::open(self.client.bus().clone()).await?.prune(self.retention, false).await
        };
        if let Err(error) = pruned.await {
            tracing::warn!(%error, "cannot remove old versions");
        }
        // Large bundles came and went, in `dev` all of them in this process.
        if spawn_blocking(brink_shared::heap::give_back).await.is_err() {
            tracing::debug!("freed memory is not given back to the system");
        }
    }

    /// Makes every gateway drop its cached objects of the distribution.
    pub async fn drop_cached(&self) -> Result<(), CommandError> {
        let Some(applied) = &self.applied else {
            return Ok(());
        };
        let request = Invalidate { id: applied.id.clone(), paths: vec!["/*".to_owned()] };
        let _done: Value = self.client.ask("cache", "invalidate", &request).await?;
        Ok(())
    }

    /// The files that functions of a single file import, and the folders of linked packages.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().map(PathBuf::as_path)
    }

    /// The live version of every function.
    pub fn versions(&self) -> impl Iterator<Item = &VersionId> {
        self.live.values().map(|live| &live.version)
    }

    /// The applied distribution and its revision.
    pub fn applied(&self) -> Option<(&Distribution, u64)> {
        self.distribution.as_ref().zip(self.applied.as_ref().map(|applied| applied.revision))
    }

    /// The connection to the edge.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Stops the servers of folders and the bundled origin.
    pub async fn stop(mut self) {
        self.servers.stop.cancel();
        while self.servers.running.join_next().await.is_some() {}
    }

    async fn publish(
        &mut self,
        name: &FunctionName,
        function: &ProjectFunction,
    ) -> Result<Option<VersionId>, CommandError> {
        let (source, handler) = (function.source.clone(), function.settings.handler.clone());
        let runtime = function.settings.runtime.runtime;
        let is_inspected = self.is_inspected;
        // Reading and hashing a large bundle must not delay the edge, which runs in this process in
        // `dev`.
        let read = move || {
            let mut files =
                bundle_files::read(&source, runtime, &handler).map_err(CommandError::failed)?;
            if is_inspected && runtime == Runtime::Nodejs {
                files.bundle = source_maps::inline(files.bundle);
            }
            let digest = files.bundle.digest();
            let digest = digest.map_err(|error: BundleError| CommandError::failed(error))?;
            Ok::<_, CommandError>((files, digest))
        };
        let (files, digest) = spawn_blocking(read).await.map_err(CommandError::failed)??;
        self.sources.extend(files.sources.iter().chain(&files.linked).cloned());
        let settings =
            FunctionSettings { handler: files.handler.clone(), ..function.settings.clone() };
        if let Some(live) = self.live.get_mut(name)
            && live.bundle == digest
            && live.settings == settings
        {
            live.from = Some(function.clone());
            live.linked = files.linked;
            return Ok(None);
        }
        files.tell();
        let (kept, bundle) = (settings.clone(), files.bundle.clone());
        let rejected = spawn_blocking(move || rejected::reject(&kept, &bundle)).await;
        rejected.map_err(CommandError::failed)??;
        let secrets = self.secrets.values(&settings.secrets).map_err(CommandError::usage)?;
        let published =
            self.client.publish(name, &settings, &files.bundle, &secrets, Vec::new()).await;
        let published =
            published.map_err(|error| match rejected::advice(&settings, &error.text) {
                Some(advice) => {
                    CommandError { text: format!("{}\n({advice})", error.text), ..error }
                }
                None => error,
            })?;
        published.newer.iter().for_each(|warning| rejected::warn(&format!("{name}: {warning}")));
        let version = published.version;
        let from = Some(function.clone());
        let linked = files.linked;
        let live = Live { bundle: digest, settings, version: version.clone(), from, linked };
        self.live.insert(name.clone(), live);
        Ok(Some(version))
    }

    /// The distribution as it is applied: functions with numbers, folders with addresses.
    fn place(&mut self, project: &Project) -> Result<Distribution, CommandError> {
        if let Some(address) = project.origin {
            self.servers.serve_origin(address)?;
        }
        let newest = |name: &FunctionName| self.live.get(name).map(|live| live.version.number);
        let mut distribution = with_newest(&project.distribution, newest);
        for (origin, folder) in &project.folders {
            let address = self.servers.serve_folder(folder)?;
            if let Some(origin) = distribution.origins.get_mut(origin) {
                let url = format!("http://{address}").parse();
                let url = url.map_err(|error: String| CommandError::failed(error))?;
                origin.place = OriginPlace::Url(url);
            }
        }
        Ok(distribution)
    }

    async fn apply(&mut self, distribution: Distribution) -> Result<Applied, CommandError> {
        let request = Apply { distribution: distribution.clone(), if_revision: None };
        let applied: Applied = self.client.ask("distribution", "apply", &request).await?;
        self.distribution = Some(distribution);
        self.applied = Some(applied.clone());
        self.wait_mirrored(&applied.id, applied.revision).await?;
        Ok(applied)
    }

    async fn wait_mirrored(&self, id: &DistributionId, revision: u64) -> Result<(), CommandError> {
        let mut changes = self.mirror.changes();
        let there = changes.wait_for(|snapshot| {
            let record = snapshot.distributions.get(id);
            record.is_some_and(|record| record.revision >= revision)
        });
        match tokio::time::timeout(MIRRORED_WITHIN, there).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(CommandError::failed(format!(
                "{id} was applied, but the registry does not show revision {revision}"
            ))),
        }
    }
}

// === impl Live ===

impl Live {
    /// True if no change to these files can have changed the function. So a folder with thousands of
    /// files is not read again because another file was saved.
    fn is_current(&self, function: &ProjectFunction, paths: Option<&BTreeSet<PathBuf>>) -> bool {
        let Some(paths) = paths else { return false };
        // A single file has the files that it imports, wherever they are.
        let Ok(folder) = function.source.canonicalize() else { return false };
        let may_belong = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // A folder above it stands for everything in it.
            let is_of = |folder: &PathBuf| path.starts_with(folder) || folder.starts_with(path);
            is_of(&folder)
                || self.linked.iter().any(is_of)
                || BESIDE.contains(&name)
                || path.components().any(|part| part.as_os_str() == NODE_MODULES)
        };
        self.from.as_ref() == Some(function) && folder.is_dir() && !paths.iter().any(may_belong)
    }
}

// === impl Servers ===

impl Servers {
    fn serve_folder(&mut self, folder: &PathBuf) -> Result<SocketAddr, CommandError> {
        if let Some(address) = self.folders.get(folder) {
            return Ok(*address);
        }
        let (listener, address) = site::listen().map_err(CommandError::failed)?;
        let serving = site::serve(listener, folder.clone(), self.stop.clone());
        self.running.spawn_local(log_end(serving));
        self.folders.insert(folder.clone(), address);
        Ok(address)
    }

    fn serve_origin(&mut self, address: SocketAddr) -> Result<(), CommandError> {
        if self.origin == Some(address) {
            return Ok(());
        }
        let listener = std::net::TcpListener::bind(address).map_err(|error| {
            CommandError::failed(format!("the bundled origin cannot listen on {address}: {error}"))
        })?;
        self.running.spawn_local(log_end(origin::serve(listener, self.stop.clone())));
        self.origin = Some(address);
        Ok(())
    }
}

async fn log_end(serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!("an origin of the project ended: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_that_may_belong_to_a_folder_has_it_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for folder in ["function/lib", "site", "node_modules/x"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        std::fs::write(root.join("single.js"), "").unwrap();
        let of = |source: &str| ProjectFunction {
            source: root.join(source),
            settings: FunctionSettings::default(),
        };
        let live = |from: Option<ProjectFunction>| Live {
            bundle: "0".repeat(64).parse().unwrap(),
            settings: FunctionSettings::default(),
            version: "f:1".parse().unwrap(),
            from,
            linked: BTreeSet::from([root.join("packages/words")]),
        };
        let (function, single) = (of("function"), of("single.js"));
        let is_current = |live: &Live, function: &ProjectFunction, path: &str| {
            live.is_current(function, Some(&BTreeSet::from([root.join(path)])))
        };
        let known = live(Some(function.clone()));
        assert!(is_current(&known, &function, "site/index.html"));
        assert!(is_current(&known, &function, "brink.toml"));
        assert!(is_current(&known, &function, "packages/other/a.js"));
        for path in [
            "function/lib/a.js",
            "function",
            "",
            "package.json",
            "node_modules/x/a.js",
            "packages/words/lib/a.js",
        ] {
            assert!(!is_current(&known, &function, path), "{path}");
        }
        assert!(!known.is_current(&function, None));
        // The project has other settings for it, or other files.
        let mut changed = function.clone();
        changed.settings.memory_mb += 1;
        assert!(!is_current(&known, &changed, "brink.toml"));
        assert!(!is_current(&known, &of("site"), "brink.toml"));
        // It was rejected the last time, or has files elsewhere.
        assert!(!is_current(&live(None), &function, "site/index.html"));
        assert!(!is_current(&live(Some(single.clone())), &single, "site/index.html"));
    }
}
