//! `brink run`: events through a real sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/tool.rs"]
mod tool;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tool::{brink, command, folder, json_lines, stderr, stdout, write};

const PASS: &str = "exports.handler = async (event) => event.Records[0].cf.request;";

fn event(uri: &str) -> String {
    json!({"Records": [{"cf": {
        "config": {"eventType": "viewer-request", "requestId": format!("id{uri}")},
        "request": {"clientIp": "192.0.2.1", "headers": {}, "method": "GET", "querystring": "", "uri": uri},
    }}]})
    .to_string()
}

/// Runs the file `index.js` on these events.
fn run(source: &str, events: &[String], more: &[&str]) -> Output {
    let dir = folder(&[("function/index.js", source), ("events.jsonl", &events.join("\n"))]);
    run_in(dir.path(), more)
}

fn run_in(dir: &Path, more: &[&str]) -> Output {
    let mut args: Vec<OsString> = vec!["run".into(), dir.join("function").into()];
    args.extend(["--events".into(), dir.join("events.jsonl").into()]);
    args.extend(more.iter().map(OsString::from));
    brink(&args)
}

#[test]
fn each_event_gives_a_line_with_these_keys_in_this_order() {
    let source = "exports.handler = async (event) => {\n\
        console.log('saw', event.Records[0].cf.request.uri);\n\
        return event.Records[0].cf.request; };";
    let output = run(source, &[event("/a"), event("/b")], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 2);
    for (line, uri) in lines.iter().zip(["/a", "/b"]) {
        let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["ok", "logs", "duration_us", "cold"]);
        assert_eq!(line["ok"]["uri"], uri);
        assert!(line["logs"][0].as_str().unwrap().contains(&format!("saw {uri}")), "{line}");
        assert!(line["duration_us"].as_u64().unwrap() > 0);
    }
    assert_eq!(lines[0]["cold"], true);
    assert_eq!(lines[1]["cold"], false);
}

#[test]
fn missing_modules_are_warned_of_and_the_events_run() {
    let source = "const net = require('net');\n\
        exports.handler = async () => net.isIP('192.0.2.1');";
    let output = run(source, &[event("/a")], &["--raw"]);
    assert_eq!(json_lines(&output)[0]["ok"], 4);
    assert_eq!(
        stderr(&output),
        "warning: index.js:1:13: net cannot work in a sandbox (it has no sockets)\n\
         note: if the function needs that, the runtime nodejs can run it, at a worker with Node.js: \
         `runtime = \"nodejs\"` in brink.toml, or --runtime nodejs\n"
    );
}

