//! Decides whether a viewer gets an answer at all, before any function runs: by its address, its
//! rate, and the signature of its request (`contract.md` 7.17, 7.18).
//!
//! A [`Guard`] has the restrictions of one behavior, prepared for requests. A behavior without
//! restrictions has none. The order of the checks is the pipeline's.

mod address_set;
mod clients;
mod refused;
pub mod signature;

use brink_shared::registry::distribution::{Behavior, Distribution};

pub use address_set::AddressSet;
pub use clients::{Clients, Rate};
pub use refused::Refused;
pub use signature::{SignatureFault, TrustedKeys};

/// The restrictions of one behavior.
#[derive(Debug)]
pub struct Guard {
    /// Only these viewers get an answer; `None` for all.
    allow: Option<AddressSet>,
    deny: AddressSet,
    /// How many requests a client may send.
    pub rate: Option<Rate>,
    /// The keys of signatures, if requests need one.
    pub keys: Option<TrustedKeys>,
}

// === impl Guard ===

impl Guard {
    /// The guard of a behavior; `None` if it has no restrictions. Fails with the entry of a list
    /// that this release cannot read.
    pub fn of(distribution: &Distribution, behavior: &Behavior) -> Result<Option<Self>, String> {
        let access = &behavior.access;
        if access.is_open() && behavior.trusted_key_groups.is_empty() {
            return Ok(None);
        }
        let set = |list: &[String]| distribution.networks(list).map(|all| AddressSet::new(&all));
        let label = format!("{} {}", distribution.id, behavior.path);
        Ok(Some(Self {
            allow: match access.allow.is_empty() {
                true => None,
                false => Some(set(&access.allow)?),
            },
            deny: set(&access.deny)?,
            rate: access.rate_limit.map(|limit| Rate::new(&label, &limit)),
            keys: (!behavior.trusted_key_groups.is_empty())
                .then(|| TrustedKeys::new(distribution.trusted_keys(behavior))),
        }))
    }

    /// True if viewers at this address get answers.
    pub fn allows(&self, address: std::net::IpAddr) -> bool {
        !self.deny.contains(address)
            && self.allow.as_ref().is_none_or(|allowed| allowed.contains(address))
    }
}
