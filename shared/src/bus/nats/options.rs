//! Where and how to connect.

use std::path::PathBuf;

/// Where and how to connect to NATS.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// URLs such as `nats://127.0.0.1:4222` or `tls://hub.example:4222`. Others of the same
    /// cluster are learned from these.
    pub servers: Vec<String>,
    /// A credentials file as `brink bus user` or `nsc` makes it.
    pub creds: Option<PathBuf>,
    /// Certificates of authorities, in PEM, that may have signed the servers' certificates, beside
    /// those that the system trusts. The file is read with each connection.
    pub ca: Option<PathBuf>,
    /// The connection's name in the server's lists. With credentials, inboxes are named after their
    /// holder, and without them after this.
    pub name: String,
}
