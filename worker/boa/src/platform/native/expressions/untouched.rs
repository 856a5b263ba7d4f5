//! Checks whether `RegExp` is unchanged. If it is, code cannot see which of its properties are
//! read.

use std::cell::OnceCell;

use boa_engine::builtins::regexp::RegExp;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsFunction, JsRegExp};
use boa_engine::object::shape::Shape;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsResult, JsSymbol, JsValue, js_error, js_string};

use super::key;

/// The getters that `flags` calls, in any order, and `flags` itself.
const GETTERS: [&str; 9] = [
    "flags",
    "hasIndices",
    "global",
    "ignoreCase",
    "multiline",
    "dotAll",
    "unicode",
    "unicodeSets",
    "sticky",
];

/// The original `RegExp`.
pub(super) struct Untouched {
    prototype: JsObject,
    constructor: JsObject,
    /// The shape of an expression that has only `lastIndex`, made by the engine.
    shape: Shape,
    /// The same for an expression that we made.
    literal: OnceCell<Shape>,
    exec: (PropertyKey, JsValue),
    getters: Vec<(PropertyKey, JsValue)>,
    species: JsValue,
    sets: JsFunction,
}

// === impl Untouched ===

impl Untouched {
    /// Keeps the present state of `RegExp`.
    pub(super) fn new(context: &mut Context) -> JsResult<Self> {
        let standard = context.intrinsics().constructors().regexp();
        let (constructor, prototype) = (standard.constructor(), standard.prototype());
        let fresh = JsRegExp::new(js_string!(), js_string!(), context)?;
        let shape = fresh.borrow().shape().clone();
        let value = |key: &PropertyKey| {
            let property = prototype.borrow().properties().get(key);
            property.and_then(|property| property.value().or(property.get()).cloned())
        };
        let known = |name| {
            let key = key(name);
            let value = value(&key);
            let value = value.ok_or_else(|| js_error!(Error: "the engine has no {}", name))?;
            Ok::<_, boa_engine::JsError>((key, value))
        };
        let getters = GETTERS.into_iter().map(known).collect::<JsResult<Vec<_>>>()?;
        let exec = known("exec")?;
        let sets = known("unicodeSets")?.1.as_function();
        let sets = sets.ok_or_else(|| js_error!(Error: "the engine has no sets"))?;
        let species = getter(&constructor, &JsSymbol::species().into()).unwrap_or_default();
        Ok(Self {
            prototype,
            constructor,
            shape,
            literal: OnceCell::new(),
            exec,
            getters,
            species,
            sets,
        })
    }

    /// True if an object is an expression with the original behavior.
    pub(super) fn is(&self, object: &JsObject) -> bool {
        object.is::<RegExp>() && self.has_shape(object) && self.is_made()
    }

    fn has_shape(&self, object: &JsObject) -> bool {
        let object = object.borrow();
        let address = object.shape().to_addr_usize();
        address == self.shape.to_addr_usize()
            || self.literal.get().is_some_and(|shape| address == shape.to_addr_usize())
    }

    /// Keeps the shape of an expression that was just made for a literal.
    pub(super) fn note_literal(&self, object: &JsObject) {
        self.literal.get_or_init(|| object.borrow().shape().clone());
    }

    /// True if `RegExp.prototype` has its original `exec` and getters.
    pub(super) fn is_made(&self) -> bool {
        let prototype = self.prototype.borrow();
        let same = |(key, value): &(PropertyKey, JsValue)| {
            let property = prototype.properties().get(key);
            let property = property.as_ref();
            let now = property.and_then(|property| property.value().or(property.get()));
            now.is_some_and(|now| same_object(now, value))
        };
        same(&self.exec) && self.getters.iter().all(same)
    }

    /// True if expressions that are made from others are of the original class.
    pub(super) fn has_species(&self) -> bool {
        let constructor = PropertyKey::from(js_string!("constructor"));
        let property = self.prototype.borrow().properties().get(&constructor);
        let now = property.as_ref().and_then(PropertyDescriptor::value);
        now.is_some_and(|now| same_object(now, &self.constructor.clone().into()))
            && getter(&self.constructor, &JsSymbol::species().into())
                .is_some_and(|now| same_object(&now, &self.species))
    }

    /// Whether an expression has the flag `v`.
    pub(super) fn has_sets(&self, object: &JsObject, context: &mut Context) -> bool {
        let sets = self.sets.call(&object.clone().into(), &[], context);
        sets.is_ok_and(|sets| sets.to_boolean())
    }
}

fn getter(object: &JsObject, key: &PropertyKey) -> Option<JsValue> {
    object.borrow().properties().get(key)?.get().cloned()
}

fn same_object(one: &JsValue, other: &JsValue) -> bool {
    match (one.as_object(), other.as_object()) {
        (Some(one), Some(other)) => JsObject::equals(&one, &other),
        _ => false,
    }
}
