//! Who the nodes of a process are: the holder of each credentials file, in its tenant.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::NodeError;
use crate::id::{NodeId, TenantName};
use crate::identity::Identity;
use crate::settings::NodeSettings;

/// The warning of a node that starts without credentials.
const OPEN_BUS: &str = "this node has no credentials, so its bus is open: everybody who reaches the \
    NATS server may publish functions, apply distributions and answer for workers; `brink bus init` \
    makes identities";

/// The folder within a state folder that has a folder for each tenant.
const TENANTS: &str = "tenants";

/// A node that is to run in this process.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub id: NodeId,
    /// Its tenant.
    pub tenant: TenantName,
    /// Its credentials; none on an open bus.
    pub creds: Option<PathBuf>,
    /// The folder for what it keeps on disk.
    pub state: Option<PathBuf>,
}

// === impl Member ===

impl Member {
    /// The only node of a process, such as a gateway, whose state folder is its own.
    pub fn only(settings: &NodeSettings, role: &str) -> Result<Self, NodeError> {
        match settings.creds.as_slice() {
            [] => Self::read(settings, None, role),
            [creds] => Self::read(settings, Some(creds), role),
            [_, _, ..] => Err(NodeError::Several(role.to_owned())),
        }
    }

    /// A node for each credentials file. The state folder of the process is that of the tenant that
    /// every cluster has. The others have theirs within it, so a tenant may come and go without any
    /// other folder.
    ///
    /// The result for each file is separate: one tenant's trouble is not that of the others. No two
    /// nodes are of one tenant.
    pub fn each(
        settings: &NodeSettings,
        role: &str,
    ) -> Result<Vec<Result<Self, NodeError>>, NodeError> {
        if settings.creds.is_empty() {
            return Ok(vec![Self::read(settings, None, role)]);
        }
        let files = settings.creds.iter();
        let mut members: Vec<_> =
            files.map(|creds| Self::read(settings, Some(creds), role)).collect();
        let mut tenants = BTreeSet::new();
        for member in members.iter_mut().flatten() {
            if !tenants.insert(member.tenant.clone()) {
                return Err(NodeError::Twice(member.tenant.clone()));
            }
            if !member.tenant.is_default() {
                let within = |state: PathBuf| state.join(TENANTS).join(member.tenant.as_str());
                member.state = member.state.take().map(within);
            }
        }
        Ok(members)
    }

    fn read(
        settings: &NodeSettings,
        creds: Option<&PathBuf>,
        role: &str,
    ) -> Result<Self, NodeError> {
        let identity = creds.map(|path| Identity::read(Path::new(path))).transpose()?;
        if identity.is_none() {
            tracing::warn!("{OPEN_BUS}");
        }
        let tenant = identity.as_ref().map(|own| own.tenant.clone()).unwrap_or_default();
        let id = named(settings.node.clone(), identity.map(|own| own.name), role)?;
        Ok(Self { id, tenant, creds: creds.cloned(), state: settings.state.clone() })
    }
}

/// The name of a node: the one that it is given, or else the one of its credentials.
fn named(node: Option<NodeId>, holder: Option<NodeId>, role: &str) -> Result<NodeId, NodeError> {
    match (node, holder) {
        (Some(node), Some(holder)) if node != holder => Err(NodeError::Name { node, holder }),
        (Some(name), _) | (None, Some(name)) => Ok(name),
        (None, None) => Ok(NodeId::made_up(role)),
    }
}
