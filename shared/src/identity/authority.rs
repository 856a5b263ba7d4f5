//! The folder from which the identities of a cluster come.
//!
//! ```text
//! bus/
//!   authority.json    who has which role; no secrets
//!   keys/             the seeds of operator, accounts and signing keys
//!   users/            credentials that were made here; those of other tenants in a folder each
//!   server/           the configuration of the NATS servers
//! ```
//!
//! A user is signed by the newest signing key of its role. The permissions are in the configuration
//! of the servers, with the signing key. So they can change without new credentials.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nkeys::{KeyPair, KeyPairType};

use super::accounts::{AccountName, PublicKeys};
use super::authority_error::AuthorityError;
use super::claims::{self, Claims, JwtError, User, now};
use super::record::{Record, Revoked, TenantRecord, UserRecord};
use super::rights::{self, Right, Verb};
use super::{Role, role_tag, servers, tenant_tag};
use crate::id::{NodeId, TenantName};

/// Who has which role.
const RECORD: &str = "authority.json";

/// The part of the servers' configuration that is written anew with every change.
const ACCOUNTS: &str = "accounts.conf";

/// Bytes of a megabyte.
const MB: u64 = 1024 * 1024;

/// The least storage of a tenant. Logs and invalidations reserve 256 MiB each, and uploads 1 GiB.
const STORAGE_MIN: u64 = 2048 * MB;

/// Makes identities of one tenant at a time, at first of the tenant that every cluster has. Changes
/// are on the disk when a method returns.
#[derive(Debug)]
pub struct Authority {
    dir: PathBuf,
    record: Record,
    tenant: TenantName,
}

// === impl Authority ===

impl Authority {
    /// Makes all keys, in a folder that has none yet.
    pub fn create(dir: &Path) -> Result<Self, AuthorityError> {
        if dir.join(RECORD).exists() {
            return Err(AuthorityError::Exists { path: dir.to_owned() });
        }
        for folder in [dir.to_owned(), dir.join("keys"), dir.join("users"), dir.join("server")] {
            make_folder(&folder)?;
        }
        let tenant = TenantName::default();
        let first = new_tenant(dir, &tenant)?;
        let record = Record {
            operator: new_key(dir, KeyPairType::Operator)?,
            tenants: BTreeMap::from([(tenant.clone(), first)]),
        };
        let authority = Self { dir: dir.to_owned(), record, tenant };
        authority.save()?;
        Ok(authority)
    }

