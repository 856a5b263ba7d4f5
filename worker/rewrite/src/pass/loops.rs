//! Loops.
//!
//! An exception out of a `for-in` leaves the engine's iterator behind, and the loop around it then
//! continues with that iterator. So `for-in` becomes `for-of`. Some loops become plain ones; the
//! reason is told in `survey::jumps`.

use oxc_ast::ast::{
    BindingPattern, Expression, ForInStatement, ForOfStatement, ForStatementLeft, Statement,
    VariableDeclaration, VariableDeclarationKind,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use super::state::{ESCAPED, Mode, Pass};

/// A loop over an iterator.
struct Loop<'l, 'a> {
    span: Span,
    left: &'l ForStatementLeft<'a>,
    right: &'l Expression<'a>,
    body: &'l Statement<'a>,
    kind: LoopKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LoopKind {
    In,
    Of,
    AwaitOf,
}

// === impl Pass ===

impl Pass<'_> {
    /// `for (k in o)` becomes `for (k of ℬ.forIn(o))`.
    pub(super) fn for_in(&mut self, statement: &ForInStatement<'_>) {
        let ForInStatement { span, left, right, body, .. } = statement;
        if self.survey.jumps.is_lowered(span.start) {
            return self.plain_loop(&Loop { span: *span, left, right, body, kind: LoopKind::In });
        }
        let initial = match left {
            ForStatementLeft::VariableDeclaration(declaration) => self.initial_value(declaration),
            _ => {
                self.head(left);
                false
            }
        };
        self.writer.copy_to(left.span().end);
        self.writer.skip_to(right.span().start);
        self.writer.insert(if initial { "), ℬ.forIn((" } else { " of ℬ.forIn((" });
        self.visit_expression(right);
        self.insert_at(right.span().end, &[if initial { ")))" } else { "))" }]);
        self.visit_statement(body);
    }

    pub(super) fn for_of(&mut self, statement: &ForOfStatement<'_>) {
        let ForOfStatement { span, left, right, body, .. } = statement;
        if self.survey.jumps.is_lowered(span.start) {
            let kind = if statement.r#await { LoopKind::AwaitOf } else { LoopKind::Of };
            return self.plain_loop(&Loop { span: *span, left, right, body, kind });
        }
        self.head(left);
        self.visit_expression(right);
        self.visit_statement(body);
    }

    /// Visits the target or declaration of a loop. True for a target.
    fn head(&mut self, left: &ForStatementLeft<'_>) -> bool {
        match left {
            ForStatementLeft::VariableDeclaration(declaration) => {
                let repeated = declaration.declarations.first().filter(|first| {
                    declaration.kind == VariableDeclarationKind::Var
                        && self.survey.repeated.beside(first.span.start).is_some()
                });
                let Some(first) = repeated else {
                    self.visit_variable_declaration(declaration);
                    return false;
                };
                let start = first.span.start;
                if self.survey.repeated.beside(start).is_some_and(|beside| !beside.is_empty())
                    || self.survey.repeated.used.binary_search(&start).is_ok()
                {
                    self.reject_repeated(first.span);
                }
                self.writer.copy_to(declaration.span.start);
                self.writer.skip_to(start);
                self.with_mode(Mode::Assigned, |pass| pass.visit_binding_pattern(&first.id));
                self.writer.copy_to(first.id.span().end);
                true
            }
            ForStatementLeft::AssignmentTargetIdentifier(name) => {
                match name.name.as_str() {
                    "async" if name.span.size() as usize == "async".len() => {
                        self.insert_at(name.span.start, &[ESCAPED]);
                        self.writer.skip_to(name.span.start + 1);
                    }
                    "let" => self.reject(name.span, "`let` as a name", "use another name"),
                    _ => {}
                }
                self.visit_for_statement_left(left);
                true
            }
            _ => {
                self.visit_for_statement_left(left);
                true
            }
        }
    }

    /// Visits the declaration of a `for-in`. `var k = 1` becomes `var k of (k = (1`, and true is
    /// returned.
    fn initial_value(&mut self, declaration: &VariableDeclaration<'_>) -> bool {
        let first = declaration.declarations.first();
        let Some((declarator, value)) = first.and_then(|one| Some((one, one.init.as_ref()?)))
        else {
            if let Some(first) = first
                && declaration.kind == VariableDeclarationKind::Var
                && self.survey.repeated.beside(first.span.start).is_some()
            {
                self.writer.copy_to(declaration.span.start);
                self.writer.skip_to(first.span.start);
                self.with_mode(Mode::Assigned, |pass| pass.visit_binding_pattern(&first.id));
                return false;
            }
            self.visit_variable_declaration(declaration);
            return false;
        };
        self.visit_binding_pattern(&declarator.id);
        self.writer.copy_to(declarator.id.span().end);
        if let BindingPattern::BindingIdentifier(name) = &declarator.id {
            self.writer.insert(" of (");
            self.writer.insert(&name.name);
            self.writer.insert(" = (");
        }
        self.writer.skip_to(value.span().start);
        self.visit_expression(value);
        self.writer.copy_to(value.span().end);
        true
    }

    /// A loop over an iterator of `ℬ.iterate`:
    ///
    /// `{const i=ℬ.iterate(o);try{try{for(;i.step();){const x=i.value; body}}catch(e)
    /// {throw i.fail(e)}}finally{i.end()}}`
    fn plain_loop(&mut self, this: &Loop<'_, '_>) {
        let label = self.label.take();
        self.writer.copy_to(this.span.start);
        let is_gate = self.open_gate(this.span.start);
        let (iterator, error) = (self.new_name(), self.new_name());
        // The declaration is before the object in the author's text, and after it here.
        self.writer.skip_to(this.left.span().start);
        let mark = self.writer.mark();
        let is_assigned = self.head(this.left);
        self.writer.copy_to(this.left.span().end);
        let head = self.writer.cut(&mark);
        let (open, close) = match this.kind {
            LoopKind::In => ("ℬ.iterate(ℬ.forIn((", ")))"),
            LoopKind::Of => ("ℬ.iterate((", "))"),
            LoopKind::AwaitOf => ("ℬ.iterateAsync((", "))"),
        };
        self.writer.insert(&format!("{{const {iterator}={open}"));
        self.writer.skip_to(this.right.span().start);
        self.visit_expression(this.right);
        self.writer.copy_to(this.right.span().end);
        self.writer.insert(&format!("{close};"));
        self.label_gate(is_gate);
        self.writer.insert("try{try{");
        if let Some(label) = label {
            self.writer.insert(&format!("{label}:"));
        }
        self.writer.insert(&match this.kind {
            LoopKind::AwaitOf => format!("for(;{iterator}.took(await {iterator}.next());){{"),
            LoopKind::In | LoopKind::Of => format!("for(;{iterator}.step();){{"),
        });
        if is_assigned {
            self.writer.insert("(");
        }
        self.writer.insert(&head);
        self.writer.insert(&format!("={iterator}.value"));
        self.writer.insert(if is_assigned { ");" } else { ";" });
        self.writer.skip_to(this.body.span().start);
        self.visit_statement(this.body);
        self.writer.copy_to(this.body.span().end);
        self.writer.insert("}");
        self.reset_gate(is_gate);
        self.writer.insert(&match this.kind {
            LoopKind::AwaitOf => format!(
                "}}catch({error}){{if({iterator}.fails())try{{await {iterator}.value}}catch{{}}\
                 throw {error}}}}}finally{{if({iterator}.ends())\
                 {iterator}.ended(await {iterator}.value)}}}}"
            ),
            LoopKind::In | LoopKind::Of => format!(
                "}}catch({error}){{throw {iterator}.fail({error})}}}}\
                 finally{{{iterator}.end()}}}}"
            ),
        });
        self.close_gate(is_gate);
    }
}
