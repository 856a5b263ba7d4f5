//! Classes.
//!
//! While the engine runs the initializers of a class's fields, it fails if one of them changes the
//! class, and `super` means the constructor there. So an initializer that does more than name a value
//! becomes a private method in the same place, which the constructor calls.

use oxc_ast::ast::{
    Class, ClassElement, Expression, MethodDefinition, MethodDefinitionKind, ObjectPropertyKind,
    PropertyDefinition, PropertyKey,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};

use crate::functions::FunctionKind;

use super::patterns::is_nameless;
use super::state::{CELL, Initializers, KEEP, Pass};
use crate::goal::EvalSite as Site;

// === impl Pass ===

impl Pass<'_> {
    pub(super) fn class(&mut self, class: &Class<'_>) {
        let number = self.begin_function(class.span, FunctionKind::Class);
        if let Some(id) = &class.id {
            self.visit_binding_identifier(id);
        }
        let outer = self.site;
        self.site.is_strict = true;
        if let Some(heritage) = &class.heritage {
            self.visit_expression(&heritage.expression);
        }
        let elements = &class.body.body;
        let is_own = |element: &ClassElement<'_>| self.is_method(element);
        let first = elements.iter().position(is_own).unwrap_or(elements.len());
        self.writer.copy_to(class.body.span.start + 1);
        let told = self.first_number + number as u64;
        self.writer.insert(&format!("static{{ℬ.class(this,{told})}}"));
        let names = self.begin_runs(class, first);
        let mut names = names.into_iter();
        let mut is_open = false;
        for (at, element) in elements.iter().enumerate() {
            match element {
                ClassElement::PropertyDefinition(field) if at >= first && !field.r#static => {
                    if !is_open {
                        self.writer.copy_to(field.span.start);
                        let name = names.next().unwrap_or_default();
                        self.writer.insert(&format!("{name}(){{{KEEP}"));
                    }
                    self.initializer(field);
                    is_open = matches!(
                        elements.get(at + 1),
                        Some(ClassElement::PropertyDefinition(next)) if !next.r#static
                    );
                    if !is_open {
                        self.writer.insert("return this}");
                    }
                }
                _ => self.visit_class_element(element),
            }
        }
        self.initializers.pop();
        self.site = outer;
        self.end_function(number, class.span.end);
    }

    /// Declares methods in place of the fields from `first` on. Returns the methods' names.
    fn begin_runs(&mut self, class: &Class<'_>, first: usize) -> Vec<String> {
        let (mut names, mut was_field) = (Vec::new(), false);
        let mut has_constructor = false;
        let mut private = String::new();
        for (at, element) in class.body.body.iter().enumerate() {
            let is_constructor =
                |method: &MethodDefinition<'_>| method.kind == MethodDefinitionKind::Constructor;
            match element {
                ClassElement::PropertyDefinition(field) if at >= first && !field.r#static => {
                    if !was_field {
                        names.push(format!("#{}", self.new_name()));
                    }
                    was_field = true;
                    if let PropertyKey::PrivateIdentifier(name) = &field.key {
                        private.push_str(&format!("#{};", name.name));
                    }
                }
                ClassElement::MethodDefinition(method) if is_constructor(method) => {
                    has_constructor = true;
                    was_field = false;
                }
                _ => was_field = false,
            }
        }
        self.writer.insert(&private);
        let calls: String = names.iter().map(|name| format!(".{name}()")).collect();
        let is_derived = class.heritage.is_some();
        if !has_constructor && !names.is_empty() {
            let rest = self.new_name();
            self.writer.insert(&match is_derived {
                true => format!("constructor(...{rest}){{(super(...{rest})){calls}}}"),
                false => format!("constructor(){{this{calls}}}"),
            });
        }
        self.initializers.push(Initializers { calls, is_derived });
        names
    }

    /// True if an element is a field whose initializer becomes a method.
    fn is_method(&self, element: &ClassElement<'_>) -> bool {
        match element {
            ClassElement::PropertyDefinition(field) if !field.r#static => field
                .value
                .as_ref()
                .is_some_and(|value| !is_value(value) || self.survey.says_super(value.span())),
            _ => false,
        }
    }

    /// Writes a field as a statement of a method.
    fn initializer(&mut self, field: &PropertyDefinition<'_>) {
        let gates = std::mem::take(&mut self.gates);
        let outer = self.site;
        self.writer.copy_to(field.span.start);
        let span = field.key.span();
        let source = self.text_of(span).to_owned();
        match &field.key {
            PropertyKey::PrivateIdentifier(name) => {
                if let Some(value) = &field.value {
                    self.writer.insert(&format!("this.{source}=("));
                    self.writer.skip_to(value.span().start);
                    self.field_value(value, &format!("\"#{}\"", name.name), false);
                    self.writer.insert(");");
                }
            }
            key => {
                let name = match key {
                    PropertyKey::StaticIdentifier(_) => format!("\"{source}\""),
                    _ => source,
                };
                if field.computed && !is_constant(key) {
                    let advice = "evaluate the key before the class, and name it in the brackets";
                    self.reject(span, "a field with such a key", advice);
                }
                self.writer.insert("ℬ.define(this,");
                self.writer.skip_to(span.start);
                if field.computed {
                    self.visit_property_key(key);
                    self.writer.copy_to(span.end);
                } else {
                    self.writer.insert(&name);
                    self.writer.skip_to(span.end);
                }
                self.writer.insert(",");
                match &field.value {
                    Some(value) => {
                        self.writer.skip_to(value.span().start);
                        self.field_value(value, &name, field.computed);
                    }
                    None => self.writer.insert("void 0"),
                }
                self.writer.insert(");");
            }
        }
        self.writer.skip_to(field.span.end);
        self.site = outer;
        self.gates = gates;
    }

    /// A field that stays.
    pub(super) fn field(&mut self, field: &PropertyDefinition<'_>) {
        self.visit_property_key(&field.key);
        if let Some(value) = &field.value {
            let gates = std::mem::take(&mut self.gates);
            let outer = self.site;
            self.site = Site { in_field: true, in_function: true, in_method: true, ..self.site };
            self.without_constructor(|pass| pass.visit_expression(value));
            self.site = outer;
            self.gates = gates;
        }
    }

    /// A value that is named like its field if it has no name. `name` is an expression.
    fn field_value(&mut self, value: &Expression<'_>, name: &str, is_computed: bool) {
        self.site = Site { in_field: true, in_function: true, in_method: true, ..self.site };
        self.without_constructor(|pass| pass.named_value(value, name, is_computed));
    }

    /// A value that gets a name if it has none. `name` is an expression.
    pub(super) fn named_value(&mut self, value: &Expression<'_>, name: &str, is_computed: bool) {
        let is_named = is_nameless(value) && !names_itself(value);
        if is_named {
            let is_literal = name.starts_with(['"', '\'']) && !is_computed;
            self.writer.insert(&match is_literal {
                true => format!("({{{name}:"),
                false => format!("({{[{name}]:"),
            });
        }
        self.visit_expression(value);
        self.writer.copy_to(value.span().end);
        if is_named {
            self.writer.insert(&format!("}})[{name}]"));
        }
    }

    pub(super) fn method(&mut self, method: &MethodDefinition<'_>) {
        let start = match method.r#static {
            true => self.after_static(method.span),
            false => method.span.start,
        };
        self.check_method(&method.value);
        let is_constructor = method.kind == MethodDefinitionKind::Constructor;
        let is_moved = method.computed && !is_of_symbol(&method.key);
        if is_moved {
            self.evaluate_key(method);
        }
        let number = match is_constructor {
            true => None,
            false => {
                let span = Span::new(start, method.span.end);
                Some(self.begin_function(span, FunctionKind::Function))
            }
        };
        match is_moved {
            true => self.moved_key(method),
            false => self.visit_property_key(&method.key),
        }
        let initializers = match is_constructor {
            true => self.initializers.last().cloned().unwrap_or_default(),
            false => Initializers::default(),
        };
        self.initializers.push(initializers);
        self.is_constructor = is_constructor;
        let outer = self.site;
        self.site = Site { is_strict: true, in_method: true, ..Site::default() };
        self.site.in_derived =
            is_constructor && self.initializers.last().is_some_and(|one| one.is_derived);
        self.function_parts(&method.value);
        self.site = outer;
        self.initializers.pop();
        if let Some(number) = number {
            self.end_function(number, method.span.end);
        }
    }

    /// Evaluates a method's key in that of a field, which goes again at once: the engine does not
    /// look for variables and functions in keys of methods.
    fn evaluate_key(&mut self, method: &MethodDefinition<'_>) {
        let key = method.key.span();
        self.insert_at(method.span.start, &["static [(", CELL, "=("]);
        self.writer.skip_to(key.start);
        self.visit_property_key(&method.key);
        self.insert_at(key.end, &["),ℬ.none)];static{delete this[ℬ.none]}"]);
        self.writer.skip_to(method.value.span.start);
        if method.r#static {
            self.writer.insert("static ");
        }
    }

    /// The text before a method's parameters, with the key that was evaluated.
    fn moved_key(&mut self, method: &MethodDefinition<'_>) {
        let word = match method.kind {
            MethodDefinitionKind::Get => "get ",
            MethodDefinitionKind::Set => "set ",
            _ if method.value.r#async => "async ",
            _ => "",
        };
        let star = if method.value.generator { "*" } else { "" };
        self.writer.insert(&format!("{word}{star}[{CELL}]"));
    }

    /// Where a method's text begins, which has no `static`.
    fn after_static(&self, span: Span) -> u32 {
        let text = self.text_of(span);
        let rest = text.strip_prefix("static").unwrap_or(text);
        let trimmed = rest.trim_start();
        span.end - u32::try_from(trimmed.len()).unwrap_or_default()
    }

    /// Begins a constructor with the fields, in a class that extends no other.
    pub(super) fn begin_constructor(&mut self) {
        if !std::mem::take(&mut self.is_constructor) {
            return;
        }
        if let Some(Initializers { calls, is_derived: false }) = self.initializers.last()
            && !calls.is_empty()
        {
            let calls = format!("this{calls};");
            self.writer.insert(&calls);
        }
    }

    /// `super()`, after which the fields come.
    pub(super) fn super_call(&mut self, call: &oxc_ast::ast::CallExpression<'_>) {
        let calls = match self.initializers.last() {
            Some(Initializers { calls, is_derived: true }) => calls.clone(),
            _ => String::new(),
        };
        if calls.is_empty() {
            walk::walk_call_expression(self, call);
            return;
        }
        self.open_at(call.span.start, "(");
        walk::walk_call_expression(self, call);
        self.insert_at(call.span.end, &[")", &calls]);
    }

    /// Visits nodes that belong to no constructor.
    pub(super) fn without_constructor(&mut self, visit: impl FnOnce(&mut Self)) {
        self.initializers.push(Initializers::default());
        visit(self);
        self.initializers.pop();
    }
}

