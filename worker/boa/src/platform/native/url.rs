//! `URL` and `URLSearchParams` in native code: the classes, their accessors and their methods.
//!
//! A URL and its search parameters refer to each other. A change of one shows in both.

mod build;
mod params;

use boa_engine::object::JsObject;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsError, JsNativeError, JsResult, JsString, JsValue,
    NativeFunction, Trace, js_error, js_string,
};
use url::{Url, quirks};

use super::coded::{quiet, type_error};
use build::{Class, accessor, class, method};

/// The native data of an object of class `URL`.
#[derive(Trace, Finalize, JsData)]
struct UrlData {
    #[unsafe_ignore_trace]
    url: Url,
    /// `searchParams`, once it was read.
    params: Option<JsObject>,
}

/// The data that the natives of these classes share.
#[derive(Clone)]
struct Classes {
    params: JsObject,
    iterator: JsObject,
    /// JavaScript that turns a value that is not a string into a flat list of names and values.
    pairs_of: Option<JsObject>,
}

/// Reads a part of a URL.
type Get = fn(&Url) -> JsString;
/// Changes a part of a URL. An invalid value changes nothing.
type Set = fn(&mut Url, &str) -> Result<(), ()>;

/// In the order of Node.js.
const PARTS: &[(&str, Get, Option<Set>)] = &[
    ("origin", |url| quirks::origin(url).into(), None),
    ("protocol", |url| quirks::protocol(url).into(), Some(quirks::set_protocol)),
    ("username", |url| quirks::username(url).into(), Some(quirks::set_username)),
    ("password", |url| quirks::password(url).into(), Some(quirks::set_password)),
    ("host", |url| quirks::host(url).into(), Some(quirks::set_host)),
    ("hostname", |url| quirks::hostname(url).into(), Some(quirks::set_hostname)),
    ("port", |url| quirks::port(url).into(), Some(quirks::set_port)),
    ("pathname", |url| quirks::pathname(url).into(), Some(set_pathname)),
    ("search", |url| quirks::search(url).into(), Some(set_search)),
];

const HASH: (&str, Get, Option<Set>) = ("hash", |url| quirks::hash(url).into(), Some(set_hash));

fn set_pathname(url: &mut Url, value: &str) -> Result<(), ()> {
    quirks::set_pathname(url, value);
    Ok(())
}

fn set_search(url: &mut Url, value: &str) -> Result<(), ()> {
    quirks::set_search(url, value);
    Ok(())
}

fn set_hash(url: &mut Url, value: &str) -> Result<(), ()> {
    quirks::set_hash(url, value);
    Ok(())
}

/// The classes, for the module `internal/web_url`.
pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    let (params_class, params) = params::class(context)?;
    let iterator = params::iterator(context)?;
    context.insert_data(Classes { params, iterator: iterator.clone(), pairs_of: None });
    let Class { constructor, prototype } = class("URL", 1, construct, context)?;
    method(&prototype, "toString", 0, href, context)?;
    let set = NativeFunction::from_fn_ptr(set_href);
    accessor(&prototype, "href", NativeFunction::from_fn_ptr(href), Some(set), context)?;
    for part in PARTS {
        part_accessor(&prototype, *part, context)?;
    }
    let get = NativeFunction::from_fn_ptr(search_params);
    accessor(&prototype, "searchParams", get, None, context)?;
    part_accessor(&prototype, HASH, context)?;
    method(&prototype, "toJSON", 0, href, context)?;
    method(&constructor, "canParse", 1, can_parse, context)?;
    method(&constructor, "parse", 1, parse_or_null, context)?;
    method(&constructor, "createObjectURL", 1, no_object_urls, context)?;
    method(&constructor, "revokeObjectURL", 1, no_object_urls, context)?;
    let natives = super::functions::functions(&[("setPairsOf", 1, set_pairs_of)], context);
    natives.set(js_string!("URL"), constructor, true, context)?;
    natives.set(js_string!("iterator"), iterator, true, context)?;
    natives.set(js_string!("URLSearchParams"), params_class, true, context)?;
    Ok(natives)
}

