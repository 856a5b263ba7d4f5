//! What the statements of an ES module contain that matters when it is divided.

use std::collections::HashSet;

use oxc_ast::ast::{
    ArrowFunctionExpression, AwaitExpression, Class, ForOfStatement, Function, IdentifierReference,
    ImportMeta, Program, UnaryExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{Scoping, SymbolId};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

/// What was found in a module.
pub(super) struct Survey<'t> {
    text: &'t str,
    scoping: &'t Scoping,
    /// Where it says `import.meta`.
    pub(super) metas: Vec<Span>,
    /// Functions around what is read, and those of them that have their own `arguments`.
    functions: usize,
    plain_functions: usize,
    classes: usize,
    /// Variables that are assigned.
    pub(super) assigned: HashSet<SymbolId>,
    /// Those that are assigned in what may run later than the module.
    pub(super) assigned_late: HashSet<SymbolId>,
    /// False if it has what only a module can have.
    pub(super) is_divisible: bool,
}

// === impl Survey ===

impl<'t> Survey<'t> {
    /// Reads a program.
    pub(super) fn of(program: &Program<'t>, scoping: &'t Scoping) -> Self {
        let mut survey = Self {
            text: program.source_text,
            scoping,
            metas: Vec::new(),
            functions: 0,
            plain_functions: 0,
            classes: 0,
            assigned: HashSet::new(),
            assigned_late: HashSet::new(),
            is_divisible: true,
        };
        survey.visit_program(program);
        survey
    }
}

impl<'a> Visit<'a> for Survey<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.functions += 1;
        self.plain_functions += 1;
        walk::walk_function(self, function, flags);
        self.functions -= 1;
        self.plain_functions -= 1;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.functions += 1;
        walk::walk_arrow_function_expression(self, arrow);
        self.functions -= 1;
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        self.classes += 1;
        walk::walk_class(self, class);
        self.classes -= 1;
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        // A module has no `arguments`; its body would.
        self.is_divisible &= identifier.name != "arguments" || self.plain_functions > 0;
        let reference = self.scoping.get_reference(identifier.reference_id());
        if let Some(symbol) = reference.symbol_id().filter(|_| reference.is_write()) {
            self.assigned.insert(symbol);
            if self.functions + self.classes > 0 {
                self.assigned_late.insert(symbol);
            }
        }
    }

    // A function that awaits would end a microtask later than a module.
    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        self.is_divisible &= self.functions > 0;
        walk::walk_await_expression(self, expression);
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        self.is_divisible &= !statement.r#await || self.functions > 0;
        walk::walk_for_of_statement(self, statement);
    }

    fn visit_import_meta(&mut self, meta: &ImportMeta) {
        self.metas.push(meta.span);
    }

    // Outside of modules this begins a comment.
    fn visit_unary_expression(&mut self, expression: &UnaryExpression<'a>) {
        let at = expression.span.start as usize;
        let around = at.checked_sub(1).and_then(|start| self.text.get(start..));
        self.is_divisible &= !around.is_some_and(|text| text.starts_with("<!--"));
        walk::walk_unary_expression(self, expression);
    }
}
