//! One order at the authority, from the request to the certificate (RFC 8555, 7.4).
//!
//! ```text
//! new order ─▶ a challenge, in the bucket ─▶ validated by the authority ─▶ CSR ─▶ certificate
//! ```

use std::sync::Arc;

use brink_shared::bus::{Bucket, Bus, BusError};
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use zeroize::Zeroizing;

use super::order_error::{Fault, OrderError};
use super::records::{CertificateRecord, ChallengeRecord, json};
use super::settings::Setup;
use super::{key, renewal_info, schedule};
use crate::https::Certificate;

/// Everything that an order needs.
pub(super) struct Ordering<'a> {
    pub(super) setup: &'a Setup,
    pub(super) bus: &'a dyn Bus,
    pub(super) bucket: &'a Arc<dyn Bucket>,
    pub(super) account: &'a Account,
}

// === impl Ordering ===

impl Ordering<'_> {
    /// Gets a certificate for a name. `before` is the one that it replaces.
    pub(super) async fn certificate(
        &self,
        name: &str,
        before: Option<&CertificateRecord>,
    ) -> Result<CertificateRecord, OrderError> {
        let mut order = self.begin(name, before).await?;
        let mut tokens = Vec::new();
        let validated = self.validate(&mut order, &mut tokens).await;
        for token in tokens {
            self.take_back(&token).await;
        }
        validated?;
        let (csr, key) = request(name)?;
        order.finalize_csr(&csr).await?;
        let chain = order.poll_certificate(&self.patience()).await?;
        self.record(name, chain, &key).await
    }

    /// Opens an order. An authority that knows renewal information learns which certificate is
    /// replaced, and may then leave the order out of its limits.
    async fn begin(
        &self,
        name: &str,
        before: Option<&CertificateRecord>,
    ) -> Result<Order, OrderError> {
        let names = [Identifier::Dns(name.to_owned())];
        let before = before.filter(|before| before.directory == self.setup.directory);
        if let Some(replaced) = before.and_then(|before| renewal_info::identifier(&before.chain)) {
            let order = NewOrder::new(&names).replaces(replaced);
            match self.account.new_order(&order).await {
                Ok(order) => return Ok(order),
                Err(Error::Api(problem)) if problem.status == Some(429) => {
                    return Err(OrderError::of_problem(&problem));
                }
                // The authority does not know it, or it was replaced already.
                Err(error) => tracing::debug!(%error, name, "this order names no certificate"),
            }
        }
        Ok(self.account.new_order(&NewOrder::new(&names)).await?)
    }

    /// Answers the challenge of each authorization. `tokens` gets those that are in the bucket then.
    async fn validate(
        &self,
        order: &mut Order,
        tokens: &mut Vec<String>,
    ) -> Result<(), OrderError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                status => {
                    return Err(OrderError::of_name(format!("the authorization is {status:?}")));
                }
            }
            let challenge = authorization.challenge(ChallengeType::Http01);
            let mut challenge = challenge
                .ok_or_else(|| OrderError::of_name("the authority offers no challenge by HTTP"))?;
            if !is_token(&challenge.token) {
                return Err(OrderError::of_authority("the challenge's token is not one"));
            }
            tokens.push(challenge.token.clone());
            self.show(&challenge.token, challenge.key_authorization().as_str()).await?;
            challenge.set_ready().await?;
        }
        match order.poll_ready(&self.patience()).await {
            Ok(OrderStatus::Ready) => Ok(()),
            Ok(_) => Err(self.reason(order).await),
            Err(error @ (Error::Api(_) | Error::Timeout(_))) => {
                Err(OrderError { fault: Fault::Name, ..error.into() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Why the authority did not validate the name.
    async fn reason(&self, order: &mut Order) -> OrderError {
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let Ok(state) = authorization.refresh().await else { continue };
            let problem = state.challenges.iter().find_map(|challenge| challenge.error.as_ref());
            if let Some(problem) = problem {
                return OrderError { fault: Fault::Name, ..OrderError::of_problem(problem) };
            }
        }
        OrderError::of_name("the authority did not validate the name, and says no reason")
    }

    /// Puts the answer to a challenge where all gateways see it, and lets them see it.
    async fn show(&self, token: &str, answer: &str) -> Result<(), BusError> {
        let until = self.bus.clock().now().after(self.setup.pace.order);
        let record = json(&ChallengeRecord { answer: answer.to_owned(), until });
        let key = key::challenge(token);
        match self.bucket.get(&key).await? {
            // Left by a leader that ended: the authority goes on with its order.
            Some(entry) => self.bucket.update(&key, record, entry.revision).await?,
            None => self.bucket.create(&key, record).await?,
        };
        tokio::time::sleep(self.setup.pace.spread).await;
        Ok(())
    }

    /// Removes the answer to a challenge. If this fails, the next leader does it.
    async fn take_back(&self, token: &str) {
        let key = key::challenge(token);
        let removed = async {
            match self.bucket.get(&key).await? {
                Some(entry) => self.bucket.delete(&key, entry.revision).await,
                None => Ok(()),
            }
        };
        if let Err(error) = removed.await {
            tracing::debug!(%error, "cannot remove the answer to a challenge yet");
        }
    }

    /// Checks the certificate, and makes its record.
    async fn record(
        &self,
        name: &str,
        chain: String,
        key: &str,
    ) -> Result<CertificateRecord, OrderError> {
        let issued = Certificate::issued(name, &chain, key).map_err(OrderError::of_authority)?;
        let (from, expires) = issued.validity();
        let now = self.bus.clock().now();
        if expires <= now {
            return Err(OrderError::of_authority("the certificate has expired already"));
        }
        // Without the window, a third of the lifetime decides.
        let window = renewal_info::window(self.account, &chain).await.unwrap_or_default();
        let window = window.map(|(window, _)| window).filter(|window| window.end > now);
        Ok(CertificateRecord {
            name: name.to_owned(),
            directory: self.setup.directory.clone(),
            key: CertificateRecord::seal(name, key, &self.setup.seal_to)?,
            chain,
            expires,
            renew_at: schedule::renew_at((from, expires), window, rand::random()),
            window,
        })
    }

    /// How long the authority may take to decide, and how often it is asked.
    fn patience(&self) -> RetryPolicy {
        RetryPolicy::new().timeout(self.setup.pace.order / 3)
    }
}

/// A new key in PEM, and the request for its certificate in DER.
fn request(name: &str) -> Result<(Vec<u8>, Zeroizing<String>), OrderError> {
    let wrong = |error: rcgen::Error| OrderError::of_name(error.to_string());
    let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(wrong)?;
    params.distinguished_name = DistinguishedName::new();
    let key = KeyPair::generate().map_err(wrong)?;
    let csr = params.serialize_request(&key).map_err(wrong)?;
    Ok((csr.der().to_vec(), Zeroizing::new(key.serialize_pem())))
}

/// Tokens are Base64url (RFC 8555, 8.1), so keys of the bucket can have them.
fn is_token(token: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=256).contains(&token.len()) && token.bytes().all(plain)
}
