//! Resolves a specifier to a file of the bundle by Node.js's rules, and finds the kind of a file.
//!
//! `oxc_resolver` implements the rules: relative paths, `node_modules`, and the `exports` and
//! `imports` of packages with their conditions. It sees a file system that contains only the
//! bundle. ES modules may leave out the endings of files, which Node.js does not allow. A specifier
//! that Node.js resolves means the same file here.

use std::cell::OnceCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brink_shared::registry::Bundle;
use oxc_resolver::{FileMetadata, FileSystem, ResolveError, ResolveOptions, ResolverGeneric};

use super::super::loader::ROOT;
use brink_frames::Load;

/// How a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `require` and `exports`.
    CommonJs,
    /// `import` and `export`.
    Es,
    /// Data.
    Json,
}

/// The kind of the request. It decides on a package's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// `require`.
    Require,
    /// `import`, as a declaration or a call.
    Import,
}

/// Why there is no file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// No such file or package.
    NotFound,
    /// The package does not export that file.
    NotExported(String),
}

/// Finds the files of one bundle.
pub(super) struct Resolver {
    load: Arc<Load>,
    /// The resolver. It is made at the first use: a bundle of one file never needs it.
    resolvers: OnceCell<Resolvers>,
}

struct Resolvers {
    require: ResolverGeneric<BundleFiles>,
    import: ResolverGeneric<BundleFiles>,
}

/// The bundle at [`ROOT`], as a file system.
struct BundleFiles(Arc<Load>);

// === impl Resolver ===

impl Resolver {
    /// A resolver for the bundle of a version.
    pub(super) fn new(load: Arc<Load>) -> Self {
        Self { load, resolvers: OnceCell::new() }
    }

    /// The file that `specifier` means in the file `from`. Both paths are without [`ROOT`].
    pub(super) fn resolve(
        &self,
        from: &str,
        specifier: &str,
        asker: Asker,
    ) -> Result<String, Unresolved> {
        let specifier = specifier.strip_prefix("file://").unwrap_or(specifier);
        let Resolvers { require, import } = self.resolvers.get_or_init(|| self.make());
        let resolver = match asker {
            Asker::Require => require,
            Asker::Import => import,
        };
        let folder = format!("{ROOT}/{}", folder(from));
        match resolver.resolve(folder.trim_end_matches('/'), specifier) {
            Ok(found) => in_bundle(found.path()).map(str::to_owned).ok_or(Unresolved::NotFound),
            Err(ResolveError::PackagePathNotExported { subpath, package_json_path, .. }) => {
                let package = package_json_path.display();
                Err(Unresolved::NotExported(match subpath.as_str() {
                    "." => format!("No \"exports\" main defined in {package}"),
                    path => {
                        format!(
                            "Package subpath '{path}' is not defined by \"exports\" in {package}"
                        )
                    }
                }))
            }
            Err(_) => Err(Unresolved::NotFound),
        }
    }

    fn make(&self) -> Resolvers {
        let options = |conditions: [&str; 2], endings: &[&str]| ResolveOptions {
            condition_names: conditions.map(str::to_owned).to_vec(),
            extensions: endings.iter().map(|ending| (*ending).to_owned()).collect(),
            symlinks: false,
            node_path: false,
            ..ResolveOptions::default()
        };
        let require = ResolverGeneric::new_with_file_system(
            BundleFiles(self.load.clone()),
            options(["node", "require"], &[".js", ".json", ".cjs", ".mjs"]),
        );
        let import = require
            .clone_with_options(options(["node", "import"], &[".js", ".mjs", ".cjs", ".json"]));
        Resolvers { require, import }
    }
}

