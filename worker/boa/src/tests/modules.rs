//! Modules of the bundle, and versions that cannot start.

use super::*;

/// What `index.handler` of these files answers.
async fn run(files: &[(&str, &str)]) -> Value {
    let (mut environment, _) = start(files).await;
    ask(&mut environment, &json!({})).await.unwrap()
}

#[test]
fn commonjs_modules_are_found_run_once_and_seen_in_cycles() {
    on_a_thread(|| async {
        let index = "const a = require('./lib/a'); const again = require('./lib/a.js');
            const data = require('./data'); const lib = require('./lib');
            exports.handler = async () => ({
                same: a === again, a: a.name, b: a.b.name, early: a.b.early,
                data: data.list, lib: lib(), where: [__filename, __dirname, a.where],
            });";
        let a = "exports.name = 'a'; exports.where = __filename; exports.b = require('./b');";
        let b = "const a = require('./a'); exports.name = 'b'; exports.early = a.name;";
        let found = run(&[
            ("index.js", index),
            ("lib/a.js", a),
            ("lib/b.cjs", b),
            ("lib/index.js", "module.exports = () => 'the folder'"),
            ("data.json", r#"{"list": [1, {"x": null}]}"#),
        ])
        .await;
        let expected = json!({
            "same": true, "a": "a", "b": "b", "early": "a",
            "data": [1, {"x": null}], "lib": "the folder",
            "where": ["/var/task/index.js", "/var/task", "/var/task/lib/a.js"],
        });
        assert_eq!(found, expected);
    });
}

#[test]
fn commonjs_is_sloppy_and_may_begin_with_a_hash_bang() {
    on_a_thread(|| async {
        let code = "#!/usr/bin/env node\nundeclared = 3; exports.handler = async () => undeclared;";
        assert_eq!(run(&[("index.js", code)]).await, json!(3));
    });
}

#[test]
fn a_handler_may_lie_in_a_folder_and_under_a_path_of_names() {
    on_a_thread(|| async {
        let files = [("src/app.js", "exports.api = { run: async () => 'ran' }")];
        let host = Rc::new(Recorder::default());
        let environment = Environment::start(
            WarmContext::new(Rc::default()).unwrap(),
            load("src/app.api.run", &files),
            host,
        )
        .await;
        let answer = ask(&mut environment.unwrap(), &json!({})).await;
        assert_eq!(answer, Ok(json!("ran")));
    });
}

#[test]
fn es_modules_import_each_other_json_and_commonjs() {
    on_a_thread(|| async {
        let index = "import { name } from './lib.mjs'; import old, { half } from './old.cjs';
            import data from './data.json'; const later = await import('./later.mjs');
            export const handler = async () =>
                [name, old.whole, half, data.x, later.default, import.meta.url];";
        let files = [
            ("index.mjs", index),
            ("lib.mjs", "export const name = 'lib'"),
            ("old.cjs", "const half = 0.5; module.exports = { half, whole: 1 }"),
            ("data.json", r#"{"x": true}"#),
            ("later.mjs", "export default 'later'"),
        ];
        let expected = json!(["lib", 1, 0.5, true, "later", "file:///var/task/index.mjs"]);
        assert_eq!(run(&files).await, expected);
    });
}

#[test]
fn es_modules_are_told_by_package_or_by_text() {
    on_a_thread(|| async {
        let code = "export async function handler() { return typeof require }";
        let package = r#"{"type": "module"}"#;
        let by_package = run(&[("index.js", code), ("package.json", package)]).await;
        assert_eq!(by_package, json!("undefined"));
        assert_eq!(run(&[("index.js", code)]).await, json!("undefined"));
    });
}

#[test]
fn work_begun_while_starting_can_be_awaited_by_the_first_event() {
    on_a_thread(|| async {
        let code = "const ready = new Promise(resolve => setTimeout(() => resolve('ready'), 5));
            exports.handler = async () => ready;";
        assert_eq!(run(&[("index.js", code)]).await, json!("ready"));
    });
}

#[test]
fn syntax_errors_name_file_line_and_column() {
    on_a_thread(|| async {
        for (code, place) in [
            ("exports.handler = async () => {\n  const x = ;\n}", "(index.js:2:13)"),
            ("let x = );", "(index.js:1:9)"),
            ("exports.handler = async () => {\n  if (x) {\n", "(index.js:2:11)"),
            ("exports.handler = 'open", "(index.js:1:"),
            ("export const handler = ;", "(index.js:1:24)"),
        ] {
            let failure = reject("index.handler", &[("index.js", code)]).await;
            assert_eq!(failure.error_type, "Runtime.UserCodeSyntaxError", "{code}");
            assert!(failure.message.starts_with("SyntaxError: "), "{}", failure.message);
            assert!(failure.message.contains(place), "{code}: {}", failure.message);
            assert!(!failure.message.contains(" at line "), "{}", failure.message);
        }
        let files = [("index.js", "require('./lib/x')"), ("lib/x.js", "\n\n  !!")];
        let failure = reject("index.handler", &files).await;
        assert!(failure.message.contains("(lib/x.js:3:"), "{}", failure.message);
    });
}

#[test]
fn errors_name_a_missing_file_and_the_files_that_asked_for_it() {
    on_a_thread(|| async {
        let unknown = "require('left-pad'); exports.handler = async () => 1";
        let import = "import x from './nope.mjs'; export const handler = x";
        for (handler, file, code, error_type, words) in [
            (
                "index.handler",
                "index.js",
                unknown,
                "Runtime.ImportModuleError",
                &["Cannot find module 'left-pad'", "/var/task/index.js"][..],
            ),
            (
                "index.handler",
                "index.mjs",
                import,
                "Runtime.ImportModuleError",
                &["Cannot find module '/var/task/nope.mjs' imported from", "/var/task/index.mjs"],
            ),
            (
                "index.handler",
                "other.js",
                "",
                "Runtime.ImportModuleError",
                &["Cannot find module 'index'", "index.mjs"],
            ),
            (
                "index.handler",
                "index.js",
                "exports.main = 1",
                "Runtime.HandlerNotFound",
                &["index.handler is undefined or not exported"],
            ),
            (
                "index.main",
                "index.js",
                "exports.main = 1",
                "Runtime.HandlerNotFound",
                &["index.main is not a function"],
            ),
            ("handler", "index.js", "", "Runtime.MalformedHandlerName", &["\"handler\""]),
            ("index.handler", "index.js", "throw new TypeError('early')", "TypeError", &["early"]),
            ("index.handler", "index.mjs", "throw new TypeError('early')", "TypeError", &["early"]),
            (
                "index.handler",
                "index.mjs",
                "await new Promise(() => {})",
                "Runtime.ExitError",
                &["index.mjs"],
            ),
        ] {
            let failure = reject(handler, &[(file, code)]).await;
            assert_eq!(failure.error_type, error_type, "{failure:?}");
            for word in words {
                assert!(failure.message.contains(word), "{word}: {}", failure.message);
            }
        }
    });
}

#[test]
fn require_tells_its_caller_and_tries_again() {
    on_a_thread(|| async {
        let index = "let code, second;
            try { require('nope') } catch (error) { code = error.code }
            try { require('./flaky') } catch (error) { }
            second = require('./flaky');
            exports.handler = async () => [code, second];";
        let flaky = "global.tries = (global.tries || 0) + 1;
            if (global.tries < 2) throw new Error('again'); module.exports = global.tries;";
        let found = run(&[("index.js", index), ("flaky.js", flaky)]).await;
        assert_eq!(found, json!(["MODULE_NOT_FOUND", 2]));
    });
}

#[test]
fn nothing_is_read_from_the_disk() {
    on_a_thread(|| async {
        for specifier in
            ["/etc/passwd", "./Cargo.toml", "file:///etc/passwd", "/var/task/../../etc/passwd"]
        {
            let code = format!("exports.handler = async () => import('{specifier}')");
            let failure = answer(&code).await.unwrap_err();
            assert!(failure.message.starts_with("Cannot find module"), "{failure:?}");
        }
    });
}

#[test]
fn a_module_that_exits_while_it_starts_is_told() {
    on_a_thread(|| async {
        for code in ["process.exit(3)", "await 1; process.exit(3)"] {
            let failure = reject("index.handler", &[("index.mjs", code)]).await;
            assert_eq!(failure.message, "Runtime exited with error: exit status 3", "{code}");
        }
    });
}

#[test]
fn a_module_that_throws_after_it_waited_ends_the_start() {
    on_a_thread(|| async {
        let files = [
            ("index.mjs", "import './slow.mjs';\n  null.x;\nexport const handler = 1;"),
            ("slow.mjs", "await null; await 1;"),
        ];
        let failure = reject("index.handler", &files).await;
        assert_eq!(failure.error_type, "TypeError");
        assert!(failure.stack[0].contains("/var/task/index.mjs:2:"), "{:?}", failure.stack);
    });
}

#[test]
fn errors_of_linking_have_their_place() {
    on_a_thread(|| async {
        let index = "import './other.mjs';\n\n  import { none } from './other.mjs';";
        let files = [("index.mjs", index), ("other.mjs", "export const one = 1;")];
        let failure = reject("index.handler", &files).await;
        assert_eq!(failure.error_type, "Runtime.UserCodeSyntaxError");
        let words = "SyntaxError: The requested module './other.mjs' does not provide an export \
                     named 'none'";
        assert_eq!(failure.message, words);
        assert_eq!(failure.stack, ["/var/task/index.mjs:3:12"]);
    });
}

#[test]
fn chains_of_modules_may_be_long() {
    on_a_thread(|| async {
        let mut files = vec![(
            "index.mjs".to_owned(),
            "import { x } from './a0.mjs'; import { y } from './b0.mjs';
            export const handler = async () => [x, y];"
                .to_owned(),
        )];
        for at in 0..300 {
            let next = at + 1;
            files.push((format!("a{at}.mjs"), format!("export {{ x }} from './a{next}.mjs';")));
            files.push((format!("b{at}.mjs"), format!("export * from './b{next}.mjs';")));
        }
        files.push(("a300.mjs".to_owned(), "export const x = await 1;".to_owned()));
        files.push(("b300.mjs".to_owned(), "export const y = 2;".to_owned()));
        let files: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        assert_eq!(run(&files).await, json!([1, 2]));
    });
}
