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
use boa_engine::{Context, JsResult};
use brink_rewrite::module::DEFAULT;
use brink_rewrite::{Goal, Places, Rewritten, rewrite};
use brink_shared::registry::Bundle;

use super::compiled::Template;
use super::natives::{Index, Span, slice};
use super::session::Session;
use brink_frames::Load;

use resolve::{Kind, Resolver, in_bundle};
use source_map::SourceMaps;

pub(super) use commonjs::{require_from, require_of, resolve_from};
pub(super) use es::{import_function, is_namespace};
pub(super) use start::find_handler;

/// Where the bundle lies.
pub(super) const ROOT: &str = "/var/task";

/// The places of a large file's functions in its text.
struct Indexed {
    index: Rc<Index>,
    /// True if the text is the bundle's own bytes.
    is_utf8: bool,
}

/// The modules that an environment has loaded, by their path in the bundle.
pub(super) struct Modules {
    resolver: Resolver,
    source_maps: SourceMaps,
    /// Where the columns of compiled files are in their texts.
    places: RefCell<HashMap<String, Rc<Places>>>,
    /// Where the functions of large files are in their texts.
    indexes: RefCell<HashMap<String, Indexed>>,
    /// `require.cache`: `module` objects of CommonJS by absolute file name.
    cache: OnceCell<JsObject>,
    /// Files that were taken for CommonJS.
    commonjs: RefCell<HashSet<String>>,
    /// The file that first asked for a CommonJS file.
    parents: RefCell<HashMap<String, String>>,
    /// ES modules, and others as ES modules import them.
    records: es::Records,
    /// Their namespace objects.
    namespaces: RefCell<Vec<JsObject>>,
    /// Files that were compiled to find out their kind, and did not run yet.
    compiled: RefCell<HashMap<String, Template>>,
    /// What `require` found already, by who asked and for what.
    found: RefCell<HashMap<(String, String), String>>,
    /// What `require` asks instead, with the file that asks and for what: code of the function may
    /// have put itself before it.
    pub(super) hook: RefCell<Option<JsFunction>>,
}

/// Where the author wrote what stands at a place of a bundle's file: the file, by its path in the
/// bundle, and line and column, counted from 1.
pub fn author_place(bundle: &Bundle, path: &str, line: u32, column: u32) -> (String, u32, u32) {
    match SourceMaps::default().original(bundle, path, line, column) {
        Some(spot) => {
            let file = in_bundle(Path::new(&spot.file)).unwrap_or(&spot.file);
            (file.to_owned(), spot.line, spot.column)
        }
        None => (path.to_owned(), line, column),
    }
}

// === impl Modules ===

impl Modules {
    /// None loaded yet.
    pub(super) fn new(load: Arc<Load>) -> Self {
        Self {
            resolver: Resolver::new(load),
            source_maps: SourceMaps::default(),
            places: RefCell::default(),
            indexes: RefCell::default(),
            cache: OnceCell::new(),
            commonjs: RefCell::default(),
            parents: RefCell::default(),
            records: es::Records::default(),
            namespaces: RefCell::default(),
            compiled: RefCell::default(),
            found: RefCell::default(),
            hook: RefCell::default(),
        }
    }

    /// How a file is to be read: by its name, or by its text where the name says CommonJS and
    /// the text can only be an ES module.
    fn kind(path: &str, session: &Session, context: &mut Context) -> Kind {
        let modules = &session.modules;
        let kind = resolve::kind(&session.load.bundle, path);
        if kind != Kind::CommonJs || modules.commonjs.borrow().contains(path) {
            return kind;
        }
        let known = modules.compiled.borrow().get(path).cloned();
        let known = match known {
            Some(template) => Some(template),
            None => Template::known(&file_name(path), context).ok().flatten(),
        };
        if let Some(template) = known {
            return if template.module.is_some() { Kind::Es } else { kind };
        }
        let text = commonjs::source_text(&session.load.bundle, path);
        if !es::may_be_es(&text) {
            return kind;
        }
        let keep = |template| modules.compiled.borrow_mut().insert(path.to_owned(), template);
        let declares = es::declares(&text);
        if declares && let Ok(template) = es::compile(path, &text, true, context) {
            keep(template);
            return Kind::Es;
        }
        if let Ok(template) = commonjs::compile(path, &text, context) {
            keep(template);
            return kind;
        }
        match es::compile(path, &text, true, context) {
            Ok(template) => {
                keep(template);
                Kind::Es
            }
            // Which of the two errors is told is decided by what its author most likely wrote.
            Err(_) if declares => Kind::Es,
            Err(_) => kind,
        }
    }

