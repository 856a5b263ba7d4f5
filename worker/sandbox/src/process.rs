//! The sandbox process: one version, its environments on a few threads, one socket.
//!
//! The main thread owns the socket: it reads frames, hands events to the threads (`dispatcher`)
//! and writes what they report (`outbox`). It runs no user code, so it goes on when a thread does
//! not come back. An event that awaits too long is given up here; from code that does not return
//! the process has no way to save itself, and the supervisor ends it.
//!
//! All threads are started before the version is known, because the process then confines itself
//! (`confinement`) and can start no more.

mod calls;
mod desk;
mod dispatcher;
mod memory;
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
use brink_boa::{STACK_SIZE, absent_modules};
use brink_frames::{EventId, FindAbsent, FromSandbox, Load, ToSandbox};

/// Most bytes of frames that are gathered before they are written.
const WRITE_AT: usize = 256 * 1024;

/// Most reports that are taken together, so that threads which report without end do not keep
/// the supervisor from being heard.
const REPORTS_AT_ONCE: usize = 64;

/// How often the threads are looked at while there are events.
const LOOK_EVERY: Duration = Duration::from_millis(25);

type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;
type Out = FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>;

/// What the supervisor wants of the process.
enum First {
    Load(Load),
    FindAbsent(FindAbsent),
}

/// Why a sandbox ends. None of it is the function's doing.
#[derive(Debug, thiserror::Error)]
enum ProcessError {
    #[error(transparent)]
    Confinement(#[from] ConfinementError),
    #[error("cannot start the runtime or a thread: {0}")]
    Start(#[source] std::io::Error),
    #[error("the supervisor's socket failed: {0}")]
    Socket(#[source] std::io::Error),
    #[error("the supervisor sent what is no frame: {0}")]
    Frame(#[from] WireError),
    #[error("the supervisor sent {0} out of turn")]
    OutOfTurn(&'static str),
    #[error("a thread of environments ended")]
    ThreadEnded,
}

/// The main function of a sandbox process. File descriptor 0 is its socket.
///
/// Returns when the supervisor closes the socket. Threads may then still run user code; they end
/// with the process, so the caller must return from `main`.
pub fn run() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the supervisor's to log.
            eprintln!("sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), ProcessError> {
    // Says what it looks up in files, which there are none of later.
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
        // The first prepares what every version needs, which nobody has to wait for: the version
        // may come at any time.
        let threads = threads::start(cores, &outbox).map_err(ProcessError::Start)?;
        let layers = confinement.seal()?;
        send(&mut out, &FromSandbox::Blank(layers)).await?;
        flush(&mut out).await?;
        let load = match first_frame(&mut frames).await? {
            Some(First::Load(load)) => load,
            Some(First::FindAbsent(find)) => {
                let stacks = threads.len().saturating_mul(STACK_SIZE);
                let stacks = u64::try_from(stacks).unwrap_or(u64::MAX);
                limit_memory(find.memory_mb, stacks).map_err(ProcessError::Start)?;
                let uses = absent_modules::find(find.bundle.files());
                let uses = uses.iter().map(ToString::to_string).collect();
                send(&mut out, &FromSandbox::Absent(uses)).await?;
                return flush(&mut out).await;
            }
            None => return Ok(()),
        };
        let told = outbox.clone();
        let dispatcher = Dispatcher::start(load, threads).map_err(ProcessError::Start)?;
        let dispatcher = RefCell::new(dispatcher);
        tokio::select! {
            ended = converse(frames, out, inbox, &dispatcher) => ended,
            () = watch(&dispatcher, &told) => Ok(()),
        }
    })
}

/// The first frame; none if the supervisor closed the socket instead.
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

/// Hands on what the supervisor sends and writes what the threads report, until the supervisor
/// closes the socket, or after a refusal, because there is nothing to run then.
///
/// What is there is taken together and flushed once. An event is handed over only after the
/// supervisor was told that it begins, so that one which brings the process down is known.
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

/// Takes in a frame; tells which event begins by it.
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

/// Tells the supervisor which events keep a thread, for as long as there are events.
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
