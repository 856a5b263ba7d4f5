//! Objects of native functions.

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::{Context, JsString, NativeFunction};

/// An object of functions, each with its name and its number of arguments.
pub(super) fn functions(
    list: &[(&str, usize, NativeFunctionPointer)],
    context: &mut Context,
) -> JsObject {
    let mut object = ObjectInitializer::new(context);
    for (name, length, call) in list {
        object.function(NativeFunction::from_fn_ptr(*call), JsString::from(*name), *length);
    }
    object.build()
}
