//! Puts source maps into the files that name them.
//!
//! A debugger looks for a source map beside the file, on its own machine. There are none of the files
//! that Brink makes of TypeScript. It finds a source map within the file everywhere.

use std::collections::BTreeMap;

use brink_shared::registry::Bundle;
use bytes::Bytes;
use data_encoding::BASE64;

/// The beginning of the line that names a source map.
const COMMENT: &str = "//# sourceMappingURL=";

/// The bundle with its source maps in the files that name them. Files of packages stay as they are.
/// If the bundle is too large for that, all files do.
pub fn inline(bundle: Bundle) -> Bundle {
    let files = bundle.files();
    let mut inlined = BTreeMap::new();
    for (name, text) in files.iter().filter(|(name, _)| is_script(name)) {
        if let Some(text) = with_map(name, text, files) {
            inlined.insert(name.clone(), text);
        }
    }
    if inlined.is_empty() {
        return bundle;
    }
    let others = files.iter().filter(|(name, _)| !inlined.contains_key(*name));
    let others: Vec<_> = others.map(|(name, text)| (name.clone(), text.clone())).collect();
    inlined.extend(others);
    Bundle::new(inlined).unwrap_or(bundle)
}

fn is_script(name: &str) -> bool {
    let in_package = name.split('/').any(|part| part == "node_modules");
    !in_package && [".js", ".mjs", ".cjs"].iter().any(|ending| name.ends_with(ending))
}

/// The text with its source map; none if it names none of these files.
fn with_map(name: &str, text: &Bytes, files: &BTreeMap<String, Bytes>) -> Option<Bytes> {
    let text = str::from_utf8(text).ok()?;
    let (code, map) = text.trim_end().rsplit_once(COMMENT)?;
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let map = if folder.is_empty() { map.to_owned() } else { format!("{folder}/{map}") };
    let map = BASE64.encode(files.get(&map)?);
    Some(format!("{code}{COMMENT}data:application/json;base64,{map}\n").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_the_map_that_it_names() {
        let code = "a();\n//# sourceMappingURL=a.js.map\n";
        let files = [
            ("lib/a.js", code),
            ("lib/a.js.map", "{}"),
            ("b.js", "b();\n//# sourceMappingURL=missing.map\n"),
            ("c.js", "c();\n//# sourceMappingURL=data:application/json;base64,e30=\n"),
            ("d.js", "d();\n"),
            ("node_modules/p/a.js", code),
            ("node_modules/p/a.js.map", "{}"),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), Bytes::from(text)));
        let bundle = Bundle::new(files.clone().into()).unwrap();
        let inlined = inline(bundle.clone());
        let expected = "a();\n//# sourceMappingURL=data:application/json;base64,e30=\n";
        assert_eq!(inlined.file("lib/a.js").unwrap(), expected);
        for (name, text) in files.iter().filter(|(name, _)| name != "lib/a.js") {
            assert_eq!(inlined.file(name), Some(text), "{name}");
        }
        let none = Bundle::new(BTreeMap::from([("d.js".to_owned(), "d();".into())])).unwrap();
        assert_eq!(inline(none.clone()).files(), none.files());
    }
}
