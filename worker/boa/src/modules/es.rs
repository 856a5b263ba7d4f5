//! ES modules: `import` from the bundle, and other modules as ES modules see them.
//!
//! `brink_rewrite` writes each as a function. What the engine does for modules of its own is done
//! here: `record` has what is known of each, `link` finds what names mean, `evaluate` runs the
//! modules in their order.

mod dynamic;
mod evaluate;
mod imports;
mod link;
mod namespace;
mod record;
mod required;
mod values;

use std::collections::HashSet;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsResult, js_error};
use brink_rewrite::module::Module;
use brink_rewrite::{Goal, rewrite};

use super::super::compiled::{Template, Text};
use super::super::platform;
use super::super::session::Session;
use super::resolve::{Asker, Kind, Unresolved, folder};
use super::{Modules, ROOT, commonjs, syntax};
use evaluate::kept;
use record::Code;

pub(in super::super) use dynamic::function as import_function;
pub(in super::super) use namespace::is_namespace;
pub(super) use record::{Id, Records};
pub(super) use required::required;

/// What a specifier means.
enum Target {
    /// A module that was asked for before.
    Known(Result<Id, JsError>),
    /// A module that has no text of its own to read.
    Unread(Unread),
    /// The file of an ES module.
    Text(String),
}

/// A module that has no text of its own to read.
enum Unread {
    Platform(&'static str),
    File(String),
}

// === impl Target ===

impl Target {
    /// The module, without those that it asks for.
    fn load(self, context: &mut Context) -> JsResult<Id> {
        match self {
            Self::Known(known) => known,
            Self::Unread(Unread::Platform(name)) => platform_module(name, context),
            Self::Unread(Unread::File(path)) | Self::Text(path) => load(&path, context),
        }
    }
}

/// What a specifier means in a file.
fn target(from: &str, specifier: &str, context: &mut Context) -> JsResult<Target> {
    let session = Session::of(context)?;
    let records = &session.modules.records;
    if let Some(name) = platform::resolve(specifier) {
        return Ok(match records.find(&platform_key(name)) {
            Some(known) => Target::Known(known),
            None => Target::Unread(Unread::Platform(name)),
        });
    }
    let path = match session.modules.resolver.resolve(from, specifier, Asker::Import) {
        Ok(path) => path,
        Err(Unresolved::NotExported(why)) => return Err(commonjs::not_exported(why, context)),
        Err(Unresolved::NotFound) => return Err(not_found(from, specifier, context)),
    };
    Ok(match records.find(&path) {
        Some(known) => Target::Known(known),
        None if Modules::kind(&path, &session, context) == Kind::Es => Target::Text(path),
        None => Target::Unread(Unread::File(path)),
    })
}

fn platform_key(name: &str) -> String {
    format!("node:{name}")
}

/// The module of a file, without those that it asks for.
pub(super) fn load(path: &str, context: &mut Context) -> JsResult<Id> {
    let session = Session::of(context)?;
    let records = &session.modules.records;
    if let Some(known) = records.find(path) {
        return known;
    }
    match read(path, &session, context) {
        Ok((shape, code)) => Ok(records.add(path, shape, code)),
        Err(error) => {
            let error = kept(error, context);
            records.refuse(path, error.clone());
            Err(error)
        }
    }
}

fn read(path: &str, session: &Session, context: &mut Context) -> JsResult<(Rc<Module>, Code)> {
    match Modules::kind(path, session, context) {
        Kind::Es => {
            let template = Modules::template(path, Kind::Es, session, context)?;
            let shape = template.module.clone();
            let shape = shape.ok_or_else(|| js_error!(Error: "{} is no ES module", path))?;
            let function = template.function(context)?;
            Ok((shape, Code::Function(function)))
        }
        Kind::CommonJs => Ok(values::of_common_js(path, session, context)),
        Kind::Json => Ok(values::of_data(commonjs::load(path, None, context)?)),
    }
}

/// Compiles the text of an ES module without running it. `must_declare` refuses one that has
/// nothing of an ES module.
pub(super) fn compile(
    path: &str,
    text: &str,
    must_declare: bool,
    context: &mut Context,
) -> JsResult<Template> {
    platform::keep_matches_for(text, context)?;
    let name = format!("{ROOT}/{path}");
    if let Some(template) = Template::known(&name, context)? {
        return Ok(template);
    }
    let rewritten = rewrite(text, Goal::EsModule);
    let mut rewritten = rewritten.map_err(|refused| syntax::refused(&refused, path, text))?;
    let module = rewritten.module.take().filter(|module| module.is_declared || !must_declare);
    let module = module.ok_or_else(|| js_error!(SyntaxError: "{} is no ES module", path))?;
    let places = rewritten.places.clone();
    Template::compile(&name, Text::module(module, rewritten), context).map_err(|error| {
        let column = |column| places.author_column(1, column);
        syntax::with_place(error, path, text, column, context)
    })
}

/// True if the text has a word that every ES module has.
pub(super) fn may_be_es(text: &str) -> bool {
    ["import", "export", "await"].iter().any(|word| text.contains(word))
}

/// True if some line begins like an `import` or `export` declaration.
pub(super) fn declares(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let rest = line.strip_prefix("import").or_else(|| line.strip_prefix("export"));
        rest.is_some_and(|rest| rest.starts_with([' ', '{', '*', '"', '\'', '\t']))
    })
}

/// A platform module, as ES modules import it.
fn platform_module(name: &str, context: &mut Context) -> JsResult<Id> {
    let session = Session::of(context)?;
    let exports = platform::load(name, context)?;
    let (shape, code) = values::of(exports, context)?;
    Ok(session.modules.records.add(&platform_key(name), shape, code))
}

/// Loads all that a module leads to.
fn load_graph(root: Id, context: &mut Context) -> JsResult<()> {
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

/// Loads the modules that a module asks for itself.
fn load_targets(id: Id, context: &mut Context) -> JsResult<()> {
    let (from, shape, begun, failed) = id.with(context, |record| {
        let begun = record.targets.len();
        (record.key.clone(), record.shape.clone(), begun, record.failed.clone())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    for request in shape.requests.iter().skip(begun) {
        let target = target(&from, &request.specifier, context)?.load(context)?;
        id.with(context, |record| record.targets.push(target))?;
    }
    Ok(())
}

/// Loads, links and runs all that a module leads to, and the module. The promise is that of its
/// end.
pub(super) fn start(root: Id, context: &mut Context) -> JsResult<JsPromise> {
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

/// The namespace object of a module that was started.
pub(super) fn namespace_of(id: Id, context: &mut Context) -> JsResult<JsObject> {
    namespace::of(id, context)
}

/// The error of `import` for what the bundle does not have.
fn not_found(from: &str, specifier: &str, context: &mut Context) -> JsError {
    let specifier = specifier.strip_prefix("file://").unwrap_or(specifier);
    let is_path = specifier.starts_with(['.', '/']);
    let (what, name) = match is_path {
        true => ("module", join(folder(from), specifier)),
        false => ("package", specifier.to_owned()),
    };
    let error = js_error!(Error: "Cannot find {} '{}' imported from {}/{}", what, name, ROOT, from);
    commonjs::coded(error, "ERR_MODULE_NOT_FOUND", context)
}

/// A relative specifier as the path that it means.
fn join(folder: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if specifier.starts_with('/') {
        return specifier.to_owned();
    }
    for part in specifier.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{ROOT}/{}", parts.join("/"))
}
