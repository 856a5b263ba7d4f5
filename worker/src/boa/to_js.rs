//! Builds engine values from anything serializable, without JSON text in between.
//!
//! Names of struct fields and unit variants are static, so their engine strings are made once
//! per thread; an event's objects then share them, and with them their hidden classes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Display;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsString, JsValue};
use serde::Serialize;
use serde::ser::{self, Serializer};

/// A value that has no counterpart in JavaScript.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ToJsError(String);

/// The engine value with the JSON shape of `source`.
pub(super) fn value<T: Serialize + ?Sized>(
    source: &T,
    context: &mut Context,
) -> Result<JsValue, ToJsError> {
    source.serialize(ToJs(context))
}

thread_local! {
    static NAMES: RefCell<HashMap<&'static str, JsString>> = RefCell::new(HashMap::new());
}

/// The engine string of a static name.
fn name(text: &'static str) -> JsString {
    NAMES.with_borrow_mut(|names| names.entry(text).or_insert_with(|| JsString::from(text)).clone())
}

struct ToJs<'a>(&'a mut Context);

/// Elements gathered so far.
struct List<'a> {
    context: &'a mut Context,
    elements: Vec<JsValue>,
    /// For a variant with a value: the name under which the value goes.
    variant: Option<&'static str>,
}

/// An object under construction.
struct Object<'a> {
    context: &'a mut Context,
    object: JsObject,
    key: Option<JsString>,
    variant: Option<&'static str>,
}

// === impl ToJs ===

impl<'a> ToJs<'a> {
    fn list(self, length: Option<usize>, variant: Option<&'static str>) -> List<'a> {
        List {
            context: self.0,
            // A length is a hint, and may come from outside.
            elements: Vec::with_capacity(length.unwrap_or(0).min(1024)),
            variant,
        }
    }

    fn object(self, variant: Option<&'static str>) -> Object<'a> {
        Object {
            object: JsObject::with_object_proto(self.0.intrinsics()),
            context: self.0,
            key: None,
            variant,
        }
    }
}

impl<'a> Serializer for ToJs<'a> {
    type Ok = JsValue;
    type Error = ToJsError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    fn serialize_bool(self, v: bool) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_i8(self, v: i8) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_u8(self, v: u8) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_f32(self, v: f32) -> Result<JsValue, ToJsError> {
        Ok(f64::from(v).into())
    }

    fn serialize_f64(self, v: f64) -> Result<JsValue, ToJsError> {
        Ok(v.into())
    }

    fn serialize_char(self, v: char) -> Result<JsValue, ToJsError> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<JsValue, ToJsError> {
        Ok(JsString::from(v).into())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<JsValue, ToJsError> {
        let elements = v.iter().map(|byte| JsValue::from(*byte));
        Ok(JsArray::from_iter(elements, self.0).into())
    }

    fn serialize_none(self) -> Result<JsValue, ToJsError> {
        Ok(JsValue::null())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<JsValue, ToJsError> {
        v.serialize(self)
    }

    fn serialize_unit(self) -> Result<JsValue, ToJsError> {
        Ok(JsValue::null())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<JsValue, ToJsError> {
        Ok(JsValue::null())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<JsValue, ToJsError> {
        Ok(name(variant).into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        v: &T,
    ) -> Result<JsValue, ToJsError> {
        v.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        v: &T,
    ) -> Result<JsValue, ToJsError> {
        let value = value(v, self.0)?;
        Ok(tagged(Some(variant), value, self.0))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List<'a>, ToJsError> {
        Ok(self.list(length, None))
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'a>, ToJsError> {
        Ok(self.list(Some(length), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List<'a>, ToJsError> {
        Ok(self.list(Some(length), None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<List<'a>, ToJsError> {
        Ok(self.list(Some(length), Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, ToJsError> {
        Ok(self.object(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, ToJsError> {
        Ok(self.object(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, ToJsError> {
        Ok(self.object(Some(variant)))
    }
}

// === impl List ===

impl List<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), ToJsError> {
        self.elements.push(value(v, self.context)?);
        Ok(())
    }

    fn finish(self) -> JsValue {
        let array = JsArray::from_iter(self.elements, self.context);
        tagged(self.variant, array.into(), self.context)
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), ToJsError> {
        self.push(v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), ToJsError> {
        self.push(v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), ToJsError> {
        self.push(v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for List<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), ToJsError> {
        self.push(v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

// === impl Object ===

impl Object<'_> {
    fn put<T: Serialize + ?Sized>(&mut self, key: JsString, v: &T) -> Result<(), ToJsError> {
        let value = value(v, self.context)?;
        put(&self.object, key, value);
        Ok(())
    }

    fn finish(self) -> JsValue {
        tagged(self.variant, self.object.into(), self.context)
    }
}

impl ser::SerializeMap for Object<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ToJsError> {
        let key = value(key, self.context)?;
        let text = key.as_string().ok_or_else(|| ToJsError("a key that is no string".into()))?;
        self.key = Some(text);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), ToJsError> {
        let key = self.key.take().unwrap_or_default();
        self.put(key, v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Object<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        v: &T,
    ) -> Result<(), ToJsError> {
        self.put(name(key), v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Object<'_> {
    type Ok = JsValue;
    type Error = ToJsError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        v: &T,
    ) -> Result<(), ToJsError> {
        self.put(name(key), v)
    }

    fn end(self) -> Result<JsValue, ToJsError> {
        Ok(self.finish())
    }
}

// === impl ToJsError ===

impl ser::Error for ToJsError {
    fn custom<T: Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

/// `{variant: value}`, or the value alone where there is no variant.
fn tagged(variant: Option<&'static str>, value: JsValue, context: &Context) -> JsValue {
    let Some(variant) = variant else {
        return value;
    };
    let object = JsObject::with_object_proto(context.intrinsics());
    put(&object, name(variant), value);
    object.into()
}

/// Defines an own property; never calls a setter, not even that of `__proto__`.
fn put(object: &JsObject, key: JsString, value: JsValue) {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(true)
        .configurable(true);
    object.insert_property(PropertyKey::from(key), property);
}
