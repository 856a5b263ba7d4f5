//! The imports of a module: the object in which its function finds them, and `import.meta`.
//!
//! An import is an accessor until its value can no longer change.

use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_error, js_string,
};
use brink_rewrite::module::{ARGUMENTS, META, Module, TYPE_OF_ARGUMENTS};

use super::super::super::loader::ROOT;
use super::super::super::platform;
use super::super::commonjs;
use super::super::files::Files;
use super::super::resolve::{Asker, Unresolved, folder};
use super::namespace::{uninitialized, value};
use super::record::{Binding, Code, Id};
use super::target::{join, not_found};

/// Makes the object of a module.
pub(super) fn make(id: Id, shape: &Module, context: &mut Context) -> JsResult<JsObject> {
    let object = JsObject::with_null_proto();
    let assign = NativeFunction::from_fn_ptr(assign).to_js_function(context.realm());
    for (import, named) in shape.imports.iter().enumerate() {
        let get = NativeFunction::from_copy_closure_with_captures(
            get_import,
            (id.number(), import, named.is_assigned),
        );
        let get = get.to_js_function(context.realm());
        object.insert_property(key(&named.local), accessor(get, Some(assign.clone())));
    }
    let meta = NativeFunction::from_copy_closure_with_captures(get_meta, id.number());
    object.insert_property(key(META), accessor(meta.to_js_function(context.realm()), None));
    if shape.has_arguments {
        for (name, get) in [
            (ARGUMENTS, NativeFunction::from_fn_ptr(get_arguments)),
            (TYPE_OF_ARGUMENTS, NativeFunction::from_fn_ptr(get_arguments_or_nothing)),
        ] {
            let get = get.to_js_function(context.realm());
            object.insert_property(key(name), accessor(get, None));
        }
    }
    Ok(object)
}

fn key(name: &str) -> PropertyKey {
    JsString::from(name).into()
}

fn accessor(get: JsFunction, set: Option<JsFunction>) -> PropertyDescriptor {
    let accessor = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
    match set {
        Some(set) => accessor.set(set).build(),
        None => accessor.set(JsValue::undefined()).build(),
    }
}

/// The value of an import. Once its module ran, a faster property replaces the accessor.
fn get_import(
    _: &JsValue,
    _: &[JsValue],
    (id, import, is_assigned): &(usize, usize, bool),
    context: &mut Context,
) -> JsResult<JsValue> {
    let (id, import) = (Id::from(*id), *import);
    let (binding, name, imports) = id.with(context, |record| {
        let name = record.shape.imports.get(import).map(|import| import.local.clone());
        (record.bindings.get(import).copied(), name, record.imports.clone())
    })?;
    let name = name.unwrap_or_default();
    let Some(binding) = binding else { return Err(uninitialized(&name)) };
    let value = value(binding, &name, context)?;
    let (is_steady, getter) = match binding {
        Binding::Namespace(_) => (true, None),
        Binding::Own { module, at, is_steady } => {
            match module.with(context, |record| (record.has_run(), record.code.clone()))? {
                (true, Code::Open(open)) => (is_steady, open.getters.get(at).cloned()),
                (true, _) => (true, None),
                (false, _) => return Ok(value),
            }
        }
    };
    let property = match getter {
        _ if is_steady && !is_assigned => PropertyDescriptor::builder()
            .value(value.clone())
            .writable(false)
            .enumerable(false)
            .configurable(true)
            .build(),
        Some(getter) => {
            let assign = NativeFunction::from_fn_ptr(assign).to_js_function(context.realm());
            accessor(getter, Some(assign))
        }
        None => return Ok(value),
    };
    if let Some(imports) = imports {
        imports.insert_property(key(&name), property);
    }
    Ok(value)
}

fn assign(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Err(js_error!(TypeError: "Assignment to constant variable."))
}

fn get_arguments(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let global = context.global_object();
    match global.has_property(js_string!("arguments"), context)? {
        true => global.get(js_string!("arguments"), context),
        false => Err(js_error!(ReferenceError: "arguments is not defined")),
    }
}

fn get_arguments_or_nothing(
    _: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    context.global_object().get(js_string!("arguments"), context)
}

/// `import.meta`, made when it is first asked for.
fn get_meta(_: &JsValue, _: &[JsValue], id: &usize, context: &mut Context) -> JsResult<JsValue> {
    let id = Id::from(*id);
    let (file, made) = id.with(context, |record| (record.key.clone(), record.meta.clone()))?;
    if let Some(meta) = made {
        return Ok(meta.into());
    }
    let path = format!("{ROOT}/{file}");
    let folder = path.rsplit_once('/').map_or(ROOT, |(folder, _)| folder);
    let resolve = NativeFunction::from_copy_closure_with_captures(resolved, JsString::from(&*file));
    let resolve = FunctionObjectBuilder::new(context.realm(), resolve)
        .name(js_string!("resolve"))
        .length(1)
        .build();
    let meta = JsObject::with_null_proto();
    for (name, value) in [
        (js_string!("dirname"), JsString::from(folder).into()),
        (js_string!("filename"), JsString::from(path.as_str()).into()),
        (js_string!("resolve"), JsValue::from(resolve)),
        (js_string!("url"), JsString::from(format!("file://{path}")).into()),
    ] {
        meta.create_data_property_or_throw(name, value, context)?;
    }
    id.with(context, |record| record.meta = Some(meta.clone()))?;
    Ok(meta.into())
}

/// `import.meta.resolve(specifier)`: the URL of what `import` would load. As in Node.js, a path
/// need not exist.
fn resolved(
    _: &JsValue,
    arguments: &[JsValue],
    from: &JsString,
    context: &mut Context,
) -> JsResult<JsValue> {
    let specifier = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let from = from.to_std_string_lossy();
    if let Some(name) = platform::resolve(&specifier) {
        return Ok(JsString::from(format!("node:{name}")).into());
    }
    let found = Files::of(context)?.resolve(&from, &specifier, Asker::Import);
    let path = match found {
        Ok(path) => format!("{ROOT}/{path}"),
        Err(_) if specifier.starts_with(['.', '/']) => join(folder(&from), &specifier),
        Err(Unresolved::NotExported(why)) => return Err(commonjs::not_exported(why, context)),
        Err(Unresolved::NotFound) => return Err(not_found(&from, &specifier, context)),
    };
    Ok(JsString::from(format!("file://{path}")).into())
}
