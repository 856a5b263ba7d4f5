//! `ℬ.once`: the iterable for an array pattern. Without it the engine asks an iterator for more
//! after its end.

use boa_engine::builtins::iterable::create_iter_result_object;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsSymbol, JsValue, NativeFunction, Trace,
    js_error, js_string,
};

/// An iterable that can be iterated once, and its iterator.
#[derive(Trace, Finalize, JsData)]
struct Once {
    iterable: JsValue,
    /// The iterator and its `next`, from the beginning to the end of the iteration.
    opened: Option<(JsObject, JsValue)>,
}

/// `once(iterable)`.
pub(super) fn make(context: &mut Context) -> JsResult<NativeFunction> {
    let prototype = JsObject::with_null_proto();
    let realm = context.realm().clone();
    let function = |call| FunctionObjectBuilder::new(&realm, NativeFunction::from_fn_ptr(call));
    let method = |call| PropertyDescriptor::builder().value(function(call).build()).build();
    prototype.define_property_or_throw(JsSymbol::iterator(), method(open), context)?;
    prototype.define_property_or_throw(js_string!("next"), method(next), context)?;
    let getter = PropertyDescriptor::builder().get(function(closer).build()).build();
    prototype.define_property_or_throw(js_string!("return"), getter, context)?;
    Ok(NativeFunction::from_copy_closure_with_captures(
        |_, arguments, prototype: &JsObject, context| {
            let iterable = arguments.get_or_undefined(0);
            let is_plain = match iterable.as_object() {
                Some(object) => object.is_array(),
                None => true,
            };
            if is_plain {
                return Ok(iterable.clone());
            }
            let once = Once { iterable: iterable.clone(), opened: None };
            Ok(JsObject::new(context.root_shape(), prototype.clone(), once).upcast().into())
        },
        prototype,
    ))
}

fn open(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object();
    let once = object.as_ref().and_then(|object| {
        let once = object.downcast_ref::<Once>()?;
        Some(once.iterable.clone())
    });
    let (Some(object), Some(iterable)) = (object, once) else {
        return Err(js_error!(TypeError: "this is not iterated once"));
    };
    let method = iterable.to_object(context)?.get(JsSymbol::iterator(), context)?;
    let Some(method) = method.as_callable() else {
        return Err(js_error!(TypeError: "{} is not iterable", iterable.type_of()));
    };
    let iterator = method.call(&iterable, &[], context)?;
    let Some(iterator) = iterator.as_object() else {
        return Err(js_error!(TypeError: "Result of the Symbol.iterator method is not an object"));
    };
    let next = iterator.get(js_string!("next"), context)?;
    if let Some(mut once) = object.downcast_mut::<Once>() {
        once.opened = Some((iterator, next));
    }
    Ok(this.clone())
}

/// The iterator and its `next`; none after the end.
fn opened(this: &JsValue) -> Option<(JsObject, JsValue)> {
    this.as_object()?.downcast_ref::<Once>()?.opened.clone()
}

fn end(this: &JsValue) {
    if let Some(object) = this.as_object()
        && let Some(mut once) = object.downcast_mut::<Once>()
    {
        once.opened = None;
    }
}

fn next(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some((iterator, next)) = opened(this) else {
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    };
    let next = next.as_callable();
    let next = next.ok_or_else(|| js_error!(TypeError: "next is not a function"))?;
    let result = next.call(&iterator.into(), &[], context)?;
    let Some(found) = result.as_object() else { return Ok(result) };
    // The engine would ask for `done` again, and a getter tells.
    let done = found.get(js_string!("done"), context)?.to_boolean();
    if done {
        end(this);
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    }
    let value = found.get(js_string!("value"), context)?;
    Ok(create_iter_result_object(value, false, context))
}

/// Returns the method that closes the iterator; undefined if it has none.
fn closer(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some((iterator, _)) = opened(this) else { return Ok(JsValue::undefined()) };
    let method = iterator.get(js_string!("return"), context)?;
    if method.is_null_or_undefined() {
        return Ok(method);
    }
    let call = NativeFunction::from_copy_closure_with_captures(
        |_, _, (method, iterator): &(JsValue, JsObject), context| {
            let method = method.as_callable();
            let method = method.ok_or_else(|| js_error!(TypeError: "return is not a function"))?;
            method.call(&iterator.clone().into(), &[], context)
        },
        (method, iterator),
    );
    Ok(call.to_js_function(context.realm()).into())
}
