//! The bytes behind `Buffer`, typed arrays, `DataView` and `ArrayBuffer`, without copying.

use std::ops::Range;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::{
    AlignedVec, JsArrayBuffer, JsDataView, JsTypedArray, JsUint8Array,
};
use boa_engine::{Context, JsResult, JsValue, js_error};

/// The bytes that a value views. Natives may use them only between calls into the engine, because
/// user code can detach or shrink them.
pub(in super::super) struct Bytes {
    buffer: JsArrayBuffer,
    range: Range<usize>,
}

// === impl Bytes ===

impl Bytes {
    /// The bytes of a view or a buffer; none if the value is neither of them.
    pub(in super::super) fn find(value: &JsValue, context: &mut Context) -> JsResult<Option<Self>> {
        let Some(object) = value.as_object() else {
            return Ok(None);
        };
        if let Ok(buffer) = JsArrayBuffer::from_object(object.clone()) {
            let range = 0..buffer.byte_length();
            return Ok(Some(Self { buffer, range }));
        }
        let (buffer, offset, length) = if let Ok(array) = JsTypedArray::from_object(object.clone())
        {
            (array.buffer(context)?, array.byte_offset(context)?, array.byte_length(context)?)
        } else if let Ok(view) = JsDataView::from_object(object.clone()) {
            let offset = usize::try_from(view.byte_offset(context)?).unwrap_or(usize::MAX);
            let length = usize::try_from(view.byte_length(context)?).unwrap_or(usize::MAX);
            (view.buffer(context)?, offset, length)
        } else {
            return Ok(None);
        };
        let buffer = buffer.as_object().map(JsArrayBuffer::from_object);
        let Some(Ok(buffer)) = buffer else {
            return Err(js_error!(TypeError: "shared memory cannot be used here"));
        };
        Ok(Some(Self { buffer, range: offset..offset.saturating_add(length) }))
    }

    /// The bytes of a value, which must be a view or a buffer. `what` names it in the error.
    pub(in super::super) fn of(
        value: &JsValue,
        what: &str,
        context: &mut Context,
    ) -> JsResult<Self> {
        Self::find(value, context)?.ok_or_else(|| {
            js_error!(TypeError: "The \"{}\" argument must be an instance of Buffer, TypedArray, DataView or ArrayBuffer", what)
        })
    }

    /// Reads them.
    pub(in super::super) fn with<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        let data = self.buffer.data();
        read(data.as_deref().and_then(|data| data.get(self.range.clone())).unwrap_or_default())
    }

    /// Writes them.
    pub(in super::super) fn with_mut<T>(&self, write: impl FnOnce(&mut [u8]) -> T) -> T {
        let mut data = self.buffer.data_mut();
        write(
            data.as_deref_mut()
                .and_then(|data| data.get_mut(self.range.clone()))
                .unwrap_or_default(),
        )
    }

    /// A copy of them.
    pub(in super::super) fn to_vec(&self) -> Vec<u8> {
        self.with(<[u8]>::to_vec)
    }
}

/// A new `Uint8Array` with these bytes.
pub(in super::super) fn uint8_array(bytes: &[u8], context: &mut Context) -> JsResult<JsObject> {
    let buffer = array_buffer(bytes, context)?;
    Ok(JsUint8Array::from_array_buffer(buffer, context)?.into())
}

/// A new `ArrayBuffer` with these bytes.
pub(in super::super) fn array_buffer(
    bytes: &[u8],
    context: &mut Context,
) -> JsResult<JsArrayBuffer> {
    JsArrayBuffer::from_byte_block(AlignedVec::from_slice(0, bytes), context)
}
