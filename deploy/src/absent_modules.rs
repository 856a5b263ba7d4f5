//! Finds what a function uses of Node.js that cannot exist in a sandbox, so that its author hears
//! of it before a viewer does.
//!
//! Seen are `require`, `import` and `export ... from` with the name written out; where such a use
//! is never reached, or expected to fail, the author knows better. Each module is told once per
//! file of the author's, and once per package below `node_modules`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use brink_worker::boa::absent_module;
use bytes::Bytes;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, ImportOrExportKind, StringLiteral,
    TSExternalModuleReference,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::typescript::place_of;

/// Endings of files that hold code.
const ENDINGS: [&str; 7] = [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".tsx"];

/// A module that is asked for and cannot work.
#[derive(Debug, PartialEq, Eq)]
pub struct AbsentUse {
    file: String,
    /// Counted from 1, as the column is.
    line: usize,
    column: usize,
    /// Without `node:`.
    module: String,
    /// What a sandbox lacks.
    reason: &'static str,
    /// How often the file or the package asks for it.
    count: usize,
}

/// Collects the names that a file asks for, and where.
#[derive(Default)]
struct Requests {
    found: Vec<(String, u32)>,
}

/// The uses in a function's files, sorted by file and line.
pub fn find(files: &BTreeMap<String, Bytes>) -> Vec<AbsentUse> {
    let mut uses: Vec<AbsentUse> = Vec::new();
    for (file, bytes) in files {
        let is_code = ENDINGS.iter().any(|ending| file.ends_with(ending));
        let declares = [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| file.ends_with(ending));
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_code && !declares) else {
            continue;
        };
        for found in in_file(file, text) {
            let same = |known: &&mut AbsentUse| {
                known.module == found.module && owner(&known.file) == owner(file)
            };
            match uses.iter_mut().find(same) {
                Some(known) => known.count += 1,
                None => uses.push(found),
            }
        }
    }
    uses
}

/// Whose file it is: its own where it is the author's, and a package's folder.
fn owner(file: &str) -> &str {
    let Some(at) = file.rfind("node_modules/") else { return file };
    let start = at + "node_modules/".len();
    let name = file.get(start..).unwrap_or_default();
    let parts = if name.starts_with('@') { 2 } else { 1 };
    let length: usize = name.split_inclusive('/').take(parts).map(str::len).sum();
    file.get(..start + length).unwrap_or(file)
}

fn in_file(file: &str, text: &str) -> Vec<AbsentUse> {
    // Most files ask for nothing, and parsing costs more than looking.
    if !text.contains("require") && !text.contains("import") && !text.contains("export") {
        return Vec::new();
    }
    let allocator = Allocator::default();
    let source_type = match SourceType::from_path(Path::new(file)) {
        Ok(kind) if kind.is_typescript() || file.ends_with(".mjs") => kind,
        _ => SourceType::unambiguous(),
    };
    let parsed = Parser::new(&allocator, text, source_type).parse();
    let mut requests = Requests::default();
    requests.visit_program(&parsed.program);
    let uses = requests.found.into_iter().filter_map(|(name, offset)| {
        let module = name.strip_prefix("node:").unwrap_or(&name).to_owned();
        let reason = absent_module(&module)?;
        let (line, column) = place_of(text, offset as usize);
        Some(AbsentUse { file: file.to_owned(), line, column, module, reason, count: 1 })
    });
    uses.collect()
}

// === impl AbsentUse ===

impl fmt::Display for AbsentUse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, module, reason, count } = self;
        write!(out, "{file}:{line}:{column}: {module} cannot work in the embedded runtime")?;
        write!(out, " ({reason}); runtime = \"nodejs\" has it")?;
        match count {
            1 => Ok(()),
            count => write!(out, "; asked for {count} times"),
        }
    }
}

// === impl Requests ===

impl Requests {
    fn add(&mut self, name: &StringLiteral<'_>, offset: u32) {
        self.found.push((name.value.to_string(), offset));
    }
}

impl<'a> Visit<'a> for Requests {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        // Bundlers give `require` names such as `__require`.
        if let Expression::Identifier(callee) = &call.callee
            && callee.name.to_ascii_lowercase().ends_with("require")
            && let Some(Argument::StringLiteral(name)) = call.arguments.first()
        {
            self.add(name, call.span.start);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(name) = &import.source {
            self.add(name, import.span.start);
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if import.import_kind == ImportOrExportKind::Value {
            self.add(&import.source, import.span.start);
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Value {
            self.add(&export.source, export.span.start);
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Value {
            self.add(&export.source, export.span.start);
        }
    }

    fn visit_ts_external_module_reference(&mut self, reference: &TSExternalModuleReference<'a>) {
        self.add(&reference.expression, reference.span.start);
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
        let sockets = "cannot work in the embedded runtime (no sockets of its own); \
                       runtime = \"nodejs\" has it";
        assert_eq!(
            told(&[
                ("a.js", "const x = 1;\n'use strict';\nconst net = require('net');"),
                ("b.mjs", "import tls from 'node:tls';\nexport * from 'net';"),
                (
                    "c.ts",
                    "import type { Socket } from 'net';\nimport net = require('node:net');\nlet a: number = await import('tls');"
                ),
                ("min.js", "var a=(e=>{try{return __require(\"net\")}catch{}})();"),
            ]),
            [
                format!("a.js:3:13: net {sockets}"),
                format!("b.mjs:1:1: tls {sockets}"),
                format!("b.mjs:2:1: net {sockets}"),
                format!("c.ts:2:14: net {sockets}"),
                format!("c.ts:3:23: tls {sockets}"),
                format!("min.js:1:23: net {sockets}"),
            ]
        );
    }

    #[test]
    fn what_works_and_what_only_looks_alike_is_not_told() {
        let text = "require('http'); require(net); import('./net'); 'net'; x.require('net'); fetch('tls');\n\
                    // require('vm')";
        assert_eq!(
            told(&[("a.js", text), ("net.d.ts", "import 'net';"), ("a.json", "{}")]),
            [""; 0]
        );
        assert_eq!(told(&[("broken.js", "require('net'")]), [""; 0]);
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
        let told: Vec<_> = told.iter().map(|line| line.replace(" vm cannot work in the embedded runtime (no second engine); runtime = \"nodejs\" has it", "")).collect();
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
