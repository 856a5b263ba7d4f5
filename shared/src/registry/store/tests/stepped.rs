//! A store that fails, ends, or lets somebody else go first at one of its steps.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use crate::bus::{Bucket, BusError, Change, Entry, Leftover, Moment, ObjectEntry, Objects};
use crate::registry::Store;
use crate::wire::UnixMillis;

/// The fault at the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error; the step was not done.
    ErrorBefore,
    /// An error; the step was done.
    ErrorAfter,
    /// This step was done, but from now on every answer is an error and nothing is done.
    Down,
    /// Nothing more runs; the step was not done.
    CrashBefore,
    /// Nothing more runs; the step was done.
    CrashAfter,
}

/// Counts the steps of a store.
pub struct Steps {
    taken: AtomicUsize,
    at: usize,
    fault: Option<Fault>,
    other: Mutex<Option<BoxFuture<'static, ()>>>,
    crashed: Notify,
}

struct Stepped<T: ?Sized> {
    inner: Arc<T>,
    steps: Arc<Steps>,
}

impl Steps {
    /// At this step, counted from 0, somebody else goes first and then the fault happens.
    pub fn new(
        at: usize,
        fault: Option<Fault>,
        other: Option<BoxFuture<'static, ()>>,
    ) -> Arc<Self> {
        let (taken, other, crashed) = (AtomicUsize::new(0), Mutex::new(other), Notify::new());
        Arc::new(Self { taken, at, fault, other, crashed })
    }

    /// The store with these steps.
    pub fn store(self: &Arc<Self>, store: &Store) -> Store {
        let bucket = Stepped { inner: store.bucket.clone(), steps: self.clone() };
        let objects = Stepped { inner: store.objects.clone(), steps: self.clone() };
        Store { bucket: Arc::new(bucket), objects: Arc::new(objects), ..store.clone() }
    }

    /// Whether the step was come to.
    pub fn reached(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.at
    }

    /// Runs until the end, or until nothing more runs.
    pub async fn run<T>(&self, operation: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = operation => Some(done),
            () = self.crashed.notified() => None,
        }
    }

    async fn take<T>(
        &self,
        call: impl Future<Output = Result<T, BusError>>,
    ) -> Result<T, BusError> {
        tokio::task::yield_now().await;
        let step = self.taken.fetch_add(1, Ordering::Relaxed);
        if step > self.at && self.fault == Some(Fault::Down) {
            return Err(BusError::Away("it is down".to_owned()));
        }
        if step != self.at {
            return call.await;
        }
        let other = self.other.lock().take();
        if let Some(other) = other {
            other.await;
        }
        match self.fault {
            None => call.await,
            Some(Fault::ErrorBefore) => Err(BusError::Away("it is away".to_owned())),
            Some(Fault::ErrorAfter | Fault::Down) => {
                call.await?;
                let subject = "a step".to_owned();
                Err(BusError::Timeout { subject, waited: Duration::from_secs(5) })
            }
            Some(Fault::CrashBefore) => {
                self.crashed.notify_one();
                pending().await
            }
            Some(Fault::CrashAfter) => {
                let _ = call.await;
                self.crashed.notify_one();
                pending().await
            }
        }
    }
}

#[async_trait]
impl Bucket for Stepped<dyn Bucket> {
    async fn get(&self, key: &str) -> Result<Option<Entry>, BusError> {
        self.steps.take(self.inner.get(key)).await
    }

    async fn entries(&self) -> Result<Vec<Entry>, BusError> {
        self.steps.take(self.inner.entries()).await
    }

    async fn moment(&self) -> Result<Moment, BusError> {
        self.steps.take(self.inner.moment()).await
    }

    async fn last(&self) -> Result<u64, BusError> {
        self.steps.take(self.inner.last()).await
    }

    async fn decide(&self, key: &str, value: Option<Bytes>, last: u64) -> Result<u64, BusError> {
        self.steps.take(self.inner.decide(key, value, last)).await
    }

    async fn forget(&self, key: &str, revision: u64) -> Result<(), BusError> {
        self.steps.take(self.inner.forget(key, revision)).await
    }

    async fn create(&self, key: &str, value: Bytes) -> Result<u64, BusError> {
        self.steps.take(self.inner.create(key, value)).await
    }

    async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BusError> {
        self.steps.take(self.inner.update(key, value, revision)).await
    }

    async fn delete(&self, key: &str, revision: u64) -> Result<(), BusError> {
        self.steps.take(self.inner.delete(key, revision)).await
    }

    async fn watch(&self) -> Result<mpsc::Receiver<Change>, BusError> {
        self.inner.watch().await
    }
}

#[async_trait]
impl Objects for Stepped<dyn Objects> {
    async fn put(&self, name: &str, data: Bytes) -> Result<(), BusError> {
        self.steps.take(self.inner.put(name, data)).await
    }

    async fn get(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        self.steps.take(self.inner.get(name, max)).await
    }

    async fn delete(&self, name: &str) -> Result<(), BusError> {
        self.steps.take(self.inner.delete(name)).await
    }

    async fn list(&self) -> Result<Vec<ObjectEntry>, BusError> {
        self.steps.take(self.inner.list()).await
    }

    async fn about(&self, name: &str) -> Result<Option<ObjectEntry>, BusError> {
        self.steps.take(self.inner.about(name)).await
    }

    async fn remove(&self, object: &ObjectEntry) -> Result<(), BusError> {
        self.steps.take(self.inner.remove(object)).await
    }

    async fn leftovers(&self, before: UnixMillis) -> Result<Vec<Leftover>, BusError> {
        self.steps.take(self.inner.leftovers(before)).await
    }

    async fn sweep(&self, leftover: &Leftover) -> Result<(), BusError> {
        self.steps.take(self.inner.sweep(leftover)).await
    }
}
