//! Rewritten programs give the same results in the engine as in Node.js.

#![allow(clippy::unwrap_used, missing_docs)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use boa_engine::{Context, JsValue, Source, js_string};
use brink_rewrite::{Goal, rewrite};

/// The natives, written in JavaScript.
const NATIVES: &str = include_str!("natives.js");

const FAULTS: &str = include_str!("faults.js");

/// Runs a text as the body of a function. Returns its value or exception as text.
fn run(text: &str) -> String {
    let mut context = Context::default();
    let natives = context.eval(Source::from_bytes(NATIVES)).unwrap();
    let whole = format!("(function (ℬ, eval) {{ return function () {{{text}\n}} }})");
    let outcome = context.eval(Source::from_bytes(&whole)).and_then(|outer| {
        let eval = context.global_object().get(js_string!("eval"), &mut context)?;
        let outer = outer.as_callable().unwrap();
        let inner = outer.call(&JsValue::undefined(), &[natives, eval], &mut context)?;
        inner.as_callable().unwrap().call(&JsValue::undefined(), &[], &mut context)
    });
    match outcome {
        Ok(value) => value.to_string(&mut context).unwrap().to_std_string_escaped(),
        Err(error) => format!("threw {error}"),
    }
}

fn rewritten(text: &str) -> String {
    rewrite(text, Goal::CommonJs).unwrap().text
}

#[test]
fn the_engines_faults_are_cured() {
    assert_eq!(run(&rewritten(FAULTS)), "");
}

/// Otherwise the test above would prove nothing.
#[test]
fn the_engine_has_these_faults() {
    for (program, right) in [
        ("let i = 1; return i + i++", "2"),
        ("let s = '5'; return typeof s++", "number"),
        (
            "for (;;) { try { try { if (0) return 1; break } finally {} } finally {} } return 'on'",
            "on",
        ),
        (
            "const f = () => { try { return 7 } finally { try { f(f, x) } catch {} } }; return f()",
            "7",
        ),
        ("const { a: [x], ...rest } = { a: [1], b: 2 }; return Object.keys(rest)", "b"),
        ("const f = ({ a } = {}, b = () => 1) => { var a = a || 5; return a }; return f()", "5"),
    ] {
        let plain = catch_unwind(AssertUnwindSafe(|| run(program)));
        assert_ne!(plain.ok().as_deref(), Some(right), "{program}");
        assert_eq!(run(&rewritten(program)), right, "{program}");
    }
}

#[test]
fn fields_with_composed_keys_name_their_functions() {
    let program = "const k = 'b'; class A { a = String(1); ['x' + 1] = () => 1; [k] = class {}; }
        const a = new A(); return [a.a, a.x1.name, a.b.name].join()";
    assert_eq!(run(&rewritten(program)), "1,x1,b");
}
