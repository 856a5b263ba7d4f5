//! The methods of `RegExp.prototype`, which keep compiled expressions.
//!
//! The engine copies the compiled expression and the text for every match, searches the whole text
//! for sticky matches, and compiles anew for each `split` and `matchAll`. These methods keep
//! compiled expressions. They are used where code cannot see a difference: on expressions without
//! properties of their own, as long as `RegExp.prototype` has its original methods and getters. In
//! all other cases the engine's methods run. They call `exec`, and so use this code for each match.

mod known;
mod literals;
mod matched;
mod matching;
mod replacing;
mod splitting;
mod untouched;
mod walking;

use std::rc::Rc;

use boa_engine::object::builtins::{JsArray, JsFunction, JsRegExp};
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyKey;
use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_error, js_string,
};

pub(in super::super::super) use self::literals::literal;

use self::known::{Known, Memory};
use self::literals::Literals;
use self::matching::Found;
use self::untouched::Untouched;
use super::patterns;
use super::replace::{self, Replacement};
use super::texts;

/// The state of these methods in one context.
struct Expressions {
    memory: Memory,
    untouched: Untouched,
    literals: Literals,
}

/// An expression that a method works with, and the text.
struct Subject {
    object: JsObject,
    known: Rc<Known>,
    text: JsString,
}

/// Which code answers a call of a method.
enum Taken {
    /// A method in this folder, with this expression and text.
    Here(Subject),
    /// The engine has answered, because code could have seen the difference.
    Engine(JsValue),
}

/// Replaces the engine's methods.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    for (name, call) in [("exec", exec as Replacement), ("test", test)] {
        replace::method(&prototype, name, call, context)?;
    }
    for (symbol, call) in [
        (JsSymbol::r#match(), matches as Replacement),
        (JsSymbol::search(), search),
        (JsSymbol::replace(), replacing::replace),
        (JsSymbol::split(), splitting::split),
        (JsSymbol::match_all(), walking::match_all),
    ] {
        symbol_method(&prototype, symbol, call, context)?;
    }
    replace::method(&prototype, "compile", compile, context)?;
    walking::install(context)?;
    let untouched = Untouched::new(context)?;
    context.insert_data(Rc::new(Expressions {
        memory: Memory::default(),
        untouched,
        literals: Literals::default(),
    }));
    Ok(())
}

fn symbol_method(
    object: &JsObject,
    symbol: JsSymbol,
    call: Replacement,
    context: &mut Context,
) -> JsResult<()> {
    let own = object.get(symbol.clone(), context)?.as_function();
    let own = own.ok_or_else(|| js_error!(Error: "the engine has no {}", symbol))?;
    let length = own.get(js_string!("length"), context)?.to_length(context)?;
    let native = NativeFunction::from_copy_closure_with_captures(call, own);
    let function = FunctionObjectBuilder::new(context.realm(), native)
        .name(symbol.fn_name())
        .length(length as usize)
        .build();
    replace::define(object, symbol, function.into(), context)
}

// === impl Expressions ===

impl Expressions {
    fn of(context: &Context) -> Option<Rc<Self>> {
        context.get_data::<Rc<Self>>().cloned()
    }

    fn known(&self, object: &JsObject, context: &mut Context) -> Option<Rc<Known>> {
        self.memory.known(object, &self.untouched, context)
    }
}

// === impl Subject ===

impl Subject {
    /// The expression that a method is called on, if it can be matched here.
    fn of(this: &JsValue, text: &JsString, context: &mut Context) -> Option<Self> {
        let object = this.as_object()?;
        let known = Expressions::of(context)?.known(&object, context)?;
        Some(Self { object, known, text: text.clone() })
    }

    /// The same, if code cannot see that its properties are not read.
    fn untouched(this: &JsValue, text: &JsString, context: &mut Context) -> Option<Self> {
        let object = this.as_object()?;
        let expressions = Expressions::of(context)?;
        if !expressions.untouched.is(&object) {
            return None;
        }
        let known = expressions.known(&object, context)?;
        Some(Self { object, known, text: text.clone() })
    }

    /// Searches for a match from a place on, or only at this place if the expression is sticky.
    fn find(&self, from: usize, found: &mut Found, context: &mut Context) -> JsResult<bool> {
        self.find_as(self.known.sticky, from, found, context)
    }

    /// Searches for a match from a place on.
    fn find_anywhere(
        &self,
        from: usize,
        found: &mut Found,
        context: &mut Context,
    ) -> JsResult<bool> {
        self.find_as(false, from, found, context)
    }

