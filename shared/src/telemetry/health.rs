//! Whether a process is ready for traffic: when all its conditions hold.

use std::sync::Arc;

use parking_lot::Mutex;

/// The conditions of one process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Vec<(String, bool)>>>);

/// One condition. Its owner sets whether it is met.
#[derive(Clone, Debug)]
pub struct Condition {
    health: Health,
    name: String,
}

// === impl Health ===

impl Health {
    /// No conditions yet: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition that does not hold yet.
    pub fn condition(&self, name: impl Into<String>) -> Condition {
        let name = name.into();
        self.0.lock().push((name.clone(), false));
        Condition { health: self.clone(), name }
    }

    /// The conditions that do not hold; empty when ready.
    pub fn missing(&self) -> Vec<String> {
        self.0.lock().iter().filter(|(_, holds)| !holds).map(|(name, _)| name.clone()).collect()
    }
}

// === impl Condition ===

impl Condition {
    /// Sets whether it holds now.
    pub fn set(&self, holds: bool) {
        for condition in self.health.0.lock().iter_mut().filter(|(name, _)| *name == self.name) {
            condition.1 = holds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_every_condition_holds() {
        let health = Health::new();
        let (bus, registry) = (health.condition("bus"), health.condition("registry"));
        bus.set(true);
        assert_eq!(health.missing(), ["registry"]);
        registry.set(true);
        assert!(health.missing().is_empty());
        bus.set(false);
        assert_eq!(health.missing(), ["bus"]);
    }
}
