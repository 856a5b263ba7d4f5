//! `function.publish`: tries a version, and stores it if it starts.
//!
//! As with Lambda's `PublishVersion`, publishing the same code and settings again makes no new
//! version. So a client that did not learn how its request ended can send it again.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;

use brink_shared::admin::{
    AdminError, FileContent, Publish, Published, TRIAL_EVENTS_MAX, WARNINGS_MAX, answer_later,
};
use brink_shared::bus::Message;
use brink_shared::event::event_from_json;
use brink_shared::id::FunctionName;
use brink_shared::identity::Verb;
use brink_shared::limits;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::role::HostPattern;
use brink_shared::registry::store::{StoreError, encode_bundle};
use brink_shared::registry::{Bundle, BundleDigest, FunctionVersion, Problem, Uploads};
use brink_shared::secret::{OpenError, SECRETS_MAX, SealedSecrets, Secrets};
use brink_shared::wire::{Failure, Payload};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::elsewhere::Place;
use super::request::{Request, read};
use super::{Admin, from_library, from_store, progress};
use crate::absent_modules;
use crate::interpreters::Chosen;
use crate::library::LibraryError;
use crate::runner::Runner;

/// The advice if it is not known how publishing ended.
const AGAIN: &str = "Publish it again: if the version exists, no other one is made";

/// Most bytes of all environment variables together: AWS Lambda's quota.
const ENV_MAX: usize = 4 * 1024;

impl Admin {
    async fn uploads(&self) -> Result<Uploads, AdminError> {
        let opened = Uploads::open(self.shared.bus.clone()).await;
        opened.map_err(|error| from_store(error.into()))
    }

    /// The size of a bundle that is stored, or that a person has uploaded.
    async fn size_of(&self, digest: &BundleDigest) -> Result<Option<u64>, AdminError> {
        let stored = self.store().await?.bundle_size(digest).await.map_err(from_store)?;
        match (stored, self.shared.bus.identity()) {
            (None, Some(_)) => self.uploads().await?.size(digest).await.map_err(from_store),
            _ => Ok(stored),
        }
    }

    /// A bundle that is stored, or that a person has uploaded.
    async fn stored_or_uploaded(&self, digest: &BundleDigest) -> Result<Bundle, AdminError> {
        match (self.shared.library.bundle(digest).await, self.shared.bus.identity()) {
            (Err(LibraryError::Store(StoreError::NoBundle(_))), Some(_)) => {
                self.uploads().await?.get(digest).await.map_err(from_store)
            }
            (bundle, _) => bundle.map_err(from_library),
        }
    }

    /// An error if the sender names a bundle that it may not know. It may name those of functions
    /// that it may publish, and those whose bytes it has uploaded: everybody who may look sees the
    /// digests of all bundles, and a published function can show its files.
    async fn check_bundle(
        &self,
        message: &Message,
        digest: &BundleDigest,
    ) -> Result<(), AdminError> {
        if message.sender.as_ref().is_none_or(|sender| !sender.is_restricted) {
            return Ok(());
        }
        let listing = self.store().await?.listing().await.map_err(from_store)?;
        let may_publish = |version: &FunctionVersion| {
            let name = version.version.function.as_str();
            version.bundle == *digest && self.may(message, Verb::Publish, name)
        };
        if listing.versions().iter().any(may_publish) {
            return Ok(());
        }
        self.uploads().await?.get(digest).await.map(drop).map_err(from_store)
    }

    /// Removes an upload that is stored now. If this fails, the publication of a later upload
    /// removes it, or the bus.
    async fn forget_upload(&self, digest: &BundleDigest) {
        let removed = async { self.uploads().await?.remove(digest).await.map_err(from_store) };
        if let Err(error) = removed.await {
            tracing::warn!(%error, "an upload could not be removed");
        }
    }

