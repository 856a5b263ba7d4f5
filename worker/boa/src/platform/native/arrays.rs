//! Fast `unshift` and `splice` of ordinary arrays.
//!
//! The engine moves elements one by one, by their names. These methods build the elements anew, if
//! the array is ordinary: it has only elements, no holes, and an unchanged prototype.

use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::object::shape::Shape;
use boa_engine::object::{IndexPropertyValues, JsObject};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsResult, JsSymbol, JsValue, js_string};

use super::replace;

/// If less than this part of an array moves, the engine moves it.
const MOVED_MIN: usize = 32;

/// The original shape of arrays and state of their class.
struct Made {
    /// The shape of an array that has only elements and a length.
    shape: Shape,
    prototype: JsObject,
    above: JsObject,
    constructor: JsObject,
    species: Option<JsValue>,
}

/// Puts the methods in place.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array();
    let (constructor, prototype) = (array.constructor(), array.prototype());
    let above = context.intrinsics().constructors().object().prototype();
    let shape = JsArray::from_iter([], context).borrow().shape().clone();
    let species = species(&constructor);
    replace::method(&prototype, "unshift", unshift, context)?;
    replace::method(&prototype, "splice", splice, context)?;
    context.insert_data(Made { shape, prototype, above, constructor, species });
    Ok(())
}

fn species(constructor: &JsObject) -> Option<JsValue> {
    let key = PropertyKey::from(JsSymbol::species());
    constructor.borrow().properties().get(&key)?.get().cloned()
}

// === impl Made ===

impl Made {
    /// The elements of an array, if it is an ordinary one.
    fn elements(array: &JsObject, context: &mut Context) -> Option<Vec<JsValue>> {
        let made = context.get_data::<Self>()?;
        let no_elements =
            |object: &JsObject| object.borrow().properties().index_property_keys().next().is_none();
        if !array.is_array()
            || array.borrow().shape().to_addr_usize() != made.shape.to_addr_usize()
            || !no_elements(&made.prototype)
            || !no_elements(&made.above)
        {
            return None;
        }
        let elements: Vec<JsValue> = match array.borrow().properties().index_property_values() {
            IndexPropertyValues::DenseI32(values) => values.copied().map(JsValue::from).collect(),
            IndexPropertyValues::DenseF64(values) => values.copied().map(JsValue::from).collect(),
            IndexPropertyValues::DenseElement(values) => values.cloned().collect(),
            _ => return None,
        };
        let length = array.get(js_string!("length"), context).ok()?.as_number()?;
        let is_whole = length == elements.len() as f64 && array.is_extensible(context).ok()?;
        is_whole.then_some(elements)
    }

    /// Whether parts of ordinary arrays are ordinary arrays.
    fn has_species(context: &Context) -> bool {
        let Some(made) = context.get_data::<Self>() else {
            return false;
        };
        let key = PropertyKey::from(js_string!("constructor"));
        let property = made.prototype.borrow().properties().get(&key);
        let now = property.as_ref().and_then(PropertyDescriptor::value);
        now.is_some_and(|now| same_object(now, &made.constructor.clone().into()))
            && match (species(&made.constructor), &made.species) {
                (Some(now), Some(made)) => same_object(&now, made),
                _ => false,
            }
    }
}

fn same_object(one: &JsValue, other: &JsValue) -> bool {
    match (one.as_object(), other.as_object()) {
        (Some(one), Some(other)) => JsObject::equals(&one, &other),
        _ => false,
    }
}

/// Gives an array these elements.
fn put(array: &JsObject, elements: Vec<JsValue>, context: &mut Context) {
    let made: JsObject = JsArray::from_iter(elements, context).into();
    std::mem::swap(&mut *array.borrow_mut(), &mut *made.borrow_mut());
}

fn unshift(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let array = this.as_object().filter(|_| !arguments.is_empty());
    let Some((array, elements)) =
        array.and_then(|array| Made::elements(&array, context).map(|elements| (array, elements)))
    else {
        return own.call(this, arguments, context);
    };
    let length = arguments.len() + elements.len();
    if u32::try_from(length).is_err() {
        return own.call(this, arguments, context);
    }
    put(&array, arguments.iter().cloned().chain(elements).collect(), context);
    Ok(length.into())
}

fn splice(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let start = arguments.first().and_then(JsValue::as_number);
    let count = match arguments.get(1) {
        Some(count) => count.as_number(),
        None => Some(f64::INFINITY),
    };
    let array = this.as_object().filter(JsObject::is_array);
    let (Some(array), Some(start), Some(count)) = (array, start, count) else {
        return own.call(this, arguments, context);
    };
    let length = array.get(js_string!("length"), context)?.to_length(context)? as usize;
    // NaN becomes 0.
    let start = start.trunc();
    let start = if start < 0.0 { (length as f64 + start).max(0.0) } else { start.max(0.0) };
    let start = (start as usize).min(length);
    let count = (count.max(0.0) as usize).min(length - start);
    let items = arguments.get(2..).unwrap_or_default();
    let moved = length - start - count;
    let new_length = length - count + items.len();
    if items.len() == count
        || moved < length / MOVED_MIN
        || u32::try_from(new_length).is_err()
        || !Made::has_species(context)
    {
        return own.call(this, arguments, context);
    }
    let Some(mut elements) = Made::elements(&array, context) else {
        return own.call(this, arguments, context);
    };
    let removed: Vec<JsValue> =
        elements.splice(start..start + count, items.iter().cloned()).collect();
    put(&array, elements, context);
    Ok(JsArray::from_iter(removed, context).into())
}
