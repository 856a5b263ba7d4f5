//! The interpreters of this machine that run functions: `node` and `python3`.
//!
//! ```text
//! setting `interpreters`, PATH --candidates--> programs --ask--> Interpreter --choose--> a function's
//! ```
//!
//! Each program is started once and says its version, its own path and the folders that it reads. A
//! program of `PATH` may be a script that starts the interpreter, such as those of pyenv; the
//! interpreter's own path is used then.
//!
//! The search starts processes, so it runs at most once, and only if something needs its result or
//! the owner of the [`InterpreterSearch`] begins it. A worker of a cluster begins it when it has
//! started, in the background. `brink dev` and `brink run` begin it with the first function that
//! needs an interpreter, so projects without such functions do not notice it.

mod ask;
mod candidates;
mod version;

use std::cmp::Reverse;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use futures_util::{StreamExt, stream};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::registry::{Offer, Release, Runtime, RuntimeName};
use brink_shared::status::InterpreterStatus;

pub use candidates::{INTERPRETERS, InterpreterSettings};
pub use version::Version;

/// Most programs that are asked at a time.
const ASKED_AT_ONCE: usize = 8;

/// Most interpreters that an error lists.
const LISTED_MAX: usize = 8;

/// The advice for a machine that cannot run functions' own programs.
const PROVIDED_NEEDS: &str = "a function's own program asks for its events over a network that only \
                              its sandbox has; let ordinary users make user namespaces \
                              (user.max_user_namespaces)";

/// A program that runs functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The functions that it runs: [`Runtime::Nodejs`] or [`Runtime::Python`].
    pub runtime: Runtime,
    /// Its version.
    pub version: Version,
    /// The program itself, and no script that starts it. Of a virtual environment it is the path in
    /// the environment, by which Python knows the environment.
    pub program: PathBuf,
    /// The folders and files that it must be able to read, in addition to the system's libraries:
    /// the program, its own libraries, and the folders of its packages. None lies in another one.
    pub readable: Vec<PathBuf>,
}

/// The interpreters that were found.
#[derive(Clone, Debug, Default)]
pub struct Interpreters {
    /// Those of the settings first, then in the order of `PATH`.
    found: Vec<Arc<Interpreter>>,
    /// Why programs that the settings name cannot be used.
    problems: Vec<String>,
}

/// The program for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The interpreter; none for `boa`, which is embedded, and for `provided`, where the function
    /// brings its own program.
    pub interpreter: Option<Arc<Interpreter>>,
    /// Set if it is newer than the function names.
    pub warning: Option<String>,
}

/// This machine has no interpreter for a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine has no {wanted}{}: {}", list(.found, .problems), remedy(.wanted)
)]
pub struct NoInterpreter {
    /// The runtime that the function names.
    pub wanted: RuntimeName,
    /// The interpreters of the worker.
    found: Vec<String>,
    /// Why other programs cannot be used.
    problems: Vec<String>,
}

/// Searches once, when it is first needed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct InterpreterSearch(Arc<Search>);

#[derive(Debug)]
struct Search {
    settings: InterpreterSettings,
    found: OnceCell<Interpreters>,
    /// Cancelled when the search is over.
    over: CancellationToken,
    /// Why functions' own programs cannot run here, if so.
    no_provided: OnceLock<String>,
}

// === impl InterpreterSearch ===

impl InterpreterSearch {
    /// A search that has not begun.
    pub fn new(settings: InterpreterSettings) -> Self {
        let (found, over) = (OnceCell::new(), CancellationToken::new());
        Self(Arc::new(Search { settings, found, over, no_provided: OnceLock::new() }))
    }

    /// Says that sandboxes of this machine have no network of their own, and why. Functions' own
    /// programs cannot ask for events then, and are not offered.
    pub fn without_provided(&self, why: &str) {
        // The machine does not change while the worker runs.
        let _ = self.0.no_provided.set(why.to_owned());
    }

