//! The files of a version, with their texts, kinds and compiled code.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::{Context, JsResult, js_error};
use brink_frames::Load;
use brink_rewrite::module::DEFAULT;
use brink_rewrite::{Goal, Places, Rewritten, rewrite};
use brink_shared::registry::Bundle;

use super::super::compiled::Template;
use super::super::function_table::{Index, Span, slice};
use super::super::loader::ROOT;
use super::compile;
use super::resolve::{self, Asker, Kind, Resolver, Unresolved, in_bundle};
use super::source_map::SourceMaps;

/// The files of an environment's version, by their path in the bundle.
pub(super) struct Files {
    load: Arc<Load>,
    resolver: Resolver,
    source_maps: SourceMaps,
    /// Maps the columns of compiled files to their texts.
    places: RefCell<HashMap<String, Rc<Places>>>,
    /// Maps the functions of large files to their texts.
    indexes: RefCell<HashMap<String, Indexed>>,
    /// Files that were taken for CommonJS.
    commonjs: RefCell<HashSet<String>>,
    /// Files that were compiled to find their kind, and did not run yet.
    compiled: RefCell<HashMap<String, Template>>,
}

/// The places of a large file's functions in its text.
struct Indexed {
    index: Rc<Index>,
    /// True if the text is the bundle's own bytes.
    is_utf8: bool,
}

// === impl Files ===

impl Files {
    /// The files of a version.
    pub(super) fn new(load: Arc<Load>) -> Self {
        Self {
            resolver: Resolver::new(load.clone()),
            load,
            source_maps: SourceMaps::default(),
            places: RefCell::default(),
            indexes: RefCell::default(),
            commonjs: RefCell::default(),
            compiled: RefCell::default(),
        }
    }

