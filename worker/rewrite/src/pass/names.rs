//! Names that mean something else than the engine would take them for: `eval`, `import()`, and
//! globals that are found on `Object.prototype`.

use oxc_ast::ast::{CallExpression, Expression, IdentifierReference, ImportExpression};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;

use super::Pass;

// === impl Pass ===

impl Pass<'_> {
    /// A reference to a name.
    pub(super) fn reference(&mut self, name: &IdentifierReference<'_>) {
        self.check_name(name.span, &name.name);
        if name.name == "eval" {
            self.insert_at(name.span.start, &["ℬ."]);
        } else if self.survey.is_inherited(&name.name) {
            self.insert_at(name.span.start, &["ℬ.global(\"", &name.name, "\")"]);
            self.writer.skip_to(name.span.end);
        }
    }

    /// True if a shorthand property has to be written out.
    pub(super) fn is_replaced(&self, name: &str) -> bool {
        name == "eval" || self.survey.is_inherited(name)
    }

    /// A direct call of `eval`: `eval(ℬ.code(flags,text))`.
    pub(super) fn direct_eval(&mut self, call: &CallExpression<'_>) {
        let flags = self.site.flags();
        self.has_direct_eval = true;
        let callee = call.callee.span();
        self.writer.copy_to(callee.start);
        self.writer.skip_to(callee.end);
        self.writer.insert("eval");
        let Some(first) = call.arguments.first() else { return };
        self.writer.copy_to(callee.end);
        self.insert_at(first.span().start, &[&format!("ℬ.code({flags},")]);
        for argument in &call.arguments {
            self.visit_argument(argument);
        }
        // A trailing comma may be there.
        let end = call.span.end - 1;
        self.insert_at(end, &[")"]);
    }

    pub(super) fn import(&mut self, import: &ImportExpression<'_>) {
        let start = import.span.start;
        self.has_import = true;
        self.writer.copy_to(start);
        self.writer.insert(crate::IMPORT);
        self.writer.skip_to(start + 6);
        if import.phase.is_some() {
            self.reject(import.span, "`import` with a phase", "use `import(specifier)`");
        }
        walk::walk_import_expression(self, import);
    }

    pub(super) fn is_eval(callee: &Expression<'_>) -> bool {
        callee.without_parentheses().is_specific_id("eval")
    }
}
