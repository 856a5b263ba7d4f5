//! Writes a handler's answer as MessagePack, with the values that `JSON.stringify` would write.
//!
//! It calls `toJSON`. Functions and undefined are left out of objects, and are null in arrays. NaN
//! is null, and lone surrogates become U+FFFD. In contrast to the engine's own conversion, it
//! limits the depth, the number of values and the bytes, and its error names the limit.

use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsBigInt, JsResult, JsString, JsValue, JsVariant, js_string};
use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use brink_shared::limits::RESPONSE_SIZE;
use brink_shared::wire::{Failure, FailureKind};

use super::failure;
use super::session::Session;
use super::text::text;

/// Deepest nesting of an answer. A valid one needs nine levels.
pub const DEPTH_MAX: usize = 32;

/// Most values in an answer.
pub const NODES_MAX: usize = 10_000;

/// Largest whole number that a JavaScript number holds exactly.
const WHOLE_MAX: f64 = 9_007_199_254_740_991.0;

/// Writes the value. Runs user code: getters, proxies, `toJSON`.
///
/// Undefined at the top becomes null. If user code throws, that is an execution failure. A value
/// that has no JSON form, or is over a limit, is a validation failure.
pub(super) fn value(
    value: JsValue,
    session: &Session,
    context: &mut Context,
) -> Result<Bytes, Failure> {
    let mut walk = Walk {
        context,
        session,
        nodes_left: NODES_MAX,
        bytes_left: session.load.bounds.response_size,
        open: Vec::new(),
    };
    let json = walk.node(value, Key::Name(&JsString::default()))?.unwrap_or(Json::Null);
    let mut out = Vec::with_capacity(512);
    rmp_serde::encode::write(&mut out, &json).map_err(|error| invalid(error.to_string()))?;
    Ok(out.into())
}

/// A value with a JSON form.
#[derive(Serialize)]
#[serde(untagged)]
enum Json {
    Null,
    Bool(bool),
    Whole(i64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Map(Entries),
}

struct Entries(Vec<(String, Json)>);

/// The place of a value.
#[derive(Clone, Copy)]
enum Key<'a> {
    Name(&'a JsString),
    Index(usize),
}

struct Walk<'a> {
    context: &'a mut Context,
    session: &'a Session,
    nodes_left: usize,
    /// Bytes of text, including keys.
    bytes_left: u64,
    /// The objects around the present value, outermost first.
    open: Vec<JsObject>,
}

// === impl Key ===

impl Key<'_> {
    fn text(self) -> JsString {
        match self {
            Self::Name(name) => name.clone(),
            Self::Index(index) => JsString::from(index.to_string()),
        }
    }
}

// === impl Walk ===

