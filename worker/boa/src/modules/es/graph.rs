//! The module graph: loads a module and all modules that it leads to, links them, and runs them.

use std::collections::HashSet;
use std::rc::Rc;

use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsResult, js_error};
use brink_rewrite::module::Module;

use super::super::super::loader;
use super::super::super::platform;
use super::super::files::Files;
use super::super::resolve::Kind;
use super::evaluate::{self, kept};
use super::link;
use super::record::{Code, Id, Records};
use super::target::{Target, Unread, platform_key, target};
use super::values;

/// The module of a target, without the modules that it asks for.
pub(super) fn load_target(target: Target, context: &mut Context) -> JsResult<Id> {
    match target {
        Target::Known(known) => known,
        Target::Unread(Unread::Platform(name)) => platform_module(name, context),
        Target::Unread(Unread::File(path)) | Target::Text(path) => load(&path, context),
    }
}

/// The module of a file, without the modules that it asks for.
pub(in super::super) fn load(path: &str, context: &mut Context) -> JsResult<Id> {
    let records = Records::of(context)?;
    if let Some(known) = records.find(path) {
        return known;
    }
    match read(path, context) {
        Ok((shape, code)) => Ok(records.add(path, shape, code)),
        Err(error) => {
            let error = kept(error, context);
            records.reject(path, error.clone());
            Err(error)
        }
    }
}

fn read(path: &str, context: &mut Context) -> JsResult<(Rc<Module>, Code)> {
    let files = Files::of(context)?;
    match files.kind(path, context) {
        Kind::Es => {
            let template = files.template(path, Kind::Es, context)?;
            let shape = template.module.clone();
            let shape = shape.ok_or_else(|| js_error!(Error: "{} is not an ES module", path))?;
            let function = template.function(context)?;
            Ok((shape, Code::Function(function)))
        }
        Kind::CommonJs => Ok(values::of_common_js(path, &files, context)),
        Kind::Json => Ok(values::of_data(loader::of(context)?.load(path, None, context)?)),
    }
}

/// A platform module for ES modules.
fn platform_module(name: &str, context: &mut Context) -> JsResult<Id> {
    let exports = platform::load(name, context)?;
    let (shape, code) = values::of(exports, context)?;
    Ok(Records::of(context)?.add(&platform_key(name), shape, code))
}

/// Loads all modules that a module leads to.
pub(super) fn load_graph(root: Id, context: &mut Context) -> JsResult<()> {
    let mut seen = HashSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if !seen.insert(id) || id.with(context, |record| record.is_linked())? {
            continue;
        }
        if let Err(error) = load_targets(id, context) {
            let error = kept(error, context);
            id.with(context, |record| record.failed = Some(error.clone()))?;
            return Err(error);
        }
        open.extend(id.with(context, |record| record.targets.clone())?.into_iter().rev());
    }
    Ok(())
}

/// Loads the modules that a module itself asks for.
fn load_targets(id: Id, context: &mut Context) -> JsResult<()> {
    let (from, shape, begun, failed) = id.with(context, |record| {
        let begun = record.targets.len();
        (record.key.clone(), record.shape.clone(), begun, record.failed.clone())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    for request in shape.requests.iter().skip(begun) {
        let target = load_target(target(&from, &request.specifier, context)?, context)?;
        id.with(context, |record| record.targets.push(target))?;
    }
    Ok(())
}

/// Loads, links and runs a module and all modules that it leads to. Returns the promise of its end.
pub(in super::super) fn start(root: Id, context: &mut Context) -> JsResult<JsPromise> {
    if let Some(error) = root.with(context, |record| record.failed.clone())? {
        return Err(error);
    }
    if let Err(error) = load_graph(root, context).and_then(|()| link::link(root, context)) {
        // The next import gets the same error, as in Node.js.
        let error = kept(error, context);
        root.with(context, |record| record.failed = Some(error.clone()))?;
        return Err(error);
    }
    evaluate::evaluate(root, context)
}