    /// The reason, if functions' own programs cannot run here.
    pub fn no_provided(&self) -> Option<NoInterpreter> {
        let why = self.0.no_provided.get()?.clone();
        let wanted = Runtime::Provided.into();
        Some(NoInterpreter { wanted, found: Vec::new(), problems: vec![why] })
    }

    /// Begins the search in the background. It ends when the handle is dropped.
    pub fn begin(&self) -> AbortOnDropHandle<()> {
        let search = self.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            search.found().await;
        }))
    }

    /// The result. Begins the search if nobody has. Takes as long as the slowest program needs to
    /// say its version, ten seconds at most.
    pub async fn found(&self) -> &Interpreters {
        let found = self.0.found.get_or_init(|| Interpreters::find(&self.0.settings)).await;
        self.0.over.cancel();
        found
    }

    /// The result, if the search is over.
    pub fn known(&self) -> Option<&Interpreters> {
        self.0.found.get()
    }

    /// Waits until the search is over. Does not begin it.
    pub async fn over(&self) {
        self.0.over.cancelled().await;
    }

    /// The program for functions with this runtime. Searches only if they need an interpreter.
    pub async fn choose(&self, name: RuntimeName) -> Result<Chosen, NoInterpreter> {
        match name.runtime {
            Runtime::Boa => Ok(Chosen::EMBEDDED),
            Runtime::Provided => self.no_provided().map_or(Ok(Chosen::EMBEDDED), Err),
            Runtime::Nodejs | Runtime::Python => self.found().await.choose(name),
        }
    }

    /// The runtimes that this machine offers. Those that need an interpreter are missing until the
    /// search is over.
    pub fn offer(&self) -> Offer {
        let mut offer = self.known().map_or(Offer::BOA, Interpreters::offer);
        if self.0.no_provided.get().is_none() {
            // The function brings its own program.
            offer.add(Runtime::Provided.into());
        }
        offer
    }
}

// === impl Interpreters ===

impl Interpreters {
    /// Finds the interpreters of this machine.
    pub async fn find(settings: &InterpreterSettings) -> Self {
        let candidates = candidates::list(settings);
        let asked = stream::iter(candidates).map(|candidate| async move {
            let answer = ask::ask(&candidate).await;
            (candidate, answer)
        });
        let answers: Vec<_> = asked.buffered(ASKED_AT_ONCE).collect().await;
        let mut interpreters = Self::default();
        for (candidate, answer) in answers {
            let problem = match answer {
                Ok(found) if found.version.is_supported(found.runtime) => {
                    interpreters.add(found);
                    continue;
                }
                Ok(old) => format!(
                    "{} is {}, and too old: Brink needs {}",
                    candidate.program.display(),
                    old.name(),
                    version::needed(old.runtime)
                ),
                Err(error) => error.to_string(),
            };
            if candidate.is_set {
                tracing::warn!(problem, "a program of the setting `interpreters` cannot be used");
                interpreters.problems.push(format!("setting `interpreters`: {problem}"));
            } else {
                tracing::debug!(problem, "a program of PATH cannot run functions");
            }
        }
        for found in &interpreters.found {
            tracing::info!(interpreter = %found.name(), program = %found.program.display(), "functions can use an interpreter");
        }
        interpreters
    }

    /// The interpreters, those of the settings first.
    pub fn all(&self) -> &[Arc<Interpreter>] {
        &self.found
    }

    /// Why programs that the settings name cannot be used.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The interpreter for functions with this runtime: of the release that they name, or else of
    /// the nearest newer one. If they name no release, the newest. Of several interpreters with one
    /// release it is the first that was found.
    pub fn choose(&self, name: RuntimeName) -> Result<Chosen, NoInterpreter> {
        let RuntimeName { runtime, release } = name;
        if matches!(runtime, Runtime::Boa | Runtime::Provided) {
            return Ok(Chosen::EMBEDDED);
        }
        let fitting = self.found.iter().filter(|found| found.runtime == runtime);
        let chosen = match release {
            // Of equal ones, `min_by_key` takes the first.
            None => fitting.min_by_key(|found| Reverse(found.release())),
            Some(wanted) => fitting
                .filter(|found| found.release() >= wanted)
                .min_by_key(|found| found.release()),
        };
        let interpreter = chosen.ok_or_else(|| self.lacks(name))?.clone();
        let is_newer = release.is_some_and(|wanted| wanted != interpreter.release());
        let warning = is_newer.then(|| {
            let program = interpreter.program.display();
            format!("no {name} here, so it runs on {} ({program})", interpreter.name())
        });
        Ok(Chosen { interpreter: Some(interpreter), warning })
    }

