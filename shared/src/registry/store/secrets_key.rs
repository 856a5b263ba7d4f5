//! The public key that secrets are sealed to: one for the whole cluster, by compare-and-swap.

use super::conflict::{CONFLICTS_MAX, pause};
use super::{Key, Store, StoreError, json};
use crate::bus::{BusError, Entry};
use crate::secret::PublicKey;

impl Store {
    /// The cluster's key, if a worker has set one.
    pub async fn secrets_key(&self) -> Result<Option<PublicKey>, StoreError> {
        self.bucket.get(Key::SECRETS_KEY).await?.as_ref().map(read).transpose()
    }

    /// Makes the first of these keys the cluster's, unless the present one is among them. Returns
    /// the cluster's key.
    pub async fn offer_secrets_key(&self, own: &[PublicKey]) -> Result<PublicKey, StoreError> {
        let contended = || StoreError::Contended("the secrets' key".to_owned());
        let first = own.first().ok_or_else(contended)?;
        for conflicts in 0..CONFLICTS_MAX {
            let present = self.bucket.get(Key::SECRETS_KEY).await?;
            let written = match &present {
                None => self.bucket.create(Key::SECRETS_KEY, json(first)).await,
                Some(entry) => {
                    let key: PublicKey = read(entry)?;
                    if key == *first || !own.contains(&key) {
                        return Ok(key);
                    }
                    self.bucket.update(Key::SECRETS_KEY, json(first), entry.revision).await
                }
            };
            match written {
                Ok(_) => return Ok(first.clone()),
                Err(BusError::Conflict(_)) => pause(conflicts).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(contended())
    }
}

/// A key is a text and no object, so it cannot have `requires`.
fn read(entry: &Entry) -> Result<PublicKey, StoreError> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| StoreError::Unreadable { key: entry.key.clone(), source: error.into() })
}
