//! The keys with which a worker opens secrets. Are they the cluster's keys?
//!
//! The workers of a cluster share a key file. The first worker that is asked for a key writes its
//! public key into the registry, and all clients seal secrets to that key. A worker with other keys
//! cannot run functions with secrets. It sends their events elsewhere, and warns of it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use brink_shared::id::FunctionName;
use brink_shared::registry::Store;
use brink_shared::registry::store::StoreError;
use brink_shared::secret::{KeyError, OpenError, PublicKey, SealedSecrets, SecretKey, Secrets};
use zeroize::Zeroizing;

/// The name of the key file in a worker's state folder.
const FILE: &str = "secrets.key";

/// Longest key file that is read, in bytes.
const FILE_MAX: usize = 64 * 1024;

/// The keys of one worker. It offers the first one.
#[derive(Debug)]
pub struct Keyring {
    keys: Vec<SecretKey>,
    /// A key that secrets are sealed to and that this worker does not have.
    missing: RefCell<Option<PublicKey>>,
}

/// Why a worker has no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The key file cannot be read or made.
    #[error("the secrets' key {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("the secrets' key {path}: {source}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
}

// === impl Keyring ===

impl Keyring {
    /// A key that ends with the process.
    pub fn in_memory() -> Self {
        Self { keys: vec![SecretKey::generate()], missing: RefCell::default() }
    }

    /// The keys of this file, or of the file in the state folder. Makes the file if it does not
    /// exist, readable by its owner only. Without a file the key ends with the process.
    pub fn open(file: Option<&Path>, state: Option<&Path>) -> Result<Self, KeyringError> {
        let path = file.map(Path::to_owned).or_else(|| state.map(|state| state.join(FILE)));
        let Some(path) = path else { return Ok(Self::in_memory()) };
        let text = match read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(&path).and_then(|()| read(&path))
            }
            text => text,
        };
        let text = text.map_err(|source| KeyringError::File { path: path.clone(), source })?;
        let keys = SecretKey::from_file(&text);
        let keys = keys.map_err(|source| KeyringError::Content { path, source })?;
        Ok(Self { keys, missing: RefCell::default() })
    }

    /// The cluster's public key. If the cluster has none, this worker's key becomes the cluster's.
    pub async fn cluster_key(&self, store: &Store) -> Result<PublicKey, StoreError> {
        let key = store.offer_secrets_key(&self.public()).await?;
        self.compare(&key);
        Ok(key)
    }

    /// Checks whether this worker has the cluster's key. If that is an older one of this worker's
    /// keys, the first key replaces it.
    pub async fn check(&self, store: &Store) -> Result<(), StoreError> {
        match store.secrets_key().await? {
            Some(key) if self.public().contains(&key) => self.cluster_key(store).await.map(drop),
            Some(key) => {
                self.compare(&key);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Opens the secrets of a function that is to run here. If their key is missing, operators are
    /// warned.
    pub fn secrets_of(
        &self,
        function: &FunctionName,
        sealed: &SealedSecrets,
    ) -> Result<Secrets, OpenError> {
        self.try_open(function, sealed).inspect_err(|error| self.blame(error))
    }

    /// Opens a function's secrets. Warns nobody: the function need not run here.
    pub fn try_open(
        &self,
        function: &FunctionName,
        sealed: &SealedSecrets,
    ) -> Result<Secrets, OpenError> {
        let opened = sealed
            .iter()
            .map(|(name, sealed)| Ok((name.clone(), sealed.open(&self.keys, function, name)?)));
        opened.collect()
    }

    /// The warning for operators, in `brink status`.
    pub fn warning(&self) -> Option<String> {
        let missing = self.missing.borrow();
        let own = self.keys.first()?.public();
        let key = missing.as_ref()?;
        Some(format!(
            "functions with secrets do not run here: they are sealed to the key {key}, and this \
             worker has {own}; start it with --secrets-key and the file of the others"
        ))
    }

    fn public(&self) -> Vec<PublicKey> {
        self.keys.iter().map(SecretKey::public).collect()
    }

    fn compare(&self, key: &PublicKey) {
        if !self.public().contains(key) {
            self.lacks(key);
        }
    }

    fn blame(&self, error: &OpenError) {
        if let OpenError::OtherKey { key, .. } = error {
            self.lacks(key);
        }
    }

    /// Warns once for each key.
    fn lacks(&self, key: &PublicKey) {
        let before = self.missing.replace(Some(key.clone()));
        if before.as_ref() != Some(key)
            && let Some(warning) = self.warning()
        {
            tracing::warn!("{warning}");
        }
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let metadata = std::fs::metadata(path)?;
    if metadata.permissions().mode() & 0o007 != 0 {
        tracing::warn!(path = %path.display(), "every user of this machine can read the key of the secrets: run chmod 600 on the file");
    }
    let text = Zeroizing::new(std::fs::read_to_string(path)?);
    if text.len() > FILE_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "this is not a key file: it is too long",
        ));
    }
    Ok(text)
}

/// Writes a new key under another name and renames it, unless another worker was faster: workers
/// that share the file may start together.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Only its owner can read it, from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(SecretKey::generate().to_file().as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => tracing::info!(path = %path.display(), "made a key file for secrets"),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use brink_shared::bus::EmbeddedBus;

    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_only() {
        let state = tempfile::tempdir().unwrap();
        let made = Keyring::open(None, Some(state.path())).unwrap();
        let path = state.path().join(FILE);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Keyring::open(Some(&path), None).unwrap();
        assert_eq!(made.public(), again.public());
        make(&path).unwrap();
        assert_eq!(Keyring::open(Some(&path), None).unwrap().public(), made.public());
        std::fs::write(&path, "rubbish").unwrap();
        let error = Keyring::open(Some(&path), None).unwrap_err().to_string();
        assert!(error.contains("secrets.key: line 1 is not a key"), "{error}");
        assert!(!error.contains("rubbish"), "{error}");
    }

    #[tokio::test]
    async fn the_first_key_is_the_clusters_until_its_owner_has_a_newer_one() {
        // The store's buckets end with the bus.
        let bus = EmbeddedBus::new();
        let store = Store::open(bus.clone()).await.unwrap();
        let (first, other) = (Keyring::in_memory(), Keyring::in_memory());
        first.check(&store).await.unwrap();
        assert_eq!(store.secrets_key().await.unwrap(), None);
        let key = first.cluster_key(&store).await.unwrap();
        assert_eq!(key, first.public()[0]);
        assert_eq!(other.cluster_key(&store).await.unwrap(), key);
        assert_eq!(first.warning(), None);
        let warning = other.warning().unwrap();
        assert!(warning.contains(&key.to_string()) && warning.contains("--secrets-key"));

        let mut keys = first.keys;
        keys.insert(0, SecretKey::generate());
        let rotated = Keyring { keys, missing: RefCell::default() };
        rotated.check(&store).await.unwrap();
        assert_eq!(store.secrets_key().await.unwrap().as_ref(), rotated.public().first());
        assert_eq!(rotated.warning(), None);
    }
}
