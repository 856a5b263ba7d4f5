//! JavaScript that the engine misreads, written in a way that it reads well.
//!
//! - An arrow function within an arrow function loses `this` of the function around both, unless
//!   something else makes the engine keep that function's environment: `new.target` does.
//! - `async(x)`, a call of a function of that name, is taken for an arrow function.
//! - An ES module must not end with `export { x }`, and an async arrow function that is its default
//!   export needs parentheses.
//! - A field's initializer must not change its class: `fields`.
//!
//! No line is added before the end, and the columns of what was added are known, so that places can
//! be told as the author sees them. What no parser understands stays as it is.

mod edit;
mod fields;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AccessorProperty, ArrowFunctionExpression, CallExpression, ExportDefaultDeclarationKind,
    Expression, Function, ImportExpression, NewTarget, Program, PropertyDefinition, Statement,
    StaticBlock, Super, ThisExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};
use oxc_syntax::scope::ScopeFlags;

use super::additions::Additions;

use edit::{KEEP, end_of};

pub(super) use edit::{Edit, apply, unused_name};

/// What `a` of `async` becomes.
const ESCAPED: &str = "\\u0061";

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The changes that make it read well.
    pub(super) edits: Vec<Edit>,
    /// Where it calls `import`.
    pub(super) imports: Vec<u32>,
    /// False if it has a call that code cannot have which environments share: of `eval` by this
    /// name, so that what is evaluated sees its variables, or of `import` with more than a
    /// specifier.
    pub(super) is_shareable: bool,
}

/// Collects the findings of a file.
#[derive(Default)]
struct Reader {
    findings: Findings,
    /// From the outermost function to the one at hand, arrow functions not counted.
    scopes: Vec<Scope>,
}

/// A function that has its own `this`.
#[derive(Default)]
struct Scope {
    /// Arrow functions around what is read, within this function.
    arrows: usize,
    /// An arrow function within an arrow function says `this`.
    loses: bool,
    /// The engine keeps the environment anyway.
    keeps: bool,
}

/// A CommonJS file as the engine reads it well.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    pub(super) additions: Additions,
    /// What it calls instead of `import`, which keeps what it imported for the context that it was
    /// compiled for.
    pub(super) import: Option<String>,
    /// True if contexts may share its code.
    pub(super) is_shareable: bool,
}

/// Rewrites a CommonJS file. What no parser understands may end what it is wrapped in and go on
/// outside, and is not shared.
pub(super) fn common_js(text: &str) -> Rewritten {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::cjs()).parse();
    let is_understood = !parsed.panicked && parsed.diagnostics.is_empty();
    let Findings { mut edits, imports, is_shareable } = match is_understood {
        true => find(&parsed.program, true),
        false => Findings::default(),
    };
    let import = (is_shareable && !imports.is_empty()).then(|| unused_name(text) + "import");
    if let Some(name) = &import {
        edits.extend(imports.iter().map(|&at| Edit::of_import(at, name)));
    }
    let (text, additions) = apply(text, edits);
    Rewritten { text, additions, import, is_shareable }
}

/// An ES module as the engine reads it well; none if it does so as it is.
pub(super) fn es_module(text: &str) -> Option<(String, Additions)> {
    let mut edits = Vec::new();
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse();
    if !parsed.panicked && parsed.diagnostics.is_empty() {
        // A module has no `this` to lose.
        edits = find(&parsed.program, false).edits;
        edits.extend(parsed.program.body.iter().flat_map(parenthesize));
    }
    if declares(text) && text.trim_end().ends_with('}') {
        edits.push(Edit { at: text.len(), length: 0, text: "\n;".to_owned() });
    }
    (!edits.is_empty()).then(|| apply(text, edits))
}

/// The parentheses for an async arrow function that is the default export.
fn parenthesize(statement: &Statement<'_>) -> Vec<Edit> {
    let Statement::ExportDefaultDeclaration(export) = statement else { return Vec::new() };
    let ExportDefaultDeclarationKind::ArrowFunctionExpression(arrow) = &export.declaration else {
        return Vec::new();
    };
    let insert = |at: u32, text: &str| Edit { at: at as usize, length: 0, text: text.to_owned() };
    match arrow.r#async {
        true => vec![insert(arrow.span.start, "("), insert(arrow.span.end, ")")],
        false => Vec::new(),
    }
}

/// True if some line begins like an `import` or `export` declaration.
pub(super) fn declares(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let rest = line.strip_prefix("import").or_else(|| line.strip_prefix("export"));
        rest.is_some_and(|rest| rest.starts_with([' ', '{', '*', '"', '\'', '\t']))
    })
}

/// What a program has that the engine misreads or cannot share. `is_function` says that it
/// becomes a function's body.
pub(super) fn find(program: &Program<'_>, is_function: bool) -> Findings {
    let findings = Findings { is_shareable: true, ..Findings::default() };
    let mut reader = Reader { findings, scopes: vec![Scope::default()] };
    reader.visit_program(program);
    if is_function {
        reader.leave(end_of(&program.directives), 0);
    }
    reader.findings.edits.extend(fields::edits(program));
    reader.findings
}

// === impl Reader ===

