//! Runs all viewers: first the warm-up, then the measured requests.
//!
//! Every viewer is a task that takes the next number from a shared count and sends that request.
//! All of them wait for each other between warm-up and measurement, so all connections are in use
//! during the measured time. A run ends when its requests are answered, when its time is up, or
//! with Ctrl-C. Requests in flight are then dropped, and the report is made anyway.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Barrier, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::Client;
use crate::drive::Drive;
use crate::load::Load;
use crate::measurements::Measurements;

/// State that the viewers share.
struct Run {
    drive: Drive,
    warmup: u64,
    iterations: Option<u64>,
    duration: Option<Duration>,
    warmed: AtomicU64,
    sent: AtomicU64,
    /// Ends the warm-up when all viewers have reached its end.
    together: Barrier,
    start: OnceLock<Instant>,
    measured: Mutex<Measurements>,
}

/// Runs the load and returns the JSON report.
pub async fn run(drive: Drive, load: &Load) -> anyhow::Result<Value> {
    let connections = load.concurrency.get();
    let run = Arc::new(Run {
        drive,
        warmup: load.warmup,
        iterations: load.iterations.map(u64::from),
        duration: load.duration.map(Duration::from),
        warmed: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        together: Barrier::new(usize::try_from(connections)?),
        start: OnceLock::new(),
        measured: Mutex::new(Measurements::new()?),
    });
    let (interrupt, interrupted) = watch::channel(false);
    let mut viewers = JoinSet::new();
    for _ in 0..connections {
        viewers.spawn(run.clone().viewer(interrupted.clone()));
    }
    drop(interrupted);
    loop {
        tokio::select! {
            ended = viewers.join_next() => match ended {
                Some(ended) => ended.context("a connection's task failed")??,
                None => break,
            },
            heard = tokio::signal::ctrl_c(), if !*interrupt.borrow() => {
                heard.context("cannot listen for Ctrl-C")?;
                interrupt.send_replace(true);
            }
        }
    }
    let elapsed = run.start.get().map(Instant::elapsed).unwrap_or_default();
    Ok(run.measured.lock().report(elapsed, connections))
}

// === impl Run ===

impl Run {
    async fn viewer(self: Arc<Self>, mut interrupted: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut client = Client::new(self.drive.target.clone(), self.drive.timeout);
        tokio::select! {
            biased;
            _ = interrupted.wait_for(|now| *now) => {}
            warmed = self.warm_up(&mut client) => warmed?,
        }
        // Also when interrupted: the others wait for this one.
        self.together.wait().await;
        let start = *self.start.get_or_init(Instant::now);
        let time_is_up = async {
            match self.duration {
                Some(duration) => tokio::time::sleep_until(start + duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = interrupted.wait_for(|now| *now) => Ok(()),
            () = time_is_up => Ok(()),
            ended = self.measure(&mut client) => ended,
        }
    }

    async fn warm_up(&self, client: &mut Client) -> anyhow::Result<()> {
        loop {
            let sequence = self.warmed.fetch_add(1, Ordering::Relaxed);
            if sequence >= self.warmup {
                return Ok(());
            }
            self.drive.send(client, sequence).await?;
        }
    }

    async fn measure(&self, client: &mut Client) -> anyhow::Result<()> {
        loop {
            let sequence = self.sent.fetch_add(1, Ordering::Relaxed);
            if self.iterations.is_some_and(|last| sequence >= last) {
                return Ok(());
            }
            let sample = self.drive.send(client, sequence).await?;
            self.measured.lock().record(&sample)?;
        }
    }
}
