//! The Lambda Runtime API: how a sandbox of the runtime `provided` gets its events.
//!
//! A bootstrap is a program in any language that asks for events over HTTP. The supervisor serves
//! them on a listener in the sandbox's network namespace, so no other sandbox reaches it. The
//! source of paths, headers, states and errors is AWS's own server, the Lambda Runtime Interface
//! Emulator.
//!
//! ```text
//! sandbox actor --- Invoke ---> RuntimeApi ---> waiting events ---> GET  .../invocation/next
//!               <-- FromSandbox ------------- [`state::State`] <--- POST .../response, .../error
//! ```
//!
//! A task accepts connections and owns a task for each of them. They share the state behind a lock,
//! which nothing holds across an `await`. All bytes come from the function's code, so every part is
//! bounded: connections, heads, bodies, waiting events, frames. If the function opens more
//! connections than it may, the further ones wait in the listener's backlog. Slow requests keep
//! their connection at most until the event's time is over, because the sandbox ends then.

mod answer;
mod body;
mod function_error;
mod requests;
mod state;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use brink_frames::{FromSandbox, Invoke, Load};

use state::State;
pub use state::{EVENTS_MAX, TooManyEvents};

/// Most connections of one sandbox.
const CONNECTIONS_MAX: usize = 32;

/// Largest head of a request, in bytes. Clients of Lambda put descriptions of errors into headers.
const HEAD_MAX: usize = 256 * 1024;

/// Most header lines of a request.
const HEADERS_MAX: usize = 64;

/// The pause after a connection could not be accepted, because the worker has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The Runtime API of one sandbox. Dropping it ends its connections.
pub struct RuntimeApi {
    shared: Arc<Shared>,
    _accepting: AbortOnDropHandle<()>,
}

/// The parts of a version that the Runtime API tells or enforces.
#[derive(Clone, Debug)]
struct About {
    /// The function's name and version, for errors.
    name: String,
    /// Its ARN.
    arn: String,
    /// Most bytes of a response.
    response_max: u64,
}

/// The state that the connections share.
struct Shared {
    about: About,
    state: Mutex<State>,
    /// Wakes the requests for an event.
    changed: Notify,
}

// === impl RuntimeApi ===

impl RuntimeApi {
    /// Serves a version's sandbox on a listener of its network namespace. The start of the version
    /// counts from now. The stream has the sandbox's messages; it ends when this is dropped.
    pub fn serve(
        listener: TcpListener,
        load: &Load,
    ) -> (Self, impl Stream<Item = FromSandbox> + Send + Unpin + use<>) {
        let (messages, heard) = mpsc::channel(state::MESSAGES_MAX);
        let about =
            About { name: load.name(), arn: load.arn(), response_max: load.bounds.response_size };
        let shared = Arc::new(Shared {
            about,
            state: Mutex::new(State::new(messages)),
            changed: Notify::new(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        let heard = stream::unfold(heard, |mut heard| async move {
            let message = heard.recv().await?;
            Some((message, heard))
        });
        let api = Self { shared, _accepting: AbortOnDropHandle::new(accepting) };
        (api, Box::pin(heard))
    }

    /// Takes an event for the sandbox. It gets the events one after another.
    pub fn invoke(&self, invoke: Invoke) -> Result<(), TooManyEvents> {
        self.shared.state.lock().invoke(invoke)?;
        self.shared.changed.notify_waiters();
        Ok(())
    }
}

/// Accepts connections until the task is ended.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, shared.clone()));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection to a Runtime API was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Serves the requests of one connection.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%error, "a connection to a Runtime API was reset");
        return;
    }
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(requests::answer(&shared, request).await) }
    });
    // Scripts look for header names as Lambda writes them.
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .title_case_headers(true)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        // The function's own fault, and it notices: its request failed.
        tracing::debug!(%error, "a connection to a Runtime API ended");
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}
