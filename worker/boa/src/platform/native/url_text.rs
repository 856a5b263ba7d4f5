//! Query strings and domain names, for `querystring` and `url`.

use std::collections::HashMap;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::property::PropertyKey;
use boa_engine::string::{JsStr, JsStrVariant};
use boa_engine::value::JsVariant;
use boa_engine::{Context, JsArgs, JsNativeError, JsResult, JsString, JsValue, js_error};

use super::super::super::session::Session;
use super::coded::coded;
use super::encoding::{from_units, from_utf8};
use super::functions::functions;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// The natives of the modules `querystring` and `url`.
pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("parse", 5, parse),
            ("split", 4, split),
            ("stringify", 4, stringify),
            ("escape", 1, escape),
            ("unescapeBytes", 2, unescape_bytes),
            ("domainToAscii", 1, domain_to_ascii),
            ("domainToUnicode", 1, domain_to_unicode),
        ],
        context,
    ))
}

/// A query's keys and values, still escaped. Spaces are spaces.
struct Pairs<'a> {
    text: &'a JsString,
    separator: JsString,
    equals: JsString,
    left: i64,
    at: usize,
}

// === impl Pairs ===

impl<'a> Pairs<'a> {
    /// The arguments of `parse` and `split` from `first` on: a query, a separator, an equals sign
    /// and a limit.
    fn new(
        text: &'a JsString,
        arguments: &[JsValue],
        first: usize,
        context: &mut Context,
    ) -> JsResult<Self> {
        let mut part = |at| arguments.get_or_undefined(first + at).to_string(context);
        let (separator, equals) = (part(0)?, part(1)?);
        let left = arguments.get_or_undefined(first + 2).to_length(context);
        let left = match arguments.get_or_undefined(first + 2).as_number() {
            Some(number) if number > 0.0 && number.fract() == 0.0 => {
                i64::try_from(left?).unwrap_or(i64::MAX)
            }
            // A count that steps over zero never ends.
            _ => -1,
        };
        Ok(Self { text, separator, equals, left, at: 0 })
    }
}

impl Iterator for Pairs<'_> {
    type Item = (JsString, JsString);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() && self.left != 0 {
            self.left -= 1;
            let found = self.text.index_of(self.separator.as_str(), self.at);
            let (start, end) = (self.at, found.unwrap_or(self.text.len()));
            self.at = end + self.separator.len().max(1);
            if start == end {
                continue;
            }
            let pair = self.text.get(start..end)?;
            return Some(match pair.index_of(self.equals.as_str(), 0) {
                None => (pair, JsString::default()),
                Some(at) => (pair.get(..at)?, pair.get(at + self.equals.len()..)?),
            });
        }
        None
    }
}

/// `parse(object, query, separator, equals, max)`: puts the pairs into the object.
fn parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0);
    let Some(target) = object.as_object() else {
        return Ok(object.clone());
    };
    let text = arguments.get_or_undefined(1).to_string(context)?;
    let pairs = Pairs::new(&text, arguments, 2, context)?;
    let mut places: HashMap<JsString, usize> = HashMap::new();
    let mut found: Vec<(JsString, Vec<JsValue>)> = Vec::new();
    for (key, value) in pairs {
        let (key, value) = (unescaped(&key), unescaped(&value).into());
        let place = *places.entry(key.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, values)) => values.push(value),
            None => found.push((key, vec![value])),
        }
    }
    for (key, mut values) in found {
        let value = match (values.len(), values.pop()) {
            (1, Some(value)) => value,
            (_, last) => JsArray::from_iter(values.into_iter().chain(last), context).into(),
        };
        target.create_data_property(PropertyKey::from(key), value, context)?;
    }
    Ok(object.clone())
}

/// `split(query, separator, equals, max)`: keys and values in turn, escaped, spaces as `%20`.
fn split(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let pairs = Pairs::new(&text, arguments, 1, context)?;
    let parts: Vec<JsValue> =
        pairs.flat_map(|(key, value)| [spaced(&key).into(), spaced(&value).into()]).collect();
    Ok(JsArray::from_iter(parts, context).into())
}

