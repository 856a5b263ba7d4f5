//! Makes a [`Bundle`] from a file, a folder or a zip on disk.
//!
//! A folder is taken with its hidden files and `node_modules`, but without version control, the
//! tools' own files (`left_out`) and the files that its author leaves out (`ignore_file`). A file is
//! taken with the files that it imports (`imports`, `python`). For JavaScript, packages that are
//! installed in a folder above are added (`packages`). Remarks tell the author which files were
//! added beyond those at the path.
//!
//! The bundle has names and bytes only. So the same files give the same digest on every machine, as
//! a folder or as a zip.

mod archive;
mod archive_error;
mod bootstrap;
mod bundle_files_error;
mod entry;
mod gathered;
mod ignore_file;
mod imports;
mod largest;
mod left_out;
mod links;
mod packages;
mod python;
mod taken;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use brink_rewrite::requests;
use brink_shared::registry::function::HANDLER_DEFAULT;
use brink_shared::registry::{Bundle, Runtime};
use brink_worker::runtime::{AbsentUse, absent_modules};
use bytes::Bytes;

use crate::in_nodejs::IN_NODEJS;
use crate::parser_stack::on_parser_stack;
use crate::printing;
use crate::typescript;
pub use archive_error::ArchiveError;
pub use bundle_files_error::BundleFilesError;
use bundle_files_error::reading;
use gathered::Gathered;
use ignore_file::IgnoreFile;
pub(crate) use imports::is_code;
pub use left_out::{NODE_MODULES, PROJECT_FILE, is_path_left_out};
use packages::Wanted;
use taken::{Taken, listed};

/// The handler and its module in the sample functions of AWS Lambda for Python.
const HANDLER_OF_LAMBDA: &str = "lambda_handler";

/// A function's files, and remarks about them.
#[derive(Debug)]
pub struct FunctionFiles {
    /// The files to publish.
    pub bundle: Bundle,
    /// The handler by its name in the bundle.
    pub handler: String,
    /// The author's files that were found by following imports; empty for a folder or a zip.
    pub sources: BTreeSet<PathBuf>,
    /// The folders of packages that are linked into a `node_modules` folder and whose files are
    /// elsewhere.
    pub linked: BTreeSet<PathBuf>,
    /// About files that were added beyond those at the path.
    remarks: Vec<String>,
    /// Uses of modules that do not exist in a sandbox.
    absent: Vec<AbsentUse>,
}

// === impl FunctionFiles ===

impl FunctionFiles {
    /// Prints the remarks, and uses of modules that cannot work, on standard error.
    pub fn tell(&self) {
        for remark in &self.remarks {
            eprintln!("note: {}", printing::plain(remark));
        }
        for found in &self.absent {
            eprintln!("warning: {}", printing::plain(&found.to_string()));
        }
        if !self.absent.is_empty() {
            eprintln!("note: if the function needs that, {IN_NODEJS}");
        }
    }

    /// Advice about an error of the function, if there is any.
    pub fn advice(&self, error: &str) -> Option<String> {
        let is_missing = error.contains("Cannot find module")
            || (error.contains("ENOENT") && error.contains("/var/task/"));
        if let Some((_, rest)) = error.split_once("No module named '")
            && let Some((module, _)) = rest.split_once('\'')
        {
            let package = module.split('.').next().unwrap_or(module);
            return Some(if self.sources.is_empty() {
                format!(
                    "the function's folder has no module {package}; a package is installed with `pip \
                     install --target FOLDER NAME`, on a system like that of the workers"
                )
            } else {
                format!(
                    "there is no {package}.py beside the file; give the folder to take all of it"
                )
            });
        }
        if is_missing && error.contains(&format!("for handler {}", self.handler)) {
            let files = self.bundle.files().keys();
            let names = files.filter(|name| is_code(name) || name.ends_with(".py"));
            let names: Vec<&str> =
                names.map(String::as_str).filter(|name| !name.contains("node_modules/")).collect();
            return match names.as_slice() {
                [] => Some("it has no file with code".to_owned()),
                names => Some(format!(
                    "it has {}; name a handler, as --handler FILE.EXPORT or `handler` in brink.toml",
                    listed(names)
                )),
            };
        }
        let missing = error.split_once("Cannot find module '").and_then(|(_, rest)| {
            let (name, _) = rest.split_once('\'')?;
            packages::name_of(name)
        });
        if let Some(package) = missing {
            return Some(format!(
                "no node_modules folder beside or above the function has {package}"
            ));
        }
        (is_missing && !self.sources.is_empty()).then(|| {
            "with a single file, only the files that it names in `require` and `import` are added; give the \
             folder to take all of it"
                .to_owned()
        })
    }
}

/// Reads a function's files. `handler` names the export that answers events in the author's files.
/// For a single file, the default is the file's own name.
pub fn read(
    path: &Path,
    runtime: Runtime,
    handler: &str,
) -> Result<FunctionFiles, BundleFilesError> {
    on_parser_stack(|| read_here(path, runtime, handler)).map_err(|source| reading(path, source))?
}

