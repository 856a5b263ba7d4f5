//! The network of an interpreter's sandbox: a loopback device, listeners on which the supervisor
//! accepts, a TUN device whose packets the supervisor reads and writes, and sockets by which it reaches
//! the debugger of a program.
//!
//! None of them leads anywhere by itself. All are made inside the network namespace, and the
//! supervisor gets their descriptors.

use std::ffi::{c_int, c_short};
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::ioctl::{Setter, opcode};
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use brink_frames::Interpreter;
use brink_frames::interpreter::{Descriptors, INSPECTOR_SOCKETS, Listener};
use brink_frames::network::{PROXY, RUNTIME_API, TUN_ADDRESS, TUN_MTU, TUN_NAME, TUN_PREFIX};

use super::machine::Machine;
use super::netlink::Netlink;

/// The index of the loopback device, the first of a network namespace.
const LOOPBACK: u32 = 1;

/// The kernel's `struct ifreq`, as `TUNSETIFF` reads it.
#[repr(C)]
struct DeviceRequest {
    name: [u8; 16],
    flags: c_short,
    rest: [u8; 22],
}

/// Makes everything that the specification wants and the machine has.
pub(super) fn set_up(spec: &Interpreter, machine: &Machine) -> io::Result<Descriptors> {
    let netlink = Netlink::open()?;
    netlink.start(LOOPBACK, None)?;
    let listen = |listener, address| {
        let wanted = spec.listeners.contains(&listener);
        wanted.then(|| TcpListener::bind(address)).transpose()
    };
    let descriptors = Descriptors {
        tmp: None,
        proxy: listen(Listener::Proxy, PROXY)?,
        runtime_api: listen(Listener::RuntimeApi, RUNTIME_API)?,
        tun: if spec.tun { tun(machine, &netlink)? } else { None },
        inspector: if spec.inspect { unconnected()? } else { Vec::new() },
    };
    for listener in [&descriptors.proxy, &descriptors.runtime_api].into_iter().flatten() {
        listener.set_nonblocking(true)?;
    }
    Ok(descriptors)
}

/// TCP sockets that are not connected yet.
fn unconnected() -> io::Result<Vec<OwnedFd>> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = |_| rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None);
    Ok((0..INSPECTOR_SOCKETS).map(socket).collect::<Result<_, _>>()?)
}

/// A TUN device; none if the machine has none for this user.
fn tun(machine: &Machine, netlink: &Netlink) -> io::Result<Option<OwnedFd>> {
    let Some(path) = &machine.tun else { return Ok(None) };
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let path = format!("self/fd/{}", path.as_raw_fd());
    // The device belongs to the network namespace of the process that opens it.
    let Ok(device) = rustix::fs::openat(&machine.proc, path, flags, Mode::empty()) else {
        return Ok(None);
    };
    make(&device)?;
    let family = AddressFamily::INET;
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    let index = name_to_index(&socket, TUN_NAME)?;
    netlink.add_address(index, TUN_ADDRESS, TUN_PREFIX)?;
    netlink.start(index, Some(TUN_MTU))?;
    netlink.add_default_route(index)?;
    Ok(Some(device))
}

#[allow(unsafe_code, reason = "no library that is here has this call")]
fn make(device: &OwnedFd) -> io::Result<()> {
    // The kernel declares the call with an `int`, and reads a `struct ifreq`.
    const SET: rustix::ioctl::Opcode = opcode::write::<c_int>(b'T', 202);
    let mut name = [0; 16];
    for (to, from) in name.iter_mut().zip(TUN_NAME.bytes()) {
        *to = from;
    }
    let flags = (libc::IFF_TUN | libc::IFF_NO_PI) as c_short;
    let request = DeviceRequest { name, flags, rest: [0; 22] };
    // SAFETY: the kernel reads and writes a `struct ifreq`, which has this form and size.
    unsafe { Ok(rustix::ioctl::ioctl(device, Setter::<SET, _>::new(request))?) }
}
