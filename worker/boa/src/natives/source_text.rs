//! `Function.prototype.toString`: returns the text that the author wrote, and not the rewritten
//! one.
//!
//! The engine has the rewritten text of each function, but none for classes. When a class is made,
//! rewritten code reports the class's number among the functions of its text.

use std::path::Path;

use boa_engine::builtins::function::OrdinaryFunction;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsFunction, JsWeakMap};
use boa_engine::vm::SourcePath;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, js_error, js_string};

use brink_rewrite::Rewritten;

use super::super::function_table::{Index, Table, Tables};
use super::super::loader;
use super::exchange::exchange;

/// The beginning of the engine's names for the platform's own files.
const PLATFORM: &str = "node:";

/// The classes of a context with their numbers.
struct Classes(JsWeakMap);

/// Has the engine's `toString` of functions return the author's text.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    context.insert_data(Tables::default());
    let classes = JsWeakMap::new(context);
    context.insert_data(Classes(classes));
    let prototype = context.intrinsics().constructors().function().prototype();
    let name = js_string!("toString");
    match prototype.get(name.clone(), context)?.as_object() {
        Some(function) => exchange(&function, name, function_text, context),
        None => Ok(()),
    }
}

/// `class(constructor, number)`: notes which of its text's functions a class is.
pub(super) fn note_class(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let classes = context.get_data::<Classes>().map(|classes| classes.0.clone());
    if let (Some(classes), Some(class)) = (classes, arguments.get_or_undefined(0).as_object()) {
        classes.set(&class, arguments.get_or_undefined(1).clone(), context)?;
    }
    Ok(JsValue::undefined())
}

/// Keeps the author's text of a text that is about to be compiled at run time.
pub(super) fn keep(author: String, rewritten: Rewritten, context: &Context) {
    if let Some(tables) = context.get_data::<Tables>() {
        tables.keep(author, rewritten);
    }
}

fn function_text(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(object) = this.as_object().filter(JsObject::is_callable) else {
        let why = "Function.prototype.toString requires that 'this' be a Function";
        return Err(js_error!(TypeError: "{}", why));
    };
    let Some((path, name)) = origin(&object) else {
        return own.call(this, arguments, context);
    };
    let number = number_of(&object, context)?;
    if path.as_deref().is_some_and(|path| path.starts_with(PLATFORM)) {
        return Ok(platform_text(&name, number.is_some()).into());
    }
    let engines = own.call(this, arguments, context)?.to_string(context)?;
    let text = engines.to_std_string_lossy();
    // The engine's text of an arrow function that ends with a template lacks its last character.
    let whole = format!("{text}`");
    let find = |table: &Table| match number {
        Some(number) => table.class(number).map(str::to_owned),
        None => table.of_text(&text).or_else(|| table.of_text(&whole)).map(str::to_owned),
    };
    let in_index = |index: &Index| index.find(&text, number).or_else(|| index.find(&whole, number));
    let loader = loader::find(context);
    let file = path.as_deref().zip(loader);
    let indexed =
        file.as_ref().and_then(|(path, loader)| loader.indexed(Path::new(path), &in_index));
    if let Some(found) = indexed {
        return Ok(found.map_or(engines, |text| JsString::from(text.as_str())).into());
    }
    let Some(tables) = context.get_data::<Tables>() else { return Ok(engines.into()) };
    let table = file
        .as_ref()
        .and_then(|(path, loader)| tables.of_file(path, || loader.rewritten(Path::new(path))));
    let found = match table {
        Some(table) => find(&table),
        None => tables.made(find),
    };
    Ok(found.map_or(engines, |text| JsString::from(text.as_str())).into())
}

/// The engine's name of a function's file, and the function's name; none if the function is not
/// JavaScript.
fn origin(function: &JsObject) -> Option<(Option<String>, String)> {
    let function = function.downcast_ref::<OrdinaryFunction>()?;
    let code = function.codeblock();
    let path = match code.path() {
        SourcePath::Path(path) => Some(path.to_string_lossy().into_owned()),
        _ => None,
    };
    Some((path, code.name().to_std_string_lossy()))
}

/// The number of a class among its text's functions.
fn number_of(function: &JsObject, context: &mut Context) -> JsResult<Option<u64>> {
    let classes = context.get_data::<Classes>().map(|classes| classes.0.clone());
    let Some(classes) = classes else { return Ok(None) };
    let number = classes.get(function, context)?.as_number();
    Ok(number.map(|number| number as u64))
}

/// The text of functions whose text is not shown.
fn platform_text(name: &str, is_class: bool) -> JsString {
    let text = match is_class {
        true => format!("class {name} {{ [native code] }}"),
        false => format!("function {name}() {{ [native code] }}"),
    };
    JsString::from(text.as_str())
}