fn read_here(
    path: &Path,
    runtime: Runtime,
    handler: &str,
) -> Result<FunctionFiles, BundleFilesError> {
    let kind = std::fs::metadata(path).map_err(|source| reading(path, source))?;
    let is_javascript = matches!(runtime, Runtime::Boa | Runtime::Nodejs);
    let Taken { files, entry, sources, linked, mut remarks } = if kind.is_dir() {
        folder(path, runtime)?
    } else if !kind.is_file() {
        return Err(BundleFilesError::Kind(path.to_owned()));
    } else if archive::is_archive(path)? {
        archive::read(path, runtime)?
    } else {
        path.file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| BundleFilesError::Name(path.to_owned()))?;
        match runtime {
            Runtime::Boa | Runtime::Nodejs => imports::follow(path, runtime)?,
            Runtime::Python => python::follow(path)?,
            Runtime::Provided => bootstrap::single(path)?,
        }
    };
    if files.is_empty() {
        return Err(BundleFilesError::Empty(path.to_owned()));
    }
    let hidden = left_out::hidden(files.keys());
    if !hidden.is_empty() {
        remarks.push(format!("the function includes hidden files: {}", listed(&hidden)));
    }
    if runtime == Runtime::Provided {
        bootstrap::check(path, &files)?;
    }
    let absent = absent_modules(runtime, &files);
    let mut files = if is_javascript {
        typescript::compile(files).map_err(|source| {
            let folder = if kind.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
            BundleFilesError::TypeScript { path: folder.to_owned(), source }
        })?
    } else {
        files
    };
    let mut handler = match &entry {
        Some(entry) => in_folder_of(entry, handler),
        None => handler.to_owned(),
    };
    if is_javascript && let Some(entry) = entry::needed(&files, &handler) {
        remarks.push(format!(
            "in a handler's name the file ends at the first dot, so {} is added, which exports the handler of {}",
            entry.name, entry.file
        ));
        files.insert(entry.name, entry.text.into());
        handler = entry.handler;
    }
    // TypeScript and its source maps are larger than they were.
    let bundle = Bundle::new(files).and_then(|it| it.check_for(runtime).map(|()| it));
    let bundle =
        bundle.map_err(|source| BundleFilesError::Bundle { path: path.to_owned(), source })?;
    Ok(FunctionFiles { bundle, handler, sources, linked, remarks, absent })
}

/// The handler of a function whose author named none: `handler` of the single file, or of `index`
/// in a folder or a zip. In a single file of Python it is `lambda_handler`, if the file has one.
pub fn default_handler(path: &Path) -> String {
    let is_code = path.is_file() && !archive::is_archive(path).unwrap_or(false);
    let of_lambda = |file: &Path| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines().any(|line| line.contains("def lambda_handler("))
    };
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem) if is_code && is_python(path) && of_lambda(path) => {
            format!("{stem}.{HANDLER_OF_LAMBDA}")
        }
        Some(stem) if is_code => format!("{stem}.handler"),
        _ => HANDLER_DEFAULT.to_owned(),
    }
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "py")
}

/// A folder's files, and the packages above it.
fn folder(path: &Path, runtime: Runtime) -> Result<Taken, BundleFilesError> {
    let mut gathered = Gathered::new(path, runtime);
    gathered.ignored = IgnoreFile::of(path)?;
    gathered.add_folder(path, "", |name| name == PROJECT_FILE)?;
    let packages::Found { mut remarks, mut linked } = packages::Found::default();
    if matches!(runtime, Runtime::Boa | Runtime::Nodejs) {
        let root = path.canonicalize().map_err(|source| reading(path, source))?;
        let mut wanted = packages_of(&gathered.files);
        if runtime == Runtime::Nodejs {
            // Node.js also finds packages by names that the code computes.
            let own = packages::dependencies_of(&gathered.files);
            wanted.extend(own.into_iter().map(|name| (String::new(), name)));
        }
        let wanted = wanted.into_iter().map(|(place, name)| {
            let folder = if place.is_empty() { root.clone() } else { root.join(&place) };
            Wanted { folder, place, name }
        });
        let limit = imports::project_of(&root);
        packages::Found { remarks, linked } =
            packages::take(&mut gathered, &root, &limit, wanted.collect())?;
    }
    let named = |names: &[String]| listed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    // A package of the workspace may have been added in the place of its link.
    let outside = gathered.outside.iter().filter(|name| !gathered.has_folder(name));
    let outside: Vec<String> = outside.cloned().collect();
    if !outside.is_empty() {
        let links = named(&outside);
        remarks.push(format!("links that lead outside of the folder are left out: {links}"));
    }
    if !gathered.environments.is_empty() {
        remarks.push(format!(
            "{} is left out: a virtual environment belongs to one machine; packages for the function are \
             installed beside its files, with `pip install --target FOLDER`",
            named(&gathered.environments)
        ));
    }
    Ok(Taken { files: gathered.files, linked, remarks, ..Taken::default() })
}

/// The packages that the files of a function request, each with the folder of the file.
fn packages_of(files: &BTreeMap<String, Bytes>) -> BTreeSet<(String, String)> {
    let mut wanted = BTreeSet::new();
    for (name, data) in files {
        let in_package = name.split('/').any(|part| part == NODE_MODULES);
        let Some(text) = std::str::from_utf8(data).ok().filter(|_| !in_package && is_code(name))
        else {
            continue;
        };
        let place = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for request in requests(name, text) {
            if let Some(package) = packages::name_of(&request.name) {
                wanted.insert((place.to_owned(), package.to_owned()));
            }
        }
    }
    wanted
}

/// The handler of the given file, with the folder that the file has in the bundle.
fn in_folder_of(entry: &str, handler: &str) -> String {
    let (folder, file) = entry.rsplit_once('/').unwrap_or(("", entry));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let is_of_file = handler.strip_prefix(stem).is_some_and(|export| export.starts_with('.'));
    if is_of_file { gathered::within(folder, handler) } else { handler.to_owned() }
}

#[cfg(test)]
mod tests;
