//! Who a process or a person is on the bus, and what it may do there.
//!
//! An [`Authority`] is a folder with keys. It writes the configuration of the NATS servers, and
//! credentials for nodes and people. Each of them has a [`Role`], and the server lets it use the
//! subjects of its role only ([`permissions`]). The identities are NATS's own (operator, accounts
//! and users with JWTs), so any NATS tool works with them.
//!
//! ```text
//!  people                       brink                              state
//! ┌──────────────────────┐     ┌─────────────────────────────┐    ┌───────────────────┐
//! │ publishers, viewers, │────▶│ gateways, workers, admins   │───▶│ JetStream         │
//! │ auditors             │     │ events, answers             │    │ registry, bundles │
//! └──────────────────────┘     └─────────────────────────────┘    │ logs, journals    │
//!   admin requests; the          requests to JetStream │          └───────────────────┘
//!   server adds the sender                             │           record
//!              │                                       │          ┌───────────────────┐
//!              └────────── auditors remove ────────────┴─ admins ▶│ record of changes │
//!                                                         add     └───────────────────┘
//! ```
//!
//! Each tenant has these accounts for itself, with the same subjects in them. No account of one tenant
//! takes anything from an account of another, so what a tenant sends is heard in its own accounts only.
//! Every cluster has one tenant, and needs no other.
//!
//! A server answers to any subject that a request names, without a look at the permissions of the one
//! who asked. If clients and streams had one account, a client that may only read could name the
//! subject of a record, and the answer would replace the record. From another account the answer goes
//! back into the account of the one who asked, to the subject that it named. There it reaches clients
//! that listen on this subject, and imports without a wildcard ([`accounts`]).

pub mod accounts;
pub mod authority;
mod authority_error;
pub mod claims;
pub mod permissions;
mod record;
pub mod rights;
mod servers;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{NameError, NodeId, TenantName};
pub use authority::Authority;
pub use authority_error::AuthorityError;
pub use record::UserRecord;
pub use rights::{Right, Sender, Verb, WhoAmI};

/// Longest credentials file that is read, in bytes.
const CREDS_MAX: u64 = 64 * 1024;

/// The part that a process or a person has on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A gateway.
    Gateway,
    /// A worker that runs functions and nothing else.
    Worker,
    /// A worker that carries out admin requests too. It may write the registry.
    Admin,
    /// A person or a tool that changes functions and distributions.
    Publisher,
    /// A person or a tool that only looks.
    Viewer,
    /// A person or a tool that looks, and may remove entries from the record of changes.
    Auditor,
}

/// Who holds some credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name: of a node, the node's name.
    pub name: NodeId,
    /// Its role; none in credentials that another tool made.
    pub role: Option<Role>,
    /// Its tenant.
    pub tenant: TenantName,
    /// When the credentials end, in seconds since 1970.
    pub expires: Option<u64>,
}

/// Why credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read the credentials {path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{path} is not a credentials file: {why}", path = path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// The reason.
        why: String,
    },
}

/// The name of a role is unknown.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a role; write gateway, worker, admin, publisher, viewer or auditor")]
pub struct RoleError(String);

// === impl Role ===

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] =
        [Self::Gateway, Self::Worker, Self::Admin, Self::Publisher, Self::Viewer, Self::Auditor];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Worker => "worker",
            Self::Admin => "admin",
            Self::Publisher => "publisher",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
        }
    }

    /// Whether people and tools have it. Nodes have the other roles.
    pub fn is_person(self) -> bool {
        match self {
            Self::Gateway | Self::Worker | Self::Admin => false,
            Self::Publisher | Self::Viewer | Self::Auditor => true,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| RoleError(text.to_owned()))
    }
}

// === impl Identity ===

impl Identity {
    /// Reads who holds these credentials. The server checks that it is true.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        let file = |source| CredentialsError::File { path: path.to_owned(), source };
        let content = |why: String| CredentialsError::Content { path: path.to_owned(), why };
        let size = std::fs::metadata(path).map_err(file)?.len();
        if size > CREDS_MAX {
            return Err(content(format!("it has {size} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(file)?;
        let jwt = claims::jwt_of(&text).ok_or_else(|| content("it has no user JWT".to_owned()))?;
        let user = claims::read_user(jwt).map_err(|error| content(error.to_string()))?;
        let name = user
            .name
            .parse()
            .map_err(|_| content(format!("its name {:?} is not the name of a node", user.name)))?;
        let role = user.nats.tags.iter().find_map(|tag| tag.strip_prefix(ROLE_TAG)?.parse().ok());
        let tenant = tenant_of(&user.nats.tags).map_err(|error| content(error.to_string()))?;
        Ok(Self { name, role, tenant, expires: user.exp })
    }
}

/// Precedes the name of the role in a tag of the user's JWT.
const ROLE_TAG: &str = "role:";

/// The tag that says the role.
pub(crate) fn role_tag(role: Role) -> String {
    format!("{ROLE_TAG}{role}")
}

/// Precedes the name of the tenant in a tag of the user's JWT. Users of the tenant that every cluster
/// has do not have it.
const TENANT_TAG: &str = "tenant:";

/// The tag that says the tenant.
pub(crate) fn tenant_tag(tenant: &TenantName) -> String {
    format!("{TENANT_TAG}{tenant}")
}

/// The tenant that the tags say.
pub(crate) fn tenant_of(tags: &[String]) -> Result<TenantName, NameError> {
    let tag = tags.iter().find_map(|tag| tag.strip_prefix(TENANT_TAG));
    tag.map_or_else(|| Ok(TenantName::default()), str::parse)
}
