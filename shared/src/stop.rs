//! How a process is told to stop.

use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Signals that come this soon after the first belong to it: a terminal and a parent may both pass
/// it on.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// A token that is cancelled by the first Ctrl-C, SIGTERM or closed terminal. One that comes more
/// than a second later ends the process at once.
pub fn on_signals() -> Result<CancellationToken, std::io::Error> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    // Owned by the runtime: it lives as long as the process can be told to stop.
    tokio::spawn(async move {
        let mut first: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            match first {
                None => first = Some(Instant::now()),
                Some(first) if first.elapsed() > SAME_REQUEST => std::process::exit(130),
                Some(_) => {}
            }
            told.cancel();
        }
    });
    Ok(stop)
}
