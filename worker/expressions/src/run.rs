//! The machine that takes the steps, and comes back to where there was another way.

use std::fmt;

use crate::characters::{ends_line, upper};
use crate::input::Input;
use crate::program::{One, Program, Step, Times};
use crate::start::Start;

/// The place of what did not match.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Most ways back that are kept at once: some 64 MiB.
const WAYS_MAX: usize = 4_000_000;

/// How many ways back a machine at rest has room for.
const WAYS_AT_REST: usize = 4_096;

/// A match has more ways back than there is room for.
#[derive(Debug, thiserror::Error)]
#[error("the expression has too many ways to match")]
pub struct TooDeep;

/// A way back: what to undo, or where there is another way.
#[derive(Clone, Copy)]
enum Way {
    /// Go on at this step and place.
    Try { step: u32, at: u32 },
    /// What a group's place was.
    Note { number: u32, was: u32 },
    /// What a loop had counted, and where its last turn began.
    Count { number: u32, count: u32, began: u32 },
    /// A repetition that may have one less: between these places, and the step after it.
    Less { step: u32, least: u32, at: u32 },
    /// A repetition that may have more.
    More { step: u32, at: u32, left: u32 },
    /// Take another turn of a loop that asks for few.
    Turn { step: u32, at: u32 },
}

#[derive(Clone, Copy, Default)]
struct Counter {
    count: u32,
    /// Where the turn began.
    began: u32,
}

/// Matches; keeps its room from one time to the next.
#[derive(Default)]
pub(crate) struct Machine {
    ways: Vec<Way>,
    counters: Vec<Counter>,
    places: Vec<u32>,
}

// === impl Machine ===

impl Machine {
    /// Where the whole and the groups matched.
    pub(crate) fn places(&self) -> &[u32] {
        &self.places
    }

    /// Looks for the first match from `from` on, or only there.
    pub(crate) fn find<I: Input>(
        &mut self,
        program: &Program,
        start: &Start,
        input: I,
        from: usize,
        sticky: bool,
    ) -> Result<bool, TooDeep> {
        if from > input.len() || input.len() >= NOWHERE as usize {
            return Ok(false);
        }
        self.counters.clear();
        self.counters.resize(program.loops, Counter::default());
        self.places.clear();
        self.places.resize(2 * program.groups + 2, NOWHERE);
        self.ways.clear();
        let matched = self.search(program, start, input, input.beginning(from), sticky);
        self.ways.clear();
        self.ways.shrink_to(WAYS_AT_REST);
        matched
    }

    fn search<I: Input>(
        &mut self,
        program: &Program,
        start: &Start,
        input: I,
        mut at: usize,
        sticky: bool,
    ) -> Result<bool, TooDeep> {
        loop {
            if !sticky {
                match start.next(input, at) {
                    Some(place) => at = place,
                    None => return Ok(false),
                }
            }
            if let Some(end) = self.run(program, input, 0, at)? {
                self.set_place(0, at as u32);
                self.set_place(1, end as u32);
                return Ok(true);
            }
            if sticky {
                return Ok(false);
            }
            match input.next(at) {
                Some((_, after)) => at = after,
                None => return Ok(false),
            }
        }
    }

