//! Redefining properties: the engine forgets some attributes.
//!
//! Objects share shapes, and each shape knows the one before it. When a property changes its
//! attributes, the engine adds a shape that does not say which property it was. When another
//! property is later deleted or becomes an accessor, the engine goes back along these shapes and
//! takes the first attributes of every property again: a hidden property is then listed, and a
//! read-only property can be assigned. So after such a change the object's last properties are
//! removed and added again. Its shapes then look as if the property had always had these
//! attributes.

use boa_engine::builtins::proxy::Proxy;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsArgs, JsResult, JsValue, js_error, js_string};

use super::replace;

/// Most properties that are added again for one change. An object with more properties behind the
/// changed one gets a shape of its own, which has no such history.
const AGAIN_MAX: usize = 64;

/// After this many changes of its prototype, the engine gives an object a shape of its own.
const CHANGES_MAX: usize = 1_100;

/// Replaces the functions that redefine properties.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let object = context.intrinsics().constructors().object();
    let (class, prototype) = (object.constructor(), object.prototype());
    replace::method(&class, "defineProperty", define_one, context)?;
    replace::method(&class, "defineProperties", define_many, context)?;
    replace::method(&prototype, "__defineGetter__", define_on_this, context)?;
    replace::method(&prototype, "__defineSetter__", define_on_this, context)?;
    let reflect = context.global_object().get(js_string!("Reflect"), context)?;
    if let Some(reflect) = reflect.as_object() {
        replace::method(&reflect, "defineProperty", define_one, context)?;
    }
    Ok(())
}

/// `defineProperty(object, key, descriptor)`.
fn define_one(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).as_object().filter(may_forget);
    let (Some(object), Some(key)) = (object, arguments.get(1)) else {
        return own.call(this, arguments, context);
    };
    // What the key is turned into may run code, once.
    let key = key.to_property_key(context)?;
    let before = attributes(&object, &key);
    let mut arguments = arguments.to_vec();
    if let Some(argument) = arguments.get_mut(1) {
        *argument = key.clone().into();
    }
    let defined = own.call(this, &arguments, context);
    settle(&object, &key, before, context)?;
    defined
}

/// `object.__defineGetter__(key, getter)` and its like.
fn define_on_this(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.as_object().filter(may_forget);
    let (Some(object), Some(key)) = (object, arguments.first()) else {
        return own.call(this, arguments, context);
    };
    let key = key.to_property_key(context)?;
    let before = attributes(&object, &key);
    let mut arguments = arguments.to_vec();
    if let Some(argument) = arguments.first_mut() {
        *argument = key.clone().into();
    }
    let defined = own.call(this, &arguments, context);
    settle(&object, &key, before, context)?;
    defined
}

/// `defineProperties(object, descriptors)`: all descriptors are read before any is used.
fn define_many(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).as_object().filter(may_forget);
    let listed = arguments.get_or_undefined(1).as_object().filter(JsObject::is_ordinary);
    let (Some(object), Some(listed)) = (object, listed) else {
        return own.call(this, arguments, context);
    };
    let mut read = Vec::new();
    for key in listed.own_property_keys(context)? {
        // Reading one may have changed those that come after.
        let property = listed.borrow().properties().get(&key);
        if property.is_some_and(|property| property.enumerable() == Some(true)) {
            let described = listed.get(key.clone(), context)?;
            let Some(described) = described.as_object() else {
                let why = described.display().to_string();
                return Err(
                    js_error!(TypeError: "Property description must be an object: {}", why),
                );
            };
            read.push((key, described.to_property_descriptor(context)?));
        }
    }
    for (key, property) in read {
        let before = attributes(&object, &key);
        object.define_property_or_throw(key.clone(), property, context)?;
        settle(&object, &key, before, context)?;
    }
    Ok(object.into())
}

/// True for an object that shares its shape, and is not a proxy.
fn may_forget(object: &JsObject) -> bool {
    !object.is::<Proxy>() && object.borrow().shape().is_shared()
}

/// Writable, enumerable and configurable of an own property with a name; none if there is no such
/// property.
fn attributes(object: &JsObject, key: &PropertyKey) -> Option<[Option<bool>; 3]> {
    if matches!(key, PropertyKey::Index(_)) {
        return None;
    }
    let property = object.borrow().properties().get(key)?;
    Some([property.writable(), property.enumerable(), property.configurable()])
}

/// Gives the object a shape that has the attributes in its history, if they changed.
fn settle(
    object: &JsObject,
    key: &PropertyKey,
    before: Option<[Option<bool>; 3]>,
    context: &mut Context,
) -> JsResult<()> {
    let is_array_length = object.is_array() && *key == PropertyKey::from(js_string!("length"));
    let after = attributes(object, key);
    // A property that becomes an accessor, or ceases to be one, gets a new place in all shapes.
    let is_kept = before.zip(after).is_some_and(|(before, after)| {
        let is_value = |[writable, _, _]: [Option<bool>; 3]| writable.is_some();
        before != after && is_value(before) == is_value(after)
    });
    if !is_kept || is_array_length || !object.borrow().shape().is_shared() {
        return Ok(());
    }
    let keys = object.borrow().shape().keys();
    let later = keys
        .iter()
        .position(|other| other == key)
        .map_or(&[][..], |at| keys.get(at..).unwrap_or_default());
    if later.len() > AGAIN_MAX {
        return leave_shared_class(object);
    }
    let kept: Vec<(PropertyKey, PropertyDescriptor)> = later
        .iter()
        .filter_map(|key| Some((key.clone(), object.borrow().properties().get(key)?)))
        .collect();
    for (key, property) in kept.iter().rev() {
        if property.configurable() != Some(true) {
            object.insert_property(key.clone(), freed(property));
        }
        object.delete_property_or_throw(key.clone(), context)?;
    }
    for (key, property) in kept {
        object.insert_property(key, property);
    }
    Ok(())
}

/// The property in a form that can be deleted.
fn freed(property: &PropertyDescriptor) -> PropertyDescriptor {
    let builder =
        PropertyDescriptor::builder().maybe_enumerable(property.enumerable()).configurable(true);
    match property.is_accessor_descriptor() {
        true => builder.maybe_get(property.get().cloned()).maybe_set(property.set().cloned()),
        false => builder.maybe_value(property.value().cloned()).maybe_writable(property.writable()),
    }
    .build()
}

/// Makes the engine give the object a shape of its own.
fn leave_shared_class(object: &JsObject) -> JsResult<()> {
    let prototype = object.prototype();
    let other = JsObject::with_null_proto();
    for _ in 0..CHANGES_MAX {
        object.set_prototype(Some(other.clone()));
        object.set_prototype(prototype.clone());
        if !object.borrow().shape().is_shared() {
            break;
        }
    }
    Ok(())
}
