//! Tests of a `case`.
//!
//! In such a test the engine takes the parameters of an arrow function, and the variables of any
//! function, for variables of the function around the `switch`. In a function expression it does so
//! only for `var`, and for the declarations of the body itself. So a block within the body holds
//! these.

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, Function, IdentifierReference, NewTarget,
    Statement, Super, SwitchCase, ThisExpression, VariableDeclaration, VariableDeclarationKind,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::functions::FunctionKind;

use super::state::Mode;
use super::state::Pass;

const ADVICE: &str = "make the function before the `switch`, and name it in the `case`";

/// The words by which an arrow function uses the function around it, and whether it declares a `var`.
#[derive(Default)]
struct Uses {
    this: bool,
    others: bool,
    declares: bool,
    functions: usize,
}

// === impl Pass ===

impl Pass<'_> {
    pub(super) fn switch_case(&mut self, case: &SwitchCase<'_>) {
        if let Some(test) = &case.test {
            self.in_test = true;
            self.visit_expression(test);
            self.in_test = false;
        }
        self.statements(&case.consequent);
    }

    /// Leaves the test for a function's parameters and body. True if there was a test to leave.
    pub(super) fn leave_test(&mut self, function: &Function<'_>) -> bool {
        let in_test = std::mem::take(&mut self.in_test);
        if in_test && let Some(first) = variables(function).first() {
            self.reject(*first, "a variable of a function in a `case`", ADVICE);
        }
        in_test
    }

    /// The engine finds the parameters of a method in a test.
    pub(super) fn check_method(&mut self, method: &Function<'_>) {
        if self.in_test && (!method.params.items.is_empty() || method.params.rest.is_some()) {
            self.reject(method.span, "such a method in a `case`", ADVICE);
        }
    }

    /// An arrow function in a test becomes a function expression.
    pub(super) fn tested_arrow(&mut self, arrow: &ArrowFunctionExpression<'_>) {
        self.in_test = false;
        let mut uses = Uses::default();
        uses.visit_formal_parameters(&arrow.params);
        uses.visit_arrow_function_body(&arrow.body);
        if uses.others || uses.declares {
            return self.reject(arrow.span, "such a function in a `case`", ADVICE);
        }
        self.writer.copy_to(arrow.span.start);
        if uses.this {
            self.writer.insert("ℬ.bound(");
        }
        let number = self.begin_function(arrow.span, FunctionKind::Function);
        self.writer.insert(if arrow.r#async { "async function" } else { "function" });
        self.writer.skip_to(arrow.params.span.start);
        let is_bare = !self.text_of(arrow.params.span).starts_with('(');
        if is_bare {
            self.writer.insert("(");
        }
        self.with_mode(Mode::Declared, |pass| pass.visit_formal_parameters(&arrow.params));
        self.writer.copy_to(arrow.params.span.end);
        if is_bare {
            self.writer.insert(")");
        }
        self.writer.skip_to(arrow.body.span().start);
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => {
                self.boxes_body = true;
                self.visit_function_body(body);
            }
            body => {
                self.writer.insert("{return (");
                let gates = std::mem::take(&mut self.gates);
                self.visit_arrow_function_body(body);
                self.gates = gates;
                self.insert_at(body.span().end, &[")}"]);
            }
        }
        self.end_function(number, arrow.span.end);
        if uses.this {
            self.writer.insert(", this)");
        }
        self.in_test = true;
    }
}

/// True if statements declare names that only their block sees.
pub(super) fn declares(statements: &[Statement<'_>]) -> bool {
    let is_lexical = |statement: &Statement<'_>| match statement {
        Statement::VariableDeclaration(declaration) => {
            declaration.kind != VariableDeclarationKind::Var
        }
        Statement::ClassDeclaration(_) => true,
        _ => false,
    };
    statements.iter().any(is_lexical)
}

/// The places at which a function's body declares a `var`.
fn variables(function: &Function<'_>) -> Vec<Span> {
    struct Variables(Vec<Span>);
    impl<'a> Visit<'a> for Variables {
        fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

        fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

        fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
            if declaration.kind == VariableDeclarationKind::Var {
                self.0.push(declaration.span);
            }
        }
    }
    let mut found = Variables(Vec::new());
    if let Some(body) = &function.body {
        found.visit_function_body(body);
    }
    found.0
}

// === impl Uses ===

impl<'a> Visit<'a> for Uses {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.functions += 1;
        walk::walk_function(self, function, flags);
        self.functions -= 1;
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.this |= self.functions == 0;
    }

    fn visit_super(&mut self, _: &Super) {
        self.others |= self.functions == 0;
    }

    fn visit_new_target(&mut self, _: &NewTarget) {
        self.others |= self.functions == 0;
    }

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.others |= self.functions == 0 && matches!(name.name.as_str(), "arguments" | "eval");
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        self.declares |= self.functions == 0 && declaration.kind == VariableDeclarationKind::Var;
        walk::walk_variable_declaration(self, declaration);
    }
}
