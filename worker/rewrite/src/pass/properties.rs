//! Access to properties.
//!
//! The engine remembers where it found a property by name for an object's shape. It misses some
//! changes of the object or its prototypes. With a key in brackets it searches each time.

use oxc_ast::ast::{Expression, StaticMemberExpression};
use oxc_ast_visit::Visit;
use oxc_span::GetSpan;

use super::state::Pass;

// === impl Pass ===

impl Pass<'_> {
    pub(super) fn static_member(&mut self, member: &StaticMemberExpression<'_>) {
        let object = member.object.span();
        if matches!(&member.object, Expression::Identifier(name) if name.name == "let") {
            // A statement must not begin with `let [`.
            self.open_at(object.start, "(");
            self.insert_at(object.end, &[")"]);
        } else {
            self.visit_expression(&member.object);
        }
        self.writer.copy_to(object.end);
        self.writer.skip_to(member.property.span.start);
        self.writer.insert(if member.optional { "?.[\"" } else { "[\"" });
        self.insert_at(member.property.span.end, &["\"]"]);
    }
}
