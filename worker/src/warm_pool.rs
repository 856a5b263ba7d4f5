//! The warm pool: blank sandboxes, which are started, confined and connected, and have no version.
//!
//! ```text
//! filler task -- spawn --> channel of `size` places -- take --> function actor
//!      ^                                 |
//!      +---- a place is free ------------+
//! ```
//!
//! Starting a process takes longer than loading most versions. A pool keeps a few processes of a
//! kind ready, so a cold start only has to load the bundle.
//!
//! The channel is the pool: its capacity is the pool's size. A task fills it. It reserves a place
//! before it starts a process, so there are never more processes than places. [`WarmPool::take`]
//! never waits for the filler: if the channel is empty, it starts a process by itself. It drops a
//! sandbox that has died while it waited. If a start fails, the filler pauses longer each time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::runtime::{SandboxKind, SandboxProgram};
use crate::sandbox::child::{Blank, SpawnError};

/// First and longest pause after a sandbox could not be started.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How long a place stays empty. A version is just starting in the sandbox that was taken, and the
/// start of another process would slow it down.
const REFILL_AFTER: Duration = Duration::from_millis(50);

/// Keeps blank sandboxes ready. Cheap to clone. The last clone kills the remaining sandboxes when
/// it is dropped.
#[derive(Clone)]
pub struct WarmPool {
    program: SandboxProgram,
    kind: SandboxKind,
    ready: Rc<RefCell<mpsc::Receiver<Blank>>>,
    _filler: Rc<AbortOnDropHandle<()>>,
}

/// The warm pools of a worker, one for each kind of sandbox.
///
/// The pool of a kind begins when a version first needs it, because a blank interpreter takes tens
/// of megabytes. It stays for the next cold start of such a version.
pub struct WarmPools {
    program: SandboxProgram,
    size: usize,
    pools: RefCell<Vec<WarmPool>>,
}

/// Most kinds with a pool. A worker has a few interpreters.
const KINDS_MAX: usize = 16;

// === impl WarmPools ===

impl WarmPools {
    /// Keeps `size` sandboxes of each kind ready, beginning with `first` of the embedded one.
    pub fn start(program: SandboxProgram, size: usize, first: Option<Blank>) -> Self {
        let embedded = WarmPool::start(program.clone(), SandboxKind::EMBEDDED, size, first);
        Self { program, size, pools: RefCell::new(vec![embedded]) }
    }

    /// The program that runs as a sandbox.
    pub fn program(&self) -> &SandboxProgram {
        &self.program
    }

    /// The pool of a kind.
    pub fn of(&self, kind: &SandboxKind) -> WarmPool {
        let mut pools = self.pools.borrow_mut();
        if let Some(pool) = pools.iter().find(|pool| pool.kind == *kind) {
            return pool.clone();
        }
        let is_kept = kind.is_pooled() && pools.len() < KINDS_MAX;
        let size = if is_kept { self.size } else { 0 };
        let pool = WarmPool::start(self.program.clone(), kind.clone(), size, None);
        if is_kept {
            pools.push(pool.clone());
        }
        pool
    }
}

// === impl WarmPool ===

impl WarmPool {
    /// Keeps `size` sandboxes of a kind ready, beginning with `first` if there is one. With 0
    /// each sandbox is started when it is needed.
    pub fn start(
        program: SandboxProgram,
        kind: SandboxKind,
        size: usize,
        first: Option<Blank>,
    ) -> Self {
        // The filler waits until a place is free.
        let (fill, ready) = mpsc::channel(size.max(1));
        if let Some(first) = first.filter(|_| size > 0) {
            // There is room, because nothing is in the channel yet.
            let _ = fill.try_send(first);
        }
        let filler = fill_up(program.clone(), kind.clone(), (size > 0).then_some(fill));
        Self {
            program,
            kind,
            ready: Rc::new(RefCell::new(ready)),
            _filler: Rc::new(AbortOnDropHandle::new(tokio::task::spawn_local(filler))),
        }
    }

    /// A blank sandbox: a ready one, or else a new one.
    pub async fn take(&self) -> Result<Blank, SpawnError> {
        loop {
            let ready = self.ready.borrow_mut().try_recv();
            let Ok(mut blank) = ready else {
                return self.program.spawn(&self.kind).await;
            };
            // The filler replaces a sandbox that died while it waited.
            if blank.process.is_alive() {
                return Ok(blank);
            }
        }
    }
}

async fn fill_up(program: SandboxProgram, kind: SandboxKind, fill: Option<mpsc::Sender<Blank>>) {
    let Some(fill) = fill else { return };
    let mut wait = RETRY.0;
    let mut is_first = true;
    while let Ok(place) = fill.reserve().await {
        if !std::mem::take(&mut is_first) {
            tokio::time::sleep(REFILL_AFTER).await;
        }
        match program.spawn(&kind).await {
            Ok(blank) => {
                wait = RETRY.0;
                place.send(blank);
            }
            Err(error) => {
                tracing::error!(%error, "a blank sandbox could not be started");
                drop(place);
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY.1);
            }
        }
    }
}