    /// `require.cache`.
    fn cache(&self) -> &JsObject {
        self.cache.get_or_init(JsObject::with_null_proto)
    }

    /// The code of a file of this kind, compiled now or when its kind was found out.
    fn template(
        path: &str,
        kind: Kind,
        session: &Session,
        context: &mut Context,
    ) -> JsResult<Template> {
        let compiled = session.modules.compiled.borrow_mut().remove(path);
        let template = match compiled {
            Some(template) => template,
            None => {
                let text = commonjs::source_text(&session.load.bundle, path);
                match kind {
                    Kind::Es => es::compile(path, &text, false, context)?,
                    _ => commonjs::compile(path, &text, context)?,
                }
            }
        };
        let places = template.places.clone();
        session.modules.places.borrow_mut().insert(path.to_owned(), places);
        if let Some(index) = &template.index {
            let bytes = session.load.bundle.file(path);
            let is_utf8 = bytes.is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
            let indexed = Indexed { index: index.clone(), is_utf8 };
            session.modules.indexes.borrow_mut().insert(path.to_owned(), indexed);
        }
        Ok(template)
    }

    /// A part of a large file's text, by the engine's name of the file. The outer option is none if
    /// the file is not large, the inner one if it has no such part.
    pub(super) fn indexed(
        name: &Path,
        find: impl FnOnce(&Index) -> Option<Span>,
        context: &Context,
    ) -> Option<Option<String>> {
        let path = in_bundle(name)?;
        let session = Session::of(context).ok()?;
        let indexes = session.modules.indexes.borrow();
        let Indexed { index, is_utf8 } = indexes.get(path)?;
        let bundle = &session.load.bundle;
        Some(find(index).and_then(|span| match is_utf8 {
            true => commonjs::source_part(bundle, path, span),
            false => slice(&commonjs::source_text(bundle, path), span).map(str::to_owned),
        }))
    }

    /// A file's text and what becomes of it, by the engine's name of the file.
    pub(super) fn rewritten(name: &Path, context: &Context) -> Option<(String, Rewritten)> {
        let path = in_bundle(name)?;
        let session = Session::of(context).ok()?;
        let text = commonjs::source_text(&session.load.bundle, path);
        let goal = match session.modules.commonjs.borrow().contains(path) {
            true => Goal::CommonJs,
            false => Goal::EsModule,
        };
        let rewritten = rewrite(&text, goal).ok()?;
        Some((text, rewritten))
    }

    /// A stack frame `name (path:line:column)` in the author's words: without what was added to
    /// the file, and in the file that it was made from.
    pub(super) fn correct_frame(frame: &str, context: &Context) -> String {
        Self::corrected(frame, context).unwrap_or_else(|| frame.to_owned())
    }

    fn corrected(frame: &str, context: &Context) -> Option<String> {
        let (name, place) = frame.strip_suffix(')')?.rsplit_once('(')?;
        let name = if name.trim_end() == DEFAULT { "default " } else { name };
        let (before, column) = place.rsplit_once(':')?;
        let (file, line) = before.rsplit_once(':')?;
        let (line, column) = (line.parse().ok()?, column.parse().ok()?);
        let path = in_bundle(Path::new(file))?;
        let session = Session::of(context).ok()?;
        let modules = &session.modules;
        let column = match modules.places.borrow().get(path) {
            Some(places) => places.author_column(line, column),
            None => column,
        };
        Some(match modules.source_maps.original(&session.load.bundle, path, line, column) {
            Some(spot) => format!("{name}({}:{}:{})", spot.file, spot.line, spot.column),
            None => format!("{name}({file}:{line}:{column})"),
        })
    }
}

/// The engine's name of a file.
fn file_name(path: &str) -> String {
    format!("{ROOT}/{path}")
}
