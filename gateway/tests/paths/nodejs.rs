//! Compares normal paths with Node.js: `new URL`, by the URL standard. It removes dot segments in
//! every spelling, and leaves escapes and empty segments.

use std::io::Write as _;
use std::process::{Command, Stdio};

use brink_gateway::routing::normal_path;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::{PIECES, decoded, paths};

const SCRIPT: &str = "
    const paths = JSON.parse(require('fs').readFileSync(0));
    const read = (path) => new URL('http://host' + path).pathname;
    console.log(JSON.stringify(paths.map(read)));";

/// The result of `new URL` for each path.
fn readings(paths: &[String]) -> Vec<String> {
    let mut program = Command::new("node");
    program.args(["-e", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = program.spawn().unwrap();
    node.stdin.take().unwrap().write_all(&serde_json::to_vec(paths).unwrap()).unwrap();
    serde_json::from_slice(&node.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn node_reads_the_same_path() {
    let mut runner = TestRunner::default();
    let strategy = paths(&PIECES);
    let paths: Vec<String> =
        (0..3_000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let mut compared = 0;
    for (path, reading) in paths.iter().zip(readings(&paths)) {
        let normal = normal_path(path);
        if !path.contains("//") {
            let seen = (decoded(&normal), decoded(&reading));
            assert_eq!(seen.0, seen.1, "{path}: {normal} here, {reading} in Node.js");
            compared += 1;
        } else if !goes_up(path) {
            // Empty segments stay there, and count where `..` goes up.
            let seen = (decoded(&normal), decoded(&normal_path(&reading)));
            assert_eq!(seen.0, seen.1, "{path}: {normal} here, {reading} in Node.js");
            compared += 1;
        }
    }
    assert!(compared > 1_000, "{compared}");
}

/// True if a path has a segment `..`, however it is written.
fn goes_up(path: &str) -> bool {
    let dots = path.replace("%2e", ".").replace("%2E", ".");
    dots.split('/').any(|segment| segment == "..")
}
