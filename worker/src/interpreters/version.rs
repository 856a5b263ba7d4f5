//! Versions of interpreters.

use std::fmt;
use std::str::FromStr;

use brink_shared::registry::{Release, Runtime, RuntimeName};

/// A version, such as 22.20.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version such as 22.20.0")]
pub struct BadVersion(String);

/// The oldest Node.js and Python on which the bootstraps run.
const NODEJS_OLDEST: Version = Version { major: 18, minor: 0, patch: 0 };
const PYTHON_OLDEST: Version = Version { major: 3, minor: 9, patch: 0 };

// === impl Version ===

impl Version {
    /// The release that functions name.
    pub fn release(self, runtime: Runtime) -> Release {
        let Self { major, minor, .. } = self;
        Release { major, minor: if runtime == Runtime::Python { minor } else { 0 } }
    }

    /// True if functions can run on it.
    pub(super) fn is_supported(self, runtime: Runtime) -> bool {
        match runtime {
            Runtime::Nodejs => self >= NODEJS_OLDEST,
            Runtime::Python => self >= PYTHON_OLDEST && self.major == PYTHON_OLDEST.major,
            Runtime::Boa | Runtime::Provided => false,
        }
    }
}

/// The release that a function names, if the oldest supported one is older.
pub(super) fn beyond_oldest(name: RuntimeName) -> Option<Release> {
    let oldest = match name.runtime {
        Runtime::Python => PYTHON_OLDEST,
        _ => NODEJS_OLDEST,
    };
    name.release.filter(|release| *release > oldest.release(name.runtime))
}

/// The versions on which functions can run, in words.
pub(super) fn needed(runtime: Runtime) -> String {
    match runtime {
        Runtime::Python => format!("{}.{} or newer", PYTHON_OLDEST.major, PYTHON_OLDEST.minor),
        _ => format!("{} or newer", NODEJS_OLDEST.major),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let bad = || BadVersion(text.chars().take(40).collect());
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or_else(bad);
        let number = |part: &str| part.parse().map_err(|_| bad());
        let (major, minor, patch) = (number(next()?)?, number(next()?)?, next()?);
        // The third may have an addition: `0-nightly20260101`, `0rc1`.
        let end = patch.find(|c: char| !c.is_ascii_digit()).unwrap_or(patch.len());
        let patch = number(patch.get(..end).unwrap_or_default())?;
        Ok(Self { major, minor, patch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, shown) in
            [("22.20.0", "22.20.0"), ("3.14.0rc2", "3.14.0"), ("25.0.0-nightly1", "25.0.0")]
        {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), shown);
        }
        for bad in ["", "22", "22.1", "v22.1.0", "a.b.c", "3.9.", "99999999.1.1"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
        let supported =
            |text: &str, runtime| text.parse::<Version>().unwrap().is_supported(runtime);
        assert!(supported("18.0.0", Runtime::Nodejs) && !supported("16.20.2", Runtime::Nodejs));
        assert!(supported("3.9.0", Runtime::Python) && !supported("3.8.19", Runtime::Python));
        assert!(!supported("4.0.0", Runtime::Python));
    }
}
