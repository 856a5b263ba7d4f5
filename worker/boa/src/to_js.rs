//! Builds engine values from serializable values, without JSON text in between.
//!
//! Names of struct fields and unit variants are static, so their engine strings are made once for
//! each thread. The objects of all events share these strings, and so their shapes.

mod compound;

use std::cell::RefCell;
use std::fmt::Display;

use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsString, JsValue};
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::ser::{self, Serializer};

use compound::{List, Object, tagged};

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
    static NAMES: RefCell<FxHashMap<&'static str, JsString>> = RefCell::default();
}

/// The engine string of a static name.
fn name(text: &'static str) -> JsString {
    NAMES.with_borrow_mut(|names| names.entry(text).or_insert_with(|| JsString::from(text)).clone())
}

struct ToJs<'a>(&'a mut Context);

// === impl ToJs ===

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
        Ok(List::new(self.0, length, None))
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'a>, ToJsError> {
        Ok(List::new(self.0, Some(length), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List<'a>, ToJsError> {
        Ok(List::new(self.0, Some(length), None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<List<'a>, ToJsError> {
        Ok(List::new(self.0, Some(length), Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, ToJsError> {
        Ok(Object::of_entries(self.0))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, ToJsError> {
        Ok(Object::of_fields(self.0, None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, ToJsError> {
        Ok(Object::of_fields(self.0, Some(variant)))
    }
}

// === impl ToJsError ===

impl ser::Error for ToJsError {
    fn custom<T: Display>(text: T) -> Self {
        Self(text.to_string())
    }
}
