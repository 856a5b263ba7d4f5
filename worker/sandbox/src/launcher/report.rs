//! The launcher's only frame.

use std::io::{IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use brink_frames::FromSandbox;
use brink_frames::interpreter::{DESCRIPTORS_MAX, Descriptors};
use brink_shared::confinement::LayerStatus;
use brink_shared::wire;

use super::LaunchError;

/// Says that the sandbox is up, and hands out its descriptors with the first byte.
pub(super) fn send(
    mut socket: &UnixStream,
    layers: &[LayerStatus],
    descriptors: &Descriptors,
) -> Result<(), LaunchError> {
    let frame = wire::encode(&FromSandbox::Blank(layers.to_vec()))?;
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes();
    let bytes = [length.as_slice(), &frame].concat();
    let descriptors = descriptors.all();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        // It has room for all of them.
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    let sent = sendmsg(socket, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL)
        .map_err(|error| LaunchError::Socket(error.into()))?;
    socket.write_all(bytes.get(sent..).unwrap_or_default()).map_err(LaunchError::Socket)
}
