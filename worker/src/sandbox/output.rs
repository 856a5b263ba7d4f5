//! The lines that a sandbox writes to its standard output and error: log lines of its function.
//!
//! A program in a sandbox may write there: a bootstrap of the user's, native code, other programs.
//! [`Said`] puts the lines among the messages of the sandbox, in front of the message that is read
//! next. A program writes its lines before it answers its event, so they come before the answer,
//! and belong to that event. A pipe has room for 64 KiB. So lines have precedence only for
//! somewhat more than that, and a program that writes without end cannot hide its messages.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::stream::{self, Fuse, Stream, StreamExt};
use parking_lot::Mutex;
use tokio::io::AsyncRead;
use tokio::time::{Sleep, sleep};
use tokio_util::codec::{Decoder, FramedRead};

use super::in_flight::ProtocolViolation;
use crate::runtime::is_reason;
use brink_frames::{EventId, FromSandbox, LogLevel};

/// Longest line, in bytes. The rest of a longer one is dropped.
pub const LINE_MAX: usize = 64 * 1024;

/// How many bytes of lines are read before the next message, if there is one.
const AHEAD_MAX: usize = 4 * 64 * 1024;

/// After how many lines of standard output it is the turn of standard error.
const STDOUT_LINES_MAX: u32 = 16;

/// How long lines are read after the last message. Another process may keep the pipe open.
const AFTER_END: Duration = Duration::from_millis(100);

/// The size that a line counts in addition to its text, in bytes.
const LINE_COST: usize = 64;

/// The last line of standard error that says something, for the reason of the process's end.
pub type LastWords = Arc<Mutex<String>>;

/// One of the two pipes of a process.
type Pipe = Pin<Box<dyn AsyncRead + Send>>;

/// Standard output and error of a process.
pub struct Output {
    /// Standard output.
    pub stdout: Pipe,
    /// Standard error.
    pub stderr: Pipe,
    /// Gets the last words.
    pub last_words: LastWords,
}

/// Reads what is left to read of a process that has ended, for its last words.
pub async fn hear_last_words(output: Output) {
    let mut rest = Said::new(stream::empty(), output);
    while rest.next().await.is_some() {}
}

/// The messages of a sandbox, with the lines that it writes.
pub struct Said<S> {
    messages: Fuse<S>,
    /// The next message, which waits for lines; none at the end of the messages.
    held: Option<Option<Result<FromSandbox, ProtocolViolation>>>,
    stdout: Fuse<FramedRead<Pipe, Lines>>,
    stderr: Fuse<FramedRead<Pipe, Lines>>,
    last_words: LastWords,
    /// The event that runs, or the one that ran last; none before the first.
    event: Option<EventId>,
    /// Bytes of lines since the last message.
    ahead: usize,
    /// Lines of standard output since the last one of standard error.
    stdout_lines: u32,
    /// Runs after the last message.
    end: Option<Pin<Box<Sleep>>>,
}

/// Splits bytes into lines of text.
#[derive(Default)]
struct Lines {
    /// Bytes that are known to have no line end.
    searched: usize,
    /// The rest of a line that is too long is being dropped.
    dropping: bool,
}

// === impl Output ===

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("last_words", &self.last_words).finish_non_exhaustive()
    }
}

// === impl Said ===

