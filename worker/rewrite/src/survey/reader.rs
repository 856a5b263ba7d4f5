//! Reads a program for the survey.

use oxc_ast::ast::{
    AccessorProperty, ArrayAssignmentTarget, ArrayPattern, ArrowFunctionExpression,
    AssignmentExpression, AssignmentTarget, BinaryExpression, BindingIdentifier, BindingPattern,
    BreakStatement, ContinueStatement, DoWhileStatement, Expression, ForInStatement,
    ForOfStatement, ForStatement, FormalParameters, Function, IdentifierReference,
    LabeledStatement, LogicalExpression, MethodDefinition, NewTarget, ObjectProperty, Program,
    PropertyDefinition, PropertyKind, ReturnStatement, Statement, StaticBlock, Super,
    SwitchStatement, ThisExpression, TryStatement, UpdateExpression, VariableDeclaration,
    WhileStatement, YieldExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::Goal;

use super::jumps::{Body, ControlKind, Jumps};
use super::parameters::Parameters;
use super::{INHERITED, Survey};

/// Reads a program.
#[derive(Default)]
struct Reader<'a> {
    found: Survey,
    /// From the outermost function to the one at hand, arrow functions not counted.
    scopes: Vec<Scope>,
    /// From the outermost function to the one at hand.
    bodies: Vec<Body<'a>>,
    parameters: Vec<Parameters<'a>>,
    /// From the outermost function to the one at hand, arrow functions and initializers included.
    around: Vec<Around>,
    /// The function that comes next is a method.
    is_method: bool,
    /// How many lists of parameters are around the current node.
    lists: usize,
    /// How many `try` statements were read.
    tries: usize,
    /// How many assignments were read.
    assignments: usize,
    /// The label of the statement that comes next.
    label: Option<&'a str>,
    depth: usize,
}

/// How deep code may be nested.
const DEPTH: usize = 2_500;

/// A function around the current node.
struct Around {
    /// None for an initializer.
    start: Option<u32>,
    is_method: bool,
    is_holding: bool,
}

/// A function that has its own `this`.
#[derive(Default)]
struct Scope {
    /// How many arrow functions are around the node at hand, within this function.
    arrows: usize,
    /// An arrow function within an arrow function uses `this`.
    loses: bool,
    /// The engine keeps the environment anyway.
    keeps: bool,
    /// It calls `eval` by its name.
    evaluates: bool,
}

// === impl Survey ===

