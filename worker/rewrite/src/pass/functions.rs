//! Functions.

use oxc_ast::ast::Function;
use oxc_ast_visit::Visit;
use oxc_span::Span;

use crate::functions::{FunctionKind, FunctionText};

use super::state::Mode;
use super::state::Pass;

// === impl Pass ===

impl Pass<'_> {
    /// Notes that a function's text begins. Its number is returned.
    pub(super) fn begin_function(&mut self, span: Span, kind: FunctionKind) -> usize {
        self.writer.copy_to(span.start);
        self.functions.push(FunctionText::begin(span, self.writer.position(), kind));
        self.functions.len() - 1
    }

    pub(super) fn end_function(&mut self, number: usize, end: u32) {
        self.writer.copy_to(end);
        let position = self.writer.position();
        if let Some(function) = self.functions.get_mut(number) {
            function.rewritten.1 = position;
        }
    }

    /// The name, parameters and body of a function.
    pub(super) fn function_parts(&mut self, function: &Function<'_>) {
        self.is_keeping = false;
        self.is_evaluating = false;
        self.is_holding = false;
        let in_test = self.leave_test(function);
        let is_constructor = std::mem::take(&mut self.is_constructor);
        if let Some(id) = &function.id {
            self.visit_binding_identifier(id);
        }
        self.name_default(function);
        self.site.in_function = true;
        self.site.is_strict |= function.has_use_strict_directive();
        self.with_mode(Mode::Declared, |pass| pass.visit_formal_parameters(&function.params));
        if let Some(body) = &function.body {
            self.is_keeping = self.survey.is_keeping(function.span.start);
            self.is_evaluating = self.survey.is_evaluating(function.span.start);
            self.is_holding = self.survey.is_holding(function.span.start);
            self.is_constructor = is_constructor;
            self.boxes_body = in_test;
            let is_async_generator = function.r#async && function.generator;
            let outer = std::mem::replace(&mut self.awaits_returns, is_async_generator);
            self.visit_function_body(body);
            self.awaits_returns = outer;
        }
        self.in_test = in_test;
    }
}
