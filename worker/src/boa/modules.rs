//! The version's modules: CommonJS and ES modules, read from its bundle and never from the disk.
//!
//! To its code the bundle lies at [`ROOT`], as on Lambda.

mod commonjs;
mod es;
mod resolve;
mod source_map;
mod start;
mod syntax;

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, Module};

use super::compiled::{Columns, Compiled, Template};
use super::rewrite;
use super::session::Session;
use crate::sandbox::frame::Load;

use resolve::{Kind, Resolver};
use source_map::SourceMaps;

pub(super) use commonjs::require_of;
pub(super) use es::BundleLoader;
pub(super) use start::find_handler;

/// Where the bundle lies.
pub(super) const ROOT: &str = "/var/task";

/// The modules that an environment has loaded, by their path in the bundle.
pub(super) struct Modules {
    resolver: Resolver,
    source_maps: SourceMaps,
    /// Where the columns of compiled files are in their texts.
    columns: RefCell<HashMap<String, Rc<Columns>>>,
    /// `require.cache`: `module` objects of CommonJS by absolute file name.
    cache: OnceCell<JsObject>,
    /// Files that were taken for CommonJS.
    commonjs: RefCell<HashSet<String>>,
    /// The file that first asked for a CommonJS file.
    parents: RefCell<HashMap<String, String>>,
    /// ES modules, and CommonJS modules in the form in which ES modules import them.
    es: RefCell<HashMap<String, Module>>,
    /// The functions of ES modules whose declarations are not linked yet.
    bodies: RefCell<HashMap<String, JsFunction>>,
    /// CommonJS that was compiled to find out its kind, and did not run yet.
    compiled: RefCell<HashMap<String, Template>>,
    /// What `require` found already, by who asked and for what.
    found: RefCell<HashMap<(String, String), String>>,
}

// === impl Modules ===

impl Modules {
    /// None loaded yet.
    pub(super) fn new(load: Arc<Load>) -> Self {
        Self {
            resolver: Resolver::new(load),
            source_maps: SourceMaps::default(),
            columns: RefCell::default(),
            cache: OnceCell::new(),
            commonjs: RefCell::default(),
            parents: RefCell::default(),
            es: RefCell::default(),
            bodies: RefCell::default(),
            compiled: RefCell::default(),
            found: RefCell::default(),
        }
    }

    /// How a file is to be read: by its name, or by its text where the name says CommonJS and
    /// the text can only be an ES module.
    fn kind(path: &str, session: &Session, context: &mut Context) -> Kind {
        let modules = &session.modules;
        let kind = resolve::kind(&session.load.bundle, path);
        let is_known = modules.commonjs.borrow().contains(path)
            || modules.compiled.borrow().contains_key(path);
        if kind != Kind::CommonJs || is_known {
            return kind;
        }
        if modules.es.borrow().contains_key(path) {
            return Kind::Es;
        }
        let text = commonjs::source_text(&session.load.bundle, path);
        if !es::may_be_es(&text) {
            return kind;
        }
        let Ok(compiled) = Compiled::of(context) else { return kind };
        let (graph, files) = (compiled.graph(), es::BundleFiles(session));
        let is_likely = graph.is_known(path) || rewrite::declares(&text);
        if is_likely && graph.is_declared(path, &files) {
            return Kind::Es;
        }
        if let Ok(template) = commonjs::compile(path, &text, context) {
            modules.compiled.borrow_mut().insert(path.to_owned(), template);
            return kind;
        }
        if graph.is_declared(path, &files) {
            return Kind::Es;
        }
        match es::parse(path, &text, context) {
            Ok(module) => {
                modules.es.borrow_mut().insert(path.to_owned(), module);
                Kind::Es
            }
            // Which of the two errors is told is decided by what its author most likely wrote.
            Err(_) if rewrite::declares(&text) => Kind::Es,
            Err(_) => kind,
        }
    }

    /// `require.cache`.
    fn cache(&self) -> &JsObject {
        self.cache.get_or_init(JsObject::with_null_proto)
    }

    /// The code of a CommonJS file, compiled now or when its kind was found out.
    fn template(path: &str, session: &Session, context: &mut Context) -> JsResult<Template> {
        let compiled = session.modules.compiled.borrow_mut().remove(path);
        match compiled {
            Some(template) => Ok(template),
            None => {
                let text = commonjs::source_text(&session.load.bundle, path);
                commonjs::compile(path, &text, context)
            }
        }
    }

    /// A stack frame `name (path:line:column)` in the author's words: without what was added to
    /// the file, and in the file that it was made from.
    pub(super) fn correct_frame(frame: &str, context: &Context) -> String {
        Self::corrected(frame, context).unwrap_or_else(|| frame.to_owned())
    }

    fn corrected(frame: &str, context: &Context) -> Option<String> {
        let (name, place) = frame.strip_suffix(')')?.rsplit_once('(')?;
        let (before, column) = place.rsplit_once(':')?;
        let (file, line) = before.rsplit_once(':')?;
        let (line, column) = (line.parse().ok()?, column.parse().ok()?);
        let path = resolve::in_bundle(Path::new(file))?;
        let session = Session::of(context).ok()?;
        let modules = &session.modules;
        let column = match modules.columns.borrow().get(path) {
            Some(columns) => columns.author_column(line, column),
            None => column,
        };
        Some(match modules.source_maps.original(&session.load.bundle, path, line, column) {
            Some(spot) => format!("{name}({}:{}:{})", spot.file, spot.line, spot.column),
            None => format!("{name}({file}:{line}:{column})"),
        })
    }
}
