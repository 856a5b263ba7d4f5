//! The runtime and the handler of a function whose author named none.
//!
//! The language decides: Python is the file of the handler with the ending `.py`. JavaScript runs in
//! the embedded runtime. A project may have a default of its own, which holds for the functions of its
//! language.

use std::collections::BTreeSet;
use std::path::Path;

use brink_shared::registry::function::{FunctionSettings, HANDLER_DEFAULT};
use brink_shared::registry::{Runtime, RuntimeName};
use rawzip::ZipArchive;

use crate::bundle_files::{default_handler, is_code};

/// The handler of the sample functions of AWS Lambda for Python, and its file.
const HANDLER_OF_LAMBDA: &str = "lambda_function.lambda_handler";
const FILE_OF_LAMBDA: &str = "lambda_function.py";

/// The file of [`HANDLER_DEFAULT`] in Python.
const FILE_OF_INDEX: &str = "index.py";

/// Most entries of a zip that are looked at.
const ENTRIES_MAX: usize = 100_000;

/// Where a function's files are.
enum Files<'a> {
    /// A single file.
    File(&'a Path),
    /// A folder.
    Folder(&'a Path),
    /// The names in a zip.
    Zip(BTreeSet<String>),
}

/// The language of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    JavaScript,
    Python,
}

/// Completes the settings of a function whose files are at `source`. `runtime` and `handler` are those
/// that its author named, and `default` is the project's runtime.
pub fn complete(
    settings: FunctionSettings,
    source: &Path,
    runtime: Option<RuntimeName>,
    handler: Option<String>,
    default: Option<RuntimeName>,
) -> FunctionSettings {
    let files = Files::at(source);
    let runtime = runtime.unwrap_or_else(|| {
        let language = files.language(handler.as_deref());
        let fits = |name: &RuntimeName| match (language, name.runtime) {
            (None, _) => true,
            (Some(Language::JavaScript), runtime) => {
                matches!(runtime, Runtime::Boa | Runtime::Nodejs)
            }
            (Some(Language::Python), runtime) => runtime == Runtime::Python,
        };
        default.filter(fits).unwrap_or_else(|| match language {
            Some(Language::Python) => Runtime::Python.into(),
            _ => RuntimeName::default(),
        })
    });
    let handler = handler.unwrap_or_else(|| {
        let is_of_lambda = runtime.runtime == Runtime::Python
            && files.has(FILE_OF_LAMBDA)
            && !files.has(FILE_OF_INDEX);
        if is_of_lambda { HANDLER_OF_LAMBDA.to_owned() } else { default_handler(source) }
    });
    FunctionSettings { runtime, handler, ..settings }
}

// === impl Files ===

impl<'a> Files<'a> {
    fn at(path: &'a Path) -> Self {
        if path.is_dir() {
            Self::Folder(path)
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
            Self::Zip(names_in_zip(path).unwrap_or_default())
        } else {
            Self::File(path)
        }
    }

    /// The language of the handler's file; none if there is no such file.
    fn language(&self, handler: Option<&str>) -> Option<Language> {
        if let Self::File(path) = self {
            let name = path.file_name()?.to_str()?;
            return match name.rsplit_once('.')? {
                (_, "py") => Some(Language::Python),
                _ => is_code(name).then_some(Language::JavaScript),
            };
        }
        let handler = handler.unwrap_or(HANDLER_DEFAULT);
        if self.has_javascript(handler) {
            return Some(Language::JavaScript);
        }
        let module = handler.rsplit_once('.').map(|(module, _)| module.replace('.', "/"));
        let is_python = module.is_some_and(|module| self.has(&format!("{module}.py")));
        let is_of_lambda = handler == HANDLER_DEFAULT && self.has(FILE_OF_LAMBDA);
        (is_python || is_of_lambda).then_some(Language::Python)
    }

