//! Plain objects that native code makes.

use boa_engine::builtins::object::OrdinaryObject;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsValue};

/// An empty object, as `{}` makes it.
///
/// It shares its shape with all objects that get the same properties in the same order:
/// they cost less to make, and code that reads them finds the properties by the class. That is
/// for names which are ours. Of names from outside each new one would make a class, which costs
/// three times as much as [`JsObject::with_object_proto`], with a class of its own.
pub(super) fn object(context: &mut Context) -> JsObject {
    ObjectInitializer::with_native_data(OrdinaryObject, context).build()
}

/// Defines an own property as an assignment would; never calls a setter, not even that of
/// `__proto__`.
pub(super) fn put(object: &JsObject, key: impl Into<PropertyKey>, value: impl Into<JsValue>) {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(true)
        .configurable(true);
    object.insert_property(key, property);
}
