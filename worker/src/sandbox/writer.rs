//! Writes frames to a sandbox, as many at a time as have gathered.

use std::io;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::task::AbortOnDropHandle;

use super::child::FrameWriter;

/// Largest frame that is gathered with others before it is written, in bytes.
const COPIED_MAX: usize = 64 * 1024;

/// Room for refusals of calls over the limit, which come in bursts.
const SLACK: usize = 256;

/// Where frames to a sandbox go in. When this is dropped the sandbox is hung up on.
pub struct Out {
    frames: mpsc::Sender<Bytes>,
    _task: AbortOnDropHandle<()>,
}

/// Starts writing. There is room for every frame that a sandbox with so many environments can be
/// owed: its events, and the answers to their calls, of which so many are made at a time, and to
/// those of code that starts. One that does not read them is broken.
pub fn start(writer: FrameWriter, environments: usize, connections: usize) -> Out {
    let room = SLACK + (environments + 1) * (1 + 2 * connections);
    let (frames, taken) = mpsc::channel(room);
    Out { frames, _task: AbortOnDropHandle::new(tokio::spawn(write(writer, taken))) }
}

// === impl Out ===

impl Out {
    /// Takes a frame. If the sandbox has hung up, this is not an error: its frames end too, and
    /// their reader learns the reason.
    pub fn send(&self, frame: Bytes) -> Result<(), String> {
        match self.frames.try_send(frame) {
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(_)) => Err("it does not read what it is told".to_owned()),
        }
    }
}

/// Writes until the sandbox hangs up, or nobody has frames for it any more.
async fn write(mut writer: FrameWriter, mut frames: mpsc::Receiver<Bytes>) {
    while let Some(frame) = frames.recv().await {
        let mut next = Some(frame);
        while let Some(frame) = next {
            let written = if frame.len() > COPIED_MAX {
                write_large(&mut writer, &frame).await
            } else {
                writer.feed(frame).await
            };
            if written.is_err() {
                return;
            }
            next = frames.try_recv().ok();
        }
        if SinkExt::<Bytes>::flush(&mut writer).await.is_err() {
            return;
        }
    }
}

/// Writes a frame from where it is, after the ones before it. Copying a bundle of 50 MB would hold
/// up all other work of this thread.
async fn write_large(writer: &mut FrameWriter, frame: &Bytes) -> io::Result<()> {
    SinkExt::<Bytes>::flush(writer).await?;
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    // The form of `brink_frames::codec`: the length, then the bytes.
    writer.get_mut().write_all(&length.to_be_bytes()).await?;
    writer.get_mut().write_all(frame).await
}