impl Reader {
    fn with_scope(&mut self, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope::default());
        walk(self);
        self.scopes.pop();
    }

    /// Ends the function at hand, whose statements begin at `start` or after its directives.
    fn leave(&mut self, directives_end: Option<u32>, start: u32) {
        let Some(scope) = self.scopes.pop() else { return };
        if scope.loses && !scope.keeps {
            let (at, text) = match directives_end {
                Some(end) => (end, format!(";{KEEP}")),
                None => (start, KEEP.to_owned()),
            };
            self.findings.edits.push(Edit { at: at as usize, length: 0, text });
        }
    }

    fn keeps(&mut self) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.keeps = true;
        }
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.scopes.push(Scope::default());
        walk::walk_function(self, function, flags);
        match &function.body {
            Some(body) => self.leave(end_of(&body.directives), body.span.start + 1),
            None => drop(self.scopes.pop()),
        }
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        let count = |reader: &mut Self, more: bool| {
            if let Some(scope) = reader.scopes.last_mut() {
                scope.arrows = if more { scope.arrows + 1 } else { scope.arrows.saturating_sub(1) };
            }
        };
        count(self, true);
        walk::walk_arrow_function_expression(self, arrow);
        count(self, false);
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        if let Some(scope) = self.scopes.last_mut() {
            match scope.arrows {
                0 => {}
                1 => scope.keeps = true,
                _ => scope.loses = true,
            }
        }
    }

    fn visit_super(&mut self, _: &Super) {
        self.keeps();
    }

    fn visit_new_target(&mut self, _: &NewTarget) {
        self.keeps();
    }

    // The engine runs these as functions whose environment it always keeps.
    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        self.with_scope(|reader| walk::walk_property_definition(reader, property));
    }

    fn visit_accessor_property(&mut self, property: &AccessorProperty<'a>) {
        self.with_scope(|reader| walk::walk_accessor_property(reader, property));
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.with_scope(|reader| walk::walk_static_block(reader, block));
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.findings.imports.push(import.span.start);
        self.findings.is_shareable &= import.options.is_none() && import.phase.is_none();
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let callee = call.callee.without_parentheses();
        self.findings.is_shareable &= !callee.is_specific_id("eval");
        if let Expression::Identifier(name) = &call.callee
            && name.name == "async"
            && call.callee.span().size() as usize == "async".len()
        {
            let at = name.span.start as usize;
            self.findings.edits.push(Edit { at, length: 1, text: ESCAPED.to_owned() });
        }
        walk::walk_call_expression(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        common_js(text).text
    }

    #[test]
    fn functions_keep_what_arrow_functions_within_arrow_functions_need() {
        assert_eq!(
            rewritten("class A { m() { return () => () => this; } }"),
            "class A { m() {new.target; return () => () => this; } }"
        );
        assert_eq!(
            rewritten("function f(x = () => () => this) { 'use strict'\n}"),
            "function f(x = () => () => this) { 'use strict';new.target;\n}"
        );
        assert_eq!(
            rewritten("'use strict'; () => () => this"),
            "'use strict';;new.target; () => () => this"
        );
    }

    #[test]
    fn what_reaches_out_of_its_function_is_not_shared() {
        for text in ["return; evaluate(1)", "eval; (0, eval)('x')", "import(1)", "'eval(1)'"] {
            assert!(common_js(text).is_shareable, "{text}");
        }
        for text in [
            "}); var x = 1; (function () {",
            "import('x', { with: {} })",
            "() => eval\n('1')",
            "(eval)('1')",
        ] {
            assert!(!common_js(text).is_shareable, "{text}");
        }
    }

    #[test]
    fn what_the_engine_reads_well_stays() {
        for text in [
            "function f() { return () => { this; return () => this; }; }",
            "function f() { return () => function () { return () => this; }; }",
            "class A extends B { m() { return () => () => { super.m(); this; }; } }",
            "class A { f = () => () => this; static { () => () => this; } }",
            "const g = async () => async (x) => x; const async = 1; this; async;",
            "() => () => this ]",
        ] {
            assert_eq!(rewritten(text), text);
        }
        assert!(es_module("export const f = () => () => this;").is_none());
    }

    /// They are never rewritten.
    #[test]
    fn platform_modules_are_written_for_the_engine() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/boa/platform/js");
        for entry in walk_folder(folder.as_ref()) {
            let text = std::fs::read_to_string(&entry).unwrap();
            assert_eq!(rewritten(&text), text, "{}", entry.display());
        }
    }

    fn walk_folder(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { walk_folder(&path) } else { vec![path] })
            .collect()
    }

    #[test]
    fn calls_of_async_and_exports_at_the_end_are_read() {
        assert_eq!(rewritten("a = async(b)\nasync (c)"), "a = \\u0061sync(b)\n\\u0061sync (c)");
        let (module, _) = es_module("const a = 1;\nexport { a }").unwrap();
        assert_eq!(module, "const a = 1;\nexport { a }\n;");
        let (module, _) = es_module("export default async a => a").unwrap();
        assert_eq!(module, "export default (async a => a)");
    }

    #[test]
    fn places_are_told_as_the_author_sees_them() {
        let text = "1;\nfunction f() { return () => () => this; } x(async(1), y)";
        let Rewritten { text: changed, additions, .. } = common_js(text);
        let column = |text: &str, what: &str| {
            u32::try_from(text.lines().nth(1).unwrap().find(what).unwrap() + 1).unwrap()
        };
        for what in ["function", "return", "this", "x(", "(1)", "y)"] {
            let found = additions.author_column(2, column(&changed, what));
            assert_eq!(found, column(text, what), "{what}");
        }
        assert_eq!(additions.author_column(1, 2), 2);
    }
}
