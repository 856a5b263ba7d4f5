//! Environments share the code that their thread compiled, and nothing else.

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
    let warm_context = WarmContext::new(compiled.clone()).unwrap();
    let host = Rc::new(Recorder::default());
    Environment::start(warm_context, load("index.handler", files), host).await.unwrap()
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
fn texts_with_eval_are_compiled_for_each_environment() {
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
fn texts_with_import_are_compiled_once_and_import_for_each_environment() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let files = [
            (
                "lib/index.js",
                "exports.handler = async function ({ name }) {
                   const { count } = await import(name);
                   const failed = await import({ toString() { throw 1; } }).catch((error) => error);
                   return [count(), failed, module.children.length, arguments.length];
                 };",
            ),
            ("lib/part.mjs", "let calls = 0; export const count = () => ++calls;"),
        ];
        for _ in 0..3 {
            let warm_context = WarmContext::new(compiled.clone()).unwrap();
            let load = load("lib/index.handler", &files);
            let host = Rc::new(Recorder::default());
            let mut environment = Environment::start(warm_context, load, host).await.unwrap();
            for calls in [1, 2] {
                let found = ask(&mut environment, &json!({"name": "./part.mjs"})).await.unwrap();
                assert_eq!(found, json!([calls, 1, 0, 3]));
            }
        }
        let times = compiled.times();
        for path in ["/var/task/lib/index.js", "/var/task/lib/part.mjs"] {
            assert_eq!(times.get(path), Some(&1), "{path} in {times:?}");
        }
    });
}

#[test]
fn texts_that_end_their_wrapper_are_rejected() {
    on_a_thread(|| async {
        let code = "}); var kept = 1; (function (exports) { exports.handler = async () => kept;";
        let failure = reject("index.handler", &[("index.js", code)]).await;
        assert_eq!(failure.error_type, "Runtime.UserCodeSyntaxError");
        assert!(failure.message.contains("(index.js:1:1)"), "{}", failure.message);
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

#[test]
fn es_modules_share_code_and_no_state() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let files = [
            (
                "index.mjs",
                "import { events, add } from './part.mjs'; import { parse } from 'node:url';
                globalThis.runs = (globalThis.runs || 0) + 1;
                parse.mark = (parse.mark || 0) + 1;
                let own = 0;
                const later = import('./later.mjs');
                export const handler = async () => {
                  add();
                  return [runs, parse.mark, ++own, events.length, (await later).default,
                    [] instanceof Array, import.meta.url, this === undefined];
                };",
            ),
            ("part.mjs", "export const events = []; export const add = () => events.push(1);"),
            ("later.mjs", "globalThis.loads = (globalThis.loads || 0) + 1; export default loads"),
        ];
        let found =
            |events| json!([1, 1, events, events, 1, true, "file:///var/task/index.mjs", true]);
        let mut environments = Vec::new();
        for _ in 0..3 {
            environments.push(start_with(&compiled, &files).await);
        }
        for events in 1..3 {
            for environment in &mut environments {
                assert_eq!(ask(environment, &json!({})).await.unwrap(), found(events));
            }
        }
        let times = compiled.times();
        for (path, _) in files {
            let path = format!("/var/task/{path}");
            assert_eq!(times.get(&path), Some(&1), "{path} in {times:?}");
        }
    });
}

#[test]
fn a_file_whose_text_says_that_it_is_an_es_module_is_shared() {
    on_a_thread(|| async {
        let compiled = Rc::<Compiled>::default();
        let code = "const answer = 7, handler = async () => answer; export{handler}";
        for _ in 0..2 {
            let mut environment = start_with(&compiled, &[("index.js", code)]).await;
            assert_eq!(ask(&mut environment, &json!({})).await.unwrap(), json!(7));
        }
        assert_eq!(compiled.times().get("/var/task/index.js"), Some(&1));
    });
}

#[test]
fn functions_that_a_cycle_leads_to_are_there_before_their_module_runs() {
    on_a_thread(|| async {
        for (bound, seen) in [
            ("export * from './last.mjs';", "f"),
            ("export { f } from './last.mjs';", "f"),
            ("export { f } from './between.mjs';", "f"),
            ("import { f } from './between.mjs'; export { f };", "f"),
            ("import * as all from './last.mjs'; export { all };", "all.f"),
            ("export * as all from './between.mjs';", "all.f"),
            ("import { f } from './last.mjs'; export function g() { return f() }", "g"),
            ("import * as all from './last.mjs'; export function g() { return all.f() }", "g"),
            ("export * from './between.mjs';", "h"),
        ] {
            let index = format!(
                "import {{ early }} from './early.mjs'; {bound}
                export const handler = async () => early;"
            );
            let early = format!(
                "import * as index from './index.mjs'; export const early = index.{seen}();"
            );
            let between = "import { f } from './last.mjs'; export * from './last.mjs';
                export function h() { return f() }";
            let last = "globalThis.ran = true; export function f() { return !globalThis.ran }";
            let files = [
                ("index.mjs", &*index),
                ("early.mjs", &*early),
                ("between.mjs", between),
                ("last.mjs", last),
            ];
            let (mut environment, _) = start(&files).await;
            assert_eq!(ask(&mut environment, &json!({})).await, Ok(json!(true)), "{bound}");
        }
    });
}

#[test]
fn modules_of_every_kind_are_shared() {
    const CALL: &str = "export const handler = async () => 1;";
    on_a_thread(|| async {
        for (what, text, other, is_shared) in [
            ("a cycle", "import './other.mjs';", "import './index.mjs'", true),
            (
                "a name that changes",
                "import { x } from './other.mjs';",
                "export let x = 1; export const f = () => x++;",
                true,
            ),
            ("an import", "import { x } from './other.mjs'; () => x++;", "export let x", true),
            ("an await", "import './other.mjs'; await 1;", "", true),
            ("evaluated code", "import './other.mjs'; eval('1');", "", false),
        ] {
            let compiled = Rc::<Compiled>::default();
            let index = format!("{text}\n{CALL}");
            let files = [("index.mjs", &*index), ("other.mjs", other)];
            for _ in 0..2 {
                let mut environment = start_with(&compiled, &files).await;
                assert_eq!(ask(&mut environment, &json!({})).await.unwrap(), json!(1), "{what}");
            }
            let times = if is_shared { 1 } else { 2 };
            assert_eq!(compiled.times().get("/var/task/index.mjs"), Some(&times), "{what}");
        }
    });
}

#[test]
fn errors_of_es_modules_name_the_author_s_place() {
    on_a_thread(|| async {
        let code = "import { basename as name } from 'node:path'; export const f = () => {\n  \
            import.meta.url; throw new Error('told'); }; export default f;\n\
            export const handler = async () => f(name, () => import('./x.mjs'));";
        let mut places = Vec::new();
        for text in [code.to_owned(), format!("{code} eval('')")] {
            let compiled = Rc::<Compiled>::default();
            let mut environment = start_with(&compiled, &[("index.mjs", text.as_str())]).await;
            places.push(ask(&mut environment, &json!({})).await.unwrap_err().stack);
        }
        assert!(places[0][0].contains("/var/task/index.mjs:2:26"), "{places:?}");
        assert_eq!(places[0], places[1]);
        let failing = "import 'node:path'; null.x; export const handler = 1;";
        let failure = reject("index.handler", &[("index.mjs", failing)]).await;
        assert_eq!(failure.stack.len(), 1, "{:?}", failure.stack);
    });
}
