//! The runtimes, and the names by which settings choose them.

mod offer;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::nearest_name::nearest;

pub use offer::Offer;

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
///
/// Names of releases that do not exist yet are read too, so a newer interpreter needs no newer
/// Brink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// The second number, for Python and the first releases of Node.js; else 0.
    pub minor: u16,
}

/// A text that names no runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no runtime {text:?}{}: choose boa, nodejs, python or provided, or a name of Lambda: \
     nodejs18.x to nodejs24.x, python3.9 to python3.14, provided.al2 or provided.al2023",
    .meant.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
)]
pub struct UnknownRuntime {
    text: String,
    /// The name that was probably meant.
    meant: Option<&'static str>,
}

/// The kinds, and the names that Lambda gave, also those that it no longer accepts.
const KNOWN: [&str; 33] = [
    "boa",
    "nodejs",
    "python",
    "provided",
    "nodejs4.3",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "provided.al2",
    "provided.al2023",
    // These follow the rule of their kinds.
    "nodejs26.x",
    "nodejs28.x",
    "python3.15",
    "python3.16",
    "python3.17",
    "python3.18",
];

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

// === impl Release ===

impl Release {
    /// Whether the kind has, had, or may get such a release.
    fn is_of(self, runtime: Runtime) -> bool {
        let Self { major, minor } = self;
        match runtime {
            Runtime::Boa => false,
            Runtime::Nodejs => matches!((major, minor), (4, 3) | (6 | 8, 10) | (10..100, 0)),
            Runtime::Python => matches!((major, minor), (2, 7) | (3, 6..100)),
            Runtime::Provided => matches!(major, 2 | 2023..2100),
        }
    }
}

// === impl RuntimeName ===

impl fmt::Display for RuntimeName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.runtime.name())?;
        let Some(Release { major, minor }) = self.release else { return Ok(()) };
        match self.runtime {
            Runtime::Boa => Ok(()),
            Runtime::Nodejs if minor == 0 => write!(out, "{major}.x"),
            Runtime::Nodejs | Runtime::Python => write!(out, "{major}.{minor}"),
            Runtime::Provided => write!(out, ".al{major}"),
        }
    }
}

impl FromStr for RuntimeName {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        let named = Runtime::ALL.into_iter().find_map(|runtime| {
            let release = text.strip_prefix(runtime.name())?;
            if release.is_empty() {
                return Some(Self::from(runtime));
            }
            let release = release_of(runtime, release).filter(|release| release.is_of(runtime))?;
            Some(Self { runtime, release: Some(release) })
        });
        // It has one form only: `nodejs020.x` is no name.
        named.filter(|name| name.to_string() == text).ok_or_else(|| UnknownRuntime {
            text: text.chars().take(TOLD_MAX).collect(),
            meant: nearest(&text.to_lowercase(), KNOWN),
        })
    }
}

/// Most characters of an unknown name that its error repeats.
const TOLD_MAX: usize = 40;

/// The release in the rest of a name: `20.x`, `3.12`, `.al2023`.
fn release_of(runtime: Runtime, text: &str) -> Option<Release> {
    let (major, minor) = match runtime {
        Runtime::Boa => return None,
        Runtime::Nodejs | Runtime::Python => text.split_once('.')?,
        Runtime::Provided => (text.strip_prefix(".al")?, "x"),
    };
    let minor = match minor {
        "x" if runtime != Runtime::Python => 0,
        minor => minor.parse().ok()?,
    };
    Some(Release { major: major.parse().ok()?, minor })
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
        for text in KNOWN {
            let name: RuntimeName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<RuntimeName>(&json).unwrap(), name);
        }
        for text in [
            "",
            "node",
            "Boa",
            "boa1.x",
            "nodejs20",
            "nodejs020.x",
            "nodejs20.1",
            "nodejs200.x",
            "nodejs20.0",
            "python3",
            "python3.x",
            "python31.2",
            "python3.+9",
            "provided.x",
            "provided.al1",
        ] {
            assert!(text.parse::<RuntimeName>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_gets_the_choice_and_the_name_that_was_meant() {
        for (text, meant) in [
            ("node", Some("nodejs")),
            ("nodejs20", Some("nodejs20.x")),
            ("NodeJS20.x", Some("nodejs20.x")),
            ("python3", Some("python")),
            ("python312", Some("python3.12")),
            ("ruby3.3", None),
        ] {
            let told = text.parse::<RuntimeName>().unwrap_err().to_string();
            assert!(told.starts_with(&format!("there is no runtime {text:?}")), "{told}");
            let has = |name| told.contains(&format!("did you mean {name:?}?"));
            assert_eq!(meant.is_some_and(has), meant.is_some(), "{told}");
            assert_eq!(told.contains("did you mean"), meant.is_some(), "{told}");
            assert!(told.contains("boa, nodejs, python or provided"), "{told}");
        }
        let long = "x".repeat(100_000).parse::<RuntimeName>().unwrap_err().to_string();
        assert!(long.len() < 400, "{}", long.len());
    }
}
