//! Environments that share the code that their thread compiled, and nothing else.

use super::*;

/// A function that leaves marks wherever an environment keeps something.
const MARKS: &str = "
    globalThis.runs = (globalThis.runs || 0) + 1;
    sloppy = typeof sloppy === 'undefined' ? 1 : sloppy + 1;
    Array.prototype.mark = (Array.prototype.mark || 0) + 1;
    const url = require('url');
    url.mark = (url.mark || 0) + 1;
    let events = 0;
    class Own { #hidden = 7; static made = 0; get hidden() { Own.made += 1; return this.#hidden; } }
    const tag = (strings) => strings;
    const tagged = () => tag`x`;
    exports.handler = async () => {
      events += 1;
      return {
        counts: [runs, sloppy, [].mark, url.mark, events, new Own().hidden, Own.made],
        own: [
          [] instanceof Array, (async () => {})() instanceof Promise, /x/ instanceof RegExp,
          Object.getPrototypeOf(Own) === Function.prototype, tagged() === tagged(),
          [...(function* () { yield 1; })()][0] === 1, (function () { return this; })() === globalThis,
          new Function('return runs')() === runs,
        ].every(Boolean),
        thrown: (() => { try { null.x; } catch (error) { return error instanceof TypeError; } })(),
        missing: typeof nothing,
      };
    };";

async fn start_with(compiled: &Rc<Compiled>, files: &[(&str, &str)]) -> Environment {
    let spare = Spare::new(compiled.clone()).unwrap();
    let host = Rc::new(Recorder::default());
    Environment::start(spare, load("index.handler", files), host).await.unwrap()
}

#[test]
fn they_share_code_and_no_state() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let files = [("index.js", MARKS)];
        let mut first = start_with(&compiled, &files).await;
        let mut second = start_with(&compiled, &files).await;
        let found = |events| json!({ "counts": [1, 1, 1, 1, events, 7, events], "own": true, "thrown": true, "missing": "undefined" });
        assert_eq!(ask(&mut first, &json!({})).await.unwrap(), found(1));
        assert_eq!(ask(&mut second, &json!({})).await.unwrap(), found(1));
        assert_eq!(ask(&mut first, &json!({})).await.unwrap(), found(2));
        drop(first);
        boa_gc::force_collect();
        assert_eq!(ask(&mut second, &json!({})).await.unwrap(), found(2));
        let mut third = start_with(&compiled, &files).await;
        assert_eq!(ask(&mut third, &json!({})).await.unwrap(), found(1));
    });
}

#[test]
fn a_text_is_compiled_once() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let files = [
            ("index.js", "exports.handler = require('./part').handler"),
            ("part.js", "require('querystring'); exports.handler = async () => 1"),
        ];
        for _ in 0..3 {
            let mut environment = start_with(&compiled, &files).await;
            assert_eq!(ask(&mut environment, &json!({})).await.unwrap(), json!(1));
        }
        let times = compiled.times();
        for path in ["/var/task/index.js", "/var/task/part.js", "node:querystring"] {
            assert_eq!(times.get(path), Some(&1), "{path} in {times:?}");
        }
    });
}

#[test]
fn what_evaluates_or_imports_is_compiled_for_each() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let files = [
            (
                "index.js",
                "eval('var seen = typeof seen');
                exports.handler = async ({ name }) => [seen, (await import(name)).count()];",
            ),
            ("part.mjs", "let calls = 0; export const count = () => ++calls;"),
        ];
        for _ in 0..3 {
            let mut environment = start_with(&compiled, &files).await;
            for calls in [1, 2] {
                let found = ask(&mut environment, &json!({"name": "./part.mjs"})).await.unwrap();
                assert_eq!(found, json!(["undefined", calls]));
            }
        }
        assert_eq!(compiled.times().get("/var/task/index.js"), Some(&3));
    });
}

#[test]
fn what_ends_its_wrapper_is_compiled_for_each() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let code = "}); var kept = typeof kept === 'undefined' ? 1 : kept + 1;
        function shared() {} shared.runs = (shared.runs || 0) + 1;
        (function (exports) { exports.handler = async () => [kept, shared.runs];";
        for _ in 0..2 {
            let mut environment = start_with(&compiled, &[("index.js", code)]).await;
            assert_eq!(ask(&mut environment, &json!({})).await.unwrap(), json!([1, 1]));
        }
    });
}

#[test]
fn errors_name_the_author_s_place_in_every_environment() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let code = "exports.handler = async () => { throw new Error('told'); };";
        let files = [("index.js", code)];
        let mut stacks = Vec::new();
        for _ in 0..2 {
            let mut environment = start_with(&compiled, &files).await;
            stacks.push(ask(&mut environment, &json!({})).await.unwrap_err().stack);
        }
        assert!(
            stacks[0].iter().any(|frame| frame.contains("/var/task/index.js:1:39")),
            "{stacks:?}"
        );
        assert_eq!(stacks[0], stacks[1]);
    });
}
