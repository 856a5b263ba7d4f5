//! `base ** exponent`, in which the engine takes 1 to the power of `NaN` for 1.

use boa_engine::value::Numeric;
use boa_engine::{Context, JsArgs, JsResult, JsValue, js_error};

/// `pow(base, exponent)`.
pub(super) fn pow(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let base = arguments.get_or_undefined(0).to_numeric(context)?;
    let exponent = arguments.get_or_undefined(1).to_numeric(context)?;
    match (base, exponent) {
        (Numeric::Number(base), Numeric::Number(exponent)) => {
            let has_no_limit = base.abs() == 1.0 && exponent.is_infinite();
            Ok(match exponent.is_nan() || has_no_limit {
                true => f64::NAN.into(),
                false => base.powf(exponent).into(),
            })
        }
        (Numeric::BigInt(base), Numeric::BigInt(exponent)) => {
            JsValue::from(base).pow(&exponent.into(), context)
        }
        _ => Err(js_error!(TypeError:
            "Cannot mix BigInt and other types, use explicit conversions"
        )),
    }
}
