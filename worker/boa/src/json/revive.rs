//! The second argument of `JSON.parse`: a function that replaces values, innermost first.

use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};

/// The value after the function was called for every part of it (ECMA-262,
/// InternalizeJSONProperty).
pub(super) fn revive(
    value: JsValue,
    reviver: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let root = JsObject::with_object_proto(context.intrinsics());
    root.create_data_property_or_throw(js_string!(), value, context)?;
    internalize(&root, js_string!().into(), reviver, context)
}

fn internalize(
    holder: &JsObject,
    key: PropertyKey,
    reviver: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let value = holder.get(key.clone(), context)?;
    if let Some(object) = value.as_object() {
        for inner in enumerable_keys(&object, context)? {
            let replaced = internalize(&object, inner.clone(), reviver, context)?;
            if replaced.is_undefined() {
                object.delete_property_or_throw(inner, context)?;
            } else {
                object.create_data_property(inner, replaced, context)?;
            }
        }
    }
    let name = match &key {
        PropertyKey::String(name) => name.clone(),
        PropertyKey::Index(index) => JsString::from(index.get().to_string()),
        PropertyKey::Symbol(_) => js_string!(),
    };
    reviver.call(&holder.clone().into(), &[name.into(), value], context)
}

fn enumerable_keys(object: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    let keys = object.own_property_keys(context)?;
    let length = PropertyKey::from(js_string!("length"));
    let is_array = object.is_array();
    Ok(keys
        .into_iter()
        .filter(|key| !(matches!(key, PropertyKey::Symbol(_)) || is_array && *key == length))
        .collect())
}
