//! From the source of an expression to its steps.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_regular_expression::ast::{
    Alternative, BoundaryAssertionKind, CapturingGroup, CharacterClass, CharacterClassContents,
    CharacterClassEscapeKind, Disjunction, LookAroundAssertion, LookAroundAssertionKind,
    Quantifier, Term,
};
use oxc_regular_expression::{LiteralParser, Options};
use regress::Regex;

use crate::characters::{Characters, DIGITS, LINE_ENDS, SPACES, WORD, add_other_cases, others};
use crate::program::{One, Program, Step, Times};
use crate::{CompileError, Flags};

/// Deepest nesting of groups and classes. Every level nests on the native stack.
const DEPTH_MAX: usize = 200;

/// The steps of an expression.
pub(crate) fn compile(source: &str, flags: Flags) -> Result<Program, CompileError> {
    let opened = source.bytes().scan(0_usize, |depth, byte| {
        match byte {
            b'(' | b'[' => *depth += 1,
            b')' | b']' => *depth = depth.saturating_sub(1),
            _ => {}
        }
        Some(*depth)
    });
    if opened.max().unwrap_or_default() > DEPTH_MAX {
        return Err(CompileError::Unsupported("deeply nested groups"));
    }
    if misread(source) {
        return Err(CompileError::Unsupported("control letters and octal numbers"));
    }
    let allocator = Allocator::default();
    let letters = if flags.unicode { Some("u") } else { None };
    let pattern = LiteralParser::new(&allocator, source, letters, Options::default())
        .parse()
        .map_err(|error| CompileError::Syntax(error.to_string()))?;
    let mut groups = Vec::new();
    groups_of(&pattern.body, &mut groups);
    groups.sort_by_key(|(begins, _)| *begins);
    let names = groups
        .iter()
        .enumerate()
        .filter_map(|(at, (_, name))| name.as_ref().map(|name| (name.clone(), at + 1)));
    let mut names: Vec<_> = names.collect();
    let count = names.len();
    names.sort();
    names.dedup_by(|one, other| one.0 == other.0);
    if names.len() < count {
        return Err(CompileError::Unsupported("repeated names of groups"));
    }
    names.sort_by_key(|(_, number)| *number);
    let mut compiler = Compiler {
        source,
        flags,
        begins: groups.iter().map(|(begins, _)| *begins).collect(),
        program: Program {
            steps: Vec::new(),
            sets: Vec::new(),
            loops: 0,
            groups: groups.len(),
            names,
        },
        characters: BTreeMap::new(),
    };
    compiler.disjunction(&pattern.body, false)?;
    compiler.program.steps.push(Step::Done);
    Ok(compiler.program)
}

/// Whether the source has an escape that the parser reads otherwise than the language does: `\cA`
/// in classes, and numbers like `\01`.
fn misread(source: &str) -> bool {
    let mut bytes = source.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            continue;
        }
        match bytes.next() {
            Some(b'c') => return true,
            Some(b'0') if bytes.peek().is_some_and(u8::is_ascii_digit) => return true,
            _ => {}
        }
    }
    false
}

/// Where each capturing group begins, and its name.
fn groups_of(body: &Disjunction<'_>, groups: &mut Vec<(u32, Option<String>)>) {
    for term in body.body.iter().flat_map(|alternative| &alternative.body) {
        groups_of_term(term, groups);
    }
}

fn groups_of_term(term: &Term<'_>, groups: &mut Vec<(u32, Option<String>)>) {
    match term {
        Term::CapturingGroup(group) => {
            groups.push((group.span.start, group.name.map(|name| name.to_string())));
            groups_of(&group.body, groups);
        }
        Term::IgnoreGroup(group) => groups_of(&group.body, groups),
        Term::LookAroundAssertion(look) => groups_of(&look.body, groups),
        Term::Quantifier(quantifier) => groups_of_term(&quantifier.body, groups),
        _ => {}
    }
}

struct Compiler<'s> {
    source: &'s str,
    flags: Flags,
    /// Where each capturing group begins, in their order.
    begins: Vec<u32>,
    program: Program,
    /// What stands for the characters that were read, where case does not count.
    characters: BTreeMap<u32, One>,
}

// === impl Compiler ===

