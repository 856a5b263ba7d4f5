//! Variables and classes that one `case` of a `switch` declares and a later one uses.

use oxc_ast::ast::{BindingIdentifier, Statement, SwitchStatement, VariableDeclarationKind};
use oxc_span::Span;
use rustc_hash::FxHashMap;

/// The declarations that later cases use.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    /// From the outermost `switch` with such variables to the one at hand.
    open: Vec<Switch>,
    /// Names that a later case uses, by where their declarations begin.
    shared: FxHashMap<u32, Vec<String>>,
}

/// A `switch` whose cases declare variables.
#[derive(Debug, Default)]
struct Switch {
    /// The number of the case at hand, counted from 1.
    case: usize,
    /// By name: the case and the declaration.
    declared: FxHashMap<String, (usize, u32)>,
}

// === impl Cases ===

impl Cases {
    /// The names of a declaration that a later case uses; none if there are none.
    pub(crate) fn shared(&self, declaration: u32) -> Option<&[String]> {
        self.shared.get(&declaration).map(Vec::as_slice)
    }

    /// False if no case declares a variable that a later one could use.
    pub(super) fn begin(&mut self, statement: &SwitchStatement<'_>) -> bool {
        let mut switch = Switch::default();
        for (at, case) in statement.cases.iter().enumerate() {
            for statement in &case.consequent {
                let mut declare = |name: &BindingIdentifier<'_>, span: Span| {
                    switch.declared.insert(name.name.to_string(), (at + 1, span.start));
                };
                match statement {
                    Statement::ClassDeclaration(class) => {
                        class.id.iter().for_each(|name| declare(name, class.span));
                    }
                    Statement::VariableDeclaration(declaration)
                        if declaration.kind != VariableDeclarationKind::Var =>
                    {
                        let patterns = declaration.declarations.iter().map(|one| &one.id);
                        let names = patterns.flat_map(|pattern| pattern.get_binding_identifiers());
                        names.for_each(|name| declare(name, declaration.span));
                    }
                    _ => {}
                }
            }
        }
        let is_watched = !switch.declared.is_empty();
        if is_watched {
            self.open.push(switch);
        }
        is_watched
    }

    /// Begins the next case.
    pub(super) fn next(&mut self) {
        if let Some(switch) = self.open.last_mut() {
            switch.case += 1;
        }
    }

    pub(super) fn end(&mut self) {
        self.open.pop();
    }

    /// Notes that a name is used.
    pub(super) fn name(&mut self, name: &str) {
        for switch in &self.open {
            if let Some((case, declaration)) = switch.declared.get(name)
                && *case < switch.case
            {
                let names = self.shared.entry(*declaration).or_default();
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
    }
}
