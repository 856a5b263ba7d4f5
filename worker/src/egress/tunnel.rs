//! A tunnel: a connection of a sandbox's program to a server, of which the supervisor sees bytes.
//!
//! It is a call like those of `fetch` in the embedded engine: it goes where the policy allows it,
//! counts for the event that runs, and waits for its turn. The turn is needed to connect, and from
//! the first byte that is sent until the server says something. An idle tunnel needs none, so a pool
//! of idle ones does not keep new ones from their turn.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional_with_sizes};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use brink_frames::CallError;

use super::accounts::Accounts;
use super::call_connection::{Destination, open_tcp};
use super::{Egress, call_error};

/// Most connections of one sandbox. When there are more, the one that is idle longest is closed.
pub(super) const OPEN_MAX: usize = 256;

/// How long a tunnel may be idle. Clients keep their connections for less, most of them.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// Bytes on their way in one direction of a tunnel.
const BUFFER: usize = 16 * 1024;

/// The connection of a tunnel to its server. Its bytes are counted, and it sends only when it has
/// its turn.
pub(super) struct Metered {
    io: TcpStream,
    accounts: Accounts,
    activity: Rc<Activity>,
    turn: Turn,
}

enum Turn {
    None,
    Waits(LocalBoxFuture<'static, Result<OwnedSemaphorePermit, CallError>>),
    Has { _permit: OwnedSemaphorePermit },
}

/// The open connections of one sandbox.
#[derive(Default)]
pub(super) struct Connections(RefCell<Vec<Weak<Activity>>>);

/// When a connection was last used, and by whom.
pub(super) struct Activity {
    last: Cell<Instant>,
    /// False if the server spoke last. As far as can be seen, nobody waits for anything then.
    waits: Cell<bool>,
    close: Notify,
}

/// Opens a connection for a tunnel, or says why not.
pub(super) async fn open(
    egress: &Egress,
    accounts: &Accounts,
    activity: &Rc<Activity>,
    destination: &Destination,
) -> Result<Metered, CallError> {
    accounts.call()?;
    let Destination { host, port, .. } = destination;
    egress.policy.permits(host, *port).map_err(|why| call_error::unnamed(&why))?;
    let turn = accounts.turn().await?;
    let opening = open_tcp(destination, &egress.policy, &egress.resolver);
    let opened = timeout_at(accounts.until(), opening).await;
    let io = opened.unwrap_or_else(|_| Err(call_error::out_of_time()))?;
    drop(turn);
    Ok(Metered { io, accounts: accounts.clone(), activity: activity.clone(), turn: Turn::None })
}

/// Carries bytes in both directions until both sides are done, or the tunnel is idle too long.
pub(super) async fn carry<Io>(mut client: Io, mut server: Metered)
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let (accounts, activity) = (server.accounts.clone(), server.activity.clone());
    let carried = {
        let carrying = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER);
        tokio::select! {
            carried = carrying => carried,
            () = activity.over() => return,
        }
    };
    let why = carried.err().and_then(|error| error.downcast::<CallError>().ok());
    if let Some(why) = why {
        accounts.tell(format!("a connection was cut off: {why}"));
    }
}

// === impl Connections ===

impl Connections {
    /// Enters one more.
    pub(super) fn enter(&self) -> Rc<Activity> {
        let activity = Rc::new(Activity {
            last: Cell::new(Instant::now()),
            waits: Cell::new(true),
            close: Notify::new(),
        });
        let mut open = self.0.borrow_mut();
        open.retain(|one| one.strong_count() > 0);
        open.push(Rc::downgrade(&activity));
        activity
    }

    /// Closes the one that has been idle longest, if one is idle.
    pub(super) fn close_idle(&self) {
        let open = self.0.borrow();
        let idle = open.iter().filter_map(Weak::upgrade).filter(|one| !one.waits.get());
        if let Some(longest) = idle.min_by_key(|one| one.last.get()) {
            longest.close.notify_one();
        }
    }
}

// === impl Activity ===

impl Activity {
    fn used(&self, waits: bool) {
        self.last.set(Instant::now());
        self.waits.set(waits);
    }

    /// Ends when the connection has been idle too long, or its place is needed.
    pub(super) async fn over(&self) {
        loop {
            let idle_at = self.last.get() + IDLE_MAX;
            tokio::select! {
                () = self.close.notified() => return,
                () = sleep_until(idle_at) => {
                    if self.last.get() + IDLE_MAX <= Instant::now() {
                        return;
                    }
                }
            }
        }
    }
}

// === impl Metered ===

impl Metered {
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        loop {
            match &mut self.turn {
                Turn::Has { .. } => {
                    // The event may have been given up in the meantime.
                    let may_act = self.accounts.current().may_act();
                    return Poll::Ready(may_act.then_some(()).ok_or_else(call_error::given_up));
                }
                Turn::Waits(waits) => {
                    let permit = ready!(waits.as_mut().poll(context));
                    self.turn = Turn::None;
                    self.turn = Turn::Has { _permit: permit? };
                }
                Turn::None => {
                    let accounts = self.accounts.clone();
                    self.turn = Turn::Waits(async move { accounts.turn().await }.boxed_local());
                }
            }
        }
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        self.accounts.carried(bytes).map_err(io::Error::other)
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, into))?;
        let read = into.filled().len() - before;
        if read > 0 {
            self.count(read)?;
        }
        if !matches!(self.turn, Turn::Waits(_)) {
            self.turn = Turn::None;
        }
        self.activity.used(false);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_turn(context)).map_err(io::Error::other)?;
        let written = ready!(Pin::new(&mut self.io).poll_write(context, bytes))?;
        self.count(written)?;
        self.activity.used(true);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
