//! The version's modules, as the platform and rewritten code see them.
//!
//! Modules are loaded on top of the platform. Where the platform, or a native that a function's text
//! calls, needs something of them, it asks for the [`Loader`] of its context.

use std::path::Path;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsString, JsValue, js_error};
use brink_rewrite::Rewritten;

use super::function_table::{Index, Span};

/// Where the bundle lies, to its code: as on Lambda.
pub(super) const ROOT: &str = "/var/task";

/// Loads the modules of one version. Files have absolute paths; one outside of the bundle finds no
/// other files.
pub(super) trait Loader {
    /// `import()` as a file has it.
    fn import_function(&self, file: &str, context: &mut Context) -> JsFunction;
    /// `require` as a file has it.
    fn require_function(&self, file: &str, context: &mut Context) -> JsResult<JsObject>;
    /// `require` of a specifier in a file, whatever was put in its place.
    fn require(&self, file: &str, specifier: &str, context: &mut Context) -> JsResult<JsValue>;
    /// `require.resolve` of a specifier in a file.
    fn resolve(&self, file: &str, specifier: &str, context: &mut Context) -> JsResult<JsString>;
    /// `module.exports` of a file of the bundle, by its path there. It runs first if it did not run
    /// yet. `parent` is the file that asks for it.
    fn load(&self, path: &str, parent: Option<&str>, context: &mut Context) -> JsResult<JsValue>;
    /// From now on files get what `require(file, specifier)` gives.
    fn set_hook(&self, require: Option<JsFunction>);
    /// True for the namespace object of an ES module.
    fn is_namespace(&self, object: &JsObject) -> bool;
    /// A stack frame `name (path:line:column)` in the author's words: without what was added to the
    /// file, and in the file that it was made from. None if it is in them already.
    fn author_frame(&self, frame: &str) -> Option<String>;
    /// A part of a large file's text. The outer option is none if the file is not large, the inner
    /// one if it has no such part.
    fn indexed(&self, file: &Path, find: &dyn Fn(&Index) -> Option<Span>)
    -> Option<Option<String>>;
    /// A file's text and what becomes of it.
    fn rewritten(&self, file: &Path) -> Option<(String, Rewritten)>;
}

/// The loader of one context.
struct Installed(Rc<dyn Loader>);

/// Gives a context its loader.
pub(super) fn install(loader: Rc<dyn Loader>, context: &mut Context) {
    context.insert_data(Installed(loader));
}

/// The loader of this context, once it has a version.
pub(super) fn find(context: &Context) -> Option<Rc<dyn Loader>> {
    context.get_data::<Installed>().map(|Installed(loader)| loader.clone())
}

/// The same, where code of a version runs.
pub(super) fn of(context: &Context) -> JsResult<Rc<dyn Loader>> {
    find(context).ok_or_else(|| js_error!(Error: "this context is no execution environment"))
}
