//! The runtimes that a worker offers to gateways.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Release, Runtime, RuntimeName};

/// The runtimes that a worker has, each with the newest release of its interpreters. A worker runs a
/// function in the interpreter that the function names, or else in the nearest newer one. So it can
/// run all functions that name no newer release than this.
///
/// It is written as a list of names, such as `["boa", "nodejs22.x", "python3.12", "provided"]`.
/// Names that are not known are passed over, because they are of a newer Brink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer([Option<Newest>; Runtime::ALL.len()]);

/// The newest release; none if every release will do.
type Newest = Option<Release>;

// === impl Offer ===

impl Offer {
    /// The offer of a worker that does not say what it has: it is of the release before there were
    /// other runtimes.
    pub const BOA: Self = Self([Some(None), None, None, None]);

    /// Adds a runtime with this release of its interpreter, or with every release.
    pub fn add(&mut self, name: RuntimeName) {
        let Some(place) = self.0.get_mut(place(name.runtime)) else { return };
        *place = Some(match *place {
            None => name.release,
            Some(newest) => newest.zip(name.release).map(|(one, other)| one.max(other)),
        });
    }

    /// Whether the worker has a runtime of this kind.
    pub fn has(&self, runtime: Runtime) -> bool {
        self.newest(runtime).is_some()
    }

    /// Whether the worker can run a function that names this runtime.
    pub fn can_run(&self, name: RuntimeName) -> bool {
        let newest = self.newest(name.runtime);
        newest.is_some_and(|newest| match (newest, name.release) {
            (Some(newest), Some(wanted)) => newest >= wanted,
            (None, _) | (_, None) => true,
        })
    }

    /// The names, each with its newest release.
    pub fn names(&self) -> impl Iterator<Item = RuntimeName> {
        let newest = |runtime| self.newest(runtime).map(|release| RuntimeName { runtime, release });
        Runtime::ALL.into_iter().filter_map(newest)
    }

    fn newest(&self, runtime: Runtime) -> Option<Newest> {
        self.0.get(place(runtime)).copied().flatten()
    }
}

impl Default for Offer {
    fn default() -> Self {
        Self::BOA
    }
}

fn place(runtime: Runtime) -> usize {
    match runtime {
        Runtime::Boa => 0,
        Runtime::Nodejs => 1,
        Runtime::Python => 2,
        Runtime::Provided => 3,
    }
}

impl Serialize for Offer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // The length is known, as MessagePack wants it.
        self.names().collect::<Vec<_>>().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Offer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut offer = Self([None; Runtime::ALL.len()]);
        let names = Vec::<String>::deserialize(from)?;
        names.iter().filter_map(|name| name.parse().ok()).for_each(|name| offer.add(name));
        Ok(offer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RuntimeName {
        text.parse().unwrap()
    }

    #[test]
    fn a_worker_runs_what_its_newest_interpreter_can_run() {
        let mut offer = Offer::BOA;
        for own in ["nodejs22.x", "nodejs20.x", "python3.12", "provided"] {
            offer.add(name(own));
        }
        for runs in ["boa", "nodejs", "nodejs22.x", "nodejs12.x", "python3.9", "provided.al2"] {
            assert!(offer.can_run(name(runs)), "{runs}");
        }
        for not in ["nodejs24.x", "python3.13"] {
            assert!(!offer.can_run(name(not)), "{not}");
        }
        assert!(!Offer::BOA.can_run(name("python")) && Offer::BOA.can_run(name("boa")));
    }

    #[test]
    fn names_of_a_newer_brink_are_passed_over() {
        let mut offer = Offer::BOA;
        offer.add(name("python3.12"));
        let written = serde_json::to_string(&offer).unwrap();
        assert_eq!(written, r#"["boa","python3.12"]"#);
        let read = serde_json::from_str::<Offer>(r#"["ruby","boa","python3.12","nodejs"]"#);
        offer.add(name("nodejs"));
        assert_eq!(read.unwrap(), offer);
    }
}
