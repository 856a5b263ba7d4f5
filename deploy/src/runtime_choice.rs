//! The runtime and the handler of a function whose author named none.
//!
//! The language decides: Python is the file of the handler with the ending `.py`. JavaScript runs in
//! the embedded runtime. A project may have a default of its own, which holds for the functions of its
//! language.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use brink_shared::registry::function::{FunctionSettings, HANDLER_DEFAULT};
use brink_shared::registry::{Runtime, RuntimeName};
use rawzip::{RECOMMENDED_BUFFER_SIZE, ZipArchive};

use crate::bundle_files::{default_handler, is_code};

/// The handler of the sample functions of AWS Lambda for Python, and its file.
const HANDLER_OF_LAMBDA: &str = "lambda_function.lambda_handler";
const FILE_OF_LAMBDA: &str = "lambda_function.py";

/// The file of [`HANDLER_DEFAULT`] in Python.
const FILE_OF_INDEX: &str = "index.py";

/// Most entries of a zip that are looked at, and most bytes of the zip's directory.
const ENTRIES_MAX: usize = 100_000;
const DIRECTORY_MAX: u64 = 16 * 1024 * 1024;

/// Where a function's files are.
enum Files<'a> {
    /// A single file.
    File(&'a Path),
    /// A folder.
    Folder(&'a Path),
    /// A zip, and the names in it once they are needed.
    Zip(&'a Path, OnceCell<BTreeSet<String>>),
}

/// The language of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    JavaScript,
    Python,
}

/// Completes the settings of a function whose files are at `source`. `runtime` and `handler` are those
/// that its author named, and `default` is the project's runtime. Files are looked at only for what the
/// author did not name.
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
            Self::Zip(path, OnceCell::new())
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
            Self::Zip(path, names) => {
                names.get_or_init(|| names_in_zip(path).unwrap_or_default()).contains(name)
            }
        }
    }
}

/// The names of the files in a zip; none if it cannot be read. That is reported when it is unpacked.
/// Only the zip's directory is read, a buffer at a time.
fn names_in_zip(path: &Path) -> Option<BTreeSet<String>> {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(File::open(path).ok()?, &mut buffer).ok()?;
    let end = archive.directory_offset().saturating_add(DIRECTORY_MAX);
    let mut entries = archive.entries(&mut buffer);
    let mut names = BTreeSet::new();
    while let Ok(Some(entry)) = entries.next_entry() {
        if names.len() >= ENTRIES_MAX || entry.central_directory_offset() > end {
            break;
        }
        if let Ok(name) = std::str::from_utf8(entry.file_path().as_bytes()) {
            // Some tools begin each name with `./`.
            names.insert(name.trim_start_matches("./").to_owned());
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
    fn the_names_in_a_zip_decide_as_those_in_a_folder_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("function.zip");
        let write = |names: &[&str]| {
            let mut zip = rawzip::ZipArchiveWriter::new(File::create(&path).unwrap());
            for name in names {
                let (mut entry, config) = zip.new_file(name).start().unwrap();
                let mut data = config.wrap(&mut entry);
                std::io::Write::write_all(&mut data, b"text").unwrap();
                let (_, output) = data.finish().unwrap();
                entry.finish(output).unwrap();
            }
            zip.finish().unwrap();
        };
        let named = |runtime: Option<&str>, handler: Option<&str>| {
            let runtime = runtime.map(|name| name.parse().unwrap());
            let unset = FunctionSettings::default();
            let settings = complete(unset, &path, runtime, handler.map(str::to_owned), None);
            (settings.runtime.to_string(), settings.handler)
        };
        let chosen = |runtime: &str, handler: &str| (runtime.to_owned(), handler.to_owned());
        let many: Vec<String> = (0..5_000).map(|n| format!("lib/file-{n}.txt")).collect();
        let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
        write(&names);
        assert_eq!(named(None, None), chosen("boa", "index.handler"));
        names.push("./lambda_function.py");
        write(&names);
        assert_eq!(named(None, None), chosen("python", "lambda_function.lambda_handler"));
        assert_eq!(named(Some("nodejs"), None), chosen("nodejs", "index.handler"));
        // The zip is not read for what is named.
        let both = (Some("python"), Some("app.main"));
        assert_eq!(named(both.0, both.1), chosen("python", "app.main"));
        std::fs::write(&path, "no zip").unwrap();
        assert_eq!(named(both.0, both.1), chosen("python", "app.main"));
        assert_eq!(named(None, None), chosen("boa", "index.handler"));
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
