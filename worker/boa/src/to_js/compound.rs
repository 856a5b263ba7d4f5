//! Arrays and objects under construction, element by element.

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsString, JsValue};
use serde::Serialize;
use serde::ser;

use super::super::plain;
use super::{ToJsError, name, value};

/// Elements gathered so far.
pub(super) struct List<'a> {
    context: &'a mut Context,
    elements: Vec<JsValue>,
    /// The key of the value, for a variant with a value.
    variant: Option<&'static str>,
}

/// An object under construction.
pub(super) struct Object<'a> {
    context: &'a mut Context,
    object: JsObject,
    key: Option<JsString>,
    variant: Option<&'static str>,
}

// === impl List ===

impl<'a> List<'a> {
    /// An empty array. The length is a hint, and may come from outside.
    pub(super) fn new(
        context: &'a mut Context,
        length: Option<usize>,
        variant: Option<&'static str>,
    ) -> Self {
        Self { context, elements: Vec::with_capacity(length.unwrap_or(0).min(1024)), variant }
    }

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

impl<'a> Object<'a> {
    /// An empty object for properties with static names.
    pub(super) fn of_fields(context: &'a mut Context, variant: Option<&'static str>) -> Self {
        Self { object: plain::object(context), context, key: None, variant }
    }

    /// An empty object for properties with any names.
    pub(super) fn of_entries(context: &'a mut Context) -> Self {
        let object = JsObject::with_object_proto(context.intrinsics());
        Self { object, context, key: None, variant: None }
    }

    fn put<T: Serialize + ?Sized>(&mut self, key: JsString, v: &T) -> Result<(), ToJsError> {
        let value = value(v, self.context)?;
        plain::put(&self.object, key, value);
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
        let text = key.as_string().ok_or_else(|| ToJsError("a key that is not a string".into()))?;
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

/// `{variant: value}`, or the value alone if there is no variant.
pub(super) fn tagged(
    variant: Option<&'static str>,
    value: JsValue,
    context: &mut Context,
) -> JsValue {
    let Some(variant) = variant else {
        return value;
    };
    let object = plain::object(context);
    plain::put(&object, name(variant), value);
    object.into()
}
