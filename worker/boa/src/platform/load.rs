//! Loads the platform's modules and natives when they are first asked for.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{Context, JsArgs, JsResult, JsValue, NativeFunction, js_error, js_string};
use brink_rewrite::{Goal, Rejection, Rewritten, rewrite};

use super::super::compiled::{Template, Text};
use super::super::session::Session;
use super::catalog;

/// Makes the object with the natives of one name.
pub(super) type Make = fn(&mut Context) -> JsResult<JsObject>;

/// The parameters of the function that a platform module's text becomes.
const PARAMETERS: &str = "exports, require, module, native";

/// The platform modules and natives of one context that were asked for so far.
pub(super) struct Platform {
    modules: RefCell<HashMap<&'static str, JsObject>>,
    natives: RefCell<HashMap<&'static str, JsObject>>,
    /// `require` and `native` as platform modules see them.
    loaders: RefCell<Option<(JsFunction, JsFunction)>>,
    /// Finds the natives of a name.
    find_native: fn(&str) -> Option<(&'static str, Make)>,
    /// The object `process.env`; empty until there is a version.
    pub(super) env: OnceCell<JsObject>,
    /// When the context was made.
    pub(super) begun: Instant,
}

/// `module.exports` of a platform module, by its name in the catalog. The module runs first if it
/// did not run yet.
pub(in super::super) fn load(name: &str, context: &mut Context) -> JsResult<JsValue> {
    let platform = Platform::of(context)?;
    let Some((name, source)) = catalog::module(name) else {
        return Err(js_error!(Error: "No such built-in module: {}", name));
    };
    let loaded = platform.modules.borrow().get(name).cloned();
    if let Some(module) = loaded {
        note(name, context);
        return module.get(js_string!("exports"), context);
    }
    let function = template(name, source, context)?.function(context)?;
    let exports = JsObject::with_object_proto(context.intrinsics());
    let module = ObjectInitializer::new(context)
        .property(js_string!("exports"), exports.clone(), Attribute::all())
        .build();
    let (require, native) = platform.loaders(context);
    // Before it runs: in a cycle, the others see what there is of it so far.
    platform.modules.borrow_mut().insert(name, module.clone());
    let arguments = [exports.into(), require.into(), module.clone().into(), native.into()];
    if let Err(error) = function.call(&JsValue::undefined(), &arguments, context) {
        platform.modules.borrow_mut().remove(name);
        return Err(error);
    }
    note(name, context);
    module.get(js_string!("exports"), context)
}

/// The code of a platform module, rewritten and compiled unless this context's thread has it.
fn template(name: &str, source: &str, context: &mut Context) -> JsResult<Template> {
    let path = format!("node:{name}");
    if let Some(template) = Template::known(&path, context)? {
        return Ok(template);
    }
    let rewritten = rewritten(source)
        .map_err(|rejected| js_error!(Error: "{}:{}: {}", path, rejected.line, rejected))?;
    Template::compile(&path, Text::rewritten(PARAMETERS, rewritten), context)
}

/// A platform module's rewritten text.
pub(super) fn rewritten(source: &str) -> Result<Rewritten, Rejection> {
    rewrite(&["'use strict'; ", source].concat(), Goal::CommonJs)
}

/// Tells the host which modules its version asks for, so they can be prepared the next time.
fn note(name: &'static str, context: &Context) {
    if let Ok(session) = Session::of(context) {
        session.host.asked(name);
    }
}

// === impl Platform ===

impl Platform {
    /// A loader with these natives. Nothing was asked for yet.
    pub(super) fn new(find_native: fn(&str) -> Option<(&'static str, Make)>) -> Self {
        Self {
            find_native,
            modules: RefCell::default(),
            natives: RefCell::default(),
            loaders: RefCell::default(),
            env: OnceCell::new(),
            begun: Instant::now(),
        }
    }

    /// The loader of this context.
    pub(super) fn of(context: &Context) -> JsResult<Rc<Self>> {
        context
            .get_data::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| js_error!(Error: "this context has no platform"))
    }

    fn loaders(&self, context: &mut Context) -> (JsFunction, JsFunction) {
        let made = self.loaders.borrow().clone();
        made.unwrap_or_else(|| {
            let function = |call, name| {
                FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(call))
                    .name(name)
                    .length(1)
                    .build()
            };
            let loaders = (
                function(require, js_string!("require")),
                function(native_binding, js_string!("native")),
            );
            *self.loaders.borrow_mut() = Some(loaders.clone());
            loaders
        })
    }
}

/// `require` of platform modules, which see internal ones too.
fn require(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?;
    load(&name.to_std_string_lossy(), context)
}

/// `native(name)`: the natives with this name.
fn native_binding(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?;
    let name = name.to_std_string_lossy();
    let platform = Platform::of(context)?;
    let Some((name, make)) = (platform.find_native)(&name) else {
        return Err(js_error!(Error: "no natives are called {}", name));
    };
    let made = platform.natives.borrow().get(name).cloned();
    if let Some(natives) = made {
        return Ok(natives.into());
    }
    let natives = make(context)?;
    platform.natives.borrow_mut().insert(name, natives.clone());
    Ok(natives.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_rewritten() {
        for (name, source) in catalog::all() {
            let rewritten = rewritten(source);
            assert!(rewritten.is_ok(), "{name}: {:?}", rewritten.err());
        }
    }
}
