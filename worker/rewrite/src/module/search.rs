//! Searches the whole of a module, functions included.

use oxc_ast::ast::{
    AccessorProperty, ArrowFunctionExpression, AwaitExpression, Expression, ForOfStatement,
    Function, IdentifierReference, ImportMeta, Program, PropertyDefinition, StaticBlock,
    UnaryExpression, VariableDeclaration, VariableDeclarationKind,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Scoping;
use oxc_syntax::operator::UnaryOperator;
use oxc_syntax::scope::ScopeFlags;
use oxc_syntax::symbol::SymbolId;
use rustc_hash::FxHashSet;

/// The results of a search.
#[derive(Default)]
pub(super) struct Found {
    /// True if it awaits outside of functions.
    pub(super) awaits: bool,
    /// True if it uses `import.meta`.
    pub(super) has_meta: bool,
    /// The places at which its own names are read or assigned.
    pub(super) references: Vec<(u32, SymbolId)>,
    /// The uses of `arguments` outside of functions; true for those that only ask for its type.
    pub(super) arguments: Vec<(u32, bool)>,
    /// Variables that code assigns which may run after the module.
    pub(super) assigned_late: FxHashSet<SymbolId>,
}

struct Search<'s> {
    scoping: &'s Scoping,
    found: Found,
    /// How many functions, fields and static blocks are around the node at hand.
    functions: usize,
    /// How many of them have `arguments`, or do not allow it.
    with_arguments: usize,
}

// === impl Found ===

impl Found {
    /// Searches a program.
    pub(super) fn of(program: &Program<'_>, scoping: &Scoping) -> Self {
        let found = Self::default();
        let mut search = Search { scoping, found, functions: 0, with_arguments: 0 };
        search.visit_program(program);
        search.found
    }
}

// === impl Search ===

impl Search<'_> {
    fn within(&mut self, has_arguments: bool, walk: impl FnOnce(&mut Self)) {
        self.functions += 1;
        self.with_arguments += usize::from(has_arguments);
        walk(self);
        self.functions -= 1;
        self.with_arguments -= usize::from(has_arguments);
    }

    fn arguments(&mut self, name: &IdentifierReference<'_>, is_type: bool) {
        if name.name == "arguments" && self.with_arguments == 0 {
            self.found.arguments.push((name.span.start, is_type));
        }
    }
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.within(true, |search| walk::walk_function(search, function, flags));
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.within(false, |search| walk::walk_arrow_function_expression(search, arrow));
    }

    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        self.visit_property_key(&property.key);
        if let Some(value) = &property.value {
            self.within(true, |search| search.visit_expression(value));
        }
    }

    fn visit_accessor_property(&mut self, property: &AccessorProperty<'a>) {
        self.visit_property_key(&property.key);
        if let Some(value) = &property.value {
            self.within(true, |search| search.visit_expression(value));
        }
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.within(true, |search| walk::walk_static_block(search, block));
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        match &unary.argument {
            Expression::Identifier(name) if unary.operator == UnaryOperator::Typeof => {
                self.arguments(name, true);
                let before = self.found.arguments.len();
                self.visit_identifier_reference(name);
                self.found.arguments.truncate(before);
            }
            _ => walk::walk_unary_expression(self, unary),
        }
    }

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.arguments(name, false);
        let Some(id) = name.reference_id.get() else { return };
        let reference = self.scoping.get_reference(id);
        let Some(symbol) = reference.symbol_id() else { return };
        if self.scoping.symbol_scope_id(symbol) != self.scoping.root_scope_id() {
            return;
        }
        self.found.references.push((name.span.start, symbol));
        if reference.is_write() && self.functions > 0 {
            self.found.assigned_late.insert(symbol);
        }
    }

    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        self.found.awaits |= self.functions == 0;
        walk::walk_await_expression(self, expression);
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        self.found.awaits |= statement.r#await && self.functions == 0;
        walk::walk_for_of_statement(self, statement);
    }

    fn visit_variable_declaration(&mut self, variables: &VariableDeclaration<'a>) {
        let awaits = variables.kind == VariableDeclarationKind::AwaitUsing;
        self.found.awaits |= awaits && self.functions == 0;
        walk::walk_variable_declaration(self, variables);
    }

    fn visit_import_meta(&mut self, _: &ImportMeta) {
        self.found.has_meta = true;
    }
}