impl Compiler<'_> {
    fn here(&self) -> u32 {
        self.program.steps.len() as u32
    }

    fn push(&mut self, step: Step) -> usize {
        self.program.steps.push(step);
        self.program.steps.len() - 1
    }

    fn set(&mut self, characters: Characters) -> u32 {
        self.program.sets.push(characters);
        self.program.sets.len() as u32 - 1
    }

    fn change(&mut self, at: usize, step: Step) {
        if let Some(place) = self.program.steps.get_mut(at) {
            *place = step;
        }
    }

    fn disjunction(&mut self, body: &Disjunction<'_>, back: bool) -> Result<(), CompileError> {
        let mut jumps = Vec::new();
        let last = body.body.len().saturating_sub(1);
        for (at, alternative) in body.body.iter().enumerate() {
            if at == last {
                self.alternative(alternative, back)?;
                break;
            }
            let either = self.push(Step::Done);
            self.alternative(alternative, back)?;
            jumps.push(self.push(Step::Done));
            let then = self.here();
            self.change(either, Step::Either { first: either as u32 + 1, then });
        }
        let end = self.here();
        for jump in jumps {
            self.change(jump, Step::Jump(end));
        }
        Ok(())
    }

    fn alternative(&mut self, body: &Alternative<'_>, back: bool) -> Result<(), CompileError> {
        if back {
            body.body.iter().rev().try_for_each(|term| self.term(term, back))
        } else {
            body.body.iter().try_for_each(|term| self.term(term, back))
        }
    }

    fn term(&mut self, term: &Term<'_>, back: bool) -> Result<(), CompileError> {
        if let Some(one) = self.one(term)? {
            self.push(Step::Read { one, back });
            return Ok(());
        }
        match term {
            Term::BoundaryAssertion(assertion) => self.boundary(assertion.kind)?,
            Term::LookAroundAssertion(look) => self.look(look)?,
            Term::Quantifier(quantifier) => self.quantifier(quantifier, back)?,
            Term::CapturingGroup(group) => self.group(group, back)?,
            Term::IgnoreGroup(group) if group.modifiers.is_some() => {
                return Err(CompileError::Unsupported("modifiers"));
            }
            Term::IgnoreGroup(group) => self.disjunction(&group.body, back)?,
            Term::IndexedReference(reference) => self.reference(reference.index, back)?,
            Term::NamedReference(reference) => {
                let mut names = self.program.names.iter();
                let number = names.find(|(name, _)| name == reference.name.as_str());
                let Some(number) = number.map(|(_, number)| *number as u32) else {
                    return Err(CompileError::Syntax("no such group".to_owned()));
                };
                self.reference(number, back)?;
            }
            _ => return Err(CompileError::Unsupported("such terms")),
        }
        Ok(())
    }

    /// The one character that a term reads, if it is one that does.
    fn one(&mut self, term: &Term<'_>) -> Result<Option<One>, CompileError> {
        let folds = self.flags.ignore_case;
        let one = match term {
            Term::Character(character) => self.character(character.value)?,
            Term::Dot(_) if self.flags.dot_all => One::Any,
            Term::Dot(_) => One::Of(self.set(Characters::of(LINE_ENDS.to_vec(), true))),
            Term::CharacterClassEscape(escape) if !(folds && self.flags.unicode) => {
                let (ranges, not) = escaped(escape.kind);
                One::Of(self.set(Characters::of(ranges.to_vec(), not)))
            }
            Term::CharacterClassEscape(escape) => {
                self.asked(self.text(escape.span.start, escape.span.end)?)?
            }
            Term::UnicodePropertyEscape(escape) => {
                self.asked(self.text(escape.span.start, escape.span.end)?)?
            }
            Term::CharacterClass(class) if folds && self.flags.unicode && has_non_words(class) => {
                return Err(CompileError::Unsupported("\\W in classes with flags i and u"));
            }
            Term::CharacterClass(class) => match self.class(class) {
                Some(characters) => One::Of(self.set(characters)),
                None => self.asked(self.text(class.span.start, class.span.end)?)?,
            },
            _ => return Ok(None),
        };
        Ok(Some(one))
    }

    fn text(&self, begin: u32, end: u32) -> Result<String, CompileError> {
        let text = self.source.get(begin as usize..end as usize);
        text.map(str::to_owned).ok_or(CompileError::Unsupported("such classes"))
    }

    fn character(&mut self, character: u32) -> Result<One, CompileError> {
        if !self.flags.ignore_case {
            return Ok(One::Exactly(character));
        }
        if let Some(known) = self.characters.get(&character) {
            return Ok(*known);
        }
        let one = match u8::try_from(character).ok().filter(u8::is_ascii) {
            Some(letter) if letter.is_ascii_alphabetic() => {
                let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
                let mut ranges = vec![(lower.into(), lower.into()), (upper.into(), upper.into())];
                // The Kelvin sign and the long s are letters of ASCII in another case, for Unicode.
                match lower {
                    b'k' if self.flags.unicode => ranges.push((0x212A, 0x212A)),
                    b's' if self.flags.unicode => ranges.push((0x17F, 0x17F)),
                    _ => {}
                }
                One::Of(self.set(Characters::of(ranges, false)))
            }
            Some(_) => One::Exactly(character),
            None if self.flags.unicode => self.asked(format!("\\u{{{character:x}}}"))?,
            None => One::Of(self.set(Characters::upper_of(character))),
        };
        self.characters.insert(character, one);
        Ok(one)
    }

    /// The set of the characters that an expression for one of them matches, with these flags.
    fn asked(&mut self, source: String) -> Result<One, CompileError> {
        let Flags { ignore_case: icase, unicode, .. } = self.flags;
        let flags = regress::Flags { icase, unicode, ..regress::Flags::default() };
        let expression = if unicode {
            Regex::from_unicode(source.chars().map(u32::from), flags)
        } else {
            Regex::from_unicode(source.encode_utf16().map(u32::from), flags)
        };
        let expression = expression.map_err(|_| CompileError::Unsupported("such classes"))?;
        Ok(One::Of(self.set(Characters::asked(expression, unicode))))
    }

    /// The characters of a class, unless what they are takes more than their numbers.
    fn class(&self, class: &CharacterClass<'_>) -> Option<Characters> {
        let folds = self.flags.ignore_case;
        if folds && self.flags.unicode {
            return None;
        }
        let mut ranges = Vec::new();
        // No case leads out of what escapes mean.
        let mut closed = Vec::new();
        for content in &class.body {
            match content {
                CharacterClassContents::Character(character) => {
                    ranges.push((character.value, character.value));
                }
                CharacterClassContents::CharacterClassRange(range) => {
                    ranges.push((range.min.value, range.max.value));
                }
                CharacterClassContents::CharacterClassEscape(escape) => {
                    match escaped(escape.kind) {
                        (part, true) => closed.extend(others(part)),
                        (part, false) => closed.extend(part),
                    }
                }
                _ => return None,
            }
        }
        if folds {
            add_other_cases(&mut ranges);
        }
        ranges.extend(closed);
        Some(Characters::of(ranges, class.negative))
    }

    fn boundary(&mut self, kind: BoundaryAssertionKind) -> Result<(), CompileError> {
        let multiline = self.flags.multiline;
        let not = match kind {
            BoundaryAssertionKind::Start => {
                self.push(Step::LineStart { multiline });
                return Ok(());
            }
            BoundaryAssertionKind::End => {
                self.push(Step::LineEnd { multiline });
                return Ok(());
            }
            BoundaryAssertionKind::Boundary => false,
            BoundaryAssertionKind::NegativeBoundary => true,
        };
        let set = if self.flags.ignore_case && self.flags.unicode {
            match self.asked("\\w".to_owned())? {
                One::Of(set) => set,
                _ => return Err(CompileError::Unsupported("such boundaries")),
            }
        } else {
            self.set(Characters::of(WORD.to_vec(), false))
        };
        self.push(Step::Boundary { set, not });
        Ok(())
    }

    fn look(&mut self, look: &LookAroundAssertion<'_>) -> Result<(), CompileError> {
        let (not, back) = match look.kind {
            LookAroundAssertionKind::Lookahead => (false, false),
            LookAroundAssertionKind::NegativeLookahead => (true, false),
            LookAroundAssertionKind::Lookbehind => (false, true),
            LookAroundAssertionKind::NegativeLookbehind => (true, true),
        };
        let at = self.push(Step::Done);
        self.disjunction(&look.body, back)?;
        self.push(Step::Done);
        let end = self.here();
        self.change(at, Step::Look { not, end });
        Ok(())
    }

    /// The number of the first group that begins at this place of the source or after it.
    fn number_at(&self, place: u32) -> u32 {
        self.begins.partition_point(|begins| *begins < place) as u32 + 1
    }

    fn group(&mut self, group: &CapturingGroup<'_>, back: bool) -> Result<(), CompileError> {
        let number = self.number_at(group.span.start);
        let (before, after) = if back { (1, 0) } else { (0, 1) };
        self.push(Step::Note(2 * number + before));
        self.disjunction(&group.body, back)?;
        self.push(Step::Note(2 * number + after));
        Ok(())
    }

    fn reference(&mut self, group: u32, back: bool) -> Result<(), CompileError> {
        let Flags { ignore_case, unicode, .. } = self.flags;
        if ignore_case && unicode {
            return Err(CompileError::Unsupported("references to groups with flags i and u"));
        }
        self.push(Step::Same { group, ignore_case, back });
        Ok(())
    }

    fn quantifier(&mut self, quantifier: &Quantifier<'_>, back: bool) -> Result<(), CompileError> {
        let within = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let (min, greedy) = (within(quantifier.min), quantifier.greedy);
        let max = quantifier.max.map_or(u32::MAX, within);
        if max == 0 {
            return Ok(());
        }
        let times = Times { min, max, greedy };
        if let Some(one) = self.one(&quantifier.body)? {
            self.push(Step::Repeat { one, times, back });
            return Ok(());
        }
        let first = self.number_at(quantifier.span.start);
        let end = self.number_at(quantifier.span.end);
        let body = &quantifier.body;
        match (min, max) {
            (0, 1 | u32::MAX) if !may_be_empty(body) => {
                let either = self.push(Step::Done);
                self.forget(first, end);
                self.term(body, back)?;
                if max > 1 {
                    self.push(Step::Jump(either as u32));
                }
                let exit = self.here();
                self.change(either, choice(greedy, either as u32 + 1, exit));
            }
            (1, u32::MAX) if !may_be_empty(body) => {
                let head = self.here();
                self.forget(first, end);
                self.term(body, back)?;
                let exit = self.here() + 1;
                self.push(choice(greedy, head, exit));
            }
            _ => {
                let number = self.program.loops as u32;
                self.program.loops += 1;
                self.push(Step::Count(number));
                let head = self.push(Step::Done);
                self.forget(first, end);
                self.term(body, back)?;
                self.push(Step::Again { number, head: head as u32 });
                let exit = self.here();
                self.change(head, Step::Loop { number, times, exit });
            }
        }
        Ok(())
    }

    fn forget(&mut self, first: u32, end: u32) {
        if first < end {
            self.push(Step::Forget { first, end });
        }
    }
}

