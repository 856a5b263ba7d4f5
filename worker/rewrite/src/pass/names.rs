//! Names that the engine would misread: `eval`, `import()`, words that are keywords in some places
//! only, and globals that are found on `Object.prototype`.

use oxc_ast::ast::{
    CallExpression, Expression, FormalParameters, IdentifierReference, ImportExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};

use super::state::Pass;
use crate::rejection::Rejection;

/// Names that the engine does not accept as the only parameter of an arrow function without
/// parentheses.
const BARE_WORDS: [&str; 3] = ["async", "let", "of"];

// === impl Pass ===

impl Pass<'_> {
    /// A reference to a name.
    pub(super) fn reference(&mut self, name: &IdentifierReference<'_>) {
        self.check_name(name.span, &name.name);
        if self.site.in_field && name.name == "arguments" && self.rejection.is_none() {
            // In the method that a field becomes, the engine would take it.
            let message = "'arguments' is not allowed in a class field or a static block";
            let at = name.span.start;
            self.rejection = Some(Rejection::new(self.text, at, message.to_owned(), None));
        }
        if self.write_from_outside(name) {
            return;
        }
        self.rename(name.span, &name.name);
        if name.name == "eval" {
            self.insert_at(name.span.start, &["ℬ."]);
        } else if self.survey.is_inherited(&name.name) {
            self.insert_at(name.span.start, &["ℬ.global(\"", &name.name, "\")"]);
            self.writer.skip_to(name.span.end);
        }
    }

    /// True if a shorthand property has to be written out.
    pub(super) fn is_replaced(&self, name: &str) -> bool {
        name == "eval" || self.own_name(name) != name || self.survey.is_inherited(name)
    }

    /// The name of a variable in the rewritten text. The engine takes `using` for a keyword.
    pub(super) fn own_name<'n>(&self, name: &'n str) -> &'n str {
        match name {
            "using" if self.survey.binds_using => "ℬusing",
            _ => name,
        }
    }

    /// Writes the name of a variable, if it is another one.
    pub(super) fn rename(&mut self, at: Span, name: &str) {
        let own = self.own_name(name);
        if own != name {
            self.insert_at(at.start, &[own]);
            self.writer.skip_to(at.end);
        }
    }

    /// The parameter of an arrow function, if it needs parentheses.
    pub(super) fn bare_word(&self, parameters: &FormalParameters<'_>) -> Option<Span> {
        let [only] = parameters.items.as_slice() else { return None };
        let name = only.pattern.get_binding_identifier()?;
        let is_word = BARE_WORDS.contains(&name.name.as_str());
        let is_bare = !self.text_of(parameters.span).starts_with('(');
        (is_word && is_bare).then_some(name.span)
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
        self.writer.insert(crate::rewritten::IMPORT);
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
