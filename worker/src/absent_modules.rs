//! Has a sandbox find the modules that a bundle requests and that cannot work.
//!
//! To find them, the files are parsed. The parser takes memory, and recurses into nested code: a
//! hostile file ends the process that parses it. So it is a process of its own.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use brink_frames::{FindAbsent, FromSandbox, ToSandbox};
use brink_shared::registry::{Bundle, Runtime};
use brink_shared::wire::{self, WireError};

use crate::runtime::{SandboxKind, SandboxProgram};
use crate::sandbox::child::SpawnError;
use crate::sandbox::writer::write_large;

/// Longest wait for the answer. The largest bundles take a second.
const FIND_MAX: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No sandbox could be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The bundle cannot be written as a frame.
    #[error(transparent)]
    Frame(#[from] WireError),
    /// The sandbox ended before it answered.
    #[error(
        "the process that reads the files ended: {0}; is a file nested very deep, or too large?"
    )]
    Ended(String),
    /// This worker stops.
    #[error("this worker stops")]
    Stopping,
    /// The sandbox answered something else.
    #[error("the process that reads the files answered with another frame")]
    OtherFrame,
    /// The sandbox did not answer.
    #[error("reading the files takes longer than {FIND_MAX:?}")]
    Slow,
}

/// One line for each use, with file, line and column. `memory_mb` is what the function may use.
pub async fn find(
    program: &SandboxProgram,
    runtime: Runtime,
    bundle: Bundle,
    memory_mb: u32,
) -> Result<Vec<String>, FindError> {
    if runtime != Runtime::default() {
        // The machine's interpreters have all their modules.
        return Ok(Vec::new());
    }
    let mut blank = program.spawn(&SandboxKind::EMBEDDED).await?;
    if let Err(error) = blank.process.limit_memory(memory_mb) {
        tracing::warn!(%error, "only the process itself limits the memory for a search");
    }
    let request = ToSandbox::FindAbsent(Box::new(FindAbsent { bundle, memory_mb }));
    // Encoding a large bundle takes a while; the events of other functions must go on meanwhile.
    let encoded = spawn_blocking(move || wire::encode(&request)).await;
    let request = encoded.map_err(|_| FindError::Stopping)??;
    let answer = async {
        write_large(&mut blank.writer, &request).await?;
        blank.reader.next().await.transpose()
    };
    let answer: io::Result<Option<BytesMut>> =
        timeout(FIND_MAX, answer).await.map_err(|_| FindError::Slow)?;
    match answer {
        Ok(Some(frame)) => match wire::decode(&frame)? {
            FromSandbox::Absent(uses) => Ok(uses),
            _ => Err(FindError::OtherFrame),
        },
        Ok(None) | Err(_) => Err(FindError::Ended(blank.process.exit().await.how)),
    }
}
