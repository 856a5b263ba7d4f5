//! `URLSearchParams`: a list of names and values, by itself or as the query of a URL.

use boa_engine::builtins::iterable::create_iter_result_object;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsError, JsResult, JsString, JsSymbol, JsValue,
    NativeFunction, Trace, js_string,
};
use url::form_urlencoded;

use super::super::coded::{invalid_type, type_error};
use super::build::{self, Class, accessor, method, tag};
use super::{Classes, UrlData};

/// The native data of an object of class `URLSearchParams`.
#[derive(Trace, Finalize, JsData)]
struct Params {
    #[unsafe_ignore_trace]
    list: Vec<(JsString, JsString)>,
    /// The URL whose query this is.
    url: Option<JsObject>,
}

/// The native data of an iterator over search parameters.
#[derive(Trace, Finalize, JsData)]
struct Cursor {
    params: JsObject,
    at: usize,
    #[unsafe_ignore_trace]
    kind: Kind,
}

/// The items of an iterator: keys, values or both.
#[derive(Clone, Copy)]
enum Kind {
    Entries,
    Keys,
    Values,
}

/// The class and its prototype.
pub(super) fn class(context: &mut Context) -> JsResult<(JsObject, JsObject)> {
    let Class { constructor, prototype } = build::class("URLSearchParams", 0, construct, context)?;
    let size = NativeFunction::from_fn_ptr(|this, _, context| {
        read(this, context, |params| JsValue::from(params.list.len()))
    });
    accessor(&prototype, "size", size, None, context)?;
    method(&prototype, "append", 2, append, context)?;
    method(&prototype, "delete", 1, delete, context)?;
    method(&prototype, "get", 1, get, context)?;
    method(&prototype, "getAll", 1, get_all, context)?;
    method(&prototype, "has", 1, has, context)?;
    method(&prototype, "set", 2, set, context)?;
    method(&prototype, "sort", 0, sort, context)?;
    let entries = method(
        &prototype,
        "entries",
        0,
        |this, _, context| iterate(this, Kind::Entries, context),
        context,
    )?;
    method(&prototype, "forEach", 1, for_each, context)?;
    method(&prototype, "keys", 0, |this, _, context| iterate(this, Kind::Keys, context), context)?;
    method(
        &prototype,
        "values",
        0,
        |this, _, context| iterate(this, Kind::Values, context),
        context,
    )?;
    method(&prototype, "toString", 0, to_string, context)?;
    let property = boa_engine::property::PropertyDescriptor::builder()
        .value(entries)
        .writable(true)
        .enumerable(false)
        .configurable(true);
    prototype.define_property_or_throw(JsSymbol::iterator(), property, context)?;
    Ok((constructor, prototype))
}

/// The prototype of iterators.
pub(super) fn iterator(context: &mut Context) -> JsResult<JsObject> {
    let prototype = JsObject::with_object_proto(context.intrinsics());
    method(&prototype, "next", 0, next, context)?;
    tag(&prototype, js_string!("URLSearchParams Iterator"), context)?;
    Ok(prototype)
}

/// The parameters of a URL's query.
pub(super) fn of_url(
    query: &str,
    url: Option<JsObject>,
    context: &mut Context,
) -> JsResult<JsObject> {
    let prototype = classes(context)?.params;
    Ok(JsObject::from_proto_and_data(prototype, Params { list: parse(query), url }))
}

/// Reads a URL's query anew, if the URL has parameters.
pub(super) fn reload(params: Option<(JsObject, Option<String>)>) {
    if let Some((params, query)) = params
        && let Some(mut data) = params.downcast_mut::<Params>()
    {
        data.list = parse(&query.unwrap_or_default());
    }
}

fn parse(query: &str) -> Vec<(JsString, JsString)> {
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (JsString::from(&*name), JsString::from(&*value)))
        .collect()
}

