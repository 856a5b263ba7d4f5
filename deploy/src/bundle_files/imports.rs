//! Adds the files that a single file imports, and the files that those import.
//!
//! Files keep their relative places: the bundle's root is the folder that has them all. Computed
//! names (`require(name)`, `fs.readFile`) cannot be followed. No import is followed out of the
//! file's project. Otherwise a function from another author could take files of its user.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use brink_rewrite::{Request, line_and_column, requests};
use brink_shared::registry::Runtime;
use oxc_resolver::{ResolveOptions, Resolver};

use super::bundle_files_error::{BundleFilesError, reading};
use super::gathered::{Gathered, name_within};
use super::packages::{self, Wanted};
use super::taken::{Taken, listed};

/// Files and folders that mark the top of a project.
const TOPS: [&str; 4] = [".git", ".hg", "brink.toml", "package.json"];

/// Follows imports from file to file.
struct Follower {
    /// The folder of the current file.
    home: PathBuf,
    /// No file outside of this folder is added.
    limit: PathBuf,
    resolvers: [Resolver; 2],
    /// Every file, and its place.
    found: BTreeSet<PathBuf>,
    waiting: Vec<PathBuf>,
    packages: BTreeSet<(PathBuf, String)>,
}

/// Adds the file and all files that it imports.
pub(super) fn follow(path: &Path, runtime: Runtime) -> Result<Taken, BundleFilesError> {
    let failed = |source| reading(path, source);
    let file = std::path::absolute(path).map_err(failed)?;
    // The folders above are searched too. For that, the name must have no `..` and no link.
    let folder = file.parent().unwrap_or(Path::new("/")).canonicalize().map_err(failed)?;
    let file = folder.join(file.file_name().unwrap_or_default());
    let mut follower = Follower::new(&file);
    follower.push(file.clone());
    let mut gathered = Gathered::new(path, runtime);
    let mut texts = BTreeMap::new();
    while let Some(next) = follower.waiting.pop() {
        let name = name_within(&follower.limit, &next).unwrap_or_default();
        let data = gathered.read(&name, &next)?;
        follower.imports_of(&next, &data)?;
        texts.insert(next, data);
    }
    let root = common_folder(&follower.found).unwrap_or(follower.home.clone());
    for (path, data) in texts {
        gathered.files.insert(name_within(&root, &path)?, data);
    }
    gathered.expect_room([])?;
    let entry = name_within(&root, &file)?;
    let mut remarks = Vec::new();
    let others: Vec<&str> =
        gathered.files.keys().map(String::as_str).filter(|name| *name != entry).collect();
    if !others.is_empty() {
        remarks
            .push(format!("{entry} is added with the files that it imports: {}", listed(&others)));
    }
    let wanted = follower.packages.into_iter().map(|(folder, name)| Wanted {
        place: name_within(&root, &folder).unwrap_or_default(),
        folder,
        name,
    });
    let found = packages::take(&mut gathered, &root, &follower.limit, wanted.collect())?;
    remarks.extend(found.remarks);
    let (files, sources, linked) = (gathered.files, follower.found, found.linked);
    Ok(Taken { files, entry: Some(entry), sources, linked, remarks })
}

/// The folder of the whole project of a file or folder: the topmost of the nearest folders that
/// look like it, or the folder itself.
pub(super) fn project_of(folder: &Path) -> PathBuf {
    let nearest = |top: &&str| folder.ancestors().find(|above| above.join(top).exists());
    let tops = TOPS.iter().filter_map(nearest);
    tops.min_by_key(|top| top.components().count()).unwrap_or(folder).to_owned()
}

/// True for JavaScript and TypeScript.
pub(crate) fn is_code(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["js", "cjs", "mjs", "ts", "cts", "mts", "tsx", "jsx"].contains(&ending)
}

fn common_folder(files: &BTreeSet<PathBuf>) -> Option<PathBuf> {
    let mut folders = files.iter().filter_map(|file| file.parent());
    let first = folders.next()?.to_owned();
    Some(folders.fold(first, |common, folder| {
        let shared = common.ancestors().find(|above| folder.starts_with(above));
        shared.unwrap_or(&common).to_owned()
    }))
}

