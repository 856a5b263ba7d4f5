//! Calls the right method for each kind of node.

use oxc_allocator::Vec as ArenaVec;
use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, AssignmentExpression, AssignmentTarget,
    AssignmentTargetMaybeDefault, AssignmentTargetRest, BinaryExpression, BindingIdentifier,
    BreakStatement, CallExpression, CatchParameter, Class, ComputedMemberExpression,
    ContinueStatement, ExportAllDeclaration, ExportDeclaration, ExportDefaultDeclaration,
    ExportFromDeclaration, ExportNamedDeclaration, Expression, ExpressionStatement, ForInStatement,
    ForOfStatement, ForStatement, FormalParameter, FormalParameters, Function, FunctionBody,
    IdentifierReference, IfStatement, ImportDeclaration, ImportExpression, ImportMeta,
    LabelIdentifier, LabeledStatement, LogicalExpression, MethodDefinition, ObjectAssignmentTarget,
    ObjectPattern, ObjectProperty, ParenthesizedExpression, PropertyDefinition, PropertyKey,
    PropertyKind, RegExpLiteral, ReturnStatement, SequenceExpression, Statement, StaticBlock,
    StaticMemberExpression, SwitchCase, TaggedTemplateExpression, TemplateLiteral, TryStatement,
    UnaryExpression, UpdateExpression, VariableDeclaration, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan as _;
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator};
use oxc_syntax::scope::ScopeFlags;

use crate::functions::FunctionKind;
use crate::goal::EvalSite as Site;

use super::patterns::is_nameless;
use super::state::{ESCAPED, HOLD, Mode, Pass, kept};
use super::{cases, classes, hoisted};

