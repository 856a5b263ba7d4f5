//! Where and how to connect.

use std::path::PathBuf;

/// Where and how to connect to NATS.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// URLs such as `nats://127.0.0.1:4222` or `tls://hub.example:4222`. Others of the same
    /// cluster are learned from these.
    pub servers: Vec<String>,
    /// A credentials file as `nsc` makes it.
    pub creds: Option<PathBuf>,
    /// The connection's name in the server's lists, and a part of its inboxes' names:
    /// a user may be restricted to `_INBOX.<name>.>`.
    pub name: String,
}
