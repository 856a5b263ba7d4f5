//! What a match can begin with, so that places where none begins are skipped.

use crate::characters::Characters;
use crate::input::Input;
use crate::program::{One, Program, Step};

/// How many steps are looked at.
const STEPS_MAX: usize = 1_000;

/// Where a match can begin.
#[derive(Debug)]
pub(crate) enum Start {
    /// Anywhere.
    Anywhere,
    /// Only where the text begins.
    Text,
    /// At this character of Latin-1.
    At(u8),
    /// At one of these characters, or at those beyond Latin-1.
    Of { latin: Box<[bool; 256]>, wide: bool },
}

/// The characters that may come first.
struct First<'p> {
    program: &'p Program,
    latin: Box<[bool; 256]>,
    wide: bool,
    seen: Vec<bool>,
    left: usize,
}

// === impl Start ===

impl Start {
    /// Where matches of this program can begin.
    pub(crate) fn of(program: &Program) -> Self {
        if begins_text(program, 0, &mut STEPS_MAX.clone()) {
            return Self::Text;
        }
        let mut first = First {
            program,
            latin: Box::new([false; 256]),
            wide: false,
            seen: vec![false; program.steps.len()],
            left: STEPS_MAX,
        };
        if first.add(0).is_none() {
            return Self::Anywhere;
        }
        let mut known = first.latin.iter().zip(0_u8..=255).filter(|(may, _)| **may);
        match (known.next(), known.next(), first.wide) {
            (Some((_, byte)), None, false) => Self::At(byte),
            _ => Self::Of { latin: first.latin, wide: first.wide },
        }
    }

    /// The first place from `at` on where a match can begin.
    #[inline]
    pub(crate) fn next<I: Input>(&self, input: I, at: usize) -> Option<usize> {
        match self {
            Self::Anywhere => Some(at),
            Self::Text => (at == 0).then_some(0),
            Self::At(byte) => input.skip_to(at, *byte),
            Self::Of { latin, wide } => input.skip(at, latin, *wide),
        }
    }
}

/// Whether every way from this step on goes through the beginning of the text before it reads.
fn begins_text(program: &Program, mut step: usize, left: &mut usize) -> bool {
    loop {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        match program.steps.get(step) {
            Some(Step::LineStart { multiline: false }) => return true,
            Some(
                Step::Note(_) | Step::Forget { .. } | Step::Boundary { .. } | Step::LineEnd { .. },
            ) => {
                step += 1;
            }
            Some(Step::Jump(to)) if *to as usize > step => step = *to as usize,
            Some(Step::Either { first, then })
                if *first as usize > step && *then as usize > step =>
            {
                if !begins_text(program, *first as usize, left) {
                    return false;
                }
                step = *then as usize;
            }
            _ => return false,
        }
    }
}

// === impl First ===

impl First<'_> {
    /// Adds what may come first from this step on; none if that may be anything.
    fn add(&mut self, step: usize) -> Option<()> {
        let mut step = step;
        loop {
            let seen = self.seen.get_mut(step)?;
            if *seen {
                return Some(());
            }
            *seen = true;
            self.left = self.left.checked_sub(1)?;
            match *self.program.steps.get(step)? {
                Step::Read { one, back: false } => return self.one(one),
                Step::Repeat { one, times, back: false } => {
                    self.one(one)?;
                    if times.min > 0 {
                        return Some(());
                    }
                    step += 1;
                }
                Step::Either { first, then } => {
                    self.add(first as usize)?;
                    step = then as usize;
                }
                Step::Jump(to) => step = to as usize,
                Step::Note(_)
                | Step::Forget { .. }
                | Step::Count(_)
                | Step::LineStart { .. }
                | Step::LineEnd { .. }
                | Step::Boundary { .. } => step += 1,
                Step::Loop { times, exit, .. } => {
                    self.add(step + 1)?;
                    if times.min > 0 {
                        return Some(());
                    }
                    step = exit as usize;
                }
                Step::Look { end, .. } => step = end as usize,
                // Nothing was read in this turn, and the loop may end.
                Step::Again { .. }
                | Step::Done
                | Step::Same { .. }
                | Step::Read { .. }
                | Step::Repeat { .. } => {
                    return None;
                }
            }
        }
    }

    fn one(&mut self, one: One) -> Option<()> {
        match one {
            One::Any => None,
            One::Exactly(character) => {
                match self.latin.get_mut(character as usize) {
                    Some(place) => *place = true,
                    None => self.wide = true,
                }
                Some(())
            }
            One::Of(set) => {
                let set: &Characters = self.program.sets.get(set as usize)?;
                for (place, may) in self.latin.iter_mut().zip(set.latin.iter()) {
                    *place |= may;
                }
                self.wide |= set.may_be_wide();
                Some(())
            }
        }
    }
}
