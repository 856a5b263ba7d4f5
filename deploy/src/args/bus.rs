//! `brink bus`.

use std::net::SocketAddr;
use std::path::PathBuf;

use brink_shared::id::{NodeId, TenantName};
use brink_shared::identity::{Right, Role, Verb};
use clap::{Args, Subcommand};

use super::values;

/// `brink bus`.
#[derive(Debug, Subcommand)]
pub enum BusCommand {
    /// Make the keys of a cluster, and the configuration of its NATS servers
    Init(BusInitArgs),
    /// Make a tenant: accounts with functions, distributions, nodes and people of its own
    Tenant(BusTenantArgs),
    /// Make credentials for a node or a person
    User(BusUserArgs),
    /// List who has credentials
    Users {
        /// The folder of `brink bus init`
        #[arg(long, value_name = "DIR", default_value = "bus")]
        dir: PathBuf,
    },
    /// End the credentials of a node or a person
    Revoke {
        /// Its name
        name: NodeId,
        /// Its tenant [default: default]
        #[arg(long, value_name = "NAME", default_value_t, hide_default_value = true)]
        tenant: TenantName,
        /// The folder of `brink bus init`
        #[arg(long, value_name = "DIR", default_value = "bus")]
        dir: PathBuf,
    },
    /// Sign the credentials of a role with a new key from now on. Those that exist stay valid
    Rotate {
        /// gateway, worker, admin, publisher, viewer or auditor
        role: Role,
        /// In this tenant [default: default]
        #[arg(long, value_name = "NAME", default_value_t, hide_default_value = true)]
        tenant: TenantName,
        /// End the older keys instead, and the credentials that they signed
        #[arg(long)]
        retire: bool,
        /// The folder of `brink bus init`
        #[arg(long, value_name = "DIR", default_value = "bus")]
        dir: PathBuf,
    },
}

/// `brink bus init`.
#[derive(Debug, Args)]
pub struct BusInitArgs {
    /// The folder for keys, credentials and configuration
    #[arg(long, value_name = "DIR", default_value = "bus")]
    pub dir: PathBuf,
    /// Address that each NATS server listens on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4222")]
    pub listen: SocketAddr,
    /// Certificate of the servers, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Listen on other addresses than loopback without TLS
    #[arg(long, conflicts_with = "tls_cert")]
    pub without_tls: bool,
}

/// `brink bus tenant`.
#[derive(Debug, Args)]
pub struct BusTenantArgs {
    /// Its name
    pub name: TenantName,
    /// How many megabytes the tenant's streams may take on the disks of the NATS servers, all replicas
    /// together. The same command changes it later [default: no bound]
    #[arg(long, value_name = "MB", conflicts_with = "remove")]
    pub storage_mb: Option<u64>,
    /// Remove the tenant instead, and end all its credentials. Its streams stay on the disks
    #[arg(long)]
    pub remove: bool,
    /// The folder of `brink bus init`
    #[arg(long, value_name = "DIR", default_value = "bus")]
    pub dir: PathBuf,
}

/// `brink bus user`.
#[derive(Debug, Args)]
pub struct BusUserArgs {
    /// The name of the person or node. A node has the same name in the cluster
    pub name: NodeId,
    /// gateway, worker (runs functions only), admin (a worker that carries out admin requests too),
    /// publisher, viewer, or auditor (a viewer that may remove entries of `brink history`)
    #[arg(long)]
    pub role: Role,
    /// Its tenant [default: default]
    #[arg(long, value_name = "NAME", default_value_t, hide_default_value = true)]
    pub tenant: TenantName,
    /// When the credentials end: seconds since 1970, 2027-01-31, 2027-01-31T12:00:00Z, or a time
    /// from now, such as 90d [default: never]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub expires: Option<u64>,
    /// Something that a publisher or viewer may do: publish, invoke, delete, associate, secrets or
    /// logs with a pattern of functions, apply, remove or invalidate with a pattern of
    /// distributions, or prune. May be given again [default: everything that the role allows]
    #[arg(long, value_name = "VERB:PATTERN")]
    pub may: Vec<Right>,
    /// The folder of `brink bus init`
    #[arg(long, value_name = "DIR", default_value = "bus")]
    pub dir: PathBuf,
}

/// `brink history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only changes of this function, version or distribution
    pub of: Option<String>,
    /// Only changes by this user
    #[arg(long, value_name = "USER")]
    pub by: Option<String>,
    /// Show this many changes, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub last: usize,
}

/// `brink can`.
#[derive(Debug, Args)]
pub struct CanArgs {
    /// Who
    pub user: NodeId,
    /// publish, invoke, delete, associate, secrets, logs, apply, remove, invalidate or prune
    pub verb: Verb,
    /// The function or distribution
    #[arg(default_value = "*")]
    pub noun: String,
    /// The tenant of the user [default: default]
    #[arg(long, value_name = "NAME", default_value_t, hide_default_value = true)]
    pub tenant: TenantName,
    /// The folder of `brink bus init`
    #[arg(long, value_name = "DIR", default_value = "bus")]
    pub dir: PathBuf,
}
