//! Plain objects that native code makes.

use boa_engine::builtins::object::OrdinaryObject;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsValue};

/// An empty object, as `{}` makes it.
///
/// It shares its shape with all objects that get the same properties in the same order. Such
/// objects cost less to make, and code that reads them finds their properties faster. Use it for
/// fixed names only: each new name from outside would make a new shape. Then
/// [`JsObject::with_object_proto`], with a shape of its own, costs a third.
pub(super) fn object(context: &mut Context) -> JsObject {
    ObjectInitializer::with_native_data(OrdinaryObject, context).build()
}

/// Defines an own property with the attributes of an assigned one. It never calls a setter, not
/// even that of `__proto__`.
pub(super) fn put(object: &JsObject, key: impl Into<PropertyKey>, value: impl Into<JsValue>) {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(true)
        .configurable(true);
    object.insert_property(key, property);
}
