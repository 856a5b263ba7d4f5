//! The modules that a file requests by name: `require`, `import` and `export ... from` with the name
//! written out. Files may be JavaScript or TypeScript.
//!
//! The parser recurses into nested code. On a thread with a small stack, or with hostile code, it
//! ends the process: a supervisor leaves this to a sandbox.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, Statement, StringLiteral, TSExternalModuleReference,
    TSImportEqualsDeclaration, TSImportType,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::SourceType;

/// Code nested deeper is not looked at. It cannot run: [`crate::rewrite`] rejects it.
const DEPTH: usize = 2_500;

/// A module that a file requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As the file writes it, without quotes.
    pub name: String,
    /// Where the statement or the call begins, in bytes.
    pub offset: usize,
}

struct Search {
    found: Vec<Request>,
    /// How many statements and expressions are around the node at hand.
    depth: usize,
}

/// The requests of a file, in the order of the text. The ending of the file's name says which
/// language it is. A file that cannot be parsed requests nothing.
#[must_use]
pub fn requests(file: &str, text: &str) -> Vec<Request> {
    // Most files request nothing, and parsing costs more than looking.
    if !["require", "import", "export"].iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    let source_type = SourceType::from_path(file).unwrap_or_else(|_| SourceType::unambiguous());
    // In CommonJS `await` is a name.
    for source_type in [source_type, SourceType::cjs()] {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, source_type).parse();
        if !parsed.panicked {
            let mut search = Search { found: Vec::new(), depth: 0 };
            search.visit_program(&parsed.program);
            return search.found;
        }
    }
    Vec::new()
}

// === impl Search ===

impl Search {
    fn found(&mut self, name: &StringLiteral<'_>, start: u32) {
        self.found.push(Request { name: name.value.to_string(), offset: start as usize });
    }

    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        if self.depth < DEPTH {
            self.depth += 1;
            visit(self);
            self.depth -= 1;
        }
    }
}

impl<'a> Visit<'a> for Search {
    fn visit_statement(&mut self, statement: &Statement<'a>) {
        self.deeper(|search| walk::walk_statement(search, statement));
    }

    fn visit_expression(&mut self, expression: &Expression<'a>) {
        self.deeper(|search| walk::walk_expression(search, expression));
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if import.import_kind.is_value() {
            self.found(&import.source, import.span.start);
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        if export.export_kind.is_value() {
            self.found(&export.source, export.span.start);
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        if export.export_kind.is_value() {
            self.found(&export.source, export.span.start);
        }
    }

    /// `import name = require('module')`.
    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        if import.import_kind.is_value() {
            walk::walk_ts_import_equals_declaration(self, import);
        }
    }

    fn visit_ts_external_module_reference(&mut self, module: &TSExternalModuleReference<'a>) {
        self.found(&module.expression, module.span.start);
    }

    /// `import('module').Type` is a type.
    fn visit_ts_import_type(&mut self, _: &TSImportType<'a>) {}

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(name) = &import.source {
            self.found(name, import.span.start);
        }
        walk::walk_import_expression(self, import);
    }

    /// `require('module')`, also under another name of bundlers, such as `__require`.
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &call.callee
            && callee.name.to_ascii_lowercase().ends_with("require")
            && let Some(Argument::StringLiteral(name)) = call.arguments.first()
        {
            self.found(name, callee.span.start);
        }
        walk::walk_call_expression(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> String {
        let found = requests(file, text);
        let found: Vec<_> =
            found.iter().map(|one| format!("{}@{}", one.name, one.offset)).collect();
        found.join(" ")
    }

    #[test]
    fn every_way_to_request_is_found() {
        for (file, text, expected) in [
            ("a.js", "const a = require('a')", "a@10"),
            ("a.js", "if (await) return require('a'); with (b) __nodeRequire('b', c)", "a@18 b@41"),
            (
                "a.mjs",
                "import 'a'; import b from 'b'; export * from 'c'; export {} from 'd'",
                "a@0 b@12 c@31 d@50",
            ),
            (
                "a.js",
                "await import('a'); `${require(\"b\")}`; x(/'/, import('c', {}))",
                "a@6 b@22 c@45",
            ),
            ("a.ts", "import a = require('a'); let b: number = await import('b')", "a@11 b@47"),
            ("a.tsx", "import a from 'a'; export default <p>don't {require('b')}</p>", "a@0 b@44"),
            ("a.jsx", "export default () => <p>don't {require('b')}</p>", "b@31"),
            ("a.cts", "const a = require('a') as A", "a@10"),
        ] {
            assert_eq!(found(file, text), expected, "{text}");
        }
    }

    #[test]
    fn other_code_requests_nothing() {
        for (file, text) in [
            (
                "a.js",
                "x.require('a'); require(b); require('a' + b); require.resolve('a'); fetch('a')",
            ),
            (
                "a.js",
                "// require('a')\nconst a = \"require('a')\", b = `import 'a'`, c = /require('a')/",
            ),
            (
                "a.mjs",
                "const from = 'a'; export default from; import.meta.resolve('a'); x.import('a')",
            ),
            (
                "a.ts",
                "import type { A } from 'a'; export type * from 'b'; export type { C } from 'c'",
            ),
            ("a.ts", "import type a = require('a'); let b: import('b').B"),
            ("a.js", "require('a'"),
        ] {
            assert_eq!(found(file, text), "", "{text}");
        }
    }

    #[test]
    fn code_that_is_nested_too_deep_is_left_out() {
        let text = format!("require('a'); {}require('b')", "!".repeat(20_000));
        let run = move || assert_eq!(found("a.js", &text), "a@0");
        std::thread::Builder::new().stack_size(128 << 20).spawn(run).unwrap().join().unwrap();
    }
}
