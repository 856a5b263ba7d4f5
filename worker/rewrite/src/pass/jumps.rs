//! Jumps out of a `try` with a `finally` and out of a further one around it. The reason is told in
//! `survey::jumps`.

use oxc_ast::ast::{LabelIdentifier, LabeledStatement, ReturnStatement, Statement};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use crate::survey::Kind;

use super::patterns::is_nameless;
use super::state::{Exit, OpenGate, Pass};

// === impl Pass ===

impl Pass<'_> {
    /// Opens the gate of the construct that starts here, if it is one. Returns the argument for
    /// `close_gate`.
    pub(super) fn open_gate(&mut self, start: u32) -> bool {
        let Some(gate) = self.survey.jumps.gate(start) else { return false };
        let name = self.new_name();
        let value = gate.has_returns.then(|| self.new_name());
        self.writer.insert(&match value {
            Some(value) => format!("{{let {name}=0,{value};"),
            None => format!("{{let {name}=0;"),
        });
        self.gates.push(OpenGate { start, name, value, exits: Vec::new() });
        true
    }

    /// Writes the label of the gate that was opened last.
    pub(super) fn label_gate(&mut self, is_open: bool) {
        if let Some(gate) = self.gates.last().filter(|_| is_open) {
            let label = format!("{}:", gate.name);
            self.writer.insert(&label);
        }
    }

    /// Writes, at the normal end of a gate's contents, that no jump leaves it. An earlier jump was
    /// given up for an exception or another jump.
    pub(super) fn reset_gate(&mut self, is_open: bool) {
        if let Some(gate) = self.gates.last().filter(|_| is_open) {
            let reset = format!(";{}=0", gate.name);
            self.writer.insert(&reset);
        }
    }

    pub(super) fn close_gate(&mut self, is_open: bool) {
        if !is_open {
            return;
        }
        let Some(gate) = self.gates.pop() else { return };
        for (number, exit) in gate.exits.into_iter().enumerate() {
            let jump = match (exit.gates.is_empty(), gate.value) {
                (true, _) => format!("{};", exit.jump),
                (false, Some(value)) if exit.kind == Kind::Return => {
                    self.return_through(&value.to_string(), &exit.gates)
                }
                (false, _) => self.leave(exit.kind, &exit.jump, &exit.gates),
            };
            self.writer.insert(&format!("if({}==={}){jump}", gate.name, number + 1));
        }
        self.writer.insert("}");
    }

    /// The text that leaves the innermost of these gates with a jump.
    fn leave(&mut self, kind: Kind, jump: &str, gates: &[u32]) -> String {
        let Some((first, rest)) = gates.split_first() else { return String::new() };
        let Some(gate) = self.gates.iter_mut().rev().find(|gate| gate.start == *first) else {
            return format!("{jump};");
        };
        let found = gate.exits.iter().position(|exit| exit.kind == kind);
        let number = found.unwrap_or_else(|| {
            gate.exits.push(Exit { kind, jump: jump.to_owned(), gates: rest.to_vec() });
            gate.exits.len() - 1
        });
        format!("{{{name}={};break {name}}}", number + 1, name = gate.name)
    }

    /// The text that returns a value through these gates.
    fn return_through(&mut self, value: &str, gates: &[u32]) -> String {
        let first = gates.first();
        let gate = self.gates.iter().rev().find(|gate| Some(&gate.start) == first);
        let Some(own) = gate.and_then(|gate| gate.value) else {
            return format!("return {value};");
        };
        let left = self.leave(Kind::Return, &format!("return {own}"), gates);
        format!("{{{own}={value};{left}}}")
    }

    /// A `break` or `continue`.
    pub(super) fn jump(&mut self, span: Span, word: &str, label: Option<&LabelIdentifier<'_>>) {
        let label = label.map(|label| {
            self.visit_label_identifier(label);
            // Of several labels of one loop the engine knows the innermost.
            let alias = self.aliases.iter().rev().find(|(name, _)| *name == label.name.as_str());
            match alias {
                Some((_, inner)) => {
                    let inner = inner.clone();
                    (inner, Some(label.span))
                }
                None => (label.name.to_string(), None),
            }
        });
        let gated = self.survey.jumps.gated(span.start);
        if let Some((inner, Some(at))) = &label
            && gated.is_none()
        {
            self.insert_at(at.start, &[inner]);
            self.writer.skip_to(at.end);
        }
        let Some(gated) = gated else { return };
        let jump = match label {
            Some((label, _)) => format!("{word} {label}"),
            None => word.to_owned(),
        };
        let left = self.leave(gated.kind, &jump, &gated.gates);
        self.insert_at(span.start, &[&left]);
        self.writer.skip_to(span.end);
    }

    pub(super) fn return_statement(&mut self, statement: &ReturnStatement<'_>) {
        let gated = self.survey.jumps.gated(statement.span.start);
        let value = gated.and_then(|gated| {
            let first = gated.gates.first()?;
            let gate = self.gates.iter().rev().find(|gate| gate.start == *first)?;
            Some((gated, gate.value?))
        });
        let Some((gated, value)) = value else {
            if let Some(argument) = &statement.argument {
                self.visit_expression(argument);
            }
            return;
        };
        self.writer.copy_to(statement.span.start);
        let is_awaited = self.awaits_returns && statement.argument.is_some();
        let awaits = if is_awaited { "await " } else { "" };
        self.writer.insert(&format!("{{{value}={awaits}("));
        match &statement.argument {
            Some(argument) => {
                self.writer.skip_to(argument.span().start);
                // It is not to have the name of ours.
                self.writer.insert(if is_nameless(argument) { "0, " } else { "" });
                self.visit_expression(argument);
                self.writer.copy_to(argument.span().end);
            }
            None => self.writer.insert("void 0"),
        }
        let left = self.leave(Kind::Return, &format!("return {value}"), &gated.gates);
        self.writer.insert(&format!(");{left}}}"));
        self.writer.skip_to(statement.span.end);
    }

    /// The label of a loop that is written as a plain one is moved to that. Of several labels of
    /// one loop the innermost stays.
    pub(super) fn labeled(&mut self, statement: &LabeledStatement<'_>) {
        self.visit_label_identifier(&statement.label);
        let (mut innermost, mut label) = (&statement.body, &statement.label);
        while let Statement::LabeledStatement(inner) = innermost {
            (innermost, label) = (&inner.body, &inner.label);
        }
        let start = innermost.span().start;
        let is_outer = label.span != statement.label.span && is_loop(innermost);
        if is_outer || self.survey.jumps.is_lowered(start) {
            self.writer.copy_to(statement.span.start);
            self.writer.skip_to(statement.body.span().start);
        }
        if is_outer {
            self.aliases.push((statement.label.name.to_string(), label.name.to_string()));
            self.visit_statement(&statement.body);
            self.aliases.pop();
        } else {
            if self.survey.jumps.is_lowered(start) {
                self.label = Some(statement.label.name.to_string());
            }
            self.visit_statement(&statement.body);
        }
    }
}

fn is_loop(statement: &Statement<'_>) -> bool {
    matches!(
        statement,
        Statement::ForInStatement(_)
            | Statement::ForOfStatement(_)
            | Statement::ForStatement(_)
            | Statement::WhileStatement(_)
            | Statement::DoWhileStatement(_)
    )
}
