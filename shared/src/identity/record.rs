//! What an authority has made: `authority.json`.
//!
//! The tenant that every cluster has is written at the top, as before there were others. A release
//! that knows no tenants rejects a file that has some.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Role;
use super::rights::Right;
use crate::id::{NodeId, TenantName};

/// Everything that an authority has made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "File", into = "File")]
pub(super) struct Record {
    /// The operator's public key.
    pub operator: String,
    /// The tenants, with the one that every cluster has.
    pub tenants: BTreeMap<TenantName, TenantRecord>,
}

/// The accounts and users of one tenant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantRecord {
    /// The public keys of the accounts, by name. The tenant that every cluster has keeps the key of
    /// the system account too.
    pub accounts: BTreeMap<String, String>,
    /// The signing keys of each role, the newest last.
    pub signing_keys: BTreeMap<Role, Vec<String>>,
    /// Keys of users that may not connect any more, and when they were revoked.
    pub revoked: BTreeMap<String, Revoked>,
    /// Users with valid credentials.
    pub users: BTreeMap<NodeId, UserRecord>,
    /// Most bytes that the streams take on the disks of the servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<u64>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserRecord {
    /// Its public key.
    pub key: String,
    /// Its role.
    pub role: Role,
    /// The signing key.
    pub signed_by: String,
    /// When the credentials end, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// Its rights; without any, its role decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
}

/// A user that may not connect any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoked {
    pub role: Role,
    /// In seconds since 1970.
    pub at: u64,
}

/// The form of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    operator: String,
    accounts: BTreeMap<String, String>,
    signing_keys: BTreeMap<Role, Vec<String>>,
    revoked: BTreeMap<String, Revoked>,
    users: BTreeMap<NodeId, UserRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storage: Option<u64>,
    /// The other tenants.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tenants: BTreeMap<TenantName, TenantRecord>,
}

impl From<File> for Record {
    fn from(file: File) -> Self {
        let File { operator, accounts, signing_keys, revoked, users, storage, mut tenants } = file;
        let first = TenantRecord { accounts, signing_keys, revoked, users, storage };
        tenants.insert(TenantName::default(), first);
        Self { operator, tenants }
    }
}

impl From<Record> for File {
    fn from(record: Record) -> Self {
        let Record { operator, mut tenants } = record;
        let first = tenants.remove(&TenantName::default()).unwrap_or_default();
        let TenantRecord { accounts, signing_keys, revoked, users, storage } = first;
        Self { operator, accounts, signing_keys, revoked, users, storage, tenants }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_before_there_were_tenants() {
        let text = r#"{"operator":"O","accounts":{"state":"A"},"signing_keys":{},"revoked":{},"users":{}}"#;
        let mut record: Record = serde_json::from_str(text).unwrap();
        assert_eq!(record.tenants[&TenantName::default()].accounts["state"], "A");
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
        let acme: TenantName = "acme".parse().unwrap();
        let own = TenantRecord { storage: Some(7), ..TenantRecord::default() };
        record.tenants.insert(acme.clone(), own);
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(again.tenants[&acme].storage, Some(7));
        assert_eq!(again.tenants.len(), 2);
    }
}
