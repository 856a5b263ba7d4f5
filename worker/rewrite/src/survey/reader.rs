//! Reads a program for the survey.

mod visit;

use oxc_ast::ast::{Expression, ForStatementLeft, FormalParameters, Program, Statement};
use oxc_ast_visit::{Visit as _, walk};
use oxc_span::Span;

use crate::goal::Goal;

use super::Survey;
use super::jumps::{Body, ControlKind, Jumps};
use super::parameters::Parameters;

/// Reads a program.
#[derive(Default)]
struct Reader<'a> {
    found: Survey,
    /// From the outermost function to the one at hand, arrow functions not counted.
    scopes: Vec<Scope>,
    /// From the outermost function to the one at hand.
    bodies: Vec<Body<'a>>,
    parameters: Vec<Parameters<'a>>,
    /// From the outermost function to the one at hand, arrow functions and initializers included.
    around: Vec<Around>,
    /// The function that comes next is a method.
    is_method: bool,
    /// How many lists of parameters are around the current node.
    lists: usize,
    /// How many `try` statements were read.
    tries: usize,
    /// How many assignments were read.
    assignments: usize,
    /// The label of the statement that comes next.
    label: Option<&'a str>,
    depth: usize,
}

/// How deep code may be nested.
const DEPTH: usize = 2_500;

/// A function around the current node.
struct Around {
    /// None for an initializer.
    start: Option<u32>,
    is_method: bool,
    is_holding: bool,
}

/// A function that has its own `this`.
#[derive(Default)]
struct Scope {
    /// How many arrow functions are around the node at hand, within this function.
    arrows: usize,
    /// An arrow function within an arrow function uses `this`.
    loses: bool,
    /// The engine keeps the environment anyway.
    keeps: bool,
    /// It calls `eval` by its name.
    evaluates: bool,
}

// === impl Survey ===

impl Survey {
    /// The facts about a program.
    pub(crate) fn of(program: &Program<'_>, goal: Goal) -> Self {
        let mut reader = Reader::default();
        reader.bodies.push(Body::default());
        reader.parameters.push(Parameters::default());
        let scope = reader.in_scope(|reader| walk::walk_program(reader, program));
        reader.end_body();
        let mut found = reader.found;
        found.is_keeping =
            matches!(goal, Goal::CommonJs | Goal::EsModule) && scope.loses && !scope.keeps;
        found.is_evaluating = goal == Goal::CommonJs && scope.evaluates;
        // An ES module gives its variables by their names.
        found.binds_using &= goal != Goal::EsModule;
        found.keeping.sort_unstable();
        found.holding.sort_unstable();
        found.evaluating.sort_unstable();
        found.assigned.sort_unstable();
        found.supers.sort_unstable();
        found.jumps.sort();
        found.repeated.sort();
        found
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn in_scope(&mut self, walk: impl FnOnce(&mut Self)) -> Scope {
        self.scopes.push(Scope::default());
        walk(self);
        self.scopes.pop().unwrap_or_default()
    }

    fn scope(&mut self, change: impl FnOnce(&mut Scope)) {
        if let Some(scope) = self.scopes.last_mut() {
            change(scope);
        }
    }

    /// Reads a node that is a function of its own.
    fn in_body(&mut self, walk: impl FnOnce(&mut Self)) {
        self.bodies.push(Body::default());
        self.parameters.push(Parameters::default());
        walk(self);
        self.end_body();
    }

    fn end_body(&mut self) {
        if let Some(body) = self.bodies.pop() {
            body.end(&mut self.found.jumps);
        }
        if let Some(parameters) = self.parameters.pop() {
            if let Some(outer) = self.parameters.last_mut() {
                parameters.tell(outer);
            }
            parameters.end(&mut self.found.repeated);
        }
    }

    /// Reads code that a class runs for itself, such as a static block.
    fn initializer(&mut self, read: impl FnOnce(&mut Self)) {
        self.in_scope(|reader| reader.in_body(|reader| reader.within(None, true, read)));
    }

    /// Reads a function.
    fn within(&mut self, start: Option<u32>, is_method: bool, read: impl FnOnce(&mut Self)) {
        self.around.push(Around { start, is_method, is_holding: false });
        read(self);
        if let Some(Around { start: Some(start), is_holding: true, .. }) = self.around.pop() {
            self.found.holding.push(start);
        }
    }

    /// Notes that `eval` is called, also for the functions around a method.
    fn evaluate(&mut self) {
        let mut is_in_method = false;
        for around in self.around.iter_mut().rev() {
            around.is_holding |= is_in_method;
            is_in_method |= around.is_method;
        }
        self.found.is_holding |= is_in_method;
    }

    /// Reads code that is nested one level deeper.
    fn deeper(&mut self, at: Span, read: impl FnOnce(&mut Self)) {
        if self.depth == DEPTH || self.found.jumps.too_deep {
            self.found.too_deep.get_or_insert(at);
        }
        if self.found.too_deep.is_none() {
            self.depth += 1;
            read(self);
            self.depth -= 1;
        }
    }

    fn body(&mut self, change: impl FnOnce(&mut Body<'a>, &mut Jumps)) {
        if let Some(body) = self.bodies.last_mut() {
            change(body, &mut self.found.jumps);
        }
    }

    fn in_control(&mut self, kind: ControlKind, walk: impl FnOnce(&mut Self)) {
        let label = self.label.take();
        self.body(|body, jumps| body.enter(kind, label, jumps));
        walk(self);
        self.body(|body, jumps| body.leave(jumps));
    }

    fn construct(&mut self, span: Span, is_loop: bool) -> usize {
        self.found.jumps.construct(span.start, is_loop)
    }

    /// Reads a loop over an iterator. The label is that of the loop, and not of a loop in `right`.
    fn iterator_loop(
        &mut self,
        span: Span,
        left: &ForStatementLeft<'a>,
        right: &Expression<'a>,
        body: &Statement<'a>,
    ) {
        let label = self.label.take();
        self.visit_expression(right);
        self.label = label;
        let construct = self.construct(span, true);
        self.in_control(ControlKind::Iterator(construct), |reader| {
            reader.visit_for_statement_left(left);
            reader.visit_statement(body);
        });
    }

    fn list(&mut self, is_arrow: bool, list: &FormalParameters<'a>) {
        if let Some(own) = self.parameters.last_mut() {
            own.begin(is_arrow);
        }
        self.lists += 1;
        self.visit_formal_parameters(list);
        self.lists -= 1;
        if let Some(own) = self.parameters.last_mut() {
            own.end_list(list);
        }
    }
}