impl Survey {
    /// The facts about a program.
    pub(crate) fn of(program: &Program<'_>, goal: Goal) -> Self {
        let mut reader = Reader::default();
        reader.bodies.push(Body::default());
        reader.parameters.push(Parameters::default());
        let scope = reader.in_scope(|reader| walk::walk_program(reader, program));
        reader.end_body();
        let mut found = reader.found;
        found.is_keeping =
            matches!(goal, Goal::CommonJs | Goal::EsModule) && scope.loses && !scope.keeps;
        found.is_evaluating = goal == Goal::CommonJs && scope.evaluates;
        // An ES module gives its variables by their names.
        found.binds_using &= goal != Goal::EsModule;
        found.keeping.sort_unstable();
        found.holding.sort_unstable();
        found.evaluating.sort_unstable();
        found.assigned.sort_unstable();
        found.supers.sort_unstable();
        found.jumps.sort();
        found.repeated.sort();
        found
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn in_scope(&mut self, walk: impl FnOnce(&mut Self)) -> Scope {
        self.scopes.push(Scope::default());
        walk(self);
        self.scopes.pop().unwrap_or_default()
    }

    fn scope(&mut self, change: impl FnOnce(&mut Scope)) {
        if let Some(scope) = self.scopes.last_mut() {
            change(scope);
        }
    }

    /// Reads a node that is a function of its own.
    fn in_body(&mut self, walk: impl FnOnce(&mut Self)) {
        self.bodies.push(Body::default());
        self.parameters.push(Parameters::default());
        walk(self);
        self.end_body();
    }

    fn end_body(&mut self) {
        if let Some(body) = self.bodies.pop() {
            body.end(&mut self.found.jumps);
        }
        if let Some(parameters) = self.parameters.pop() {
            if let Some(outer) = self.parameters.last_mut() {
                parameters.tell(outer);
            }
            parameters.end(&mut self.found.repeated);
        }
    }

    /// Reads code that a class runs for itself, such as a static block.
    fn initializer(&mut self, read: impl FnOnce(&mut Self)) {
        self.in_scope(|reader| reader.in_body(|reader| reader.within(None, true, read)));
    }

    /// Reads a function.
    fn within(&mut self, start: Option<u32>, is_method: bool, read: impl FnOnce(&mut Self)) {
        self.around.push(Around { start, is_method, is_holding: false });
        read(self);
        if let Some(Around { start: Some(start), is_holding: true, .. }) = self.around.pop() {
            self.found.holding.push(start);
        }
    }

    /// Notes that `eval` is called, also for the functions around a method.
    fn evaluate(&mut self) {
        let mut is_in_method = false;
        for around in self.around.iter_mut().rev() {
            around.is_holding |= is_in_method;
            is_in_method |= around.is_method;
        }
        self.found.is_holding |= is_in_method;
    }

    /// Reads code that is nested one level deeper.
    fn deeper(&mut self, at: Span, read: impl FnOnce(&mut Self)) {
        if self.depth == DEPTH || self.found.jumps.too_deep {
            self.found.too_deep.get_or_insert(at);
        }
        if self.found.too_deep.is_none() {
            self.depth += 1;
            read(self);
            self.depth -= 1;
        }
    }

    fn body(&mut self, change: impl FnOnce(&mut Body<'a>, &mut Jumps)) {
        if let Some(body) = self.bodies.last_mut() {
            change(body, &mut self.found.jumps);
        }
    }

    fn in_control(&mut self, kind: ControlKind, walk: impl FnOnce(&mut Self)) {
        let label = self.label.take();
        self.body(|body, jumps| body.enter(kind, label, jumps));
        walk(self);
        self.body(|body, jumps| body.leave(jumps));
    }

    fn construct(&mut self, span: Span, is_loop: bool) -> usize {
        self.found.jumps.construct(span.start, is_loop)
    }

    fn list(&mut self, is_arrow: bool, list: &FormalParameters<'a>) {
        if let Some(own) = self.parameters.last_mut() {
            own.begin(is_arrow);
        }
        self.lists += 1;
        self.visit_formal_parameters(list);
        self.lists -= 1;
        if let Some(own) = self.parameters.last_mut() {
            own.end_list(list);
        }
    }
}

impl<'a> Visit<'a> for Reader<'a> {
    fn visit_expression(&mut self, expression: &Expression<'a>) {
        self.deeper(expression.span(), |reader| walk::walk_expression(reader, expression));
    }

    fn visit_statement(&mut self, statement: &Statement<'a>) {
        self.deeper(statement.span(), |reader| walk::walk_statement(reader, statement));
    }

    fn visit_binding_pattern(&mut self, pattern: &BindingPattern<'a>) {
        self.deeper(pattern.span(), |reader| walk::walk_binding_pattern(reader, pattern));
    }

    fn visit_assignment_target(&mut self, target: &AssignmentTarget<'a>) {
        self.deeper(target.span(), |reader| walk::walk_assignment_target(reader, target));
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        let _ = flags;
        if let Some(name) = &function.id {
            self.visit_binding_identifier(name);
        }
        let Some(body) = &function.body else { return };
        let is_method = std::mem::take(&mut self.is_method);
        let scope = self.in_scope(|reader| {
            reader.in_body(|reader| {
                reader.within(Some(function.span.start), is_method, |reader| {
                    reader.list(false, &function.params);
                    reader.visit_function_body(body);
                });
            });
        });
        if scope.loses && !scope.keeps {
            self.found.keeping.push(function.span.start);
        }
        if scope.evaluates {
            self.found.evaluating.push(function.span.start);
        }
    }

    fn visit_method_definition(&mut self, method: &MethodDefinition<'a>) {
        self.visit_property_key(&method.key);
        self.is_method = true;
        self.visit_function(&method.value, ScopeFlags::Function);
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        self.visit_property_key(&property.key);
        self.is_method = property.method || property.kind != PropertyKind::Init;
        self.visit_expression(&property.value);
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.scope(|scope| scope.arrows += 1);
        self.in_body(|reader| {
            reader.within(Some(arrow.span.start), false, |reader| {
                reader.list(true, &arrow.params);
                reader.visit_arrow_function_body(&arrow.body);
            });
        });
        self.scope(|scope| scope.arrows -= 1);
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.scope(|scope| match scope.arrows {
            0 => {}
            1 => scope.keeps = true,
            _ => scope.loses = true,
        });
    }

    fn visit_super(&mut self, super_: &Super) {
        self.found.supers.push(super_.span.start);
        self.scope(|scope| scope.keeps = true);
    }

    fn visit_new_target(&mut self, _: &NewTarget) {
        self.scope(|scope| scope.keeps = true);
    }

    // The engine runs these as functions whose environment it always keeps.
    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        self.visit_property_key(&property.key);
        if let Some(value) = &property.value {
            self.initializer(|reader| reader.visit_expression(value));
        }
    }

