//! Regular expressions of JavaScript, matched over the two kinds of texts that engines keep:
//! Latin-1 and UTF-16.
//!
//! An [`Expression`] is compiled once and holds no text. Finding costs nothing but the matching: no
//! text is converted, nothing is allocated anew, and `sticky` looks at one place only. Places
//! where no match can begin are skipped by what the expression can begin with.
//!
//! Flag `v`, modifiers and repeated names of groups are [`CompileError::Unsupported`]: they are
//! rare, and callers have the engine's own matching for them.

mod characters;
mod compile;
mod input;
mod program;
mod run;
mod start;

use std::cell::RefCell;
use std::ops::Range;

use self::input::{Latin1, Points, Units};
use self::program::Program;
use self::run::Machine;
pub use self::run::TooDeep;
use self::start::Start;

/// A text, as engines keep it.
#[derive(Clone, Copy, Debug)]
pub enum Text<'t> {
    /// Characters below U+0100.
    Latin1(&'t [u8]),
    /// Code units.
    Utf16(&'t [u16]),
}

/// The flags that change what an expression matches. `g`, `y` and `d` are the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// `i`
    pub ignore_case: bool,
    /// `m`
    pub multiline: bool,
    /// `s`
    pub dot_all: bool,
    /// `u`
    pub unicode: bool,
}

/// Why there is no expression.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The source is no expression.
    #[error("{0}")]
    Syntax(String),
    /// It may be one, but not for this crate.
    #[error("{0} are not supported")]
    Unsupported(&'static str),
}

/// A compiled expression.
pub struct Expression {
    program: Program,
    start: Start,
    unicode: bool,
    machine: RefCell<Machine>,
}

/// Where an expression matched: the whole, and its groups.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Beginnings and ends in turn; [`run::NOWHERE`] for groups that did not match.
    places: Vec<u32>,
}

// === impl Expression ===

impl Expression {
    /// Compiles the source of an expression.
    ///
    /// # Errors
    ///
    /// The source may be wrong, nest too deeply, or use what this crate does not support.
    pub fn compile(source: &str, flags: Flags) -> Result<Self, CompileError> {
        let program = compile::compile(source, flags)?;
        let start = Start::of(&program);
        Ok(Self { program, start, unicode: flags.unicode, machine: RefCell::default() })
    }

    /// How many capturing groups it has.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.program.groups
    }

    /// The names of its groups and their numbers, in their order.
    #[must_use]
    pub fn names(&self) -> &[(String, usize)] {
        &self.program.names
    }

    /// Looks for the first match that begins at `from` or later; with `sticky` only at `from`.
    ///
    /// # Errors
    ///
    /// A match may need more room for its alternatives than there is.
    pub fn find(
        &self,
        text: Text<'_>,
        from: usize,
        sticky: bool,
        found: &mut Found,
    ) -> Result<bool, TooDeep> {
        // Nothing that runs here comes back to this expression.
        let Ok(mut machine) = self.machine.try_borrow_mut() else {
            return Err(TooDeep);
        };
        let Self { program, start, .. } = self;
        let matched = match (text, self.unicode) {
            (Text::Latin1(text), _) => machine.find(program, start, Latin1(text), from, sticky),
            (Text::Utf16(text), false) => machine.find(program, start, Units(text), from, sticky),
            (Text::Utf16(text), true) => machine.find(program, start, Points(text), from, sticky),
        }?;
        if matched {
            found.places.clear();
            found.places.extend_from_slice(machine.places());
        }
        Ok(matched)
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expression").field("program", &self.program).finish_non_exhaustive()
    }
}

// === impl Found ===

impl Found {
    /// Where the whole matched (0), or a group; none if it did not.
    #[must_use]
    pub fn group(&self, number: usize) -> Option<Range<usize>> {
        let begin = *self.places.get(2 * number)?;
        let end = *self.places.get(2 * number + 1)?;
        if begin == run::NOWHERE || end == run::NOWHERE {
            return None;
        }
        Some(begin as usize..end as usize)
    }

    /// Where the whole matched.
    #[must_use]
    pub fn whole(&self) -> Range<usize> {
        self.group(0).unwrap_or_default()
    }
}
