//! Finds the function of a project that a path belongs to. `brink run PATH` then uses the settings
//! of the function in its project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brink_shared::id::FunctionName;

use super::{Fault, ProjectError, ProjectFunction, read, text_of};
use crate::bundle_files::PROJECT_FILE;

/// A function of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The project's file.
    pub file: PathBuf,
    /// Its name there.
    pub name: FunctionName,
    /// The function.
    pub function: ProjectFunction,
}

/// Why no function was found for a path.
#[derive(Debug, thiserror::Error)]
pub enum EnclosingError {
    /// The project's functions cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Several functions fit the path, or it is the project's folder.
    #[error("{} has {functions}; choose one with --function NAME", file.display())]
    Several {
        /// The project's file.
        file: PathBuf,
        /// Their names.
        functions: String,
    },
    /// The project has no function of the given name and path.
    #[error("{} has no [functions.{name}] with this source", file.display())]
    NotThere {
        /// The project's file.
        file: PathBuf,
        /// Its name.
        name: FunctionName,
    },
    /// A function was named, but there is no project.
    #[error("--function {0}: there is no brink.toml in {dir} or above it", dir = .1.display())]
    NoProject(FunctionName, PathBuf),
}

impl Found {
    /// Looks for the nearest project at a path or above it, and in the project for the function
    /// with this source. The path may be the function's folder, its file, or the file of its
    /// handler. The project's own folder means its only function. If several functions fit, `name`
    /// chooses. `None` if no project has the path.
    pub fn at(path: &Path, name: Option<&FunctionName>) -> Result<Option<Self>, EnclosingError> {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let start = if real.is_dir() { real.as_path() } else { real.parent().unwrap_or(&real) };
        let mut above = start.ancestors();
        let Some(folder) = above.find(|folder| folder.join(PROJECT_FILE).is_file()) else {
            return match name {
                None => Ok(None),
                Some(name) => Err(EnclosingError::NoProject(name.clone(), start.to_owned())),
            };
        };
        // Messages name paths in the user's form.
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let near = here.ok().and_then(|here| folder.strip_prefix(here).ok().map(Path::to_owned));
        let folder = near.unwrap_or_else(|| folder.to_owned());
        let file = folder.join(PROJECT_FILE);
        let text = text_of(&file)?;
        let functions = read::functions_alone(&text, &folder);
        let functions =
            functions.map_err(|faults: Vec<Fault>| ProjectError { file: file.clone(), faults })?;
        choose(functions, &real, &file, name)
    }
}

fn choose(
    mut functions: BTreeMap<FunctionName, ProjectFunction>,
    path: &Path,
    file: &Path,
    name: Option<&FunctionName>,
) -> Result<Option<Found>, EnclosingError> {
    let is_project = path.join(PROJECT_FILE).is_file() && !has_index(path);
    let is_any = functions.values().any(|function| is_source(function, path));
    if is_any || !is_project {
        functions.retain(|_, function| is_source(function, path));
    }
    if let Some(name) = name {
        let function = functions.remove(name);
        let missing = || EnclosingError::NotThere { file: file.to_owned(), name: name.clone() };
        let function = function.ok_or_else(missing)?;
        return Ok(Some(Found { file: file.to_owned(), name: name.clone(), function }));
    }
    if functions.len() > 1 {
        let names = functions
            .iter()
            .map(|(name, function)| format!("{name} ({})", function.source.display()));
        let functions = names.collect::<Vec<_>>().join(", ");
        return Err(EnclosingError::Several { file: file.to_owned(), functions });
    }
    let only = functions.into_iter().next();
    Ok(only.map(|(name, function)| Found { file: file.to_owned(), name, function }))
}

fn is_source(function: &ProjectFunction, path: &Path) -> bool {
    let Ok(source) = function.source.canonicalize() else { return false };
    if source == path {
        return true;
    }
    let Some(within) = path.strip_prefix(&source).ok().and_then(Path::to_str) else { return false };
    let stem = within.rsplit_once('.').map_or(within, |(stem, _)| stem);
    let export = function.settings.handler.strip_prefix(stem);
    source.is_dir() && export.is_some_and(|export| export.starts_with('.'))
}

/// True for a folder that is a function by itself, with the usual handler.
fn has_index(folder: &Path) -> bool {
    let endings = ["js", "mjs", "cjs", "ts", "mts", "cts", "tsx"];
    endings.iter().any(|ending| folder.join(format!("index.{ending}")).is_file())
}
