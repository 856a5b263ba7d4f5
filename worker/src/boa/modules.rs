//! The version's modules: CommonJS and ES modules, read from its bundle and never from the disk.
//!
//! To its code the bundle lies at [`ROOT`], as on Lambda.

mod commonjs;
mod es;
mod resolve;
mod start;
mod syntax;

use std::cell::RefCell;
use std::collections::HashMap;

use boa_engine::object::JsObject;
use boa_engine::{Context, Module};

use super::session::Session;

use resolve::Kind;

pub(super) use es::BundleLoader;
pub(super) use start::find_handler;

/// Where the bundle lies.
pub(super) const ROOT: &str = "/var/task";

/// The modules that an environment has loaded, by their path in the bundle.
#[derive(Default)]
pub(super) struct Modules {
    /// `module` objects of CommonJS.
    commonjs: RefCell<HashMap<String, JsObject>>,
    /// ES modules, and CommonJS modules in the form in which ES modules import them.
    es: RefCell<HashMap<String, Module>>,
}

// === impl Modules ===

impl Modules {
    /// How a file is to be read: by its name, or by its text where the name says CommonJS and
    /// the text can only be an ES module.
    fn kind(path: &str, session: &Session, context: &mut Context) -> Kind {
        let bundle = &session.load.bundle;
        let kind = resolve::kind(bundle, path);
        if kind != Kind::CommonJs || session.modules.commonjs.borrow().contains_key(path) {
            return kind;
        }
        let text = commonjs::source_text(bundle, path);
        if es::looks_like_es(&text) && commonjs::parse(path, &text, context).is_err() {
            return Kind::Es;
        }
        kind
    }

    /// A stack frame `name (path:line:column)` as the author counts columns: without what a
    /// CommonJS module is wrapped in.
    pub(super) fn correct_frame(frame: &str, context: &Context) -> String {
        Self::corrected(frame, context).unwrap_or_else(|| frame.to_owned())
    }

    fn corrected(frame: &str, context: &Context) -> Option<String> {
        let (before, column) = frame.strip_suffix(')')?.rsplit_once(':')?;
        let before_line = before.strip_suffix(":1")?;
        let (_, path) = before_line.rsplit_once(&format!("({ROOT}/"))?;
        let session = Session::of(context).ok()?;
        if !session.modules.commonjs.borrow().contains_key(path) {
            return None;
        }
        let column = commonjs::author_column(column.parse().ok()?);
        Some(format!("{before}:{column})"))
    }
}
