//! Finds loops and `try` statements that the engine runs wrong.
//!
//! The engine keeps the iterators of a function's loops on a stack. In these cases it forgets to
//! close one, or closes another:
//!
//! - `break` with a label leaves a loop within the one that it names.
//! - An array pattern fails within a `try`, and closes the iterator of a loop around it.
//! - A jump out of a loop closes an iterator within a `try`, whose `catch` gets the exception.
//! - A generator that waits in a loop is closed.
//!
//! Such loops are written as plain ones.
//!
//! The engine keeps a returned value where it puts arguments, and an exception that a `finally`
//! catches leaves other values there. So a `return` leaves such a `finally` as a `break`, and returns
//! after it.
//!
//! If several jumps leave a `finally` and another one around it, the engine takes the first jump for
//! all of them. So jumps of different kinds leave the inner one as one `break`, and continue there.

use std::rc::Rc;

use oxc_span::Span;

/// A loop over an iterator, or a `try` with a `finally`.
#[derive(Debug)]
pub(super) struct Construct {
    start: u32,
    is_loop: bool,
    is_lowered: bool,
    /// Its `finally` has a `try`.
    catches: bool,
    /// The kinds of jumps that leave it and a further one around it.
    leaving: Leaving,
}

/// The kinds of jumps that leave a construct.
#[derive(Debug, Default)]
struct Leaving {
    /// Some jump leaves it.
    is_known: bool,
    first: Option<Kind>,
    differs: bool,
    /// A jump in its own `finally` leaves a further one.
    from_finally: bool,
    returns: bool,
}

/// The target of a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Return,
    /// A `break` to the control with this number, in the order of the text.
    Break(u32),
    Continue(u32),
}

/// A construct around a statement, within its function.
#[derive(Debug)]
pub(super) struct Control<'a> {
    pub(super) kind: ControlKind,
    pub(super) label: Option<&'a str>,
    number: u32,
    /// A generator waits in it.
    waits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ControlKind {
    /// A statement with a label that is not a loop.
    Labelled,
    Loop,
    Switch,
    /// A loop over an iterator, by its number among the constructs.
    Iterator(usize),
    /// The block of a `try` that has a `catch`.
    Catch,
    /// The part before a `finally`.
    Finally(usize),
    /// A `finally`.
    InFinally(usize),
}

/// A jump that leaves constructs.
#[derive(Debug)]
struct Jump {
    start: u32,
    kind: Kind,
    /// The constructs, from the innermost to the outermost; true for those whose `finally` it is in.
    /// Jumps from one place share them.
    leaves: Rc<[(usize, bool)]>,
}

/// The controls and jumps of the function at hand.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    controls: Vec<Control<'a>>,
    /// How many of them are constructs.
    constructs: usize,
    jumps: Vec<Jump>,
    /// The control that the last jump was in, and how many it did not leave.
    last: Option<(u32, usize)>,
}

/// How many controls may be around a statement of a function.
const CONTROLS_MAX: usize = 250;

/// How many of them may be loops over iterators or have a `finally`.
const CONSTRUCTS_MAX: usize = 60;

/// The results.
#[derive(Debug, Default)]
pub(crate) struct Jumps {
    constructs: Vec<Construct>,
    controls: u32,
    /// The beginnings of loops that are written as plain ones.
    lowered: Vec<u32>,
    /// Constructs that jumps of several kinds leave.
    gates: Vec<Gate>,
    /// Jumps that leave gates, by where they begin.
    gated: Vec<Gated>,
    /// There are more controls around a statement than may be.
    pub(super) too_deep: bool,
}

/// A construct that jumps of several kinds leave.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    start: u32,
    /// Returns leave it as the others do.
    pub(crate) has_returns: bool,
}

/// A jump that leaves gates.
#[derive(Clone, Debug)]
pub(crate) struct Gated {
    start: u32,
    pub(crate) kind: Kind,
    /// The beginnings of the gates, from the innermost to the outermost.
    pub(crate) gates: Vec<u32>,
}

// === impl Jumps ===

impl Jumps {
    pub(crate) fn is_lowered(&self, start: u32) -> bool {
        self.lowered.binary_search(&start).is_ok()
    }

    pub(crate) fn gate(&self, start: u32) -> Option<&Gate> {
        self.gates.get(self.gates.binary_search_by_key(&start, |gate| gate.start).ok()?)
    }

    pub(crate) fn gated(&self, start: u32) -> Option<&Gated> {
        self.gated.get(self.gated.binary_search_by_key(&start, |jump| jump.start).ok()?)
    }

