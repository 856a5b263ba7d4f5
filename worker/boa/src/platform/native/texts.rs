//! String methods that search, in one pass from any position on.
//!
//! The engine's own methods begin at the start of the text for every position.

mod search;
mod substitution;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

pub(super) use self::substitution::Substitution;

use self::search::Finder;
use super::replace;
use crate::text::Output;

/// Replaces the engine's methods.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().string().prototype();
    for (name, call) in [
        ("indexOf", index_of as replace::Replacement),
        ("lastIndexOf", last_index_of),
        ("includes", includes),
        ("split", split),
        ("replace", replace_one),
        ("replaceAll", replace_all),
    ] {
        replace::method(&prototype, name, call, context)?;
    }
    Ok(())
}

/// A part of a text. As in Node.js, it keeps the whole text in memory.
pub(super) fn part(text: &JsString, from: usize, to: usize) -> JsString {
    match text.as_str().get(from..to) {
        Some(part) if part.len() <= 1 => JsString::from(part),
        _ if from == 0 && to == text.len() => text.clone(),
        _ => text.slice(from, to),
    }
}

/// The text that a method is called on, and the one that it looks for.
///
/// None if they are not strings. Then the engine converts them, or reports the error.
fn plain(this: &JsValue, arguments: &[JsValue]) -> Option<(JsString, JsString)> {
    Some((this.as_string()?, arguments.first()?.as_string()?))
}

/// A position argument, if it is a number or left out.
fn position(arguments: &[JsValue], otherwise: f64) -> Option<f64> {
    match arguments.get(1) {
        None => Some(otherwise),
        Some(value) if value.is_undefined() => Some(otherwise),
        Some(value) => value.as_number(),
    }
}

/// Where a text first contains another one, from the position in the arguments on. None if the
/// engine has to answer.
fn first(this: &JsValue, arguments: &[JsValue]) -> Option<Option<usize>> {
    let (text, wanted) = plain(this, arguments)?;
    // NaN and negative numbers become 0.
    let from = (position(arguments, 0.0)?.max(0.0) as usize).min(text.len());
    Some(search::first(text.as_str(), wanted.as_str(), from))
}

fn index_of(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    match first(this, arguments) {
        Some(found) => Ok(found.map_or(JsValue::from(-1), JsValue::from)),
        None => own.call(this, arguments, context),
    }
}

fn last_index_of(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    match (plain(this, arguments), position(arguments, f64::NAN)) {
        (Some((text, wanted)), Some(from)) => {
            let from = if from.is_nan() { usize::MAX } else { from.max(0.0) as usize };
            let found = search::last(text.as_str(), wanted.as_str(), from);
            Ok(found.map_or(JsValue::from(-1), JsValue::from))
        }
        _ => own.call(this, arguments, context),
    }
}

fn includes(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    match first(this, arguments) {
        Some(found) => Ok(found.is_some().into()),
        None => own.call(this, arguments, context),
    }
}

fn split(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((text, separator)) = plain(this, arguments) else {
        return own.call(this, arguments, context);
    };
    let limit = match arguments.get(1) {
        Some(limit) if limit.is_object() => return own.call(this, arguments, context),
        Some(limit) if !limit.is_undefined() => limit.to_u32(context)?,
        _ => u32::MAX,
    } as usize;
    let mut parts: Vec<JsValue> = Vec::new();
    if separator.is_empty() {
        let units = 0..text.len().min(limit);
        parts.extend(units.map(|at| JsValue::from(part(&text, at, at + 1))));
    } else {
        let finder = Finder::new(separator.as_str());
        let mut begin = 0;
        while parts.len() < limit
            && let Some(at) = finder.first(text.as_str(), begin)
        {
            parts.push(part(&text, begin, at).into());
            begin = at + separator.len();
        }
        if parts.len() < limit {
            parts.push(part(&text, begin, text.len()).into());
        }
    }
    Ok(JsArray::from_iter(parts, context).into())
}

fn replace_one(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    replaced(this, arguments, own, false, context)
}

fn replace_all(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    replaced(this, arguments, own, true, context)
}

fn replaced(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    all: bool,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((text, wanted)) = plain(this, arguments) else {
        return own.call(this, arguments, context);
    };
    let by = arguments.get_or_undefined(1);
    let function = by.as_callable();
    let template = if function.is_some() { JsString::default() } else { by.to_string(context)? };
    let places = places(&text, &wanted, all);
    if places.is_empty() {
        return Ok(text.into());
    }
    let substitution = Substitution::new(&template, 0, false);
    let mut output = Output::new(text.len());
    let mut end = 0;
    for at in places {
        output.push_part(&text, end, at);
        end = at + wanted.len();
        match &function {
            Some(function) => {
                let answer = call(function, &wanted, at, &text, context)?;
                output.push(answer.as_str());
            }
            None => substitution.write(&mut output, &text, at..end, |_| None, |_| None),
        }
    }
    output.push_part(&text, end, text.len());
    Ok(output.into_text().into())
}

fn call(
    function: &JsObject,
    matched: &JsString,
    at: usize,
    text: &JsString,
    context: &mut Context,
) -> JsResult<JsString> {
    let arguments = [matched.clone().into(), at.into(), text.clone().into()];
    function.call(&JsValue::undefined(), &arguments, context)?.to_string(context)
}

/// Where a text is found, the first time or each time.
fn places(text: &JsString, wanted: &JsString, all: bool) -> Vec<usize> {
    let finder = Finder::new(wanted.as_str());
    let step = wanted.len().max(1);
    let mut from = 0;
    let found = std::iter::from_fn(|| {
        let at = finder.first(text.as_str(), from)?;
        from = at + step;
        Some(at)
    });
    found.take(if all { usize::MAX } else { 1 }).collect()
}