impl Walk<'_> {
    /// The JSON form of the value under `key`; none if it is left out.
    fn node(&mut self, value: JsValue, key: Key<'_>) -> Result<Option<Json>, Failure> {
        let value = self.replaced(value, key)?;
        self.nodes_left = self.nodes_left.checked_sub(1).ok_or_else(|| {
            invalid(format!("the returned object has more than {NODES_MAX} values"))
        })?;
        Ok(Some(match value.variant() {
            JsVariant::Undefined | JsVariant::Symbol(_) => return Ok(None),
            JsVariant::Null => Json::Null,
            JsVariant::Boolean(flag) => Json::Bool(flag),
            JsVariant::Integer32(number) => Json::Whole(number.into()),
            JsVariant::Float64(number) => number_node(number),
            JsVariant::String(text) => Json::Text(self.text(&text)?),
            JsVariant::BigInt(_) => {
                return Err(invalid("the returned object has a BigInt, which JSON cannot hold"));
            }
            JsVariant::Object(object) if object.is_callable() => return Ok(None),
            JsVariant::Object(object) => self.object(object)?,
        }))
    }

    /// The value after `toJSON`. A wrapped primitive is unwrapped.
    fn replaced(&mut self, value: JsValue, key: Key<'_>) -> Result<JsValue, Failure> {
        let Some(object) = value.as_object() else {
            return Ok(value);
        };
        let replacement =
            self.run(|context| match object.get(js_string!("toJSON"), context)?.as_callable() {
                Some(to_json) => to_json.call(&value, &[key.text().into()], context).map(Some),
                None => Ok(None),
            })?;
        let value = replacement.unwrap_or(value);
        let Some(object) = value.as_object() else {
            return Ok(value);
        };
        if object.is::<f64>() {
            self.run(|context| value.to_number(context).map(JsValue::from))
        } else if object.is::<JsString>() {
            self.run(|context| value.to_string(context).map(JsValue::from))
        } else if let Some(flag) = object.downcast_ref::<bool>() {
            Ok(JsValue::from(*flag))
        } else if let Some(number) = object.downcast_ref::<JsBigInt>() {
            Ok(JsValue::from(number.clone()))
        } else {
            Ok(value)
        }
    }

    fn object(&mut self, object: JsObject) -> Result<Json, Failure> {
        if self.open.iter().any(|outer| JsObject::equals(outer, &object)) {
            return Err(invalid("the returned object contains itself"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(invalid(format!(
                "the returned object is nested more than {DEPTH_MAX} levels deep"
            )));
        }
        self.open.push(object.clone());
        let node =
            if self.counts_as_array(&object)? { self.array(&object) } else { self.map(&object) };
        self.open.pop();
        node
    }

    fn counts_as_array(&mut self, object: &JsObject) -> Result<bool, Failure> {
        if object.is_array() || object.is_ordinary() {
            return Ok(object.is_array());
        }
        let is_array = &self.session.is_array;
        let argument = [object.clone().into()];
        self.run(|context| {
            Ok(is_array.call(&JsValue::undefined(), &argument, context)?.to_boolean())
        })
    }

    fn array(&mut self, array: &JsObject) -> Result<Json, Failure> {
        let length =
            self.run(|context| array.get(js_string!("length"), context)?.to_length(context))?;
        // An array may be sparse: its length alone says nothing about its size.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.nodes_left {
            return Err(invalid(format!("the returned object has more than {NODES_MAX} values")));
        }
        let mut list = Vec::with_capacity(length);
        for index in 0..length {
            let value = self.run(|context| array.get(index, context))?;
            let node = self.node(value, Key::Index(index))?;
            list.push(node.unwrap_or(Json::Null));
        }
        Ok(Json::List(list))
    }

    fn map(&mut self, object: &JsObject) -> Result<Json, Failure> {
        // Anything but a plain object may run user code to list its properties; of those, take a
        // plain copy first.
        let object = &if object.is_ordinary() {
            object.clone()
        } else {
            let copy = JsObject::with_null_proto();
            let source = JsValue::from(object.clone());
            self.run(|context| {
                copy.copy_data_properties::<PropertyKey>(&source, Vec::new(), context)
            })?;
            copy
        };
        let keys = self.run(|context| object.own_property_keys(context))?;
        let mut entries = Vec::with_capacity(keys.len().min(self.nodes_left));
        for key in keys {
            let name = match &key {
                PropertyKey::String(name) => name.clone(),
                PropertyKey::Index(index) => JsString::from(index.get().to_string()),
                PropertyKey::Symbol(_) => continue,
            };
            let Some(value) = self.enumerable_value(object, &key)? else {
                continue;
            };
            if let Some(node) = self.node(value, Key::Name(&name))? {
                entries.push((self.text(&name)?, node));
            }
        }
        Ok(Json::Map(Entries(entries)))
    }

    /// The value of an enumerable property, which calls its getter.
    fn enumerable_value(
        &mut self,
        object: &JsObject,
        key: &PropertyKey,
    ) -> Result<Option<JsValue>, Failure> {
        let property = object.borrow().properties().get(key);
        match property {
            Some(property) if property.enumerable() == Some(true) => match property.value() {
                Some(value) => Ok(Some(value.clone())),
                None => self.run(|context| object.get(key.clone(), context)).map(Some),
            },
            _ => Ok(None),
        }
    }

    fn text(&mut self, string: &JsString) -> Result<String, Failure> {
        // Every code unit is at least one byte: do not convert what cannot fit.
        if string.len() as u64 > self.bytes_left {
            return Err(self.too_large(string.len()));
        }
        let text = text(string.as_str()).into_owned();
        let left = self.bytes_left.checked_sub(text.len() as u64);
        self.bytes_left = left.ok_or_else(|| self.too_large(text.len()))?;
        Ok(text)
    }

    /// The error if these bytes would make the response too large.
    fn too_large(&self, further: usize) -> Failure {
        let load = &self.session.load;
        let allowed = load.bounds.response_size;
        let used = (allowed - self.bytes_left).saturating_add(further as u64);
        let exceeded = RESPONSE_SIZE.exceeded(used, allowed);
        Failure {
            error_type: "Function.ResponseSizeTooLarge".to_owned(),
            ..invalid(format!("{} {exceeded}", load.name()))
        }
    }

    fn run<T>(&mut self, act: impl FnOnce(&mut Context) -> JsResult<T>) -> Result<T, Failure> {
        act(self.context).map_err(|error| failure::of_error(error, self.context))
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Writes whole numbers as integers, as JSON text would show them. -0 becomes 0.
fn number_node(number: f64) -> Json {
    if !number.is_finite() {
        Json::Null
    } else if number.fract() == 0.0 && number.abs() <= WHOLE_MAX {
        #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        let whole = number as i64;
        Json::Whole(whole)
    } else {
        Json::Float(number)
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Validation, ..failure::execution("Runtime.MarshalError", message) }
}