fn spaced(text: &JsString) -> JsString {
    if !text.contains(b'+') {
        return text.clone();
    }
    let mut units = Vec::with_capacity(text.len());
    for unit in text.iter() {
        match unit {
            0x2b => units.extend([0x25, 0x32, 0x30]),
            unit => units.push(unit),
        }
    }
    from_units(&units)
}

/// As `decodeURIComponent` of a text with `+` for spaces. A text that it rejects is read byte by
/// byte, unless it has no escapes at all.
fn unescaped(text: &JsString) -> JsString {
    let has_spaces = text.contains(b'+');
    if !has_spaces && !text.contains(b'%') {
        return text.clone();
    }
    if !has_escape(text) {
        let spaced = |unit| if unit == u16::from(b'+') { 0x20 } else { unit };
        return from_units(&text.iter().map(spaced).collect::<Vec<_>>());
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut bytes: Vec<u8> = Vec::new();
    let all = text.to_vec();
    let mut rest = all.as_slice();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == u16::from(b'%') {
            let [high, low, after @ ..] = rest else {
                return from_utf8(&bytes_of(text, true));
            };
            let (Some(high), Some(low)) = (hex(*high), hex(*low)) else {
                return from_utf8(&bytes_of(text, true));
            };
            bytes.push(high << 4 | low);
            rest = after;
            if rest.first() == Some(&u16::from(b'%')) {
                continue;
            }
            let Ok(run) = std::str::from_utf8(&bytes) else {
                return from_utf8(&bytes_of(text, true));
            };
            units.extend(run.encode_utf16());
            bytes.clear();
        } else {
            units.push(if *first == u16::from(b'+') { 0x20 } else { *first });
        }
    }
    from_units(&units)
}

/// The bytes of a text with escapes. Units that are not escapes become their low byte.
fn bytes_of(text: &JsString, spaces: bool) -> Vec<u8> {
    let all = text.to_vec();
    let mut rest = all.as_slice();
    let mut bytes = Vec::with_capacity(all.len());
    while let [first, after @ ..] = rest {
        rest = after;
        if let (0x25, [high, low, after @ ..]) = (*first, rest)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else if *first == 0x2b && spaces {
            bytes.push(b' ');
        } else {
            bytes.push(first.to_le_bytes()[0]);
        }
    }
    bytes
}

fn has_escape(text: &JsString) -> bool {
    let all = text.to_vec();
    all.windows(3).any(
        |units| matches!(units, [0x25, high, low] if hex(*high).is_some() && hex(*low).is_some()),
    )
}

fn hex(unit: u16) -> Option<u8> {
    let digit = char::from(u8::try_from(unit).ok()?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// `unescapeBytes(text, spaces)`: the bytes as a string with a character for each byte.
fn unescape_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let bytes = bytes_of(&text, arguments.get_or_undefined(1).to_boolean());
    Ok(JsString::from(JsStr::latin1(&bytes)).into())
}

/// `stringify(object, keys, separator, equals)`.
fn stringify(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).to_object(context)?;
    let keys = JsArray::from_object(arguments.get_or_undefined(1).to_object(context)?)?;
    let mut sign = |at| arguments.get_or_undefined(at).to_string(context);
    let (separator, equals) = (sign(2)?.to_vec(), sign(3)?.to_vec());
    let session = Session::of(context)?;
    let is_array = session.is_array.clone();
    let max = usize::try_from(session.load.memory_mb).unwrap_or(0) * 1024 * 256;
    let mut out = Out { units: Vec::new(), max, is_first: true, separator, equals };
    for at in 0..keys.length(context)? {
        let key = keys.at(i64::try_from(at).unwrap_or(i64::MAX), context)?.to_string(context)?;
        let mut name = Vec::new();
        append(&key, &mut name, context)?;
        let value = object.get(PropertyKey::from(key), context)?;
        let list = value.as_object().filter(|_| value.is_object());
        let list = match list {
            Some(list)
                if is_array
                    .call(&JsValue::undefined(), std::slice::from_ref(&value), context)?
                    .to_boolean() =>
            {
                list
            }
            _ => {
                out.pair(&name, &value, context)?;
                continue;
            }
        };
        let count = list.get(boa_engine::js_string!("length"), context)?.to_length(context)?;
        for at in 0..count {
            let item = list.get(at, context)?;
            out.pair(&name, &item, context)?;
        }
    }
    Ok(from_units(&out.units).into())
}

