//! The process that makes an attempt: a sandbox without an engine.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Barrier};

use brink_frames::FromSandbox;
use brink_sandbox::confinement::{self, Confinement};
use brink_shared::confinement::LayerStatus;
use brink_shared::wire;

use crate::{Mode, Outcome, Scene, attempts};

/// Confines itself as the mode says, reports that, and makes the attempt on a thread that existed
/// before, as user code would.
pub fn make_attempt(mode: Mode, name: &str, scene: &str) -> ExitCode {
    let scene: Scene = serde_json::from_str(scene).unwrap();
    let attempt = attempts::all().find(|attempt| attempt.name == name).unwrap().attempt;
    let (go, gone) = sync_channel::<()>(1);
    let (tell, told) = sync_channel(1);
    let up = Arc::new(Barrier::new(2));
    let begun = up.clone();
    let work = move || {
        begun.wait();
        gone.recv().unwrap();
        tell.send(attempt(&scene)).unwrap();
    };
    let (mut socket, layers) = match mode {
        Mode::Outside => {
            let stdin = std::io::stdin().as_fd().try_clone_to_owned().unwrap();
            std::thread::spawn(work);
            up.wait();
            (UnixStream::from(stdin), Vec::new())
        }
        Mode::WithoutSeccomp | Mode::Inside => {
            let (confinement, socket) = Confinement::begin().unwrap();
            std::thread::spawn(work);
            up.wait();
            let layers = sealed(confinement, mode);
            // A sandbox does this when it gets a version.
            confinement::limit_memory(128, 1).unwrap();
            (socket, layers)
        }
    };
    send(&mut socket, &wire::encode(&FromSandbox::Blank(layers)).unwrap());
    go.send(()).unwrap();
    let outcome: Outcome = told.recv().unwrap();
    send(&mut socket, &serde_json::to_vec(&outcome).unwrap());
    ExitCode::SUCCESS
}

fn sealed(confinement: Confinement, mode: Mode) -> Vec<LayerStatus> {
    match mode {
        Mode::Inside => confinement.seal().unwrap(),
        Mode::WithoutSeccomp | Mode::Outside => confinement.layers().to_vec(),
    }
}

fn send(socket: &mut UnixStream, bytes: &[u8]) {
    socket.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
    socket.write_all(bytes).unwrap();
}
