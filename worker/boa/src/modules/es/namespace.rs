//! Namespace objects: the results of `import * as` and `import()`.
//!
//! The engine has such objects only for its own modules. Ours are proxies that the platform does
//! not treat as proxies. The target of such a proxy has the same properties without values, is not
//! extensible, and knows its module.

use std::collections::HashSet;

use boa_engine::object::builtins::JsProxy;
use boa_engine::object::{IntegrityLevel, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsError, JsResult, JsString, JsSymbol, JsValue, Trace,
    js_error, js_string,
};

use super::super::super::plain;
use super::exports::{self, Resolution};
use super::record::{Binding, Code, Id, Records};

/// The data that the target of a namespace object has of its module.
#[derive(Debug, Trace, Finalize, JsData)]
struct Target {
    /// The module's exports, sorted.
    #[unsafe_ignore_trace]
    exports: Vec<(JsString, Binding)>,
}

/// The namespace object of a linked module.
pub(in super::super) fn of(module: Id, context: &mut Context) -> JsResult<JsObject> {
    if let Some(made) = module.with(context, |record| record.namespace.clone())? {
        return Ok(made);
    }
    let mut exports = Vec::new();
    for name in exports::exported_names(module, context)? {
        let found = exports::resolve(module, &name, &mut HashSet::new(), context)?;
        if let Resolution::Found(binding) = found {
            exports.push((JsString::from(name), binding));
        }
    }
    exports.sort_by(|(one, _), (other, _)| one.cmp(other));
    let object = make(exports, context)?;
    module.with(context, |record| record.namespace = Some(object.clone()))?;
    Records::of(context)?.add_namespace(object.clone());
    Ok(object)
}

fn make(exports: Vec<(JsString, Binding)>, context: &mut Context) -> JsResult<JsObject> {
    let names: Vec<JsString> = exports.iter().map(|(name, _)| name.clone()).collect();
    let target = JsObject::from_proto_and_data(None, Target { exports });
    for name in names {
        let property = PropertyDescriptor::builder()
            .value(JsValue::undefined())
            .writable(true)
            .enumerable(true)
            .configurable(false);
        target.insert_property(name, property);
    }
    let tag = PropertyDescriptor::builder()
        .value(js_string!("Module"))
        .writable(false)
        .enumerable(false)
        .configurable(false);
    target.insert_property(JsSymbol::to_string_tag(), tag);
    target.set_integrity_level(IntegrityLevel::Sealed, context)?;
    let proxy = JsProxy::builder(target)
        .get(get)
        .get_own_property_descriptor(describe)
        .define_property(define)
        .set(set)
        .build(context)?;
    Ok(proxy.into())
}

/// The binding and the name of the export that a trap is called for.
fn asked(arguments: &[JsValue]) -> Option<(JsString, Binding)> {
    let key = arguments.get_or_undefined(1);
    // The engine passes on an index as a number.
    let index = || key.as_number().map(|index| JsString::from(index.to_string()));
    let name = key.as_string().or_else(index)?;
    let target = arguments.get_or_undefined(0).as_object()?;
    let target = target.downcast_ref::<Target>()?;
    let at = target.exports.binary_search_by(|(export, _)| export.cmp(&name)).ok()?;
    target.exports.get(at).cloned()
}

fn get(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match asked(arguments) {
        Some((name, binding)) => value(binding, &name.to_std_string_lossy(), context),
        None if is_tag(arguments) => Ok(js_string!("Module").into()),
        None => Ok(JsValue::undefined()),
    }
}

fn is_tag(arguments: &[JsValue]) -> bool {
    let asked = arguments.get_or_undefined(1).as_symbol();
    asked.is_some_and(|symbol| symbol == JsSymbol::to_string_tag())
}

fn describe(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (value, is_export) = match asked(arguments) {
        Some((name, binding)) => (value(binding, &name.to_std_string_lossy(), context)?, true),
        None if is_tag(arguments) => (js_string!("Module").into(), false),
        None => return Ok(JsValue::undefined()),
    };
    let described = plain::object(context);
    plain::put(&described, js_string!("value"), value);
    plain::put(&described, js_string!("writable"), is_export);
    plain::put(&described, js_string!("enumerable"), is_export);
    plain::put(&described, js_string!("configurable"), false);
    Ok(described.into())
}

/// Allows an assignment or definition that changes nothing.
fn define(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(change) = arguments.get_or_undefined(2).as_object() else { return Ok(false.into()) };
    let (value, is_export) = match asked(arguments) {
        Some((name, binding)) => (value(binding, &name.to_std_string_lossy(), context)?, true),
        None if is_tag(arguments) => (js_string!("Module").into(), false),
        None => return Ok(false.into()),
    };
    for (name, kept) in [
        (js_string!("configurable"), Some(false)),
        (js_string!("enumerable"), Some(is_export)),
        (js_string!("writable"), Some(is_export)),
        (js_string!("get"), None),
        (js_string!("set"), None),
    ] {
        if !change.has_own_property(name.clone(), context)? {
            continue;
        }
        let asked = change.get(name, context)?.to_boolean();
        if kept != Some(asked) {
            return Ok(false.into());
        }
    }
    if !change.has_own_property(js_string!("value"), context)? {
        return Ok(true.into());
    }
    let asked = change.get(js_string!("value"), context)?;
    Ok(JsValue::same_value(&asked, &value).into())
}

fn set(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(false.into())
}

/// The value of a binding. `name` is its name in the reading module.
pub(super) fn value(binding: Binding, name: &str, context: &mut Context) -> JsResult<JsValue> {
    let (module, at) = match binding {
        Binding::Namespace(module) => return Ok(of(module, context)?.into()),
        Binding::Own { module, at, .. } => (module, at),
    };
    let getter = match module.with(context, |record| record.code.clone())? {
        Code::Values(values) => return Ok(values.get(at).cloned().unwrap_or_default()),
        Code::Open(open) => open.getters.get(at).cloned(),
        Code::Later(_) => return Ok(JsValue::undefined()),
        Code::Function(_) => None,
    };
    let Some(getter) = getter else { return Err(uninitialized(name)) };
    match getter.call(&JsValue::undefined(), &[], context) {
        Err(error) if error.as_engine().is_none() => Err(uninitialized(name)),
        result => result,
    }
}

pub(super) fn uninitialized(name: &str) -> JsError {
    js_error!(ReferenceError: "Cannot access '{}' before initialization", name)
}
