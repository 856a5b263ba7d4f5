//! Literals: regular expressions in a text, which are made anew each time that the code runs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::builtins::regexp::RegExp;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsRegExp;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::Expressions;
use super::known::{Known, LAST_INDEX};

/// How many literals are kept.
const LITERALS_MAX: usize = 512;

/// The literals that were made, by their sources and flags.
#[derive(Default)]
pub(super) struct Literals(RefCell<HashMap<(JsString, JsString), Literal>>);

#[derive(Clone)]
struct Literal {
    /// The object that the engine made. It has no other use.
    compiled: JsRegExp,
    known: Option<Rc<Known>>,
}

/// `expression(source, flags)`: the object for a literal.
pub(in super::super::super::super) fn literal(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let source = arguments.get_or_undefined(0).to_string(context)?;
    let flags = arguments.get_or_undefined(1).to_string(context)?;
    let Some(expressions) = Expressions::of(context) else {
        return Ok(JsRegExp::new(source, flags, context)?.into());
    };
    let key = (source, flags);
    let made = expressions.literals.0.borrow().get(&key).cloned();
    let made = match made {
        Some(made) => made,
        None => {
            let (source, flags) = key.clone();
            let compiled = JsRegExp::new(source, flags, context)?;
            let known = expressions.known(&compiled, context);
            let made = Literal { compiled, known };
            let mut literals = expressions.literals.0.borrow_mut();
            if literals.len() >= LITERALS_MAX {
                literals.clear();
            }
            literals.insert(key, made.clone());
            made
        }
    };
    let data = made.compiled.downcast_ref::<RegExp>().map(|data| data.clone());
    let Some(data) = data else {
        return Ok(made.compiled.into());
    };
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let object = JsObject::new(context.root_shape(), prototype, data).upcast();
    let last_index =
        PropertyDescriptor::builder().value(0).writable(true).enumerable(false).configurable(false);
    object.insert_property(LAST_INDEX, last_index);
    expressions.untouched.note_literal(&object);
    expressions.memory.remember(&object, made.known);
    Ok(object.into())
}
