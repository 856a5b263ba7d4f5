//! Texts that are compiled at run time, and code that cannot be rewritten.

use super::*;

/// The message about a rejected name.
const REJECTED: &str = "a name that begins with ℬ cannot be run here: use another name";

#[test]
fn code_that_cannot_be_run_is_rejected_with_its_place() {
    on_a_thread(|| async {
        let failure = reject("index.handler", &[("index.js", "\n  var ℬ = 1;")]).await;
        assert_eq!(failure.error_type, "Runtime.UserCodeSyntaxError");
        assert_eq!(failure.message, format!("SyntaxError: {REJECTED} (index.js:2:7)"));
        let files = [("index.mjs", "import './lib/x.mjs'"), ("lib/x.mjs", "export const ℬ = 1;")];
        let failure = reject("index.handler", &files).await;
        assert_eq!(failure.message, format!("SyntaxError: {REJECTED} (lib/x.mjs:1:14)"));
    });
}

#[test]
fn errors_about_evaluated_code_say_what_to_write() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => {
            const told = (run) => { try { return run(); } catch (e) { return `${e.name}: ${e.message}`; } };
            const { constructor } = async function () {};
            return [
                () => eval('\\nlet ℬ;'), () => (0, eval)('let ℬ;'), () => Function('ℬ', ''),
                () => new Function('var ℬ;'), () => constructor('var ℬ;'),
            ].map(told);
        }";
        let told = answer(code).await.unwrap();
        for (told, place) in told.as_array().unwrap().iter().zip([
            "line 2, column 5",
            "line 1, column 5",
            "line 1, column 21",
            "line 3, column 5",
            "line 3, column 5",
        ]) {
            assert_eq!(told, &json!(format!("SyntaxError: {REJECTED} ({place})")));
        }
    });
}

#[test]
fn evaluated_code_is_rewritten_as_files_are() {
    on_a_thread(|| async {
        let body = "try { throw 'kept' } catch (e) { throw e } finally { try { null.x } catch {} }";
        let code = format!(
            "exports.handler = async () => {{
                const caught = (run) => {{ try {{ return run(); }} catch (e) {{ return e; }} }};
                const body = {body:?};
                return [
                    caught(() => eval(body)), caught(() => (0, eval)(body)), caught(Function(body)),
                    caught(() => eval('eval(body)')), caught(() => Function('b', 'eval(b)')(body)),
                    caught(() => (0, eval)('(b) => eval(b)')(body)),
                ];
            }}"
        );
        assert_eq!(
            answer(&code).await,
            Ok(json!(["kept", "kept", "kept", "kept", "kept", "kept"]))
        );
    });
}

#[test]
fn functions_of_the_platform_keep_their_text_to_themselves() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => [
            require('path').join, require('events'), Headers, setTimeout, Math.max,
        ].map((f) => f.toString());";
        let native = |name: &str| format!("{name} {{ [native code] }}");
        let expected = [
            "function join()",
            "function EventEmitter()",
            "class Headers",
            "function setTimeout()",
            "function max()",
        ];
        assert_eq!(answer(code).await, Ok(json!(expected.map(native))));
    });
}

#[test]
fn functions_of_large_files_have_their_text_too() {
    on_a_thread(|| async {
        let padding: String = (0..5000)
            .map(|n| format!("function pad{n}(o) {{ return o.a.b.c.d + {n}; }}\n"))
            .collect();
        let tail = "class Own { m() { return this.a.b; } }
            function own(o) { return o.a /* mine */; }
            const texts = async () => [own, Own, Own.prototype.m, pad7].map(String);";
        let expected = json!([
            "function own(o) { return o.a /* mine */; }",
            "class Own { m() { return this.a.b; } }",
            "m() { return this.a.b; }",
            "function pad7(o) { return o.a.b.c.d + 7; }",
        ]);
        for (file, export) in [
            ("index.js", "exports.handler = texts;"),
            ("index.mjs", "export { texts as handler };"),
        ] {
            let code = format!("{padding}{tail}\n{export}");
            let (mut environment, _) = start(&[(file, &code)]).await;
            assert_eq!(ask(&mut environment, &json!({})).await, Ok(expected.clone()), "{file}");
        }
    });
}

/// Each alone: one place that shows the engine a call of `eval` would help the others.
#[test]
fn code_evaluated_in_methods_finds_its_variables() {
    on_a_thread(|| async {
        for (method, expected) in [
            ("const i = 8; class C { m() { return eval('i') } } return new C().m()", 8),
            ("const i = 8; return { m() { return eval('i') } }.m()", 8),
            ("const i = 8; return { get m() { return eval('i') } }.m", 8),
            ("var i = 8; class C { b = eval('i') } return new C().b", 8),
            ("let i = 8; class C { static b = eval('i') } return C.b", 8),
            ("let i = 8; class C { static { this.b = eval('i') } } return C.b", 8),
            (
                "for (let i = 8; ;) { class C { constructor() { this.b = eval('i') } } return new C().b }",
                8,
            ),
            ("return ((i) => ({ m() { return (() => eval('i'))() } }))(8).m()", 8),
            ("return ((i, o = { m() { return eval('i') } }) => o.m())(8)", 8),
        ] {
            for strict in ["", "'use strict'; "] {
                let code = format!("{strict}exports.handler = async () => {{ {method} }}");
                assert_eq!(answer(&code).await, Ok(json!(expected)), "{code}");
            }
            let code = format!("export const handler = async () => {{ {method} }}");
            let (mut environment, _) = start(&[("index.mjs", &code)]).await;
            assert_eq!(ask(&mut environment, &json!({})).await, Ok(json!(expected)), "{code}");
        }
    });
}

#[test]
fn texts_of_functions_are_kept_within_bounds() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => {
            const made = [];
            for (let i = 0; i < 60; i++) made.push(eval(`(function f${i}(o) { return o.a /* ${'x'.repeat(100000)} */ })`));
            const text = (f) => f.toString().slice(0, 30);
            return [text(made[59]), text(made[0])];
        }";
        let told = answer(code).await.unwrap();
        // Of the oldest only what the engine has is left.
        assert_eq!(
            told,
            json!(["function f59(o) { return o.a /", "function f0(o) { return o[\"a\"]"])
        );
    });
}

#[test]
fn frames_of_evaluated_code_have_their_lines() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => {
            const at = (run) => { try { run(); } catch (e) { return e.stack.split('\\n')[1].trim(); } };
            return [at(() => eval('\\n\\nnull.x')), at(new Function('a', '\\nnull.x'))];
        }";
        let frames = answer(code).await.unwrap();
        let frames: Vec<_> =
            frames.as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
        assert!(frames[0].contains("eval") && frames[0].contains(":3:"), "{frames:?}");
        assert!(frames[1].contains("<anonymous>:4:"), "{frames:?}");
    });
}
