//! The loader: how the platform and rewritten code reach the version's modules.
//!
//! The module system is built on the platform, and not the other way round. If the platform, or a
//! native that a function's text calls, needs a module, it asks the [`Loader`] of its context.

use std::path::Path;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsString, JsValue, js_error};
use brink_frames::lambda_environment::TASK_ROOT;
use brink_rewrite::Rewritten;

use super::function_table::{Index, Span};

/// The folder of the bundle, as its code sees it: the same as on Lambda.
pub(super) const ROOT: &str = TASK_ROOT;

/// Loads the modules of one version. Files have absolute paths. A file outside of the bundle finds
/// no other files.
pub(super) trait Loader {
    /// `import()` for a file.
    fn import_function(&self, file: &str, context: &mut Context) -> JsFunction;
    /// `require` for a file.
    fn require_function(&self, file: &str, context: &mut Context) -> JsResult<JsObject>;
    /// `require` of a specifier in a file, even if the function replaced its `require`.
    fn require(&self, file: &str, specifier: &str, context: &mut Context) -> JsResult<JsValue>;
    /// `require.resolve` of a specifier in a file.
    fn resolve(&self, file: &str, specifier: &str, context: &mut Context) -> JsResult<JsString>;
    /// `module.exports` of a file, by its path in the bundle. The file runs first if it did not run
    /// yet. `parent` is the file that asks for it.
    fn load(&self, path: &str, parent: Option<&str>, context: &mut Context) -> JsResult<JsValue>;
    /// From now on files get the result of `require(file, specifier)`.
    fn set_hook(&self, require: Option<JsFunction>);
    /// True for the namespace object of an ES module.
    fn is_namespace(&self, object: &JsObject) -> bool;
    /// A stack frame `name (path:line:column)` with the author's place: in the author's columns,
    /// and in the file that the bundle's file was made from. None if the frame has it already.
    fn author_frame(&self, frame: &str) -> Option<String>;
    /// A part of a large file's text. The outer option is none if the file is not large. The inner
    /// one is none if the file has no such part.
    fn indexed(&self, file: &Path, find: &dyn Fn(&Index) -> Option<Span>)
    -> Option<Option<String>>;
    /// A file's text and its rewritten text.
    fn rewritten(&self, file: &Path) -> Option<(String, Rewritten)>;
}

/// The loader of one context.
struct Installed(Rc<dyn Loader>);

/// Gives a context its loader.
pub(super) fn install(loader: Rc<dyn Loader>, context: &mut Context) {
    context.insert_data(Installed(loader));
}

/// The loader of this context; none until it has a version.
pub(super) fn find(context: &Context) -> Option<Rc<dyn Loader>> {
    context.get_data::<Installed>().map(|Installed(loader)| loader.clone())
}

/// The loader of a context that runs code of a version.
pub(super) fn of(context: &Context) -> JsResult<Rc<dyn Loader>> {
    find(context).ok_or_else(|| js_error!(Error: "this context is not an execution environment"))
}
