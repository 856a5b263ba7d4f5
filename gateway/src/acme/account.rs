//! The account at the authority: made once for the cluster, and kept sealed in the bucket.

use brink_shared::bus::{Bucket, BusError};
use brink_shared::secret::{Sealed, SecretError};
use instant_acme::{Account, ExternalAccountKey, NewAccount};
use zeroize::Zeroizing;

use super::authority_client::AuthorityClient;
use super::key;
use super::order_error::{Fault, OrderError};
use super::records::{AccountRecord, json};
use super::settings::Setup;

/// Opens the cluster's account, or makes one.
pub(super) async fn open(
    setup: &Setup,
    bucket: &dyn Bucket,
    client: &AuthorityClient,
) -> Result<Account, OrderError> {
    if let Some(account) = stored(setup, bucket, client).await? {
        return Ok(account);
    }
    let contact: Vec<&str> = setup.contact.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let external = setup.external_account.as_ref();
    let external = external.map(|own| ExternalAccountKey::new(own.id.clone(), &own.key));
    let builder = Account::builder_with_http(Box::new(client.clone()));
    let made = builder.create(&new, setup.directory.clone(), external.as_ref()).await;
    // Without an account, no name gets a certificate.
    let of_all = |error| OrderError { fault: Fault::Authority, ..OrderError::from(error) };
    let (account, credentials) = made.map_err(of_all)?;
    let text = serde_json::to_string(&credentials).map(Zeroizing::new);
    let text = text.map_err(|error| OrderError::of_authority(error.to_string()))?;
    let record = sealed(setup, &text)?;
    match bucket.create(&key::account(&setup.directory), json(&record)).await {
        Ok(_) => Ok(account),
        // Another gateway made one in the meantime.
        Err(BusError::Conflict(_)) => {
            let stored = stored(setup, bucket, client).await?;
            Ok(stored.unwrap_or(account))
        }
        Err(error) => Err(error.into()),
    }
}

/// Forgets an account that the authority does not know any more.
pub(super) async fn forget(setup: &Setup, bucket: &dyn Bucket) -> Result<(), BusError> {
    match bucket.get(&key::account(&setup.directory)).await? {
        Some(entry) => bucket.delete(&entry.key, entry.revision).await,
        None => Ok(()),
    }
}

async fn stored(
    setup: &Setup,
    bucket: &dyn Bucket,
    client: &AuthorityClient,
) -> Result<Option<Account>, OrderError> {
    let unreadable = |error: serde_json::Error| OrderError {
        fault: Fault::Here,
        message: format!("the record of the account at the ACME authority: {error}"),
    };
    let Some(entry) = bucket.get(&key::account(&setup.directory)).await? else { return Ok(None) };
    let record: AccountRecord = serde_json::from_slice(&entry.value).map_err(unreadable)?;
    let text = record.credentials.open_text(&setup.keys, &purpose(&setup.directory))?;
    if record.credentials.key != setup.seal_to {
        // The key file has a newer key, and the older one may be removed some day.
        bucket.update(&entry.key, json(&sealed(setup, &text)?), entry.revision).await?;
    }
    let credentials = serde_json::from_str(&text).map_err(unreadable)?;
    let builder = Account::builder_with_http(Box::new(client.clone()));
    Ok(Some(builder.from_credentials(credentials).await?))
}

fn sealed(setup: &Setup, text: &str) -> Result<AccountRecord, SecretError> {
    let credentials = Sealed::of_text(text, &setup.seal_to, &purpose(&setup.directory))?;
    Ok(AccountRecord { directory: setup.directory.clone(), credentials })
}

fn purpose(directory: &str) -> String {
    format!("acme account {directory}")
}
