//! Fields whose initializers change their class, like `id = ++Shop.count`.
//!
//! The engine holds on to a class while it runs the initializers of its fields, and ends the
//! environment when one of them assigns a property of the class. So these initializers become
//! private methods, in place, which the constructor calls.

use std::collections::HashSet;

use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, CallExpression, Class, Expression,
    ExpressionStatement, Function, MemberExpression, MethodDefinition, MethodDefinitionKind,
    NewExpression, Program, PropertyDefinition, PropertyKey, SimpleAssignmentTarget, StaticBlock,
    TaggedTemplateExpression, UpdateExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use super::edit::{Edit, KEEP, end_of, unused_name};

/// Looks for classes whose fields may change them.
#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    /// The classes around what is read.
    open: Vec<Found<'t>>,
    read: Vec<Found<'t>>,
    /// Names of variables of which some property is assigned.
    changed: HashSet<String>,
    /// For each function around what is read: whether its `this` is a class.
    this_is_class: Vec<bool>,
    /// Whether the function that comes next is a static method.
    is_static: bool,
    /// Where the statement begins that was entered last and is only an expression.
    statement: u32,
}

/// A class.
#[derive(Default)]
struct Found<'t> {
    name: Option<String>,
    is_derived: bool,
    /// Its own code assigns a property of it.
    is_changed: bool,
    /// Where its elements begin.
    elements: u32,
    /// Where the statements of its constructor begin, and what stands there first.
    constructor: Option<(u32, &'static str)>,
    /// Calls of `super`, and what may stand before one in parentheses.
    supers: Vec<(Span, &'static str)>,
    fields: Vec<Field<'t>>,
}

/// A field with an initializer.
struct Field<'t> {
    /// Its name as written; none if it is computed.
    key: Option<&'t str>,
    key_end: u32,
    value: Span,
    /// It is a function that has its name from the field.
    is_nameless: bool,
    /// It may assign something.
    acts: bool,
}

/// Whether an expression calls or assigns, apart from the functions in it.
#[derive(Default)]
struct Acts(bool);

/// The changes that such classes need.
pub(super) fn edits(program: &Program<'_>) -> Vec<Edit> {
    let mut reader = Reader { text: program.source_text, ..Reader::default() };
    reader.visit_program(program);
    let Reader { text, read, changed, .. } = reader;
    let is_changed = |class: &Found<'_>| {
        class.is_changed || class.name.as_ref().is_some_and(|name| changed.contains(name))
    };
    let mut edits = Vec::new();
    for class in read.iter().filter(|class| is_changed(class)) {
        edits.extend(class.edits(text).unwrap_or_default());
    }
    edits
}

// === impl Found ===

impl Found<'_> {
    /// None if the class can stay, or if a field's name is computed.
    fn edits(&self, text: &str) -> Option<Vec<Edit>> {
        let first = self.fields.iter().position(|field| field.acts)?;
        let mark = unused_name(text);
        let mut edits = Vec::new();
        let mut calls = String::new();
        // Those after it may need what it did.
        for (at, field) in self.fields.iter().enumerate().skip(first) {
            edits.extend(field.edits(&format!("#{mark}{at}"), text)?);
            calls.push_str(&format!(".#{mark}{at}()"));
        }
        let insert = |at: u32, text: String| Edit { at: at as usize, length: 0, text };
        match (self.constructor, self.is_derived) {
            (Some(_), true) => {
                for (span, before) in &self.supers {
                    edits.push(insert(span.start, format!("{before}(")));
                    edits.push(insert(span.end, format!("){calls}")));
                }
            }
            (Some((start, before)), false) => {
                edits.push(insert(start, format!("{before}this{calls};")));
            }
            (None, true) => {
                let call = format!(" constructor(...{mark}) {{ (super(...{mark})){calls}; }} ");
                edits.push(insert(self.elements, call));
            }
            (None, false) => {
                edits.push(insert(self.elements, format!(" constructor() {{ this{calls}; }} ")));
            }
        }
        Some(edits)
    }
}

// === impl Field ===

impl Field<'_> {
    fn edits(&self, method: &str, text: &str) -> Option<[Edit; 2]> {
        let key = self.key?;
        let (target, name) = match key.chars().next()? {
            '\'' | '"' | '0'..='9' | '.' => (format!("[{key}]"), key.to_owned()),
            _ => (format!(".{key}"), format!("'{key}'")),
        };
        let (start, end) = (self.key_end as usize, self.value.start as usize);
        let between = text.get(start..end)?;
        let lines = between.matches('\n').collect::<String>();
        let (open, close) = match self.is_nameless {
            true => (format!("({{ {name}: "), format!(" }})[{name}]")),
            false => ("(".to_owned(), ")".to_owned()),
        };
        let before = format!("; {method}() {{ {KEEP} this{target} = {open}{lines}");
        let after = format!("{close}; return this; }}");
        Some([
            Edit { at: start, length: between.len(), text: before },
            Edit { at: self.value.end as usize, length: 0, text: after },
        ])
    }
}

// === impl Reader ===

