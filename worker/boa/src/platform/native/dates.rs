//! `Date` as in V8: it reads more than ISO 8601, and its text has the name of the time zone.
//!
//! The zone is always UTC, as on Lambda. Texts for people (`toLocaleString`) are those of
//! `internal/intl`.

mod reader;

use boa_engine::builtins::date::Date;
use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::value::PreferredType;
use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_error, js_string,
};

use super::replace;

/// The end of the texts of dates.
const ZONE: &str = " (Coordinated Universal Time)";

/// The text of an invalid date.
const INVALID: &str = "Invalid Date";

/// The module with the texts for people.
const INTL: &str = "internal/intl";

const NAME: JsString = js_string!("Date");
const PROTOTYPE: JsString = js_string!("prototype");

/// Replaces the engine's `Date`.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let standard = context.intrinsics().constructors().date();
    let (own, prototype) = (standard.constructor(), standard.prototype());
    for name in ["toString", "toTimeString"] {
        replace::method(&prototype, name, with_zone, context)?;
    }
    for (name, export) in [
        ("toLocaleString", "dateToLocaleString"),
        ("toLocaleDateString", "dateToLocaleDateString"),
        ("toLocaleTimeString", "dateToLocaleTimeString"),
    ] {
        replace::method_by_module(&prototype, name, INTL, export, context)?;
    }
    replace::method(&own, "parse", parse, context)?;
    let class = class(&own, &prototype, context)?;
    replace::define(&prototype, js_string!("constructor"), class.clone().into(), context)?;
    let global = context.global_object();
    replace::define(&global, NAME, class.into(), context)
}

/// The constructor that functions see. It makes the engine's dates, with the same prototype.
fn class(own: &JsObject, prototype: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    let engine = JsFunction::from_object(own.clone())
        .ok_or_else(|| js_error!(Error: "the engine has no Date"))?;
    let call = NativeFunction::from_copy_closure_with_captures(construct, engine);
    let class = JsObject::from(
        FunctionObjectBuilder::new(context.realm(), call)
            .name(NAME)
            .length(7)
            .constructor(true)
            .build(),
    );
    for name in ["now", "parse", "UTC"].map(JsString::from) {
        let method = own.get(name.clone(), context)?;
        replace::define(&class, name, method, context)?;
    }
    let property = PropertyDescriptor::builder()
        .value(prototype.clone())
        .writable(false)
        .enumerable(false)
        .configurable(false);
    class.define_property_or_throw(PROTOTYPE, property, context)?;
    Ok(class)
}

/// `new Date(...)`, or `Date()`. A native constructor gets its `new.target` as `this`.
fn construct(
    target: &JsValue,
    arguments: &[JsValue],
    engine: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(target) = target.as_object().filter(JsObject::is_constructor) else {
        let now = engine.call(&JsValue::undefined(), &[], context)?;
        return zoned(now, context);
    };
    let one = match arguments {
        [value] if !value.as_object().is_some_and(|object| object.is::<Date>()) => {
            let value = value.to_primitive(context, PreferredType::Default)?;
            match value.as_string() {
                Some(text) => Some([time_of(&text).into()]),
                None => Some([value]),
            }
        }
        _ => None,
    };
    let arguments = one.as_ref().map_or(arguments, |one| one.as_slice());
    engine.construct(arguments, Some(&target), context).map(JsValue::from)
}

fn parse(
    _: &JsValue,
    arguments: &[JsValue],
    _: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    Ok(time_of(&text).into())
}

/// The time in a text, in milliseconds since 1970, or NaN.
fn time_of(text: &JsString) -> f64 {
    reader::read(&text.to_std_string_lossy()).map_or(f64::NAN, |time| time as f64)
}

fn with_zone(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = own.call(this, arguments, context)?;
    zoned(text, context)
}

fn zoned(text: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let text = text.to_string(context)?.to_std_string_lossy();
    let zone = if text == INVALID { "" } else { ZONE };
    Ok(JsString::from(format!("{text}{zone}")).into())
}