#[test]
fn misleading_code_is_warned_of_once() {
    let source = "exports.handler = async (event) => {\n\
        const uri = event.Records[0].cf.request.uri;\n\
        if (uri === '/plain') return event.Records[0].cf.request;\n\
        return { status: 302, headers: { location: [{ value: '/caf\u{e9}' }] } }; };";
    let events = ["/plain", "/a", "/b"].map(event);
    let output = run(source, &events, &["--timeout", "30"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(json_lines(&output)[2]["ok"]["headers"]["location"][0]["value"], "/caf\u{e9}");
    assert_eq!(
        stderr(&output),
        "warning: the timeout is 30s, but at viewer-request a function is ended after 5s\n\
         warning: response.headers[\"location\"]: \"/caf\u{e9}\" has characters beyond ASCII, which \
         viewers read in different ways; percent-encode them, for example with encodeURI\n"
    );
    let fine = source.replace("'/caf\u{e9}'", "encodeURI('/caf\u{e9}')");
    let output = run(&fine, &events, &["--timeout", "5"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn a_response_of_another_service_is_named_as_such() {
    let source = "exports.handler = async () => ({ statusCode: 302, headers: { location: '/' } });";
    let output = run(source, &[event("/a")], &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = json_lines(&output)[0]["error"].clone();
    assert_eq!(error["kind"], "LambdaValidationError");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("write status instead of statusCode"), "{message}");
}

#[test]
fn errors_are_of_three_kinds() {
    let source = "exports.handler = async (event) => {\n\
        const uri = event.Records[0].cf.request.uri;\n\
        if (uri === '/throw') throw new TypeError('no');\n\
        if (uri === '/loop') for (;;);\n\
        if (uri === '/wrong') return { status: '99' };\n\
        return event.Records[0].cf.request; };";
    let events = ["/throw", "/wrong", "/loop", "/fine"].map(event);
    let output = run(source, &events, &["--timeout", "1"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).ends_with("error: 3 of 4 events failed\n"), "{}", stderr(&output));
    let lines = json_lines(&output);
    assert_eq!(lines[0]["error"]["kind"], "LambdaExecutionError");
    assert_eq!(lines[0]["error"]["errorType"], "TypeError");
    assert_eq!(lines[0]["error"]["errorMessage"], "no");
    assert_eq!(lines[1]["error"]["kind"], "LambdaValidationError");
    assert!(lines[1]["error"]["errorMessage"].as_str().unwrap().contains("status"), "{}", lines[1]);
    assert_eq!(lines[2]["error"]["kind"], "LambdaLimitExceeded");
    assert_eq!(lines[3]["ok"]["uri"], "/fine");
    for line in &lines {
        assert!(line["logs"].is_array() && line["cold"].is_boolean(), "{line}");
    }
}

#[test]
fn raw_gives_the_value_as_it_is_for_any_event() {
    let source =
        "exports.handler = async (event) => ({ got: event, big: 2 ** 53 - 1, half: 0.5 });";
    let output = run(source, &["{\"a\":[1,null]}".into(), "7".into()], &["--raw"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = json_lines(&output);
    let expected = json!({"got": {"a": [1, null]}, "big": 9_007_199_254_740_991_u64, "half": 0.5});
    assert_eq!(lines[0]["ok"], expected);
    assert_eq!(lines[1]["ok"]["got"], 7);

    let output = run(source, &["{\"a\":1}".into()], &[]);
    assert_eq!(json_lines(&output)[0]["error"]["kind"], "LambdaValidationError");
    assert!(stdout(&output).contains("Records[0].cf"), "{}", stdout(&output));
}

#[test]
fn globals_live_between_events_unless_each_is_fresh() {
    let source = "let n = 0; exports.handler = async () => ++n;";
    let events = ["1", "2", "3"].map(String::from);
    let counted = |output: &Output| -> Vec<Value> {
        json_lines(output).iter().map(|line| line["ok"].clone()).collect()
    };
    let warm = run(source, &events, &["--raw"]);
    assert_eq!(counted(&warm), [json!(1), json!(2), json!(3)]);
    let fresh = run(source, &events, &["--raw", "--fresh"]);
    assert_eq!(counted(&fresh), [json!(1), json!(1), json!(1)]);
    assert!(json_lines(&fresh).iter().all(|line| line["cold"] == true));
}

#[test]
fn a_thousand_events_run_in_one_warm_environment() {
    let events: Vec<_> = (0..1000).map(|n| event(&format!("/{n}"))).collect();
    let began = Instant::now();
    let output = run(PASS, &events, &[]);
    let took = began.elapsed();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 1000);
    assert!(lines.iter().enumerate().all(|(n, line)| line["ok"]["uri"] == format!("/{n}")));
    assert_eq!(lines.iter().filter(|line| line["cold"] == true).count(), 1);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_function_that_cannot_start_says_why_for_every_event() {
    for (source, more, what) in [
        ("exports.handler = (", &[] as &[&str], "index.js"),
        ("exports.other = 1;", &[], "handler"),
        ("require('./nothing');", &[], "nothing"),
        (PASS, &["--handler", "main.handler"], "main"),
    ] {
        let output = run(source, &[event("/a"), event("/b")], more);
        assert_eq!(output.status.code(), Some(1), "{source}");
        let lines = json_lines(&output);
        assert_eq!(lines.len(), 2, "{source}");
        assert_eq!(lines[0]["error"]["kind"], "LambdaExecutionError", "{source}");
        assert_eq!(lines[0], lines[1]);
        assert!(stderr(&output).contains(what), "{source}: {}", stderr(&output));
    }
}

#[test]
fn settings_reach_the_function() {
    let source = "exports.go = async (event, context) => \
        [process.env.MODE, process.env.EMPTY, context.memoryLimitInMB];";
    let more = [
        "--raw",
        "--handler",
        "index.go",
        "--env",
        "MODE=a=b",
        "--env",
        "EMPTY=",
        "--memory",
        "256",
    ];
    let output = run(source, &["1".into()], &more);
    assert_eq!(json_lines(&output)[0]["ok"], json!(["a=b", "", "256"]), "{}", stderr(&output));
}

#[test]
fn a_single_file_names_its_handler_and_events_come_from_standard_input() {
    let dir = folder(&[("ab.js", PASS)]);
    let file = dir.path().join("ab.js");
    let mut child = command(&["run".as_ref(), file.as_os_str(), "--events".as_ref(), "-".as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // What `brink event` prints for people can be run as it is.
    let sample = brink(&["event", "viewer-request", "--uri", "/sample"]);
    child.stdin.take().unwrap().write_all(&sample.stdout).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(json_lines(&output)[0]["ok"]["uri"], "/sample");
}

#[test]
fn a_function_that_cannot_run_is_rejected() {
    let dir = folder(&[("function/index.js", PASS), ("events.jsonl", "{}\nnot json\n")]);
    let output = run_in(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("events.jsonl:2:"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");

    write(dir.path(), "events.jsonl", "{}");
    let output = run_in(dir.path(), &["--runtime", "nodejs20"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("no runtime \"nodejs20\"; did you mean \"nodejs20.x\"?"), "{told}");
    let output = run_in(dir.path(), &["--runtime", "nodejs98.x"]);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("this machine has no nodejs98.x, only Node.js "), "{told}");
    assert!(told.contains("install Node.js 98 or newer"), "{told}");
}

#[test]
fn a_function_runs_in_the_runtime_of_its_language_or_of_its_settings() {
    let python = "import sys\ndef handler(event, context):\n    return sys.version\n";
    let lambda = python.replace("handler", "lambda_handler");
    let node = "exports.handler = async () => `${process.release.name} ${process.version}`;";
    let project = "runtime = \"nodejs\"\n\n[functions.a]\nsource = \"a.js\"\n\n\
                   [functions.b]\nsource = \"b.py\"\n\n[functions.c]\nsource = \"c\"\n\
                   runtime = \"python2.7\"\n\n[functions.d]\nsource = \"d.js\"\nruntime = \"boa\"\n";
    let dir = folder(&[
        ("brink.toml", project),
        ("a.js", node),
        ("b.py", python),
        ("c/lambda_function.py", &lambda),
        ("d.js", "require('net').connect(1); exports.handler = async () => 1;"),
        ("events.jsonl", "{}\n"),
    ]);
    let run = |source: &str, more: &[&str]| {
        let (source, events) = (dir.path().join(source), dir.path().join("events.jsonl"));
        let args = ["run", source.to_str().unwrap(), "--raw", "--events", events.to_str().unwrap()];
        brink(&[&args[..], more].concat())
    };
    let value = |output: &Output| match json_lines(output).as_slice() {
        [line] => line["ok"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned(),
        _ => panic!("{}", stderr(output)),
    };
    assert!(value(&run("a.js", &[])).starts_with("node v"));
    assert!(value(&run("b.py", &[])).starts_with("3."));
    let old = run("c", &[]);
    assert!(value(&old).starts_with("3."));
    let told = stderr(&old);
    assert!(told.contains("warning: no python2.7 here, so it runs on Python 3."), "{told}");
    // The embedded runtime has no sockets, and the author hears who has.
    let told = stderr(&run("d.js", &[]));
    assert!(told.contains("d.js:1:1: net cannot work in a sandbox"), "{told}");
    assert!(told.contains("`runtime = \"nodejs\"` in brink.toml, or --runtime nodejs"), "{told}");
    let told = stderr(&run("a.js", &["--runtime", "nodejs98.x"]));
    assert!(told.contains("this machine has no nodejs98.x"), "{told}");
}

#[test]
fn secrets_come_from_variables_and_files_and_are_never_repeated() {
    let source = "exports.handler = async () => [process.env.API_KEY, process.env.TOKEN];";
    let file = folder(&[("token", "from a file\n"), ("index.js", source), ("events", "{}\n")]);
    let dir = file.path().display();
    let run = |secrets: &[&str]| {
        let events = format!("{dir}/events");
        let source = format!("{dir}/index.js");
        let args = ["run", &source, "--raw", "--events", &events];
        let mut command = command(&[&args[..], secrets].concat());
        command.env("API_KEY", "from a variable").stdin(Stdio::null()).output().unwrap()
    };
    let token = format!("TOKEN=@{dir}/token");
    let output = run(&["--secret", "API_KEY", "--secret", &token]);
    assert_eq!(json_lines(&output)[0]["ok"], json!(["from a variable", "from a file"]));
    // What nobody named is not there.
    assert_eq!(json_lines(&run(&[]))[0]["ok"], json!([null, null]));
    for (wrong, why) in [
        ("TOKEN=hunter2", "every process of this machine can read command lines"),
        ("hunter2!", "letters, digits and _"),
        ("MISSING", "set the environment variable MISSING"),
    ] {
        let rejected = run(&["--secret", wrong]);
        assert_eq!(rejected.status.code(), Some(2), "{}", stderr(&rejected));
        let said = stderr(&rejected) + &stdout(&rejected);
        assert!(said.contains(why) && !said.contains("hunter2"), "{said}");
    }
}
