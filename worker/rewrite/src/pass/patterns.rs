//! Patterns.
//!
//! The engine accepts fewer patterns where it reads an object literal first, and it leaves a nested
//! property in the object of `...rest`. A pattern can run extra code with a property that no object
//! has, `ℬ.none`: in the property's key in brackets, or in its default.

use oxc_ast::ast::{
    AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty, BindingPattern,
    BindingProperty, Expression, ObjectAssignmentTarget, ObjectPattern, PropertyKey,
    VariableDeclaration, VariableDeclarationKind, VariableDeclarator,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use super::state::{CELL, Mode, Pass};

// === impl Pass ===

impl Pass<'_> {
    pub(super) fn with_mode(&mut self, mode: Mode, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.mode, mode);
        visit(self);
        self.mode = outer;
    }

    pub(super) fn object_pattern(&mut self, pattern: &ObjectPattern<'_>) {
        for property in &pattern.properties {
            self.binding_property(property, pattern.rest.is_some());
        }
        if let Some(rest) = &pattern.rest {
            self.visit_binding_rest_element(rest);
        }
    }

    fn binding_property(&mut self, property: &BindingProperty<'_>, has_rest: bool) {
        let BindingProperty { span, key, value, shorthand, computed, .. } = property;
        self.pattern_key(*span, key, *shorthand, *computed);
        match value {
            BindingPattern::AssignmentPattern(inner) => match &inner.left {
                BindingPattern::BindingIdentifier(name) => match self.mode {
                    Mode::Declared => self.visit_binding_pattern(value),
                    Mode::Arrow => {
                        self.visit_binding_identifier(name);
                        self.writer.copy_to(name.span.end);
                        let name = self.own_name(&name.name);
                        self.writer.insert(&format!(", [({name} === void 0 && ({name}"));
                        self.visit_expression(&inner.right);
                        self.writer.copy_to(inner.right.span().end);
                        let unused = self.new_name();
                        self.writer.insert(&format!("), ℬ.none)]: {unused}"));
                    }
                    Mode::Assigned => self.through_setter(name.span, &name.name, &inner.right),
                },
                left if has_rest => self.before_rest(left.span(), Some(&inner.right), |pass| {
                    pass.visit_binding_pattern(left);
                }),
                _ => self.visit_binding_pattern(value),
            },
            BindingPattern::ObjectPattern(_) | BindingPattern::ArrayPattern(_) => {
                let visit = |pass: &mut Self| pass.visit_binding_pattern(value);
                match has_rest {
                    true => self.before_rest(value.span(), None, visit),
                    false => self.without_default(value.span(), visit),
                }
            }
            BindingPattern::BindingIdentifier(_) => self.visit_binding_pattern(value),
        }
    }

    pub(super) fn assigned_object(&mut self, pattern: &ObjectAssignmentTarget<'_>) {
        self.with_mode(Mode::Assigned, |pass| {
            let is_member = |target: &AssignmentTarget<'_>| {
                !matches!(target, AssignmentTarget::AssignmentTargetIdentifier(_))
            };
            // The engine leaves out keys in brackets only for a variable.
            let is_plain = pattern.rest.as_ref().is_some_and(|rest| is_member(&rest.target));
            for property in &pattern.properties {
                pass.has_plain_keys = is_plain;
                pass.assigned_property(property, pattern.rest.is_some());
            }
            if let Some(rest) = &pattern.rest {
                pass.bare_target(&rest.target);
            }
        });
    }

    fn assigned_property(&mut self, property: &AssignmentTargetProperty<'_>, has_rest: bool) {
        let property = match property {
            AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(short) => {
                let name = &short.binding;
                self.name_key(name.span, &name.name);
                match &short.init {
                    Some(value) => self.through_setter(name.span, &name.name, value),
                    None => self.visit_identifier_reference(name),
                }
                return;
            }
            AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => property,
        };
        self.pattern_key(property.span, &property.name, false, property.computed);
        match &property.binding {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(inner) => {
                match &inner.binding {
                    AssignmentTarget::AssignmentTargetIdentifier(name) => {
                        self.through_setter(name.span, &name.name, &inner.init);
                    }
                    target if has_rest && target.is_assignment_target_pattern() => {
                        self.before_rest(target.span(), Some(&inner.init), |pass| {
                            pass.visit_assignment_target(target);
                        });
                    }
                    _ => self.visit_assignment_target_maybe_default(&property.binding),
                }
            }
            AssignmentTargetMaybeDefault::ArrayAssignmentTarget(_)
            | AssignmentTargetMaybeDefault::ObjectAssignmentTarget(_) => {
                let target = &property.binding;
                let visit = |pass: &mut Self| pass.visit_assignment_target_maybe_default(target);
                match has_rest {
                    true => self.before_rest(target.span(), None, visit),
                    false => self.without_default(target.span(), visit),
                }
            }
            target => self.visit_assignment_target_maybe_default(target),
        }
    }

    /// A target in a pattern, which the engine accepts only without parentheses.
    pub(super) fn bare_target(&mut self, target: &AssignmentTarget<'_>) {
        let span = target.span();
        let before = self.writer.rest_to(span.start);
        let opened = before.trim_end_matches(is_between).len();
        let parentheses = before.get(..opened).map_or(0, |before| {
            before.len() - before.trim_end_matches(|one| one == '(' || is_between(one)).len()
        });
        // Only white space may be between: a comment could have anything in it.
        if parentheses == 0 || !before.ends_with(['(', ' ', '\n', '\t']) {
            return self.visit_assignment_target(target);
        }
        let open = before.get(opened - parentheses..).unwrap_or_default();
        let count = open.matches('(').count();
        self.writer.copy_to(span.start - u32::try_from(open.len()).unwrap_or_default());
        self.writer.skip_to(span.start);
        self.visit_assignment_target(target);
        self.writer.copy_to(span.end);
        let after = self.text.get(span.end as usize..).unwrap_or_default();
        if let Some((last, _)) = after.match_indices(')').nth(count - 1) {
            self.writer.skip_to(span.end + u32::try_from(last).unwrap_or_default() + 1);
        }
    }

    /// `x = 1` becomes `({set v(t){x=t}})["v"] = 1`: where a literal is read first, a name with a
    /// default may have no key in brackets, while an object's property may.
    fn through_setter(&mut self, at: Span, name: &str, value: &Expression<'_>) {
        self.check_name(at, name);
        let name = self.own_name(name);
        let before = self.writer.rest_to(at.start);
        let bare = before.trim_end_matches(|one| one == '(' || is_between(one));
        let after_key = at.start - u32::try_from(before.len() - bare.len()).unwrap_or_default();
        if name == "arguments" {
            self.reject(at, "`arguments` as a target with a default", "use another name");
        }
        let given = self.new_name();
        let target = format!(" ({{set v({given}){{{name}={given}}}}})[\"v\"] = ");
        self.insert_at(after_key, &[&target]);
        self.writer.skip_to(value.span().start);
        // A name in parentheses is not given to the value.
        let is_named = is_nameless(value) && !before.ends_with('(');
        if is_named {
            self.writer.insert(&format!("({{ \"{name}\": "));
        }
        self.visit_expression(value);
        self.writer.copy_to(value.span().end);
        if is_named {
            self.writer.insert(&format!(" }})[\"{name}\"]"));
        }
    }

    /// `[a]` becomes `[a] = void 0`: where a literal is read first, a pattern with a key in
    /// brackets needs a default.
    fn without_default(&mut self, at: Span, visit: impl FnOnce(&mut Self)) {
        visit(self);
        if self.mode != Mode::Declared {
            self.insert_at(at.end, &[" = void 0"]);
        }
    }

    /// `[key]: pattern = 1` becomes `[key]: t, [ℬ.none]: pattern = t === void 0 ? (1) : t`. The rest
    /// then leaves the key out. The key is written already, its colon is not.
    fn before_rest(
        &mut self,
        at: Span,
        value: Option<&Expression<'_>>,
        visit: impl FnOnce(&mut Self),
    ) {
        let held = match self.mode {
            Mode::Assigned => CELL.to_owned(),
            Mode::Declared | Mode::Arrow => self.new_name().to_string(),
        };
        self.writer.insert(&format!(": {held}, [ℬ.none]"));
        visit(self);
        self.writer.copy_to(at.end);
        match value {
            Some(value) => {
                self.writer.skip_to(value.span().start);
                self.writer.insert(&format!(" = {held} === void 0 ? ("));
                self.visit_expression(value);
                self.writer.copy_to(value.span().end);
                self.writer.insert(&format!(") : {held}"));
            }
            None => self.writer.insert(&format!(" = {held}")),
        }
    }

    /// Writes a key of an object pattern in brackets.
    fn pattern_key(&mut self, at: Span, key: &PropertyKey<'_>, is_short: bool, is_computed: bool) {
        if self.has_plain_keys && !is_short {
            self.has_plain_keys = false;
            if is_computed {
                let advice = "assign what is left to a variable first";
                self.reject(at, "a key in brackets beside `...object.key`", advice);
            }
            if let PropertyKey::NumericLiteral(number) = key {
                // The engine takes a number for a key in brackets.
                self.writer.copy_to(number.span.start);
                self.writer.insert(&format!("\"{}\"", number.value));
                self.writer.skip_to(number.span.end);
            }
            return self.writer.copy_to(key.span().end);
        }
        match key {
            _ if is_computed => {
                self.visit_property_key(key);
                self.writer.copy_to(key.span().end);
                let rest = self.text.get(key.span().end as usize..).unwrap_or_default();
                // The bracket may have comments before it, which are left out.
                if let Some(length) = closing_bracket(rest) {
                    self.writer.skip_to(key.span().end + length);
                    self.writer.insert("]");
                }
            }
            PropertyKey::StaticIdentifier(name) if is_short => self.name_key(at, &name.name),
            PropertyKey::StaticIdentifier(name) => {
                self.insert_at(name.span.start, &["[\""]);
                self.insert_at(name.span.end, &["\"]"]);
            }
            _ => {
                self.insert_at(key.span().start, &["["]);
                self.insert_at(key.span().end, &["]"]);
            }
        }
    }

    /// Writes the key of a shorthand, which stays as the value.
    fn name_key(&mut self, at: Span, name: &str) {
        if std::mem::take(&mut self.has_plain_keys) {
            return self.insert_at(at.start, &[name, ": "]);
        }
        self.insert_at(at.start, &["[\"", name, "\"]: "]);
    }

    /// A declaration of a `case`, with the names that a later one uses. The engine forgets that
    /// they may have no value, unless each is a `let` that a function uses.
    pub(super) fn shared_declaration(
        &mut self,
        declaration: &VariableDeclaration<'_>,
        names: &[String],
    ) {
        if declaration.kind == VariableDeclarationKind::Const {
            self.writer.copy_to(declaration.span.start);
            self.writer.skip_to(declaration.span.start + 5);
            self.writer.insert("let");
        }
        for declarator in &declaration.declarations {
            self.visit_variable_declarator(declarator);
        }
        self.use_names(declaration.span.end, names);
    }

    /// Uses names in a function, which makes the engine check that they have their values.
    pub(super) fn use_names(&mut self, offset: u32, names: &[String]) {
        self.insert_at(offset, &[";()=>[", &names.join(","), "];"]);
    }

    /// A declarator. One that repeats a parameter only assigns.
    pub(super) fn declarator(&mut self, declarator: &VariableDeclarator<'_>) {
        let start = declarator.span.start;
        let Some(beside) = self.survey.repeated.beside(start) else {
            self.with_mode(Mode::Declared, |pass| pass.visit_binding_pattern(&declarator.id));
            if let Some(value) = &declarator.init {
                let is_array = matches!(declarator.id, BindingPattern::ArrayPattern(_));
                self.taken_apart(value, is_array);
            }
            return;
        };
        if self.survey.repeated.used.binary_search(&start).is_ok() {
            self.reject_repeated(declarator.span);
        }
        let name = self.new_name();
        self.writer.copy_to(start);
        match &declarator.init {
            Some(value) => {
                self.writer.insert(&format!("{name} = ("));
                self.with_mode(Mode::Assigned, |pass| pass.visit_binding_pattern(&declarator.id));
                self.visit_expression(value);
                self.insert_at(declarator.span.end, &[")"]);
            }
            None => {
                self.writer.skip_to(declarator.span.end);
                self.writer.insert(&name.to_string());
            }
        }
        for declared in beside {
            self.writer.insert(", ");
            self.writer.insert(declared);
        }
    }

    /// The value that a pattern takes apart: the engine asks an iterator for more after its end.
    pub(super) fn taken_apart(&mut self, value: &Expression<'_>, is_array: bool) {
        let is_list = matches!(value.without_parentheses(), Expression::ArrayExpression(_));
        if !is_array || is_list {
            self.begin_value(value);
            return self.visit_expression(value);
        }
        self.insert_at(value.span().start, &["ℬ.once("]);
        self.visit_expression(value);
        self.insert_at(value.span().end, &[")"]);
    }

    pub(super) fn reject_repeated(&mut self, at: Span) {
        let advice = "give the variable another name than the parameter";
        self.reject(at, "a variable with the name of a parameter that another one uses", advice);
    }
}

fn is_between(one: char) -> bool {
    matches!(one, ' ' | '\t' | '\n' | '\r')
}

/// The distance to the bracket that closes a computed key, behind any comments.
fn closing_bracket(text: &str) -> Option<u32> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let one = rest.chars().next()?;
        match one {
            ']' => return u32::try_from(at + 1).ok(),
            '/' if rest.starts_with("/*") => at += rest.find("*/")? + 2,
            '/' => at += rest.find(['\n', '\r', '\u{2028}', '\u{2029}'])?,
            _ => at += one.len_utf8(),
        }
    }
}

/// True if a value is a function or class that gets its name from its target.
pub(super) fn is_nameless(value: &Expression<'_>) -> bool {
    match value.without_parentheses() {
        Expression::ArrowFunctionExpression(_) => true,
        Expression::FunctionExpression(function) => function.id.is_none(),
        Expression::ClassExpression(class) => class.id.is_none(),
        _ => false,
    }
}
