//! The network of a sandbox with a TUN device: every client works, whatever it is written in.
//!
//! The kernel of the machine routes everything that the sandbox's program sends, except to its own
//! loopback, to the TUN device. The supervisor reads these packets and answers them: queries of names
//! with [placeholders](names), and TCP connections by a TCP stack of its own ([`stack`]), whose
//! streams are [tunnels](super::tunnel). A connection is answered only when the server has answered
//! the supervisor, so `connect` fails in the program as it would on the network. Reasons that TCP
//! cannot tell go into the function's log. Everything else is refused: other UDP packets by ICMP, so
//! clients do not wait.
//!
//! One task serves a sandbox. Packets wait in the kernel while it does not read them, and the kernel
//! drops those that are too many. The task has at most [`OPEN_MAX`] connections, with buffers of a
//! fixed size, and [`LOOKUPS_MAX`] lookups at a time.

mod dns;
mod flow;
mod names;
mod packet;
mod stack;
mod stream;

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use brink_frames::CallError;
use brink_frames::network::TUN_MTU;

use super::accounts::Accounts;
use super::call_connection::Destination;
use super::places::Places;
use super::tunnel::{self, Connections, OPEN_MAX};
use super::{Egress, call_error, lookup};
use dns::{Answer, Query};
use flow::Flow;
use names::Names;
use packet::Packet;
use stack::Stack;
use stream::Stream;

/// Most lookups of one sandbox at a time. More queries get no answer; clients ask again.
const LOOKUPS_MAX: usize = 32;

/// Most packets that are read before connections have their turn.
const PACKETS_AT_ONCE: usize = 64;

/// How long the sandbox's kernel may take to take part in a connection that it asked for. No code of
/// the program is needed for that.
const HANDSHAKE_MAX: Duration = Duration::from_secs(3);

