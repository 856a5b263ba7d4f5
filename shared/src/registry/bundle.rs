//! A function's files, named by their SHA-256.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::runtime::Runtime;
use crate::wire::{self, WireError};

/// Most that a bundle of any runtime has.
pub const BOUNDS_MAX: BundleBounds = BundleBounds { bytes: 250 * 1024 * 1024, files: 50_000 };

/// Most bytes of an encoded bundle: the files, and 256 bytes for the name of each one.
pub(super) const ENCODED_MAX: usize = BOUNDS_MAX.bytes + 256 * BOUNDS_MAX.files;

/// Most that a bundle for the embedded runtime has: each of its sandboxes keeps it in memory.
const BOUNDS_EMBEDDED: BundleBounds = BundleBounds { bytes: 50 * 1024 * 1024, files: 10_000 };

/// Bytes of an encoded bundle that a file takes beyond its content and its name.
const FILE_FRAME: usize = 16;

/// Most that a bundle may have. Lambda@Edge's quotas are 50 MB of zip for origin triggers
/// (`contract.md` 5.1) and AWS Lambda's 250 MB of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleBounds {
    /// Bytes of all files together.
    pub bytes: usize,
    /// Number of files.
    pub files: usize,
}

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
    /// Over the bounds.
    #[error(
        "the bundle has {files} files of {bytes} bytes together; the limits are {} files and {} bytes",
        max.files, max.bytes
    )]
    TooLarge {
        /// Its files.
        files: usize,
        /// Their bytes together.
        bytes: usize,
        /// The bounds.
        max: BundleBounds,
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

// === impl BundleBounds ===

impl BundleBounds {
    /// The bounds of a runtime's bundles.
    pub fn of(runtime: Runtime) -> Self {
        match runtime {
            Runtime::Boa => BOUNDS_EMBEDDED,
            // They read the files from disk.
            Runtime::Nodejs | Runtime::Python | Runtime::Provided => BOUNDS_MAX,
        }
    }

    /// True if so much is within the bounds.
    pub fn have(&self, bytes: usize, files: usize) -> bool {
        bytes <= self.bytes && files <= self.files
    }
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
        let bundle = Self { files };
        bundle.check_size(BOUNDS_MAX)?;
        Ok(bundle)
    }

    /// Checks that this runtime can have the bundle.
    pub fn check_for(&self, runtime: Runtime) -> Result<(), BundleError> {
        self.check_size(BundleBounds::of(runtime))
    }

    fn check_size(&self, max: BundleBounds) -> Result<(), BundleError> {
        let (bytes, files) = (self.size(), self.files.len());
        if max.have(bytes, files) {
            return Ok(());
        }
        Err(BundleError::TooLarge { files, bytes, max })
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
        let names: usize = self.files.keys().map(|name| name.len() + FILE_FRAME).sum();
        let bytes = wire::encode_sized(self, self.size() + names + FILE_FRAME)?;
        Ok((BundleDigest::of(&bytes), bytes))
    }

    /// Its digest alone, without a copy of its files.
    pub fn digest(&self) -> Result<BundleDigest, BundleError> {
        let mut hash = Sha256::new();
        wire::encode_to(self, &mut hash)?;
        Ok(BundleDigest(HEXLOWER.encode(&hash.finalize())))
    }

    /// Reads the output of [`encode`](Self::encode), and checks its digest. The files share the
    /// memory of `bytes`.
    pub fn decode(bytes: &Bytes, expected: &BundleDigest) -> Result<Self, BundleError> {
        let found = BundleDigest::of(bytes);
        if found != *expected {
            return Err(BundleError::Digest { expected: expected.clone(), found });
        }
        let files: BTreeMap<String, &[u8]> = wire::decode_borrowed(bytes)?;
        Self::new(files.into_iter().map(|(path, file)| (path, bytes.slice_ref(file))).collect())
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
        assert_eq!(bundle("lib/a.js").unwrap().digest().unwrap(), digest);
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
        for runtime in Runtime::ALL {
            let max = BundleBounds::of(runtime);
            let half = Bytes::from(vec![0; max.bytes / 2]);
            let of = |more: &'static [u8]| {
                let files =
                    [("a", half.clone()), ("b", half.clone()), ("c", Bytes::from_static(more))];
                let bundle =
                    Bundle::new(files.map(|(path, bytes)| (path.to_owned(), bytes)).into());
                bundle.and_then(|bundle| bundle.check_for(runtime).map(|()| bundle.size()))
            };
            assert_eq!(of(b"").unwrap(), max.bytes, "{runtime:?}");
            match of(b"x").unwrap_err() {
                BundleError::TooLarge { files: 3, bytes, max: told } => {
                    assert_eq!((bytes, told), (max.bytes + 1, max), "{runtime:?}");
                }
                other => panic!("{runtime:?}: {other}"),
            }
            let many = (0..=max.files).map(|n| (n.to_string(), Bytes::new())).collect();
            let many = Bundle::new(many).and_then(|bundle| bundle.check_for(runtime));
            assert!(matches!(many, Err(BundleError::TooLarge { .. })), "{runtime:?}");
        }
    }

    #[test]
    fn a_bundle_that_is_read_shares_its_bytes() {
        let (digest, bytes) = bundle("lib/a.js").unwrap().encode().unwrap();
        let read = Bundle::decode(&bytes, &digest).unwrap();
        assert!(bytes.as_ptr_range().contains(&read.file("lib/a.js").unwrap().as_ptr()));
    }
}
