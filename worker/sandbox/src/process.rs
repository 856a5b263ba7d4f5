//! The sandbox process: one version, its environments on a few threads, and one socket.
//!
//! ```text
//! supervisor ── frames ──▶ main thread ── tasks ──▶ threads with environments
//! supervisor ◀── frames ── main thread ◀── reports ── threads (outbox)
//! ```
//!
//! The main thread owns the socket and all bookkeeping. It reads frames, hands events to the
//! threads (`dispatcher`), and writes the threads' reports (`outbox`). It runs no user code and
//! never waits for a thread, so it goes on when code on a thread does not return. A thread gives up
//! an event that awaits too long. Code that does not return cannot be stopped from within the
//! process; the main thread reports it (`turns`), and the supervisor kills the process.
//!
//! The process starts all its threads before it knows the version, because it then confines itself
//! (`confinement`) and can start no more.

mod desk;
mod dispatcher;
mod memory;
mod open_calls;
mod outbox;
mod place;
mod threads;
mod turns;

use std::cell::RefCell;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::sleep;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use brink_shared::wire::{self, WireError};

use self::dispatcher::Dispatcher;
use self::outbox::{Inbox, Outbox, Report};
use self::turns::Watched;
use crate::confinement::{Confinement, ConfinementError, limit_memory};
use crate::engine::Engine;
use brink_frames::{EventId, FindAbsent, FromSandbox, Load, ToSandbox};

/// Most bytes of frames that are gathered before they are written.
const WRITE_AT: usize = 256 * 1024;

/// Most reports that are taken together. Otherwise threads that report without end would keep the
/// main thread from reading frames.
const REPORTS_AT_ONCE: usize = 64;

/// How often the main thread looks at the threads while there are events.
const LOOK_EVERY: Duration = Duration::from_millis(25);

type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;
type Out = FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>;

/// The task of the process.
enum First {
    Load(Load),
    FindAbsent(FindAbsent),
}

