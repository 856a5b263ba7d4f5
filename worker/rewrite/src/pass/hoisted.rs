//! Rewrites functions in blocks of sloppy code. Each is also a variable of the function around the
//! blocks (ECMA-262, B.3.2).
//!
//! The engine has two faults here. When a direct `eval` first runs in a function, the engine makes
//! the variable, and later calls take it for an old one. So the evaluated text gets a `var` for it.
//! If a function's parameters have default values, the engine makes no variable at all. So the body
//! of that function begins with `var f; var t = v => { f = v }`, and `t(f)` follows the
//! declaration.

use oxc_ast::ast::{
    ArrowFunctionExpression, BindingIdentifier, CatchParameter, Class, FormalParameters, Function,
    FunctionBody, FunctionType, Program, Statement, VariableDeclaration, VariableDeclarationKind,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;
use rustc_hash::FxHashSet;

use super::state::Pass;

/// A function in a block.
pub(super) struct Hoisted<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
}

/// Reads statements, without those of functions in them.
#[derive(Default)]
struct Reader<'a> {
    functions: Vec<Hoisted<'a>>,
    /// Other declarations of a block. A function with such a name may be no variable.
    others: FxHashSet<&'a str>,
    depth: usize,
    is_other: bool,
}

/// The functions in blocks of sloppy statements that are also variables of the function around.
fn hoisted<'a>(statements: &[Statement<'a>]) -> Vec<Hoisted<'a>> {
    let mut reader = Reader::default();
    for statement in statements {
        reader.visit_statement(statement);
    }
    let Reader { mut functions, others, .. } = reader;
    functions.retain(|function| !others.contains(function.name));
    functions
}

/// Their names, each once.
fn names<'a>(functions: &[Hoisted<'a>]) -> Vec<&'a str> {
    let mut names: Vec<_> = functions.iter().map(|function| function.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names of parameters, if one of them has a value of its own.
pub(super) fn valued(parameters: &FormalParameters<'_>) -> Option<Vec<String>> {
    let patterns = parameters.items.iter().map(|item| &item.pattern);
    let has_values = parameters
        .items
        .iter()
        .any(|item| item.initializer.is_some() || !item.pattern.is_binding_identifier());
    let rest = parameters.rest.iter().map(|rest| &rest.rest.argument);
    let names = patterns.chain(rest).flat_map(|pattern| pattern.get_binding_identifiers());
    has_values.then(|| names.map(|name| name.name.to_string()).collect())
}

// === impl Pass ===

impl Pass<'_> {
    /// Declares the variables of a text for a direct `eval`.
    pub(super) fn hoist_evaluated(&mut self, program: &Program<'_>) {
        let Some(first) = program.body.first() else { return };
        let names = names(&hoisted(&program.body)).join(", ");
        if !names.is_empty() {
            self.insert_at(first.span().start, &["var ", &names, "; "]);
        }
    }

    /// Declares the variables at the beginning of a function's body, if its parameters have values.
    pub(super) fn hoist_beside(&mut self, parameters: &[String], body: &FunctionBody<'_>) {
        let mut functions = hoisted(&body.statements);
        functions.retain(|function| {
            !parameters.iter().any(|name| name == function.name) && function.name != "arguments"
        });
        for name in names(&functions) {
            let (setter, value) = (self.new_name(), self.new_name());
            let declared = format!("var {name};var {setter}={value}=>{{{name}={value}}};");
            self.writer.insert(&declared);
            let own = functions.iter().filter(|function| function.name == name);
            self.setters.extend(own.map(|own| (own.span.start, format!("{setter}({name})"))));
        }
    }

    /// Sets the variable of a function that was just written.
    pub(super) fn set_hoisted(&mut self, function: &Function<'_>) {
        if let Some(set) = self.setters.remove(&function.span.start) {
            self.insert_at(function.span.end, &[";", &set, ";"]);
        }
    }

    /// A branch that is only such a function becomes a block.
    pub(super) fn branch(&mut self, branch: &Statement<'_>) {
        let is_hoisted = matches!(branch, Statement::FunctionDeclaration(function)
            if self.setters.contains_key(&function.span.start));
        if is_hoisted {
            self.insert_at(branch.span().start, &["{"]);
        }
        self.visit_statement(branch);
        if is_hoisted {
            self.writer.insert("}");
        }
    }
}

// === impl Reader ===

impl Reader<'_> {
    fn declare_others(&mut self, are_others: bool, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.is_other, are_others);
        read(self);
        self.is_other = outer;
    }
}

impl<'a> Visit<'a> for Reader<'a> {
    fn visit_statement(&mut self, statement: &Statement<'a>) {
        self.depth += 1;
        walk::walk_statement(self, statement);
        self.depth -= 1;
    }

    fn visit_function(&mut self, function: &Function<'a>, _: ScopeFlags) {
        let Some(name) = &function.id else { return };
        if function.r#type != FunctionType::FunctionDeclaration {
            return;
        }
        match function.generator || function.r#async {
            true => drop(self.others.insert(name.name.as_str())),
            false if self.depth > 1 => {
                self.functions.push(Hoisted { name: name.name.as_str(), span: function.span });
            }
            false => {}
        }
    }

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_class(&mut self, class: &Class<'a>) {
        if let Some(name) = &class.id {
            self.others.insert(name.name.as_str());
        }
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        let are_others = declaration.kind != VariableDeclarationKind::Var;
        self.declare_others(are_others, |reader| {
            walk::walk_variable_declaration(reader, declaration);
        });
    }

    fn visit_catch_parameter(&mut self, parameter: &CatchParameter<'a>) {
        // A variable may have the name of a parameter that is only a name.
        let are_others = parameter.pattern.get_binding_identifier().is_none();
        self.declare_others(are_others, |reader| walk::walk_catch_parameter(reader, parameter));
    }

    fn visit_binding_identifier(&mut self, name: &BindingIdentifier<'a>) {
        if self.is_other {
            self.others.insert(name.name.as_str());
        }
    }
}
