//! The output of a running project at the terminal: that it is ready, the logs of functions, and
//! one line for every change of a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use brink_shared::subject;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::command_error::CommandError;
use crate::inspect::Inspection;
use crate::logs::Entry;
use crate::printing;
use crate::project::Project;
use crate::rollout::{Changed, Rollout};
use crate::watch::Watch;

/// Log lines that wait to be printed. If a function writes more, some lines are not shown.
const LOG_BACKLOG: usize = 1024;

/// Most changed files that a line names.
const NAMED_MAX: usize = 3;

/// A project that runs and follows its files.
pub struct Session {
    dir: PathBuf,
    /// The same folder with the system's name for it, which changes have.
    root: PathBuf,
    rollout: Rollout,
    inspection: Option<Inspection>,
    watch: Watch,
    /// The cache may have answers from before the last change, which was rejected or could not drop
    /// them.
    must_drop: bool,
}

/// How the files were rolled out.
enum Rolled {
    /// Nothing differs from the running project.
    Unchanged,
    /// The change runs.
    Changed(Changed),
    /// The change runs, but it is not certain that gateways dropped older answers.
    NotDropped(Changed, CommandError),
}

// === impl Session ===

impl Session {
    /// Rolls the project out for the first time.
    pub async fn start(
        dir: &Path,
        project: &Project,
        mut rollout: Rollout,
        inspection: Option<Inspection>,
    ) -> Result<Self, CommandError> {
        let watching = |error| CommandError::failed(format!("cannot watch files: {error}"));
        let mut watch = Watch::start(dir).map_err(watching)?;
        for source in project.sources() {
            watch.also(source).map_err(watching)?;
        }
        open_inspectors(inspection.as_ref(), project)?;
        rollout.recall().await?;
        rollout.roll(project, None).await?;
        for source in rollout.sources() {
            watch.also(source).map_err(watching)?;
        }
        let root = dir.canonicalize().map_err(|error| CommandError::reading(dir, error))?;
        Ok(Self { dir: dir.to_owned(), root, rollout, inspection, watch, must_drop: false })
    }

    /// `ready in 84 ms  http://127.0.0.1:8080  shop (2 behaviors, functions ab-test:1)`.
    pub fn ready(&self, took: Duration, url: &str) -> String {
        let what = self.rollout.applied().map_or_else(String::new, |(distribution, _)| {
            let behaviors = printing::counted(distribution.behaviors.len(), "behavior");
            let functions: Vec<_> = self.rollout.versions().map(ToString::to_string).collect();
            let functions = match functions.as_slice() {
                [] => "no functions".to_owned(),
                some => format!("functions {}", some.join(" ")),
            };
            format!("{} ({behaviors}, {functions})", distribution.id)
        });
        format!("ready in {} ms  {url}  {what}", took.as_millis())
    }

    /// The rollout, for further facts about it.
    pub fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    /// Prints logs and follows the files until `stop`.
    pub async fn follow(&mut self, stop: &CancellationToken) -> Result<(), CommandError> {
        let bus = self.rollout.client().bus().clone();
        let subscribed = bus.subscribe(subject::LOG_ALL, None, LOG_BACKLOG).await;
        let mut logs = subscribed.map_err(CommandError::failed)?;
        let print_logs = async {
            while let Some(message) = logs.next().await {
                if let Some(entry) = Entry::read(&message) {
                    // A closed terminal does not stop serving.
                    let _ = printing::line(entry.short());
                }
            }
            std::future::pending::<()>().await;
        };
        let follow_files = async {
            while let Some(paths) = self.watch.changed().await {
                let names = names(&self.root, &paths);
                if let Some(line) = self.reload(&paths).await {
                    let _ = printing::line(format!("{names}: {line}"));
                }
            }
            Err(CommandError::failed("files are no longer watched"))
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = print_logs => Ok(()),
            ended = follow_files => ended,
        }
    }

