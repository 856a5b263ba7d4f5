//! Finds the modules of Node.js that a function uses and that cannot work in a sandbox. So the
//! function's author hears of them when publishing.
//!
//! These are only warnings, because the code may never run, or may expect the error. Each module is
//! reported once for each file, and once for each package below `node_modules`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use bytes::Bytes;

use brink_rewrite::{line_and_column, requests};

use crate::platform::absent_module;

/// The endings of files with code.
const ENDINGS: [&str; 7] = [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".tsx"];

/// A use of a module that cannot work.
#[derive(Debug, PartialEq, Eq)]
pub struct AbsentUse {
    file: String,
    /// Counted from 1, like the column.
    line: usize,
    column: usize,
    /// The module's name, without `node:`.
    module: String,
    /// Why it cannot work in a sandbox.
    reason: &'static str,
    /// How often the file or the package uses it.
    count: usize,
}

/// The uses in a function's files, sorted by file and line.
pub fn find(files: &BTreeMap<String, Bytes>) -> Vec<AbsentUse> {
    let mut uses: Vec<AbsentUse> = Vec::new();
    let mut known: HashMap<(&str, String), usize> = HashMap::new();
    for (file, bytes) in files {
        let is_code = ENDINGS.iter().any(|ending| file.ends_with(ending));
        let declares = [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| file.ends_with(ending));
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_code && !declares) else {
            continue;
        };
        for found in in_file(file, text) {
            let at = *known.entry((owner(file), found.module.clone())).or_insert(uses.len());
            match uses.get_mut(at) {
                Some(known) => known.count += found.count,
                None => uses.push(found),
            }
        }
    }
    uses
}

/// The owner of a file: for a file in a package the package's folder, otherwise the file itself.
fn owner(file: &str) -> &str {
    let Some(at) = file.rfind("node_modules/") else { return file };
    let start = at + "node_modules/".len();
    let name = file.get(start..).unwrap_or_default();
    let parts = if name.starts_with('@') { 2 } else { 1 };
    let length: usize = name.split_inclusive('/').take(parts).map(str::len).sum();
    file.get(..start + length).unwrap_or(file)
}

/// The uses in one file, in order, with each module once.
fn in_file(file: &str, text: &str) -> Vec<AbsentUse> {
    let mut uses: Vec<AbsentUse> = Vec::new();
    for request in requests(file, text) {
        let module = request.name.strip_prefix("node:").unwrap_or(&request.name);
        let Some(reason) = absent_module(module) else { continue };
        // There are at most as many uses as there are such modules.
        if let Some(known) = uses.iter_mut().find(|known| known.module == module) {
            known.count += 1;
            continue;
        }
        let (line, column) = line_and_column(text, request.offset);
        let (file, module) = (file.to_owned(), module.to_owned());
        uses.push(AbsentUse { file, line, column, module, reason, count: 1 });
    }
    uses
}

// === impl AbsentUse ===

impl fmt::Display for AbsentUse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, module, reason, count } = self;
        write!(out, "{file}:{line}:{column}: {module} cannot work in a sandbox ({reason})")?;
        match count {
            1 => Ok(()),
            count => write!(out, "; asked for {count} times"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned().into()));
        find(&files.collect()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_way_to_ask_is_seen() {
        let sockets = "cannot work in a sandbox (it has no sockets)";
        assert_eq!(
            told(&[
                ("a.js", "const x = 1;\n'use strict';\nconst net = require('net');"),
                ("b.mjs", "import tls from 'node:tls';\nexport * from 'net';"),
                (
                    "c.ts",
                    "import type { Socket } from 'net';\nimport net = require('node:net');\nlet a: number = await import('tls');"
                ),
                ("min.js", "var a=(e=>{try{return __require(\"net\")}catch{}})();"),
                ("min.mjs", "import{a as b}from\"net\";import\"tls\";export*as c from\"net\""),
            ]),
            [
                format!("a.js:3:13: net {sockets}"),
                format!("b.mjs:1:1: tls {sockets}"),
                format!("b.mjs:2:1: net {sockets}"),
                format!("c.ts:2:14: net {sockets}"),
                format!("c.ts:3:23: tls {sockets}"),
                format!("min.js:1:23: net {sockets}"),
                format!("min.mjs:1:1: net {sockets}; asked for 2 times"),
                format!("min.mjs:1:25: tls {sockets}"),
            ]
        );
    }

    #[test]
    fn working_modules_and_similar_names_are_not_reported() {
        let text = "require('http'); require(net); import('./net'); 'net'; x.require('net'); fetch('tls');\n\
                    // require('vm')";
        assert_eq!(
            told(&[("a.js", text), ("net.d.ts", "import 'net';"), ("a.json", "{}")]),
            [""; 0]
        );
        assert_eq!(told(&[("broken.js", "require('net'")]), [""; 0]);
        let text = "const from = 'net'; export const a = [from, 'tls']; export default from\n'vm';\n\
                    import.meta.resolve('net'); loader.import('vm'); const s = \"require('net')\";";
        assert_eq!(told(&[("b.mjs", text)]), [""; 0]);
    }

    #[test]
    fn packages_are_told_of_once() {
        let text = "require('vm')";
        let files = [
            ("index.js", "require('vm'); require('vm'); require('vm')"),
            ("node_modules/@a/b/one.js", text),
            ("node_modules/@a/b/two.js", text),
            ("node_modules/@a/c/three.js", text),
            ("node_modules/c/node_modules/d/index.js", text),
        ];
        let told = told(&files);
        let what = " vm cannot work in a sandbox (it has no second engine)";
        let told: Vec<_> = told.iter().map(|line| line.replace(what, "")).collect();
        assert_eq!(
            told,
            [
                "index.js:1:1:; asked for 3 times",
                "node_modules/@a/b/one.js:1:1:; asked for 2 times",
                "node_modules/@a/c/three.js:1:1:",
                "node_modules/c/node_modules/d/index.js:1:1:",
            ]
        );
    }
}