    fn find_as(
        &self,
        only_there: bool,
        from: usize,
        found: &mut Found,
        context: &mut Context,
    ) -> JsResult<bool> {
        *found = self.known.find(&self.text, from, only_there);
        if found.is_match() {
            let groups = 0..=self.known.groups();
            patterns::note(&self.text, || groups.map(|number| found.group(number)), context);
        }
        Ok(found.is_match())
    }

    /// Where the search goes on after an empty match at this place.
    fn after(&self, place: usize) -> usize {
        let pair = self.known.unicode
            && place < self.text.len()
            && self.text.code_point_at(place).code_unit_count() == 2;
        place + if pair { 2 } else { 1 }
    }

    /// `lastIndex`, which is always a property of the expression's own.
    fn last_index(&self, context: &mut Context) -> JsResult<u64> {
        self.object.get(known::LAST_INDEX, context)?.to_length(context)
    }

    fn set_last_index(&self, index: usize, context: &mut Context) -> JsResult<()> {
        self.object.set(known::LAST_INDEX, index, true, context)?;
        Ok(())
    }

    /// Matches as `exec` does, `lastIndex` included.
    fn exec(&self, found: &mut Found, context: &mut Context) -> JsResult<bool> {
        let last_index = self.last_index(context)?;
        let moves = self.known.global || self.known.sticky;
        let from = if moves { last_index } else { 0 };
        let matched = from <= self.text.len() as u64 && self.find(from as usize, found, context)?;
        if moves {
            let index = if matched { found.whole().end } else { 0 };
            self.set_last_index(index, context)?;
        }
        Ok(matched)
    }
}

fn exec(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    if this.as_object().is_none_or(|object| JsRegExp::from_object(object).is_err()) {
        return own.call(this, arguments, context);
    }
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let Some(subject) = Subject::of(this, &text, context) else {
        let found = own.call(this, &[text.into()], context)?;
        patterns::note_result(&found, context)?;
        return Ok(found);
    };
    let mut found = Found::default();
    if !subject.exec(&mut found, context)? {
        return Ok(JsValue::null());
    }
    Ok(matched::result(&subject, &found, context)?.into())
}

/// Reads the text that a method is called with. Has the engine answer if it must.
fn taken(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<Taken> {
    if !this.is_object() {
        return own.call(this, arguments, context).map(Taken::Engine);
    }
    let text = arguments.get_or_undefined(0).to_string(context)?;
    match Subject::untouched(this, &text, context) {
        Some(subject) => Ok(Taken::Here(subject)),
        None => own.call(this, &[text.into()], context).map(Taken::Engine),
    }
}

fn test(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    match taken(this, arguments, own, context)? {
        Taken::Here(subject) => Ok(subject.exec(&mut Found::default(), context)?.into()),
        Taken::Engine(answer) => Ok(answer),
    }
}

fn matches(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let subject = match taken(this, arguments, own, context)? {
        Taken::Here(subject) => subject,
        Taken::Engine(answer) => return Ok(answer),
    };
    let mut found = Found::default();
    if !subject.known.global {
        if !subject.exec(&mut found, context)? {
            return Ok(JsValue::null());
        }
        return Ok(matched::result(&subject, &found, context)?.into());
    }
    subject.set_last_index(0, context)?;
    let mut all: Vec<JsValue> = Vec::new();
    let mut from = 0;
    while from <= subject.text.len() && subject.find(from, &mut found, context)? {
        let whole = found.whole();
        all.push(texts::part(&subject.text, whole.start, whole.end).into());
        from = if whole.is_empty() { subject.after(whole.end) } else { whole.end };
    }
    if all.is_empty() {
        return Ok(JsValue::null());
    }
    Ok(JsArray::from_iter(all, context).into())
}

fn search(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let subject = match taken(this, arguments, own, context)? {
        Taken::Here(subject) => subject,
        Taken::Engine(answer) => return Ok(answer),
    };
    let mut found = Found::default();
    let matched = subject.find(0, &mut found, context)?;
    Ok(if matched { found.whole().start.into() } else { JsValue::from(-1) })
}

/// `compile`, which turns an expression into another one.
fn compile(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    if let (Some(object), Some(expressions)) = (this.as_object(), Expressions::of(context)) {
        expressions.memory.forget(&object);
    }
    let done = own.call(this, arguments, context);
    if let (Some(object), Some(expressions)) = (this.as_object(), Expressions::of(context)) {
        expressions.memory.forget(&object);
    }
    done
}

/// The key of a property that is read often.
fn key(name: &'static str) -> PropertyKey {
    PropertyKey::from(JsString::from(name))
}