    /// Rolls out a change, and returns the text about it. A change without effect returns no text:
    /// a file was only touched, or does not belong to the project.
    async fn reload(&mut self, paths: &BTreeSet<PathBuf>) -> Option<String> {
        let began = Instant::now();
        let rolled = self.roll(paths).await;
        self.must_drop = matches!(rolled, Err(_) | Ok(Rolled::NotDropped(..)));
        self.watch.set_rejected(rolled.is_err());
        let took = began.elapsed().as_millis();
        match rolled {
            Ok(Rolled::Unchanged) => None,
            Ok(Rolled::Changed(changed)) => Some(format!("{} in {took} ms", told(&changed))),
            Ok(Rolled::NotDropped(changed, error)) => Some(format!(
                "{} in {took} ms, but the cache may still have older answers: {}",
                told(&changed),
                on_one_line(&error)
            )),
            Err(error) => {
                let why = on_one_line(&error);
                Some(format!("rejected in {took} ms, the last version goes on: {why}"))
            }
        }
    }

    async fn roll(&mut self, paths: &BTreeSet<PathBuf>) -> Result<Rolled, CommandError> {
        let dir = self.dir.clone();
        // It may look into large zips, and in `dev` the edge runs in this process.
        let project = spawn_blocking(move || Project::load(&dir)).await;
        let project = project.map_err(CommandError::failed)??;
        open_inspectors(self.inspection.as_ref(), &project)?;
        let rolled = self.rollout.roll(&project, Some(paths)).await;
        // Also the sources of the rejected change: changing them may fix it.
        for source in project.sources().chain(self.rollout.sources()) {
            self.watch.also(source).map_err(|error| CommandError::reading(source, error))?;
        }
        let changed = rolled?;
        let is_new = !changed.published.is_empty() || changed.applied.is_some();
        if !is_new && !self.must_drop && !self.is_served(&project, paths) {
            return Ok(Rolled::Unchanged);
        }
        // Answers from older files or older functions must not come from the cache.
        Ok(match self.rollout.drop_cached().await {
            Ok(()) => Rolled::Changed(changed),
            Err(error) => Rolled::NotDropped(changed, error),
        })
    }

    /// True if viewers may get one of the files. The root stands for any file.
    fn is_served(&self, project: &Project, paths: &BTreeSet<PathBuf>) -> bool {
        paths.contains(&self.root)
            || project.folders.values().any(|folder| match folder.canonicalize() {
                Ok(folder) => paths.iter().any(|path| path.starts_with(&folder)),
                Err(_) => true,
            })
    }

    /// Stops what the session itself serves.
    pub async fn stop(self) {
        self.rollout.stop().await;
    }
}

/// Opens the inspectors of new functions, before a version of them can start.
fn open_inspectors(inspection: Option<&Inspection>, project: &Project) -> Result<(), CommandError> {
    for line in
        inspection.map(|inspection| inspection.open(project)).transpose()?.unwrap_or_default()
    {
        // A closed screen is no reason to stop serving.
        let _ = printing::line(line);
    }
    Ok(())
}

fn on_one_line(error: &CommandError) -> String {
    let text = error.to_string();
    printing::plain(&text.lines().map(str::trim).collect::<Vec<_>>().join("; "))
}

fn told(changed: &Changed) -> String {
    let published = changed.published.iter().map(ToString::to_string);
    let applied = changed.applied.iter().map(|a| format!("{} revision {}", a.id, a.revision));
    let all: Vec<_> = published.chain(applied).collect();
    if all.is_empty() { "dropped from the cache".to_owned() } else { all.join(", ") }
}

/// Some of the files by name, and how many more. Files that came and went do not count, unless
/// there are no others.
fn names(root: &Path, paths: &BTreeSet<PathBuf>) -> String {
    let there: Vec<_> = paths.iter().filter(|path| path.exists()).collect();
    let paths = if there.is_empty() { paths.iter().collect() } else { there };
    let name = |path: &&PathBuf| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let mut names: Vec<_> = paths.iter().take(NAMED_MAX).map(name).collect();
    if paths.len() > NAMED_MAX {
        names.push(format!("{} more", paths.len() - NAMED_MAX));
    }
    printing::plain(&names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_some_files_and_counts_the_rest() {
        let paths = ["/p/a", "/p/b", "/p/c", "/p/d", "/p/e"].map(PathBuf::from);
        let all = BTreeSet::from(paths);
        assert_eq!(names(Path::new("/p"), &all), "a, b, c, 2 more");
        assert_eq!(names(Path::new("/p"), &BTreeSet::from(["/x".into()])), "/x");
    }
}