    pub(super) async fn publish(&self, whole: &Request<'_>) -> Result<Published, AdminError> {
        // Reading a large request takes a while. The events of other functions must go on
        // meanwhile.
        let body = whole.body.clone();
        let read = spawn_blocking(move || read_files(&body)).await;
        let (request, unpacked) =
            read.map_err(|_| AdminError::new("this worker is stopping"))??;
        let Publish { name, settings, bundle, events, secrets: sealed, .. } = request;
        self.check(whole.message, Verb::Publish, name.as_str())?;
        if events.len() > TRIAL_EVENTS_MAX {
            let why = format!("{} events; a trial takes at most {TRIAL_EVENTS_MAX}", events.len());
            return Err(AdminError::new(why));
        }
        let mut problems = problems(&settings);
        problems.extend(unmatched(&settings, &sealed));
        if !problems.is_empty() {
            return Err(AdminError {
                message: format!("function {name} cannot be published with these settings"),
                problems,
            });
        }
        if let Some(digest) = &bundle {
            self.check_bundle(whole.message, digest).await?;
            let size = self.size_of(digest).await?;
            progress::take_longer(answer_later(size.unwrap_or_default()));
        }
        let chosen = match self.place(whole, settings.runtime).await? {
            Place::Here(chosen) => chosen,
            Place::At(node) => return self.pass_on(whole, &node).await,
        };
        let secrets = self.open(&name, &sealed)?;
        let store = self.store().await?;
        progress::step(format!("reading the files of {name}"));
        let (bundle, stored) = match (unpacked, bundle) {
            (Some(bundle), None) => (bundle, None),
            (None, Some(digest)) => (self.stored_or_uploaded(&digest).await?, Some(digest)),
            _ => return Err(AdminError::new("give either `files` or `bundle`")),
        };
        let fits = bundle.check_for(settings.runtime.runtime);
        fits.map_err(|error| AdminError::new(format!("function {name}: {error}")))?;
        let size = bundle.size();
        progress::step(format!("starting {name} in a trial"));
        let init_us = self.try_out(&name, &settings, secrets, bundle.clone(), &events).await?;
        progress::step(format!("searching {name} for modules that cannot work"));
        let warnings = shortened(self.absent(&settings, bundle.clone()).await);
        progress::step(format!("looking for a version of {name} that is the same"));
        let (digest, encoded) = match stored {
            Some(digest) => (digest, None),
            None => {
                let (digest, bytes) = encode_bundle(&bundle).await.map_err(from_store)?;
                (digest, Some(bytes))
            }
        };
        let newest = store.newest_version(&name).await.map_err(from_store)?;
        if let Some(newest) = newest.filter(|newest| newest.bundle == digest)
            && newest.settings == settings
            && self.are_the_same(&name, &newest.sealed, &sealed)
        {
            store.restore_bundle(&digest, &bundle).await.map_err(from_store)?;
            return Ok(published(newest, true, init_us, warnings, chosen));
        }
        progress::step(format!("storing the bundle of {name}"));
        let uploaded = encoded.is_none() && self.shared.bus.identity().is_some();
        match encoded {
            Some(bytes) => store.put_encoded(&digest, bytes).await,
            None => store.keep_bundle(&digest, &bundle).await,
        }
        .map_err(from_store)?;
        if uploaded {
            self.forget_upload(&digest).await;
        }
        progress::step(format!(
            "making the next version of {name}; it may have been published. {AGAIN}"
        ));
        let added = store.add_version(&name, settings, digest, size, sealed).await;
        let added = added.map_err(|error| match error {
            error @ StoreError::Unclear { .. } => AdminError::new(format!("{error}. {AGAIN}")),
            error => from_store(error),
        })?;
        // Pruning may have removed the bundle before it could see that this version has it.
        store.keep_bundle(&added.bundle, &bundle).await.map_err(|error| {
            AdminError::new(format!(
                "{} was published, but it is not certain that its files are stored: {error}. \
                 {AGAIN}",
                added.version
            ))
        })?;
        Ok(published(added, false, init_us, warnings, chosen))
    }

    /// True if sealed secrets have the same values. Sealing a value gives other bytes each time.
    fn are_the_same(
        &self,
        name: &FunctionName,
        one: &SealedSecrets,
        other: &SealedSecrets,
    ) -> bool {
        // A value that this worker cannot open any more is replaced by this publication.
        let open = |sealed| self.shared.secrets.try_open(name, sealed);
        match (open(one), open(other)) {
            (Ok(one), Ok(other)) => {
                one.len() == other.len()
                    && one.iter().all(|(name, value)| {
                        other.get(name).is_some_and(|other| other.expose() == value.expose())
                    })
            }
            _ => false,
        }
    }

