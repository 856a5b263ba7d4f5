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
#[path = "support/origin.rs"]
mod origin;
#[path = "support/pip.rs"]
mod pip;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use brink_shared::registry::Runtime;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use cases::Case;
use origin::Origin;

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
            compare(stringify!($group), of_group(stringify!($group)), None).await;
        }
    )*};
}

groups! {
    bytes concurrency dates edge exceptions files handlers hashing json_texts language logs modules
    numbers regex strings urls
}

#[actix_rt::test]
async fn packages() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = pip::installed(&tests.join("python_cases/packages/requirements.txt"));
    let mut files = Default::default();
    cases::add_folder(&folder, "", &mut files);
    files.retain(|name, _| !is_left_out(name));
    let origin = Origin::start("support/aws.cjs");
    let mut cases = of_group("packages");
    for case in &mut cases {
        case.bundle.extend(files.clone());
        case.events.iter_mut().for_each(|event| event["origin"] = json!(origin.url));
    }
    compare("packages", cases, Some(&folder)).await;
}

/// True for files of packages that no case reads: they would make a bundle too large.
fn is_left_out(name: &str) -> bool {
    let service = name.strip_prefix("botocore/data/").and_then(|rest| rest.split_once('/'));
    let unused = service.is_some_and(|(service, _)| !["dynamodb", "s3"].contains(&service));
    unused || name.contains(".dist-info/") || name.starts_with("bin/") || name == "complete"
}

/// The cases of a group.
fn of_group(group: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_cases/cases").join(group);
    cases::cases(&folder, &["py"])
}

/// Runs cases in plain Python, with packages in a folder, and in a worker.
async fn compare(group: &str, cases: Vec<Case>, packages: Option<&Path>) {
    let python = interpreter();
    let mut different = Vec::new();
    for case in cases {
        let expected = in_python(python, &case, packages).await;
        assert_eq!(expected.len(), case.events.len(), "{group}/{}: events in Python", case.name);
        let got = case.in_worker(Runtime::Python).await;
        for (index, (expected, got)) in expected.into_iter().zip(got).enumerate() {
            let (expected, got) = (comparable(expected, &case), comparable(got, &case));
            if let Some(told) = cases::difference(&expected, &got) {
                let name = &case.name;
                different.push(format!("{group}/{name} event {index}, Python and worker:\n{told}"));
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

/// The interpreter that `python3` in `PATH` starts: it may be a script that is slow to find it.
fn interpreter() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let check = "import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))";
        let output = Command::new("python3").args(["-c", check]).output().expect(PYTHON_NEEDED);
        assert!(output.status.success(), "{PYTHON_NEEDED}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// The outcomes in the interpreter without us, with an environment as small as the worker's.
async fn in_python(python: &str, case: &Case, packages: Option<&Path>) -> Vec<Value> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_cases/driver.py");
    let mut child = tokio::process::Command::new(python)
        .arg("-B")
        .arg(driver)
        .arg(case.file.parent().unwrap())
        .arg(&case.handler)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("LANG", "C.UTF-8")
        .env("TZ", ":UTC")
        .envs(packages.map(|folder| ("PYTHONPATH", folder)))
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
