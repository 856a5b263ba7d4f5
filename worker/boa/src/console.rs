//! `console`: the lines that a function writes become log frames, within a limit for each event.
//!
//! This code writes lines of plain values. The platform's `internal/console` writes formats and
//! objects, and is loaded when it is first needed.

use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, JsResult, JsString, JsSymbol, JsValue, JsVariant, NativeFunction, js_error, js_string,
};

use super::platform;
use super::session::Session;
use super::text::text;
use brink_frames::LogLevel;

/// The platform's module with the other methods.
const MODULE: &str = "internal/console";

/// The class `Console`, which is not a method.
const CLASS: &str = "Console";

/// Every method in Node.js's order, with its number of arguments. Methods that write their
/// arguments as a line have a level; the platform's module has the others.
const METHODS: [(&str, usize, Option<LogLevel>); 25] = [
    ("log", 0, Some(LogLevel::Info)),
    ("warn", 0, Some(LogLevel::Warn)),
    ("dir", 0, None),
    ("time", 0, None),
    ("timeEnd", 0, None),
    ("timeLog", 0, None),
    ("trace", 0, None),
    ("assert", 0, None),
    ("clear", 0, None),
    ("count", 0, None),
    ("countReset", 0, None),
    ("group", 0, None),
    ("groupEnd", 0, None),
    ("table", 1, None),
    ("debug", 0, Some(LogLevel::Debug)),
    ("info", 0, Some(LogLevel::Info)),
    ("dirxml", 0, None),
    ("error", 0, Some(LogLevel::Error)),
    ("groupCollapsed", 0, None),
    (CLASS, 1, None),
    ("profile", 0, None),
    ("profileEnd", 0, None),
    ("timeStamp", 0, None),
    ("context", 1, None),
    ("createTask", 0, None),
];

/// Makes the global `console`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = JsObject::with_object_proto(context.intrinsics());
    let mut console = ObjectInitializer::new(context);
    for (name, length, level) in METHODS {
        let call = NativeFunction::from_copy_closure(move |this, arguments, context| match level {
            Some(level) => log(name, level, arguments, context),
            None => call_module(name, this, arguments, context),
        });
        console.function(call, JsString::from(name), length);
    }
    console.property(JsSymbol::to_string_tag(), js_string!("console"), Attribute::CONFIGURABLE);
    let class = |_: &JsValue, _: &[JsValue], context: &mut Context| member(CLASS, context);
    let class = NativeFunction::from_fn_ptr(class).to_js_function(console.context().realm());
    console.accessor(
        JsString::from(CLASS),
        Some(class),
        None,
        Attribute::CONFIGURABLE | Attribute::ENUMERABLE,
    );
    let console = console.build();
    console.set_prototype(Some(prototype));
    enumerable(&console, context)?;
    let names = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    context.register_global_property(js_string!("console"), console, names)
}

/// Lists the methods, as Node.js does.
fn enumerable(console: &JsObject, context: &mut Context) -> JsResult<()> {
    for (name, _, _) in METHODS.iter().filter(|(name, _, _)| *name != CLASS) {
        let name = JsString::from(*name);
        let method = console.get(name.clone(), context)?;
        console.create_data_property_or_throw(name, method, context)?;
    }
    Ok(())
}

fn log(
    name: &'static str,
    level: LogLevel,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    if level < Session::of(context)?.load.bounds.log_level {
        return Ok(JsValue::undefined());
    }
    match plain_text(arguments) {
        Some(text) => Session::of(context)?.log(level, text),
        None => {
            call_module(name, &JsValue::undefined(), arguments, context)?;
        }
    }
    Ok(JsValue::undefined())
}

/// An export of the platform's module.
fn member(name: &str, context: &mut Context) -> JsResult<JsValue> {
    match platform::load(MODULE, context)?.as_object() {
        Some(module) => module.get(JsString::from(name), context),
        None => Ok(JsValue::undefined()),
    }
}

fn call_module(
    name: &'static str,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let method = member(name, context)?.as_callable();
    let method = method.ok_or_else(|| js_error!(Error: "console has no {}", name))?;
    method.call(this, arguments, context)
}

/// The text of values that need neither inspection nor formatting.
fn plain_text(values: &[JsValue]) -> Option<String> {
    let mut line = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            line.push(' ');
        }
        match value.variant() {
            JsVariant::String(string) => {
                let string = text(string.as_str());
                if at == 0 && values.len() > 1 && string.contains('%') {
                    return None;
                }
                line.push_str(&string);
            }
            JsVariant::Null => line.push_str("null"),
            JsVariant::Undefined => line.push_str("undefined"),
            JsVariant::Boolean(value) => line.push_str(if value { "true" } else { "false" }),
            JsVariant::Integer32(number) => line.push_str(&number.to_string()),
            _ => return None,
        }
    }
    Some(line)
}