    /// The function's secrets, for its trial.
    fn open(&self, name: &FunctionName, sealed: &SealedSecrets) -> Result<Secrets, AdminError> {
        let secrets = self.shared.secrets.secrets_of(name, sealed).map_err(|error| {
            let remedy = match error {
                OpenError::OtherKey { .. } => {
                    "; workers of a cluster have to share one key, see `brink status`"
                }
                _ => "",
            };
            let detail = format!("{error}{remedy}");
            AdminError::with_detail(format!("the secrets of {name} cannot be opened"), detail)
        })?;
        let bytes: usize = secrets.values().map(|value| value.expose().len()).sum();
        if bytes > SECRETS_MAX {
            let why =
                format!("the secrets have {bytes} bytes together; the limit is {SECRETS_MAX}");
            return Err(AdminError::new(why));
        }
        Ok(secrets)
    }

    /// Starts the function in a sandbox of its own, under its own limits, and has it answer these
    /// events.
    async fn try_out(
        &self,
        name: &FunctionName,
        settings: &FunctionSettings,
        secrets: Secrets,
        bundle: Bundle,
        events: &[Value],
    ) -> Result<u64, AdminError> {
        let runner = Runner::start(&self.sandbox, name.as_str(), settings, secrets, bundle)
            .await
            .map_err(|failure| does_not_start(name, &failure))?;
        let init_us = runner.init_us();
        let mut answered = Ok(());
        for (index, event) in events.iter().enumerate() {
            answered = try_event(&runner, settings.timeout, index, event).await;
            if answered.is_err() {
                break;
            }
        }
        runner.stop().await;
        answered.map(|()| init_us)
    }

    /// Warnings about the modules that the bundle uses and that cannot work in a sandbox.
    async fn absent(&self, settings: &FunctionSettings, bundle: Bundle) -> Vec<String> {
        let (program, runtime) = (&self.sandbox, settings.runtime.runtime);
        let found = absent_modules::find(program, runtime, bundle, settings.memory_mb).await;
        found.unwrap_or_else(|error| {
            vec![format!("not searched for modules that cannot work in a sandbox: {error}")]
        })
    }
}

fn published(
    version: FunctionVersion,
    unchanged: bool,
    init_us: u64,
    warnings: Vec<String>,
    chosen: Chosen,
) -> Published {
    let FunctionVersion { version, bundle, .. } = version;
    let Chosen { interpreter, warning } = chosen;
    let interpreter = interpreter.map(|interpreter| interpreter.name());
    Published { version, bundle, init_us, warnings, unchanged, interpreter, newer: warning }
}

async fn try_event(
    runner: &Runner,
    timeout: Duration,
    index: usize,
    event: &Value,
) -> Result<(), AdminError> {
    let read = event_from_json(event)
        .map_err(|error| AdminError::with_detail(format!("events[{index}]"), error.to_string()))?;
    let payload = Payload::Json(event.to_string().into());
    let invoked = runner.invoke(payload, format!("trial-{}", index + 1), timeout, false).await;
    invoked.value(Some(&read)).map(drop).map_err(|Failure { error_type, message, .. }| {
        let message = format!("{error_type}: {message}");
        AdminError::with_detail(format!("events[{index}] is not answered well"), message)
    })
}

fn does_not_start(name: &FunctionName, failure: &Failure) -> AdminError {
    let Failure { error_type, message, stack, .. } = failure;
    let mut text = format!("{error_type}: {message}");
    for frame in stack {
        text.push_str("\n    at ");
        text.push_str(frame.trim_start().trim_start_matches("at "));
    }
    AdminError::with_detail(format!("function {name} does not start"), text)
}

/// Reads a request, and its files if it has any.
fn read_files(body: &[u8]) -> Result<(Publish, Option<Bundle>), AdminError> {
    let mut request: Publish = read(body)?;
    let files = std::mem::take(&mut request.files);
    let unpacked = (!files.is_empty()).then(|| unpack(files)).transpose()?;
    Ok((request, unpacked))
}

