//! The program itself, against a small edge that misbehaves on purpose.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const OBJECT: &[u8] = include_bytes!("../../deploy/examples/ab-test/site/plain.jpg");

/// Answers request number n with what `answer` says; the listener's thread ends with the process.
fn edge(answer: impl Fn(u64) -> (u16, Vec<u8>) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    let count = Arc::new(AtomicU64::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, count) = (answer.clone(), count.clone());
            std::thread::spawn(move || serve(&stream.unwrap(), &*answer, &count));
        }
    });
    address
}

fn serve(mut stream: &TcpStream, answer: &dyn Fn(u64) -> (u16, Vec<u8>), count: &AtomicU64) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(line)) = lines.next() {
        if !line.is_empty() {
            continue; // the head ends with an empty line, and there is no body
        }
        let (status, body) = answer(count.fetch_add(1, Ordering::Relaxed));
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

fn run(url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brink-loadtest"));
    command.args(["run", "plain", "--url", url]).args(args);
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn right_answers_end_well() {
    let edge = edge(|_| (200, OBJECT.to_vec()));
    let url = format!("http://{edge}");
    let output = run(&url, &["--connections", "4", "--requests", "200"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("answers   200 in"), "{text}");
    assert!(text.contains("100.00 % right"), "{text}");
    assert!(text.contains("errors    none"), "{text}");
}

#[test]
fn one_wrong_answer_fails_the_run_unless_it_is_let_pass() {
    let wrong = |n| {
        if n == 7 { (200, vec![b'x'; 1024]) } else { (200, OBJECT.to_vec()) }
    };
    for (allowed, success) in [("0", false), ("1", true)] {
        let url = format!("http://{}", edge(wrong));
        let output = run(&url, &["-n", "50", "--max-errors", allowed]);
        assert_eq!(output.status.success(), success);
        let text = stdout(&output);
        assert!(text.contains("1 x wrong body"), "{text}");
        assert!(text.contains("98.00 % right"), "{text}");
    }
}

#[test]
fn programs_get_errors_by_kind_and_every_percentile() {
    let edge = edge(|n| if n % 2 == 0 { (503, vec![]) } else { (200, OBJECT.to_vec()) });
    let output = run(&format!("http://{edge}"), &["-n", "40", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["errors"]["status 503"]["count"], 20);
    assert_eq!(report["summary"]["iters"]["total"], 40);
    for percentile in ["p50", "p90", "p99", "p99.9"] {
        assert!(report["latency"]["percentiles"][percentile].is_f64(), "{report:#}");
    }
}

#[test]
fn a_stall_is_felt_by_everyone_who_was_due_in_it() {
    // One answer takes 600 ms; at 100 per second, 60 more were due meanwhile.
    let edge = edge(|n| {
        if n == 20 {
            std::thread::sleep(Duration::from_millis(600));
        }
        (200, OBJECT.to_vec())
    });
    let output = run(&format!("http://{edge}"), &["-n", "100", "--rate", "100", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let p90 = report["latency"]["percentiles"]["p90"].as_f64().unwrap();
    assert!(p90 > 0.3, "a p90 of {p90} s hides the stall");
}

#[test]
fn an_edge_that_hangs_or_is_not_there_fails_the_run() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hangs.local_addr().unwrap());
    let output = run(&url, &["-n", "2", "--timeout", "200ms"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("2 x timeout"), "{output:?}");

    let cut = run(&url, &["-d", "300ms"]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(stdout(&cut).contains("1 in flight at the end"), "{cut:?}");

    drop(hangs);
    let output = run(&url, &["-n", "2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("2 x no connection"), "{output:?}");
}

#[test]
fn other_machines_are_not_loaded_by_accident() {
    let output = run("http://192.0.2.1", &["-n", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("--allow-remote"), "{text}");
}