fn part_accessor(
    prototype: &JsObject,
    (name, get, set): (&'static str, Get, Option<Set>),
    context: &mut Context,
) -> JsResult<()> {
    let getter = NativeFunction::from_copy_closure(move |this, _, _| {
        read(this, |data| get(&data.url).into())
    });
    let setter = set.map(|set| {
        NativeFunction::from_copy_closure(move |this, arguments, context| {
            let value = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
            let params = change(this, |data| {
                // As in browsers, an invalid value is ignored.
                let _ = set(&mut data.url, &value);
                data.params.clone().map(|params| (params, data.url.query().map(str::to_owned)))
            })?;
            if name == "search" {
                params::reload(params);
            }
            Ok(JsValue::undefined())
        })
    });
    accessor(prototype, name, getter, setter, context)
}

fn receiver() -> JsError {
    js_error!(TypeError: "Receiver must be an instance of class URL")
}

fn read<T>(this: &JsValue, read: impl FnOnce(&UrlData) -> T) -> JsResult<T> {
    let object = this.as_object().ok_or_else(receiver)?;
    let data = object.downcast_ref::<UrlData>().ok_or_else(receiver)?;
    Ok(read(&data))
}

fn change<T>(this: &JsValue, change: impl FnOnce(&mut UrlData) -> T) -> JsResult<T> {
    let object = this.as_object().ok_or_else(receiver)?;
    let mut data = object.downcast_mut::<UrlData>().ok_or_else(receiver)?;
    Ok(change(&mut data))
}

/// `new URL(input, base)`.
fn construct(target: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = build::prototype_of(target, "URL", context)?;
    let Ok(url) = parsed(arguments, context)? else {
        return Err(invalid(arguments, context)?);
    };
    Ok(JsObject::from_proto_and_data(prototype, UrlData { url, params: None }).into())
}

/// The URL that the arguments `input` and `base` mean.
fn parsed(arguments: &[JsValue], context: &mut Context) -> JsResult<Result<Url, url::ParseError>> {
    if arguments.is_empty() {
        let message = "The \"url\" argument must be specified";
        return Err(type_error("ERR_MISSING_ARGS", message, context));
    }
    let input = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let base = arguments.get_or_undefined(1);
    if base.is_undefined() {
        return Ok(Url::parse(&input));
    }
    let base = base.to_string(context)?.to_std_string_lossy();
    Ok(Url::parse(&base).and_then(|base| base.join(&input)))
}

fn invalid(arguments: &[JsValue], context: &mut Context) -> JsResult<JsError> {
    let error = quiet(JsNativeError::typ(), "ERR_INVALID_URL", "Invalid URL", context);
    let value = error.into_opaque(context)?;
    if let Some(error) = value.as_object() {
        let input = arguments.get_or_undefined(0).to_string(context)?;
        error.set(js_string!("input"), input, true, context)?;
        let base = arguments.get_or_undefined(1);
        if !base.is_undefined() {
            let base = base.to_string(context)?;
            error.set(js_string!("base"), base, true, context)?;
        }
    }
    Ok(JsError::from_opaque(value))
}

fn can_parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(parsed(arguments, context)?.is_ok().into())
}

/// `URL.parse(input, base)`: null instead of an error.
fn parse_or_null(
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Ok(url) = parsed(arguments, context)? else {
        return Ok(JsValue::null());
    };
    let prototype = build::prototype_of(this, "URL", context)?;
    Ok(JsObject::from_proto_and_data(prototype, UrlData { url, params: None }).into())
}

/// `URL.createObjectURL` and `URL.revokeObjectURL`, which fail, because no code here could load
/// such a URL.
fn no_object_urls(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Err(js_error!(Error: "object URLs do not exist here"))
}

fn href(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    read(this, |data| JsString::from(data.url.as_str()).into())
}

fn set_href(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0).to_string(context)?;
    let Ok(url) = Url::parse(&value.to_std_string_lossy()) else {
        read(this, |_| ())?;
        return Err(invalid(&[value.into()], context)?);
    };
    params::reload(change(this, |data| {
        data.url = url;
        data.params.clone().map(|params| (params, data.url.query().map(str::to_owned)))
    })?);
    Ok(JsValue::undefined())
}

/// `url.searchParams`, always the same object.
fn search_params(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (made, query) =
        read(this, |data| (data.params.clone(), data.url.query().unwrap_or_default().to_owned()))?;
    if let Some(params) = made {
        return Ok(params.into());
    }
    let params = params::of_url(&query, this.as_object(), context)?;
    change(this, |data| data.params = Some(params.clone()))?;
    Ok(params.into())
}

fn set_pairs_of(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(classes) = context.get_data::<Classes>().cloned() {
        let pairs_of = arguments.get_or_undefined(0).as_object();
        context.insert_data(Classes { pairs_of, ..classes });
    }
    Ok(JsValue::undefined())
}
