//! Writes frames to a sandbox, all that have gathered at a time.

use std::io;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::task::AbortOnDropHandle;

use super::dialect::FrameWriter;

/// Largest frame that is written together with others, in bytes.
const COPIED_MAX: usize = 64 * 1024;

/// Room for answers to rejected calls, which come in bursts.
const SLACK: usize = 256;

/// The queue of frames to a sandbox. When it is dropped, the socket is closed.
pub struct Out {
    frames: mpsc::Sender<Bytes>,
    _task: AbortOnDropHandle<()>,
}

/// Starts the writer. It has room for every frame that a sandbox with this many environments can be
/// owed: its events, and the answers to its calls, of which each event and the start make at most
/// `connections` at a time. A sandbox that does not read them is broken.
pub fn start(writer: FrameWriter, environments: usize, connections: usize) -> Out {
    let room = SLACK + (environments + 1) * (1 + 2 * connections);
    let (frames, taken) = mpsc::channel(room);
    Out { frames, _task: AbortOnDropHandle::new(tokio::spawn(write(writer, taken))) }
}

// === impl Out ===

impl Out {
    /// Queues a frame. It is no error if the sandbox has closed its socket: its frames then end
    /// too, and their reader learns the reason.
    pub fn send(&self, frame: Bytes) -> Result<(), String> {
        match self.frames.try_send(frame) {
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(_)) => Err("it does not read its frames".to_owned()),
        }
    }
}

/// Writes until the sandbox closes its socket, or the queue is dropped. The first frame loads the
/// function. It may have secrets, so the writer's buffer gets no copy of it.
async fn write(mut writer: FrameWriter, mut frames: mpsc::Receiver<Bytes>) {
    let Some(load) = frames.recv().await else { return };
    if write_large(&mut writer, &load).await.is_err() {
        return;
    }
    drop(load);
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

/// Writes a frame without copying it, after the frames before it. Copying a bundle of 50 MB would
/// delay all other work of this thread.
pub async fn write_large(writer: &mut FrameWriter, frame: &Bytes) -> io::Result<()> {
    SinkExt::<Bytes>::flush(writer).await?;
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    // The form of `brink_frames::codec`: the length, then the bytes.
    writer.get_mut().write_all(&length.to_be_bytes()).await?;
    writer.get_mut().write_all(frame).await
}
