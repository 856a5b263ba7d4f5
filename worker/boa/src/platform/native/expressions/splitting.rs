//! `RegExp.prototype[Symbol.split]`.

use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::{Context, JsArgs, JsResult, JsValue};

use super::super::texts;
use super::matching::Found;
use super::{Expressions, Subject, matched};

pub(super) fn split(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let limit = arguments.get_or_undefined(1);
    if !this.is_object() || limit.is_object() {
        return own.call(this, arguments, context);
    }
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let subject = Subject::untouched(this, &text, context);
    let has_species =
        Expressions::of(context).is_some_and(|expressions| expressions.untouched.has_species());
    let Some(subject) = subject.filter(|_| has_species) else {
        return own.call(this, &[text.into(), limit.clone()], context);
    };
    let limit = if limit.is_undefined() { u32::MAX } else { limit.to_u32(context)? } as usize;
    let mut parts: Vec<JsValue> = Vec::new();
    if limit > 0 {
        divide(&subject, limit, &mut parts, context)?;
    }
    Ok(JsArray::from_iter(parts, context).into())
}

fn divide(
    subject: &Subject,
    limit: usize,
    parts: &mut Vec<JsValue>,
    context: &mut Context,
) -> JsResult<()> {
    let text = &subject.text;
    let mut found = Found::default();
    if text.is_empty() {
        if !subject.find_anywhere(0, &mut found, context)? {
            parts.push(text.clone().into());
        }
        return Ok(());
    }
    let (mut begin, mut from) = (0, 0);
    while from < text.len() && subject.find_anywhere(from, &mut found, context)? {
        let whole = found.whole();
        if whole.start >= text.len() {
            break;
        }
        if whole.end == begin {
            from = subject.after(whole.start);
            continue;
        }
        parts.push(texts::part(text, begin, whole.start).into());
        if parts.len() == limit {
            return Ok(());
        }
        for number in 1..=subject.known.groups() {
            parts.push(matched::group(text, found.group(number)));
            if parts.len() == limit {
                return Ok(());
            }
        }
        begin = whole.end;
        from = begin;
    }
    parts.push(texts::part(text, begin, text.len()).into());
    Ok(())
}
