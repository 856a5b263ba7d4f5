//! The system calls of the attempts, and their arguments.
#![allow(unsafe_code, reason = "broken code is not bound by any rule")]

use std::ffi::CString;
use std::time::Instant;

use libc::c_long;

use crate::Outcome;

pub const AT: usize = libc::AT_FDCWD as usize;
pub const AF_INET: usize = libc::AF_INET as usize;
pub const AF_INET6: usize = libc::AF_INET6 as usize;
pub const AF_UNIX: usize = libc::AF_UNIX as usize;
pub const STREAM: usize = libc::SOCK_STREAM as usize;
pub const DGRAM: usize = libc::SOCK_DGRAM as usize;
pub const RAW: usize = libc::SOCK_RAW as usize;
pub const O_WRONLY: usize = libc::O_WRONLY as usize;
pub const O_CREAT: usize = libc::O_CREAT as usize;
pub const O_TMPFILE: usize = (libc::O_TMPFILE | libc::O_WRONLY) as usize;
pub const ANONYMOUS: usize = (libc::MAP_ANONYMOUS | libc::MAP_PRIVATE) as usize;

/// Asks the kernel.
pub fn call(number: c_long, arguments: &[usize]) -> Outcome {
    let a = |index: usize| arguments.get(index).copied().unwrap_or_default();
    // SAFETY: pointers among the arguments are to memory that is never freed.
    let answer = unsafe { libc::syscall(number, a(0), a(1), a(2), a(3), a(4), a(5)) };
    if answer >= 0 {
        return Outcome::Done(answer);
    }
    Outcome::Refused(std::io::Error::last_os_error().raw_os_error().unwrap())
}

/// A text for the kernel.
pub fn path(text: &str) -> usize {
    CString::new(text).unwrap().into_raw() as usize
}

/// Bytes for the kernel.
fn bytes(bytes: &[u8]) -> usize {
    Box::leak(bytes.to_vec().into_boxed_slice()).as_ptr() as usize
}

/// Numbers for the kernel.
fn words(words: &[usize]) -> usize {
    Box::leak(words.to_vec().into_boxed_slice()).as_ptr() as usize
}

/// Zeros, as many as any of the calls reads or writes.
pub fn buffer() -> usize {
    words(&[0; 512])
}

/// A 32-bit 1.
pub fn one() -> usize {
    words(&[1])
}

/// The first core.
pub fn mask() -> usize {
    words(&[1])
}

/// A `struct file_handle` with room for 128 bytes.
pub fn handle() -> usize {
    let mut handle = [0; 64];
    handle[0] = 128;
    words(&handle)
}

/// A `struct clone_args` that asks for a process.
pub fn clone_arguments() -> usize {
    words(&[0, 0, 0, 0, libc::SIGCHLD as usize, 0, 0, 0])
}

/// A `union bpf_attr` for an array of one number.
pub fn bpf_map() -> usize {
    let array: [u32; 4] = [2, 4, 4, 1];
    let mut attributes: Vec<u8> = array.iter().flat_map(|field| field.to_ne_bytes()).collect();
    attributes.resize(256, 0);
    bytes(&attributes)
}

