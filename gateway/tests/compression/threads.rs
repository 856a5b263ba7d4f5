//! The work is not done by threads that serve viewers.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::*;
use crate::counters::{self, counter};

/// The largest object that is compressed.
const LARGE: usize = 10_000_000;

/// Requests for a small object beside it.
const SMALL: usize = 10;

/// The CPU time of each thread of this process in ticks, by the thread's id and name.
fn cpu() -> BTreeMap<(OsString, String), u64> {
    let mut ticks = BTreeMap::new();
    for entry in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |file: &str| std::fs::read_to_string(entry.path().join(file));
        // A thread may end at any time.
        let (Ok(name), Ok(stat)) = (read("comm"), read("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let used: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        ticks.insert((entry.file_name(), name.trim().to_owned()), used);
    }
    ticks
}

#[actix_rt::test]
async fn the_only_server_thread_answers_while_a_large_object_is_compressed() {
    let _alone = TURNS.write().await;
    counters::keep();
    // Numbers are harder to compress than text. They repeat beyond the codec's window.
    let numbers =
        (0..150_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).to_string());
    let large = repeated(numbers.collect::<String>().as_bytes(), LARGE);
    let body = large.clone();
    let origin = origin(move |request, _| match request.starts_with("GET /large") {
        true => html(&["Cache-Control: max-age=60"], &body),
        false => html(&["Cache-Control: max-age=60"], b"small"),
    });
    let document = document(&origin, compressing());
    let edge = Edge::sized(document, Size { threads: 1, ..Size::USUAL }).await;
    let sizes = || {
        let size = |side: &str| counter(&format!("brink_gateway_compressed_bytes_total br {side}"));
        [counter("brink_gateway_compressed_total br"), size("before"), size("after")]
    };
    let (before, counted) = (cpu(), sizes());
    let mut reading = Box::pin(edge.request("GET", "/large", &[BOTH], b""));
    for _ in 0..SMALL {
        tokio::select! {
            biased;
            _ = &mut reading => panic!("the large object came before the small ones"),
            small = edge.request("GET", "/small", &[], b"") => assert_eq!(small.text(), "small"),
        }
    }
    let reply = reading.as_mut().await;
    drop(reading);
    let after = cpu();
    assert!(decoded(&reply) == large);
    let grown = [0, 1, 2].map(|at| sizes()[at] - counted[at]);
    assert_eq!(grown, [1, LARGE as u64, reply.body.len() as u64]);
    let used = |begin: &str| {
        let threads = after.iter().filter(|((_, name), _)| name.starts_with(begin));
        threads.map(|(thread, ticks)| ticks - before.get(thread).unwrap_or(&0)).sum::<u64>()
    };
    // The server's thread is named after the runtime.
    let (compressing, serving) = (used("compress-"), used("actix-"));
    assert!(after.keys().any(|(_, name)| name.starts_with("actix-rt")), "{after:?}");
    assert!(compressing > 10 && serving < compressing / 2, "{compressing} {serving} {after:?}");
    edge.stop().await;
}
