//! What confinement costs: `cargo bench -p brink-worker --bench confinement`.
//!
//! A process that does nothing but confine itself, against one that does nothing, is what each
//! blank sandbox takes longer to come up; the pool waits for it, not an event. Limiting memory is
//! what is left for a cold start, and the smallest system calls show what a warm event pays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

fn main() {
    divan::main();
}
