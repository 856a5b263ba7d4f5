//! Rewrites programs, runs them in the engine, and prints their logs: one JSON array of texts for each
//! program. Programs are read from a file, with lines of `//---` between them. `--plain` runs them as
//! they are; `--show` prints their rewritten text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a tool")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use boa_engine::{Context, JsValue, Script, Source, js_string};
use brink_rewrite::{Goal, rewrite};

const NATIVES: &str = include_str!("../tests/natives.js");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is = |flag: &str| arguments.iter().any(|one| one == flag);
    let path = arguments.iter().find(|one| !one.starts_with("--")).expect("a file");
    let text = std::fs::read_to_string(path).unwrap();
    if is("--check") {
        return check(&text);
    }
    std::panic::set_hook(Box::new(|_| {}));
    for program in text.split("//---\n") {
        if is("--show") {
            match rewrite(program, Goal::CommonJs) {
                Ok(rewritten) => println!("{}", rewritten.text),
                Err(rejection) => println!("{rejection:?}"),
            }
            continue;
        }
        let plain = is("--plain");
        let ran = catch_unwind(AssertUnwindSafe(|| run(program, plain)));
        let lines = ran.unwrap_or_else(|_| vec!["the engine panicked".to_owned()]);
        println!("{}", json(&lines));
    }
}

/// Rewrites the CommonJS files of a list and lets the engine parse them.
fn check(list: &str) {
    let mut context = Context::default();
    let (mut bytes, mut written, mut took) = (0, 0, std::time::Duration::ZERO);
    for path in list.lines() {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let began = std::time::Instant::now();
        let rewritten = rewrite(&text, Goal::CommonJs);
        took += began.elapsed();
        let rewritten = match rewritten {
            Ok(rewritten) => rewritten,
            Err(rejection) => {
                println!("{path}:{}:{}: {rejection}", rejection.line, rejection.column);
                continue;
            }
        };
        bytes += text.len();
        written += rewritten.text.len();
        if text.lines().count() != rewritten.text.lines().count() {
            println!("{path}: other lines");
        }
        let mut parse = |text: &str| {
            let whole = format!("(function (ℬ, eval) {{ return function () {{{text}\n}} }})");
            let parsed = Script::parse(Source::from_bytes(&whole), None, &mut context);
            parsed.and_then(|script| script.codeblock(&mut context)).map(drop)
        };
        if let Err(error) = parse(&rewritten.text) {
            let plain = if parse(&text).is_ok() { "plain text is parsed" } else { "plain too" };
            println!("{path}: {error} ({plain})");
        }
    }
    println!("{bytes} bytes became {written} in {took:?}");
}

fn json(lines: &[String]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let escaped: String = line.chars().flat_map(char::escape_default).collect();
            format!("\"{}\"", escaped.replace("\\'", "'").replace("\\u{", "\\\\u{"))
        })
        .collect();
    format!("[{}]", lines.join(","))
}

fn run(program: &str, plain: bool) -> Vec<String> {
    let mut context = Context::default();
    let init =
        "globalThis.lines = []; globalThis.log = (...a) => { lines['push'](a['join'](' ')); };";
    context.eval(Source::from_bytes(init)).unwrap();
    let text = match plain {
        true => program.to_owned(),
        false => match rewrite(program, Goal::CommonJs) {
            Ok(rewritten) => rewritten.text,
            Err(rejection) => return vec![format!("rejected: {rejection} {rejection:?}")],
        },
    };
    let natives = context.eval(Source::from_bytes(NATIVES)).expect("natives");
    let whole = format!("(function (ℬ, eval) {{ return function () {{{text}\n}} }})");
    let outcome = context.eval(Source::from_bytes(&whole)).and_then(|outer| {
        let outer = outer.as_callable().expect("a function");
        let eval = context.global_object().get(js_string!("eval"), &mut context)?;
        let inner = outer.call(&JsValue::undefined(), &[natives, eval], &mut context)?;
        inner.as_callable().expect("a function").call(&JsValue::undefined(), &[], &mut context)
    });
    let jobs = context.run_jobs();
    let read = "lines['join']('\\u0001')";
    let logged = context.eval(Source::from_bytes(read)).unwrap();
    let logged = logged.to_string(&mut context).unwrap().to_std_string_escaped();
    let mut out: Vec<String> = match logged.is_empty() {
        true => Vec::new(),
        false => logged.split('\u{1}').map(str::to_owned).collect(),
    };
    if let Err(error) = outcome {
        out.push(format!("threw {error}"));
    }
    if let Err(error) = jobs {
        out.push(format!("jobs threw {error}"));
    }
    out
}
