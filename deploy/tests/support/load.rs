//! Viewers who ask at a steady rate, and what each of them saw.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::tool::ask;

/// Pause between two requests of one viewer.
const EVERY: Duration = Duration::from_millis(100);

/// A request and its answer.
#[derive(Debug)]
pub struct Seen {
    pub path: String,
    pub status: u16,
    pub asked: Instant,
    pub answered: Instant,
    pub took: Duration,
}

/// So many viewers. Each asks ten times a second, even if earlier requests are not answered yet.
pub struct Load {
    viewers: Vec<JoinHandle<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Every request is for another path below this one.
    pub fn start(address: &str, method: &'static str, below: &'static str, viewers: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let began = Instant::now();
        let viewer = |viewer: usize| {
            let (address, stop) = (address.to_owned(), stop.clone());
            let first = began + EVERY.mul_f64(viewer as f64 / viewers as f64);
            std::thread::spawn(move || view(&address, method, below, viewer, first, &stop))
        };
        Self { viewers: (0..viewers).map(viewer).collect(), stop }
    }

    /// Waits for the answers to all that was asked.
    pub fn stop(self) -> Vec<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        self.viewers.into_iter().flat_map(|viewer| viewer.join().unwrap()).collect()
    }
}

fn view(
    address: &str,
    method: &'static str,
    below: &str,
    viewer: usize,
    first: Instant,
    stop: &AtomicBool,
) -> Vec<Seen> {
    let mut requests = Vec::new();
    for number in 0.. {
        let due = first + EVERY * number;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (address, path) = (address.to_owned(), format!("{below}/{viewer}/{number}"));
        requests.push(std::thread::spawn(move || {
            let asked = Instant::now();
            let answer = ask(&address, method, &path, "content-length: 0\r\n");
            let answered = Instant::now();
            Seen { path, status: answer.status, asked, answered, took: answered - asked }
        }));
    }
    requests.into_iter().map(|request| request.join().unwrap()).collect()
}