/// A query under way.
struct Out {
    units: Vec<u16>,
    /// Its greatest length, in units: a quarter of the function's memory.
    max: usize,
    is_first: bool,
    separator: Vec<u16>,
    equals: Vec<u16>,
}

// === impl Out ===

impl Out {
    /// Writes a pair whose name is escaped already.
    fn pair(&mut self, name: &[u16], value: &JsValue, context: &mut Context) -> JsResult<()> {
        if self.units.len() > self.max {
            return Err(js_error!(RangeError: "Invalid string length"));
        }
        if !self.is_first {
            self.units.extend(&self.separator);
        }
        self.is_first = false;
        self.units.extend(name);
        self.units.extend(&self.equals);
        match value.variant() {
            JsVariant::String(text) => append(&text, &mut self.units, context),
            JsVariant::Float64(number) if !number.is_finite() => Ok(()),
            JsVariant::Float64(_)
            | JsVariant::Integer32(_)
            | JsVariant::BigInt(_)
            | JsVariant::Boolean(_) => {
                let text = value.to_string(context)?;
                append(&text, &mut self.units, context)
            }
            _ => Ok(()),
        }
    }
}

/// `escape(text)`.
fn escape(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    if let JsStrVariant::Latin1(bytes) = text.variant()
        && bytes.iter().all(|byte| is_plain(u16::from(*byte)))
    {
        return Ok(text.into());
    }
    let mut units = Vec::with_capacity(text.len());
    append(&text, &mut units, context)?;
    Ok(from_units(&units).into())
}

fn is_plain(unit: u16) -> bool {
    u8::try_from(unit)
        .is_ok_and(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte))
}

/// Appends escaped text. As in Node.js, any unit after the first half of a surrogate pair counts as
/// the other half.
fn append(text: &JsString, out: &mut Vec<u16>, context: &mut Context) -> JsResult<()> {
    let mut units = text.iter();
    while let Some(unit) = units.next() {
        if is_plain(unit) {
            out.push(unit);
            continue;
        }
        let point = match unit {
            0xd800..=0xdfff => {
                let Some(next) = units.next() else {
                    let error = JsNativeError::uri();
                    return Err(coded(error, "ERR_INVALID_URI", "URI malformed", context));
                };
                0x1_0000 + ((u32::from(unit) & 0x3ff) << 10 | u32::from(next) & 0x3ff)
            }
            unit => u32::from(unit),
        };
        let letter = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
        for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
            let digit =
                |digit: u8| HEX.get(usize::from(digit)).map_or(0, |digit| u16::from(*digit));
            out.extend([u16::from(b'%'), digit(byte >> 4), digit(byte & 15)]);
        }
    }
    Ok(())
}

fn domain_to_ascii(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let domain = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let host = url::Host::parse(&domain).map(|host| host.to_string());
    Ok(JsString::from(host.unwrap_or_default()).into())
}

fn domain_to_unicode(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let domain = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let host = match url::Host::parse(&domain) {
        Ok(url::Host::Domain(domain)) => url::quirks::domain_to_unicode(&domain),
        Ok(host) => host.to_string(),
        Err(_) => String::new(),
    };
    Ok(JsString::from(host).into())
}