/// Why a sandbox has no network any more.
#[derive(Debug, thiserror::Error)]
pub enum TunError {
    /// The descriptor is no TUN device, or its namespace is gone.
    #[error("the TUN device of a sandbox cannot be read: {0}")]
    Device(#[from] io::Error),
    /// The TCP stack met a packet that it does not understand. That is an error of the stack.
    #[error("the TCP stack of a sandbox failed, so it has no network any more")]
    Stack,
}

/// The network of one sandbox.
struct Network {
    egress: Egress,
    accounts: Accounts,
    stack: Rc<RefCell<Stack>>,
    /// Says that the stack may have packets to send.
    changed: Rc<Notify>,
    names: Rc<RefCell<Names>>,
    connections: Connections,
    /// The connections that are open or being opened.
    flows: HashSet<Flow>,
    lookups: usize,
    tasks: FuturesUnordered<LocalBoxFuture<'static, Over>>,
}

/// A task that is over.
enum Over {
    Connection(Flow),
    Lookup,
}

/// Serves the TUN device of one sandbox until it is dropped or the device is gone. Everything that
/// it does ends with it. The device must have the addresses of [`brink_frames::network`], and its
/// descriptor must not block.
pub async fn serve(device: OwnedFd, egress: Egress, accounts: Accounts) -> Result<(), TunError> {
    // Tokio has no type for other files that can be waited for. A packet is read as a pipe is.
    let device = Receiver::from_owned_fd_unchecked(device)?;
    let egress = Egress { resolver: lookup::remembering(egress.resolver.clone()), ..egress };
    let mut network = Network {
        egress,
        accounts,
        stack: Rc::new(RefCell::new(Stack::new())),
        changed: Rc::default(),
        names: Rc::default(),
        connections: Connections::default(),
        flows: HashSet::new(),
        lookups: 0,
        tasks: FuturesUnordered::new(),
    };
    let mut buffer = vec![0; usize::from(TUN_MTU)];
    loop {
        let next = network.advance(&device)?;
        tokio::select! {
            ready = device.readable() => {
                ready?;
                let mut packets = 0..PACKETS_AT_ONCE;
                while packets.next().is_some() {
                    match device.try_read(&mut buffer) {
                        Ok(length) => network.packet(buffer.get(..length).unwrap_or_default()),
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                if packets.is_empty() {
                    // The device is ready still. A sandbox that sends without end must not keep
                    // this thread.
                    tokio::task::yield_now().await;
                }
            }
            Some(over) = network.tasks.next() => {
                network.over(over);
                // Many end at once when many are rejected.
                while let Some(Some(over)) = network.tasks.next().now_or_never() {
                    network.over(over);
                }
            }
            () = network.changed.notified() => {}
            () = sleep(next.unwrap_or(Duration::MAX)), if next.is_some() => {}
        }
    }
}

// === impl Network ===

impl Network {
    /// Lets the stack work, and writes its packets. Returns when it must work again.
    fn advance(&mut self, device: &Receiver) -> Result<Option<Duration>, TunError> {
        let mut stack = self.stack.borrow_mut();
        let next = stack.advance().ok_or(TunError::Stack)?;
        while let Some(packet) = stack.next_packet() {
            // A packet that the device does not take is lost, as on any network.
            let _ = rustix::io::write(device, &packet);
        }
        Ok(next)
    }

    fn packet(&mut self, bytes: &[u8]) {
        match Packet::read(bytes) {
            Packet::Syn(flow) => self.open(flow, bytes),
            Packet::Query(query) => self.answer(query),
            Packet::Other => self.stack.borrow_mut().receive(bytes),
            Packet::Unknown => {}
        }
    }

    fn over(&mut self, over: Over) {
        match over {
            Over::Connection(flow) => {
                self.flows.remove(&flow);
            }
            Over::Lookup => self.lookups = self.lookups.saturating_sub(1),
        }
    }

    /// The program connects.
    fn open(&mut self, flow: Flow, syn: &[u8]) {
        if self.flows.contains(&flow) {
            let mut stack = self.stack.borrow_mut();
            // Without a socket the server is still being asked, and the stack would refuse it.
            if stack.has(flow) {
                stack.receive(syn);
            }
            return;
        }
        let place = (self.flows.len() < OPEN_MAX)
            .then(|| Places::of_process().take(self.flows.len()))
            .flatten();
        let Some(place) = place else {
            // The client asks again.
            self.connections.close_idle();
            return;
        };
        self.flows.insert(flow);
        let activity = self.connections.enter();
        let (egress, accounts) = (self.egress.clone(), self.accounts.clone());
        let (stack, changed) = (self.stack.clone(), self.changed.clone());
        let host = self.names.borrow().host(*flow.to.ip());
        let syn = syn.to_vec();
        let connection = async move {
            let opened = match host {
                Ok(host) => {
                    let destination = Destination { host, port: flow.to.port(), secure: false };
                    tunnel::open(&egress, &accounts, &activity, &destination).await
                }
                Err(why) => Err(CallError::new("EACCES", why.to_string())),
            };
            match opened {
                Ok(server) => {
                    let Some(client) = Stream::accept(stack, changed, flow, &syn) else { return };
                    let Ok(client) = timeout(HANDSHAKE_MAX, client.established()).await else {
                        return;
                    };
                    if let Some(client) = client {
                        tunnel::carry(client, server).await;
                    }
                }
                Err(why) => {
                    if !is_plain(&why) {
                        accounts.tell(format!("a connection was rejected: {why}"));
                    }
                    // Without a socket the stack refuses it.
                    stack.borrow_mut().receive(&syn);
                    changed.notify_one();
                }
            }
        };
        self.tasks.push(Box::pin(async move {
            connection.await;
            drop(place);
            Over::Connection(flow)
        }));
    }

    /// The program asks for a name.
    fn answer(&mut self, query: Query) {
        let name = match query.name() {
            Ok(name) => name.to_owned(),
            Err(answer) => {
                self.stack.borrow_mut().send(query.answered(&answer));
                return;
            }
        };
        if self.lookups >= LOOKUPS_MAX {
            return;
        }
        self.lookups += 1;
        let (egress, accounts, names) =
            (self.egress.clone(), self.accounts.clone(), self.names.clone());
        let (stack, changed) = (self.stack.clone(), self.changed.clone());
        self.tasks.push(Box::pin(async move {
            let found = find(&egress, &accounts, &name, query.wants_address()).await;
            let answer = match found {
                Ok(()) if query.wants_address() => {
                    Answer::Address(names.borrow_mut().placeholder(&name))
                }
                Ok(()) => Answer::Nothing,
                Err(why) if why.code == "ENOTFOUND" => Answer::NoSuchName,
                Err(why) if why.code == "EACCES" => {
                    accounts.tell(format!("a name was not looked up: {why}"));
                    Answer::NoSuchName
                }
                Err(why) => {
                    if !is_plain(&why) {
                        accounts.tell(format!("a name was not looked up: {why}"));
                    }
                    Answer::Failure
                }
            };
            stack.borrow_mut().send(query.answered(&answer));
            changed.notify_one();
            Over::Lookup
        }));
    }
}

/// Checks that a name exists and may be asked for.
async fn find(
    egress: &Egress,
    accounts: &Accounts,
    name: &str,
    counts: bool,
) -> Result<(), CallError> {
    egress.policy.permits_some(name).map_err(|why| call_error::unnamed(&why))?;
    if !counts {
        // Only addresses can be had, so there is nothing to ask the machine for.
        return Ok(());
    }
    accounts.lookup()?;
    if !accounts.current().may_act() {
        return Err(call_error::given_up());
    }
    let found = timeout(lookup::TIME_MAX, (egress.resolver)(name.to_owned(), 0)).await;
    let found = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    match found {
        Ok(addresses) if addresses.is_empty() => Err(call_error::of_lookup(name, None)),
        Ok(_) => Ok(()),
        Err(error) => Err(call_error::of_lookup(name, Some(&error))),
    }
}

/// True if the program learns the reason by TCP or DNS itself.
fn is_plain(why: &CallError) -> bool {
    matches!(why.code.as_str(), "ECONNREFUSED" | "ENOTFOUND" | "EAI_AGAIN")
}
