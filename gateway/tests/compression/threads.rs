//! The work is not done by threads that serve viewers.

use std::collections::BTreeMap;

use super::*;

/// The largest object that is compressed.
const LARGE: usize = 10_000_000;

/// The CPU time of each thread of this process, in ticks, by the thread's name.
fn cpu() -> BTreeMap<String, u64> {
    let mut ticks = BTreeMap::new();
    for entry in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |file: &str| std::fs::read_to_string(entry.path().join(file));
        // A thread may end at any time.
        let (Ok(name), Ok(stat)) = (read("comm"), read("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let used: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        *ticks.entry(name.trim().to_owned()).or_default() += used;
    }
    ticks
}

#[actix_rt::test]
async fn the_only_server_thread_answers_while_a_large_object_is_compressed() {
    let _alone = TURNS.write().await;
    // Numbers are harder to compress than text.
    let large: Vec<u8> = (0_u64..)
        .flat_map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33).to_string().into_bytes())
        .take(LARGE)
        .collect();
    let body = large.clone();
    let origin = origin(move |request, _| match request.starts_with("GET /large") {
        true => html(&["Cache-Control: max-age=60"], &body),
        false => html(&["Cache-Control: max-age=60"], b"small"),
    });
    let document = document(&origin, compressing());
    let edge = Edge::sized(document, Size { threads: 1, ..Size::USUAL }).await;
    let before = cpu();
    let reading = edge.request("GET", "/large", &[BOTH], b"");
    tokio::pin!(reading);
    let mut answered = 0;
    let reply = loop {
        tokio::select! {
            biased;
            reply = &mut reading => break reply,
            small = edge.request("GET", "/small", &[], b"") => {
                assert_eq!(small.text(), "small");
                answered += 1;
            }
        }
    };
    let after = cpu();
    assert!(decoded(&reply) == large);
    let used = |begin: &str| {
        let threads = after.iter().filter(|(name, _)| name.starts_with(begin));
        let used = threads.map(|(name, ticks)| ticks - before.get(name).unwrap_or(&0));
        used.sum::<u64>()
    };
    let (compressing, serving) = (used("compress-"), used("actix-server"));
    assert!(after.keys().any(|name| name.starts_with("actix-server")), "{after:?}");
    assert!(answered > 5, "{answered} answers while it was compressed");
    assert!(compressing > 10 && serving < compressing / 2, "{compressing} {serving} {after:?}");
    edge.stop().await;
}
