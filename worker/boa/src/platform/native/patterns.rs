//! Parts of `RegExp` in which the engine differs: `source`, and `RegExp.$1` and similar properties.
//!
//! The engine's `source` writes a backslash before every slash, even before one that already has a
//! backslash, and in classes. An expression that is made from such a source matches something else.
//! The last match (`RegExp.$1`) is kept only after a text uses such a property.

use std::ops::Range;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_error, js_string};

const SOURCE: JsString = js_string!("source");

/// The words in texts that read the last match.
const ASKING: [&str; 4] =
    ["RegExp.$", "RegExp.lastMatch", "RegExp.leftContext", "RegExp.rightContext"];

/// The longest input whose match is kept.
const INPUT_MAX: usize = 64 * 1024;

/// How many of its groups are kept.
const GROUPS_MAX: usize = 100;

/// The names of `RegExp`'s properties about the last match.
static NAMES: &[(&str, Part)] = &[
    ("$1", Part::Group(1)),
    ("$2", Part::Group(2)),
    ("$3", Part::Group(3)),
    ("$4", Part::Group(4)),
    ("$5", Part::Group(5)),
    ("$6", Part::Group(6)),
    ("$7", Part::Group(7)),
    ("$8", Part::Group(8)),
    ("$9", Part::Group(9)),
    ("lastMatch", Part::Group(0)),
    ("$&", Part::Group(0)),
    ("lastParen", Part::LastGroup),
    ("$+", Part::LastGroup),
    ("leftContext", Part::Left),
    ("$`", Part::Left),
    ("rightContext", Part::Right),
    ("$'", Part::Right),
    ("input", Part::Input),
    ("$_", Part::Input),
];

/// A part of the last match.
#[derive(Clone, Copy)]
enum Part {
    Group(usize),
    LastGroup,
    Left,
    Right,
    Input,
}

/// The last match of the context.
#[derive(Default)]
struct LastMatch {
    input: JsString,
    groups: Vec<JsString>,
    /// Where the match begins.
    at: usize,
}

/// Replaces `source`.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let own = prototype.borrow().properties().get(&SOURCE.into());
    let own = own.as_ref().and_then(PropertyDescriptor::get).and_then(JsValue::as_function);
    let own = own.ok_or_else(|| js_error!(Error: "the engine's expressions have no source"))?;
    let get = NativeFunction::from_copy_closure_with_captures(source, own);
    let get = FunctionObjectBuilder::new(context.realm(), get).name(js_string!("get source"));
    let property =
        PropertyDescriptor::builder().get(get.build()).enumerable(false).configurable(true);
    prototype.define_property_or_throw(SOURCE, property, context)?;
    Ok(())
}

/// Begins to keep the last match, if the text reads it anywhere.
pub(in super::super::super) fn keep_matches_for(text: &str, context: &mut Context) -> JsResult<()> {
    if context.has_data::<LastMatch>() || !ASKING.iter().any(|name| text.contains(name)) {
        return Ok(());
    }
    context.insert_data(LastMatch::default());
    let standard = context.intrinsics().constructors().regexp();
    let class = standard.constructor();
    for (name, part) in NAMES {
        let get = NativeFunction::from_copy_closure(move |_, _, context| Ok(told(*part, context)));
        let set = NativeFunction::from_copy_closure(|_, _, _| Ok(JsValue::undefined()));
        let property = PropertyDescriptor::builder()
            .get(get.to_js_function(context.realm()))
            .set(set.to_js_function(context.realm()))
            .enumerable(false)
            .configurable(true);
        class.define_property_or_throw(JsString::from(*name), property, context)?;
    }
    Ok(())
}

