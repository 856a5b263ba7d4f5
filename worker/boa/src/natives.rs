//! The natives of rewritten JavaScript: functions that it calls where the engine's own statements
//! go wrong.
//!
//! `brink_rewrite` says what each of them does. They are members of a frozen object, which a
//! function's text gets as a parameter, and which `eval` finds as a constant of the realm. An
//! author's code cannot use its name.

mod evaluate;
mod exchange;
mod for_in;
mod import;
mod iterate;
mod make_function;
mod numbers;
mod once;
mod promise;
mod source_text;
mod values;

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, IntegrityLevel, JsObject};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, JsResult, JsString, JsValue, NativeFunction, Source, js_error, js_string,
};

use brink_rewrite::{IMPORT, NATIVES};

pub(super) use evaluate::may_compile;

/// The natives that need nothing of their context.
static POINTERS: &[Native] = &[
    ("bound", 2, values::bound),
    ("class", 2, source_text::note_class),
    ("code", 2, evaluate::code),
    ("define", 3, values::define),
    ("first", 1, values::first),
    ("global", 1, values::global),
    ("place", 2, numbers::place),
    ("pow", 2, numbers::pow),
    ("raise", 3, numbers::raise),
];

/// The natives of one context.
struct Natives {
    object: JsObject,
    /// The engine's `eval`, which recognizes a direct call of itself.
    eval: JsFunction,
}

/// A native: its name, number of arguments and code.
pub(super) type Native = (&'static str, usize, NativeFunctionPointer);

/// Puts the natives and the platform's changes into a new context, before anything else runs in it.
pub(super) fn install(platform: &[Native], context: &mut Context) -> JsResult<()> {
    let eval = context.intrinsics().objects().eval();
    evaluate::install(&eval, context)?;
    make_function::install(context)?;
    promise::install(context)?;
    source_text::install(context)?;
    let object = JsObject::with_null_proto();
    let put = |name: &str, value: JsValue, context: &mut Context| {
        object.create_data_property_or_throw(JsString::from(name), value, context).map(drop)
    };
    let made = [
        ("forIn", for_in::make(context)?),
        ("iterate", iterate::make(context)?),
        ("iterateAsync", iterate::make_async(context)?),
        ("once", once::make(context)?),
    ];
    let made = made.into_iter().map(|(name, call)| (name, 1, call));
    let pointers = POINTERS
        .iter()
        .chain(platform)
        .map(|(name, length, call)| (*name, *length, NativeFunction::from_fn_ptr(*call)));
    for (name, length, call) in made.chain(pointers) {
        let function = FunctionObjectBuilder::new(context.realm(), call)
            .name(JsString::from(name))
            .length(length)
            .build();
        put(name, function.into(), context)?;
    }
    put("none", values::none()?.into(), context)?;
    put("cell", values::cell(context)?.into(), context)?;
    put("eval", eval.clone().into(), context)?;
    object.set_integrity_level(IntegrityLevel::Frozen, context)?;
    declare(&object, context)?;
    context.insert_data(Natives { object, eval });
    Ok(())
}

/// The arguments for a rewritten function's text: the natives, and the engine's `eval`.
pub(super) fn arguments(context: &Context) -> JsResult<[JsValue; 2]> {
    let natives = context.get_data::<Natives>();
    let natives = natives.ok_or_else(|| js_error!(Error: "this context has no natives"))?;
    Ok([natives.object.clone().into(), natives.eval.clone().into()])
}

/// Declares the constants. The engine can declare constants only in scripts.
fn declare(object: &JsObject, context: &mut Context) -> JsResult<()> {
    let import = NativeFunction::from_fn_ptr(import::import).to_js_function(context.realm());
    let given = [(NATIVES, object.clone()), (IMPORT, import.into())];
    let global = context.global_object();
    for (name, value) in given {
        let key = js_string!("given");
        context.register_global_property(key.clone(), value, Attribute::all())?;
        context.eval(Source::from_bytes(&format!("const {name} = given;")))?;
        global.delete_property_or_throw(key, context)?;
    }
    Ok(())
}
