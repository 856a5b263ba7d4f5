//! Loads modules of all kinds, each by its own rules.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsString, JsValue, js_error};
use brink_frames::Load;
use brink_rewrite::Rewritten;

use super::super::function_table::{Index, Span};
use super::super::json;
use super::super::loader::{self, Loader, ROOT};
use super::commonjs::{self, Content, Required};
use super::es::{self, Records};
use super::files::Files;
use super::resolve::{Kind, in_bundle};

/// The loader of one environment, over the state of each kind of module.
struct ModuleLoader {
    files: Rc<Files>,
    required: Rc<Required>,
    records: Rc<Records>,
}

/// Gives a context the modules of its version. No module is loaded yet.
pub(in super::super) fn install(load: Arc<Load>, context: &mut Context) {
    let files = Rc::new(Files::new(load));
    let (required, records) = (Rc::<Required>::default(), Rc::<Records>::default());
    context.insert_data(files.clone());
    context.insert_data(required.clone());
    context.insert_data(records.clone());
    loader::install(Rc::new(ModuleLoader { files, required, records }), context);
}

/// The path of a file in the bundle. The path of a file outside of it stays as it is.
fn inside(file: &str) -> &str {
    in_bundle(Path::new(file)).unwrap_or(file)
}

// === impl ModuleLoader ===

impl Loader for ModuleLoader {
    fn import_function(&self, file: &str, context: &mut Context) -> JsFunction {
        es::import_function(inside(file), context)
    }

    fn require_function(&self, file: &str, context: &mut Context) -> JsResult<JsObject> {
        commonjs::require_function(inside(file), context)
    }

    fn require(&self, file: &str, specifier: &str, context: &mut Context) -> JsResult<JsValue> {
        commonjs::require(inside(file), specifier, context)
    }

    fn resolve(&self, file: &str, specifier: &str, context: &mut Context) -> JsResult<JsString> {
        commonjs::resolve(inside(file), specifier, context)
    }

    fn load(&self, path: &str, parent: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
        let module = match commonjs::cached(path, context)? {
            Some(module) => module,
            None => {
                let content = match self.files.kind(path, context) {
                    Kind::Json => Content::Exports(self.data(path, context)?),
                    Kind::CommonJs => {
                        Content::Text(self.files.template(path, Kind::CommonJs, context)?)
                    }
                    Kind::Es => Content::Exports(es::required(path, parent, context)?),
                };
                commonjs::add(path, parent, content, context)?
            }
        };
        module.get(commonjs::EXPORTS, context)
    }

    fn set_hook(&self, require: Option<JsFunction>) {
        self.required.set_hook(require);
    }

    fn is_namespace(&self, object: &JsObject) -> bool {
        self.records.has_namespace(object)
    }

    fn author_frame(&self, frame: &str) -> Option<String> {
        self.files.author_frame(frame)
    }

    fn indexed(
        &self,
        file: &Path,
        find: &dyn Fn(&Index) -> Option<Span>,
    ) -> Option<Option<String>> {
        self.files.indexed(file, find)
    }

    fn rewritten(&self, file: &Path) -> Option<(String, Rewritten)> {
        self.files.rewritten(file)
    }
}

impl ModuleLoader {
    fn data(&self, path: &str, context: &mut Context) -> JsResult<JsValue> {
        json::read(&self.files.text(path), context)
            .map_err(|error| js_error!(SyntaxError: "{}/{}: {}", ROOT, path, error))
    }
}
