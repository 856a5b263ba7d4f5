//! Source maps: give stack frames the file and line that a bundle was made from.
//!
//! A map stands at the end of a file as a `data:` URL, or in a file beside it. It is a part of the
//! bundle and may contain anything. Its texts are shown, and never opened as files.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use brink_shared::registry::Bundle;
use data_encoding::BASE64;
use oxc_sourcemap::SourceMap;

use super::super::loader::ROOT;
use super::resolve::{folder, in_bundle};

/// The comment that names a file's map.
const COMMENT: &str = "sourceMappingURL=";

/// Largest map that is read, in bytes. Reading takes several times as much memory.
const MAP_MAX: usize = 32 * 1024 * 1024;

/// The source maps of a bundle, read when a stack first needs them.
#[derive(Default)]
pub(super) struct SourceMaps {
    read: RefCell<HashMap<String, Option<Rc<Map>>>>,
}

struct Map {
    map: SourceMap<'static>,
    /// The folder of the file with the map. The map's sources are relative to it.
    folder: String,
}

/// A place in a file; line and column count from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The file, as a stack names it.
    pub(super) file: String,
    /// Its line.
    pub(super) line: u32,
    /// Its column.
    pub(super) column: u32,
}

/// The author's place for a place in a bundle's file: the file by its path in the bundle, and line
/// and column, counted from 1.
pub fn author_place(bundle: &Bundle, path: &str, line: u32, column: u32) -> (String, u32, u32) {
    match SourceMaps::default().original(bundle, path, line, column) {
        Some(spot) => {
            let file = in_bundle(Path::new(&spot.file)).unwrap_or(&spot.file);
            (file.to_owned(), spot.line, spot.column)
        }
        None => (path.to_owned(), line, column),
    }
}

// === impl SourceMaps ===

impl SourceMaps {
    /// The author's place for this place in a bundle's file.
    pub(super) fn original(
        &self,
        bundle: &Bundle,
        path: &str,
        line: u32,
        column: u32,
    ) -> Option<Spot> {
        let known = self.read.borrow().get(path).cloned();
        let map = known.unwrap_or_else(|| {
            let map = read(bundle, path).map(Rc::new);
            self.read.borrow_mut().insert(path.to_owned(), map.clone());
            map
        })?;
        let lookup = map.map.generate_lookup_table();
        let token = map.map.lookup_source_view_token(
            &lookup,
            line.checked_sub(1)?,
            column.checked_sub(1)?,
        )?;
        let source = token.get_source()?;
        Some(Spot {
            file: join(&map.folder, source),
            line: token.get_src_line() + 1,
            column: token.get_src_col() + 1,
        })
    }
}

fn read(bundle: &Bundle, path: &str) -> Option<Map> {
    let text = bundle.file(path)?;
    let tail = text.get(text.len().saturating_sub(MAP_MAX)..)?;
    let tail = std::str::from_utf8(tail).ok()?;
    let line = tail.trim_end().rsplit('\n').find(|line| line.contains(COMMENT))?;
    let url = line.rsplit_once(COMMENT)?.1.trim().trim_end_matches("*/").trim();
    let (json, folder) = match url.strip_prefix("data:") {
        Some(data) => {
            let (_, base64) = data.split_once(";base64,")?;
            (BASE64.decode(base64.as_bytes()).ok()?, folder(path).to_owned())
        }
        None => {
            let beside = join_in_bundle(folder(path), url);
            (bundle.file(&beside)?.to_vec(), folder(&beside).to_owned())
        }
    };
    if json.len() > MAP_MAX {
        return None;
    }
    let json = String::from_utf8(json).ok()?;
    let map = SourceMap::from_json_string(&json).ok()?.into_owned();
    Some(Map { map, folder })
}

/// A source as a stack shows it. A source with a scheme (`webpack://...`) stays as it is.
fn join(folder: &str, source: &str) -> String {
    if source.contains("://") || source.starts_with('/') {
        return source.to_owned();
    }
    format!("{ROOT}/{}", join_in_bundle(folder, source))
}

fn join_in_bundle(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;

    /// Line 2 of the result is line 5 of `src/author.ts`, from column 3 on.
    const MAP: &str =
        r#"{"version":3,"sources":["../src/author.ts"],"names":[],"mappings":";AAIE"}"#;

    fn bundle(files: &[(&str, &str)]) -> Bundle {
        let files: BTreeMap<_, _> = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Bytes::copy_from_slice(text.as_bytes())))
            .collect();
        Bundle::new(files).unwrap()
    }

    #[test]
    fn maps_are_found_beside_and_inside_a_file() {
        let inside = format!(
            "a\nb\n//# {COMMENT}data:application/json;base64,{}",
            BASE64.encode(MAP.as_bytes())
        );
        let bundle = bundle(&[
            ("dist/out.js", "a\nb\n//# sourceMappingURL=out.js.map\n"),
            ("dist/out.js.map", MAP),
            ("dist/inside.js", &inside),
            ("dist/plain.js", "a\nb"),
            ("dist/broken.js", "a\n//# sourceMappingURL=plain.js"),
        ]);
        let maps = SourceMaps::default();
        let spot = Spot { file: "/var/task/src/author.ts".to_owned(), line: 5, column: 3 };
        assert_eq!(maps.original(&bundle, "dist/out.js", 2, 1).as_ref(), Some(&spot));
        assert_eq!(maps.original(&bundle, "dist/inside.js", 2, 9).as_ref(), Some(&spot));
        for path in ["dist/plain.js", "dist/broken.js", "nowhere.js"] {
            assert_eq!(maps.original(&bundle, path, 2, 1), None, "{path}");
        }
        assert_eq!(maps.original(&bundle, "dist/out.js", 0, 0), None);
    }
}
