//! Links modules: finds the meaning of each import and export, and declares the modules' variables.

use std::collections::HashSet;
use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::object::builtins::{JsArray, JsFunction, JsGenerator, JsPromise};
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_error,
    js_string,
};
use brink_rewrite::module::{Export, Module, Name, Place};

use super::super::super::loader::ROOT;
use super::super::files::Files;
use super::exports::{Resolution, resolve_request};
use super::imports;
use super::record::{Binding, Code, Id, Open, Run, Status};

/// Links a loaded module and all modules that it leads to.
pub(super) fn link(root: Id, context: &mut Context) -> JsResult<()> {
    let unlinked = unlinked(root, context)?;
    for &id in &unlinked {
        check(id, context)?;
    }
    for &id in &unlinked {
        open(id, context)?;
        id.with(context, |record| record.status = Status::Linked)?;
    }
    Ok(())
}

/// The modules to link, each after the modules that it asks for.
fn unlinked(root: Id, context: &Context) -> JsResult<Vec<Id>> {
    let mut seen = HashSet::new();
    let mut done = Vec::new();
    let mut path = vec![(root, 0)];
    while let Some((id, next)) = path.last_mut() {
        let (id, at) = (*id, *next);
        *next += 1;
        if at == 0 {
            let is_unlinked = id.with(context, |one| one.status == Status::Unlinked)?;
            if !is_unlinked || !seen.insert(id) {
                path.pop();
                continue;
            }
        }
        match id.with(context, |record| record.targets.get(at).copied())? {
            Some(target) => path.push((target, 0)),
            None => {
                done.push(id);
                path.pop();
            }
        }
    }
    Ok(done)
}

/// Fails if something is imported or passed on that is not exported.
fn check(id: Id, context: &mut Context) -> JsResult<()> {
    let shape = id.with(context, |record| record.shape.clone())?;
    let mut bindings = Vec::with_capacity(shape.imports.len());
    for import in &shape.imports {
        let (request, name) = (import.request, &import.name);
        bindings.push(resolved_import(id, &shape, request, name, import.place, context)?);
    }
    id.with(context, |record| record.bindings = bindings)?;
    for export in &shape.exports {
        if let Export::Other { name, request, of, place } = export {
            let binding = resolved_import(id, &shape, *request, of, *place, context)?;
            id.with(context, |record| record.passed_on.insert(name.clone(), binding))?;
        }
    }
    Ok(())
}

fn resolved_import(
    id: Id,
    shape: &Module,
    request: usize,
    name: &Name,
    place: Place,
    context: &mut Context,
) -> JsResult<Binding> {
    let found = resolve_request(id, request, name, &mut HashSet::new(), context)?;
    let specifier = shape.requests.get(request).map_or("", |request| &request.specifier);
    let name = match name {
        Name::Export(name) => name,
        Name::Namespace => "*",
    };
    let problem = match found {
        Resolution::Found(binding) => return Ok(binding),
        Resolution::Missing => match unnamed(id, request, name, specifier, place, context)? {
            Some(problem) => problem,
            None => format!(
                "The requested module '{specifier}' does not provide an export named '{name}'"
            ),
        },
        Resolution::Ambiguous => format!(
            "The requested module '{specifier}' contains conflicting star exports for name '{name}'"
        ),
        Resolution::Circular => {
            format!("Detected cycle while resolving name '{name}' in '{specifier}'")
        }
    };
    Err(unlinkable(id, &problem, place, context))
}

/// Node.js's error for an import that the text of a CommonJS module does not show.
fn unnamed(
    id: Id,
    request: usize,
    name: &str,
    specifier: &str,
    place: Place,
    context: &Context,
) -> JsResult<Option<String>> {
    let (from, target) =
        id.with(context, |record| (record.key.clone(), record.targets.get(request).copied()))?;
    let Some(target) = target else { return Ok(None) };
    let files = Files::of(context)?;
    let is_common_js = target.with(context, |record| {
        let is_file = files.has(&record.key);
        let has_text = matches!(record.code, Code::Later(_) | Code::Values(_));
        is_file && has_text && !record.key.ends_with(".json")
    })?;
    if !is_common_js {
        return Ok(None);
    }
    let text = files.text(&from);
    let line = usize::try_from(place.line).ok().and_then(|line| line.checked_sub(1));
    let line = line.and_then(|line| text.lines().nth(line)).unwrap_or_default();
    let names = line.find('{').zip(line.rfind('}')).and_then(|(from, to)| line.get(from..=to));
    let names = names.map_or_else(String::new, |names| {
        format!("const {} = pkg;\n", names.replace(" as ", ": "))
    });
    Ok(Some(format!(
        "Named export '{name}' not found. The requested module '{specifier}' is a CommonJS module, \
         which may not support all module.exports as named exports.\nCommonJS modules can always be \
         imported via the default export, for example using:\n\nimport pkg from '{specifier}';\n{names}"
    )))
}

