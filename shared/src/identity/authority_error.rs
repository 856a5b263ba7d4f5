//! Why the folder of identities cannot be used or changed.

use std::io;
use std::path::PathBuf;

use super::claims::JwtError;
use crate::id::{NodeId, TenantName};

/// Why an identity cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The folder has identities already.
    #[error("{path} has identities already; choose another folder", path = path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The folder has none.
    #[error("{path} has no identities; make them with `brink bus init`", path = path.display())]
    None {
        /// Which.
        path: PathBuf,
    },
    /// A file holds something else.
    #[error("{path} cannot be read: {why}", path = path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The user has credentials.
    #[error(
        "{0} has credentials{within} already; revoke them first (`brink bus revoke {0}{option}`)",
        within = .1.within(),
        option = .1.option()
    )]
    UserExists(NodeId, TenantName),
    /// There is no such user.
    #[error("{0} has no credentials of this authority{within}", within = .1.within())]
    NoUser(NodeId, TenantName),
    /// There is no such tenant.
    #[error("there is no tenant {0}; make it with `brink bus tenant {0}`")]
    NoTenant(TenantName),
    /// The tenant exists.
    #[error("the tenant {0} exists already; --storage-mb changes its storage")]
    TenantExists(TenantName),
    /// The tenant cannot be removed.
    #[error("the tenant {0} is the one that every cluster has, and cannot be removed")]
    DefaultTenant(TenantName),
    /// The bound of a tenant's storage is too small for its streams.
    #[error(
        "a tenant cannot work with {given} MB of storage; give it at least {least} MB for each replica \
         of its streams"
    )]
    Storage {
        /// The bound, in MB.
        given: u64,
        /// The least bound, in MB.
        least: u64,
    },
    /// A JWT cannot be made.
    #[error(transparent)]
    Jwt(#[from] JwtError),
}
