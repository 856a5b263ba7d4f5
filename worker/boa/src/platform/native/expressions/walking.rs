//! `RegExp.prototype[Symbol.matchAll]`, and the iterator that it returns.

use std::cell::Cell;
use std::rc::Rc;

use boa_engine::builtins::iterable::create_iter_result_object;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsString, JsValue, Trace, js_error, js_string,
};

use super::super::replace;
use super::known::{Known, LAST_INDEX};
use super::matching::Found;
use super::{Expressions, Subject, matched};

/// The prototype of the engine's iterators over matches.
struct Prototype(JsObject);

/// An iterator over the matches of a text.
#[derive(Trace, Finalize, JsData)]
struct Walk {
    /// The expression whose matches it returns.
    expression: JsObject,
    #[unsafe_ignore_trace]
    known: Rc<Known>,
    #[unsafe_ignore_trace]
    text: JsString,
    /// Where the search for the next match begins; none once there are no more.
    #[unsafe_ignore_trace]
    from: Cell<Option<usize>>,
}

/// Replaces `next`, which works on our iterators and on the engine's.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let text = JsValue::from(js_string!());
    let class = context.intrinsics().constructors().string().prototype();
    let all = class.get(js_string!("matchAll"), context)?.as_function();
    let all = all.ok_or_else(|| js_error!(Error: "the engine has no matchAll"))?;
    let iterator = all.call(&text, &[js_string!().into()], context)?;
    let prototype = iterator.as_object().and_then(|iterator| iterator.prototype());
    let prototype = prototype.ok_or_else(|| js_error!(Error: "the engine has no iterators"))?;
    replace::method(&prototype, "next", next, context)?;
    context.insert_data(Prototype(prototype));
    Ok(())
}

pub(super) fn match_all(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    if !this.is_object() {
        return own.call(this, arguments, context);
    }
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let subject = Subject::untouched(this, &text, context);
    let has_species =
        Expressions::of(context).is_some_and(|expressions| expressions.untouched.has_species());
    let prototype = context.get_data::<Prototype>().map(|prototype| prototype.0.clone());
    let (Some(subject), Some(prototype)) = (subject.filter(|_| has_species), prototype) else {
        return own.call(this, &[text.into()], context);
    };
    let moves = subject.known.global || subject.known.sticky;
    let last_index = subject.last_index(context)?;
    let from = if moves { usize::try_from(last_index).unwrap_or(usize::MAX) } else { 0 };
    let Subject { object: expression, known, text } = subject;
    let walk = Walk { expression, known, text, from: Cell::new(Some(from)) };
    Ok(JsObject::new(context.root_shape(), prototype, walk).upcast().into())
}

fn next(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.as_object();
    let Some(walk) = object.as_ref().and_then(JsObject::downcast_ref::<Walk>) else {
        return own.call(this, arguments, context);
    };
    let Some(from) = walk.from.get() else {
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    };
    let is_made =
        Expressions::of(context).is_some_and(|expressions| expressions.untouched.is_made());
    if !is_made {
        return next_seen(&walk, from, context);
    }
    let subject = Subject {
        object: walk.expression.clone(),
        known: walk.known.clone(),
        text: walk.text.clone(),
    };
    let mut found = Found::default();
    if from > subject.text.len() || !subject.find(from, &mut found, context)? {
        walk.from.set(None);
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    }
    let whole = found.whole();
    let after = if whole.is_empty() { subject.after(whole.end) } else { whole.end };
    walk.from.set(subject.known.global.then_some(after));
    let result = matched::result(&subject, &found, context)?;
    Ok(create_iter_result_object(result.into(), false, context))
}

/// Goes on after the function put its own `exec` into `RegExp.prototype`.
fn next_seen(walk: &Walk, from: usize, context: &mut Context) -> JsResult<JsValue> {
    let class = context.intrinsics().constructors().regexp().constructor();
    let matcher = class.construct(&[walk.expression.clone().into()], None, context)?;
    matcher.set(LAST_INDEX, from, true, context)?;
    let exec = matcher.get(js_string!("exec"), context)?;
    let exec = exec.as_callable().ok_or_else(|| js_error!(TypeError: "exec is not a function"))?;
    let result = exec.call(&matcher.clone().into(), &[walk.text.clone().into()], context)?;
    let Some(object) = result.as_object() else {
        if !result.is_null() {
            return Err(js_error!(TypeError: "{} is not an object", result.display()));
        }
        walk.from.set(None);
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    };
    if !walk.known.global {
        walk.from.set(None);
        return Ok(create_iter_result_object(result, false, context));
    }
    let matched = object.get(0, context)?.to_string(context)?;
    let mut after = matcher.get(LAST_INDEX, context)?.to_length(context)? as usize;
    if matched.is_empty() {
        after += 1;
    }
    walk.from.set(Some(after));
    Ok(create_iter_result_object(result, false, context))
}
