//! The project file `brink.toml`: functions, and the distribution that uses them.
//!
//! Reading finds all mistakes at once, each with its line and keys. The parts of a distribution are
//! those of the shared document. So words and defaults are the same in a project, in `distribution
//! apply` and in the admin messages. Two things are not known here: the numbers of versions, which
//! publishing gives, and the address at which a `folder` is served.

mod document;
mod enclosing;
mod policies;
mod public_keys;
mod read;
mod roles;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_shared::id::FunctionName;
use brink_shared::registry::Distribution;
use brink_shared::registry::function::FunctionSettings;

pub use document::Fault;
pub use enclosing::{EnclosingError, Found};

use crate::bundle_files::PROJECT_FILE;

/// A project as its file describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The functions to publish.
    pub functions: BTreeMap<FunctionName, ProjectFunction>,
    /// The document to apply, once functions have numbers and `folders` have addresses.
    pub distribution: Distribution,
    /// Origins that are folders of static files; their URL in `distribution` is a placeholder.
    pub folders: BTreeMap<String, PathBuf>,
    /// The files of public keys, whose text `distribution` has.
    pub key_files: Vec<PathBuf>,
    /// The file with the policies that it shares with other projects.
    pub policies: Option<PathBuf>,
    /// The address of the bundled origin in `dev` and `up`: `[dev] origin = "127.0.0.1:8081"`.
    pub origin: Option<SocketAddr>,
    /// The databases of viewers' places in `dev` and `up`: `[dev] geo = { database =
    /// "GeoLite2-City.mmdb" }`.
    pub geo: GeoFiles,
}

/// A function of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectFunction {
    /// Its file or folder.
    pub source: PathBuf,
    /// Its settings.
    pub settings: FunctionSettings,
}

/// A file with mistakes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct ProjectError {
    /// The file.
    pub file: PathBuf,
    /// All mistakes in it.
    pub faults: Vec<Fault>,
}

// === impl Project ===

impl Project {
    /// Reads `brink.toml` of a folder. Paths in it are relative to the folder.
    pub fn load(folder: &Path) -> Result<Self, ProjectError> {
        let file = folder.join(PROJECT_FILE);
        let text = text_of(&file)?;
        read::project(&text, folder).map_err(|faults| ProjectError { file, faults })
    }

    /// Every file and folder of the project, except its own folder.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        let functions = self.functions.values().map(|function| function.source.as_path());
        let files = self.folders.values().chain(&self.key_files).chain(&self.policies);
        functions.chain(files.map(PathBuf::as_path))
    }
}

/// Reads a distribution for a cluster: a project file, or JSON of the document. Functions must have
/// numbers, and origins must have URLs.
pub fn load_distribution(file: &Path) -> Result<Distribution, ProjectError> {
    let text = text_of(file)?;
    let read = if text.trim_start().starts_with('{') {
        read::json(&text)
    } else {
        read::distribution(&text, file.parent().unwrap_or(Path::new("")))
    };
    read.map_err(|faults| ProjectError { file: file.to_owned(), faults })
}

/// The distribution, with a number for every function that it names without one.
pub fn with_newest(
    distribution: &Distribution,
    newest: impl Fn(&FunctionName) -> Option<u32>,
) -> Distribution {
    let mut numbered = distribution.clone();
    let behaviors = numbered.behaviors.iter_mut();
    for association in behaviors.flat_map(|behavior| behavior.functions.values_mut()) {
        let function = &mut association.function;
        function.number = function.number.or_else(|| newest(&function.function));
    }
    numbered
}

fn text_of(file: &Path) -> Result<String, ProjectError> {
    std::fs::read_to_string(file).map_err(|error| {
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).display();
        let advice = match error.kind() {
            std::io::ErrorKind::NotFound if file.ends_with(PROJECT_FILE) => {
                format!("; `brink init {folder}` makes a small project there")
            }
            _ => String::new(),
        };
        let fault = Fault::of_file(format!("cannot be read: {error}{advice}"));
        ProjectError { file: file.to_owned(), faults: vec![fault] }
    })
}

// === impl ProjectError ===

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            // `file:line:column:`, which editors and terminals turn into a link.
            let gap = if fault.place.is_some() { "" } else { " " };
            write!(f, "{}:{gap}{fault}", self.file.display())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