    /// Takes steps until all is done; tells where.
    fn run<I: Input>(
        &mut self,
        program: &Program,
        input: I,
        step: u32,
        at: usize,
    ) -> Result<Option<usize>, TooDeep> {
        let base = self.ways.len();
        let (mut step, mut at) = (step as usize, at);
        loop {
            if self.ways.len() > WAYS_MAX {
                return Err(TooDeep);
            }
            let Some(taken) = program.steps.get(step) else {
                return Ok(None);
            };
            let goes_on = match *taken {
                Step::Done => return Ok(Some(at)),
                Step::Read { one, back } => match read(program, input, one, at, back) {
                    Some(after) => {
                        (step, at) = (step + 1, after);
                        true
                    }
                    None => false,
                },
                Step::Repeat { one, times, back } => {
                    match self.repeat(program, input, one, times, back, at, step) {
                        Some(after) => {
                            (step, at) = (step + 1, after);
                            true
                        }
                        None => false,
                    }
                }
                Step::Either { first, then } => {
                    self.ways.push(Way::Try { step: then, at: at as u32 });
                    step = first as usize;
                    true
                }
                Step::Jump(to) => {
                    step = to as usize;
                    true
                }
                Step::Note(number) => {
                    self.note(number, at as u32);
                    step += 1;
                    true
                }
                Step::Forget { first, end } => {
                    for number in 2 * first..2 * end {
                        self.note(number, NOWHERE);
                    }
                    step += 1;
                    true
                }
                Step::Count(number) => {
                    self.count(number, Counter::default());
                    step += 1;
                    true
                }
                Step::Loop { number, times, exit } => {
                    match self.turn(number, times, exit, step, at) {
                        Some(next) => {
                            step = next;
                            true
                        }
                        None => false,
                    }
                }
                Step::Again { number, head } => {
                    let min = match program.steps.get(head as usize) {
                        Some(Step::Loop { times, .. }) => times.min,
                        _ => 0,
                    };
                    let counter = self.counter(number);
                    step = head as usize;
                    // A turn beyond those that have to be has to read something.
                    counter.count <= min || counter.began != at as u32
                }
                Step::LineStart { multiline } => {
                    step += 1;
                    at == 0
                        || (multiline
                            && input.previous(at).is_some_and(|(before, _)| ends_line(before)))
                }
                Step::LineEnd { multiline } => {
                    step += 1;
                    at == input.len()
                        || (multiline && input.next(at).is_some_and(|(next, _)| ends_line(next)))
                }
                Step::Boundary { set, not } => {
                    let set = program.sets.get(set as usize);
                    let word = |character: Option<(u32, usize)>| {
                        set.zip(character).is_some_and(|(set, (character, _))| set.has(character))
                    };
                    step += 1;
                    (word(input.previous(at)) != word(input.next(at))) != not
                }
                Step::Same { group, ignore_case, back } => {
                    match self.same(input, group, ignore_case, back, at) {
                        Some(after) => {
                            (step, at) = (step + 1, after);
                            true
                        }
                        None => false,
                    }
                }
                Step::Look { not, end } => {
                    let height = self.ways.len();
                    let seen = self.run(program, input, step as u32 + 1, at)?.is_some();
                    if seen && !not {
                        self.settle(height);
                    } else if seen {
                        self.undo(height);
                    }
                    step = end as usize;
                    seen != not
                }
            };
            if !goes_on {
                match self.back(program, input, base) {
                    Some((to, place)) => (step, at) = (to, place),
                    None => return Ok(None),
                }
            }
        }
    }

    /// Goes back to the last place with another way.
    fn back<I: Input>(
        &mut self,
        program: &Program,
        input: I,
        base: usize,
    ) -> Option<(usize, usize)> {
        while self.ways.len() > base {
            match self.ways.pop()? {
                Way::Try { step, at } => return Some((step as usize, at as usize)),
                Way::Note { number, was } => self.set_place(number, was),
                Way::Count { number, count, began } => {
                    self.set_counter(number, Counter { count, began });
                }
                Way::Less { step, least, at } => {
                    let Some(Step::Repeat { back, .. }) = program.steps.get(step as usize) else {
                        continue;
                    };
                    let less =
                        if *back { input.next(at as usize) } else { input.previous(at as usize) };
                    let Some((_, less)) = less else {
                        continue;
                    };
                    if less as u32 != least {
                        self.ways.push(Way::Less { step, least, at: less as u32 });
                    }
                    return Some((step as usize + 1, less));
                }
                Way::More { step, at, left } => {
                    let Some(Step::Repeat { one, back, .. }) = program.steps.get(step as usize)
                    else {
                        continue;
                    };
                    let Some(after) = read(program, input, *one, at as usize, *back) else {
                        continue;
                    };
                    if left > 1 {
                        let left = if left == u32::MAX { left } else { left - 1 };
                        self.ways.push(Way::More { step, at: after as u32, left });
                    }
                    return Some((step as usize + 1, after));
                }
                Way::Turn { step, at } => {
                    let Some(Step::Loop { number, .. }) = program.steps.get(step as usize) else {
                        continue;
                    };
                    let count = self.counter(*number).count;
                    self.count(*number, Counter { count: count.saturating_add(1), began: at });
                    return Some((step as usize + 1, at as usize));
                }
            }
        }
        None
    }

    /// Reads one character as often as it may come; tells where that ends.
    #[allow(clippy::too_many_arguments, reason = "what one step says, and where it is")]
    #[inline]
    fn repeat<I: Input>(
        &mut self,
        program: &Program,
        input: I,
        one: One,
        times: Times,
        back: bool,
        mut at: usize,
        step: usize,
    ) -> Option<usize> {
        for _ in 0..times.min {
            at = read(program, input, one, at, back)?;
        }
        let left =
            if times.max == u32::MAX { u32::MAX } else { times.max.saturating_sub(times.min) };
        if left == 0 {
            return Some(at);
        }
        if !times.greedy {
            self.ways.push(Way::More { step: step as u32, at: at as u32, left });
            return Some(at);
        }
        let least = at;
        at = run_of(program, input, one, at, back, left);
        if at != least {
            self.ways.push(Way::Less { step: step as u32, least: least as u32, at: at as u32 });
        }
        Some(at)
    }

