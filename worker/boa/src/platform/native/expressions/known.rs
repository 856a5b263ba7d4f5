//! Compiled expressions, kept by object and by source.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::builtins::regexp::RegExp;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsRegExp;
use boa_engine::{Context, JsString, js_string};
use regress::Flags;
use rustc_hash::FxHashMap;

use super::matching::{Expression, Found, Recent};
use super::untouched::Untouched;

pub(super) const LAST_INDEX: JsString = js_string!("lastIndex");

/// How many objects are kept, and how many sources.
const OBJECTS_MAX: usize = 256;
const SOURCES_MAX: usize = 256;

/// Longest source that is kept.
const SOURCE_MAX: usize = 16 * 1024;

/// An expression that was compiled, with its flags.
pub(super) struct Known {
    expression: Expression,
    pub(super) global: bool,
    pub(super) sticky: bool,
    pub(super) unicode: bool,
    pub(super) has_indices: bool,
    recent: Rc<Recent>,
}

/// A source, and its flags as bits.
type Key = (String, u8);

/// The expressions of a context that were matched, up to a limit.
#[derive(Default)]
pub(super) struct Memory {
    /// None for expressions that only the engine can match.
    objects: RefCell<FxHashMap<JsObject, Option<Rc<Known>>>>,
    sources: RefCell<HashMap<Key, Option<Rc<Known>>>>,
    recent: Rc<Recent>,
}

// === impl Memory ===

impl Memory {
    /// The compiled expression of an object; none if the object is not an expression, or if only
    /// the engine can match it.
    pub(super) fn known(
        &self,
        object: &JsObject,
        untouched: &Untouched,
        context: &mut Context,
    ) -> Option<Rc<Known>> {
        if let Some(known) = self.objects.borrow().get(object) {
            return known.clone();
        }
        let expression = JsRegExp::from_object(object.clone()).ok()?;
        let known = if untouched.has_sets(object, context) {
            None
        } else {
            self.compiled(object, &expression, context)
        };
        self.remember(object, known.clone());
        known
    }

    /// Keeps the compiled expression of an object.
    pub(super) fn remember(&self, object: &JsObject, known: Option<Rc<Known>>) {
        let mut objects = self.objects.borrow_mut();
        if objects.len() >= OBJECTS_MAX {
            objects.clear();
        }
        objects.insert(object.clone(), known);
    }

    /// Forgets an object, because it may have another source now.
    pub(super) fn forget(&self, object: &JsObject) {
        self.objects.borrow_mut().remove(object);
    }

    fn compiled(
        &self,
        object: &JsObject,
        expression: &JsRegExp,
        context: &mut Context,
    ) -> Option<Rc<Known>> {
        let mut letters = 0_u8;
        for (bit, flag) in [
            expression.has_indices(context),
            expression.global(context),
            expression.ignore_case(context),
            expression.multiline(context),
            expression.dot_all(context),
            expression.unicode(context),
            expression.sticky(context),
        ]
        .into_iter()
        .enumerate()
        {
            letters |= u8::from(flag.ok()?) << bit;
        }
        // Fails for half a pair, which no source of ours can have.
        let source = source(object, expression.source(context).ok()?)?;
        let key = (source, letters);
        if let Some(known) = self.sources.borrow().get(&key) {
            return known.clone();
        }
        let known = Known::new(&key.0, letters, self.recent.clone()).map(Rc::new);
        if key.0.len() <= SOURCE_MAX {
            let mut sources = self.sources.borrow_mut();
            if sources.len() >= SOURCES_MAX {
                sources.clear();
            }
            sources.insert(key, known.clone());
        }
        known
    }
}

// === impl Known ===

impl Known {
    fn new(source: &str, letters: u8, recent: Rc<Recent>) -> Option<Self> {
        let has = |bit: u8| letters & (1 << bit) != 0;
        let flags = Flags {
            icase: has(2),
            multiline: has(3),
            dot_all: has(4),
            unicode: has(5),
            ..Flags::default()
        };
        let expression = Expression::compile(source, flags)?;
        Some(Self {
            expression,
            recent,
            has_indices: has(0),
            global: has(1),
            unicode: has(5),
            sticky: has(6),
        })
    }

    pub(super) fn groups(&self) -> usize {
        self.expression.groups()
    }

    /// The names of its groups.
    pub(super) fn names(&self) -> &[String] {
        self.expression.names()
    }

    /// Searches for the first match from a place on, or only at this place.
    pub(super) fn find(&self, text: &JsString, from: usize, only_there: bool) -> Found {
        self.expression.find(text, from, only_there, &self.recent)
    }
}

/// The original source of an expression, from the result of the engine's getter.
///
/// The getter writes a backslash before each slash, and line ends as `\n`. If the original had such
/// characters itself, the result does not say which was meant. Then only the expression's
/// description tells the source.
fn source(object: &JsObject, told: String) -> Option<String> {
    let doubtful = ["\\\\n", "\\\\r", "\\\\u202"];
    if !doubtful.iter().any(|end| told.contains(end)) {
        return Some(told.replace("\\/", "/"));
    }
    let description = format!("{:?}", &*object.downcast_ref::<RegExp>()?);
    let (_, source) = description.split_once("original_source: JsString(\"")?;
    let mut made = String::new();
    let mut characters = source.chars();
    loop {
        match characters.next()? {
            '"' => return Some(made),
            '\\' => match characters.next()? {
                'n' => made.push('\n'),
                'r' => made.push('\r'),
                't' => made.push('\t'),
                '0' => made.push('\0'),
                'u' => {
                    let digits: String =
                        characters.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                    made.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                other => made.push(other),
            },
            other => made.push(other),
        }
    }
}