/// Why a sandbox ends. The function is not at fault.
#[derive(Debug, thiserror::Error)]
enum ProcessError {
    #[error(transparent)]
    Confinement(#[from] ConfinementError),
    #[error("cannot start the runtime or a thread: {0}")]
    Start(#[source] std::io::Error),
    #[error("the supervisor's socket failed: {0}")]
    Socket(#[source] std::io::Error),
    #[error("the supervisor sent something that is not a frame: {0}")]
    Frame(#[from] WireError),
    #[error("the supervisor sent {0} out of turn")]
    OutOfTurn(&'static str),
    #[error("a thread with environments ended")]
    ThreadEnded,
}

/// Runs the sandbox process, with environments of an engine.
pub(crate) fn run<E: Engine>() -> ExitCode {
    match serve::<E>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor logs standard error.
            eprintln!("sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve<E: Engine>() -> Result<(), ProcessError> {
    // It looks into files, which the process cannot open later.
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let (confinement, socket) = Confinement::begin()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ProcessError::Start)?;
    runtime.block_on(async {
        let socket = UnixStream::from_std(socket).map_err(ProcessError::Socket)?;
        let (reader, writer) = socket.into_split();
        let mut frames = FramedRead::new(reader, brink_frames::codec());
        let mut out = FramedWrite::new(writer, brink_frames::codec());
        out.set_backpressure_boundary(WRITE_AT);
        let (outbox, inbox) = outbox::channel();
        // The first thread prepares a warm context meanwhile. The version may come at any time, and
        // does not wait for that.
        let mut threads = threads::start::<E>(cores, &outbox).map_err(ProcessError::Start)?;
        let layers = confinement.seal()?;
        send(&mut out, &FromSandbox::Blank(layers)).await?;
        flush(&mut out).await?;
        let load = match first_frame(&mut frames).await? {
            Some(First::Load(load)) => load,
            Some(First::FindAbsent(find)) => {
                let stacks = (threads.len() as u64).saturating_mul(E::STACK_SIZE as u64);
                limit_memory(find.memory_mb, stacks).map_err(ProcessError::Start)?;
                let thread = threads.first_mut().ok_or(ProcessError::ThreadEnded)?;
                let uses = thread.find_absent(find.bundle).await;
                let uses = uses.map_err(|_| ProcessError::ThreadEnded)?;
                send(&mut out, &FromSandbox::Absent(uses)).await?;
                return flush(&mut out).await;
            }
            None => return Ok(()),
        };
        let told = outbox.clone();
        let dispatcher =
            Dispatcher::start(load, threads, E::STACK_SIZE).map_err(ProcessError::Start)?;
        let dispatcher = RefCell::new(dispatcher);
        tokio::select! {
            ended = converse(frames, out, inbox, &dispatcher) => ended,
            () = watch(&dispatcher, &told) => Ok(()),
        }
    })
}

/// The first frame. None if the supervisor closed the socket instead.
async fn first_frame(frames: &mut Frames) -> Result<Option<First>, ProcessError> {
    let Some(bytes) = frames.next().await else {
        return Ok(None);
    };
    match wire::decode(&bytes.map_err(ProcessError::Socket)?)? {
        ToSandbox::Load(load) => Ok(Some(First::Load(*load))),
        ToSandbox::FindAbsent(find) => Ok(Some(First::FindAbsent(*find))),
        ToSandbox::Invoke(_) => Err(ProcessError::OutOfTurn("an event")),
        ToSandbox::CallDone { .. } => Err(ProcessError::OutOfTurn("an answer")),
    }
}

/// Hands on the supervisor's frames and writes the threads' reports. It ends when the supervisor
/// closes the socket, or when the version cannot start.
///
/// It takes all waiting frames or reports together, and flushes once. It hands an event over only
/// after it told the supervisor that the event begins. So the supervisor knows which event ran if
/// the process dies.
async fn converse(
    mut frames: Frames,
    mut out: Out,
    mut inbox: Inbox,
    dispatcher: &RefCell<Dispatcher>,
) -> Result<(), ProcessError> {
    loop {
        let given_up = poll_fn(|task| dispatcher.borrow_mut().calls().poll_given_up(task));
        let (mut heard, mut reported) = tokio::select! {
            heard = frames.next() => (Some(heard), None),
            report = inbox.next() => (None, Some(report)),
            call = given_up => {
                send(&mut out, &FromSandbox::Cancel(call)).await?;
                (None, None)
            }
        };
        while let Some(frame) = heard {
            let Some(bytes) = frame else {
                return Ok(());
            };
            let begins = hear(&bytes.map_err(ProcessError::Socket)?, dispatcher)?;
            if let Some(event) = begins {
                send(&mut out, &FromSandbox::Started(event)).await?;
            }
            heard = frames.next().now_or_never();
        }
        let mut more = 0..REPORTS_AT_ONCE;
        while let Some(report) = reported {
            let frame = dispatcher.borrow_mut().settle(report);
            if let Some(frame) = frame {
                send(&mut out, &frame).await?;
                if matches!(frame, FromSandbox::StartFailed(_)) {
                    return flush(&mut out).await;
                }
            }
            reported = more.next().and_then(|_| inbox.try_next());
        }
        flush(&mut out).await?;
        dispatcher.borrow_mut().hand_over().map_err(|_| ProcessError::ThreadEnded)?;
    }
}

/// Handles a frame. Returns the event that begins by it, if any.
fn hear(bytes: &[u8], dispatcher: &RefCell<Dispatcher>) -> Result<Option<EventId>, ProcessError> {
    match wire::decode(bytes)? {
        ToSandbox::Load(_) => Err(ProcessError::OutOfTurn("a second version")),
        ToSandbox::FindAbsent(_) => Err(ProcessError::OutOfTurn("a bundle")),
        ToSandbox::Invoke(invoke) => Ok(dispatcher.borrow_mut().dispatch(invoke)),
        ToSandbox::CallDone { call, result } => {
            dispatcher.borrow_mut().calls().done(call, result);
            Ok(None)
        }
    }
}

/// Tells the supervisor which events keep a thread, as long as there are events.
async fn watch(dispatcher: &RefCell<Dispatcher>, outbox: &Outbox) {
    let begun = dispatcher.borrow().begun();
    let threads = dispatcher.borrow().turns();
    let mut threads: Vec<_> = threads.into_iter().map(Watched::new).collect();
    loop {
        if dispatcher.borrow().is_idle() {
            begun.notified().await;
        }
        sleep(LOOK_EVERY).await;
        for (number, thread) in (0..).zip(&mut threads) {
            if let Some(frame) = thread.look(number)
                && outbox.try_send(Report::Frame(frame))
            {
                thread.was_told();
            }
        }
    }
}

async fn send(out: &mut Out, frame: &FromSandbox) -> Result<(), ProcessError> {
    let bytes: Bytes = wire::encode(frame)?;
    out.feed(bytes).await.map_err(ProcessError::Socket)
}

async fn flush(out: &mut Out) -> Result<(), ProcessError> {
    SinkExt::<Bytes>::flush(out).await.map_err(ProcessError::Socket)
}
