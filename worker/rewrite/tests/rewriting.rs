//! Rewritten texts, their places, and rejections.

#![allow(clippy::unwrap_used, missing_docs)]

use brink_rewrite::{EvalSite, FunctionKind, Goal, Rewritten, rewrite};

fn common_js(text: &str) -> Rewritten {
    rewrite(text, Goal::CommonJs).unwrap()
}

#[test]
fn code_that_the_engine_runs_right_stays() {
    for text in [
        "const a = 1, b = (x) => x + 1; for (const x of [a]) b(x); // a comment\n",
        "function f({}, [a, b = 2], ...c) { var d = c; return d; }",
        "label: while (true) { if (a) break label; i++; }",
        "try { a(); } finally { b(); }",
        "`${a}` + a[0]; delete a['b'];",
    ] {
        assert_eq!(common_js(text).text, text);
    }
}

#[test]
fn lines_stay_and_columns_are_told() {
    let text = "a.b;\nx\n  // why\n  .y /* z */ .z(1, q.r, s);\nfor (k\n in o.p) t.u;";
    let Rewritten { text: written, places, .. } = common_js(text);
    assert_eq!(text.lines().count(), written.lines().count());
    let column = |text: &str, line: usize, what: &str| {
        let (before, _) = text.lines().nth(line).unwrap().split_once(what).unwrap();
        u32::try_from(before.chars().count() + 1).unwrap()
    };
    for (line, what) in [(0, "b"), (3, "y"), (3, "z("), (3, "1"), (3, "q"), (3, "s)"), (5, "t")] {
        let whats = what.trim_end_matches(['(', ')']);
        let found = column(&written, line, whats);
        let told = places.author_column(u32::try_from(line).unwrap() + 1, found);
        let right = column(text, line, what);
        assert!(told.abs_diff(right) <= 1, "{what}: {told} and not {right} in {written}");
    }
}

#[test]
fn functions_are_told_by_their_texts() {
    let text = "class A { static async m(a) { return a.b } }\nconst f = (x) => x.y;";
    let Rewritten { text: written, functions, .. } = common_js(text);
    let part = |text: &str, (start, end): (u32, u32)| {
        text.get(start as usize..end as usize).unwrap().to_owned()
    };
    let authors: Vec<_> = functions.iter().map(|one| part(text, one.author)).collect();
    assert_eq!(
        authors,
        ["class A { static async m(a) { return a.b } }", "async m(a) { return a.b }", "(x) => x.y"]
    );
    assert_eq!(functions.first().unwrap().kind, FunctionKind::Class);
    let ours: Vec<_> = functions.iter().skip(1).map(|one| part(&written, one.rewritten)).collect();
    assert_eq!(ours, ["async m(a) { return a[\"b\"] }", "(x) => x[\"y\"]"]);
}

#[test]
fn calls_that_reach_out_are_written_and_told() {
    let found =
        common_js("'use strict'; eval(a, b); (0, eval)(c); import('d'); typeof eval; ({ eval })");
    assert_eq!(
        found.text,
        "'use strict';;new.target;arguments; eval(ℬ.code(3,a, b)); (0, ℬ.eval)(c); ℬimport('d'); typeof ℬ.eval; \
         ({ eval: ℬ.eval })"
    );
    assert!(found.has_direct_eval && found.has_import);
    let found = common_js("'eval(1)'; evaluate(import_); async(x)");
    assert!(!found.has_direct_eval && !found.has_import);
    assert_eq!(found.text, "'eval(1)'; evaluate(import_); \\u0061sync(x)");
}

#[test]
fn code_that_cannot_be_run_is_rejected_with_its_place() {
    for (text, line, column) in [
        ("a;\nlet ℬ = 1", 2, 5),
        ("ℬ1: a", 1, 1),
        ("function f(eval) {}", 1, 12),
        ("const f = (a = 1, b = () => a) => { var a; }", 1, 41),
        ("class A { [a()] = b() }", 1, 12),
        ("switch (a) { case (function () { var b })(): }", 1, 34),
        ("switch (a) { case (() => arguments)(): }", 1, 20),
        ("({ [a]: b, ...c.d } = e)", 1, 4),
        ("a +", 1, 4),
        ("'é'; let a;\nlet b b", 2, 6),
    ] {
        let rejection = rewrite(text, Goal::CommonJs).unwrap_err();
        assert_eq!((rejection.line, rejection.column), (line, column), "{text}: {rejection}");
    }
}

#[test]
fn deep_nesting_is_rejected_and_long_chains_are_not() {
    let run = || {
        let deep = format!("{}1{}", "[".repeat(3_000), "]".repeat(3_000));
        assert!(rewrite(&deep, Goal::Script).is_err());
        let nested = |count| {
            let (open, close) = ("for (const a of b) {".repeat(count), "}".repeat(count));
            rewrite(&format!("{open}{}{close}", "if (a) return;".repeat(1_000)), Goal::CommonJs)
        };
        assert!(nested(60).is_ok() && nested(61).is_err());
        let chain = vec!["a"; 20_000].join(" + ");
        assert!(rewrite(&chain, Goal::Script).is_ok());
        let chain = vec!["a"; 20_000].join(" || ");
        assert!(rewrite(&chain, Goal::Script).is_ok());
    };
    // The parser nests deeper than this pass.
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn expressions_come_from_a_native() {
    for (text, written) in [
        (r#"x = /a"\//gi;"#, r#"x = ℬ.expression("a\"\\/", "gi");"#),
        ("() => { return/a/ }", r#"() => { return ℬ.expression("a", "") }"#),
        ("/[/]/u", r#"ℬ.expression("[/]", "u")"#),
        // The engine reports it.
        ("x = /(/;", "x = /(/;"),
    ] {
        assert_eq!(common_js(text).text, written);
    }
}

#[test]
fn evaluated_texts_may_say_what_their_place_allows() {
    let site =
        EvalSite { in_function: true, in_method: true, in_derived: true, ..EvalSite::default() };
    for text in [
        "super.x",
        "super(1)",
        "new.target",
        "this.#p",
        "#p in this",
        "arguments[0]",
        "var a = 1; a",
    ] {
        let found = rewrite(text, Goal::DirectEval(site));
        assert!(found.is_ok(), "{text}: {:?}", found.err());
    }
    assert_eq!(EvalSite::of_flags(site.flags()), site);
    for text in ["return 1", "await 1"] {
        assert!(rewrite(text, Goal::Script).is_err(), "{text}");
    }
    assert!(rewrite("new.target", Goal::Script).is_err());
}

#[test]
fn uses_of_variables_that_always_fail_are_rejected() {
    for text in [
        "late = 1; let late = 0;",
        "[late] = [2]; const late = 0;",
        "let late = (late = 1);",
        "if (a) { late = 1; } let late;",
        "(function self() { 'use strict'; self = 1; });",
        "for (let i = i; ;) break;",
        "for (let n = m, m = 1; ;) break;",
        "function f() { eval(text); return delete made; }",
    ] {
        assert!(rewrite(text, Goal::CommonJs).is_err(), "{text}");
    }
    for text in [
        "const set = () => { late = 1; }; let late = 0;",
        "function f() { late = 1; } let late;",
        "let [a, b = (a = 2)] = [1];",
        "for (let i = 0, get = () => i; i < 2; i++) i += 1;",
        "var v = v || 1; v = 2;",
        "(function self() { self = 1; });",
        "function self() { 'use strict'; self = 1; }",
        "delete made; let a = 1; a = 2;",
    ] {
        assert!(rewrite(text, Goal::CommonJs).is_ok(), "{text}");
    }
}
