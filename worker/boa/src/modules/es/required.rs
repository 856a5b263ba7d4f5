//! `require` of ES modules, as in Node.js 20: it loads modules that can run to their end at once.

use std::collections::HashSet;

use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::{Context, JsError, JsResult, JsValue, NativeFunction, js_error, js_string};

use super::super::super::loader::ROOT;
use super::super::{commonjs, compile};
use super::graph::{load, load_graph, start};
use super::namespace;
use super::record::{Code, Id, Records, Status};

/// Why a module cannot be required at all.
enum Rejection {
    /// It or something that it asks for awaits at its top level.
    Awaits,
    /// It leads to a module that is running.
    Cycle,
}

/// The value of `require` of an ES module in the file `parent`. The module runs first if it did not
/// run yet.
pub(in super::super) fn required(
    path: &str,
    parent: Option<&str>,
    context: &mut Context,
) -> JsResult<JsValue> {
    let id = load(path, context)?;
    if id.with(context, |record| record.failed.is_none())? {
        load_graph(id, context)?;
        if let Some(rejection) = rejection(id, context)? {
            return Err(rejected(&rejection, path, parent, context));
        }
    }
    run(id, context)?;
    let namespace = namespace::of(id, context)?;
    if namespace.has_own_property(js_string!("module.exports"), context)? {
        return namespace.get(js_string!("module.exports"), context);
    }
    let has_default = namespace.has_own_property(js_string!("default"), context)?;
    if !has_default || namespace.has_own_property(js_string!("__esModule"), context)? {
        return Ok(namespace.into());
    }
    let marked = marked(path, context)?;
    run(marked, context)?;
    Ok(namespace::of(marked, context)?.into())
}

/// Runs a module that does not await to its end.
fn run(id: Id, context: &mut Context) -> JsResult<()> {
    let ended = start(id, context)?;
    let PromiseState::Rejected(reason) = ended.state() else { return Ok(()) };
    // The caller of `require` has the error.
    let nothing = NativeFunction::from_fn_ptr(|_, _, _| Ok(JsValue::undefined()));
    ended.catch(FunctionObjectBuilder::new(context.realm(), nothing).build(), context)?;
    Err(JsError::from_opaque(reason))
}

fn rejection(root: Id, context: &Context) -> JsResult<Option<Rejection>> {
    let (mut seen, mut open) = (HashSet::new(), vec![root]);
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let (status, is_async, targets) = id.with(context, |record| {
            (record.status, record.shape.is_async, record.targets.clone())
        })?;
        match status {
            Status::Evaluating => return Ok(Some(Rejection::Cycle)),
            _ if is_async => return Ok(Some(Rejection::Awaits)),
            _ => open.extend(targets),
        }
    }
    Ok(None)
}

fn rejected(
    rejection: &Rejection,
    path: &str,
    parent: Option<&str>,
    context: &mut Context,
) -> JsError {
    let (code, why) = match rejection {
        Rejection::Awaits => (
            "ERR_REQUIRE_ASYNC_MODULE",
            "require() cannot be used on an ESM graph with top-level await. Use import() instead. \
             To see where the top-level await comes from, use \
             --experimental-print-required-tla."
                .to_owned(),
        ),
        Rejection::Cycle => {
            let from = parent.map(|parent| format!(" (from {ROOT}/{parent})")).unwrap_or_default();
            let why = format!(
                "Cannot require() ES Module {ROOT}/{path} in a cycle.{from} A cycle involving \
                 require(esm) is not allowed to maintain invariants mandated by the ECMAScript \
                 specification. Try making at least part of the dependency in the graph lazily \
                 loaded."
            );
            ("ERR_REQUIRE_CYCLE_MODULE", why)
        }
    };
    commonjs::coded(js_error!(Error: "{}", why), code, context)
}

/// A module with the exports of another one, and `__esModule`, by which compiled code recognizes an
/// ES module.
fn marked(path: &str, context: &mut Context) -> JsResult<Id> {
    let records = Records::of(context)?;
    let key = format!("{path}?required");
    if let Some(known) = records.find(&key) {
        return known;
    }
    let place = serde_json::Value::from(format!("{ROOT}/{path}"));
    let text = format!(
        "export * from {place}; export {{ default }} from {place}; export const __esModule = true;"
    );
    let template = compile::es_module(&key, &text, true, context)?;
    let shape = template.module.clone();
    let shape = shape.ok_or_else(|| js_error!(Error: "{} is not an ES module", key))?;
    let function = template.function(context)?;
    Ok(records.add(&key, shape, Code::Function(function)))
}
