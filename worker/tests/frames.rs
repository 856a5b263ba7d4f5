//! Invalid frames, at both ends of a sandbox's socket.
//!
//! If a live worker starts this program with `play`, it is a sandbox that sends random frames. In
//! the other test, it plays the supervisor for live sandboxes. Each test runs for
//! `BRINK_FRAMES_SECONDS`, or for a few seconds. It prints its seed, and `BRINK_FRAMES_SEED` sets
//! it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;
#[path = "frames/noise.rs"]
mod noise;
#[path = "frames/sandbox.rs"]
mod sandbox;
#[path = "frames/supervisor.rs"]
mod supervisor;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

/// How long each side plays by default.
const USUAL: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("play") {
        return sandbox::play();
    }
    let trials = vec![
        Trial::test("a_sandbox_that_lies_harms_nobody_else", || {
            sandbox::meet(playtime(), seed());
            Ok(())
        }),
        Trial::test("a_supervisor_that_lies_meets_no_crash", || {
            supervisor::play(playtime(), seed());
            Ok(())
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn playtime() -> Duration {
    let seconds = std::env::var("BRINK_FRAMES_SECONDS");
    seconds.map_or(USUAL, |text| Duration::from_secs(text.parse().unwrap()))
}

fn seed() -> u64 {
    let seed = std::env::var("BRINK_FRAMES_SEED");
    let seed = seed.map_or_else(|_| rand::random(), |text| text.parse().unwrap());
    println!("BRINK_FRAMES_SEED={seed}");
    seed
}
