//! Avoids large copies that the engine makes while it reads.
//!
//! The engine copies the contents of parentheses once it knows that they begin no arrow function. It
//! copies each variable of a function with its value when it collects the function's names. A file
//! that is one large function call, or a variable with such a value, is then in memory several times.
//! So parentheses around large functions are removed where nothing needs them, and variables are
//! declared before large values are assigned to them.

use oxc_ast::ast::{
    BindingPattern, CallExpression, Expression, ParenthesizedExpression, Statement,
    VariableDeclaration, VariableDeclarationKind,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};

use super::state::Pass;

/// The size in bytes from which a copy matters.
const LARGE: u32 = 256;

// === impl Pass ===

impl Pass<'_> {
    pub(super) fn statements(&mut self, statements: &[Statement<'_>]) {
        for statement in statements {
            self.spots.statement = Some(statement.span().start);
            self.visit_statement(statement);
        }
    }

    /// The next node begins a value.
    pub(super) fn begin_value(&mut self, value: &Expression<'_>) {
        self.spots.value = Some(value.span().start);
    }

    /// `(() => {})()` becomes `[() => {}][0]()`.
    pub(super) fn begin_callee(&mut self, call: &CallExpression<'_>) {
        if let Expression::ParenthesizedExpression(callee) = &call.callee
            && let Expression::ArrowFunctionExpression(_) = &callee.expression
        {
            self.spots.callee = Some(callee.span.start);
        }
    }

    /// `(function () {})()` loses its parentheses, with `0, ` before it at the beginning of a
    /// statement of a function.
    pub(super) fn parenthesized(&mut self, parenthesized: &ParenthesizedExpression<'_>) {
        let Span { start, end, .. } = parenthesized.span;
        let inner = &parenthesized.expression;
        let written = match inner {
            _ if !is_large(parenthesized.span) => None,
            _ if self.spots.callee == Some(start) => Some(("[", "][0]")),
            _ if !begins_with_function(inner) => None,
            _ if self.statement == Some(start) && self.is_body => Some(("0, ", "")),
            _ if self.spots.value == Some(start) => Some((" ", "")),
            _ => None,
        };
        let Some((open, close)) = written else {
            return walk::walk_parenthesized_expression(self, parenthesized);
        };
        if self.statement == Some(start) {
            self.statement = None;
        }
        self.insert_at(start, &[open]);
        self.writer.skip_to(start + 1);
        self.visit_expression(inner);
        self.writer.copy_to(inner.span().end);
        self.writer.skip_to(end);
        self.writer.insert(close);
    }

    /// `var a = {}, b;` becomes `var a, b; a = {}, b;`.
    pub(super) fn declaration(&mut self, declaration: &VariableDeclaration<'_>) {
        let start = declaration.span.start;
        let is_listed = self.spots.statement == Some(start);
        if is_listed
            && self.is_body
            && declaration.kind == VariableDeclarationKind::Var
            && is_large(declaration.span)
            && let Some(names) = self.plain_names(declaration)
        {
            let keyword = u32::try_from("var".len()).unwrap_or_default();
            self.insert_at(start + keyword, &[" ", &names, ";"]);
        }
        walk::walk_variable_declaration(self, declaration);
    }

    /// The names, if there is nothing else on the left, and the first begins no other statement.
    fn plain_names(&self, declaration: &VariableDeclaration<'_>) -> Option<String> {
        let names = declaration.declarations.iter().map(|declarator| {
            let repeats = self.survey.repeated.beside(declarator.span.start).is_some();
            match &declarator.id {
                BindingPattern::BindingIdentifier(name) if !repeats => {
                    Some(self.text_of(name.span))
                }
                _ => None,
            }
        });
        let names: Option<Vec<_>> = names.collect();
        let names = names.filter(|names| !names.iter().any(|name| is_word(name)))?;
        Some(names.join(", "))
    }
}

fn is_large(span: Span) -> bool {
    span.size() >= LARGE
}

/// True for a name that means something else to some statement, or is written with escapes.
fn is_word(name: &str) -> bool {
    matches!(name, "let" | "async" | "yield" | "await") || name.contains('\\')
}

/// True for a function, and for a call of one that begins with it.
fn begins_with_function(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::FunctionExpression(_) => true,
        Expression::CallExpression(call) if !call.optional => match &call.callee {
            Expression::StaticMemberExpression(member) if !member.optional => {
                begins_with_function(&member.object)
            }
            callee => begins_with_function(callee),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Goal, rewrite};

    /// The rewritten text, without the parts that make it large.
    fn rewritten(text: &str) -> String {
        let large = format!("'{}'", "x".repeat(super::LARGE as usize));
        let written = rewrite(&text.replace('$', &large), Goal::CommonJs).unwrap().text;
        written.replace(&large, "$")
    }

    #[test]
    fn large_functions_lose_their_parentheses() {
        for (text, written) in [
            ("(function () { $ })();", "0, function () { $ }();"),
            ("(function () { $ }());", "0, function () { $ }();"),
            ("(function (a) { $ }).call(this, b);", "0, function (a) { $ }[\"call\"](this, b);"),
            ("(() => { $ })();", "[() => { $ }][0]();"),
            ("x = (async () => { $ })().y;", "x = [async () => { $ }][0]()[\"y\"];"),
            ("x = (function () { $\n }\n)();", "x =  function () { $\n }\n();"),
            ("let x = (function () { $ })() || 1;", "let x =  function () { $ }() || 1;"),
        ] {
            assert_eq!(rewritten(text), written);
        }
    }

    #[test]
    fn parentheses_stay_where_something_needs_them() {
        for text in [
            "(function () {})();",
            "f((function () { $ })());",
            "new (function () { $ })();",
            "new (function () { $ }())();",
            "return (function () { $ })();",
            "x = (() => { $ });",
            "x = ($, function () { })();",
            "() => (function () { $ });",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }

    #[test]
    fn large_values_are_assigned_to_declared_variables() {
        for (text, written) in [
            ("var a = $, b, c = 1;", "var a, b, c; a = $, b, c = 1;"),
            ("{ var a = { $: 1 } }", "{ var a; a = { $: 1 } }"),
            ("var a = (function () { $ })()\nb()", "var a; a =  function () { $ }()\nb()"),
        ] {
            assert_eq!(rewritten(text), written);
        }
        for text in [
            "var a = 1;",
            "let a = $;",
            "const a = $;",
            "for (var a = $; ;) {}",
            "if (a) var b = $;",
            "var let = $;",
        ] {
            assert_eq!(rewritten(text), text);
        }
        assert!(rewritten("var { a } = { a: $ };").starts_with("var {"));
    }

    /// The text is put where an expression is expected.
    #[test]
    fn a_function_that_is_the_whole_text_stays_in_parentheses() {
        let text = format!("(function () {{ '{}' }})", "x".repeat(super::LARGE as usize));
        assert_eq!(rewrite(&text, Goal::Function).unwrap().text, text);
    }

    /// `eval` gives the value of its last statement, and a declaration has none.
    #[test]
    fn a_script_keeps_its_value() {
        let text = format!("var a = '{}';", "x".repeat(super::LARGE as usize));
        assert_eq!(rewrite(&text, Goal::Script).unwrap().text, text);
        let inner = format!("function f() {{ {text} }}");
        assert!(rewrite(&inner, Goal::Script).unwrap().text.contains("var a; a = "));
    }
}