impl FileSystem for BundleFiles {
    /// Only resolvers that make their own file system call this.
    fn new() -> Self {
        Self(Arc::default())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = in_bundle(path).and_then(|path| self.0.bundle.file(path));
        file.map(|bytes| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(self.read(path)?).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let text = path.to_str().unwrap_or_default();
        let files = self.0.bundle.files();
        if in_bundle(path).is_some_and(|path| files.contains_key(path)) {
            return Ok(FileMetadata::new(true, false, false));
        }
        let is_folder = match in_bundle(path) {
            None => {
                text == "/"
                    || ROOT
                        .strip_prefix(text)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Some(path) => {
                let inside = format!("{path}/");
                files
                    .range(inside.clone()..)
                    .next()
                    .is_some_and(|(file, _)| file.starts_with(&inside))
            }
        };
        if is_folder {
            Ok(FileMetadata::new(false, true, false))
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        Err(io::Error::new(io::ErrorKind::InvalidInput, path.display().to_string()).into())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.metadata(path).map(|_| path.to_owned())
    }
}

/// A file's path in the bundle.
pub(super) fn in_bundle(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(ROOT)?.strip_prefix('/')
}

/// The folder of a file; empty for the bundle's root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The kind of a file, by its ending and the nearest `package.json`.
pub(super) fn kind(bundle: &Bundle, path: &str) -> Kind {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("json") => Kind::Json,
        Some("mjs") => Kind::Es,
        Some("js") if is_in_es_package(bundle, path) => Kind::Es,
        _ => Kind::CommonJs,
    }
}

fn is_in_es_package(bundle: &Bundle, path: &str) -> bool {
    let mut folder = folder(path);
    loop {
        let name = match folder {
            "" => "package.json".to_owned(),
            folder => format!("{folder}/package.json"),
        };
        if let Some(text) = bundle.file(&name) {
            return serde_json::from_slice::<serde_json::Value>(text)
                .is_ok_and(|package| package.get("type").is_some_and(|kind| kind == "module"));
        }
        if folder.is_empty() || folder.ends_with("node_modules") {
            return false;
        }
        folder = self::folder(folder);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;

    fn load(files: &[(&str, &str)]) -> Arc<Load> {
        let files: BTreeMap<_, _> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Bytes::copy_from_slice(text.as_bytes())))
            .collect();
        Arc::new(Load { bundle: Bundle::new(files).unwrap(), ..Load::default() })
    }

    fn found(resolver: &Resolver, from: &str, specifier: &str) -> Option<String> {
        resolver.resolve(from, specifier, Asker::Require).ok()
    }

    #[test]
    fn specifiers_find_files_endings_and_folders() {
        let paths = ["index.js", "lib/a.js", "lib/b.json", "lib/deep/index.js"];
        let resolver = Resolver::new(load(&paths.map(|path| (path, "{}"))));
        let found = |from, specifier| found(&resolver, from, specifier);
        assert_eq!(found("index.js", "./lib/a").as_deref(), Some("lib/a.js"));
        assert_eq!(found("index.js", "./lib/b").as_deref(), Some("lib/b.json"));
        assert_eq!(found("lib/a.js", "./deep").as_deref(), Some("lib/deep/index.js"));
        assert_eq!(found("lib/a.js", "..").as_deref(), Some("index.js"));
        assert_eq!(found("lib/a.js", "/var/task/index").as_deref(), Some("index.js"));
        for outside in [
            "../x",
            "../../index",
            "/etc/passwd",
            "/var/task/../../etc/passwd",
            "fs",
            "..",
            "",
            "./\0",
            "/var",
        ] {
            assert_eq!(found("index.js", outside), None, "{outside}");
        }
    }

    #[test]
    fn packages_are_found_by_their_main_exports_and_conditions() {
        let resolver = Resolver::new(load(&[
            ("src/index.js", ""),
            ("package.json", r##"{"imports": {"#own": "./src/own.js"}}"##),
            ("src/own.js", ""),
            ("node_modules/plain/package.json", r#"{"main": "lib/main"}"#),
            ("node_modules/plain/lib/main.js", ""),
            ("node_modules/bare/index.js", ""),
            (
                "node_modules/@a/dual/package.json",
                r#"{"exports": {".": {"import": "./es.mjs", "require": "./cjs.cjs"}, "./sub/*": "./lib/*.js"}}"#,
            ),
            ("node_modules/@a/dual/es.mjs", ""),
            ("node_modules/@a/dual/cjs.cjs", ""),
            ("node_modules/@a/dual/lib/x.js", ""),
            ("src/node_modules/bare/index.json", "{}"),
        ]));
        let found = |specifier| found(&resolver, "src/index.js", specifier);
        assert_eq!(found("plain").as_deref(), Some("node_modules/plain/lib/main.js"));
        assert_eq!(found("bare").as_deref(), Some("src/node_modules/bare/index.json"));
        assert_eq!(found("#own").as_deref(), Some("src/own.js"));
        assert_eq!(found("@a/dual").as_deref(), Some("node_modules/@a/dual/cjs.cjs"));
        assert_eq!(found("@a/dual/sub/x").as_deref(), Some("node_modules/@a/dual/lib/x.js"));
        let imported = resolver.resolve("src/index.js", "@a/dual", Asker::Import);
        assert_eq!(imported.as_deref(), Ok("node_modules/@a/dual/es.mjs"));
        let hidden = resolver.resolve("src/index.js", "@a/dual/lib/x.js", Asker::Require);
        assert!(matches!(hidden, Err(Unresolved::NotExported(_))), "{hidden:?}");
    }

    #[test]
    fn the_nearest_package_decides_on_the_kind() {
        let load = load(&[
            ("package.json", "{}"),
            ("a.js", ""),
            ("es/package.json", r#"{"type": "module"}"#),
            ("es/src/b.js", ""),
        ]);
        let kind = |path| kind(&load.bundle, path);
        assert_eq!(kind("a.js"), Kind::CommonJs);
        assert_eq!(kind("es/src/b.js"), Kind::Es);
        assert_eq!(kind("es/src/b.cjs"), Kind::CommonJs);
        assert_eq!(kind("a.mjs"), Kind::Es);
        assert_eq!(kind("data.json"), Kind::Json);
    }
}
