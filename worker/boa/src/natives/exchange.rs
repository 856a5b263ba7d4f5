//! Gives a function of the engine another behavior. It stays the same object, so all references to
//! it stay valid, also the engine's own.

use boa_engine::native_function::NativeFunctionObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::{Context, JsResult, JsString, JsValue, NativeFunction, js_error};

/// The new behavior of a function. Its third argument has the engine's own behavior.
pub(super) type Exchange = fn(&JsValue, &[JsValue], &JsFunction, &mut Context) -> JsResult<JsValue>;

/// Has `function` do what `call` does. Its properties stay.
pub(super) fn exchange(
    function: &JsObject,
    name: JsString,
    call: Exchange,
    context: &mut Context,
) -> JsResult<()> {
    let is_constructor = function.is_constructor();
    let make = |native: NativeFunction, context: &Context| {
        FunctionObjectBuilder::new(context.realm(), native)
            .name(name.clone())
            .constructor(is_constructor)
            .build()
    };
    let own = make(NativeFunction::from_fn_ptr(|_, _, _| Ok(JsValue::undefined())), context);
    let ours = make(NativeFunction::from_copy_closure_with_captures(call, own.clone()), context);
    let data = |function: &JsObject| {
        let native = function.clone().downcast::<NativeFunctionObject>();
        native.map_err(|_| js_error!(Error: "the engine's function is not a native one"))
    };
    let (engines, own, ours) = (data(function)?, data(&own)?, data(&ours)?);
    std::mem::swap(engines.borrow_mut().data_mut(), own.borrow_mut().data_mut());
    std::mem::swap(engines.borrow_mut().data_mut(), ours.borrow_mut().data_mut());
    Ok(())
}
