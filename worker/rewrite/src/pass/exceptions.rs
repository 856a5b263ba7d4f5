//! Exceptions.
//!
//! The engine has one place for the current exception. A statement with `catch` and `finally` leaves
//! it there while `finally` runs, and other code may take or replace it. A `try` that has only a
//! `finally` keeps it elsewhere.

use oxc_ast::ast::TryStatement;
use oxc_ast_visit::Visit;

use super::state::Pass;

// === impl Pass ===

impl Pass<'_> {
    /// `try {} catch {} finally {}` becomes `try{try {} catch {}} finally {}`.
    pub(super) fn try_statement(&mut self, statement: &TryStatement<'_>) {
        self.writer.copy_to(statement.span.start);
        let is_gate = self.open_gate(statement.span.start);
        self.label_gate(is_gate);
        let inner = statement.handler.as_ref().filter(|_| statement.finalizer.is_some());
        if inner.is_some() {
            self.writer.insert("try{");
        }
        self.visit_block_statement(&statement.block);
        self.writer.copy_to(statement.block.span.end - 1);
        self.reset_gate(is_gate);
        if let Some(handler) = &statement.handler {
            self.visit_catch_clause(handler);
            self.writer.copy_to(handler.span.end - 1);
            self.reset_gate(is_gate);
        }
        if let Some(handler) = inner {
            self.insert_at(handler.span.end, &["}"]);
        }
        if let Some(finalizer) = &statement.finalizer {
            self.visit_block_statement(finalizer);
        }
        self.writer.copy_to(statement.span.end);
        self.close_gate(is_gate);
    }
}
