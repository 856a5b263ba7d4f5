//! Metrics of one tenant, in a process that serves several: each series has the label `tenant`.

use std::sync::Arc;

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::PrometheusRecorder;

use crate::id::TenantName;

/// Records for one tenant. A thread that works for it sets it as its recorder
/// ([`metrics::set_default_local_recorder`]).
pub struct OfTenant {
    all: Arc<PrometheusRecorder>,
    label: Label,
}

// === impl OfTenant ===

impl OfTenant {
    pub(super) fn new(all: Arc<PrometheusRecorder>, tenant: &TenantName) -> Self {
        Self { all, label: Label::new("tenant", tenant.to_string()) }
    }

    fn labelled(&self, key: &Key) -> Key {
        key.with_extra_labels(vec![self.label.clone()])
    }
}

impl Recorder for OfTenant {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.all.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.all.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.all.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.all.register_counter(&self.labelled(key), metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.all.register_gauge(&self.labelled(key), metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.all.register_histogram(&self.labelled(key), metadata)
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn series_of_equal_names_are_not_mixed() {
        let all = Arc::new(PrometheusBuilder::new().build_recorder());
        let count = |tenant: &str, by| {
            let own = OfTenant::new(all.clone(), &tenant.parse().unwrap());
            metrics::with_local_recorder(&own, || {
                metrics::counter!("runs", "function" => "hello:1").increment(by);
            });
        };
        count("acme", 1);
        count("globex", 2);
        count("acme", 3);
        let text = all.handle().render();
        let counted = |tenant: &str, number: u64| {
            format!("runs{{function=\"hello:1\",tenant=\"{tenant}\"}} {number}\n")
        };
        assert!(text.contains(&counted("acme", 4)), "{text}");
        assert!(text.contains(&counted("globex", 2)), "{text}");
    }
}