    /// Opens the folder.
    pub fn open(dir: &Path) -> Result<Self, AuthorityError> {
        let path = dir.join(RECORD);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(AuthorityError::None { path: dir.to_owned() });
            }
            Err(source) => return Err(AuthorityError::File { path, source }),
        };
        let read = serde_json::from_slice::<Record>(&text);
        let mut record =
            read.map_err(|error| AuthorityError::Content { path, why: error.to_string() })?;
        let mut is_older = false;
        for (name, tenant) in &mut record.tenants {
            is_older |= make_accounts(dir, name, tenant)?;
        }
        let authority = Self { dir: dir.to_owned(), record, tenant: TenantName::default() };
        // A newer release may have other permissions, and accounts that an older one lacked.
        if is_older {
            authority.save()?
        } else {
            authority.write_accounts()?
        }
        Ok(authority)
    }

    /// The configuration file that the servers include.
    pub fn accounts_file(&self) -> PathBuf {
        self.dir.join("server").join(ACCOUNTS)
    }

    /// Makes a tenant, or changes the storage of one that exists: the most bytes that its streams
    /// take on the disks of the servers, with all replicas. Without `storage`, a new tenant has no
    /// bound. Returns whether it is new.
    pub fn add_tenant(
        &mut self,
        tenant: &TenantName,
        storage: Option<u64>,
    ) -> Result<bool, AuthorityError> {
        if let Some(small) = storage.filter(|bytes| *bytes < STORAGE_MIN) {
            let (given, least) = (small / MB, STORAGE_MIN / MB);
            return Err(AuthorityError::Storage { given, least });
        }
        let is_new = !self.record.tenants.contains_key(tenant);
        if !is_new && storage.is_none() {
            return Err(AuthorityError::TenantExists(tenant.clone()));
        }
        let own = match self.record.tenants.remove(tenant) {
            Some(own) => own,
            None => new_tenant(&self.dir, tenant)?,
        };
        self.record.tenants.insert(tenant.clone(), TenantRecord { storage, ..own });
        self.save()?;
        Ok(is_new)
    }

    /// Removes a tenant with its accounts and users. Servers that have read the new configuration
    /// throw its users out. Its streams stay on their disks.
    pub fn remove_tenant(&mut self, tenant: &TenantName) -> Result<(), AuthorityError> {
        if tenant.is_default() {
            return Err(AuthorityError::DefaultTenant(tenant.clone()));
        }
        let removed = self.record.tenants.remove(tenant);
        let removed = removed.ok_or_else(|| AuthorityError::NoTenant(tenant.clone()))?;
        self.save()?;
        if self.tenant == *tenant {
            self.tenant = TenantName::default();
        }
        let keys = removed.accounts.values().chain(removed.signing_keys.values().flatten());
        for key in keys {
            remove(&self.seed_file(key))?;
        }
        let folder = self.users_folder(tenant);
        for name in removed.users.keys() {
            remove(&credentials_file(&folder, name))?;
        }
        match std::fs::remove_dir(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(AuthorityError::File { path: folder, source })
            }
            _ => Ok(()),
        }
    }

    /// From now on, users of this tenant are meant.
    pub fn enter(&mut self, tenant: &TenantName) -> Result<&mut Self, AuthorityError> {
        if !self.record.tenants.contains_key(tenant) {
            return Err(AuthorityError::NoTenant(tenant.clone()));
        }
        self.tenant = tenant.clone();
        Ok(self)
    }

    /// The tenants, each with the bound of its storage in bytes.
    pub fn tenants(&self) -> impl Iterator<Item = (&TenantName, Option<u64>)> {
        self.record.tenants.iter().map(|(name, tenant)| (name, tenant.storage))
    }

    /// The credentials file of a user that was made here.
    pub fn credentials_file(&self, name: &NodeId) -> PathBuf {
        credentials_file(&self.users_folder(&self.tenant), name)
    }

    /// The users with valid credentials.
    pub fn users(&self) -> impl Iterator<Item = (&NodeId, &UserRecord)> {
        self.record.tenants.get(&self.tenant).into_iter().flat_map(|tenant| &tenant.users)
    }

    /// Makes credentials for a new user, which end at this second since 1970. Without `rights`, the
    /// role decides what it may do. Returns the file, which only its owner may read.
    pub fn add_user(
        &mut self,
        name: &NodeId,
        role: Role,
        expires: Option<u64>,
        rights: Vec<Right>,
    ) -> Result<PathBuf, AuthorityError> {
        let tenant = self.tenant_record()?;
        if tenant.users.contains_key(name) {
            return Err(AuthorityError::UserExists(name.clone(), self.tenant.clone()));
        }
        let keys = tenant.signing_keys.get(&role).map(Vec::as_slice).unwrap_or_default();
        let signed_by = keys.last().cloned().unwrap_or_default();
        let issuer_account = tenant.key_of(AccountName::of(role));
        let signer = self.key(&signed_by)?;
        let user = KeyPair::new_user();
        let mut tags = vec![role_tag(role)];
        if !self.tenant.is_default() {
            tags.push(tenant_tag(&self.tenant));
        }
        tags.extend(rights.iter().map(Right::tag));
        let claims = Claims {
            jti: String::new(),
            iat: now(),
            exp: expires,
            iss: signed_by.clone(),
            name: name.to_string(),
            sub: user.public_key(),
            nats: User {
                issuer_account,
                tags,
                r#type: "user".to_owned(),
                version: claims::VERSION,
            },
        };
        let jwt = claims.sign(&signer)?;
        let seed = user.seed().map_err(JwtError::from)?;
        let path = self.credentials_file(name);
        make_folder(&self.users_folder(&self.tenant))?;
        let key = user.public_key();
        let user = UserRecord { key, role, signed_by, expires, rights };
        self.tenant_mut()?.users.insert(name.clone(), user);
        // The record comes first: credentials that are not in it could not be revoked.
        self.save()?;
        write_private(&path, &claims::credentials(&jwt, &seed))?;
        Ok(path)
    }

    /// Ends a user's credentials. Servers know of it once they have read the new configuration.
    pub fn revoke(&mut self, name: &NodeId) -> Result<(), AuthorityError> {
        let tenant = self.tenant_mut()?;
        let Some(user) = tenant.users.remove(name) else {
            return Err(AuthorityError::NoUser(name.clone(), self.tenant.clone()));
        };
        tenant.revoked.insert(user.key, Revoked { role: user.role, at: now() });
        self.save()?;
        remove(&self.credentials_file(name))
    }

    /// Makes a new signing key for a role. Users that the older keys signed stay valid, until
    /// [`retire`](Self::retire).
    pub fn rotate(&mut self, role: Role) -> Result<(), AuthorityError> {
        let key = new_key(&self.dir, KeyPairType::Account)?;
        self.tenant_mut()?.signing_keys.entry(role).or_default().push(key);
        self.save()
    }

    /// Ends every signing key of a role but the newest one, and so the users that they signed.
    /// Returns these users.
    pub fn retire(&mut self, role: Role) -> Result<Vec<NodeId>, AuthorityError> {
        let tenant = self.tenant_mut()?;
        let keys = tenant.signing_keys.entry(role).or_default();
        let old = keys.drain(..keys.len().saturating_sub(1)).collect::<Vec<_>>();
        let ended = tenant.users.extract_if(.., |_, user| old.contains(&user.signed_by));
        let ended: Vec<_> = ended.map(|(name, _)| name).collect();
        self.save()?;
        old.iter().try_for_each(|key| remove(&self.seed_file(key)))?;
        Ok(ended)
    }

    /// Whether a user may do this to the function or distribution of this name.
    pub fn may(&self, name: &NodeId, verb: Verb, noun: &str) -> Result<bool, AuthorityError> {
        let user = self.tenant_record()?.users.get(name);
        let user = user.ok_or_else(|| AuthorityError::NoUser(name.clone(), self.tenant.clone()))?;
        let rights = Some(user.rights.as_slice()).filter(|rights| !rights.is_empty());
        Ok(rights::may(Some(user.role), rights, verb, noun))
    }

    fn tenant_record(&self) -> Result<&TenantRecord, AuthorityError> {
        let tenant = self.record.tenants.get(&self.tenant);
        tenant.ok_or_else(|| AuthorityError::NoTenant(self.tenant.clone()))
    }

    fn tenant_mut(&mut self) -> Result<&mut TenantRecord, AuthorityError> {
        let tenant = self.record.tenants.get_mut(&self.tenant);
        tenant.ok_or_else(|| AuthorityError::NoTenant(self.tenant.clone()))
    }

    /// The credentials of a tenant's users. The names of users and of tenants do not collide,
    /// because those of files have an ending.
    fn users_folder(&self, tenant: &TenantName) -> PathBuf {
        let users = self.dir.join("users");
        if tenant.is_default() { users } else { users.join(tenant.as_str()) }
    }

    fn save(&self) -> Result<(), AuthorityError> {
        let path = self.dir.join(RECORD);
        let text = serde_json::to_vec_pretty(&self.record).map_err(JwtError::from)?;
        replace(&path, &text)?;
        self.write_accounts()
    }

    fn write_accounts(&self) -> Result<(), AuthorityError> {
        let path = self.accounts_file();
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let operator = self.key(&self.record.operator)?;
        replace(&path, servers::accounts(&self.record, &operator, &before)?.as_bytes())
    }

    /// The key pair of this public key.
    fn key(&self, public: &str) -> Result<KeyPair, AuthorityError> {
        let path = self.seed_file(public);
        let seed = std::fs::read_to_string(&path)
            .map_err(|source| AuthorityError::File { path: path.clone(), source })?;
        KeyPair::from_seed(seed.trim())
            .map_err(|error| AuthorityError::Content { path, why: error.to_string() })
    }

    fn seed_file(&self, public: &str) -> PathBuf {
        seed_file(&self.dir, public)
    }
}

