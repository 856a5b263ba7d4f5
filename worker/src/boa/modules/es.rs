//! ES modules: `import` from the bundle, and CommonJS modules as ES modules see them.
//!
//! A CommonJS module's default export is its `module.exports`, whose own names are exports too.
//! It runs when it is loaded, thus before the modules that import it, but also before those that
//! they import after it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use boa_engine::module::{ModuleLoader, ModuleRequest, Referrer, SyntheticModuleInitializer};
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyKey;
use boa_engine::{
    Context, JsArgs, JsError, JsResult, JsString, JsValue, Module, NativeFunction, Source,
    js_error, js_string,
};

use super::super::compiled::{BESIDE, BODY, Columns, Compiled, Files, Template};
use super::super::session::Session;
use super::super::{platform, rewrite};
use super::resolve::{self, Asker, Kind, Unresolved, folder, in_bundle};
use super::{Modules, ROOT, commonjs, syntax};

/// Loads modules from the session's bundle.
pub(in super::super) struct BundleLoader;

/// The session's bundle, as its modules see it.
pub(super) struct BundleFiles<'s>(pub(super) &'s Session);

// === impl BundleLoader ===

impl ModuleLoader for BundleLoader {
    async fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> JsResult<Module> {
        let context = &mut context.borrow_mut();
        let session = Session::of(context)?;
        let from = referrer.path().and_then(file_of).unwrap_or_default();
        let specifier = request.specifier().to_std_string_lossy();
        if specifier == BODY {
            let body = session.modules.bodies.borrow_mut().remove(from);
            if let Some(body) = body {
                return Ok(Module::from_value_as_default(body.into(), context));
            }
        }
        if let Some(name) = platform::resolve(&specifier) {
            return platform_module(name, &session, context);
        }
        match session.modules.resolver.resolve(from, &specifier, Asker::Import) {
            Ok(path) => load(&path, context),
            Err(Unresolved::NotExported(why)) => Err(commonjs::not_exported(why, context)),
            Err(Unresolved::NotFound) => Err(not_found(from, &specifier, context)),
        }
    }

    fn init_import_meta(
        self: Rc<Self>,
        import_meta: &JsObject,
        module: &Module,
        context: &mut Context,
    ) {
        let Some(file) = module.path().and_then(file_of) else {
            return;
        };
        let path = format!("{ROOT}/{file}");
        let folder = path.rsplit_once('/').map_or(ROOT, |(folder, _)| folder);
        let resolve =
            NativeFunction::from_copy_closure_with_captures(resolved, JsString::from(file));
        let resolve = FunctionObjectBuilder::new(context.realm(), resolve)
            .name(js_string!("resolve"))
            .length(1)
            .build();
        for (name, value) in [
            (js_string!("dirname"), JsString::from(folder).into()),
            (js_string!("filename"), JsString::from(path.as_str()).into()),
            (js_string!("resolve"), JsValue::from(resolve)),
            (js_string!("url"), JsString::from(format!("file://{path}")).into()),
        ] {
            // A fresh object takes any property.
            let _ = import_meta.create_data_property(name, value, context);
        }
    }
}

// === impl BundleFiles ===

impl Files for BundleFiles<'_> {
    fn text(&self, path: &str) -> String {
        commonjs::source_text(&self.0.load.bundle, path)
    }

    fn is_named_es(&self, path: &str) -> bool {
        resolve::kind(&self.0.load.bundle, path) == Kind::Es
    }

    fn es_module(&self, from: &str, specifier: &str) -> Option<String> {
        if platform::resolve(specifier).is_some() {
            return None;
        }
        let path = self.0.modules.resolver.resolve(from, specifier, Asker::Import).ok()?;
        let may_be_es = match resolve::kind(&self.0.load.bundle, &path) {
            Kind::Es => true,
            Kind::CommonJs => may_be_es(&self.text(&path)),
            Kind::Json => false,
        };
        may_be_es.then_some(path)
    }
}

/// The file in the bundle of which the engine's name is this.
fn file_of(path: &Path) -> Option<&str> {
    let path = in_bundle(path)?;
    Some(path.strip_suffix(BESIDE).unwrap_or(path))
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
    let found = Session::of(context)?.modules.resolver.resolve(&from, &specifier, Asker::Import);
    let path = match found {
        Ok(path) => format!("{ROOT}/{path}"),
        Err(_) if specifier.starts_with(['.', '/']) => join(folder(&from), &specifier),
        Err(Unresolved::NotExported(why)) => return Err(commonjs::not_exported(why, context)),
        Err(Unresolved::NotFound) => return Err(not_found(&from, &specifier, context)),
    };
    Ok(JsString::from(format!("file://{path}")).into())
}