/// True if a value is a class that names itself: the engine names it again after a computed key.
pub(super) fn names_itself(value: &Expression<'_>) -> bool {
    let Expression::ClassExpression(class) = value.without_parentheses() else { return false };
    class.id.is_none()
        && class.body.body.iter().any(|element| {
            element.r#static()
                && element.property_key().is_some_and(|key| key.is_specific_static_name("name"))
        })
}

/// True if evaluating this runs nothing that an author could have written.
fn is_value(value: &Expression<'_>) -> bool {
    match value {
        Expression::Identifier(_)
        | Expression::ThisExpression(_)
        | Expression::FunctionExpression(_)
        | Expression::ArrowFunctionExpression(_) => true,
        Expression::ParenthesizedExpression(inner) => is_value(&inner.expression),
        Expression::TemplateLiteral(template) => template.expressions.is_empty(),
        Expression::UnaryExpression(unary) => unary.argument.is_literal(),
        Expression::ArrayExpression(array) => array
            .elements
            .iter()
            .all(|element| element.is_elision() || element.as_expression().is_some_and(is_value)),
        Expression::ObjectExpression(object) => {
            object.properties.iter().all(|property| match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    !property.computed && is_value(&property.value)
                }
                ObjectPropertyKind::SpreadProperty(_) => false,
            })
        }
        _ => value.is_literal(),
    }
}

/// True for a key like `Symbol.iterator`.
fn is_of_symbol(key: &PropertyKey<'_>) -> bool {
    match key.as_expression() {
        Some(Expression::StaticMemberExpression(member)) => matches!(&member.object,
            Expression::Identifier(name) if name.name == "Symbol"),
        key => key.is_some_and(|key| key.is_literal()),
    }
}

/// True if a key is the same whenever it is evaluated, as far as one can see.
fn is_constant(key: &PropertyKey<'_>) -> bool {
    fn is_name(expression: &Expression<'_>) -> bool {
        match expression {
            Expression::Identifier(_) => true,
            Expression::StaticMemberExpression(member) => is_name(&member.object),
            Expression::BinaryExpression(binary) => is_name(&binary.left) && is_name(&binary.right),
            Expression::TemplateLiteral(template) => template.expressions.iter().all(is_name),
            _ => expression.is_literal(),
        }
    }
    key.as_expression().is_none_or(is_name)
}