impl PublicKeys for Authority {
    fn key_of(&self, account: AccountName) -> String {
        self.tenant_record().map(|tenant| tenant.key_of(account)).unwrap_or_default()
    }
}

/// Makes the accounts and signing keys of a tenant.
fn new_tenant(dir: &Path, name: &TenantName) -> Result<TenantRecord, AuthorityError> {
    let mut tenant = TenantRecord::default();
    make_accounts(dir, name, &mut tenant)?;
    for role in Role::ALL {
        tenant.signing_keys.insert(role, vec![new_key(dir, KeyPairType::Account)?]);
    }
    Ok(tenant)
}

/// Makes the accounts that a tenant lacks: all of them, or those of a newer release. True if there
/// are new ones.
fn make_accounts(
    dir: &Path,
    name: &TenantName,
    tenant: &mut TenantRecord,
) -> Result<bool, AuthorityError> {
    let before = tenant.accounts.len();
    for account in AccountName::all_of(name) {
        if !tenant.accounts.contains_key(account.name()) {
            let key = new_key(dir, KeyPairType::Account)?;
            tenant.accounts.insert(account.name().to_owned(), key);
        }
    }
    Ok(tenant.accounts.len() > before)
}

/// Makes a key, keeps its seed, and returns its public key.
fn new_key(dir: &Path, kind: KeyPairType) -> Result<String, AuthorityError> {
    let key = KeyPair::new(kind);
    let public = key.public_key();
    let seed = key.seed().map_err(JwtError::from)?;
    write_private(&seed_file(dir, &public), &format!("{seed}\n"))?;
    Ok(public)
}

fn seed_file(dir: &Path, public: &str) -> PathBuf {
    dir.join("keys").join(format!("{public}.nk"))
}

fn credentials_file(folder: &Path, name: &NodeId) -> PathBuf {
    folder.join(format!("{name}.creds"))
}

/// Makes a folder that only its owner may read, if there is none.
fn make_folder(path: &Path) -> Result<(), AuthorityError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), AuthorityError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(AuthorityError::File { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Writes a new file that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), AuthorityError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}

/// Replaces a file as a whole. Only its owner may read it.
fn replace(path: &Path, text: &[u8]) -> Result<(), AuthorityError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    });
    written.map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}