    pub(super) fn construct(&mut self, start: u32, is_loop: bool) -> usize {
        self.constructs.push(Construct {
            start,
            is_loop,
            is_lowered: false,
            catches: false,
            leaving: Leaving::default(),
        });
        self.constructs.len() - 1
    }

    /// Notes that the `finally` of a construct has a `try`.
    pub(super) fn catches(&mut self, construct: usize) {
        if let Some(construct) = self.constructs.get_mut(construct) {
            construct.catches = true;
        }
    }

    fn lower(&mut self, construct: usize) {
        if let Some(construct) = self.constructs.get_mut(construct) {
            construct.is_lowered = construct.is_loop;
        }
    }

    pub(super) fn sort(&mut self) {
        let lowered = self.constructs.iter().filter(|one| one.is_lowered);
        self.lowered = lowered.map(|one| one.start).collect();
        self.lowered.sort_unstable();
        self.gates.sort_unstable_by_key(|gate| gate.start);
        self.gated.sort_unstable_by_key(|jump| jump.start);
        self.constructs = Vec::new();
    }
}

// === impl ControlKind ===

impl ControlKind {
    fn is_construct(self) -> bool {
        matches!(self, Self::Iterator(_) | Self::Finally(_) | Self::InFinally(_))
    }

    /// True if an exception may be caught here, or held.
    fn is_tried(self) -> bool {
        matches!(self, Self::Catch | Self::Finally(_))
    }
}

// === impl Body ===

impl<'a> Body<'a> {
    pub(super) fn enter(&mut self, kind: ControlKind, label: Option<&'a str>, jumps: &mut Jumps) {
        jumps.controls += 1;
        self.constructs += usize::from(kind.is_construct());
        jumps.too_deep |= self.controls.len() >= CONTROLS_MAX || self.constructs > CONSTRUCTS_MAX;
        self.controls.push(Control { kind, label, number: jumps.controls, waits: false });
    }

    pub(super) fn leave(&mut self, jumps: &mut Jumps) {
        let Some(control) = self.controls.pop() else { return };
        self.constructs -= usize::from(control.kind.is_construct());
        self.last = None;
        if control.waits {
            if let ControlKind::Iterator(construct) = control.kind {
                jumps.lower(construct);
            }
            self.wait();
        }
    }

    /// Notes that a generator waits here.
    pub(super) fn wait(&mut self) {
        if let Some(control) = self.controls.last_mut() {
            control.waits = true;
        }
    }

    /// Notes an array pattern.
    pub(super) fn array_pattern(&self, jumps: &mut Jumps) {
        let mut is_tried = false;
        for control in self.controls.iter().rev() {
            match control.kind {
                kind if kind.is_tried() => is_tried = true,
                ControlKind::Iterator(construct) if is_tried => jumps.lower(construct),
                _ => {}
            }
        }
    }

    pub(super) fn jump_to_label(
        &mut self,
        span: Span,
        is_break: bool,
        label: Option<&str>,
        jumps: &mut Jumps,
    ) {
        let found = self.controls.iter().rposition(|control| match label {
            Some(label) => control.label == Some(label),
            None => match control.kind {
                ControlKind::Loop | ControlKind::Iterator(_) => true,
                ControlKind::Switch => is_break,
                _ => false,
            },
        });
        let Some(found) = found else { return };
        let Some(number) = self.controls.get(found).map(|control| control.number) else { return };
        let kind = if is_break { Kind::Break(number) } else { Kind::Continue(number) };
        self.jump(span, kind, found + 1, jumps);
    }

    pub(super) fn jump_out(&mut self, span: Span, jumps: &mut Jumps) {
        self.jump(span, Kind::Return, 0, jumps);
    }

    /// Notes a jump that leaves the controls from `from` on.
    fn jump(&mut self, span: Span, kind: Kind, from: usize, jumps: &mut Jumps) {
        let has_try = self.controls.iter().any(|control| control.kind.is_tried());
        let outermost =
            self.controls.iter().position(|one| matches!(one.kind, ControlKind::Iterator(_)));
        let mut is_tried = false;
        let mut leaves = Vec::new();
        for (at, control) in self.controls.iter().enumerate().skip(from).rev() {
            is_tried |= control.kind.is_tried();
            match control.kind {
                ControlKind::Iterator(construct) => {
                    let is_inner = outermost.is_some_and(|outermost| outermost < at);
                    if is_tried || (is_inner && has_try) || matches!(kind, Kind::Break(_)) {
                        jumps.lower(construct);
                    }
                    leaves.push((construct, false));
                }
                ControlKind::Finally(construct) => leaves.push((construct, false)),
                ControlKind::InFinally(construct) => leaves.push((construct, true)),
                _ => {}
            }
        }
        if leaves.len() > 1 || (kind == Kind::Return && !leaves.is_empty()) {
            let place = self.controls.last().map(|control| (control.number, from));
            let last = self.jumps.last().filter(|_| place.is_some() && place == self.last);
            let leaves = last.map_or_else(|| leaves.into(), |jump| jump.leaves.clone());
            self.jumps.push(Jump { start: span.start, kind, leaves });
            self.last = place;
        }
    }

