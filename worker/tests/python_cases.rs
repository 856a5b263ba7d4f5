//! Runs the same handlers with the same events in a worker, on the runtime `python`, and in the
//! same interpreter without us. Values, exceptions with their tracebacks, and logs must be equal.
//!
//! A case is `python_cases/cases/<group>/<name>.py`, or a folder `<name>` with an `index.py`, that
//! has a function `handler`. Its events are the array in `<name>.events.json`, or one empty object.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/cases.rs"]
mod cases;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use brink_shared::registry::Runtime;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use cases::Case;

/// How long all events of a case may take in plain Python.
const PYTHON_MAX: Duration = Duration::from_secs(120);

/// The message if there is no Python.
const PYTHON_NEEDED: &str = "this test compares with Python: it needs `python3` 3.11 or newer in \
     PATH, from your system or from pyenv";

/// A test for each group of cases.
macro_rules! groups {
    ($($group:ident)*) => {$(
        #[actix_rt::test]
        async fn $group() {
            compare(stringify!($group)).await;
        }
    )*};
}

groups! {
    bytes concurrency dates edge exceptions files handlers hashing json_texts language logs modules
    numbers regex strings urls
}

/// Runs the cases of a group in plain Python and in a worker.
async fn compare(group: &str) {
    let check = "import sys; sys.exit(sys.version_info < (3, 11))";
    let status = Command::new("python3").args(["-c", check]).status().expect(PYTHON_NEEDED);
    assert!(status.success(), "{PYTHON_NEEDED}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_cases/cases").join(group);
    let mut different = Vec::new();
    for case in cases::cases(&folder, &["py"]) {
        let expected = in_python(&case).await;
        assert_eq!(expected.len(), case.events.len(), "{group}/{}: events in Python", case.name);
        let got = case.in_worker(Runtime::Python).await;
        for (index, (expected, got)) in expected.into_iter().zip(got).enumerate() {
            let (expected, got) = (comparable(expected, &case), comparable(got, &case));
            if expected != got {
                let name = &case.name;
                different.push(format!(
                    "{group}/{name} event {index}\n  plain:  {expected}\n  worker: {got}"
                ));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {group} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}

/// The outcomes in the interpreter without us, with an environment as small as the worker's.
async fn in_python(case: &Case) -> Vec<Value> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_cases/driver.py");
    let mut child = tokio::process::Command::new("python3")
        .arg("-B")
        .arg(driver)
        .arg(case.file.parent().unwrap())
        .arg(&case.handler)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("LANG", "C.UTF-8")
        .env("TZ", ":UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect(PYTHON_NEEDED);
    let events = serde_json::to_vec(&case.events).unwrap();
    child.stdin.take().unwrap().write_all(&events).await.unwrap();
    let output = timeout(PYTHON_MAX, child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("{} does not end in Python", case.name)).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The outcome with the case's files named as if they were in no folder, since the worker has
/// another one.
fn comparable(mut outcome: Value, case: &Case) -> Value {
    rewrite(&mut outcome, &|text| {
        case.bundle.keys().fold(text.to_owned(), |text, file| without_folder(&text, file))
    });
    outcome
}

/// Changes all texts within a value.
fn rewrite(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rewrite(value, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Removes the folder from `File "/folder/file"`.
fn without_folder(text: &str, file: &str) -> String {
    let end = format!("/{file}\"");
    let mut pieces: Vec<&str> = text.split(&end).collect();
    let last = pieces.pop().unwrap_or_default();
    let mut short = String::new();
    for piece in pieces {
        let before = piece.rfind('"').map_or(piece, |quote| &piece[..=quote]);
        short.push_str(before);
        short.push_str(&end[1..]);
    }
    short + last
}