    /// The files of this context's version.
    pub(super) fn of(context: &Context) -> JsResult<Rc<Self>> {
        context
            .get_data::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| js_error!(Error: "this context is not an execution environment"))
    }

    /// True if there is such a file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.load.bundle.file(path).is_some()
    }

    /// The text of a file, without what Node.js skips at its start.
    pub(super) fn text(&self, path: &str) -> String {
        source_text(&self.load.bundle, path)
    }

    /// The file that a specifier means in the file `from`.
    pub(super) fn resolve(
        &self,
        from: &str,
        specifier: &str,
        asker: Asker,
    ) -> Result<String, Unresolved> {
        self.resolver.resolve(from, specifier, asker)
    }

    /// Notes that a file runs as CommonJS.
    pub(super) fn take_for_common_js(&self, path: &str) {
        self.commonjs.borrow_mut().insert(path.to_owned());
    }

    /// The kind of a file. The name decides, unless it says CommonJS and the text can only be an ES
    /// module.
    pub(super) fn kind(&self, path: &str, context: &mut Context) -> Kind {
        let kind = resolve::kind(&self.load.bundle, path);
        if kind != Kind::CommonJs || self.commonjs.borrow().contains(path) {
            return kind;
        }
        let known = self.compiled.borrow().get(path).cloned();
        let known = match known {
            Some(template) => Some(template),
            None => Template::known(&file_name(path), context).ok().flatten(),
        };
        if let Some(template) = known {
            return if template.module.is_some() { Kind::Es } else { kind };
        }
        let text = self.text(path);
        if !compile::may_be_es(&text) {
            return kind;
        }
        let keep = |template| self.compiled.borrow_mut().insert(path.to_owned(), template);
        let declares = compile::declares(&text);
        if declares && let Ok(template) = compile::es_module(path, &text, true, context) {
            keep(template);
            return Kind::Es;
        }
        if let Ok(template) = compile::common_js(path, &text, context) {
            keep(template);
            return kind;
        }
        match compile::es_module(path, &text, true, context) {
            Ok(template) => {
                keep(template);
                Kind::Es
            }
            // Of the two errors, report the one for the kind that the author most likely wrote.
            Err(_) if declares => Kind::Es,
            Err(_) => kind,
        }
    }

    /// The code of a file of this kind. It is compiled now, unless it was compiled to find its
    /// kind.
    pub(super) fn template(
        &self,
        path: &str,
        kind: Kind,
        context: &mut Context,
    ) -> JsResult<Template> {
        let compiled = self.compiled.borrow_mut().remove(path);
        let template = match compiled {
            Some(template) => template,
            None => {
                let text = self.text(path);
                match kind {
                    Kind::Es => compile::es_module(path, &text, false, context)?,
                    _ => compile::common_js(path, &text, context)?,
                }
            }
        };
        let places = template.places.clone();
        self.places.borrow_mut().insert(path.to_owned(), places);
        if let Some(index) = &template.index {
            let bytes = self.load.bundle.file(path);
            let is_utf8 = bytes.is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
            let indexed = Indexed { index: index.clone(), is_utf8 };
            self.indexes.borrow_mut().insert(path.to_owned(), indexed);
        }
        Ok(template)
    }

    /// A part of a large file's text, by the engine's name of the file. The outer option is none if
    /// the file is not large. The inner one is none if the file has no such part.
    pub(super) fn indexed(
        &self,
        name: &Path,
        find: &dyn Fn(&Index) -> Option<Span>,
    ) -> Option<Option<String>> {
        let path = in_bundle(name)?;
        let indexes = self.indexes.borrow();
        let Indexed { index, is_utf8 } = indexes.get(path)?;
        Some(find(index).and_then(|span| match is_utf8 {
            true => source_part(&self.load.bundle, path, span),
            false => slice(&self.text(path), span).map(str::to_owned),
        }))
    }

    /// A file's text and its rewritten text, by the engine's name of the file.
    pub(super) fn rewritten(&self, name: &Path) -> Option<(String, Rewritten)> {
        let path = in_bundle(name)?;
        let text = self.text(path);
        let goal = match self.commonjs.borrow().contains(path) {
            true => Goal::CommonJs,
            false => Goal::EsModule,
        };
        let rewritten = rewrite(&text, goal).ok()?;
        Some((text, rewritten))
    }

    /// A stack frame `name (path:line:column)` with the author's place: in the author's columns,
    /// and in the file that the bundle's file was made from.
    pub(super) fn author_frame(&self, frame: &str) -> Option<String> {
        let (name, place) = frame.strip_suffix(')')?.rsplit_once('(')?;
        let name = if name.trim_end() == DEFAULT { "default " } else { name };
        let (before, column) = place.rsplit_once(':')?;
        let (file, line) = before.rsplit_once(':')?;
        let (line, column) = (line.parse().ok()?, column.parse().ok()?);
        let path = in_bundle(Path::new(file))?;
        let column = match self.places.borrow().get(path) {
            Some(places) => places.author_column(line, column),
            None => column,
        };
        Some(match self.source_maps.original(&self.load.bundle, path, line, column) {
            Some(spot) => format!("{name}({}:{}:{})", spot.file, spot.line, spot.column),
            None => format!("{name}({file}:{line}:{column})"),
        })
    }
}

/// The text of a file, without what Node.js skips at its start.
fn source_text(bundle: &Bundle, path: &str) -> String {
    let text = String::from_utf8_lossy(bundle.file(path).map_or(&[], |bytes| bytes));
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match text.strip_prefix("#!") {
        Some(rest) => format!("//{rest}"),
        None => text.to_owned(),
    }
}

/// A part of the text of a file in UTF-8. The rest is not read.
fn source_part(bundle: &Bundle, path: &str, (start, end): Span) -> Option<String> {
    let bytes = bundle.file(path)?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let part = bytes.get(start as usize..end as usize)?;
    std::str::from_utf8(part).ok().map(str::to_owned)
}

/// The engine's name of a file.
fn file_name(path: &str) -> String {
    format!("{ROOT}/{path}")
}
