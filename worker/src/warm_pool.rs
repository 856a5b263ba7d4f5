//! Warm sandboxes: started, connected, and without a version.
//!
//! Starting a process takes longer than loading most versions. A few are kept ready, so that a
//! cold start is the evaluation of the bundle and no more.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::registry::Runtime;

use crate::runtime::SandboxProgram;
use crate::sandbox::child::{Blank, SpawnError};

/// First and longest wait after a sandbox could not be started.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How long a place stays empty. A version is just starting in the sandbox that was taken, and
/// another starting process would slow it down.
const REFILL_AFTER: Duration = Duration::from_millis(50);

/// Keeps warm sandboxes ready. Cheap to clone; those left are killed with the last clone.
#[derive(Clone)]
pub struct WarmPool {
    program: Rc<SandboxProgram>,
    runtime: Runtime,
    ready: Rc<RefCell<mpsc::Receiver<Blank>>>,
    _filler: Rc<AbortOnDropHandle<()>>,
}

// === impl Pool ===

impl WarmPool {
    /// Keeps `size` sandboxes ready, the first of them perhaps at once; with 0 each is started
    /// when it is wanted.
    pub fn start(
        program: SandboxProgram,
        runtime: Runtime,
        size: usize,
        first: Option<Blank>,
    ) -> Self {
        let program = Rc::new(program);
        // The channel's room is the pool: the filler waits until a place is free.
        let (fill, ready) = mpsc::channel(size.max(1));
        if let Some(first) = first.filter(|_| size > 0) {
            // There is room, as nothing was put in yet.
            let _ = fill.try_send(first);
        }
        let filler = fill_up(program.clone(), runtime, (size > 0).then_some(fill));
        Self {
            program,
            runtime,
            ready: Rc::new(RefCell::new(ready)),
            _filler: Rc::new(AbortOnDropHandle::new(tokio::task::spawn_local(filler))),
        }
    }

    /// A warm sandbox: one that is ready, else a new one.
    pub async fn take(&self) -> Result<Blank, SpawnError> {
        loop {
            let ready = self.ready.borrow_mut().try_recv();
            let Ok(mut blank) = ready else {
                return self.program.spawn(self.runtime).await;
            };
            // One that died while it waited is replaced by the filler.
            if blank.process.is_alive() {
                return Ok(blank);
            }
        }
    }
}

async fn fill_up(program: Rc<SandboxProgram>, runtime: Runtime, fill: Option<mpsc::Sender<Blank>>) {
    let Some(fill) = fill else { return };
    let mut wait = RETRY.0;
    let mut is_first = true;
    while let Ok(place) = fill.reserve().await {
        if !std::mem::take(&mut is_first) {
            tokio::time::sleep(REFILL_AFTER).await;
        }
        match program.spawn(runtime).await {
            Ok(blank) => {
                wait = RETRY.0;
                place.send(blank);
            }
            Err(error) => {
                tracing::error!(%error, "no blank sandbox");
                drop(place);
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY.1);
            }
        }
    }
}
