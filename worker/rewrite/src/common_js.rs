//! The names that a CommonJS file exports, as far as its text shows them.
//!
//! An ES module may import these names. Node.js finds them before the file runs: it scans the text
//! for the usual forms of compilers and authors (`cjs-module-lexer`). This file finds the same names.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, BinaryExpression, CallExpression, Expression,
    FunctionBody, ObjectExpression, ObjectPropertyKind, Program, PropertyKey, PropertyKind,
    Statement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};
use rustc_hash::{FxHashMap, FxHashSet};

/// The named exports of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommonJsExports {
    /// The names, each once.
    pub names: Vec<String>,
    /// The modules whose names it exports too.
    pub passed_on: Vec<String>,
}

struct Search<'t> {
    text: &'t str,
    found: CommonJsExports,
    /// Properties with getters that may do anything.
    hidden: FxHashSet<String>,
}

// === impl CommonJsExports ===

impl CommonJsExports {
    /// Reads a file. A file that cannot be parsed exports no names.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, SourceType::cjs()).parse();
        if parsed.panicked {
            return Self::default();
        }
        let found = Self::default();
        let mut search = Search { text, found, hidden: FxHashSet::default() };
        search.visit_program(&parsed.program);
        search.passed_on(&parsed.program);
        let Search { mut found, hidden, .. } = search;
        let mut known = FxHashSet::default();
        found.names.retain(|name| !hidden.contains(name) && known.insert(name.clone()));
        found
    }
}

// === impl Search ===

