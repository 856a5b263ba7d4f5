//! Data of languages and time zones for `internal/intl`: the order of strings, and the clocks of
//! time zones.
//!
//! The order is Unicode's with the tailoring of the locale. The time zones are those of the IANA
//! database. Both are parts of this program, because a sandbox has no files to read them from.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, js_error};
use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::functions::functions;
use super::replace;

/// Most collations that are kept.
const ORDERS_MAX: usize = 32;

/// The locale of functions, as on Lambda.
const LOCALE: &str = "en-US";

/// The collations that were used, by locale and options.
#[derive(Default)]
struct Orders(RefCell<HashMap<(String, u32), Rc<CollatorBorrowed<'static>>>>);

pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(&[("compare", 4, compare), ("clock", 2, clock)], context))
}

/// Replaces the methods that format or compare by language.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let standard = context.intrinsics().constructors();
    let (string, number) = (standard.string().prototype(), standard.number().prototype());
    let (bigint, array) = (standard.bigint().prototype(), standard.array().prototype());
    replace::method(&string, "localeCompare", locale_compare, context)?;
    for (object, export) in [
        (number, "numberToLocaleString"),
        (bigint, "numberToLocaleString"),
        (array, "arrayToLocaleString"),
    ] {
        replace::method_by_module(&object, "toLocaleString", "internal/intl", export, context)?;
    }
    Ok(())
}

/// Without a locale and options, the order is the default one. `internal/intl` reads all other
/// arguments.
fn locale_compare(
    this: &JsValue,
    arguments: &[JsValue],
    _: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    if this.is_null_or_undefined() {
        let why = "String.prototype.localeCompare called on null or undefined";
        return Err(js_error!(TypeError: "{}", why));
    }
    if arguments.iter().skip(1).any(|argument| !argument.is_undefined()) {
        let module = super::super::load("internal/intl", context)?;
        let compare = module
            .as_object()
            .map(|module| module.get(JsString::from("stringLocaleCompare"), context));
        if let Some(compare) = compare.transpose()?.and_then(|compare| compare.as_callable()) {
            return compare.call(this, arguments, context);
        }
    }
    let this = this.to_string(context)?;
    let that = arguments.get_or_undefined(0).to_string(context)?;
    ordered(&this, &that, LOCALE, 0, context)
}

/// `compare(a, b, locale, options)`: -1, 0 or 1. The options are bits: 1 and 2 the sensitivity
/// (variant, base, accent, case), 4 numeric, 8 upper case first, 16 lower case first, 32 without
/// punctuation.
fn compare(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let first = arguments.get_or_undefined(0).to_string(context)?;
    let second = arguments.get_or_undefined(1).to_string(context)?;
    let locale = arguments.get_or_undefined(2).to_string(context)?.to_std_string_lossy();
    let options = arguments.get_or_undefined(3).to_u32(context)?;
    ordered(&first, &second, &locale, options, context)
}

fn ordered(
    first: &JsString,
    second: &JsString,
    locale: &str,
    options: u32,
    context: &mut Context,
) -> JsResult<JsValue> {
    let order = order(locale, options, context)?;
    let order = order.compare_utf16(&first.to_vec(), &second.to_vec());
    Ok(JsValue::from(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

fn order(
    locale: &str,
    options: u32,
    context: &mut Context,
) -> JsResult<Rc<CollatorBorrowed<'static>>> {
    if !context.has_data::<Orders>() {
        context.insert_data(Orders::default());
    }
    let key = (locale.to_owned(), options);
    let known = context.get_data::<Orders>().and_then(|all| all.0.borrow().get(&key).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let parsed = Locale::try_from_str(locale);
    let parsed =
        parsed.map_err(|_| js_error!(RangeError: "Incorrect locale information provided"))?;
    let made = made(&parsed, options);
    let made = made.ok_or_else(|| js_error!(RangeError: "Internal error. Icu error."))?;
    let made = Rc::new(made);
    if let Some(all) = context.get_data::<Orders>() {
        let mut all = all.0.borrow_mut();
        if all.len() < ORDERS_MAX {
            all.insert(key, made.clone());
        }
    }
    Ok(made)
}

fn made(locale: &Locale, bits: u32) -> Option<CollatorBorrowed<'static>> {
    let mut preferences = CollatorPreferences::from(locale);
    if bits & 4 != 0 {
        preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    }
    preferences.case_first = match bits & 24 {
        8 => Some(CollationCaseFirst::Upper),
        16 => Some(CollationCaseFirst::Lower),
        _ => preferences.case_first,
    };
    let mut options = CollatorOptions::default();
    options.strength = Some(match bits & 3 {
        1 | 3 => Strength::Primary,
        2 => Strength::Secondary,
        _ => Strength::Tertiary,
    });
    options.case_level = (bits & 3 == 3).then_some(CaseLevel::On);
    options.alternate_handling = (bits & 32 != 0).then_some(AlternateHandling::Shifted);
    Collator::try_new(preferences, options).ok()
}

/// `clock(zone, time)`: the zone's name in the database, how many seconds its clocks are ahead of
/// UTC, whether that is summer time, and the zone's abbreviation. Null if there is no such zone.
fn clock(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let time = arguments.get_or_undefined(1).to_number(context)?;
    let Ok(zone) = TimeZone::get(&name) else {
        return Ok(JsValue::null());
    };
    // A time that is too far away is shown like the furthest that the database knows.
    let time = Timestamp::from_millisecond(time as i64).unwrap_or(match time < 0.0 {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    });
    let shown = zone.to_offset_info(time);
    let values: [JsValue; 4] = [
        JsString::from(zone.iana_name().unwrap_or(&name)).into(),
        shown.offset().seconds().into(),
        shown.dst().is_dst().into(),
        JsString::from(shown.abbreviation()).into(),
    ];
    Ok(JsArray::from_iter(values, context).into())
}
