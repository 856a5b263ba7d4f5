//! The connections of a sandbox, as its actor keeps them.

use tokio_util::task::AbortOnDropHandle;

use crate::egress::accounts::Accounts;

/// The connections of one sandbox.
pub(super) struct Connections {
    /// Which event pays.
    pub(super) accounts: Accounts,
    /// The tasks that serve them.
    pub(super) _serving: Vec<AbortOnDropHandle<()>>,
}
