//! `Number.prototype.toFixed`. The engine's own is wrong for numbers near zero:
//! `(1.4e-17).toFixed(9)` gives 0.875000000.

use boa_engine::object::builtins::JsFunction;
use boa_engine::value::IntegerOrInfinity::{self, Integer, NegativeInfinity, PositiveInfinity};
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::replace;

/// Most digits behind the point.
const DIGITS_MAX: i64 = 100;

/// From this number on, `toFixed` gives the usual text of a number.
const LARGE: f64 = 1e21;

/// Digits behind the point of the longest exact decimal form of a double.
const EXACT_DIGITS: usize = 1_074;

/// Replaces the engine's method.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().number().prototype();
    replace::method(&prototype, "toFixed", to_fixed, context)
}

fn to_fixed(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let boxed = this.as_object().and_then(|object| object.downcast_ref::<f64>().map(|x| *x));
    let Some(number) = this.as_number().or(boxed) else {
        return own.call(this, arguments, context);
    };
    let digits = arguments.get_or_undefined(0).to_integer_or_infinity(context)?;
    match digits.as_integer().filter(|digits| (0..=DIGITS_MAX).contains(digits)) {
        Some(digits) if number.abs() < LARGE => {
            Ok(JsString::from(fixed(number, digits as usize)).into())
        }
        // The engine's own method writes larger numbers and reports wrong digits.
        _ => own.call(&number.into(), &[digits_of(digits)], context),
    }
}

fn digits_of(digits: IntegerOrInfinity) -> JsValue {
    match digits {
        Integer(digits) => digits.into(),
        PositiveInfinity => f64::INFINITY.into(),
        NegativeInfinity => f64::NEG_INFINITY.into(),
    }
}

/// A finite number with this many digits behind the point. A number in the middle of two is rounded
/// away from zero.
fn fixed(number: f64, digits: usize) -> String {
    let size = number.abs();
    let sign = if number < 0.0 { "-" } else { "" };
    let longer = format!("{size:.*}", digits + 1);
    let is_half = longer.ends_with('5') && {
        let exact = format!("{size:.EXACT_DIGITS$}");
        exact.trim_end_matches('0') == longer
    };
    match is_half {
        true => {
            let without_last = longer.strip_suffix('5').unwrap_or(&longer);
            format!("{sign}{}", next(without_last))
        }
        false => format!("{sign}{size:.digits$}"),
    }
}

/// The next larger decimal number with as many digits. A point at the end is removed.
fn next(decimal: &str) -> String {
    let mut bytes = decimal.trim_end_matches('.').as_bytes().to_vec();
    for byte in bytes.iter_mut().rev() {
        match *byte {
            b'.' => {}
            b'9' => *byte = b'0',
            _ => {
                *byte += 1;
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }
    format!("1{}", String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::fixed;

    #[test]
    fn halves_go_up_and_the_rest_to_the_nearest() {
        for (number, digits, expected) in [
            (0.5, 0, "1"),
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (9.5, 0, "10"),
            (99.96875, 4, "99.9688"),
            (1.005, 2, "1.00"),
            (1.45, 1, "1.4"),
            (8.345, 2, "8.35"),
            (0.000_001, 7, "0.0000010"),
            (5.551_115_123_125_783e-17, 2, "0.00"),
            (-1e-17, 3, "-0.000"),
            (-0.0, 2, "0.00"),
            (123.456, 0, "123"),
            (0.0, 0, "0"),
            (999_999_999_999_999_900_000.0, 1, "999999999999999868928.0"),
        ] {
            assert_eq!(fixed(number, digits), expected, "{number} {digits}");
        }
    }
}
