//! The sandbox process: one version, its environments on a few threads, one socket.
//!
//! The main thread owns the socket: it reads frames, hands events to the threads (`dispatcher`)
//! and writes what they report (`outbox`). It runs no user code, so it goes on when a thread does
//! not come back. An event that awaits too long is given up here; from code that does not return
//! the process has no way to save itself, and the supervisor ends it.
//!
//! All threads are started before the version is known, because the process then confines itself
//! (`crate::confinement`) and can start no more.

mod desk;
mod dispatcher;
mod outbox;
mod threads;
mod turns;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::sleep;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use brink_shared::wire::{self, WireError};

use self::dispatcher::Dispatcher;
use self::outbox::{Inbox, Outbox, Report};
use self::turns::Watched;
use super::frame::{self, FromSandbox, Load, ToSandbox};
use crate::confinement::{Confinement, ConfinementError};

/// Most bytes of frames that are gathered before they are written.
const WRITE_AT: usize = 256 * 1024;

/// How often the threads are looked at while there are events.
const LOOK_EVERY: Duration = Duration::from_millis(25);

type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;
type Out = FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>;

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
        let mut frames = FramedRead::new(reader, frame::codec());
        let mut out = FramedWrite::new(writer, frame::codec());
        out.set_backpressure_boundary(WRITE_AT);
        let (outbox, inbox) = outbox::channel();
        // The first prepares what every version needs, which nobody has to wait for: the version
        // may come at any time.
        let threads = threads::start(cores, &outbox).map_err(ProcessError::Start)?;
        let layers = confinement.seal()?;
        send(&mut out, &FromSandbox::Blank(layers)).await?;
        flush(&mut out).await?;
        let Some(load) = first_frame(&mut frames).await? else {
            return Ok(());
        };
        let told = outbox.clone();
        let dispatcher = Dispatcher::start(load, threads).map_err(ProcessError::Start)?;
        let dispatcher = RefCell::new(dispatcher);
        tokio::select! {
            ended = read(&mut frames, &dispatcher) => ended,
            ended = write(&mut out, inbox, &dispatcher) => ended,
            () = watch(&dispatcher, &told) => Ok(()),
        }
    })
}

/// The [`Load`]; none if the supervisor closed the socket instead.
async fn first_frame(frames: &mut Frames) -> Result<Option<Load>, ProcessError> {
    let Some(bytes) = frames.next().await else {
        return Ok(None);
    };
    match wire::decode(&bytes.map_err(ProcessError::Socket)?)? {
        ToSandbox::Load(load) => Ok(Some(*load)),
        ToSandbox::Invoke(_) => Err(ProcessError::OutOfTurn("an event")),
        ToSandbox::CallDone { .. } => Err(ProcessError::OutOfTurn("an answer")),
    }
}

/// Hands on what the supervisor sends, until it closes the socket.
async fn read(frames: &mut Frames, dispatcher: &RefCell<Dispatcher>) -> Result<(), ProcessError> {
    while let Some(bytes) = frames.next().await {
        match wire::decode(&bytes.map_err(ProcessError::Socket)?)? {
            ToSandbox::Load(_) => return Err(ProcessError::OutOfTurn("a second version")),
            ToSandbox::Invoke(invoke) => {
                dispatcher.borrow_mut().dispatch(invoke).map_err(|_| ProcessError::ThreadEnded)?
            }
            ToSandbox::CallDone { call, result } => {
                dispatcher.borrow_mut().call_done(call, result);
            }
        }
    }
    Ok(())
}

/// Writes what the threads report: all that is there, then one flush.
///
/// Ends after a refusal, because there is nothing to run then.
async fn write(
    out: &mut Out,
    mut inbox: Inbox,
    dispatcher: &RefCell<Dispatcher>,
) -> Result<(), ProcessError> {
    loop {
        let mut next = Some(inbox.next().await);
        while let Some(report) = next {
            let frame = dispatcher.borrow_mut().settle(report);
            if let Some(frame) = frame {
                send(out, &frame).await?;
                if matches!(frame, FromSandbox::Refused(_)) {
                    return flush(out).await;
                }
            }
            next = inbox.try_next();
        }
        flush(out).await?;
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