impl<S> Said<S>
where
    S: Stream<Item = Result<FromSandbox, ProtocolViolation>> + Unpin,
{
    /// The messages of a sandbox, with its output.
    pub fn new(messages: S, output: Output) -> Self {
        Self {
            messages: messages.fuse(),
            held: None,
            stdout: FramedRead::new(output.stdout, Lines::default()).fuse(),
            stderr: FramedRead::new(output.stderr, Lines::default()).fuse(),
            last_words: output.last_words,
            event: None,
            ahead: 0,
            stdout_lines: 0,
            end: None,
        }
    }

    /// The next line; none if both pipes are closed.
    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        // Lines of both may wait. Most programs write to standard error last.
        let stderr_first = self.stdout_lines >= STDOUT_LINES_MAX;
        let mut closed = 0;
        for is_stderr in [stderr_first, !stderr_first] {
            let pipe = if is_stderr { &mut self.stderr } else { &mut self.stdout };
            match pipe.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(line))) => {
                    self.stdout_lines =
                        if is_stderr { 0 } else { self.stdout_lines.saturating_add(1) };
                    if is_stderr {
                        self.note(&line);
                    }
                    return Poll::Ready(Some(line));
                }
                // A pipe that cannot be read is as good as closed.
                Poll::Ready(Some(Err(_)) | None) => closed += 1,
                Poll::Pending => {}
            }
        }
        if closed == 2 { Poll::Ready(None) } else { Poll::Pending }
    }

    /// Keeps a line of standard error, unless the line before was the last one that counts. A runtime
    /// may write a hint for its own developers then, or a stack.
    fn note(&self, line: &str) {
        let mut last_words = self.last_words.lock();
        if !line.is_empty() && !line.starts_with("note: ") && !is_reason(&last_words) {
            line.clone_into(&mut last_words);
        }
    }

    fn log(&mut self, text: String) -> FromSandbox {
        self.ahead += text.len() + LINE_COST;
        FromSandbox::Log { id: self.event, level: LogLevel::Info, text }
    }
}

impl<S> Stream for Said<S>
where
    S: Stream<Item = Result<FromSandbox, ProtocolViolation>> + Unpin,
{
    type Item = Result<FromSandbox, ProtocolViolation>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let said = &mut *self;
        if said.held.is_none()
            && let Poll::Ready(message) = said.messages.poll_next_unpin(cx)
        {
            said.held = Some(message);
        }
        // An event begins before it writes. All other messages come after the lines before them.
        let begins = matches!(said.held, Some(Some(Ok(FromSandbox::Started(_)))));
        if !begins
            && said.ahead < AHEAD_MAX
            && let Poll::Ready(Some(line)) = said.poll_line(cx)
        {
            return Poll::Ready(Some(Ok(said.log(line))));
        }
        said.ahead = 0;
        match said.held.take() {
            Some(Some(message)) => {
                if let Ok(FromSandbox::Started(id) | FromSandbox::Log { id: Some(id), .. }) =
                    message
                {
                    said.event = Some(id);
                }
                return Poll::Ready(Some(message));
            }
            Some(None) => {
                said.held = Some(None);
                let end = said.end.get_or_insert_with(|| Box::pin(sleep(AFTER_END)));
                if end.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
            }
            None => {}
        }
        let line = match said.poll_line(cx) {
            Poll::Ready(None) if said.end.is_none() => return Poll::Pending,
            line => ready!(line),
        };
        Poll::Ready(line.map(|line| Ok(said.log(line))))
    }
}

// === impl Lines ===

impl Decoder for Lines {
    type Item = String;
    type Error = io::Error;

    fn decode(&mut self, from: &mut BytesMut) -> io::Result<Option<String>> {
        loop {
            let fresh = from.get(self.searched..).unwrap_or_default();
            let Some(at) = fresh.iter().position(|byte| *byte == b'\n') else { break };
            let line = from.split_to(self.searched + at + 1);
            self.searched = 0;
            if !std::mem::take(&mut self.dropping) {
                return Ok(Some(text(&line)));
            }
        }
        if self.dropping {
            from.clear();
        }
        self.searched = from.len();
        if from.len() < LINE_MAX {
            return Ok(None);
        }
        self.dropping = true;
        self.searched = 0;
        let line = text(from);
        from.clear();
        Ok(Some(line))
    }

    fn decode_eof(&mut self, from: &mut BytesMut) -> io::Result<Option<String>> {
        if let Some(line) = self.decode(from)? {
            return Ok(Some(line));
        }
        let rest = from.split();
        self.searched = 0;
        Ok((!rest.is_empty()).then(|| text(&rest)))
    }
}

/// A line without its end, at most [`LINE_MAX`] bytes of it. Bytes that are not UTF-8 become U+FFFD.
fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut text = String::from_utf8_lossy(line).into_owned();
    text.truncate(text.floor_char_boundary(LINE_MAX));
    text
}

#[cfg(test)]
mod tests;