    /// The runtimes that these interpreters add to the embedded one.
    fn offer(&self) -> Offer {
        let mut offer = Offer::BOA;
        for found in &self.found {
            offer.add(RuntimeName { runtime: found.runtime, release: Some(found.release()) });
        }
        offer
    }

    /// The interpreters as `brink status` shows them, with the network of their sandboxes.
    pub fn status(&self, network: Option<&str>) -> Vec<InterpreterStatus> {
        let status = |found: &Arc<Interpreter>| InterpreterStatus {
            runtime: found.runtime.name().to_owned(),
            version: found.version.to_string(),
            program: found.program.display().to_string(),
            network: network.map(ToOwned::to_owned),
        };
        self.found.iter().map(status).collect()
    }

    /// Adds an interpreter, unless the same program was found before.
    fn add(&mut self, found: Interpreter) {
        let is_known = |known: &Arc<Interpreter>| {
            known.program == found.program
                || **known == Interpreter { program: known.program.clone(), ..found.clone() }
        };
        if !self.found.iter().any(is_known) {
            self.found.push(Arc::new(found));
        }
    }

    fn lacks(&self, wanted: RuntimeName) -> NoInterpreter {
        let of_kind = self.found.iter().filter(|found| found.runtime == wanted.runtime);
        let told =
            |found: &Arc<Interpreter>| format!("{} ({})", found.name(), found.program.display());
        let found = of_kind.take(LISTED_MAX).map(told).collect();
        let problems = self.problems.iter().take(LISTED_MAX).cloned().collect();
        NoInterpreter { wanted, found, problems }
    }
}

// === impl Interpreter ===

impl Interpreter {
    /// Its name for people: `Node.js 22.20.0`.
    pub fn name(&self) -> String {
        let kind = match self.runtime {
            Runtime::Nodejs => "Node.js",
            Runtime::Python => "Python",
            other => other.name(),
        };
        format!("{kind} {}", self.version)
    }

    /// Its release, as functions name it.
    pub fn release(&self) -> Release {
        self.version.release(self.runtime)
    }
}

// === impl Chosen ===

impl Chosen {
    /// No interpreter is needed.
    const EMBEDDED: Self = Self { interpreter: None, warning: None };
}

fn list(found: &[String], problems: &[String]) -> impl fmt::Display {
    let mut text = String::new();
    if !found.is_empty() {
        text.push_str(&format!(", only {}", found.join(", ")));
    }
    if !problems.is_empty() {
        text.push_str(&format!(" ({})", problems.join("; ")));
    }
    text
}

/// The advice for the operator.
fn remedy(wanted: &RuntimeName) -> String {
    let (kind, release) = match (wanted.runtime, version::beyond_oldest(*wanted)) {
        (Runtime::Nodejs, Some(release)) => ("Node.js", format!("{} or newer", release.major)),
        (Runtime::Nodejs, None) => ("Node.js", version::needed(wanted.runtime)),
        (Runtime::Provided, _) => return PROVIDED_NEEDS.to_owned(),
        (_, Some(release)) => ("Python", format!("{}.{} or newer", release.major, release.minor)),
        (_, None) => ("Python", version::needed(wanted.runtime)),
    };
    format!(
        "install {kind} {release} in a folder of PATH, or name it in the setting `interpreters` \
         (BRINK_INTERPRETERS), and start the worker again"
    )
}

#[cfg(test)]
mod tests;