impl Search<'_> {
    fn add(&mut self, name: &str) {
        self.found.names.push(name.to_owned());
    }

    /// `exports.name` or `exports['name']`.
    fn member(&mut self, object: &Expression<'_>, name: &str) {
        if is_exports(object) {
            self.add(name);
        }
    }

    /// `module.exports = value`.
    fn whole(&mut self, value: &Expression<'_>) {
        self.found.passed_on.clear();
        match value {
            Expression::ObjectExpression(literal) => self.literal(literal),
            value => self.found.passed_on.extend(required(value)),
        }
    }

    /// The names of an object literal, up to the first value that is more than a name.
    fn literal(&mut self, literal: &ObjectExpression<'_>) {
        for property in &literal.properties {
            let goes_on = match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    let name = match &property.key {
                        PropertyKey::StaticIdentifier(name) if !property.computed => {
                            name.name.as_str()
                        }
                        PropertyKey::StringLiteral(name) if !property.computed => {
                            name.value.as_str()
                        }
                        _ => return,
                    };
                    if property.kind != PropertyKind::Init {
                        return self.add(if property.kind == PropertyKind::Get {
                            "get"
                        } else {
                            "set"
                        });
                    }
                    let value = property.value.span();
                    if property.shorthand || property.method || self.begins_a_name(value.start) {
                        self.add(name);
                    }
                    let is_name = matches!(property.value, Expression::Identifier(_));
                    let rest = self.text.get(value.end as usize..).unwrap_or_default();
                    let rest = if property.shorthand { rest.trim_start() } else { rest };
                    is_name && rest.starts_with([',', '}'])
                }
                ObjectPropertyKind::SpreadProperty(spread) => match &spread.argument {
                    Expression::Identifier(_) => true,
                    value => {
                        let required = required(value);
                        let is_required = required.is_some();
                        self.found.passed_on.extend(required);
                        is_required
                    }
                },
            };
            if !goes_on {
                return;
            }
        }
    }

    fn begins_a_name(&self, at: u32) -> bool {
        let first = self.text.get(at as usize..).and_then(|text| text.chars().next());
        first.is_some_and(|first| first.is_alphabetic() || matches!(first, '_' | '$' | '\\'))
    }

    /// `Object.defineProperty(exports, 'name', { .. })`.
    fn define(&mut self, call: &CallExpression<'_>) {
        let [first, second, third, ..] = call.arguments.as_slice() else { return };
        let (Some(object), Argument::StringLiteral(name)) = (first.as_expression(), second) else {
            return;
        };
        if !is_exports(object) {
            return;
        }
        let properties = match third {
            Argument::ObjectExpression(literal) => literal.properties.as_slice(),
            _ => &[],
        };
        match is_plain(properties) {
            true => self.add(&name.value),
            false => drop(self.hidden.insert(name.value.to_string())),
        }
    }

    /// The modules whose names are exported by statements outside of functions.
    fn passed_on(&mut self, program: &Program<'_>) {
        let mut required_as = FxHashMap::default();
        for statement in &program.body {
            match statement {
                Statement::VariableDeclaration(variables) => {
                    for one in &variables.declarations {
                        let name = one.id.get_binding_identifier().map(|id| id.name.as_str());
                        let module = one.init.as_ref().and_then(required_whole);
                        if let (Some(name), Some(module)) = (name, module) {
                            required_as.insert(name, module);
                        }
                    }
                }
                Statement::ExpressionStatement(one) => {
                    let Expression::CallExpression(call) = &one.expression else { continue };
                    let passed_on = star(call)
                        .or_else(|| keys_of(call).and_then(|name| required_as.get(name).cloned()));
                    self.found.passed_on.extend(passed_on);
                }
                _ => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        if assignment.operator.is_assign() {
            match &assignment.left {
                AssignmentTarget::StaticMemberExpression(member) => {
                    if member.property.name == "exports" && member.object.is_specific_id("module") {
                        self.whole(&assignment.right);
                    }
                    self.member(&member.object, &member.property.name);
                }
                AssignmentTarget::ComputedMemberExpression(member) => {
                    if let Expression::StringLiteral(name) = &member.expression {
                        self.member(&member.object, &name.value);
                    }
                }
                _ => {}
            }
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        // Node.js takes the first character of `==` for an assignment.
        if let Expression::StaticMemberExpression(member) = &binary.left
            && matches!(binary.operator.as_str(), "==" | "===")
        {
            self.member(&member.object, &member.property.name);
        }
        walk::walk_binary_expression(self, binary);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if is_method_of(&call.callee, "Object", "defineProperty") {
            self.define(call);
        }
        walk::walk_call_expression(self, call);
    }
}

/// `exports` or `module.exports`.
fn is_exports(object: &Expression<'_>) -> bool {
    object.is_specific_id("exports") || is_method_of(object, "module", "exports")
}

fn is_method_of(callee: &Expression<'_>, object: &str, name: &str) -> bool {
    matches!(callee, Expression::StaticMemberExpression(member)
        if member.property.name == name && member.object.is_specific_id(object))
}

/// The module of `require('module')`.
fn required(value: &Expression<'_>) -> Option<String> {
    let Expression::CallExpression(call) = value else { return None };
    match call.arguments.as_slice() {
        [Argument::StringLiteral(name)] if call.callee.is_specific_id("require") => {
            Some(name.value.to_string())
        }
        _ => None,
    }
}

/// The module of `require('module')`, also through `_interopRequireWildcard`.
fn required_whole(value: &Expression<'_>) -> Option<String> {
    if let Expression::CallExpression(call) = value
        && called(call) == Some("_interopRequireWildcard")
    {
        return call.arguments.first().and_then(Argument::as_expression).and_then(required);
    }
    required(value)
}

/// The name of a function that is called, also as a property of something.
fn called<'t>(call: &'t CallExpression<'_>) -> Option<&'t str> {
    match &call.callee {
        Expression::Identifier(name) => Some(name.name.as_str()),
        Expression::StaticMemberExpression(member) => Some(member.property.name.as_str()),
        _ => None,
    }
}

/// The module of `__exportStar(require('module'), exports)`.
fn star(call: &CallExpression<'_>) -> Option<String> {
    match called(call)? {
        "__export" | "__exportStar" => {
            call.arguments.first().and_then(Argument::as_expression).and_then(required)
        }
        _ => None,
    }
}

/// The name in `Object.keys(name).forEach(function (key) { if (key ..`.
fn keys_of<'t>(call: &'t CallExpression<'_>) -> Option<&'t str> {
    let Expression::StaticMemberExpression(method) = &call.callee else { return None };
    let Expression::CallExpression(keys) = &method.object else { return None };
    let (Some(Argument::Identifier(name)), Some(Argument::FunctionExpression(each))) =
        (keys.arguments.first(), call.arguments.first())
    else {
        return None;
    };
    let asks = each
        .body
        .as_ref()
        .is_some_and(|body| matches!(body.statements.first(), Some(Statement::IfStatement(_))));
    let is_loop = method.property.name == "forEach" && is_method_of(&keys.callee, "Object", "keys");
    (asks && is_loop).then_some(name.name.as_str())
}

/// True for a value, or a getter that only reads a variable or a property of one.
fn is_plain(properties: &[ObjectPropertyKind<'_>]) -> bool {
    let mut properties = properties.iter().filter_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            property.key.static_name().map(|name| (name, property))
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    });
    let mut next = properties.next();
    if let Some((name, property)) = &next
        && name == "enumerable"
        && matches!(&property.value, Expression::BooleanLiteral(value) if value.value)
    {
        next = properties.next();
    }
    let Some((name, property)) = next else { return false };
    match (&*name, &property.value) {
        ("value", _) => true,
        ("get", Expression::FunctionExpression(function)) => {
            let body = function.body.as_deref();
            properties.next().is_none() && body.is_some_and(reads_only)
        }
        _ => false,
    }
}

fn reads_only(body: &FunctionBody<'_>) -> bool {
    let [Statement::ReturnStatement(only)] = body.statements.as_slice() else { return false };
    match &only.argument {
        Some(Expression::Identifier(_)) => true,
        Some(Expression::StaticMemberExpression(member)) => member.object.is_identifier_reference(),
        Some(Expression::ComputedMemberExpression(member)) => {
            member.object.is_identifier_reference()
                && matches!(member.expression, Expression::StringLiteral(_))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_nodejs_finds_them() {
        for (text, names, passed_on) in [
            ("exports.a = exports['b c'] = 1; if (x) { module.exports.d = 2 }", "a,b c,d", ""),
            ("this.exports.a = 1; x.module.exports.b = 1; exports.c += 1; exports[d] = 1", "", ""),
            ("module.exports = { a, b: c, 'd': e, ...f, g: 1, h }", "a,b,d", ""),
            ("module.exports = { a: b.c, d }", "a", ""),
            ("module.exports = { a: function () {}, d }", "a", ""),
            ("module.exports = { a() {}, d }", "a", ""),
            ("module.exports = { ...require('x'), a, [b]: c, d }", "a", "x"),
            ("0 && (module.exports = { a, b })", "a,b", ""),
            ("module.exports = require('x'); module.exports = require('y')", "", "y"),
            ("Object.defineProperty(exports, '__esModule', { value: true })", "__esModule", ""),
            (
                "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return b.c; } })",
                "a",
                "",
            ),
            ("Object.defineProperty(exports, 'a', { get() { return b['c'] } })", "a", ""),
            (
                "exports.a = 1; Object.defineProperty(exports, 'a', { get() { return b() } })",
                "",
                "",
            ),
            ("Object.defineProperty(exports, 'a', { enumerable: false, value: 1 })", "", ""),
            (
                "__exportStar(require('x'), exports); tslib.__exportStar(require('y'), exports)",
                "",
                "x,y",
            ),
            (
                "var _x = _interopRequireWildcard(require('x')); Object.keys(_x).forEach(function (k) { if (k === 'default') return; exports[k] = _x[k] })",
                "",
                "x",
            ),
            ("if (exports.a === 1) f()", "a", ""),
        ] {
            let found = CommonJsExports::of(text);
            assert_eq!(found.names.join(","), names, "{text}");
            assert_eq!(found.passed_on.join(","), passed_on, "{text}");
        }
    }
}
