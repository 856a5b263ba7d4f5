//! The log of this test program.

use std::io::Write;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::edge::Reply;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static STARTED: OnceLock<()> = OnceLock::new();

struct Keep;

impl Write for Keep {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Keep {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Keeps warnings from now on.
pub fn keep() {
    STARTED.get_or_init(|| {
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Keep);
        log.with_max_level(tracing::Level::WARN).init();
    });
}

/// The lines about this reply, by its request id.
pub fn of(reply: &Reply) -> String {
    let id = reply.header("x-amz-cf-id");
    assert!(!id.is_empty());
    let lines = LINES.lock().unwrap();
    lines.iter().filter(|line| line.contains(id)).cloned().collect()
}

/// The reply and its lines in the log. Lines are written before the reply is, but only so many
/// in a second; a request whose line was left out is sent again.
pub async fn told(ask: impl AsyncFn() -> Reply) -> (Reply, String) {
    keep();
    for _ in 0..100 {
        let reply = ask().await;
        let lines = of(&reply);
        if !lines.is_empty() {
            return (reply, lines);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the log says nothing");
}
