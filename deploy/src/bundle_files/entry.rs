//! Adds a module for a handler whose file has dots in its name.
//!
//! As on Lambda, the file's name in a handler's name ends at the first dot: `a.b.handler` is the
//! export `b.handler` of `a.js`, and no handler's name can mean `a.b.js`. If there is no `a.js`, a
//! small module is added beside `a.b.js`. Its name has no dots, and it exports the handler. So the
//! bundle runs here and on Lambda.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::gathered::within;

/// Endings of a handler's file.
const ENDINGS: [&str; 3] = [".js", ".mjs", ".cjs"];

/// A module that exports a handler of another file.
pub(super) struct Entry {
    /// Its path in the bundle.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
    /// The file of the handler.
    pub(super) file: String,
    /// The handler's new name.
    pub(super) handler: String,
}

/// The module that this handler needs, if it needs one.
pub(super) fn needed(files: &BTreeMap<String, Bytes>, handler: &str) -> Option<Entry> {
    let (folder, base) = handler.rsplit_once('/').unwrap_or(("", handler));
    let dots: Vec<usize> = base.match_indices('.').map(|(at, _)| at).collect();
    let (first, others) = dots.split_first()?;
    if file_of(files, folder, base.get(..*first)?).is_some() {
        return None;
    }
    others.iter().rev().find_map(|dot| {
        let (stem, export) = base.split_at_checked(*dot)?;
        let file = file_of(files, folder, stem)?;
        let export = export.trim_start_matches('.');
        (!export.is_empty()).then(|| entry(files, folder, stem, &file, export))
    })
}

fn file_of(files: &BTreeMap<String, Bytes>, folder: &str, stem: &str) -> Option<String> {
    let mut paths = ENDINGS.iter().map(|ending| within(folder, &format!("{stem}{ending}")));
    paths.find(|path| files.contains_key(path))
}

fn entry(
    files: &BTreeMap<String, Bytes>,
    folder: &str,
    stem: &str,
    file: &str,
    export: &str,
) -> Entry {
    let mut name = stem.replace('.', "-");
    while file_of(files, folder, &name).is_some() {
        name.push('-');
    }
    let base = file.rsplit('/').next().unwrap_or(file);
    // JSON's texts are JavaScript's.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let keys: String = export.split('.').map(|key| format!("?.[{}]", quoted(key))).collect();
    let text = format!(
        "// Made by brink: in a handler's name the file ends at the first dot.\n\
         import * as found from {};\n\
         export const handler = found{keys} ?? found.default{keys};\n",
        quoted(&format!("./{base}")),
    );
    Entry {
        handler: within(folder, &format!("{name}.handler")),
        name: within(folder, &format!("{name}.mjs")),
        text,
        file: file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed_for(files: &[&str], handler: &str) -> Option<(String, String)> {
        let files = files.iter().map(|file| ((*file).to_owned(), Bytes::new())).collect();
        needed(&files, handler).map(|entry| (entry.name, entry.handler))
    }

    #[test]
    fn only_a_name_that_lambda_cannot_find_needs_one() {
        for (files, handler) in [
            (&["index.js"] as &[&str], "index.handler"),
            (&["a.js", "a.b.js"], "a.b.handler"),
            (&["index.js"], "main.handler"),
            (&["a.b.js"], "a.b"),
            (&["a.b.js"], "handler"),
        ] {
            assert_eq!(needed_for(files, handler), None, "{handler}");
        }
        let found = |name: &str, handler: &str| Some((name.to_owned(), handler.to_owned()));
        assert_eq!(needed_for(&["a.b.js"], "a.b.handler"), found("a-b.mjs", "a-b.handler"));
        assert_eq!(needed_for(&["x/a.b.js"], "x/a.b.m.go"), found("x/a-b.mjs", "x/a-b.handler"));
        assert_eq!(
            needed_for(&["a.b.cjs", "a-b.js"], "a.b.handler"),
            found("a-b-.mjs", "a-b-.handler")
        );
        assert_eq!(needed_for(&[".a.js"], ".a.handler"), found("-a.mjs", "-a.handler"));
    }
}
