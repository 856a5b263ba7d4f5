//! The TCP stack of one sandbox: `smoltcp`, whose sockets have buffers of a fixed size.
//!
//! It has a socket for each connection that the supervisor takes part in, and answers all other
//! packets as a machine without services does.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::Instant as Moment;
use smoltcp::wire::{HardwareAddress, IpCidr};

use brink_frames::network::{NAME_SERVER, TUN_MTU, TUN_PREFIX};

use super::flow::Flow;

/// Bytes of one direction of a connection that wait here.
const BUFFER: usize = 32 * 1024;

/// Most packets that wait for the device. More are lost, and sent again later.
const PACKETS_MAX: usize = 512;

/// How long a connection may take to end after its last byte.
const CLOSING_MAX: Duration = Duration::from_secs(10);

/// Most sockets that end at a time. Each has buffers, so a program that never reads must not gather
/// them. Beyond this the oldest one is forgotten.
const CLOSING_AT_ONCE_MAX: usize = 64;

/// How long the program may leave packets without any answer.
const SILENT_MAX: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(60);

/// Sockets, and the packets that they wait for and have to send.
pub(super) struct Stack {
    interface: Interface,
    sockets: SocketSet<'static>,
    queues: Queues,
    began: Instant,
    /// The connections that have a socket which is in use.
    flows: HashMap<SocketHandle, Flow>,
    /// Sockets that nobody uses, until they have ended.
    closing: Vec<(SocketHandle, Instant)>,
    failed: bool,
}

#[derive(Default)]
struct Queues {
    received: VecDeque<Vec<u8>>,
    to_send: VecDeque<Vec<u8>>,
}

struct Received(Vec<u8>);

struct Sending<'a>(&'a mut VecDeque<Vec<u8>>);

// === impl Stack ===

impl Stack {
    /// Without connections.
    pub(super) fn new() -> Self {
        let began = Instant::now();
        let mut queues = Queues::default();
        let mut config = Config::new(HardwareAddress::Ip);
        // Sequence numbers begin with it.
        config.random_seed = rand::random();
        let mut interface = Interface::new(config, &mut queues, Moment::ZERO);
        interface.set_any_ip(true);
        interface.update_ip_addrs(|addresses| {
            // There is room for the first one.
            let _ = addresses.push(IpCidr::new(NAME_SERVER.into(), TUN_PREFIX));
        });
        // There is room for the first one. Where it leads does not matter on a TUN device.
        let _ = interface.routes_mut().add_default_ipv4_route(NAME_SERVER);
        let sockets = SocketSet::new(Vec::new());
        let flows = HashMap::new();
        Self { interface, sockets, queues, began, flows, closing: Vec::new(), failed: false }
    }

    /// Takes a packet from the sandbox.
    pub(super) fn receive(&mut self, packet: &[u8]) {
        self.queues.received.push_back(packet.to_vec());
        self.work(|stack, now| {
            let Self { interface, queues, sockets, .. } = stack;
            interface.poll_ingress_single(now, queues, sockets);
        });
    }

    /// Puts a packet for the sandbox beside those of the sockets.
    pub(super) fn send(&mut self, packet: Vec<u8>) {
        if self.queues.to_send.len() < PACKETS_MAX {
            self.queues.to_send.push_back(packet);
        }
    }

    /// The next packet for the sandbox.
    pub(super) fn next_packet(&mut self) -> Option<Vec<u8>> {
        self.queues.to_send.pop_front()
    }

    /// Lets the sockets send, and forgets those that have ended. Returns when it must be called
    /// again; none if the stack failed.
    pub(super) fn advance(&mut self) -> Option<Option<Duration>> {
        let mut next = None;
        self.work(|stack, now| {
            let Self { interface, queues, sockets, .. } = &mut *stack;
            interface.poll_egress(now, queues, sockets);
            stack.sweep();
            let Self { interface, sockets, .. } = stack;
            next = interface.poll_delay(now, sockets).map(Duration::from);
        });
        if !self.closing.is_empty() {
            next = Some(next.unwrap_or(CLOSING_MAX).min(CLOSING_MAX));
        }
        (!self.failed).then_some(next)
    }

    /// Accepts a connection whose first packet this is. None if the packet is not valid.
    pub(super) fn accept(&mut self, flow: Flow, syn: &[u8]) -> Option<SocketHandle> {
        let buffer = || SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = Socket::new(buffer(), buffer());
        // Both are for slow networks, and only add latency here.
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        socket.set_timeout(Some(SILENT_MAX));
        socket.listen((*flow.to.ip(), flow.to.port())).ok()?;
        let handle = self.sockets.add(socket);
        self.receive(syn);
        if self.socket(handle).state() == State::SynReceived {
            self.flows.insert(handle, flow);
            return Some(handle);
        }
        self.sockets.remove(handle);
        None
    }

    /// True if a connection has a socket which is in use.
    pub(super) fn has(&self, flow: Flow) -> bool {
        self.flows.values().any(|known| *known == flow)
    }

    /// A socket that was accepted and is not closed.
    pub(super) fn socket(&mut self, handle: SocketHandle) -> &mut Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Nobody uses the socket any more. It still sends its bytes if it was closed, and resets the
    /// connection otherwise.
    pub(super) fn close(&mut self, handle: SocketHandle, closed: bool) {
        if !closed {
            self.socket(handle).abort();
        }
        self.flows.remove(&handle);
        if self.closing.len() >= CLOSING_AT_ONCE_MAX {
            let (oldest, _) = self.closing.remove(0);
            self.sockets.remove(oldest);
        }
        self.closing.push((handle, Instant::now() + CLOSING_MAX));
    }

    fn sweep(&mut self) {
        let now = Instant::now();
        let sockets = &mut self.sockets;
        self.closing.retain(|(handle, until)| {
            let socket = sockets.get_mut::<Socket<'_>>(*handle);
            let is_over = matches!(socket.state(), State::Closed | State::TimeWait);
            if !is_over && now >= *until {
                // The reset is sent next time.
                socket.abort();
                return true;
            }
            if is_over {
                sockets.remove(*handle);
            }
            !is_over
        });
    }

    /// Runs code of the library. The sandbox makes the packets that it reads, so an error in it must
    /// not cost more than this sandbox.
    fn work(&mut self, work: impl FnOnce(&mut Self, Moment)) {
        if self.failed {
            return;
        }
        let elapsed = self.began.elapsed().as_micros();
        let now = Moment::from_micros(i64::try_from(elapsed).unwrap_or(i64::MAX));
        if catch_unwind(AssertUnwindSafe(|| work(self, now))).is_err() {
            self.failed = true;
        }
    }
}

// === impl Queues ===

impl Device for Queues {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: Moment) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let packet = self.received.pop_front()?;
        Some((Received(packet), Sending(&mut self.to_send)))
    }

    fn transmit(&mut self, _: Moment) -> Option<Self::TxToken<'_>> {
        (self.to_send.len() < PACKETS_MAX).then_some(Sending(&mut self.to_send))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = usize::from(TUN_MTU);
        capabilities
    }
}

impl phy::RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl phy::TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut packet = vec![0; length];
        let written = write(&mut packet);
        self.0.push_back(packet);
        written
    }
}
