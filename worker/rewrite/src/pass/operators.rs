//! Operators and template literals.

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, BinaryExpression, Expression, LogicalExpression,
    SimpleAssignmentTarget, TaggedTemplateExpression, TemplateLiteral, UnaryOperator,
    UpdateExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;
use oxc_syntax::operator::BinaryOperator;

use super::state::Pass;

// === impl Pass ===

impl Pass<'_> {
    /// `a ** b` becomes `ℬ.pow(a, b)`: the engine gives 1 for `1 ** NaN`, and it multiplies for
    /// whole exponents, which rounds at each step.
    pub(super) fn power(&mut self, binary: &BinaryExpression<'_>) {
        self.insert_at(binary.span.start, &["ℬ.pow("]);
        if self.statement == Some(binary.span.start) {
            self.statement = None;
        }
        self.visit_expression(&binary.left);
        self.writer.copy_to(binary.left.span().end);
        self.writer.skip_to(binary.right.span().start);
        self.writer.insert(", ");
        self.visit_expression(&binary.right);
        self.insert_at(binary.span.end, &[")"]);
    }

    /// `a **= b` becomes `a = ℬ.pow(a, b)`.
    pub(super) fn raise(&mut self, assignment: &AssignmentExpression<'_>) {
        let right = &assignment.right;
        let again = match &assignment.left {
            AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.to_string()),
            AssignmentTarget::PrivateFieldExpression(member) => self
                .repeatable(&member.object)
                .map(|object| format!("{object}.#{}", member.field.name)),
            AssignmentTarget::StaticMemberExpression(member)
                if !matches!(member.object, Expression::Super(_)) =>
            {
                let key = format!("\"{}\"", member.property.name);
                return self.raise_member(&member.object, Err(&key), right);
            }
            AssignmentTarget::ComputedMemberExpression(member)
                if !matches!(member.object, Expression::Super(_)) =>
            {
                return self.raise_member(&member.object, Ok(&member.expression), right);
            }
            _ => None,
        };
        if again.is_none() && is_finite(right) {
            // Not rounded as it should be, but right.
            walk::walk_assignment_expression(self, assignment);
            return;
        }
        let Some(again) = again else {
            let advice = "write `target = target ** exponent`";
            return self.reject(assignment.span, "`**=` on such a target", advice);
        };
        self.visit_assignment_target(&assignment.left);
        self.writer.copy_to(assignment.left.span().end);
        self.writer.skip_to(right.span().start);
        for part in [" = ℬ.pow(", &again, ", "] {
            self.writer.insert(part);
        }
        self.visit_expression(right);
        self.insert_at(right.span().end, &[")"]);
    }

    /// `o.k **= v` becomes `ℬ.raise(ℬ.place(o, "k"), v, is_strict)`. The key is an expression or a
    /// text.
    fn raise_member(
        &mut self,
        object: &Expression<'_>,
        key: Result<&Expression<'_>, &str>,
        value: &Expression<'_>,
    ) {
        self.writer.copy_to(object.span().start);
        self.statement = None;
        self.writer.insert("ℬ.raise(ℬ.place(");
        self.visit_expression(object);
        self.writer.copy_to(object.span().end);
        self.writer.insert(", ");
        match key {
            Ok(key) => {
                self.writer.skip_to(key.span().start);
                self.visit_expression(key);
                self.writer.copy_to(key.span().end);
            }
            Err(key) => self.writer.insert(key),
        }
        self.writer.skip_to(value.span().start);
        self.writer.insert("), ");
        self.visit_expression(value);
        let end = if self.site.is_strict { ", true)" } else { ", false)" };
        self.insert_at(value.span().end, &[end]);
    }

    /// The engine reads a variable on the left of an operator after the right side, unless the
    /// variable is in parentheses.
    pub(super) fn binary(&mut self, binary: &BinaryExpression<'_>) {
        // Code that composes texts has long chains of operators.
        let mut chain = vec![&binary.right];
        let mut innermost = &binary.left;
        while let Expression::BinaryExpression(left) = innermost
            && left.operator != BinaryOperator::Exponential
        {
            chain.push(&left.right);
            innermost = &left.left;
        }
        match innermost {
            Expression::Identifier(name) if self.survey.is_assigned(name.span.start) => {
                self.open_at(name.span.start, "(");
                self.visit_identifier_reference(name);
                self.insert_at(name.span.end, &[")"]);
            }
            left => self.visit_expression(left),
        }
        while let Some(right) = chain.pop() {
            self.visit_expression(right);
        }
    }

    pub(super) fn logical(&mut self, logical: &LogicalExpression<'_>) {
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

    /// Notes that the value of an expression is not used.
    pub(super) fn discard(&mut self, expression: &Expression<'_>) {
        match expression {
            Expression::UpdateExpression(update) => {
                self.discarded.insert(update.span.start);
            }
            Expression::AssignmentExpression(assignment)
                if matches!(assignment.left, AssignmentTarget::ArrayAssignmentTarget(_)) =>
            {
                self.discarded.insert(assignment.span.start);
            }
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.iter().for_each(|one| self.discard(one));
            }
            Expression::ParenthesizedExpression(inner) => self.discard(&inner.expression),
            _ => {}
        }
    }

    /// `x++` becomes `(-(-x++))` if its value is used: the engine's value is no number if `x` was
    /// none.
    pub(super) fn update(&mut self, update: &UpdateExpression<'_>) {
        let is_used = !self.discarded.remove(&update.span.start) && !update.prefix;
        match &update.argument {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(_) if is_used => {
                self.open_at(update.span.start, "(-(-");
                self.visit_simple_assignment_target(&update.argument);
                self.insert_at(update.span.end, &["))"]);
            }
            SimpleAssignmentTarget::StaticMemberExpression(member)
                if is_used && matches!(member.object, Expression::Super(_)) =>
            {
                let again = format!("super[\"{}\"]", member.property.name);
                self.update_super(update, &again);
            }
            SimpleAssignmentTarget::ComputedMemberExpression(member)
                if is_used && matches!(member.object, Expression::Super(_)) =>
            {
                match self.repeatable(&member.expression) {
                    Some(key) => self.update_super(update, &format!("super[{key}]")),
                    None => {
                        let advice = "evaluate the key first";
                        self.reject(update.span, "`super[key]++` with such a key", advice);
                    }
                }
            }
            argument => self.visit_simple_assignment_target(argument),
        }
    }

    /// The engine gives the new value of a `super[key]++`.
    fn update_super(&mut self, update: &UpdateExpression<'_>, again: &str) {
        let cell = "ℬ.cell[\"v\"]";
        let operator = update.operator.as_str();
        self.writer.copy_to(update.span.start);
        self.writer.insert(&format!("ℬ.first({cell} = -(-{again}), {again} = {operator}{cell})"));
        self.writer.skip_to(update.span.end);
    }

    /// An expression that may be evaluated once more, as written.
    fn repeatable(&self, expression: &Expression<'_>) -> Option<String> {
        match expression {
            Expression::Identifier(name) => Some(name.name.to_string()),
            Expression::ThisExpression(_) => Some("this".to_owned()),
            Expression::Super(_) => Some("super".to_owned()),
            Expression::NumericLiteral(_) => {
                let span = expression.span();
                self.text.get(span.start as usize..span.end as usize).map(str::to_owned)
            }
            Expression::StringLiteral(text) if !text.value.contains(['\\', '\'', '\n', '\r']) => {
                Some(format!("'{}'", text.value))
            }
            _ => None,
        }
    }

    /// The engine finds the `this` of a tag only if the tag is a plain property.
    pub(super) fn tagged(&mut self, tagged: &TaggedTemplateExpression<'_>) {
        self.has_tagged_template = true;
        let tag = tagged.tag.without_parentheses();
        let span = tagged.tag.span();
        let is_super = tag
            .as_member_expression()
            .is_some_and(|member| matches!(member.object(), Expression::Super(_)));
        if is_super {
            self.insert_at(span.start, &["ℬ.bound("]);
            self.visit_expression(&tagged.tag);
            self.insert_at(span.end, &[", this)"]);
        } else if tag.is_member_expression() && tag.span() != span {
            self.writer.copy_to(span.start);
            self.writer.skip_to(tag.span().start);
            self.visit_expression(tag);
            self.writer.copy_to(tag.span().end);
            self.writer.skip_to(span.end);
        } else {
            self.visit_expression(&tagged.tag);
        }
        for expression in &tagged.quasi.expressions {
            self.visit_expression(expression);
        }
    }

    /// The engine converts all values of a template to texts at its end. In a template of its own a
    /// value is converted at once.
    pub(super) fn template(&mut self, template: &TemplateLiteral<'_>) {
        let last = template.expressions.len().saturating_sub(1);
        for (at, expression) in template.expressions.iter().enumerate() {
            if at == last || is_primitive(expression) {
                self.visit_expression(expression);
            } else {
                let span = expression.span();
                self.insert_at(span.start, &["`${"]);
                self.visit_expression(expression);
                self.insert_at(span.end, &["}`"]);
            }
        }
    }
}

/// True if an exponent is a number, and not infinite.
fn is_finite(exponent: &Expression<'_>) -> bool {
    match exponent {
        Expression::NumericLiteral(number) => number.value.is_finite(),
        Expression::UnaryExpression(unary) => {
            unary.operator == UnaryOperator::UnaryNegation && is_finite(&unary.argument)
        }
        Expression::ParenthesizedExpression(inner) => is_finite(&inner.expression),
        _ => false,
    }
}

/// True if a value can never be an object.
fn is_primitive(value: &Expression<'_>) -> bool {
    match value {
        Expression::TemplateLiteral(_) => true,
        Expression::UnaryExpression(unary) => unary.operator == UnaryOperator::Typeof,
        _ => value.is_literal() && !matches!(value, Expression::RegExpLiteral(_)),
    }
}