    /// Ends the function: its loops are known now.
    pub(super) fn end(self, jumps: &mut Jumps) {
        let mut gates = self.find_gates(jumps);
        if !gates.is_empty() {
            // A `break` leaves a gate. The loops that it leaves on its way must not be the engine's,
            // and each loop that is written out adds a `finally`.
            let left = self.jumps.iter().flat_map(|jump| jump.leaves.iter());
            left.for_each(|(construct, _)| jumps.lower(*construct));
            gates = self.find_gates(jumps);
        }
        for jump in &self.jumps {
            let gates = self.gates_of(jump, jumps);
            if !gates.is_empty() {
                jumps.gated.push(Gated { start: jump.start, kind: jump.kind, gates });
            }
        }
        for construct in gates {
            if let Some(one) = jumps.constructs.get(construct) {
                let has_returns = one.leaving.returns && one.takes_returns();
                jumps.gates.push(Gate { start: one.start, has_returns });
            }
        }
    }

    /// The constructs that jumps of several kinds leave together with a further one.
    fn find_gates(&self, jumps: &mut Jumps) -> Vec<usize> {
        for jump in &self.jumps {
            for (construct, _) in jump.passes(jumps) {
                if let Some(one) = jumps.constructs.get_mut(construct) {
                    one.leaving = Leaving::default();
                }
            }
        }
        let mut gates = Vec::new();
        for jump in &self.jumps {
            for (construct, is_within) in jump.passes(jumps) {
                if let Some(one) = jumps.constructs.get_mut(construct) {
                    if !one.leaving.is_known {
                        gates.push(construct);
                    }
                    one.leaving.add(jump.kind, is_within);
                }
            }
        }
        gates.retain(|gate| jumps.constructs.get(*gate).is_some_and(Construct::is_gate));
        gates
    }

    /// The beginnings of the gates that a jump leaves.
    fn gates_of(&self, jump: &Jump, jumps: &Jumps) -> Vec<u32> {
        let passes = jump.passes(jumps).into_iter().filter(|(_, is_within)| !is_within);
        let constructs = passes.filter_map(|(construct, _)| jumps.constructs.get(construct));
        let gates = constructs
            .filter(|one| one.is_gate() && (jump.kind != Kind::Return || one.takes_returns()));
        gates.map(|one| one.start).collect()
    }
}

// === impl Jump ===

impl Jump {
    /// The constructs with a `finally` that it leaves, without the last unless that takes returns.
    fn passes(&self, jumps: &Jumps) -> Vec<(usize, bool)> {
        let has_finally = |construct: usize| {
            jumps.constructs.get(construct).is_some_and(|one| !one.is_loop || one.is_lowered)
        };
        let passes = self.leaves.iter().filter(|(construct, _)| has_finally(*construct));
        let mut passes: Vec<(usize, bool)> = passes.copied().collect();
        let is_kept = |construct: usize| {
            self.kind == Kind::Return
                && jumps.constructs.get(construct).is_some_and(|one| one.catches)
        };
        if passes.last().is_some_and(|(construct, is_within)| *is_within || !is_kept(*construct)) {
            passes.pop();
        }
        passes
    }
}

// === impl Leaving ===

impl Leaving {
    fn add(&mut self, kind: Kind, is_within: bool) {
        self.is_known = true;
        if is_within {
            self.from_finally = true;
            return;
        }
        self.returns |= kind == Kind::Return;
        match self.first {
            None => self.first = Some(kind),
            Some(first) => self.differs |= first != kind,
        }
    }
}

// === impl Construct ===

impl Construct {
    fn is_gate(&self) -> bool {
        let Leaving { first, differs, from_finally, returns, .. } = &self.leaving;
        *differs || (*from_finally && first.is_some()) || (self.catches && *returns)
    }

    fn takes_returns(&self) -> bool {
        self.leaving.from_finally || self.catches
    }
}
