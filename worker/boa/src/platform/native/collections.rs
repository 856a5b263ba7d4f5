//! `clear` and `delete` of `Map` and `Set`. After the engine's own `clear`, an iterator under way
//! skips entries that are added later. Its `delete` moves all later entries.

mod deleting;

use boa_engine::builtins::map::ordered_map::OrderedMap;
use boa_engine::builtins::set::ordered_set::OrderedSet;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsValue};

use super::replace;

/// Puts the methods in place.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let map = context.intrinsics().constructors().map().prototype();
    let set = context.intrinsics().constructors().set().prototype();
    replace::method(&map, "delete", deleting::delete, context)?;
    replace::method(&set, "delete", deleting::delete, context)?;
    replace::method(&map, "clear", clear_map, context)?;
    replace::method(&set, "clear", clear_set, context)
}

/// Deletes from the end, so no entry moves, and iterators keep their places.
fn clear_map(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.as_object();
    if let Some(object) = &object {
        deleting::release(object, context)?;
    }
    if let Some(object) = object
        && let Some(mut map) = object.downcast_mut::<OrderedMap<JsValue>>()
    {
        let keys: Vec<_> = map.iter().map(|(key, _)| key.clone()).collect();
        for key in keys.iter().rev() {
            map.remove(key);
        }
        // Something iterates if places are left. Otherwise the engine's own gives memory back.
        if map.full_len() > 0 {
            return Ok(JsValue::undefined());
        }
    }
    own.call(this, arguments, context)
}

fn clear_set(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.as_object();
    if let Some(object) = &object {
        deleting::release(object, context)?;
    }
    if let Some(object) = object
        && let Some(mut set) = object.downcast_mut::<OrderedSet>()
    {
        let values: Vec<_> = set.iter().cloned().collect();
        for value in values.iter().rev() {
            set.delete(value);
        }
        if set.full_len() > 0 {
            return Ok(JsValue::undefined());
        }
    }
    own.call(this, arguments, context)
}