fn unpack(files: BTreeMap<String, FileContent>) -> Result<Bundle, AdminError> {
    let mut unpacked = BTreeMap::new();
    for (path, content) in files {
        let bytes = match content {
            FileContent::Text(text) => Bytes::from(text),
            FileContent::Base64 { base64 } => match BASE64.decode(base64.as_bytes()) {
                Ok(bytes) => bytes.into(),
                Err(error) => {
                    let why = format!("file {path:?} is not base64: {error}");
                    return Err(AdminError::new(why));
                }
            },
        };
        unpacked.insert(path, bytes);
    }
    Bundle::new(unpacked).map_err(|error| AdminError::new(error.to_string()))
}

/// Most warnings in one answer.
fn shortened(mut warnings: Vec<String>) -> Vec<String> {
    let more = warnings.len().saturating_sub(WARNINGS_MAX - 1);
    if more > 1 {
        warnings.truncate(WARNINGS_MAX - 1);
        warnings.push(format!("and {more} more of this kind"));
    }
    warnings
}

/// All problems of the settings.
fn problems(settings: &FunctionSettings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |path: &str, message: String| {
        let path = format!("settings.{path}");
        problems.push(Problem { path, message });
    };
    limits::problems(&settings.chosen())
        .into_iter()
        .for_each(|found| wrong(&found.path, found.message));
    let parts = settings.handler.rsplit_once('.');
    if !parts.is_some_and(|(file, export)| !file.is_empty() && !export.is_empty()) {
        let message = format!("{:?} is not FILE.EXPORT, as index.handler is", settings.handler);
        wrong("handler", message);
    }
    let env: usize = settings.env.iter().map(|(k, v)| k.len() + v.len()).sum();
    if env > ENV_MAX {
        let message = format!("the variables have {env} bytes together; the limit is {ENV_MAX}");
        wrong("env", message);
    }
    for name in settings.secrets.iter().filter(|name| settings.env.contains_key(name.as_str())) {
        let message = "a variable in `env` has the name of a secret; choose one of them";
        wrong(&format!("env.{name}"), message.to_owned());
    }
    if let Some(role) = &settings.role {
        for found in role.rules.limits.problems() {
            wrong(&format!("role.limits.{}", found.path), found.message);
        }
        role.problems(&settings.chosen(), &settings.egress)
            .into_iter()
            .for_each(|found| wrong(&found.path, found.message));
    }
    for (at, host) in settings.egress.iter().enumerate() {
        if let Err(error) = host.parse::<HostPattern>() {
            wrong(&format!("egress[{at}]"), error.to_string());
        }
    }
    problems
}

/// Problems of the secrets: settings that name a secret without a value, and values that the
/// settings do not name.
fn unmatched(settings: &FunctionSettings, sealed: &SealedSecrets) -> Vec<Problem> {
    let missing = settings.secrets.iter().filter(|name| !sealed.contains_key(name));
    let missing = missing.map(|name| Problem {
        path: "settings.secrets".to_owned(),
        message: format!("{name} has no value: give it when publishing, --secret {name}"),
    });
    let unnamed = sealed.keys().filter(|name| !settings.secrets.contains(name));
    let unnamed = unnamed.map(|name| Problem {
        path: format!("secrets.{name}"),
        message: "it is not among `settings.secrets`".to_owned(),
    });
    missing.chain(unnamed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_the_settings_is_found_at_once() {
        let settings = FunctionSettings {
            handler: "handler".to_owned(),
            timeout: Duration::from_secs(31),
            memory_mb: 1,
            egress: vec!["ok.internal:80".to_owned(), "http://no".to_owned()],
            ..FunctionSettings::default()
        };
        let paths: Vec<_> = problems(&settings).into_iter().map(|p| p.path).collect();
        let wrong = ["timeout", "memory_mb", "handler", "egress[1]"];
        assert_eq!(paths, wrong.map(|name| format!("settings.{name}")));
        assert!(problems(&FunctionSettings::default()).is_empty());
    }
}
