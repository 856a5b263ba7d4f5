//! `for (key in value)`: its keys, as an iterator.
//!
//! It works as in V8. When the loop begins, all keys of the object and of its prototypes are
//! gathered. A key that is not enumerable hides those of the same name further up. A key that no
//! longer exists when its turn comes is skipped. The keys of a proxy are gathered too, but whether
//! a key is enumerable is asked when its turn comes.

use std::collections::{HashSet, VecDeque};

use boa_engine::builtins::iterable::create_iter_result_object;
use boa_engine::builtins::proxy::Proxy;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::PropertyKey;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsString, JsSymbol, JsValue, NativeFunction,
    Trace, js_error, js_string,
};

/// Most prototypes of an object, as in V8: proxies can make up ever more of them.
const PROTOTYPES_MAX: usize = 100 * 1024;

/// The engine's functions that ask proxies, taken before user code could replace them.
#[derive(Clone, Trace, Finalize)]
pub(super) struct Reflection {
    own_property: JsFunction,
    prototype: JsFunction,
    /// The parts that the iterators share.
    iterators: JsObject,
}

/// A loop under way.
#[derive(Trace, Finalize, JsData)]
struct Walk {
    /// None for values without keys.
    object: Option<JsObject>,
    #[unsafe_ignore_trace]
    keys: VecDeque<PropertyKey>,
}

/// `forIn(value)`.
pub(super) fn make(context: &mut Context) -> JsResult<NativeFunction> {
    let reflection = Reflection::take(context)?;
    Ok(NativeFunction::from_copy_closure_with_captures(for_in, reflection))
}

fn for_in(
    _: &JsValue,
    arguments: &[JsValue],
    reflection: &Reflection,
    context: &mut Context,
) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0);
    let walk = match value.is_null_or_undefined() {
        true => Walk { object: None, keys: VecDeque::new() },
        false => {
            let object = value.to_object(context)?;
            Walk { keys: gather(&object, reflection, context)?, object: Some(object) }
        }
    };
    Ok(JsObject::from_proto_and_data(reflection.iterators.clone(), walk).into())
}

/// The keys of an object and of its prototypes.
fn gather(
    object: &JsObject,
    reflection: &Reflection,
    context: &mut Context,
) -> JsResult<VecDeque<PropertyKey>> {
    let mut keys = VecDeque::new();
    let mut seen = HashSet::new();
    let mut at = Some(object.clone());
    for _ in 0..PROTOTYPES_MAX {
        let Some(object) = at else { return Ok(keys) };
        let is_proxy = object.is::<Proxy>();
        for key in object.own_property_keys(context)? {
            if matches!(key, PropertyKey::Symbol(_)) || seen.contains(&key) {
                continue;
            }
            if is_proxy || reflection.lists(&object, &key, context)? == Some(true) {
                keys.push_back(key.clone());
            }
            seen.insert(key);
        }
        at = reflection.prototype_of(&object, context)?;
    }
    Err(js_error!(RangeError: "Maximum call stack size exceeded"))
}

/// `next()` of the iterator.
fn next(
    this: &JsValue,
    _: &[JsValue],
    reflection: &Reflection,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(walk) = this.as_object().filter(JsObject::is::<Walk>) else {
        return Err(js_error!(TypeError: "this is not a loop"));
    };
    loop {
        // Nothing stays borrowed while code of a proxy runs.
        let step = walk
            .downcast_mut::<Walk>()
            .and_then(|mut walk| Some((walk.keys.pop_front()?, walk.object.clone()?)));
        let Some((key, object)) = step else {
            return Ok(create_iter_result_object(JsValue::undefined(), true, context));
        };
        if reflection.is_still_there(object, &key, context)? {
            return Ok(create_iter_result_object(text_of(key).into(), false, context));
        }
    }
}

fn text_of(key: PropertyKey) -> JsString {
    match key {
        PropertyKey::String(name) => name,
        PropertyKey::Index(index) => index.get().into(),
        PropertyKey::Symbol(_) => js_string!(),
    }
}

// === impl Reflection ===

impl Reflection {
    fn take(context: &mut Context) -> JsResult<Self> {
        let reflect = context.global_object().get(js_string!("Reflect"), context)?;
        let method = |name: JsString, context: &mut Context| {
            let reflect = reflect.as_object();
            let method = reflect.map(|reflect| reflect.get(name, context)).transpose()?;
            let method = method.and_then(|method| method.as_function());
            method.ok_or_else(|| js_error!(Error: "the engine lacks a function"))
        };
        let own_property = method(js_string!("getOwnPropertyDescriptor"), context)?;
        let prototype = method(js_string!("getPrototypeOf"), context)?;
        let iterators = JsObject::with_null_proto();
        let reflection = Self { own_property, prototype, iterators: iterators.clone() };
        let realm = context.realm().clone();
        let itself = NativeFunction::from_fn_ptr(|this, _, _| Ok(this.clone()));
        let next = NativeFunction::from_copy_closure_with_captures(next, reflection.clone());
        let properties: [(PropertyKey, NativeFunction); 2] =
            [(JsSymbol::iterator().into(), itself), (js_string!("next").into(), next)];
        for (key, function) in properties {
            iterators.create_data_property_or_throw(
                key,
                function.to_js_function(&realm),
                context,
            )?;
        }
        Ok(reflection)
    }

    /// Whether an own property is enumerable; none if there is no such property.
    fn lists(
        &self,
        object: &JsObject,
        key: &PropertyKey,
        context: &mut Context,
    ) -> JsResult<Option<bool>> {
        let property = object.borrow().properties().get(key);
        if let Some(property) = property.filter(|_| !object.is::<Proxy>()) {
            return Ok(property.enumerable());
        }
        if object.is_ordinary() {
            return Ok(None);
        }
        // An element of a text or of a typed array, or what a proxy says.
        let arguments = [object.clone().into(), key.clone().into()];
        let told = self.own_property.call(&JsValue::undefined(), &arguments, context)?;
        let Some(told) = told.as_object() else { return Ok(None) };
        Ok(Some(told.get(js_string!("enumerable"), context)?.to_boolean()))
    }

    fn prototype_of(&self, object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
        if !object.is::<Proxy>() {
            return Ok(object.prototype());
        }
        let arguments = [object.clone().into()];
        let prototype = self.prototype.call(&JsValue::undefined(), &arguments, context)?;
        Ok(prototype.as_object())
    }

    /// True if the loop shall see a gathered key: an object on the way has it, and if that is a
    /// proxy, the proxy lists it.
    fn is_still_there(
        &self,
        object: JsObject,
        key: &PropertyKey,
        context: &mut Context,
    ) -> JsResult<bool> {
        let mut at = Some(object);
        for _ in 0..PROTOTYPES_MAX {
            let Some(object) = at else { return Ok(false) };
            if let Some(is_listed) = self.lists(&object, key, context)? {
                return Ok(is_listed || !object.is::<Proxy>());
            }
            at = self.prototype_of(&object, context)?;
        }
        Err(js_error!(RangeError: "Maximum call stack size exceeded"))
    }
}
