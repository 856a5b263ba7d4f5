//! `secret.key`: the public key that clients seal secrets to.

use brink_shared::admin::{AdminError, SecretsKey};

use super::{Admin, from_store};

impl Admin {
    pub(super) async fn secrets_key(&self) -> Result<SecretsKey, AdminError> {
        let store = self.store().await?;
        let key = self.shared.secrets.cluster_key(store).await.map_err(from_store)?;
        Ok(SecretsKey { key })
    }
}