/// A `struct perf_event_attr` for the processor's cycles.
pub fn perf_event() -> usize {
    words(&[112 << 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// An address for [`connect`] and the like: its bytes, in the order of the wire.
pub fn ipv4(address: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = (libc::AF_INET as u16).to_ne_bytes().to_vec();
    bytes.extend(port.to_be_bytes());
    bytes.extend(address);
    bytes.extend([0; 8]);
    bytes
}

/// `::1`.
pub fn ipv6_loopback(port: u16) -> Vec<u8> {
    let mut bytes = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
    bytes.extend(port.to_be_bytes());
    bytes.extend([0; 19]);
    bytes.extend([1, 0, 0, 0, 0]);
    bytes
}

/// A Unix socket.
pub fn unix(name: &[u8]) -> Vec<u8> {
    [&(libc::AF_UNIX as u16).to_ne_bytes(), name].concat()
}

/// Makes a socket and connects it.
pub fn connect(family: usize, kind: usize, address: &[u8]) -> Outcome {
    with_socket(family, kind, |socket| {
        call(libc::SYS_connect, &[socket, bytes(address), address.len()])
    })
}

/// Makes a socket and binds it.
pub fn bind(family: usize, kind: usize, address: &[u8]) -> Outcome {
    with_socket(family, kind, |socket| {
        call(libc::SYS_bind, &[socket, bytes(address), address.len()])
    })
}

/// Makes a socket and sends a byte.
pub fn send_to(address: &[u8]) -> Outcome {
    with_socket(AF_INET, DGRAM, |socket| {
        let to = bytes(address);
        call(libc::SYS_sendto, &[socket, buffer(), 1, 0, to, address.len()])
    })
}

fn with_socket(family: usize, kind: usize, then: impl FnOnce(usize) -> Outcome) -> Outcome {
    match call(libc::SYS_socket, &[family, kind, 0]) {
        Outcome::Done(socket) => then(socket as usize),
        refused => refused,
    }
}

/// Asks for a process that is a copy of this one.
pub fn forked(number: c_long, arguments: &[usize]) -> Outcome {
    let outcome = call(number, arguments);
    if outcome == Outcome::Done(0) {
        // SAFETY: this is the copy, which ends at once.
        unsafe { libc::_exit(0) }
    }
    outcome
}

/// Starts a thread as a program does.
pub fn thread() -> Outcome {
    match std::thread::Builder::new().spawn(|| ()) {
        Ok(_) => Outcome::Done(0),
        Err(error) => Outcome::Refused(error.raw_os_error().unwrap()),
    }
}

/// Reads or writes a byte of another process, wherever that is.
pub fn memory(number: c_long, process: u32) -> Outcome {
    let here = words(&[buffer(), 1]);
    let there = words(&[buffer(), 1]);
    call(number, &[process as usize, here, 1, there, 1, 0])
}

/// Makes a page executable that is there for writing.
pub fn protect(number: c_long) -> Outcome {
    let page = [0, 4096, (libc::PROT_READ | libc::PROT_WRITE) as usize, ANONYMOUS, usize::MAX, 0];
    match call(libc::SYS_mmap, &page) {
        Outcome::Done(page) => {
            let executable = (libc::PROT_READ | libc::PROT_EXEC) as usize;
            call(number, &[page as usize, 4096, executable, usize::MAX])
        }
        // In this case it was not the attempted call that was refused.
        other => panic!("{other:?}"),
    }
}

/// Asks for no limit of a kind.
pub fn raise(resource: libc::__rlimit_resource_t) -> Outcome {
    let unlimited = words(&[usize::MAX, usize::MAX]);
    call(libc::SYS_prlimit64, &[0, resource as usize, unlimited, 0])
}

/// Asks for all capabilities.
pub fn capabilities() -> Outcome {
    let header: [u32; 2] = [0x2008_0522, 0];
    let header: Vec<u8> = header.iter().flat_map(|field| field.to_ne_bytes()).collect();
    let data: [u32; 6] = [0xff, 0xff, 0, 0, 0, 0];
    let data: Vec<u8> = data.iter().flat_map(|field| field.to_ne_bytes()).collect();
    call(libc::SYS_capset, &[bytes(&header), bytes(&data)])
}

/// How many descriptors are open besides standard input, output and error: those from which
/// nothing can be read, or to which nothing can be written, without an error about them.
pub fn descriptors() -> Outcome {
    let closed = Outcome::Refused(libc::EBADF);
    let nothing = |number, descriptor| call(number, &[descriptor, buffer(), 0]);
    let is_open = |descriptor: &usize| {
        nothing(libc::SYS_read, *descriptor) != closed
            || nothing(libc::SYS_write, *descriptor) != closed
    };
    Outcome::Done((3..256).filter(is_open).count() as i64)
}

/// The calls that user code needs: 0 if they work.
pub fn needs() -> Outcome {
    let begun = Instant::now();
    let mut data = vec![1_u8; 32 << 20];
    data.resize(64 << 20, 2);
    drop(data);
    std::thread::sleep(std::time::Duration::from_millis(1));
    let maps: Vec<_> = (0..4).map(|_| std::collections::HashMap::<u8, u8>::new()).collect();
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(())));
    let status = brink_sandbox::confinement::own_status().unwrap();
    let works = begun.elapsed().as_micros() >= 1_000
        && maps.len() == 4
        && caught.is_err()
        && status.contains("VmRSS:")
        && call(libc::SYS_getrandom, &[buffer(), 16, 0]) == Outcome::Done(16);
    Outcome::Done(i64::from(!works))
}

/// Makes a call in the way of 32-bit programs, for which calls have other numbers.
#[cfg(target_arch = "x86_64")]
pub fn getpid_of_i386() -> Outcome {
    let answer: i32;
    // SAFETY: the call takes no arguments, and changes but one register.
    unsafe { std::arch::asm!("int 0x80", inlateout("eax") 20 => answer) }
    Outcome::Done(answer.into())
}
