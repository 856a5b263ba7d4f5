//! The first words of a sandbox with an interpreter: its report with descriptors, and then the
//! bootstrap's `ready`.

use std::io::{self, IoSliceMut};
use std::os::fd::OwnedFd;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::Interest;
use tokio::net::UnixStream;

use brink_frames::FromSandbox;
use brink_frames::interpreter::{DESCRIPTORS_MAX, Descriptors};
use brink_shared::confinement::LayerStatus;
use brink_shared::wire;

/// Largest report, in bytes.
const REPORT_MAX: usize = 64 * 1024;

/// Reads the launcher's report from the socket: a frame with [`FromSandbox::Blank`]. No code of a
/// function has run, so it can be trusted.
pub(super) async fn report(socket: &UnixStream) -> io::Result<(Vec<LayerStatus>, Descriptors)> {
    let mut descriptors = Vec::new();
    let mut head = [0; 4];
    read(socket, &mut head, &mut descriptors).await?;
    let length = u32::from_be_bytes(head) as usize;
    if length > REPORT_MAX {
        return Err(io::Error::other(format!("its first frame has {length} bytes")));
    }
    let mut body = vec![0; length];
    read(socket, &mut body, &mut descriptors).await?;
    match wire::decode(&body).map_err(io::Error::other)? {
        FromSandbox::Blank(layers) => Ok((layers, Descriptors::new(descriptors)?)),
        _ => Err(io::Error::other("its first frame was not Blank")),
    }
}

/// Fills the buffer, and takes the descriptors that come with the bytes.
async fn read(
    socket: &UnixStream,
    buffer: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        socket.readable().await?;
        match socket.try_io(Interest::READABLE, || receive(socket, rest, descriptors)) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn receive(
    socket: &UnixStream,
    buffer: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    let mut space =
        [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let received = recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags)?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    Ok(received.bytes)
}