impl Reader<'_> {
    /// Notes that a property of an object is assigned.
    fn changes(&mut self, object: &Expression<'_>) {
        let is_own = match object.without_parentheses() {
            Expression::Identifier(name) => {
                self.changed.insert(name.name.to_string());
                false
            }
            Expression::ThisExpression(_) => self.this_is_class.last() == Some(&true),
            Expression::StaticMemberExpression(member) => {
                member.property.name == "constructor"
                    && matches!(member.object, Expression::ThisExpression(_))
            }
            _ => false,
        };
        if let Some(class) = self.open.last_mut() {
            class.is_changed |= is_own;
        }
    }

    fn with_this(&mut self, is_class: bool, walk: impl FnOnce(&mut Self)) {
        self.this_is_class.push(is_class);
        walk(self);
        self.this_is_class.pop();
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_class(&mut self, class: &Class<'a>) {
        self.open.push(Found {
            name: class.id.as_ref().map(|id| id.name.to_string()),
            is_derived: class.heritage.is_some(),
            elements: class.body.span.start + 1,
            ..Found::default()
        });
        walk::walk_class(self, class);
        self.read.extend(self.open.pop());
    }

    fn visit_method_definition(&mut self, method: &MethodDefinition<'a>) {
        if method.kind == MethodDefinitionKind::Constructor
            && let Some(body) = &method.value.body
            && let Some(class) = self.open.last_mut()
        {
            class.constructor = Some(match end_of(&body.directives) {
                Some(end) => (end, ";"),
                None => (body.span.start + 1, ""),
            });
        }
        self.is_static = method.r#static;
        walk::walk_method_definition(self, method);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        let is_static = std::mem::take(&mut self.is_static);
        self.with_this(is_static, |reader| walk::walk_function(reader, function, flags));
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.with_this(true, |reader| walk::walk_static_block(reader, block));
    }

    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        if let Some(value) = property.value.as_ref().filter(|_| !property.r#static)
            && let Some(class) = self.open.last_mut()
        {
            let span = property.key.span();
            let is_plain = match &property.key {
                PropertyKey::StaticIdentifier(_) | PropertyKey::PrivateIdentifier(_) => true,
                PropertyKey::StringLiteral(_) | PropertyKey::NumericLiteral(_) => {
                    !property.computed
                }
                _ => false,
            };
            let key = self.text.get(span.start as usize..span.end as usize);
            class.fields.push(Field {
                key: key.filter(|_| is_plain),
                key_end: span.end,
                value: value.span(),
                is_nameless: is_nameless(value),
                acts: Acts::of(value),
            });
        }
        self.with_this(property.r#static, |reader| {
            walk::walk_property_definition(reader, property);
        });
    }

    fn visit_expression_statement(&mut self, statement: &ExpressionStatement<'a>) {
        self.statement = statement.span.start;
        walk::walk_expression_statement(self, statement);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if matches!(call.callee, Expression::Super(_))
            && let Some(class) = self.open.last_mut()
        {
            // With a parenthesis a line would go on the one before it.
            let before = if call.span.start == self.statement { "null ?? " } else { "" };
            class.supers.push((call.span, before));
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_simple_assignment_target(&mut self, target: &SimpleAssignmentTarget<'a>) {
        if let Some(member) = target.as_member_expression() {
            self.changes(match member {
                MemberExpression::ComputedMemberExpression(member) => &member.object,
                MemberExpression::StaticMemberExpression(member) => &member.object,
                MemberExpression::PrivateFieldExpression(member) => &member.object,
            });
        }
        walk::walk_simple_assignment_target(self, target);
    }
}

fn is_nameless(value: &Expression<'_>) -> bool {
    match value.without_parentheses() {
        Expression::ArrowFunctionExpression(_) => true,
        Expression::FunctionExpression(function) => function.id.is_none(),
        Expression::ClassExpression(class) => class.id.is_none(),
        _ => false,
    }
}

// === impl Acts ===

impl Acts {
    fn of(value: &Expression<'_>) -> bool {
        let mut acts = Self::default();
        acts.visit_expression(value);
        acts.0
    }
}

impl<'a> Visit<'a> for Acts {
    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_call_expression(&mut self, _: &CallExpression<'a>) {
        self.0 = true;
    }

    fn visit_new_expression(&mut self, _: &NewExpression<'a>) {
        self.0 = true;
    }

    fn visit_tagged_template_expression(&mut self, _: &TaggedTemplateExpression<'a>) {
        self.0 = true;
    }

    fn visit_assignment_expression(&mut self, _: &AssignmentExpression<'a>) {
        self.0 = true;
    }

    fn visit_update_expression(&mut self, _: &UpdateExpression<'a>) {
        self.0 = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::common_js;

    fn rewritten(text: &str) -> String {
        common_js(text).text
    }

    #[test]
    fn initializers_become_methods_in_place() {
        assert_eq!(
            rewritten("class A { static n = 0; id = ++A.n; f = () => 1\n'x' = 2; }"),
            "class A { constructor() { this.#$0().#$1().#$2(); }  static n = 0; \
             id; #$0() { new.target; this.id = (++A.n); return this; }; \
             f; #$1() { new.target; this.f = ({ 'f': () => 1 })['f']; return this; }\n\
             'x'; #$2() { new.target; this['x'] = (2); return this; }; }"
        );
        assert_eq!(
            rewritten(
                "class B extends A { #p = f(); constructor() { super(); this.constructor.n = 1; } }"
            ),
            "class B extends A { #p; #$0() { new.target; this.#p = (f()); return this; }; \
             constructor() { null ?? (super()).#$0(); this.constructor.n = 1; } }"
        );
    }

    #[test]
    fn other_classes_stay() {
        for text in [
            "class A { static n = 0; id = f(); }",
            "class A { id = 1; static f() { this.n = 1; } }",
            "class A { id = f(); other() { this.n = 1; } }",
            "class A { [key] = f(); static f() { this.n = 1; } }",
            "class A { make = () => ++A.n; }",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }
}