impl<'a> Visit<'a> for Pass<'_> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.reference(name);
    }

    fn visit_binding_identifier(&mut self, name: &BindingIdentifier<'a>) {
        self.check_name(name.span, &name.name);
        self.rename(name.span, &name.name);
    }

    fn visit_label_identifier(&mut self, name: &LabelIdentifier<'a>) {
        self.check_name(name.span, &name.name);
    }

    fn visit_property_key(&mut self, key: &PropertyKey<'a>) {
        if let Some(expression) = key.as_expression() {
            self.visit_expression(expression);
        }
    }

    // Modules.

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        self.leave_out(import.span);
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        self.leave_out(export.span);
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        self.leave_out(export.span);
    }

    fn visit_export_named_declaration(&mut self, export: &ExportNamedDeclaration<'a>) {
        self.leave_out(export.span);
    }

    fn visit_export_declaration(&mut self, export: &ExportDeclaration<'a>) {
        self.export_declaration(export);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        self.export_default(export);
    }

    fn visit_import_meta(&mut self, meta: &ImportMeta) {
        self.import_meta(meta);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        self.not_a_comment(unary);
        walk::walk_unary_expression(self, unary);
    }

    // Functions.

    fn visit_function(&mut self, function: &Function<'a>, _: ScopeFlags) {
        let number = self.begin_function(function.span, FunctionKind::Function);
        let outer = self.site;
        self.site = Site { is_strict: outer.is_strict, ..Site::default() };
        self.without_constructor(|pass| pass.function_parts(function));
        self.site = outer;
        self.end_function(number, function.span.end);
        self.set_hoisted(function);
    }

    fn visit_switch_case(&mut self, case: &SwitchCase<'a>) {
        self.switch_case(case);
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.is_keeping = false;
        if self.in_test {
            return self.tested_arrow(arrow);
        }
        let number = self.begin_function(arrow.span, FunctionKind::Function);
        let outer = self.site;
        self.site.is_strict |= arrow.has_use_strict_directive();
        let awaits_returns = std::mem::take(&mut self.awaits_returns);
        let bare = self.bare_word(&arrow.params);
        bare.inspect(|name| self.insert_at(name.start, &["("]));
        self.with_mode(Mode::Arrow, |pass| pass.visit_formal_parameters(&arrow.params));
        bare.inspect(|name| self.insert_at(name.end, &[")"]));
        let is_holding = self.survey.is_holding(arrow.span.start);
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => {
                self.is_holding = is_holding;
                self.visit_function_body(body);
            }
            body => {
                if is_holding {
                    self.insert_at(body.span().start, &["(()=>eval(), "]);
                }
                let gates = std::mem::take(&mut self.gates);
                self.visit_arrow_function_body(body);
                self.gates = gates;
                if is_holding {
                    self.insert_at(body.span().end, &[")"]);
                }
            }
        }
        self.site = outer;
        self.awaits_returns = awaits_returns;
        self.end_function(number, arrow.span.end);
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        self.class(class);
        if let Some(names) = self.survey.cases.shared(class.span.start) {
            self.use_names(class.span.end, names);
        }
    }

    fn visit_method_definition(&mut self, method: &MethodDefinition<'a>) {
        self.method(method);
    }

    fn visit_property_definition(&mut self, field: &PropertyDefinition<'a>) {
        self.field(field);
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        let gates = std::mem::take(&mut self.gates);
        let outer = self.site;
        self.site = Site { in_function: true, in_method: true, in_field: true, ..outer };
        self.without_constructor(|pass| pass.visit_statements(&block.body));
        self.site = outer;
        self.gates = gates;
    }

    fn visit_formal_parameters(&mut self, parameters: &FormalParameters<'a>) {
        walk::walk_formal_parameters(self, parameters);
        self.valued = hoisted::valued(parameters);
    }

    fn visit_formal_parameter(&mut self, parameter: &FormalParameter<'a>) {
        self.visit_binding_pattern(&parameter.pattern);
        let Some(value) = &parameter.initializer else { return };
        match parameter.pattern.get_binding_identifier() {
            // Of other functions than arrow functions the engine does not name it.
            Some(name) if self.mode == Mode::Declared && is_nameless(value) => {
                self.writer.copy_to(value.span().start);
                let is_prototype = name.name == "__proto__";
                self.named_value(value, &format!("\"{}\"", name.name), is_prototype);
            }
            _ => self.visit_expression(value),
        }
    }

    fn visit_function_body(&mut self, body: &FunctionBody<'a>) {
        let boxes = std::mem::take(&mut self.boxes_body) && cases::declares(&body.statements);
        let is_keeping = std::mem::take(&mut self.is_keeping);
        let kept = kept(is_keeping, std::mem::take(&mut self.is_evaluating));
        let hold = if std::mem::take(&mut self.is_holding) { HOLD } else { "" };
        let valued = self.valued.take().filter(|_| !self.site.is_strict);
        if !kept.is_empty() || !hold.is_empty() || self.is_constructor || boxes || valued.is_some()
        {
            match body.directives.last() {
                Some(last) => self.insert_at(last.span.end, &[";"]),
                None => self.writer.copy_to(body.span.start + 1),
            }
            self.writer.insert(kept);
            self.writer.insert(hold);
            self.begin_constructor();
            if let Some(parameters) = valued {
                self.hoist_beside(&parameters, body);
            }
            self.writer.insert(if boxes { "{" } else { "" });
        }
        let gates = std::mem::take(&mut self.gates);
        let is_body = std::mem::replace(&mut self.is_body, true);
        let is_value = std::mem::take(&mut self.is_value);
        self.visit_statements(&body.statements);
        self.is_value = is_value;
        if boxes {
            self.insert_at(body.span.end - 1, &["}"]);
        }
        self.is_body = is_body;
        self.gates = gates;
    }

    // Properties and patterns.

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        self.static_member(member);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        self.visit_expression(&member.object);
        // A number and its text are the same key.
        if matches!(member.expression, Expression::UpdateExpression(_)) {
            self.discard(&member.expression);
        }
        self.visit_expression(&member.expression);
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        if property.shorthand {
            if let PropertyKey::StaticIdentifier(name) = &property.key
                && (self.is_replaced(&name.name) || self.is_from_outside(&property.value))
            {
                self.insert_at(name.span.start, &[&name.name, ": "]);
            }
            self.visit_expression(&property.value);
        } else if let Expression::FunctionExpression(function) = &property.value
            && (property.method || property.kind != PropertyKind::Init)
        {
            self.check_method(function);
            let number = self.begin_function(property.span, FunctionKind::Function);
            self.visit_property_key(&property.key);
            let outer = self.site;
            let is_strict = outer.is_strict;
            self.site = Site { is_strict, in_method: true, ..Site::default() };
            self.without_constructor(|pass| pass.function_parts(function));
            self.site = outer;
            self.end_function(number, property.span.end);
        } else if property.computed && classes::names_itself(&property.value) {
            self.visit_property_key(&property.key);
            let span = property.value.span();
            self.insert_at(span.start, &["ℬ.first("]);
            self.visit_expression(&property.value);
            self.insert_at(span.end, &[")"]);
        } else {
            walk::walk_object_property(self, property);
        }
    }

    fn visit_object_pattern(&mut self, pattern: &ObjectPattern<'a>) {
        self.object_pattern(pattern);
    }

    fn visit_assignment_target_maybe_default(&mut self, target: &AssignmentTargetMaybeDefault<'a>) {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(inner) => {
                self.bare_target(&inner.binding);
                self.visit_expression(&inner.init);
            }
            target => self.bare_target(target.to_assignment_target()),
        }
    }

    fn visit_assignment_target_rest(&mut self, rest: &AssignmentTargetRest<'a>) {
        self.bare_target(&rest.target);
    }

    fn visit_object_assignment_target(&mut self, pattern: &ObjectAssignmentTarget<'a>) {
        self.assigned_object(pattern);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        self.declarator(declarator);
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        match self.survey.cases.shared(declaration.span.start) {
            Some(names) => self.shared_declaration(declaration, names),
            None => self.declaration(declaration),
        }
    }

    fn visit_catch_parameter(&mut self, parameter: &CatchParameter<'a>) {
        self.with_mode(Mode::Declared, |pass| pass.visit_binding_pattern(&parameter.pattern));
    }

    // Expressions.

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(name) = &call.callee
            && name.name == "async"
            && name.span.size() as usize == "async".len()
        {
            self.insert_at(name.span.start, &[ESCAPED]);
            self.writer.skip_to(name.span.start + 1);
        }
        self.note_callee(&call.callee);
        self.begin_callee(call);
        match &call.callee {
            Expression::Super(_) => self.super_call(call),
            callee if !call.optional && Self::is_eval(callee) => self.direct_eval(call),
            _ => walk::walk_call_expression(self, call),
        }
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.import(import);
    }

    fn visit_reg_exp_literal(&mut self, literal: &RegExpLiteral<'a>) {
        self.expression_literal(literal);
    }

    fn visit_tagged_template_expression(&mut self, tagged: &TaggedTemplateExpression<'a>) {
        self.note_callee(&tagged.tag);
        self.tagged(tagged);
    }

    fn visit_template_literal(&mut self, template: &TemplateLiteral<'a>) {
        self.template(template);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        match binary.operator {
            BinaryOperator::Exponential => self.power(binary),
            _ => self.binary(binary),
        }
    }

    fn visit_logical_expression(&mut self, logical: &LogicalExpression<'a>) {
        self.logical(logical);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        match assignment.operator {
            AssignmentOperator::Exponential => self.raise(assignment),
            AssignmentOperator::Assign => {
                self.visit_assignment_target(&assignment.left);
                let is_array =
                    matches!(assignment.left, AssignmentTarget::ArrayAssignmentTarget(_))
                        && self.discarded.remove(&assignment.span.start);
                self.taken_apart(&assignment.right, is_array);
            }
            _ => {
                self.begin_value(&assignment.right);
                walk::walk_assignment_expression(self, assignment);
            }
        }
    }

    fn visit_update_expression(&mut self, update: &UpdateExpression<'a>) {
        self.update(update);
    }

    fn visit_sequence_expression(&mut self, sequence: &SequenceExpression<'a>) {
        if let Some((_, unused)) = sequence.expressions.split_last() {
            unused.iter().for_each(|one| self.discard(one));
        }
        walk::walk_sequence_expression(self, sequence);
    }

    fn visit_parenthesized_expression(&mut self, parenthesized: &ParenthesizedExpression<'a>) {
        self.parenthesized(parenthesized);
    }

    // Statements.

    fn visit_statements(&mut self, statements: &ArenaVec<'a, Statement<'a>>) {
        self.statements(statements);
    }

    fn visit_expression_statement(&mut self, statement: &ExpressionStatement<'a>) {
        self.statement = Some(statement.span.start);
        self.discard(&statement.expression);
        self.visit_expression(&statement.expression);
        self.statement = None;
    }

    fn visit_if_statement(&mut self, statement: &IfStatement<'a>) {
        self.visit_expression(&statement.test);
        // Without a branch to run, the engine keeps the value of the statement before.
        let needs_branch = self.is_value && statement.alternate.is_none();
        if needs_branch {
            self.insert_at(statement.consequent.span().start, &["{"]);
        }
        self.branch(&statement.consequent);
        if needs_branch {
            self.insert_at(statement.consequent.span().end, &["}else{void 0}"]);
        }
        if let Some(alternate) = &statement.alternate {
            self.branch(alternate);
        }
    }

    fn visit_for_statement(&mut self, statement: &ForStatement<'a>) {
        if let Some(update) = &statement.update {
            self.discard(update);
        }
        walk::walk_for_statement(self, statement);
    }

    fn visit_labeled_statement(&mut self, statement: &LabeledStatement<'a>) {
        self.labeled(statement);
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        self.try_statement(statement);
    }

    fn visit_for_in_statement(&mut self, statement: &ForInStatement<'a>) {
        self.for_in(statement);
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        self.for_of(statement);
    }

    fn visit_break_statement(&mut self, statement: &BreakStatement<'a>) {
        self.jump(statement.span, "break", statement.label.as_ref());
    }

    fn visit_continue_statement(&mut self, statement: &ContinueStatement<'a>) {
        self.jump(statement.span, "continue", statement.label.as_ref());
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        self.return_statement(statement);
    }
}
