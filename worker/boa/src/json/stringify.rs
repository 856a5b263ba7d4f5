//! `JSON.stringify` in native code.
//!
//! The engine's own function makes a text of each value and copies it into the text around it. This
//! one writes a single text (ECMA-262, SerializeJSONProperty). The open objects are in a list, so
//! deep values need no native stack.

mod circle;
mod quote;

use std::collections::HashSet;

use boa_engine::builtins::proxy::Proxy;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::PropertyKey;
use boa_engine::{
    Context, Finalize, JsArgs, JsBigInt, JsResult, JsString, JsValue, Trace, js_error, js_string,
};

use crate::text::Output;

/// The deepest nesting. V8 gives up at about the same depth.
const DEPTH_MAX: usize = 8_000;

/// The most characters by which a level is indented.
const GAP_MAX: usize = 10;

/// The engine's functions that read objects. They are taken before user code can replace them.
#[derive(Clone, Trace, Finalize)]
pub(super) struct Asking {
    keys: JsFunction,
    is_array: JsFunction,
}

/// A text in the making.
struct Writer<'a> {
    context: &'a mut Context,
    asking: &'a Asking,
    /// The function that gets each value before it is written.
    replacer: Option<JsObject>,
    /// The only properties of objects that are written.
    names: Option<Vec<PropertyKey>>,
    gap: JsString,
    /// The beginning of a line of the current level.
    line: Output,
    text: Output,
    /// From the outermost object to the one that is being written.
    open: Vec<Open>,
    /// The objects in `open`.
    on_the_way: HashSet<JsObject>,
}

/// An object or a list that is being written.
struct Open {
    /// Its own key in the object around it.
    key: PropertyKey,
    object: JsObject,
    rest: Rest,
    is_empty: bool,
}

/// The members that are still to be written.
enum Rest {
    Elements { next: u64, length: u64 },
    Properties(std::vec::IntoIter<PropertyKey>),
}

pub(super) fn stringify(
    _: &JsValue,
    arguments: &[JsValue],
    asking: &Asking,
    context: &mut Context,
) -> JsResult<JsValue> {
    let replacer = arguments.get_or_undefined(1).as_object();
    let names = match &replacer {
        Some(list) if !list.is_callable() && asking.is_array(list, context)? => {
            Some(names(list, context)?)
        }
        _ => None,
    };
    let gap = gap(arguments.get_or_undefined(2), context)?;
    let writer = Writer {
        context,
        asking,
        replacer: replacer.filter(|replacer| replacer.is_callable()),
        names,
        line: Output::new(0),
        gap,
        text: Output::new(0),
        open: Vec::new(),
        on_the_way: HashSet::new(),
    };
    let text = writer.write(arguments.get_or_undefined(0).clone())?;
    Ok(text.map_or_else(JsValue::undefined, JsValue::from))
}

