//! `JSON` in native code.
//!
//! The engine's own `parse` compiles the text as a program, and keeps every name and string in it
//! as long as the context lives. This one builds the value while it reads the text. Its errors have
//! V8's words.

mod json_error;
mod revive;
mod stringify;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use boa_engine::object::builtins::JsArray;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, JsArgs, JsError, JsResult, JsString, JsValue, NativeFunction, js_error, js_string,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::plain;
use super::text::text;

/// Deepest nesting. Every level takes native stack.
const DEPTH_MAX: usize = 4_000;

/// Longer names are not looked up among the names seen before.
const NAME_MAX: usize = 64;

/// Most names that are remembered during one text.
const NAMES_MAX: usize = 1_024;

/// Replaces both functions of the engine.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let json = context.global_object().get(js_string!("JSON"), context)?;
    let Some(json) = json.as_object() else {
        return Err(js_error!(Error: "the engine has no JSON"));
    };
    let asking = stringify::Asking::take(context)?;
    let stringify = NativeFunction::from_copy_closure_with_captures(stringify::stringify, asking);
    for (name, length, native) in
        [("parse", 2, NativeFunction::from_fn_ptr(parse)), ("stringify", 3, stringify)]
    {
        let function = FunctionObjectBuilder::new(context.realm(), native)
            .name(JsString::from(name))
            .length(length)
            .build();
        let property = PropertyDescriptor::builder()
            .value(function)
            .writable(true)
            .enumerable(false)
            .configurable(true);
        json.define_property_or_throw(JsString::from(name), property, context)?;
    }
    Ok(())
}

fn parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let source = arguments.get_or_undefined(0).to_string(context)?;
    let value = read(&text(source.as_str()), context)?;
    match arguments.get_or_undefined(1).as_callable() {
        Some(reviver) => revive::revive(value, &reviver, context),
        None => Ok(value),
    }
}

/// The value of a JSON text.
pub(super) fn read(text: &str, context: &mut Context) -> JsResult<JsValue> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.disable_recursion_limit();
    let names = RefCell::new(HashMap::new());
    let seed = Value { context, names: &names, depth: 0 };
    let read = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    read.map_err(|error| JsError::from(json_error::of(&error, text)))
}

/// Reads one value.
struct Value<'a> {
    context: &'a mut Context,
    /// The engine's strings for names seen before. In a list of objects names repeat.
    names: &'a RefCell<HashMap<String, JsString>>,
    depth: usize,
}

// === impl Value ===

impl Value<'_> {
    fn inner(&mut self) -> Value<'_> {
        Value { context: self.context, names: self.names, depth: self.depth + 1 }
    }

    fn check_depth<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth < DEPTH_MAX { Ok(()) } else { Err(E::custom(json_error::TOO_DEEP)) }
    }

    fn name(&self, name: String) -> JsString {
        if name.len() > NAME_MAX {
            return JsString::from(name.as_str());
        }
        let mut names = self.names.borrow_mut();
        if let Some(known) = names.get(&name) {
            return known.clone();
        }
        let made = JsString::from(name.as_str());
        if names.len() < NAMES_MAX {
            names.insert(name, made.clone());
        }
        made
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = JsValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = JsValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<JsValue, E> {
        Ok(JsValue::null())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<JsValue, E> {
        Ok(flag.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<JsValue, E> {
        Ok(JsValue::from(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<JsValue, E> {
        Ok(JsValue::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<JsValue, E> {
        Ok(JsValue::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<JsValue, E> {
        Ok(JsString::from(text).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<JsValue, A::Error> {
        self.check_depth()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(self.inner())? {
            elements.push(element);
        }
        Ok(JsArray::from_iter(elements, self.context).into())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<JsValue, A::Error> {
        self.check_depth()?;
        let object = JsObject::with_object_proto(self.context.intrinsics());
        while let Some(name) = map.next_key::<String>()? {
            let key = self.name(name);
            let value = map.next_value_seed(self.inner())?;
            plain::put(&object, key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests;
