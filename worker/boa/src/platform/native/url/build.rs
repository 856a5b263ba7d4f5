//! Builds classes whose members are natives, with the attributes of a web interface.

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_error, js_string,
};

use super::super::replace;

/// A class under construction.
pub(super) struct Class {
    pub(super) constructor: JsObject,
    pub(super) prototype: JsObject,
}

/// A class without members.
pub(super) fn class(
    name: &str,
    length: usize,
    construct: NativeFunctionPointer,
    context: &mut Context,
) -> JsResult<Class> {
    let name = JsString::from(name);
    let constructor: JsObject =
        FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(construct))
            .name(name.clone())
            .length(length)
            .constructor(true)
            .build()
            .into();
    let prototype = JsObject::with_object_proto(context.intrinsics());
    let fixed = PropertyDescriptor::builder().writable(false).enumerable(false).configurable(false);
    let link = fixed.value(prototype.clone()).build();
    constructor.define_property_or_throw(js_string!("prototype"), link, context)?;
    replace::define(&prototype, js_string!("constructor"), constructor.clone().into(), context)?;
    tag(&prototype, name, context)?;
    Ok(Class { constructor, prototype })
}

/// The name of a class's objects in `Object.prototype.toString`.
pub(super) fn tag(prototype: &JsObject, name: JsString, context: &mut Context) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(name)
        .writable(false)
        .enumerable(false)
        .configurable(true);
    prototype.define_property_or_throw(JsSymbol::to_string_tag(), property, context)?;
    Ok(())
}

/// Adds a method.
pub(super) fn method(
    object: &JsObject,
    name: &str,
    length: usize,
    call: NativeFunctionPointer,
    context: &mut Context,
) -> JsResult<JsObject> {
    let name = JsString::from(name);
    let function: JsObject =
        FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(call))
            .name(name.clone())
            .length(length)
            .build()
            .into();
    object.create_data_property_or_throw(name, function.clone(), context)?;
    Ok(function)
}

/// Adds an accessor whose getter and, with `set`, setter are natives.
pub(super) fn accessor(
    prototype: &JsObject,
    name: &str,
    get: NativeFunction,
    set: Option<NativeFunction>,
    context: &mut Context,
) -> JsResult<()> {
    let function = |call, word, length| {
        FunctionObjectBuilder::new(context.realm(), call)
            .name(JsString::from(format!("{word} {name}")))
            .length(length)
            .build()
    };
    let get = function(get, "get", 0);
    let mut property = PropertyDescriptor::builder().get(get).enumerable(true).configurable(true);
    if let Some(set) = set {
        property = property.set(function(set, "set", 1));
    }
    prototype.define_property_or_throw(JsString::from(name), property, context)?;
    Ok(())
}

/// The prototype for an object that `new` makes. `target` is `new.target`.
pub(super) fn prototype_of(
    target: &JsValue,
    class: &str,
    context: &mut Context,
) -> JsResult<JsObject> {
    let prototype = match target.as_object().filter(|target| target.is_callable()) {
        Some(target) => target.get(js_string!("prototype"), context)?.as_object(),
        None => None,
    };
    prototype.ok_or_else(
        || js_error!(TypeError: "Class constructor {} cannot be invoked without 'new'", class),
    )
}
