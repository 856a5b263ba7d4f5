//! `delete` of large `Map`s and `Set`s.
//!
//! When an entry is deleted, the engine moves all later entries, unless an iterator is under way.
//! In that case it leaves an empty place, and removes the empty places when the last iterator ends.
//! So when an entry of a large collection is deleted, we begin an iterator over the collection, and
//! end it once half of the places are empty.

use std::cell::Cell;

use boa_engine::builtins::map::ordered_map::OrderedMap;
use boa_engine::builtins::set::ordered_set::OrderedSet;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{
    JsFunction, JsMap, JsMapIterator, JsSet, JsSetIterator, JsWeakMap,
};
use boa_engine::{Context, Finalize, JsData, JsResult, JsValue, Trace, js_string};

/// Smaller collections are left to the engine.
const LARGE: usize = 512;

/// Our iterators, by collection.
struct Holds(JsWeakMap);

/// Our iterator over a collection.
#[derive(Trace, Finalize, JsData)]
struct Hold {
    iterator: Iterator,
    /// Number of entries that were deleted since it began.
    #[unsafe_ignore_trace]
    deleted: Cell<usize>,
}

#[derive(Trace, Finalize)]
enum Iterator {
    Map(JsMapIterator),
    Set(JsSetIterator),
}

/// Deletes from a collection.
pub(super) fn delete(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let large = this.as_object().and_then(|object| Some((length(&object)?, object)));
    let Some((length, object)) = large.filter(|(length, _)| *length >= LARGE) else {
        return own.call(this, arguments, context);
    };
    let hold = match held(&object, context)? {
        Some(hold) => hold,
        None => begin(&object, context)?,
    };
    let deleted = own.call(this, arguments, context)?;
    let count = match hold.downcast_ref::<Hold>() {
        Some(hold) if deleted.to_boolean() => {
            hold.deleted.set(hold.deleted.get() + 1);
            hold.deleted.get()
        }
        _ => 0,
    };
    if count > length / 2 {
        release(&object, context)?;
    }
    Ok(deleted)
}

/// Removes the empty places of a collection, unless the function iterates over it.
pub(super) fn release(object: &JsObject, context: &mut Context) -> JsResult<()> {
    let Some(hold) = held(object, context)? else {
        return Ok(());
    };
    if let Some(holds) = context.get_data::<Holds>().map(|holds| holds.0.clone()) {
        holds.delete(object, context)?;
    }
    let Some(hold) = hold.downcast_ref::<Hold>() else {
        return Ok(());
    };
    loop {
        let next = match &hold.iterator {
            Iterator::Map(iterator) => iterator.next(context)?,
            Iterator::Set(iterator) => iterator.next(context)?,
        };
        let next = next.as_object();
        let done = next.map(|next| next.get(js_string!("done"), context)).transpose()?;
        if done.is_none_or(|done| done.to_boolean()) {
            return Ok(());
        }
    }
}

/// The number of entries in a collection; none if the value is not a collection.
fn length(object: &JsObject) -> Option<usize> {
    match object.downcast_ref::<OrderedMap<JsValue>>() {
        Some(map) => Some(map.len()),
        None => object.downcast_ref::<OrderedSet>().map(|set| set.len()),
    }
}

fn held(object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
    match context.get_data::<Holds>().map(|holds| holds.0.clone()) {
        Some(holds) => Ok(holds.get(object, context)?.as_object()),
        None => Ok(None),
    }
}

/// Begins to iterate over a collection.
fn begin(object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    let iterator = match JsSet::from_object(object.clone()) {
        Ok(set) => Iterator::Set(set.values(context)?),
        Err(map) => Iterator::Map(JsMap::from_object(map)?.entries(context)?),
    };
    let hold = Hold { iterator, deleted: Cell::default() };
    let hold = JsObject::from_proto_and_data(None, hold);
    if !context.has_data::<Holds>() {
        let holds = JsWeakMap::new(context);
        context.insert_data(Holds(holds));
    }
    if let Some(holds) = context.get_data::<Holds>().map(|holds| holds.0.clone()) {
        holds.set(object, hold.clone().into(), context)?;
    }
    Ok(hold)
}
