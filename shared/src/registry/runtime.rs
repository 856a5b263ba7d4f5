//! The runtimes, and the names by which settings choose them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kinds of runtimes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// JavaScript, embedded: starts in milliseconds, light handlers in microseconds.
    #[default]
    Boa,
    /// JavaScript in the `node` of the worker's machine.
    Nodejs,
    /// Python in the `python3` of the worker's machine.
    Python,
    /// A program of the function's own, `bootstrap`, which speaks the Lambda Runtime API.
    Provided,
}

/// The name of a runtime in settings: a kind, such as `nodejs`, or Lambda's identifier with a
/// release, such as `nodejs20.x`, `python3.12` or `provided.al2023`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RuntimeName {
    /// The kind.
    pub runtime: Runtime,
    /// The release of the interpreter; none if any will do.
    pub release: Option<Release>,
}

/// A release of an interpreter, or of the system that `provided` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number: 20 of `nodejs20.x`, 3 of `python3.12`, 2023 of `provided.al2023`.
    pub major: u16,
    /// The second number, for Python.
    pub minor: u16,
}

/// A text that names no runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no runtime {0:?}: it is boa, nodejs, python or provided, or a name of Lambda such as \
     nodejs22.x, python3.13 or provided.al2023"
)]
pub struct UnknownRuntime(String);

// === impl Runtime ===

impl Runtime {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Boa, Self::Nodejs, Self::Python, Self::Provided];

    /// Its name in settings, subjects and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boa => "boa",
            Self::Nodejs => "nodejs",
            Self::Python => "python",
            Self::Provided => "provided",
        }
    }
}

impl From<Runtime> for RuntimeName {
    fn from(runtime: Runtime) -> Self {
        Self { runtime, release: None }
    }
}

// === impl RuntimeName ===

impl fmt::Display for RuntimeName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.runtime.name())?;
        match (self.runtime, self.release) {
            (_, None) | (Runtime::Boa, _) => Ok(()),
            (Runtime::Nodejs, Some(release)) => write!(out, "{}.x", release.major),
            (Runtime::Python, Some(release)) => write!(out, "{}.{}", release.major, release.minor),
            (Runtime::Provided, Some(release)) => write!(out, ".al{}", release.major),
        }
    }
}

impl FromStr for RuntimeName {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        let unknown = || UnknownRuntime(text.to_owned());
        let number = |digits: &str| digits.parse::<u16>().map_err(|_| unknown());
        let named = Runtime::ALL.into_iter().find_map(|runtime| {
            text.strip_prefix(runtime.name()).map(|release| (runtime, release))
        });
        let (runtime, release) = named.ok_or_else(unknown)?;
        let release = match (runtime, release) {
            (_, "") => None,
            (Runtime::Boa, _) => return Err(unknown()),
            (Runtime::Nodejs, release) => {
                let major = number(release.strip_suffix(".x").ok_or_else(unknown)?)?;
                Some(Release { major, minor: 0 })
            }
            (Runtime::Python, release) => {
                let (major, minor) = release.split_once('.').ok_or_else(unknown)?;
                Some(Release { major: number(major)?, minor: number(minor)? })
            }
            (Runtime::Provided, release) => {
                let major = number(release.strip_prefix(".al").ok_or_else(unknown)?)?;
                Some(Release { major, minor: 0 })
            }
        };
        let name = Self { runtime, release };
        // It has one form only: `nodejs020.x` is no name.
        if name.to_string() == text { Ok(name) } else { Err(unknown()) }
    }
}

impl Serialize for RuntimeName {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RuntimeName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_in_one_form() {
        for text in
            ["boa", "nodejs", "nodejs20.x", "python", "python3.12", "provided", "provided.al2023"]
        {
            let name: RuntimeName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<RuntimeName>(&json).unwrap(), name);
        }
        for text in
            ["", "node", "Boa", "boa1.x", "nodejs20", "nodejs020.x", "python3", "provided.x"]
        {
            assert!(text.parse::<RuntimeName>().is_err(), "{text}");
        }
    }
}
