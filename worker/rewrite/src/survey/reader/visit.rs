//! Each kind of node that the survey looks at.

use oxc_ast::ast::{
    AccessorProperty, ArrayAssignmentTarget, ArrayPattern, ArrowFunctionExpression,
    AssignmentExpression, AssignmentTarget, BinaryExpression, BindingIdentifier, BindingPattern,
    BreakStatement, ContinueStatement, DoWhileStatement, Expression, ForInStatement,
    ForOfStatement, ForStatement, Function, IdentifierReference, LabeledStatement,
    LogicalExpression, MethodDefinition, NewTarget, ObjectProperty, PropertyDefinition,
    PropertyKind, ReturnStatement, Statement, StaticBlock, Super, SwitchStatement, ThisExpression,
    TryStatement, UpdateExpression, VariableDeclaration, WhileStatement, YieldExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;
use oxc_syntax::scope::ScopeFlags;

use super::super::INHERITED;
use super::super::jumps::ControlKind;
use super::Reader;

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
        let ForInStatement { span, left, right, body, .. } = statement;
        self.iterator_loop(*span, left, right, body);
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        let ForOfStatement { span, left, right, body, .. } = statement;
        self.iterator_loop(*span, left, right, body);
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