    /// Decides about the next turn of a counted loop; tells the step to go on with.
    fn turn(
        &mut self,
        number: u32,
        times: Times,
        exit: u32,
        step: usize,
        at: usize,
    ) -> Option<usize> {
        let count = self.counter(number).count;
        if count >= times.max {
            return Some(exit as usize);
        }
        if count >= times.min {
            if !times.greedy {
                self.ways.push(Way::Turn { step: step as u32, at: at as u32 });
                return Some(exit as usize);
            }
            self.ways.push(Way::Try { step: exit, at: at as u32 });
        }
        self.count(number, Counter { count: count.saturating_add(1), began: at as u32 });
        Some(step + 1)
    }

    /// Reads what a group has once more.
    fn same<I: Input>(
        &self,
        input: I,
        group: u32,
        ignore_case: bool,
        back: bool,
        mut at: usize,
    ) -> Option<usize> {
        let (first, end) = (self.place(2 * group), self.place(2 * group + 1));
        if first == NOWHERE || end == NOWHERE {
            return Some(at);
        }
        let (mut from, to) = if back { (end, first) } else { (first, end) };
        while from != to {
            let (wanted, next) = step_over(input, from as usize, back)?;
            let (got, after) = step_over(input, at, back)?;
            if wanted != got && !(ignore_case && upper(wanted) == upper(got)) {
                return None;
            }
            (from, at) = (next as u32, after);
        }
        Some(at)
    }

    /// Gives up the other ways of a lookaround; what it noted stays, and can be undone.
    fn settle(&mut self, height: usize) {
        let mut kept = height;
        for at in height..self.ways.len() {
            let Some(way) = self.ways.get(at).copied() else {
                continue;
            };
            if let (Way::Note { .. } | Way::Count { .. }, Some(place)) =
                (way, self.ways.get_mut(kept))
            {
                *place = way;
                kept += 1;
            }
        }
        self.ways.truncate(kept);
    }

    /// Takes back what a lookaround noted.
    fn undo(&mut self, height: usize) {
        while self.ways.len() > height {
            match self.ways.pop() {
                Some(Way::Note { number, was }) => self.set_place(number, was),
                Some(Way::Count { number, count, began }) => {
                    self.set_counter(number, Counter { count, began });
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, number: u32, at: u32) {
        let was = self.place(number);
        if was != at {
            self.ways.push(Way::Note { number, was });
            self.set_place(number, at);
        }
    }

    fn place(&self, number: u32) -> u32 {
        self.places.get(number as usize).copied().unwrap_or(NOWHERE)
    }

    fn set_place(&mut self, number: u32, at: u32) {
        if let Some(place) = self.places.get_mut(number as usize) {
            *place = at;
        }
    }

    fn count(&mut self, number: u32, now: Counter) {
        let Counter { count, began } = self.counter(number);
        self.ways.push(Way::Count { number, count, began });
        self.set_counter(number, now);
    }

    fn counter(&self, number: u32) -> Counter {
        self.counters.get(number as usize).copied().unwrap_or_default()
    }

    fn set_counter(&mut self, number: u32, now: Counter) {
        if let Some(counter) = self.counters.get_mut(number as usize) {
            *counter = now;
        }
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("places", &self.places).finish_non_exhaustive()
    }
}

#[inline]
fn step_over<I: Input>(input: I, at: usize, back: bool) -> Option<(u32, usize)> {
    if back { input.previous(at) } else { input.next(at) }
}

#[inline]
fn read<I: Input>(program: &Program, input: I, one: One, at: usize, back: bool) -> Option<usize> {
    let (character, after) = step_over(input, at, back)?;
    let may = match one {
        One::Exactly(wanted) => character == wanted,
        One::Of(set) => program.sets.get(set as usize)?.has(character),
        One::Any => true,
    };
    may.then_some(after)
}

/// Where a run of such characters ends, of at most so many.
#[inline]
fn run_of<I: Input>(
    program: &Program,
    input: I,
    one: One,
    at: usize,
    back: bool,
    left: u32,
) -> usize {
    match one {
        One::Exactly(wanted) => run_while(input, at, back, left, |character| character == wanted),
        One::Any => run_while(input, at, back, left, |_| true),
        One::Of(set) => match program.sets.get(set as usize) {
            Some(set) => run_while(input, at, back, left, |character| set.has(character)),
            None => at,
        },
    }
}

#[inline]
fn run_while<I: Input>(
    input: I,
    mut at: usize,
    back: bool,
    mut left: u32,
    may: impl Fn(u32) -> bool,
) -> usize {
    while left > 0
        && let Some((character, after)) = step_over(input, at, back)
        && may(character)
    {
        at = after;
        left -= 1;
    }
    at
}
