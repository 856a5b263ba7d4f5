//! `source` of regular expressions.
//!
//! The engine puts a backslash before every `/`, also where there is one, so that a pattern made of
//! another's `source` matches something else.

use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_error, js_string};

const SLASH: u16 = b'/' as u16;
const BACKSLASH: u16 = b'\\' as u16;

/// Puts a right `source` in the place of the engine's.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let name = js_string!("source");
    let found = prototype.borrow().properties().get(&name.clone().into());
    let engines = found.as_ref().and_then(PropertyDescriptor::get).and_then(JsValue::as_callable);
    let Some(engines) = engines else {
        return Err(js_error!(Error: "the engine has no source of regular expressions"));
    };
    let get = NativeFunction::from_copy_closure_with_captures(
        |this, _, engines, context| {
            let source = engines.call(this, &[], context)?;
            Ok(match source.as_string() {
                Some(text) if text.iter().any(|unit| unit == SLASH) => escaped_once(&text).into(),
                _ => source,
            })
        },
        engines,
    );
    let get = boa_engine::object::FunctionObjectBuilder::new(context.realm(), get)
        .name(js_string!("get source"))
        .build();
    let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
    prototype.define_property_or_throw(name, property, context)?;
    Ok(())
}

/// A pattern with a backslash before each `/` that has none yet and is in no class, from one with a
/// backslash too many before each.
fn escaped_once(text: &JsString) -> JsString {
    let mut source = Vec::with_capacity(text.len());
    let mut units = text.iter().peekable();
    let (mut escaped, mut in_class) = (false, false);
    while let Some(unit) = units.next() {
        if unit == BACKSLASH && units.peek() == Some(&SLASH) {
            // What stands between this one and the slash is the engine's.
            continue;
        }
        if unit == SLASH && !escaped && !in_class {
            source.push(BACKSLASH);
        }
        source.push(unit);
        match unit {
            _ if escaped => escaped = false,
            BACKSLASH => escaped = true,
            0x5b => in_class = true,
            0x5d => in_class = false,
            _ => {}
        }
    }
    JsString::from(source.as_slice())
}
