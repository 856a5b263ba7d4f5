//! Keeps the counters of this process for tests to read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use parking_lot::Mutex;

static COUNTERS: Mutex<BTreeMap<String, Arc<AtomicU64>>> = Mutex::new(BTreeMap::new());

struct Counters;

/// Begins to keep the counters. Further calls do nothing.
pub fn keep() {
    static KEPT: Once = Once::new();
    KEPT.call_once(|| {
        metrics::set_global_recorder(Counters).unwrap_or_else(|_| panic!("the first"))
    });
}

/// A counter by its name and its labels' values, such as `name br after`.
pub fn counter(name: &str) -> u64 {
    COUNTERS.lock().get(name).map_or(0, |counter| counter.load(Ordering::SeqCst))
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let values = key.labels().map(|label| label.value());
        let name = [key.name()].into_iter().chain(values).collect::<Vec<_>>().join(" ");
        Counter::from_arc(COUNTERS.lock().entry(name).or_default().clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
