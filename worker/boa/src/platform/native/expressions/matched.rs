//! The array that `exec` returns: the match and its groups.

use std::ops::Range;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};

use super::super::texts;
use super::Subject;
use super::matching::Found;

/// The result of a match.
pub(super) fn result(
    subject: &Subject,
    found: &Found,
    context: &mut Context,
) -> JsResult<JsObject> {
    let groups = 0..=subject.known.groups();
    let parts: Vec<JsValue> =
        groups.map(|number| group(&subject.text, found.group(number))).collect();
    let named = named(subject, |name| group(&subject.text, found.named(name)));
    let result: JsObject = JsArray::from_iter(parts.iter().cloned(), context).into();
    put(&result, js_string!("index"), found.whole().start.into());
    put(&result, js_string!("input"), subject.text.clone().into());
    put(&result, js_string!("groups"), named);
    if subject.known.has_indices {
        let indices = indices(subject, found, context);
        put(&result, js_string!("indices"), indices.into());
    }
    Ok(result)
}

/// A group as a text.
pub(super) fn group(text: &JsString, range: Option<Range<usize>>) -> JsValue {
    range.map_or(JsValue::undefined(), |range| texts::part(text, range.start, range.end).into())
}

/// The object with the named groups; undefined if there are none.
pub(super) fn named(subject: &Subject, mut value: impl FnMut(&str) -> JsValue) -> JsValue {
    if subject.known.names().is_empty() {
        return JsValue::undefined();
    }
    let groups = JsObject::with_null_proto();
    for name in subject.known.names() {
        put(&groups, JsString::from(name.as_str()), value(name));
    }
    groups.into()
}

fn indices(subject: &Subject, found: &Found, context: &mut Context) -> JsObject {
    let pair = |range: Option<Range<usize>>, context: &mut Context| {
        range.map_or(JsValue::undefined(), |range| {
            JsArray::from_iter([range.start.into(), range.end.into()], context).into()
        })
    };
    let groups = 0..=subject.known.groups();
    let pairs: Vec<JsValue> = groups.map(|number| pair(found.group(number), context)).collect();
    let named = named(subject, |name| pair(found.named(name), context));
    let indices: JsObject = JsArray::from_iter(pairs, context).into();
    put(&indices, js_string!("groups"), named);
    indices
}

/// Adds a property to a new object, which no code has seen yet.
fn put(object: &JsObject, name: JsString, value: JsValue) {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(true)
        .configurable(true);
    object.insert_property(name, property);
}
