//! Clients as they are, and what a program finds in its sandbox.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::{Function, PYTHON, folder, python, script, settings};

const SCRIPT: &str = include_str!("../runtime_api/bootstrap.sh");

const APP: &str = include_str!("../runtime_api/app.py");

#[actix_rt::test]
async fn a_script_with_curl_serves_events() {
    let function = Function::start(script(SCRIPT)).await.unwrap();
    let outcome = function.run(&json!({"a": [1, 2]})).await;
    assert_eq!(outcome.result.unwrap(), json!({"got": {"a": [1, 2]}}));
    assert_eq!(outcome.logs, ["event request-1"]);
    let outcome = function.run(&json!("fail")).await;
    assert_eq!(outcome.result.unwrap_err().error_type, "Refused");
    let outcome = function.run(&json!("exit")).await;
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.error_type, "Runtime.ExitError");
    assert!(failure.message.ends_with("exit status 7: leaving"), "{failure:?}");
    assert_eq!(outcome.logs, ["event request-1", "leaving"]);
    // The next environment serves the next event.
    assert_eq!(function.value(&json!(1)).await, json!({"got": 1}));
}

/// The example in Rust, compiled by the compiler that made this test.
fn compiled() -> Vec<u8> {
    let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bootstrap.rs");
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("bootstrap");
    let made = Command::new(&rustc)
        .args(["--edition", "2024", "-C", "strip=symbols", "-o"])
        .args([program.as_os_str(), source.as_ref()])
        .output();
    let made = made.unwrap_or_else(|error| {
        panic!("{}: {error}; install the toolchain of rust-toolchain.toml", rustc.display())
    });
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(program).unwrap()
}

#[actix_rt::test]
async fn a_program_in_rust_serves_events() {
    let function = Function::start(script(compiled())).await.unwrap();
    let outcome = function.run(&json!({"a": [1, "\u{e4}"]})).await;
    assert_eq!(outcome.result.unwrap(), json!({"got": {"a": [1, "\u{e4}"]}}));
    assert_eq!(outcome.logs, ["event request-1"]);
    let failure = function.run(&json!("fail")).await.result.unwrap_err();
    assert_eq!((&*failure.error_type, &*failure.message), ("Refused", "as it was asked"));
    let failure = function.run(&json!("exit")).await.result.unwrap_err();
    assert!(failure.message.contains("exit status 7"), "{failure:?}");
    for number in 0..100 {
        assert_eq!(function.value(&json!(number)).await, json!({"got": number}));
    }
}

#[actix_rt::test]
async fn awslambdaric_serves_events() {
    let mut files = folder(&brink_testing::pypi::installed(PYTHON, &["awslambdaric==4.2.2"]));
    files.insert("app.py".to_owned(), APP.into());
    let bootstrap = format!("#!/bin/sh\nexec {PYTHON} -m awslambdaric \"$_HANDLER\"\n");
    files.insert("bootstrap".to_owned(), bootstrap.into());
    let function = Function::start(files).await.unwrap();
    let outcome = function.run(&json!({"do": "answer"})).await;
    let value = outcome.result.unwrap();
    assert_eq!(value["event"], json!({"do": "answer"}));
    assert_eq!((&value["name"], &value["version"]), (&json!("greeter"), &json!("$LATEST")));
    assert_eq!(value["root"], json!("/var/task"));
    assert_eq!(outcome.logs[0], "one request-1");
    assert!(outcome.logs[1].starts_with("[WARNING]\t"), "{:?}", outcome.logs);
    let failure = function.run(&json!({"do": "raise"})).await.result.unwrap_err();
    assert_eq!((&*failure.error_type, &*failure.message), ("ValueError", "no: \u{e4}"));
    assert!(failure.stack[0].contains("/var/task/app.py"), "{failure:?}");
    let failure = function.run(&json!({"do": "exit"})).await.result.unwrap_err();
    assert!(failure.message.contains("exit status 9"), "{failure:?}");
    assert!(function.run(&json!({"do": "answer"})).await.result.is_ok());
}

#[actix_rt::test]
async fn a_program_finds_what_it_finds_on_lambda() {
    let function = Function::start(python(
        "while True:
            event = next()
            with open('/tmp/written', 'a') as file:
                file.write('x')
            answer({
                'env': {name: os.environ.get(name) for name in event},
                'folder': os.getcwd(), 'files': sorted(os.listdir('/var/task')),
                'descriptors': sorted(int(fd) for fd in os.listdir('/proc/self/fd')),
                'written': open('/tmp/written').read(), 'stdin': sys.stdin.read(),
            })",
    ))
    .await
    .unwrap();
    let names = [
        "_HANDLER",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_EXECUTION_ENV",
        "LAMBDA_TASK_ROOT",
        "COLOR",
        "TZ",
        "BRINK_NATS",
    ];
    let value = function.value(&json!(names)).await;
    let expected = json!({
        "_HANDLER": "app.handler",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "AWS_LAMBDA_FUNCTION_NAME": "greeter",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_EXECUTION_ENV": null,
        "LAMBDA_TASK_ROOT": "/var/task",
        "COLOR": "blue",
        "TZ": ":UTC",
        "BRINK_NATS": null,
    });
    assert_eq!(value["env"], expected);
    assert_eq!((&value["folder"], &value["stdin"]), (&json!("/var/task"), &json!("")));
    assert_eq!(value["files"], json!(["bootstrap"]));
    assert_eq!(value["written"], json!("x"));
    // Standard streams, the connection, the folder that is listed; nothing of the supervisor's.
    assert_eq!(value["descriptors"], json!([0, 1, 2, 3, 4]));
    // The environment lives on.
    assert_eq!(function.value(&json!([])).await["written"], json!("xx"));
}

#[actix_rt::test]
async fn a_program_that_cannot_run_says_why() {
    for (files, expected) in [
        (folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak"))), "it is not there"),
        (script("#!/no/such/program\n"), "it is not there, or the program in its first line"),
        (script("\x7fELF, but no program"), "it is not a program for this machine"),
        (script("#!/bin/sh\necho no such user >&2; exit 3"), "exit status 3: no such user"),
        (script("#!/bin/sh\nkill -ABRT $$"), "signal 6 (abort)"),
    ] {
        let failure = Function::start(files).await.err().expect("it started");
        assert!(failure.message.contains(expected), "{failure:?}");
    }
    let reported = Function::start(python(
        "ask('POST', 'init/error', json.dumps({'errorType': 'NoUser', 'errorMessage': 'gone'}))
next()",
    ));
    let failure = reported.await.err().expect("it started");
    assert_eq!((&*failure.error_type, &*failure.message), ("NoUser", "gone"));
}

#[actix_rt::test]
async fn a_program_that_never_asks_for_an_event_is_ended() {
    let mut settings = settings();
    settings.limits.startup_time = Duration::from_millis(100);
    let waits = script("#!/bin/sh\nsleep 1000");
    let failure = Function::start_with(waits, settings).await.err().expect("it started");
    assert_eq!(failure.error_type, "Sandbox.Timedout");
}