    /// True if the handler's file is JavaScript, in whose handlers the file ends at the first dot of its
    /// name. A file may have more dots.
    fn has_javascript(&self, handler: &str) -> bool {
        let (folder, name) = handler.rsplit_once('/').unwrap_or(("", handler));
        let place = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let ends = name.match_indices('.').map(|(at, _)| at);
        let stems = ends.filter_map(|at| name.get(..at));
        let endings = ["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx"];
        stems
            .into_iter()
            .any(|stem| endings.iter().any(|ending| self.has(&format!("{place}{stem}.{ending}"))))
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::File(_) => false,
            Self::Folder(folder) => folder.join(name).is_file(),
            Self::Zip(names) => names.contains(name),
        }
    }
}

/// The names of the files in a zip; none if it cannot be read. That is reported when it is unpacked.
fn names_in_zip(path: &Path) -> Option<BTreeSet<String>> {
    let bytes = std::fs::read(path).ok()?;
    let archive = ZipArchive::from_slice(bytes.as_slice()).ok()?;
    let mut entries = archive.entries();
    let mut names = BTreeSet::new();
    while let Ok(Some(entry)) = entries.next_entry() {
        if let Ok(name) = std::str::from_utf8(entry.file_path().as_bytes()) {
            // Some tools begin each name with `./`.
            names.insert(name.trim_start_matches("./").to_owned());
        }
        if names.len() >= ENTRIES_MAX {
            break;
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        files: &[&str],
        source: &str,
        handler: Option<&str>,
        default: Option<&str>,
    ) -> (String, String) {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "def lambda_handler(event, context): pass\n").unwrap();
        }
        let settings = complete(
            FunctionSettings::default(),
            &dir.path().join(source),
            None,
            handler.map(str::to_owned),
            default.map(|name| name.parse().unwrap()),
        );
        (settings.runtime.to_string(), settings.handler)
    }

    #[test]
    fn the_language_of_the_handler_decides() {
        for (files, source, handler, runtime) in [
            (&["edge.js"][..], "edge.js", None, "boa"),
            (&["edge.ts"], "edge.ts", None, "boa"),
            (&["edge.py"], "edge.py", None, "python"),
            (&["index.js", "tool.py"], "", None, "boa"),
            (&["index.mjs", "index.py"], "", None, "boa"),
            (&["index.py"], "", None, "python"),
            (&["lambda_function.py"], "", None, "python"),
            (&["index.js", "lambda_function.py"], "", None, "boa"),
            (&["index.js", "app.py"], "", Some("app.main"), "python"),
            (&["index.js", "a/b.py"], "", Some("a.b.main"), "python"),
            (&["index.js", "a/b.py"], "", Some("a/b.main"), "python"),
            (&["src/app.test.ts", "src/app.py"], "", Some("src/app.test.main"), "boa"),
            (&["notes.txt"], "", None, "boa"),
            (&[], "missing", None, "boa"),
        ] {
            assert_eq!(chosen(files, source, handler, None).0, runtime, "{files:?} {handler:?}");
        }
    }

    #[test]
    fn the_default_of_a_project_holds_for_its_language() {
        for (file, default, runtime) in [
            ("a.js", "nodejs22.x", "nodejs22.x"),
            ("a.py", "nodejs22.x", "python"),
            ("a.py", "python3.12", "python3.12"),
            ("a.js", "python3.12", "boa"),
            ("a.rs", "provided", "provided"),
        ] {
            let (name, _) = chosen(&[file], file, None, Some(default));
            assert_eq!(name, runtime, "{file} {default}");
        }
    }

    #[test]
    fn the_handler_of_lambda_is_the_default_where_its_file_is() {
        for (files, handler) in [
            (&["lambda_function.py"][..], "lambda_function.lambda_handler"),
            (&["index.py"], "index.handler"),
            (&["index.js"], "index.handler"),
            // A Python twin beside JavaScript changes nothing.
            (&["index.js", "lambda_function.py"], "index.handler"),
            (&["index.py", "lambda_function.py"], "index.handler"),
        ] {
            assert_eq!(chosen(files, "", None, None).1, handler, "{files:?}");
        }
    }
}
