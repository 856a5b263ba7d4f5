//! A function's files, named by their SHA-256.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::wire::{self, WireError};

/// Largest bundle, in bytes of its files. Lambda@Edge's quota for origin triggers is 50 MB
/// compressed (`contract.md` 5.1); a bundle is kept in memory by each sandbox that runs it.
pub const BUNDLE_MAX: usize = 50 * 1024 * 1024;

/// Most files in one bundle.
pub const BUNDLE_FILES_MAX: usize = 10_000;

/// A function's files by path: relative, `/` between parts, no `.` or `..`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bundle {
    files: BTreeMap<String, Bytes>,
}

/// SHA-256 of an encoded bundle, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BundleDigest(String);

/// Why files are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A path that could leave the bundle, or that is not in normal form.
    #[error("file name {0:?}: write a relative path with / between its parts, without . or ..")]
    Path(String),
    /// Nothing in it.
    #[error("the bundle has no files")]
    Empty,
    /// Over [`BUNDLE_MAX`] or [`BUNDLE_FILES_MAX`].
    #[error(
        "the bundle has {files} files of {bytes} bytes together; the limits are {BUNDLE_FILES_MAX} files and {BUNDLE_MAX} bytes"
    )]
    TooLarge {
        /// Its files.
        files: usize,
        /// Their bytes together.
        bytes: usize,
    },
    /// The stored bytes are not a bundle.
    #[error("the stored bundle is broken: {0}")]
    Broken(#[from] WireError),
    /// The process ended before the bundle was encoded or decoded.
    #[error("the bundle was not read or written because this process stops")]
    Abandoned,
    /// The stored bytes are another bundle.
    #[error("the stored bundle has digest {found}, not {expected}")]
    Digest {
        /// The requested digest.
        expected: BundleDigest,
        /// The digest of the bytes.
        found: BundleDigest,
    },
    /// Not 64 hexadecimal digits.
    #[error("{0:?} is not a SHA-256 in hexadecimal")]
    NotADigest(String),
}

// === impl Bundle ===

impl Bundle {
    /// Checks names, number and size of the files.
    pub fn new(files: BTreeMap<String, Bytes>) -> Result<Self, BundleError> {
        if files.is_empty() {
            return Err(BundleError::Empty);
        }
        if let Some(path) = files.keys().find(|path| !is_plain_path(path)) {
            return Err(BundleError::Path(path.clone()));
        }
        let bytes = files.values().map(Bytes::len).sum();
        if bytes > BUNDLE_MAX || files.len() > BUNDLE_FILES_MAX {
            return Err(BundleError::TooLarge { files: files.len(), bytes });
        }
        Ok(Self { files })
    }

    /// One file by its path.
    pub fn file(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// All files, sorted by path.
    pub fn files(&self) -> &BTreeMap<String, Bytes> {
        &self.files
    }

    /// Bytes of all files together.
    pub fn size(&self) -> usize {
        self.files.values().map(Bytes::len).sum()
    }

    /// The form in which it is stored, and its digest. Equal bundles have equal digests.
    pub fn encode(&self) -> Result<(BundleDigest, Bytes), BundleError> {
        let bytes = wire::encode(self)?;
        Ok((BundleDigest::of(&bytes), bytes))
    }

    /// Reads the output of [`encode`](Self::encode), and checks its digest.
    pub fn decode(bytes: &[u8], expected: &BundleDigest) -> Result<Self, BundleError> {
        let found = BundleDigest::of(bytes);
        if found != *expected {
            return Err(BundleError::Digest { expected: expected.clone(), found });
        }
        Self::new(wire::decode::<Self>(bytes)?.files)
    }
}

fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

// === impl BundleDigest ===

impl BundleDigest {
    fn of(bytes: &[u8]) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(bytes)))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BundleDigest {
    type Err = BundleError;

    fn from_str(text: &str) -> Result<Self, BundleError> {
        match HEXLOWER.decode(text.as_bytes()) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(BundleError::NotADigest(text.to_owned())),
        }
    }
}

impl TryFrom<String> for BundleDigest {
    type Error = BundleError;

    fn try_from(text: String) -> Result<Self, BundleError> {
        text.parse()
    }
}

impl From<BundleDigest> for String {
    fn from(digest: BundleDigest) -> Self {
        digest.0
    }
}

impl fmt::Display for BundleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BundleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(path: &str) -> Result<Bundle, BundleError> {
        Bundle::new([(path.to_owned(), Bytes::from_static(b"x"))].into())
    }

    #[test]
    fn comes_back_under_its_own_digest_only() {
        let (digest, bytes) = bundle("lib/a.js").unwrap().encode().unwrap();
        assert_eq!(Bundle::decode(&bytes, &digest).unwrap(), bundle("lib/a.js").unwrap());
        let (other, _) = bundle("b.js").unwrap().encode().unwrap();
        assert!(matches!(Bundle::decode(&bytes, &other), Err(BundleError::Digest { .. })));
    }

    #[test]
    fn rejects_paths_that_leave_it() {
        for path in ["", "/etc/passwd", "../a", "a/../b", "a//b", "./a", "a\\b", "a\0"] {
            assert!(matches!(bundle(path), Err(BundleError::Path(_))), "{path:?}");
        }
        assert!(matches!(Bundle::new(BTreeMap::new()), Err(BundleError::Empty)));
    }

    #[test]
    fn rejects_more_than_a_bundle_holds() {
        let half = Bytes::from(vec![0; BUNDLE_MAX / 2]);
        let of = |more: &'static [u8]| {
            let files = [("a", half.clone()), ("b", half.clone()), ("c", Bytes::from_static(more))];
            Bundle::new(files.map(|(path, bytes)| (path.to_owned(), bytes)).into())
        };
        assert_eq!(of(b"").unwrap().size(), BUNDLE_MAX);
        let rejected = of(b"x").unwrap_err();
        assert!(
            matches!(rejected, BundleError::TooLarge { files: 3, bytes } if bytes == BUNDLE_MAX + 1)
        );
        let many = (0..=BUNDLE_FILES_MAX).map(|n| (n.to_string(), Bytes::new())).collect();
        assert!(matches!(Bundle::new(many), Err(BundleError::TooLarge { .. })));
    }
}