    fn visit_accessor_property(&mut self, property: &AccessorProperty<'a>) {
        self.visit_property_key(&property.key);
        if let Some(value) = &property.value {
            self.initializer(|reader| reader.visit_expression(value));
        }
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.initializer(|reader| walk::walk_static_block(reader, block));
    }

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.found.cases.name(&name.name);
        if self.lists > 0
            && let Some(own) = self.parameters.last_mut()
        {
            own.name(name.name.as_str());
        }
        if name.name == "eval" {
            self.scope(|scope| scope.evaluates = true);
            self.evaluate();
        }
    }

    fn visit_binding_identifier(&mut self, name: &BindingIdentifier<'a>) {
        if name.name == "eval" {
            self.found.binds_eval.get_or_insert(name.span);
        }
        self.found.binds_using |= name.name == "using";
        if let Some(inherited) = INHERITED.iter().find(|one| name.name == **one) {
            self.found.declared.insert(inherited);
        }
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if let Some(own) = self.parameters.last_mut() {
            own.declaration(declaration);
        }
        walk::walk_variable_declaration(self, declaration);
    }

    fn visit_labeled_statement(&mut self, statement: &LabeledStatement<'a>) {
        let label = Some(statement.label.name.as_str());
        let is_loop = matches!(
            statement.body,
            Statement::ForStatement(_)
                | Statement::ForInStatement(_)
                | Statement::ForOfStatement(_)
                | Statement::WhileStatement(_)
                | Statement::DoWhileStatement(_)
        );
        self.label = label;
        match is_loop {
            true => self.visit_statement(&statement.body),
            false => self.in_control(ControlKind::Labelled, |reader| {
                reader.visit_statement(&statement.body);
            }),
        }
        self.label = None;
    }

    fn visit_for_statement(&mut self, statement: &ForStatement<'a>) {
        self.in_control(ControlKind::Loop, |reader| walk::walk_for_statement(reader, statement));
    }

    fn visit_while_statement(&mut self, statement: &WhileStatement<'a>) {
        self.in_control(ControlKind::Loop, |reader| walk::walk_while_statement(reader, statement));
    }

    fn visit_do_while_statement(&mut self, statement: &DoWhileStatement<'a>) {
        self.in_control(ControlKind::Loop, |reader| {
            walk::walk_do_while_statement(reader, statement);
        });
    }

    fn visit_for_in_statement(&mut self, statement: &ForInStatement<'a>) {
        let label = self.label.take();
        self.visit_expression(&statement.right);
        self.label = label;
        let construct = self.construct(statement.span, true);
        self.in_control(ControlKind::Iterator(construct), |reader| {
            reader.visit_for_statement_left(&statement.left);
            reader.visit_statement(&statement.body);
        });
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        let label = self.label.take();
        self.visit_expression(&statement.right);
        self.label = label;
        let construct = self.construct(statement.span, true);
        self.in_control(ControlKind::Iterator(construct), |reader| {
            reader.visit_for_statement_left(&statement.left);
            reader.visit_statement(&statement.body);
        });
    }

    fn visit_switch_statement(&mut self, statement: &SwitchStatement<'a>) {
        let label = self.label.take();
        self.visit_expression(&statement.discriminant);
        self.label = label;
        self.in_control(ControlKind::Switch, |reader| {
            let is_watched = reader.found.cases.begin(statement);
            for case in &statement.cases {
                if is_watched {
                    reader.found.cases.next();
                }
                reader.visit_switch_case(case);
            }
            if is_watched {
                reader.found.cases.end();
            }
        });
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        self.tries += 1;
        let finalizer = statement.finalizer.as_ref();
        let construct = finalizer.map(|_| self.construct(statement.span, false));
        let read = |reader: &mut Self| match &statement.handler {
            Some(handler) => {
                reader.in_control(ControlKind::Catch, |reader| {
                    reader.visit_block_statement(&statement.block);
                });
                reader.visit_catch_clause(handler);
            }
            None => reader.visit_block_statement(&statement.block),
        };
        match construct {
            Some(construct) => self.in_control(ControlKind::Finally(construct), read),
            None => read(self),
        }
        if let Some((construct, finalizer)) = construct.zip(statement.finalizer.as_ref()) {
            let before = self.tries;
            self.in_control(ControlKind::InFinally(construct), |reader| {
                reader.visit_block_statement(finalizer);
            });
            if self.tries != before {
                self.found.jumps.catches(construct);
            }
        }
    }

    fn visit_break_statement(&mut self, statement: &BreakStatement<'a>) {
        let label = statement.label.as_ref().map(|label| label.name.as_str());
        self.body(|body, jumps| body.jump_to_label(statement.span, true, label, jumps));
    }

    fn visit_continue_statement(&mut self, statement: &ContinueStatement<'a>) {
        let label = statement.label.as_ref().map(|label| label.name.as_str());
        self.body(|body, jumps| body.jump_to_label(statement.span, false, label, jumps));
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        walk::walk_return_statement(self, statement);
        self.body(|body, jumps| body.jump_out(statement.span, jumps));
    }

    fn visit_yield_expression(&mut self, expression: &YieldExpression<'a>) {
        walk::walk_yield_expression(self, expression);
        self.body(|body, jumps| {
            body.wait();
            if expression.delegate {
                body.jump_out(expression.span, jumps);
            }
        });
    }

    fn visit_array_pattern(&mut self, pattern: &ArrayPattern<'a>) {
        self.body(|body, jumps| body.array_pattern(jumps));
        walk::walk_array_pattern(self, pattern);
    }

    fn visit_array_assignment_target(&mut self, pattern: &ArrayAssignmentTarget<'a>) {
        self.body(|body, jumps| body.array_pattern(jumps));
        walk::walk_array_assignment_target(self, pattern);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        self.assignments += 1;
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_update_expression(&mut self, update: &UpdateExpression<'a>) {
        self.assignments += 1;
        walk::walk_update_expression(self, update);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        // Code that composes texts has long chains of operators.
        let mut chain = vec![binary];
        let mut innermost = &binary.left;
        while let Expression::BinaryExpression(left) = innermost {
            chain.push(left);
            innermost = &left.left;
        }
        self.visit_expression(innermost);
        while let Some(binary) = chain.pop() {
            let before = self.assignments;
            self.visit_expression(&binary.right);
            if let Expression::Identifier(name) = &binary.left
                && self.assignments != before
            {
                self.found.assigned.push(name.span.start);
            }
        }
    }

    fn visit_logical_expression(&mut self, logical: &LogicalExpression<'a>) {
        let mut chain = vec![&logical.right];
        let mut innermost = &logical.left;
        while let Expression::LogicalExpression(left) = innermost {
            chain.push(&left.right);
            innermost = &left.left;
        }
        self.visit_expression(innermost);
        while let Some(right) = chain.pop() {
            self.visit_expression(right);
        }
    }
}
