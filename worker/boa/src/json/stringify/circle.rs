//! The error for an object that contains itself, in V8's words.

use std::fmt::Write as _;

use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{JsNativeError, js_string};

use super::name_of;

/// How many objects after the first one the error names. The rest is left out.
const TOLD_FIRST: usize = 2;

/// The error text. The objects go from the one that is repeated to the one that holds it again,
/// each with its key. The last key is the one under which it is repeated.
pub(super) fn error(way: &[(&PropertyKey, &JsObject)], closing: &PropertyKey) -> JsNativeError {
    let mut text = "Converting circular structure to JSON".to_owned();
    // Writing to a text cannot fail.
    if let Some((_, first)) = way.first() {
        let _ = write!(text, "\n    --> starting at object with {}", constructor(first));
    }
    let left_out = 1 + TOLD_FIRST..way.len().saturating_sub(1);
    for (at, (key, object)) in way.iter().enumerate().skip(1) {
        if at == left_out.start && !left_out.is_empty() {
            text.push_str("\n    |     ...");
        }
        if !left_out.contains(&at) {
            let parent = way.get(at - 1).map(|(_, object)| *object);
            let _ = write!(
                text,
                "\n    |     {} -> object with {}",
                told(key, parent),
                constructor(object)
            );
        }
    }
    let parent = way.last().map(|(_, object)| *object);
    let _ = write!(text, "\n    --- {} closes the circle", told(closing, parent));
    JsNativeError::typ().with_message(text)
}

fn told(key: &PropertyKey, parent: Option<&JsObject>) -> String {
    match name_of(key).to_std_string_lossy() {
        name if name.is_empty() => "<anonymous>".to_owned(),
        index if parent.is_some_and(JsObject::is_array) => format!("index {index}"),
        name => format!("property '{name}'"),
    }
}

/// The constructor's name as far as it can be seen without running code.
fn constructor(object: &JsObject) -> String {
    let mut at = Some(object.clone());
    while let Some(object) = at {
        let found = object.borrow().properties().get(&js_string!("constructor").into());
        let found = found.and_then(|property| property.value()?.as_object());
        let name = found.and_then(|found| {
            found.borrow().properties().get(&js_string!("name").into())?.value()?.as_string()
        });
        if let Some(name) = name {
            return format!("constructor '{}'", name.to_std_string_lossy());
        }
        at = object.prototype();
    }
    "constructor 'Object'".to_owned()
}
