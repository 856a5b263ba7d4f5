//! The cost of confinement: `cargo bench -p brink-worker --bench confinement`.
//!
//! This program is its own sandbox, without an engine, and confined or not. It measures three
//! things: the start of a blank sandbox, for which the pool waits and no event; setting the memory
//! limit, which a cold start waits for; and a frame there and back, which each warm event needs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use brink_frames::FromSandbox;
use brink_sandbox::confinement::{self, Confinement};
use brink_shared::confinement::LayerStatus;
use brink_shared::wire;
use brink_worker::SandboxProgram;
use brink_worker::runtime::SandboxKind;
use brink_worker::sandbox::child::Blank;
use bytes::Bytes;
use divan::Bencher;
use futures_util::{SinkExt, StreamExt};
use tokio::runtime::Runtime;

const CONFINED: [&str; 2] = ["bare", "confined"];

/// Bytes of a frame, as much as a small event.
const FRAME: [u8; 1024] = [7; 1024];

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("bare") => {
            let stdin = std::io::stdin().as_fd().try_clone_to_owned().unwrap();
            echo(UnixStream::from(stdin), Vec::new());
        }
        Some("confined") => {
            let (confinement, socket) = Confinement::begin().unwrap();
            socket.set_nonblocking(false).unwrap();
            let layers = confinement.seal().unwrap();
            echo(socket, layers);
        }
        _ => divan::main(),
    }
}

/// Sends each frame back, until no more come. A frame with another first byte has it limit its
/// memory first.
fn echo(mut socket: UnixStream, layers: Vec<LayerStatus>) {
    let blank = wire::encode(&FromSandbox::Blank(layers)).unwrap();
    socket.write_all(&u32::try_from(blank.len()).unwrap().to_be_bytes()).unwrap();
    socket.write_all(&blank).unwrap();
    let mut frame = [0; 4 + FRAME.len()];
    while socket.read_exact(&mut frame).is_ok() {
        if frame[4] != FRAME[0] {
            confinement::limit_memory(128, 1).unwrap();
        }
        socket.write_all(&frame).unwrap();
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn spawn(kind: &str) -> Blank {
    let path = std::env::current_exe().unwrap();
    SandboxProgram::new(path, vec![kind.to_owned()]).spawn(&SandboxKind::EMBEDDED).await.unwrap()
}

async fn there_and_back(blank: &mut Blank, frame: &'static [u8]) {
    SinkExt::<Bytes>::send(&mut blank.writer, Bytes::from_static(frame)).await.unwrap();
    assert_eq!(blank.reader.next().await.unwrap().unwrap(), frame);
}

#[divan::bench(args = CONFINED)]
fn coming_up(bencher: Bencher<'_, '_>, kind: &str) {
    let runtime = runtime();
    bencher.bench_local(|| runtime.block_on(spawn(kind)));
}

#[divan::bench(args = CONFINED)]
fn a_frame_of_a_warm_event(bencher: Bencher<'_, '_>, kind: &str) {
    let runtime = runtime();
    let mut blank = runtime.block_on(spawn(kind));
    bencher.bench_local(|| runtime.block_on(there_and_back(&mut blank, &FRAME)));
}

#[divan::bench]
fn a_frame_and_the_memory_limit_of_a_cold_start(bencher: Bencher<'_, '_>) {
    static ORDER: [u8; FRAME.len()] = [8; FRAME.len()];
    let runtime = runtime();
    let mut blank = runtime.block_on(spawn("confined"));
    bencher.bench_local(|| runtime.block_on(there_and_back(&mut blank, &ORDER)));
}