/// Keeps a match, if the function reads the last one. The first group is the whole match.
pub(super) fn note<I: Iterator<Item = Option<Range<usize>>>>(
    input: &JsString,
    groups: impl FnOnce() -> I,
    context: &mut Context,
) {
    if input.len() > INPUT_MAX || !context.has_data::<LastMatch>() {
        return;
    }
    let mut at = None;
    let mut part = |range: Range<usize>| {
        at.get_or_insert(range.start);
        input.get(range).unwrap_or_default()
    };
    let groups = groups().take(GROUPS_MAX).map(|range| range.map(&mut part).unwrap_or_default());
    let groups = groups.collect();
    context.insert_data(LastMatch { input: input.clone(), groups, at: at.unwrap_or_default() });
}

/// Keeps a match that the engine found.
pub(super) fn note_result(found: &JsValue, context: &mut Context) -> JsResult<()> {
    let Some(object) = found.as_object().filter(|_| context.has_data::<LastMatch>()) else {
        return Ok(());
    };
    let input = object.get(js_string!("input"), context)?.to_string(context)?;
    if input.len() > INPUT_MAX {
        return Ok(());
    }
    let mut kept = LastMatch { input, ..LastMatch::default() };
    kept.at = object.get(js_string!("index"), context)?.to_length(context)? as usize;
    let count = object.get(js_string!("length"), context)?.to_length(context)?;
    for index in 0..count.min(GROUPS_MAX as u64) {
        let group = object.get(PropertyKey::from(index as u32), context)?;
        let group = if group.is_undefined() { js_string!() } else { group.to_string(context)? };
        kept.groups.push(group);
    }
    context.insert_data(kept);
    Ok(())
}

fn told(part: Part, context: &Context) -> JsValue {
    let Some(last) = context.get_data::<LastMatch>() else {
        return js_string!().into();
    };
    let group = |index: usize| last.groups.get(index).cloned().unwrap_or_default();
    let end = last.at + group(0).len();
    match part {
        Part::Group(index) => group(index),
        Part::LastGroup if last.groups.len() > 1 => group(last.groups.len() - 1),
        Part::LastGroup => js_string!(),
        Part::Left => last.input.get(..last.at).unwrap_or_default(),
        Part::Right => last.input.get(end..).unwrap_or_default(),
        Part::Input => last.input.clone(),
    }
    .into()
}

fn source(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let told = own.call(this, arguments, context)?;
    let Some(text) = told.as_string().filter(|text| text.iter().any(|unit| unit == SLASH)) else {
        return Ok(told);
    };
    Ok(JsString::from(&slashes_escaped(&text.to_vec())[..]).into())
}

const SLASH: u16 = b'/' as u16;
const BACKSLASH: u16 = b'\\' as u16;
const OPENING: u16 = b'[' as u16;
const CLOSING: u16 = b']' as u16;

/// The engine's source, with a backslash only before slashes that need one, which are those outside
/// of classes.
fn slashes_escaped(engine: &[u16]) -> Vec<u16> {
    let mut made = Vec::with_capacity(engine.len());
    let (mut escaped, mut in_class) = (false, false);
    let mut units = engine.iter().copied().peekable();
    while let Some(unit) = units.next() {
        // The backslash right before a slash is always the engine's own.
        if unit == BACKSLASH && units.peek() == Some(&SLASH) {
            continue;
        }
        match unit {
            SLASH if !escaped && !in_class => made.push(BACKSLASH),
            OPENING if !escaped => in_class = true,
            CLOSING if !escaped => in_class = false,
            _ => {}
        }
        escaped = unit == BACKSLASH && !escaped;
        made.push(unit);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::slashes_escaped;

    #[test]
    fn escapes_slashes_once() {
        // The engine's text of `a\/b`, `a\\/b`, `a/b` and `[/]`.
        for (engine, expected) in
            [(r"a\\/b", r"a\/b"), (r"a\\\/b", r"a\\\/b"), (r"a\/b", r"a\/b"), (r"[\/]", "[/]")]
        {
            let made = slashes_escaped(&engine.encode_utf16().collect::<Vec<_>>());
            assert_eq!(String::from_utf16_lossy(&made), expected, "{engine}");
        }
    }
}
