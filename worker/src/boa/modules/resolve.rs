//! From a specifier to a file of the bundle, and from a file to its kind.

use brink_shared::registry::Bundle;

use super::ROOT;

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

/// What a file may be called when a specifier leaves out its ending.
const ENDINGS: [&str; 4] = [".js", ".cjs", ".mjs", ".json"];

/// What is loaded when a specifier names a folder.
const INDEXES: [&str; 3] = ["index.js", "index.cjs", "index.json"];

/// The file that `specifier` means in the file `from`; both without [`ROOT`].
///
/// Relative specifiers and absolute ones below [`ROOT`] only.
pub(super) fn resolve(bundle: &Bundle, from: &str, specifier: &str) -> Option<String> {
    let path = if specifier.starts_with('/') {
        join("", specifier.strip_prefix(ROOT)?.strip_prefix('/')?)?
    } else if matches!(specifier, "." | "..")
        || specifier.starts_with("./")
        || specifier.starts_with("../")
    {
        join(folder(from), specifier)?
    } else {
        return None;
    };
    file_or_folder(bundle, &path, specifier.ends_with('/'))
}

/// The folder that holds a file; empty for the bundle's root.
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

fn file_or_folder(bundle: &Bundle, path: &str, folder_only: bool) -> Option<String> {
    let in_folder = |name: &str| match path {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    };
    let file = Some(path.to_owned()).into_iter();
    let with_ending = ENDINGS.iter().map(|ending| format!("{path}{ending}"));
    let files = file.chain(with_ending).filter(|_| !folder_only);
    let indexes = INDEXES.iter().map(|index| in_folder(index));
    files.chain(indexes).find(|path| bundle.file(path).is_some())
}

/// `specifier` as seen from `folder`; none if it leaves the bundle.
fn join(folder: &str, specifier: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in specifier.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
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
        if folder.is_empty() {
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

    fn bundle(paths: &[&str]) -> Bundle {
        let files: BTreeMap<_, _> = paths
            .iter()
            .map(|path| {
                let text: &'static str =
                    if path.ends_with("es/package.json") { r#"{"type": "module"}"# } else { "{}" };
                ((*path).to_owned(), Bytes::from_static(text.as_bytes()))
            })
            .collect();
        Bundle::new(files).unwrap()
    }

    #[test]
    fn specifiers_find_files_endings_and_folders() {
        let bundle = bundle(&["index.js", "lib/a.js", "lib/b.json", "lib/deep/index.js"]);
        let found = |from, specifier| resolve(&bundle, from, specifier);
        assert_eq!(found("index.js", "./lib/a").as_deref(), Some("lib/a.js"));
        assert_eq!(found("index.js", "./lib/b").as_deref(), Some("lib/b.json"));
        assert_eq!(found("lib/a.js", "./deep").as_deref(), Some("lib/deep/index.js"));
        assert_eq!(found("lib/a.js", "..").as_deref(), Some("index.js"));
        assert_eq!(found("lib/a.js", "/var/task/index").as_deref(), Some("index.js"));
        for outside in ["../x", "../../index", "/etc/passwd", "/var/task/../../etc/passwd", "fs"] {
            assert_eq!(found("index.js", outside), None, "{outside}");
        }
    }

    #[test]
    fn the_nearest_package_decides_on_the_kind() {
        let bundle = bundle(&["package.json", "a.js", "es/package.json", "es/src/b.js"]);
        assert_eq!(kind(&bundle, "a.js"), Kind::CommonJs);
        assert_eq!(kind(&bundle, "es/src/b.js"), Kind::Es);
        assert_eq!(kind(&bundle, "es/src/b.cjs"), Kind::CommonJs);
        assert_eq!(kind(&bundle, "a.mjs"), Kind::Es);
        assert_eq!(kind(&bundle, "data.json"), Kind::Json);
    }
}
