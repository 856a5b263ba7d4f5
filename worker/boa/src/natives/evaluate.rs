//! `eval`, indirect and direct: its text is rewritten first, and the engine compiles no other text.

use std::cell::RefCell;

use boa_engine::object::builtins::JsFunction;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, Source, js_error,
    js_string,
};

use brink_rewrite::{EvalSite, Goal, Rejection, rewrite};

use super::exchange::exchange;
use super::source_text;

/// Most texts that are rewritten and not compiled yet: a direct `eval` may have further arguments,
/// which run in between.
const WAITING_MAX: usize = 64;

/// Texts that the engine may compile, each once.
#[derive(Default)]
struct Waiting(RefCell<Vec<JsString>>);

/// Calls the engine's `eval` from the outermost scope. From an inner scope the engine looks up the
/// private names around the caller. It looks in the current context, which does not have the
/// private names of shared code, and fails.
struct FromOutside(JsFunction);

/// Has the engine's `eval` rewrite its text when it is not called directly.
pub(super) fn install(eval: &JsFunction, context: &mut Context) -> JsResult<()> {
    context.insert_data(Waiting::default());
    let from_outside = context.eval(Source::from_bytes("(evaluate, text) => evaluate(text)"))?;
    let from_outside = from_outside.as_function();
    let from_outside =
        from_outside.ok_or_else(|| js_error!(Error: "the engine lacks a function"))?;
    context.insert_data(FromOutside(from_outside));
    exchange(eval, js_string!("eval"), indirect, context)
}

/// True if a text was rewritten and not compiled since. Other texts must not be compiled.
pub(in super::super) fn may_compile(
    parameters: &[JsString],
    body: &JsString,
    context: &Context,
) -> bool {
    let Some(Waiting(texts)) = context.get_data::<Waiting>().filter(|_| parameters.is_empty())
    else {
        return false;
    };
    let mut texts = texts.borrow_mut();
    let at = texts.iter().rposition(|text| text == body);
    at.map(|at| texts.remove(at)).is_some()
}

fn indirect(
    _: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let given = arguments.get_or_undefined(0);
    let Some(text) = given.as_string() else { return Ok(given.clone()) };
    let text = compilable(&text, Goal::Script, context)?;
    let from_outside = context.get_data::<FromOutside>();
    let from_outside = from_outside.map(|FromOutside(function)| function.clone());
    let from_outside = from_outside.ok_or_else(|| js_error!(Error: "nothing can be evaluated"))?;
    from_outside.call(&JsValue::undefined(), &[own.clone().into(), text.into()], context)
}

/// `code(flags, value)`: the argument for a direct `eval`, in place of the value.
pub(super) fn code(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let given = arguments.get_or_undefined(1);
    let Some(text) = given.as_string() else { return Ok(given.clone()) };
    let flags = arguments.get_or_undefined(0).to_uint8(context)?;
    let site = EvalSite::of_flags(flags);
    Ok(compilable(&text, Goal::DirectEval(site), context)?.into())
}

/// The rewritten text, which the engine may compile.
fn compilable(text: &JsString, goal: Goal, context: &Context) -> JsResult<JsString> {
    let author = well_formed(text);
    let rewritten = rewrite(&author, goal).map_err(rejected)?;
    let text = JsString::from(rewritten.text.as_str());
    source_text::keep(author, rewritten, context);
    let waiting = context.get_data::<Waiting>();
    let Waiting(texts) = waiting.ok_or_else(|| js_error!(Error: "nothing can be evaluated"))?;
    let mut texts = texts.borrow_mut();
    if texts.len() >= WAITING_MAX {
        texts.remove(0);
    }
    texts.push(text.clone());
    Ok(text)
}

/// The error about a text that cannot be rewritten.
pub(super) fn rejected(rejected: Rejection) -> JsError {
    let Rejection { line, column, message, advice } = rejected;
    let text = match advice {
        Some(advice) => format!("{message}: {advice} (line {line}, column {column})"),
        None => message,
    };
    JsNativeError::syntax().with_message(text).into()
}

/// The text, with lone surrogates written as escapes. They can only be in strings, templates and
/// regular expressions, in which an escape means the same.
pub(super) fn well_formed(text: &JsString) -> String {
    let mut whole = String::with_capacity(text.len());
    for unit in char::decode_utf16(text.iter()) {
        match unit {
            Ok(character) => whole.push(character),
            Err(lone) => whole.push_str(&format!("\\u{:04x}", lone.unpaired_surrogate())),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use boa_engine::{Context, Source};

    use super::super::super::warm_context::WarmContext;

    fn run(text: &str, context: &mut Context) -> Result<String, String> {
        let run = context.eval(Source::from_bytes(text));
        run.map(|value| value.display().to_string()).map_err(|error| {
            let told = error.to_string();
            told.split(" (").next().unwrap_or_default().to_owned()
        })
    }

    #[test]
    fn texts_that_were_not_rewritten_are_not_compiled() {
        let mut warm_context = WarmContext::new(Rc::default()).unwrap();
        let context = &mut warm_context.context;
        let rejected = "Error: this text was not rewritten for the engine";
        // Scripts of tests run without rewriting, so the texts of their direct `eval` are not
        // rewritten either.
        assert_eq!(run("eval('1')", context).unwrap_err(), rejected);
        assert_eq!(run("eval(ℬ.code(0, '1'))", context).unwrap(), "1");
        assert_eq!(run("ℬ.code(0, '2'); eval('2')", context).unwrap(), "2");
        // Once for each time that it was rewritten.
        assert_eq!(run("eval('2')", context).unwrap_err(), rejected);
        assert_eq!(run("(0, eval)('1') + Function('return 2')()", context).unwrap(), "3");
    }
}
