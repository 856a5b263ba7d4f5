//! Compiles the text of a module. Rewrites it first, and gives the engine's errors the author's
//! places.

use boa_engine::{Context, JsResult, js_error};
use brink_rewrite::{Goal, rewrite};

use super::super::compiled::{Template, Text};
use super::super::loader::ROOT;
use super::super::platform;
use super::syntax;

/// The parameters of the function that a CommonJS module's text becomes.
const PARAMETERS: &str = "exports, require, module, __filename, __dirname";

/// Compiles the text of a CommonJS module without running it.
pub(super) fn common_js(path: &str, text: &str, context: &mut Context) -> JsResult<Template> {
    platform::keep_matches_for(text, context)?;
    let name = format!("{ROOT}/{path}");
    if let Some(template) = Template::known(&name, context)? {
        return Ok(template);
    }
    let rewritten = rewrite(text, Goal::CommonJs);
    let rewritten = rewritten.map_err(|rejected| syntax::rejected(&rejected, path, text))?;
    let places = rewritten.places.clone();
    let wrapped = Text::rewritten(PARAMETERS, rewritten);
    Template::compile(&name, wrapped, context).map_err(|error| {
        let column = |column| places.author_column(1, column);
        syntax::with_place(error, path, text, column, context)
    })
}

/// Compiles the text of an ES module without running it. With `must_declare` it rejects a text that
/// has no syntax of ES modules.
pub(super) fn es_module(
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
    let mut rewritten = rewritten.map_err(|rejected| syntax::rejected(&rejected, path, text))?;
    let module = rewritten.module.take().filter(|module| module.is_declared || !must_declare);
    let module = module.ok_or_else(|| js_error!(SyntaxError: "{} is not an ES module", path))?;
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
