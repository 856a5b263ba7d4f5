//! Declarations of ES modules, and uses of the names that they declare.

use oxc_ast::ast::{
    ExportDeclaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind, Expression,
    Function, IdentifierReference, ImportMeta, UnaryExpression,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::UnaryOperator;
use oxc_syntax::scope::ScopeFlags;

use super::state::Pass;
use crate::module::{DEFAULT, IMPORTS, META};

// === impl Pass ===

impl Pass<'_> {
    /// Leaves a declaration out.
    pub(super) fn leave_out(&mut self, span: Span) {
        self.writer.copy_to(span.start);
        self.writer.insert(";");
        self.writer.skip_to(span.end);
    }

    /// Leaves the keyword of a declaration out.
    pub(super) fn export_declaration(&mut self, export: &ExportDeclaration<'_>) {
        self.writer.copy_to(export.span.start);
        self.writer.skip_to(export.declaration.span().start);
        self.visit_declaration(&export.declaration);
    }

    pub(super) fn export_default(&mut self, export: &ExportDefaultDeclaration<'_>) {
        let inner = export.declaration.span();
        self.writer.copy_to(export.span.start);
        match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                self.writer.skip_to(inner.start);
                if let (Some(lowered), None) = (&mut self.lowered, &function.id) {
                    lowered.nameless = Some(function.span.start);
                }
                self.visit_function(function, ScopeFlags::Function);
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) if class.id.is_some() => {
                self.writer.skip_to(inner.start);
                self.visit_class(class);
            }
            declaration => {
                let is_nameless = match declaration {
                    ExportDefaultDeclarationKind::ClassDeclaration(_) => true,
                    other => other.as_expression().is_some_and(is_nameless),
                };
                // As the value of such a property, a function without a name is called `default`.
                let (open, close) = match is_nameless {
                    true => ("({ default: ", "})[\"default\"];"),
                    false => ("(", ");"),
                };
                self.writer.insert(&format!("const {DEFAULT} = {open}"));
                self.writer.skip_to(inner.start);
                self.visit_export_default_declaration_kind(declaration);
                self.writer.copy_to(inner.end);
                self.writer.insert(close);
            }
        }
    }

    /// Names the declaration of a function without a name, which is there before the module runs.
    pub(super) fn name_default(&mut self, function: &Function<'_>) {
        let nameless = self.lowered.as_ref().and_then(|lowered| lowered.nameless);
        if nameless == Some(function.span.start) {
            self.writer.copy_to(function.params.span.start);
            self.writer.insert(&format!(" {DEFAULT}"));
        }
    }

    /// Writes a name that means something from outside. False for other names.
    pub(super) fn write_from_outside(&mut self, name: &IdentifierReference<'_>) -> bool {
        let Some(lowered) = &self.lowered else { return false };
        let start = name.span.start;
        let Some(property) = lowered.lowering.from_outside.get(&start) else { return false };
        let value = format!("{IMPORTS}[\"{property}\"]");
        if lowered.callee == Some(start) {
            self.open_at(start, "(0, ");
            self.writer.insert(&value);
            self.writer.insert(")");
        } else {
            self.insert_at(start, &[&value]);
        }
        self.writer.skip_to(name.span.end);
        true
    }

    /// True for a name that means something from outside.
    pub(super) fn is_from_outside(&self, value: &Expression<'_>) -> bool {
        let (Some(lowered), Expression::Identifier(name)) = (&self.lowered, value) else {
            return false;
        };
        lowered.lowering.from_outside.contains_key(&name.span.start)
    }

    /// Notes a called function, which gets no `this`.
    pub(super) fn note_callee(&mut self, callee: &Expression<'_>) {
        if let Some(lowered) = &mut self.lowered
            && let Expression::Identifier(name) = callee.without_parentheses()
        {
            lowered.callee = Some(name.span.start);
        }
    }

    pub(super) fn import_meta(&mut self, meta: &ImportMeta) {
        if self.lowered.is_some() {
            self.writer.copy_to(meta.span.start);
            self.writer.insert(&format!("{IMPORTS}[\"{META}\"]"));
            self.writer.skip_to(meta.span.end);
        }
    }

    /// Separates characters that would begin a comment outside of modules.
    pub(super) fn not_a_comment(&mut self, unary: &UnaryExpression<'_>) {
        let at = unary.span.start as usize;
        let before = at.checked_sub(1).and_then(|start| self.text.get(start..));
        if self.lowered.is_some()
            && unary.operator == UnaryOperator::LogicalNot
            && before.is_some_and(|text| text.starts_with("<!--"))
        {
            self.writer.copy_to(unary.span.start);
            self.writer.insert(" ");
        }
    }
}

/// True for a value that gets the name of its property or variable.
fn is_nameless(expression: &Expression<'_>) -> bool {
    match expression.without_parentheses() {
        Expression::ArrowFunctionExpression(_) => true,
        Expression::FunctionExpression(function) => function.id.is_none(),
        Expression::ClassExpression(class) => class.id.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Goal, rewrite};

    fn body(text: &str) -> String {
        rewrite(text, Goal::EsModule).unwrap().text
    }

    #[test]
    fn names_from_outside_are_properties() {
        for (text, expected) in [
            ("import { a } from 'x'; a + a", "; ℬm[\"a\"] + ℬm[\"a\"]"),
            ("a\nimport a from 'x'\na(1)", "ℬm[\"a\"]\n;\n0, (0, ℬm[\"a\"])(1)"),
            ("import * as a from 'x'; if (1) (a)`b`", "; if (1) ((0, ℬm[\"a\"]))`b`"),
            ("import a from 'x'; x = { a, b: a }", "; x = { a: ℬm[\"a\"], b: ℬm[\"a\"] }"),
            ("import a from 'x'; (a) => a; new a(a)", "; (a) => a; new ℬm[\"a\"](ℬm[\"a\"])"),
            (
                "typeof arguments; () => arguments",
                "typeof ℬm[\"typeof arguments\"]; () => ℬm[\"arguments\"]",
            ),
            ("function f() { arguments }", "function f() { arguments }"),
            ("import('x', y); import.meta", "ℬimport('x', y); ℬm[\"import.meta\"]"),
            ("1<!--x", "1< !--x"),
        ] {
            assert_eq!(body(text), expected, "{text}");
        }
    }

    #[test]
    fn exports_become_declarations() {
        for (text, expected) in [
            ("export const a = 1, { b } = c", "const a = 1, { [\"b\"]: b } = c"),
            ("export default function () {}", "function  ℬd() {}"),
            ("export default async function* f() {}", "async function* f() {}"),
            (
                "export default\n class {}",
                "const ℬd = ({ default: \nclass {static{ℬ.class(this,0)}}})[\"default\"];",
            ),
            ("export default a => a", "const ℬd = ({ default: a => a})[\"default\"];"),
            ("export default [1]", "const ℬd = ([1]);"),
            ("let a; export { a, a as 'b c' }", "let a; ;"),
            ("export * from 'x'", ";"),
        ] {
            assert_eq!(body(text), expected, "{text}");
        }
    }
}
