//! Modules whose exports are values: CommonJS, JSON and the platform's.
//!
//! A CommonJS module's default export is its `module.exports`, whose own names are exports too.
//! It runs when it is loaded, thus before the modules that import it, but also before those that
//! they import after it.

use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};
use brink_rewrite::module::{Export, Module};

use super::record::Code;

/// What a module with this `module.exports` gives to those that import it.
pub(super) fn of(exports: JsValue, context: &mut Context) -> JsResult<(Rc<Module>, Code)> {
    let mut names = vec!["default".to_owned()];
    let mut values = vec![exports.clone()];
    if let Some(object) = exports.as_object() {
        for key in object.own_property_keys(context)? {
            let Some(name) = name_of(&key) else { continue };
            if name != js_string!("default") && is_exported(&object, &key) {
                values.push(object.get(key, context)?);
                names.push(name.to_std_string_lossy());
            }
        }
    }
    Ok((shape(names), Code::Values(Rc::new(values))))
}

/// The data of a JSON file is a default export and nothing else.
pub(super) fn of_data(data: JsValue) -> (Rc<Module>, Code) {
    (shape(vec!["default".to_owned()]), Code::Values(Rc::new(vec![data])))
}

fn shape(names: Vec<String>) -> Rc<Module> {
    let exports = names.into_iter().enumerate().map(|(at, name)| Export::Own {
        name,
        at,
        is_steady: true,
        is_nameless: false,
    });
    Rc::new(Module { exports: exports.collect(), ..Module::default() })
}

fn name_of(key: &PropertyKey) -> Option<JsString> {
    match key {
        PropertyKey::String(name) => Some(name.clone()),
        _ => None,
    }
}

/// True for what a CommonJS module put there itself, not for the `length` of a function.
fn is_exported(exports: &JsObject, key: &PropertyKey) -> bool {
    let property = exports.borrow().properties().get(key);
    let listed = property.is_none_or(|property| property.enumerable() != Some(false));
    listed || *key == PropertyKey::from(js_string!("__esModule"))
}
