//! Replaces methods of the engine by our functions, which can call the original ones.

use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_error, js_string};

use super::super::load::load;

/// A function that replaces a method. Its third argument is the engine's method.
pub(super) type Replacement =
    fn(&JsValue, &[JsValue], &JsFunction, &mut Context) -> JsResult<JsValue>;

/// Replaces the method `name` by `call`, with the same name and length.
pub(super) fn method(
    object: &JsObject,
    name: &'static str,
    call: Replacement,
    context: &mut Context,
) -> JsResult<()> {
    let name = JsString::from(name);
    let own = own_method(object, &name, context)?;
    let length = own.get(js_string!("length"), context)?.to_length(context)?;
    let native = NativeFunction::from_copy_closure_with_captures(call, own);
    put(object, name, native, length as usize, context)
}

/// Replaces the method `name` by the export `export` of a platform module. The module is loaded
/// when the method is first called.
pub(super) fn method_by_module(
    object: &JsObject,
    name: &'static str,
    module: &'static str,
    export: &'static str,
    context: &mut Context,
) -> JsResult<()> {
    let native = NativeFunction::from_copy_closure(move |this, arguments, context| {
        let exports = load(module, context)?;
        let exports = exports.as_object().ok_or_else(|| js_error!(Error: "{} is empty", module))?;
        let function = exports.get(JsString::from(export), context)?;
        let function = function
            .as_callable()
            .ok_or_else(|| js_error!(Error: "no {} in {}", export, module))?;
        function.call(this, arguments, context)
    });
    put(object, JsString::from(name), native, 0, context)
}

/// A method of the engine.
pub(super) fn own_method(
    object: &JsObject,
    name: &JsString,
    context: &mut Context,
) -> JsResult<JsFunction> {
    let method = object.get(name.clone(), context)?.as_function();
    method.ok_or_else(|| js_error!(Error: "the engine has no {}", name.to_std_string_lossy()))
}

fn put(
    object: &JsObject,
    name: JsString,
    call: NativeFunction,
    length: usize,
    context: &mut Context,
) -> JsResult<()> {
    let function =
        FunctionObjectBuilder::new(context.realm(), call).name(name.clone()).length(length).build();
    define(object, name, function.into(), context)
}

/// Defines a property that is not enumerable, like the properties of the language's own objects.
pub(super) fn define(
    object: &JsObject,
    name: impl Into<PropertyKey>,
    value: JsValue,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(false)
        .configurable(true);
    object.define_property_or_throw(name, property, context)?;
    Ok(())
}
