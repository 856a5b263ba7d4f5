//! Being told to stop: Ctrl-C, `kill`, a closed terminal.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// A token that the first such signal cancels, and the task that listens for them.
pub fn stop_signal() -> std::io::Result<(CancellationToken, AbortOnDropHandle<()>)> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    let listening = tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        told.cancel();
    });
    Ok((stop, AbortOnDropHandle::new(listening)))
}
