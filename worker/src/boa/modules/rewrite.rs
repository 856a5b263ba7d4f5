//! JavaScript that the engine misreads, written in a way that it reads well.
//!
//! - An arrow function within an arrow function loses `this` of the function around both, unless
//!   something else makes the engine keep that function's environment: `new.target` does.
//! - `async(x)`, a call of a function of that name, is taken for an arrow function.
//! - An ES module must not end with `export { x }`.
//!
//! An ES module is parsed for that only if its text may have one of them. No line is added before the
//! end, and the columns of what was added are known, so that places can be told as the author sees
//! them. What no parser understands stays as it is.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AccessorProperty, ArrowFunctionExpression, CallExpression, Directive, Expression, Function,
    NewTarget, PropertyDefinition, StaticBlock, Super, ThisExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};
use oxc_syntax::scope::ScopeFlags;

use super::super::additions::{Addition, Additions};
use super::es;

/// Makes the engine keep a function's environment.
const KEEP: &str = "new.target;";

/// What `a` of `async` becomes.
const ESCAPED: &str = "\\u0061";

/// One change: `length` bytes at `at` become `text`.
#[derive(Debug)]
struct Edit {
    at: usize,
    length: usize,
    text: String,
}

/// Collects the changes of a file.
#[derive(Default)]
struct Reader {
    edits: Vec<Edit>,
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

/// What became of a text.
#[derive(Debug)]
pub(super) struct Rewrite {
    /// The text as the engine reads it well; none if it does so as it is.
    pub(super) changed: Option<(String, Additions)>,
    /// True if it was parsed and is a whole module by itself: it does not end what it is wrapped
    /// in, say.
    pub(super) is_whole: bool,
}

/// Rewrites a CommonJS file.
pub(super) fn common_js(text: &str) -> Rewrite {
    let edits = edits(text, SourceType::cjs());
    Rewrite { is_whole: edits.is_some(), changed: changed(text, edits.unwrap_or_default()) }
}

/// An ES module as the engine reads it well; none if it does so as it is.
pub(super) fn es_module(text: &str) -> Option<(String, Additions)> {
    let may_nest = text.contains("this") && text.matches("=>").nth(1).is_some();
    let may_call = text.contains("async(") || text.contains("async (");
    let mut edits = match may_nest || may_call {
        true => edits(text, SourceType::mjs()).unwrap_or_default(),
        false => Vec::new(),
    };
    if es::declares(text) && text.trim_end().ends_with('}') {
        edits.push(Edit { at: text.len(), length: 0, text: "\n;".to_owned() });
    }
    changed(text, edits)
}

fn changed(text: &str, edits: Vec<Edit>) -> Option<(String, Additions)> {
    (!edits.is_empty()).then(|| apply(text, edits))
}

/// None if the parser does not understand the text.
fn edits(text: &str, source_type: SourceType) -> Option<Vec<Edit>> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut reader = Reader { edits: Vec::new(), scopes: vec![Scope::default()] };
    reader.visit_program(&parsed.program);
    // The function that a CommonJS module is wrapped in; a module has no `this` to lose.
    if !source_type.is_module() {
        reader.leave(end_of(&parsed.program.directives), 0);
    }
    Some(reader.edits)
}

fn apply(text: &str, mut edits: Vec<Edit>) -> (String, Additions) {
    edits.sort_by_key(|edit| edit.at);
    let (mut rewritten, mut additions) =
        (String::with_capacity(text.len() + 64), Additions::default());
    let (mut done, mut line, mut line_start) = (0, 1, 0);
    for edit in edits {
        // Offsets are a parser's, between characters and in order.
        let Some(before) = text.get(done..edit.at) else { continue };
        rewritten.push_str(before);
        rewritten.push_str(&edit.text);
        line += before.matches('\n').count();
        line_start = before.rfind('\n').map_or(line_start, |at| done + at + 1);
        let column = text.get(line_start..edit.at).map_or(0, |text| text.chars().count()) + 1;
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        additions.push(Addition {
            line: number(line),
            column: number(column),
            length: number(edit.text.len().saturating_sub(edit.length)),
        });
        done = edit.at + edit.length;
    }
    rewritten.push_str(text.get(done..).unwrap_or_default());
    (rewritten, additions)
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
            self.edits.push(Edit { at: at as usize, length: 0, text });
        }
    }

    fn keeps(&mut self) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.keeps = true;
        }
    }
}

fn end_of(directives: &[Directive<'_>]) -> Option<u32> {
    directives.last().map(|last| last.span.end)
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

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(name) = &call.callee
            && name.name == "async"
            && call.callee.span().size() as usize == "async".len()
        {
            let at = name.span.start as usize;
            self.edits.push(Edit { at, length: 1, text: ESCAPED.to_owned() });
        }
        walk::walk_call_expression(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        common_js(text).changed.map_or_else(|| text.to_owned(), |(text, _)| text)
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
    fn what_ends_its_wrapper_is_not_whole() {
        assert!(common_js("return; module.exports = 1").is_whole);
        assert!(!common_js("}); var x = 1; (function () {").is_whole);
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
            assert!(common_js(text).changed.is_none(), "{text}");
        }
        assert!(es_module("export const f = () => () => this;").is_none());
    }

    /// They are never rewritten.
    #[test]
    fn platform_modules_are_written_for_the_engine() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/boa/platform/js");
        for entry in walk_folder(folder.as_ref()) {
            let text = std::fs::read_to_string(&entry).unwrap();
            assert!(common_js(&text).changed.is_none(), "{}", entry.display());
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
    }

    #[test]
    fn places_are_told_as_the_author_sees_them() {
        let text = "1;\nfunction f() { return () => () => this; } x(async(1), y)";
        let (changed, additions) = common_js(text).changed.unwrap();
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
