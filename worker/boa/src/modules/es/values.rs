//! Modules whose exports are values: CommonJS, JSON and the platform's.
//!
//! The default export of a CommonJS module is its `module.exports`. The names that its text shows
//! are exports too. Their values are read after the file ran, when it is its turn.

use std::collections::HashSet;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};
use brink_rewrite::CommonJsExports;
use brink_rewrite::module::{Export, Module};

use super::super::super::{loader, platform};
use super::super::files::Files;
use super::super::resolve::{Asker, Kind};
use super::record::Code;

/// A CommonJS file, which did not run yet.
pub(super) fn of_common_js(path: &str, files: &Files, context: &mut Context) -> (Rc<Module>, Code) {
    let mut names = vec!["default".to_owned()];
    let mut known = names.iter().cloned().collect::<HashSet<_>>();
    let mut seen = HashSet::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let found = CommonJsExports::of(&files.text(&path));
        names.extend(found.names.into_iter().filter(|name| known.insert(name.clone())));
        for specifier in found.passed_on {
            if platform::resolve(&specifier).is_some() {
                continue;
            }
            let target = files.resolve(&path, &specifier, Asker::Require);
            if let Ok(target) = target
                && files.kind(&target, context) == Kind::CommonJs
            {
                open.push(target);
            }
        }
    }
    (shape(names.clone()), Code::Later(names.into()))
}

/// The values of these exports of a CommonJS file, which runs now unless it did before.
pub(super) fn run(path: &str, names: &[String], context: &mut Context) -> JsResult<Vec<JsValue>> {
    let exports = loader::of(context)?.load(path, None, context)?;
    let object = exports.as_object();
    let values = names.iter().map(|name| {
        let key = JsString::from(name.as_str());
        match &object {
            _ if name == "default" => exports.clone(),
            Some(object) if object.has_own_property(key.clone(), context).unwrap_or(false) => {
                // As in Node.js, errors of getters are ignored.
                object.get(key, context).unwrap_or_default()
            }
            _ => JsValue::undefined(),
        }
    });
    Ok(values.collect())
}

/// The exports of a module with this `module.exports`.
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

/// A JSON file has a default export only: its data.
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

/// True for a property that the CommonJS module set, and not for the `length` of a function.
fn is_exported(exports: &JsObject, key: &PropertyKey) -> bool {
    let property = exports.borrow().properties().get(key);
    let listed = property.is_none_or(|property| property.enumerable() != Some(false));
    listed || *key == PropertyKey::from(js_string!("__esModule"))
}
