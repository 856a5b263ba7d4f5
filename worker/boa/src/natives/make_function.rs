//! `Function`, and the constructors of generators and asynchronous functions, which have no global
//! name. They make functions from rewritten texts.

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsString, JsValue, Script, Source, js_error, js_string};

use brink_rewrite::{Goal, NATIVES, rewrite};
use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, Statement};
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::super::session::Session;
use super::evaluate::{rejected, well_formed};
use super::exchange::{Exchange, exchange};
use super::source_text;

/// The engine's name for a text that is compiled here. No file has this name.
pub(super) const PATH: &str = "<anonymous>";

/// The name of every function that is made here.
const NAME: &str = "anonymous";

/// Has the engine's constructors make functions from rewritten texts.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let kinds: [(JsObject, JsString, Exchange); 4] = [
        (constructors.function().constructor(), js_string!("Function"), function),
        (
            constructors.generator_function().constructor(),
            js_string!("GeneratorFunction"),
            generator,
        ),
        (constructors.async_function().constructor(), js_string!("AsyncFunction"), async_function),
        (
            constructors.async_generator_function().constructor(),
            js_string!("AsyncGeneratorFunction"),
            async_generator,
        ),
    ];
    kinds.into_iter().try_for_each(|(class, name, call)| exchange(&class, name, call, context))
}

fn function(
    new_target: &JsValue,
    arguments: &[JsValue],
    _: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    make("function", new_target, arguments, context)
}

fn generator(
    new_target: &JsValue,
    arguments: &[JsValue],
    _: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    make("function*", new_target, arguments, context)
}

fn async_function(
    new_target: &JsValue,
    arguments: &[JsValue],
    _: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    make("async function", new_target, arguments, context)
}

fn async_generator(
    new_target: &JsValue,
    arguments: &[JsValue],
    _: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    make("async function*", new_target, arguments, context)
}

/// Makes a function from the texts of its parameters and its body.
fn make(
    prefix: &str,
    new_target: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut texts = Vec::with_capacity(arguments.len());
    for argument in arguments {
        texts.push(well_formed(&argument.to_string(context)?));
    }
    let body = texts.pop().unwrap_or_default();
    let parameters = texts.join(",");
    let whole = format!("({prefix} {NAME}({parameters}\n) {{\n{body}\n}})");
    // Each has to be whole by itself: `*/` in the body must not end a comment of the parameters.
    is_one_function(&format!("({prefix} ({parameters}\n) {{}})"))?;
    is_one_function(&format!("({prefix} () {{\n{body}\n}})"))?;
    let mut rewritten = rewrite(&whole, Goal::Function).map_err(rejected)?;
    // It has its name from a property: by its own it would find itself.
    rewritten.text = rewritten.text.replacen(NAME, &" ".repeat(NAME.len()), 1);
    if let Ok(session) = Session::of(context) {
        session.recycling.compiled(whole.len());
    }
    // As a value it needs no comma before it, which it gets where it could be taken for a statement.
    let function = rewritten.text.strip_prefix("0, ").unwrap_or(&rewritten.text);
    let text =
        format!("(function ({NATIVES}, eval) {{ return {{ {NAME}: {function} }}[\"{NAME}\"]; }})");
    source_text::keep(whole, rewritten, context);
    let source = Source::from_bytes(&text).with_path(PATH.as_ref());
    let made = Script::parse(source, None, context)?.evaluate(context)?;
    let natives = super::arguments(context)?;
    let made = called(&made, &natives, context)?;
    let function = made.as_object().ok_or_else(|| js_error!(Error: "no function was made"))?;
    if let Some(new_target) = new_target.as_object()
        && let Some(prototype) = new_target.get(js_string!("prototype"), context)?.as_object()
    {
        function.set_prototype(Some(prototype));
    }
    Ok(function.into())
}

/// Fails unless a text is one function in parentheses and nothing else.
fn is_one_function(text: &str) -> JsResult<()> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::script()).parse();
    if let Some(problem) = parsed.diagnostics.first() {
        return Err(js_error!(SyntaxError: "{}", problem.message));
    }
    let is_function = match parsed.program.body.as_slice() {
        [Statement::ExpressionStatement(statement)] => match &statement.expression {
            Expression::ParenthesizedExpression(inner) => {
                inner.span.size() as usize == text.len()
                    && matches!(inner.expression, Expression::FunctionExpression(_))
            }
            _ => false,
        },
        _ => false,
    };
    match is_function {
        true => Ok(()),
        false => Err(js_error!(SyntaxError: "Arg string terminates parameters early")),
    }
}

fn called(made: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let made = made.as_callable().ok_or_else(|| js_error!(Error: "no function was made"))?;
    made.call(&JsValue::undefined(), arguments, context)
}
