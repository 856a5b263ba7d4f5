//! Whether the sender of a request may do what it asks, and `identity.show`.
//!
//! The server says who sent a request, and no client can write it in the server's place: requests of
//! people come from another account, where the server adds the sender and replaces what a client
//! wrote there. A request without a sender comes from the account of the nodes, where the server
//! lets only admins send requests.

use std::collections::BTreeSet;

use brink_shared::admin::AdminError;
use brink_shared::bus::Message;
use brink_shared::id::{FunctionName, TenantName};
use brink_shared::identity::{Role, Verb, WhoAmI};
use brink_shared::registry::Distribution;

use super::Admin;

impl Admin {
    /// An error if the sender may not do this to the function or distribution of this name.
    pub(super) fn check(
        &self,
        message: &Message,
        verb: Verb,
        noun: &str,
    ) -> Result<(), AdminError> {
        if self.may(message, verb, noun) {
            return Ok(());
        }
        let sender = message.sender.as_ref();
        let name = sender.map(|sender| sender.name.as_str()).unwrap_or_default();
        let option = sender.map(|sender| sender.tenant.option()).unwrap_or_default();
        Err(AdminError::new(format!(
            "{name} does not have the right {verb}:{noun}; the operator of the cluster can give it \
             with `brink bus user NAME --may {verb}:{noun}{option}`"
        )))
    }

    /// Whether the sender may do this. On a bus without identities everybody may.
    pub(super) fn may(&self, message: &Message, verb: Verb, noun: &str) -> bool {
        match (&message.sender, self.shared.bus.identity()) {
            (_, None) | (None, Some(_)) => true,
            (Some(sender), Some(_)) => sender.may(verb, noun),
        }
    }

    /// An error if the sender may not name a function in a distribution that the present document
    /// does not name.
    pub(super) fn check_associations(
        &self,
        message: &Message,
        present: Option<&Distribution>,
        new: &Distribution,
    ) -> Result<(), AdminError> {
        let named = |distribution: &Distribution| -> BTreeSet<_> {
            let all = distribution.associations();
            all.map(|(_, _, association)| association.function.to_string()).collect()
        };
        let before = present.map(named).unwrap_or_default();
        let added: BTreeSet<FunctionName> = new
            .associations()
            .filter(|(_, _, association)| !before.contains(&association.function.to_string()))
            .map(|(_, _, association)| association.function.function.clone())
            .collect();
        added.iter().try_for_each(|name| self.check(message, Verb::Associate, name.as_str()))
    }

    pub(super) fn who_asks(&self, message: &Message) -> WhoAmI {
        let tenant = TenantName::default();
        let nobody = WhoAmI { name: None, role: None, tenant, rights: Vec::new() };
        match (&message.sender, self.shared.bus.identity()) {
            (_, None) => nobody,
            (None, Some(own)) => {
                WhoAmI { role: Some(Role::Admin), tenant: own.tenant.clone(), ..nobody }
            }
            (Some(sender), Some(_)) => WhoAmI {
                name: Some(sender.name.clone()),
                role: sender.role,
                tenant: sender.tenant.clone(),
                rights: sender.rights.clone(),
            },
        }
    }
}