// === impl Follower ===

impl Follower {
    fn new(file: &Path) -> Self {
        let home = file.parent().unwrap_or(Path::new("/")).to_owned();
        let resolver = |condition: &str| {
            let texts = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
            Resolver::new(ResolveOptions {
                condition_names: texts(&["node", condition]),
                extensions: texts(&[".js", ".json", ".cjs", ".mjs", ".ts", ".tsx", ".cts", ".mts"]),
                // TypeScript names the files that it makes.
                extension_alias: vec![
                    (".js".to_owned(), texts(&[".js", ".ts", ".tsx"])),
                    (".mjs".to_owned(), texts(&[".mjs", ".mts"])),
                    (".cjs".to_owned(), texts(&[".cjs", ".cts"])),
                ],
                symlinks: false,
                node_path: false,
                ..ResolveOptions::default()
            })
        };
        Self {
            limit: project_of(&home),
            home,
            resolvers: [resolver("require"), resolver("import")],
            found: BTreeSet::new(),
            waiting: Vec::new(),
            packages: BTreeSet::new(),
        }
    }

    fn push(&mut self, file: PathBuf) {
        if self.found.insert(file.clone()) {
            self.waiting.push(file);
        }
    }

    fn imports_of(&mut self, file: &Path, data: &[u8]) -> Result<(), BundleFilesError> {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let is_code = is_code(&file.to_string_lossy());
        let Some(text) = std::str::from_utf8(data).ok().filter(|_| is_code) else {
            return Ok(());
        };
        let folder = file.parent().unwrap_or(&self.home).to_owned();
        for Request { name, offset } in requests(&file.to_string_lossy(), text) {
            if let Some(package) = packages::name_of(&name) {
                self.packages.insert((folder.clone(), package.to_owned()));
            } else if name.starts_with(['.', '#']) {
                let at = || (file.to_owned(), line_and_column(text, offset), name.clone());
                self.import(&folder, &name, at)?;
            }
        }
        self.package_of(&folder, !matches!(ending, "mjs" | "cjs" | "mts" | "cts"));
        Ok(())
    }

    /// Adds the file of a relative name, or of one of the package's own `imports`.
    fn import(
        &mut self,
        folder: &Path,
        name: &str,
        at: impl Fn() -> (PathBuf, (usize, usize), String),
    ) -> Result<(), BundleFilesError> {
        let found: BTreeSet<PathBuf> = self
            .resolvers
            .iter()
            .filter_map(|resolver| Some(resolver.resolve(folder, name).ok()?.path().to_owned()))
            .collect();
        for path in found {
            if let Some(package) = packages::name_in(&path) {
                self.packages.insert((folder.to_owned(), package));
            } else if self.may_take(&path) {
                self.push(path);
            } else {
                let (file, (line, column), name) = at();
                let limit = self.limit.clone();
                return Err(BundleFilesError::Outside { file, line, column, name, limit });
            }
        }
        Ok(())
    }

    /// True within the project, except for hidden files: those are added from the function's own
    /// folder only.
    fn may_take(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (path, limit) = (real(path), real(&self.limit));
        let Ok(within) = path.strip_prefix(&limit) else { return false };
        let mut parts = within.components();
        path.starts_with(real(&self.home))
            || !parts.any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
    }

    /// Adds the nearest `package.json` if it says how to read the files beside it.
    fn package_of(&mut self, folder: &Path, asks_type: bool) {
        let above = folder.ancestors().take_while(|above| above.starts_with(&self.limit));
        let Some(file) = above.map(|above| above.join("package.json")).find(|file| file.is_file())
        else {
            return;
        };
        let package = std::fs::read(&file).ok();
        let package =
            package.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
        let is_module = |package: &serde_json::Value| {
            asks_type && package.get("type").is_some_and(|kind| kind == "module")
        };
        if package.is_some_and(|package| is_module(&package) || package.get("imports").is_some()) {
            self.push(file);
        }
    }
}
