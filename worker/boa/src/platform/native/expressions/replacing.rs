//! `RegExp.prototype[Symbol.replace]`.

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::super::texts::Substitution;
use super::matching::Found;
use super::{Subject, matched};
use crate::text::Output;

pub(super) fn replace(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    if !this.is_object() {
        return own.call(this, arguments, context);
    }
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let by = arguments.get_or_undefined(1);
    let function = by.as_callable();
    let by = if function.is_some() { by.clone() } else { by.to_string(context)?.into() };
    let Some(subject) = Subject::untouched(this, &text, context) else {
        return own.call(this, &[text.into(), by], context);
    };
    let all = all(&subject, context)?;
    let mut output = Output::new(text.len());
    let mut end = 0;
    match (function, by.as_string()) {
        (Some(function), _) => {
            for found in &all {
                let whole = found.whole();
                let answer = called(&subject, &function, found, context)?;
                output.push_part(&text, end, whole.start);
                output.push(answer.as_str());
                end = whole.end;
            }
        }
        (None, template) => {
            let template = template.unwrap_or_default();
            let names = subject.known.names();
            let groups = subject.known.groups();
            let substitution = Substitution::new(&template, groups, !names.is_empty());
            for found in &all {
                let whole = found.whole();
                output.push_part(&text, end, whole.start);
                end = whole.end;
                let named = |name: &JsString| {
                    let name = name.to_std_string_lossy();
                    names.contains(&name).then(|| found.named(&name)).flatten()
                };
                substitution.write(&mut output, &text, whole, |number| found.group(number), named);
            }
        }
    }
    if end == 0 && all.is_empty() {
        return Ok(text.into());
    }
    output.push_part(&text, end, text.len());
    Ok(output.into_text().into())
}

/// The matches to replace.
fn all(subject: &Subject, context: &mut Context) -> JsResult<Vec<Found>> {
    let mut all = Vec::new();
    let mut found = Found::default();
    if !subject.known.global {
        if subject.exec(&mut found, context)? {
            all.push(found);
        }
        return Ok(all);
    }
    subject.set_last_index(0, context)?;
    let mut from = 0;
    while from <= subject.text.len() && subject.find(from, &mut found, context)? {
        let whole = found.whole();
        from = if whole.is_empty() { subject.after(whole.end) } else { whole.end };
        all.push(found.clone());
    }
    Ok(all)
}

/// The text that a function returns in place of a match.
fn called(
    subject: &Subject,
    function: &JsObject,
    found: &Found,
    context: &mut Context,
) -> JsResult<JsString> {
    let groups = 0..=subject.known.groups();
    let mut arguments: Vec<JsValue> =
        groups.map(|number| matched::group(&subject.text, found.group(number))).collect();
    let named = matched::named(subject, |name| matched::group(&subject.text, found.named(name)));
    arguments.push(found.whole().start.into());
    arguments.push(subject.text.clone().into());
    if !named.is_undefined() {
        arguments.push(named);
    }
    function.call(&JsValue::undefined(), &arguments, context)?.to_string(context)
}