/// The names that a list allows, each once.
fn names(list: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for index in 0..length(list, context)? {
        let name = list.get(index, context)?;
        let is_boxed =
            name.as_object().is_some_and(|object| object.is::<f64>() || object.is::<JsString>());
        if name.is_string() || name.is_number() || is_boxed {
            let name = PropertyKey::from(name.to_string(context)?);
            if seen.insert(name.clone()) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// The text that indents a level.
fn gap(space: &JsValue, context: &mut Context) -> JsResult<JsString> {
    let space = unboxed(space.clone(), context)?;
    if let Some(text) = space.as_string() {
        return Ok(text.get(..GAP_MAX).unwrap_or(text));
    }
    // A value that is not a number indents by nothing.
    let count = space.as_number().unwrap_or_default().clamp(0.0, GAP_MAX as f64) as usize;
    Ok(JsString::from(" ".repeat(count)))
}

fn length(list: &JsObject, context: &mut Context) -> JsResult<u64> {
    list.get(js_string!("length"), context)?.to_length(context)
}

/// The value that an object of `Number`, `String`, `Boolean` or `BigInt` stands for.
fn unboxed(value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let Some(object) = value.as_object() else { return Ok(value) };
    if object.is::<f64>() {
        return Ok(value.to_number(context)?.into());
    }
    if object.is::<JsString>() {
        return Ok(value.to_string(context)?.into());
    }
    let flag = object.downcast_ref::<bool>().map(|flag| JsValue::from(*flag));
    let integer = object.downcast_ref::<JsBigInt>().map(|integer| JsValue::from(integer.clone()));
    Ok(flag.or(integer).unwrap_or(value))
}

/// True for values without a text. In a list they become `null`; in an object they are left out.
fn has_no_text(value: &JsValue) -> bool {
    value.is_undefined() || value.is_symbol() || value.is_callable()
}

fn name_of(key: &PropertyKey) -> JsString {
    match key {
        PropertyKey::String(name) => name.clone(),
        PropertyKey::Index(index) => index.get().into(),
        PropertyKey::Symbol(_) => js_string!(),
    }
}

// === impl Asking ===

impl Asking {
    pub(super) fn take(context: &mut Context) -> JsResult<Self> {
        let constructors = context.intrinsics().constructors();
        let (object, array) =
            (constructors.object().constructor(), constructors.array().constructor());
        let method = |of: JsObject, name: JsString, context: &mut Context| {
            let method = of.get(name, context)?.as_function();
            method.ok_or_else(|| js_error!(Error: "the engine lacks a function"))
        };
        Ok(Self {
            keys: method(object, js_string!("keys"), context)?,
            is_array: method(array, js_string!("isArray"), context)?,
        })
    }

    fn is_array(&self, object: &JsObject, context: &mut Context) -> JsResult<bool> {
        if !object.is::<Proxy>() {
            return Ok(object.is_array());
        }
        let told = self.is_array.call(&JsValue::undefined(), &[object.clone().into()], context)?;
        Ok(told.to_boolean())
    }

    /// The keys of an object's own enumerable properties, in their order.
    fn keys(&self, object: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
        if object.is_ordinary() {
            let mut keys = object.own_property_keys(context)?;
            let object = object.borrow();
            let is_listed = |key: &PropertyKey| {
                let property = object.properties().get(key);
                !matches!(key, PropertyKey::Symbol(_))
                    && property.and_then(|property| property.enumerable()) == Some(true)
            };
            keys.retain(is_listed);
            return Ok(keys);
        }
        let told = self.keys.call(&JsValue::undefined(), &[object.clone().into()], context)?;
        let Some(list) = told.as_object() else { return Ok(Vec::new()) };
        (0..length(&list, context)?)
            .map(|at| list.get(at, context)?.to_property_key(context))
            .collect()
    }
}

// === impl Writer ===

impl Writer<'_> {
    fn write(mut self, value: JsValue) -> JsResult<Option<JsString>> {
        let key = PropertyKey::from(js_string!());
        let holder = JsObject::with_object_proto(self.context.intrinsics());
        if self.replacer.is_some() {
            holder.create_data_property_or_throw(key.clone(), value.clone(), self.context)?;
        }
        let value = self.prepare(&holder, &key, value)?;
        if has_no_text(&value) {
            return Ok(None);
        }
        self.value(key, value)?;
        while self.member()? {}
        Ok(Some(self.text.into_text()))
    }

    /// The value that is written for a property.
    fn prepare(
        &mut self,
        holder: &JsObject,
        key: &PropertyKey,
        mut value: JsValue,
    ) -> JsResult<JsValue> {
        if value.is_object() || value.is_bigint() {
            let object = value.to_object(self.context)?;
            let to_json = object.get(js_string!("toJSON"), self.context)?;
            if let Some(to_json) = to_json.as_callable() {
                value = to_json.call(&value, &[name_of(key).into()], self.context)?;
            }
        }
        if let Some(replacer) = &self.replacer {
            let holder = holder.clone().into();
            value = replacer.call(&holder, &[name_of(key).into(), value], self.context)?;
        }
        unboxed(value, self.context)
    }

    /// Writes a value, or the beginning of one that has members.
    fn value(&mut self, key: PropertyKey, value: JsValue) -> JsResult<()> {
        if let Some(object) = value.as_object() {
            return self.begin(key, object);
        }
        if let Some(text) = value.as_string() {
            quote::quote(text.as_str(), &mut self.text);
        } else if value.is_bigint() {
            return Err(js_error!(TypeError: "Do not know how to serialize a BigInt"));
        } else if value.as_number().is_some_and(|number| !number.is_finite()) {
            self.text.push_latin1(b"null");
        } else {
            let text = value.to_string(self.context)?;
            self.text.push(text.as_str());
        }
        Ok(())
    }

    fn begin(&mut self, key: PropertyKey, object: JsObject) -> JsResult<()> {
        if self.on_the_way.contains(&object) {
            let way = self.open.iter().map(|open| (&open.key, &open.object));
            let way: Vec<_> = way.skip_while(|(_, on)| !JsObject::equals(on, &object)).collect();
            return Err(circle::error(&way, &key).into());
        }
        if self.open.len() == DEPTH_MAX {
            return Err(js_error!(RangeError: "Maximum call stack size exceeded"));
        }
        let rest = match self.asking.is_array(&object, self.context)? {
            true => Rest::Elements { next: 0, length: length(&object, self.context)? },
            false => {
                let keys = match &self.names {
                    Some(names) => names.clone(),
                    None => self.asking.keys(&object, self.context)?,
                };
                Rest::Properties(keys.into_iter())
            }
        };
        self.text.push_latin1(rest.brackets().0);
        self.line.push(self.gap.as_str());
        self.on_the_way.insert(object.clone());
        self.open.push(Open { key, object, rest, is_empty: true });
        Ok(())
    }

    /// Writes the next member of the innermost object, or its end; false if nothing is open.
    fn member(&mut self) -> JsResult<bool> {
        let Some(open) = self.open.last_mut() else { return Ok(false) };
        let Some(key) = open.rest.next() else {
            self.end();
            return Ok(true);
        };
        let (object, is_element) =
            (open.object.clone(), matches!(open.rest, Rest::Elements { .. }));
        let value = object.get(key.clone(), self.context)?;
        let value = self.prepare(&object, &key, value)?;
        if has_no_text(&value) && !is_element {
            return Ok(true);
        }
        if let Some(open) = self.open.last_mut()
            && !std::mem::take(&mut open.is_empty)
        {
            self.text.push_latin1(b",");
        }
        self.new_line();
        if is_element && has_no_text(&value) {
            self.text.push_latin1(b"null");
            return Ok(true);
        }
        if !is_element {
            quote::quote(name_of(&key).as_str(), &mut self.text);
            self.text.push_latin1(if self.gap.is_empty() { b":" } else { b": " });
        }
        self.value(key, value)?;
        Ok(true)
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.on_the_way.remove(&open.object);
        self.line.shorten(self.gap.len());
        if !open.is_empty {
            self.new_line();
        }
        self.text.push_latin1(open.rest.brackets().1);
    }

    fn new_line(&mut self) {
        if !self.gap.is_empty() {
            self.text.push_latin1(b"\n");
            self.text.push(self.line.as_str());
        }
    }
}

// === impl Rest ===

impl Rest {
    fn brackets(&self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Elements { .. } => (b"[", b"]"),
            Self::Properties(_) => (b"{", b"}"),
        }
    }

    fn next(&mut self) -> Option<PropertyKey> {
        match self {
            Self::Properties(keys) => keys.next(),
            Self::Elements { next, length } => {
                let index = *next;
                *next += 1;
                (index < *length).then(|| PropertyKey::from(index))
            }
        }
    }
}
