//! The bootstraps of Node.js and Python by themselves: their own tests, which are written in Python.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::Command;

#[test]
fn the_bootstraps_pass_their_own_tests() {
    let output = Command::new("python3")
        .args(["-m", "unittest", "test_node", "test_python", "test_hostile"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/interpreters/tests"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("these tests need python3 (3.9 or newer) and node (18 or newer) in PATH");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // A test that cannot run would be skipped.
    assert!(!said.contains("skipped="), "{said}");
    assert!(said.contains("\nOK"), "{said}");
}