fn has_non_words(class: &CharacterClass<'_>) -> bool {
    class.body.iter().any(|content| match content {
        CharacterClassContents::CharacterClassEscape(escape) => {
            escape.kind == CharacterClassEscapeKind::NegativeW
        }
        _ => false,
    })
}

fn choice(greedy: bool, body: u32, exit: u32) -> Step {
    if greedy {
        Step::Either { first: body, then: exit }
    } else {
        Step::Either { first: exit, then: body }
    }
}

/// What an escape for a class of characters means, and whether it means all others.
fn escaped(kind: CharacterClassEscapeKind) -> (&'static [(u32, u32)], bool) {
    match kind {
        CharacterClassEscapeKind::D => (&DIGITS, false),
        CharacterClassEscapeKind::NegativeD => (&DIGITS, true),
        CharacterClassEscapeKind::S => (&SPACES, false),
        CharacterClassEscapeKind::NegativeS => (&SPACES, true),
        CharacterClassEscapeKind::W => (&WORD, false),
        CharacterClassEscapeKind::NegativeW => (&WORD, true),
    }
}

/// Whether a term may match without reading anything.
fn may_be_empty(term: &Term<'_>) -> bool {
    let body = |body: &Disjunction<'_>| {
        body.body.iter().any(|alternative| alternative.body.iter().all(may_be_empty))
    };
    match term {
        Term::Character(_)
        | Term::Dot(_)
        | Term::CharacterClassEscape(_)
        | Term::UnicodePropertyEscape(_)
        | Term::CharacterClass(_) => false,
        Term::CapturingGroup(group) => body(&group.body),
        Term::IgnoreGroup(group) => body(&group.body),
        Term::Quantifier(quantifier) => quantifier.min == 0 || may_be_empty(&quantifier.body),
        _ => true,
    }
}