/// The module of a file, as ES modules import it. Not linked yet.
pub(super) fn load(path: &str, context: &mut Context) -> JsResult<Module> {
    let session = Session::of(context)?;
    let loaded = session.modules.es.borrow().get(path).cloned();
    if let Some(module) = loaded {
        return Ok(module);
    }
    let module = match Modules::kind(path, &session, context) {
        Kind::Es => {
            let text = commonjs::source_text(&session.load.bundle, path);
            match divided(path, &text, &session, context)? {
                Some(module) => module,
                None => parse(path, &text, context)?,
            }
        }
        Kind::CommonJs | Kind::Json => {
            let exports = commonjs::load(path, None, context)?;
            from_exports(exports, context)?
        }
    };
    session.modules.es.borrow_mut().insert(path.to_owned(), module.clone());
    Ok(module)
}

/// A platform module, as ES modules import it.
fn platform_module(name: &str, session: &Session, context: &mut Context) -> JsResult<Module> {
    let key = format!("node:{name}");
    let loaded = session.modules.es.borrow().get(&key).cloned();
    if let Some(module) = loaded {
        return Ok(module);
    }
    let exports = platform::load(name, context)?;
    let module = from_exports(exports, context)?;
    session.modules.es.borrow_mut().insert(key, module.clone());
    Ok(module)
}

/// True if the text has a word that every ES module has.
pub(super) fn may_be_es(text: &str) -> bool {
    text.contains("import") || text.contains("export")
}

/// The declarations of a module whose code is shared; none if it cannot be.
fn divided(
    path: &str,
    text: &str,
    session: &Session,
    context: &mut Context,
) -> JsResult<Option<Module>> {
    let compiled = Compiled::of(context)?;
    let Some(halves) = compiled.graph().halves(path, &BundleFiles(session)) else {
        return Ok(None);
    };
    platform::keep_matches_for(text, context)?;
    let name = format!("{ROOT}/{path}");
    let known = Template::known(&name, context)?;
    let template = known.or_else(|| Template::compile(&name, halves.take_body()?, context).ok());
    let beside = format!("{name}{BESIDE}");
    let source = Source::from_bytes(&halves.declarations).with_path(beside.as_ref());
    let module = Module::parse(source, None, context).ok();
    let (Some(template), Some(module)) = (template, module) else {
        // What the engine has against it is told about the whole.
        compiled.graph().join(path);
        return Ok(None);
    };
    let body = template.function(context)?;
    session.modules.columns.borrow_mut().insert(path.to_owned(), template.columns);
    session.modules.bodies.borrow_mut().insert(path.to_owned(), body);
    Ok(Some(module))
}

/// Parses a module's text without running it.
pub(super) fn parse(path: &str, text: &str, context: &mut Context) -> JsResult<Module> {
    platform::keep_matches_for(text, context)?;
    let name = format!("{ROOT}/{path}");
    let source = match rewrite::es_module(text) {
        Some((rewritten, additions)) => {
            let modules = &Session::of(context)?.modules;
            let columns = Rc::new(Columns::Added(additions));
            modules.columns.borrow_mut().insert(path.to_owned(), columns);
            Cow::Owned(rewritten)
        }
        None => Cow::Borrowed(text),
    };
    let source = Source::from_bytes(&*source).with_path(name.as_ref());
    Module::parse(source, None, context)
        .map_err(|error| syntax::with_place(error, path, text, |column| column, context))
}

fn from_exports(exports: JsValue, context: &mut Context) -> JsResult<Module> {
    let default = js_string!("default");
    let mut values = vec![(default.clone(), exports.clone())];
    if let Some(object) = exports.as_object() {
        for key in object.own_property_keys(context)? {
            if let PropertyKey::String(name) = key
                && name != default
                && is_exported(&object, &name)
            {
                values.push((name.clone(), object.get(name, context)?));
            }
        }
    }
    let names: Vec<_> = values.iter().map(|(name, _)| name.clone()).collect();
    let initializer = SyntheticModuleInitializer::from_copy_closure_with_captures(
        |module, values: &Vec<(JsString, JsValue)>, _| {
            values.iter().try_for_each(|(name, value)| module.set_export(name, value.clone()))
        },
        values,
    );
    Ok(Module::synthetic(&names, initializer, None, None, context))
}

/// True for what a CommonJS module put there itself, not for the `length` of a function.
fn is_exported(exports: &JsObject, name: &JsString) -> bool {
    let property = exports.borrow().properties().get(&name.clone().into());
    let listed = property.is_none_or(|property| property.enumerable() != Some(false));
    listed || *name == js_string!("__esModule")
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