/// An error of linking. Its stack names the place of the declaration.
fn unlinkable(id: Id, problem: &str, place: Place, context: &mut Context) -> JsError {
    let error = JsNativeError::syntax().with_message(problem.to_owned());
    let object = error.into_opaque(context);
    let key = id.with(context, |record| record.key.clone()).unwrap_or_default();
    let Place { line, column } = place;
    let stack = format!("SyntaxError: {problem}\n    at {ROOT}/{key}:{line}:{column}");
    let stack = PropertyDescriptor::builder()
        .value(JsString::from(stack))
        .writable(true)
        .enumerable(false)
        .configurable(true);
    // A fresh object takes any property.
    let _ = object.define_property_or_throw(js_string!("stack"), stack, context);
    JsError::from_opaque(object.into())
}

/// Declares the variables of a module: calls its function, which waits as soon as they are.
fn open(id: Id, context: &mut Context) -> JsResult<()> {
    let (code, shape) = id.with(context, |record| (record.code.clone(), record.shape.clone()))?;
    let Code::Function(function) = code else { return Ok(()) };
    let imports = imports::make(id, &shape, context)?;
    let gate = shape.is_async.then(|| JsPromise::new_pending(context));
    let (gate, resolvers) = gate.unzip();
    let getters = JsArray::new(context)?;
    let open = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, (getters, gate): &(JsArray, JsValue), context| {
            if let Some(list) = arguments.get_or_undefined(0).as_object() {
                let list = JsArray::from_object(list)?;
                for at in 0..list.length(context)? {
                    let getter = list.get(at, context)?;
                    getters.create_data_property_or_throw(at, getter, context)?;
                }
            }
            Ok(gate.clone())
        },
        (getters.clone(), gate.map(JsValue::from).unwrap_or_default()),
    );
    let open = FunctionObjectBuilder::new(context.realm(), open).build();
    let arguments = [imports.clone().into(), open.into()];
    let called = function.call(&JsValue::undefined(), &arguments, context)?;
    let called = called.as_object().ok_or_else(unopened)?;
    let run = match resolvers {
        Some(resolvers) => Run::Async(resolvers, JsPromise::from_object(called)?),
        None => {
            let generator = JsGenerator::from_object(called)?;
            generator.next(JsValue::undefined(), context)?;
            Run::Sync(generator)
        }
    };
    let getters = getters_of(&getters, context)?;
    for export in &shape.exports {
        if let Export::Own { at, is_nameless: true, .. } = export
            && let Some(getter) = getters.get(*at)
        {
            name_default(getter, context)?;
        }
    }
    let open = Rc::new(Open { getters, run });
    id.with(context, |record| {
        record.code = Code::Open(open);
        record.imports = Some(imports);
    })
}

fn unopened() -> JsError {
    js_error!(Error: "a module did not begin")
}

fn getters_of(list: &JsArray, context: &mut Context) -> JsResult<Vec<JsFunction>> {
    (0..list.length(context)?)
        .map(|at| list.get(at, context)?.as_function().ok_or_else(unopened))
        .collect()
}

/// Names a default export that is a function without a name.
fn name_default(getter: &JsFunction, context: &mut Context) -> JsResult<()> {
    let function = getter.call(&JsValue::undefined(), &[], context)?;
    let Some(function) = function.as_object() else { return Ok(()) };
    let name = PropertyDescriptor::builder()
        .value(js_string!("default"))
        .writable(false)
        .enumerable(false)
        .configurable(true);
    function.define_property_or_throw(js_string!("name"), name, context)?;
    Ok(())
}