fn written(list: &[(JsString, JsString)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for (name, value) in list {
        text.append_pair(&name.to_std_string_lossy(), &value.to_std_string_lossy());
    }
    text.finish()
}

fn classes(context: &mut Context) -> JsResult<Classes> {
    let classes = context.get_data::<Classes>().cloned();
    classes.ok_or_else(|| boa_engine::js_error!(Error: "URLSearchParams was not made yet"))
}

/// `new URLSearchParams(init)`.
fn construct(target: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = build::prototype_of(target, "URLSearchParams", context)?;
    let init = arguments.get_or_undefined(0);
    let list = if init.is_null_or_undefined() {
        Vec::new()
    } else if let Some(object) = init.as_object() {
        match copied(&object, &prototype, context)? {
            Some(list) => list,
            None => from_object(init, context)?,
        }
    } else {
        let text = init.to_string(context)?.to_std_string_lossy();
        parse(text.strip_prefix('?').unwrap_or(&text))
    };
    Ok(JsObject::from_proto_and_data(prototype, Params { list, url: None }).into())
}

/// The list of other `URLSearchParams`, unless their iterator was replaced.
fn copied(
    object: &JsObject,
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<Option<Vec<(JsString, JsString)>>> {
    let list = object.downcast_ref::<Params>().map(|params| params.list.clone());
    let mine = object.get(JsSymbol::iterator(), context)?;
    let usual = prototype.get(JsSymbol::iterator(), context)?;
    Ok(list.filter(|_| mine.strict_equals(&usual)))
}

/// The pairs of a record or an iterable.
fn from_object(init: &JsValue, context: &mut Context) -> JsResult<Vec<(JsString, JsString)>> {
    let Some(pairs_of) = classes(context)?.pairs_of else {
        return Ok(Vec::new());
    };
    let flat = pairs_of.call(&JsValue::undefined(), std::slice::from_ref(init), context)?;
    let flat = JsArray::from_object(flat.to_object(context)?)?;
    let mut list: Vec<(JsString, JsString)> = Vec::new();
    for at in 0..flat.length(context)? {
        let text = usv(&flat.get(at, context)?, context)?;
        match list.last_mut() {
            Some((_, value)) if at % 2 == 1 => *value = text,
            _ => list.push((text, JsString::default())),
        }
    }
    Ok(list)
}

/// A value as a string without lone surrogates.
fn usv(value: &JsValue, context: &mut Context) -> JsResult<JsString> {
    let text = value.to_string(context)?;
    match text.variant() {
        boa_engine::string::JsStrVariant::Latin1(_) => Ok(text),
        boa_engine::string::JsStrVariant::Utf16(_) => Ok(text.to_std_string_lossy().into()),
    }
}

fn receiver(context: &mut Context) -> JsError {
    let message = "Value of \"this\" must be of type URLSearchParams";
    type_error("ERR_INVALID_THIS", message, context)
}

fn read<T>(this: &JsValue, context: &mut Context, read: impl FnOnce(&Params) -> T) -> JsResult<T> {
    if let Some(object) = this.as_object()
        && let Some(params) = object.downcast_ref::<Params>()
    {
        return Ok(read(&params));
    }
    Err(receiver(context))
}

/// Changes the list, and with it the URL.
fn change(
    this: &JsValue,
    context: &mut Context,
    change: impl FnOnce(&mut Vec<(JsString, JsString)>),
) -> JsResult<JsValue> {
    let object = this.as_object();
    let Some(mut params) = object.as_ref().and_then(|object| object.downcast_mut::<Params>())
    else {
        return Err(receiver(context));
    };
    change(&mut params.list);
    if let Some(url) = params.url.clone()
        && let Some(mut data) = url.downcast_mut::<UrlData>()
    {
        let query = written(&params.list);
        data.url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    }
    Ok(JsValue::undefined())
}

/// The argument `name`, and `value` if it is given.
fn name_of(
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<(JsString, Option<JsString>)> {
    read(this, context, |_| ())?;
    if arguments.is_empty() {
        let message = "The \"name\" argument must be specified";
        return Err(type_error("ERR_MISSING_ARGS", message, context));
    }
    let name = usv(arguments.get_or_undefined(0), context)?;
    let value = match arguments.get_or_undefined(1) {
        value if value.is_undefined() => None,
        value => Some(usv(value, context)?),
    };
    Ok((name, value))
}

/// The arguments `name` and `value`.
fn pair_of(
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<(JsString, JsString)> {
    read(this, context, |_| ())?;
    let [name, value, ..] = arguments else {
        let message = "The \"name\" and \"value\" arguments must be specified";
        return Err(type_error("ERR_MISSING_ARGS", message, context));
    };
    Ok((usv(name, context)?, usv(value, context)?))
}

fn append(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let pair = pair_of(this, arguments, context)?;
    change(this, context, |list| list.push(pair))
}

fn delete(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (name, value) = name_of(this, arguments, context)?;
    change(this, context, |list| list.retain(|pair| !matches(pair, &name, value.as_ref())))
}

fn matches(pair: &(JsString, JsString), name: &JsString, value: Option<&JsString>) -> bool {
    pair.0 == *name && value.is_none_or(|value| pair.1 == *value)
}

fn get(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (name, _) = name_of(this, arguments, context)?;
    read(this, context, |params| {
        let found = params.list.iter().find(|(known, _)| *known == name);
        found.map_or(JsValue::null(), |(_, value)| value.clone().into())
    })
}

fn get_all(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (name, _) = name_of(this, arguments, context)?;
    let found: Vec<JsValue> = read(this, context, |params| {
        let found = params.list.iter().filter(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone().into()).collect()
    })?;
    Ok(JsArray::from_iter(found, context).into())
}

fn has(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (name, value) = name_of(this, arguments, context)?;
    read(this, context, |params| {
        params.list.iter().any(|pair| matches(pair, &name, value.as_ref())).into()
    })
}

fn set(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (name, value) = pair_of(this, arguments, context)?;
    change(this, context, |list| {
        match list.iter_mut().find(|(known, _)| *known == name) {
            Some(pair) => pair.1 = value,
            None => return list.push((name, value)),
        }
        let mut is_first = true;
        list.retain(|(known, _)| *known != name || std::mem::take(&mut is_first));
    })
}

/// Sorts by name, in the order of UTF-16 units. Equal names keep their order.
fn sort(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    change(this, context, |list| list.sort_by(|one, other| one.0.iter().cmp(other.0.iter())))
}

fn to_string(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    read(this, context, |params| JsString::from(written(&params.list)).into())
}

fn for_each(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    read(this, context, |_| ())?;
    let Some(callback) = arguments.get_or_undefined(0).as_callable() else {
        let callback = arguments.get_or_undefined(0);
        return Err(invalid_type("callback", "of type function", callback, context));
    };
    let mut at = 0;
    while let Some((name, value)) = read(this, context, |params| params.list.get(at).cloned())? {
        let arguments_of = [value.into(), name.into(), this.clone()];
        callback.call(arguments.get_or_undefined(1), &arguments_of, context)?;
        at += 1;
    }
    Ok(JsValue::undefined())
}

fn iterate(this: &JsValue, kind: Kind, context: &mut Context) -> JsResult<JsValue> {
    read(this, context, |_| ())?;
    let Some(params) = this.as_object() else {
        return Err(receiver(context));
    };
    let prototype = classes(context)?.iterator;
    Ok(JsObject::from_proto_and_data(prototype, Cursor { params, at: 0, kind }).into())
}

fn next(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object();
    let Some(mut cursor) = object.as_ref().and_then(|object| object.downcast_mut::<Cursor>())
    else {
        let message = "Value of \"this\" must be of type URLSearchParamsIterator";
        return Err(type_error("ERR_INVALID_THIS", message, context));
    };
    let found = cursor.params.downcast_ref::<Params>();
    let pair = found.and_then(|params| params.list.get(cursor.at).cloned());
    cursor.at += 1;
    let kind = cursor.kind;
    drop(cursor);
    let Some((name, value)) = pair else {
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    };
    let value = match kind {
        Kind::Entries => JsArray::from_iter([name.into(), value.into()], context).into(),
        Kind::Keys => name.into(),
        Kind::Values => value.into(),
    };
    Ok(create_iter_result_object(value, false, context))
}
