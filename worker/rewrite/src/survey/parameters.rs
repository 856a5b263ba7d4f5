//! Variables that repeat a parameter.
//!
//! If a function's parameters have expressions, the engine gives such a variable no value. If no
//! function among the parameters uses the name, variable and parameter are the same, and the
//! declaration is left out.

use oxc_ast::ast::{
    BindingPattern, FormalParameters, VariableDeclaration, VariableDeclarationKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// The declarators that repeat parameters, of all functions.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    /// Declarators that only assign, by their beginnings, with the names to declare beside them.
    assigning: FxHashMap<u32, Vec<String>>,
    /// Declarators whose name a function among the parameters uses.
    pub(crate) used: Vec<u32>,
}

/// Facts about a function's parameters.
#[derive(Debug, Default)]
pub(super) struct Parameters<'a> {
    is_arrow: bool,
    /// The node at hand is in the list.
    in_list: bool,
    names: FxHashSet<&'a str>,
    /// The names that functions in the list use.
    used: FxHashSet<&'a str>,
    /// The names that this function uses, if it is in the list of another.
    own: Vec<&'a str>,
    has_expressions: bool,
    variables: Vec<Variable<'a>>,
}

/// A declarator of `var`.
#[derive(Debug)]
struct Variable<'a> {
    start: u32,
    names: Vec<&'a str>,
}

// === impl Repeated ===

impl Repeated {
    /// The names to declare beside a declarator that only assigns; none if it declares.
    pub(crate) fn beside(&self, start: u32) -> Option<&[String]> {
        self.assigning.get(&start).map(Vec::as_slice)
    }

    pub(super) fn sort(&mut self) {
        self.used.sort_unstable();
    }
}

// === impl Parameters ===

impl<'a> Parameters<'a> {
    pub(super) fn begin(&mut self, is_arrow: bool) {
        self.is_arrow = is_arrow;
        self.in_list = true;
    }

    pub(super) fn end_list(&mut self, list: &FormalParameters<'a>) {
        self.in_list = false;
        for parameter in &list.items {
            self.has_expressions |= parameter.initializer.is_some()
                || !matches!(parameter.pattern, BindingPattern::BindingIdentifier(_));
            self.names.extend(names(&parameter.pattern));
        }
        if let Some(rest) = &list.rest {
            let pattern = &rest.rest.argument;
            self.has_expressions |= !matches!(pattern, BindingPattern::BindingIdentifier(_));
            self.names.extend(names(pattern));
        }
        if !self.is_arrow {
            self.names.insert("arguments");
        }
    }

    /// Notes that a name is used.
    pub(super) fn name(&mut self, name: &'a str) {
        self.own.push(name);
    }

    pub(super) fn declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if declaration.kind != VariableDeclarationKind::Var || !self.has_expressions {
            return;
        }
        for declarator in &declaration.declarations {
            self.variables
                .push(Variable { start: declarator.span.start, names: names(&declarator.id) });
        }
    }

    /// Tells the function around this one which names this one uses.
    pub(super) fn tell(&self, outer: &mut Self) {
        if outer.in_list {
            outer.used.extend(&self.own);
        }
        outer.own.extend(&self.own);
    }

    pub(super) fn end(self, repeated: &mut Repeated) {
        for variable in &self.variables {
            let repeats = |name: &&&str| self.names.contains(**name);
            if !variable.names.iter().any(|name| repeats(&name)) {
                continue;
            }
            if variable.names.iter().any(|name| repeats(&name) && self.used.contains(name)) {
                repeated.used.push(variable.start);
            }
            let beside = variable.names.iter().filter(|name| !repeats(name));
            let beside = beside.map(|name| (*name).to_owned()).collect();
            repeated.assigning.insert(variable.start, beside);
        }
    }
}

/// The names that a pattern declares.
fn names<'a>(pattern: &BindingPattern<'a>) -> Vec<&'a str> {
    let names = pattern.get_binding_identifiers();
    names.into_iter().map(|name| name.name.as_str()).collect()
}
