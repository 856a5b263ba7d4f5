//! The folder from which the identities of a cluster come.
//!
//! ```text
//! bus/
//!   authority.json    who has which role; no secrets
//!   keys/             the seeds of operator, accounts and signing keys
//!   users/            credentials that were made here
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
use std::time::{SystemTime, UNIX_EPOCH};

use nkeys::{KeyPair, KeyPairType};
use serde::{Deserialize, Serialize};

use super::accounts::{AccountName, PublicKeys};
use super::claims::{self, Account, Claims, JwtError, Limits, Operator, SigningKey, User};
use super::rights::{self, Right, Verb};
use super::{Role, permissions, role_tag};
use crate::id::NodeId;

/// Who has which role.
const RECORD: &str = "authority.json";

/// The part of the servers' configuration that is written anew with every change.
const ACCOUNTS: &str = "accounts.conf";

/// Version 2 of NATS's claims.
const CLAIMS_VERSION: u8 = 2;

/// Makes identities. Changes are on the disk when a method returns.
#[derive(Debug)]
pub struct Authority {
    dir: PathBuf,
    record: Record,
}

/// Everything that the authority has made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// The operator's public key.
    operator: String,
    /// The public keys of the accounts, by name.
    accounts: BTreeMap<String, String>,
    /// The signing keys of each role, the newest last.
    signing_keys: BTreeMap<Role, Vec<String>>,
    /// Keys of users that may not connect any more, and when they were revoked.
    revoked: BTreeMap<String, Revoked>,
    /// Users with valid credentials.
    users: BTreeMap<NodeId, UserRecord>,
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
struct Revoked {
    role: Role,
    /// In seconds since 1970.
    at: u64,
}

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
    #[error("{0} has credentials already; revoke them first (`brink bus revoke {0}`)")]
    UserExists(NodeId),
    /// There is no such user.
    #[error("{0} has no credentials of this authority")]
    NoUser(NodeId),
    /// A JWT cannot be made.
    #[error(transparent)]
    Jwt(#[from] JwtError),
}

// === impl Authority ===

impl Authority {
    /// Makes all keys, in a folder that has none yet.
    pub fn create(dir: &Path) -> Result<Self, AuthorityError> {
        if dir.join(RECORD).exists() {
            return Err(AuthorityError::Exists { path: dir.to_owned() });
        }
        for folder in [dir.to_owned(), dir.join("keys"), dir.join("users"), dir.join("server")] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
            made.map_err(|source| AuthorityError::File { path: folder, source })?;
        }
        let new = |kind| new_key(dir, kind);
        let mut accounts = BTreeMap::new();
        make_accounts(dir, &mut accounts)?;
        let mut signing_keys = BTreeMap::new();
        for role in Role::ALL {
            signing_keys.insert(role, vec![new(KeyPairType::Account)?]);
        }
        let record = Record {
            operator: new(KeyPairType::Operator)?,
            accounts,
            signing_keys,
            revoked: BTreeMap::new(),
            users: BTreeMap::new(),
        };
        let authority = Self { dir: dir.to_owned(), record };
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
        let is_older = make_accounts(dir, &mut record.accounts)?;
        let authority = Self { dir: dir.to_owned(), record };
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

    /// The credentials file of a user that was made here.
    pub fn credentials_file(&self, name: &NodeId) -> PathBuf {
        self.dir.join("users").join(format!("{name}.creds"))
    }

    /// The users with valid credentials.
    pub fn users(&self) -> impl Iterator<Item = (&NodeId, &UserRecord)> {
        self.record.users.iter()
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
        if self.record.users.contains_key(name) {
            return Err(AuthorityError::UserExists(name.clone()));
        }
        let keys = self.record.signing_keys.get(&role).map(Vec::as_slice).unwrap_or_default();
        let signed_by = keys.last().cloned().unwrap_or_default();
        let signer = self.key(&signed_by)?;
        let user = KeyPair::new_user();
        let mut tags = vec![role_tag(role)];
        tags.extend(rights.iter().map(Right::tag));
        let claims = Claims {
            jti: String::new(),
            iat: now(),
            exp: expires,
            iss: signed_by.clone(),
            name: name.to_string(),
            sub: user.public_key(),
            nats: User {
                issuer_account: self.key_of(AccountName::of(role)),
                tags,
                r#type: "user".to_owned(),
                version: CLAIMS_VERSION,
            },
        };
        let jwt = claims.sign(&signer)?;
        let seed = user.seed().map_err(JwtError::from)?;
        let path = self.credentials_file(name);
        write_private(&path, &claims::credentials(&jwt, &seed))?;
        let key = user.public_key();
        let user = UserRecord { key, role, signed_by, expires, rights };
        self.record.users.insert(name.clone(), user);
        self.save()?;
        Ok(path)
    }

    /// Ends a user's credentials. Servers know of it once they have read the new configuration.
    pub fn revoke(&mut self, name: &NodeId) -> Result<(), AuthorityError> {
        let Some(user) = self.record.users.remove(name) else {
            return Err(AuthorityError::NoUser(name.clone()));
        };
        self.record.revoked.insert(user.key, Revoked { role: user.role, at: now() });
        self.save()?;
        let path = self.credentials_file(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(AuthorityError::File { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Makes a new signing key for a role. Users that the older keys signed stay valid, until
    /// [`retire`](Self::retire).
    pub fn rotate(&mut self, role: Role) -> Result<(), AuthorityError> {
        let key = new_key(&self.dir, KeyPairType::Account)?;
        self.record.signing_keys.entry(role).or_default().push(key);
        self.save()
    }

    /// Ends every signing key of a role but the newest one, and so the users that they signed.
    /// Returns these users.
    pub fn retire(&mut self, role: Role) -> Result<Vec<NodeId>, AuthorityError> {
        let keys = self.record.signing_keys.entry(role).or_default();
        let old = keys.drain(..keys.len().saturating_sub(1)).collect::<Vec<_>>();
        let ended = self.record.users.extract_if(.., |_, user| old.contains(&user.signed_by));
        let ended: Vec<_> = ended.map(|(name, _)| name).collect();
        self.save()?;
        for key in &old {
            let path = self.seed_file(key);
            std::fs::remove_file(&path).map_err(|source| AuthorityError::File { path, source })?;
        }
        Ok(ended)
    }

    /// Whether a user may do this to the function or distribution of this name.
    pub fn may(&self, name: &NodeId, verb: Verb, noun: &str) -> Result<bool, AuthorityError> {
        let user = self.record.users.get(name);
        let user = user.ok_or_else(|| AuthorityError::NoUser(name.clone()))?;
        Ok(rights::may(Some(user.role), &user.rights, verb, noun))
    }

    fn save(&self) -> Result<(), AuthorityError> {
        let path = self.dir.join(RECORD);
        let text = serde_json::to_vec_pretty(&self.record).map_err(JwtError::from)?;
        replace(&path, &text)?;
        self.write_accounts()
    }

    fn write_accounts(&self) -> Result<(), AuthorityError> {
        let operator = self.key(&self.record.operator)?;
        let system = self.key_of(AccountName::System);
        let claims = Claims {
            jti: String::new(),
            iat: now(),
            exp: None,
            iss: operator.public_key(),
            name: "brink".to_owned(),
            sub: operator.public_key(),
            nats: Operator {
                system_account: system.clone(),
                r#type: "operator",
                version: CLAIMS_VERSION,
            },
        };
        let mut text = format!(
            "# Written by `brink bus`, and written anew with every change.\n\
             operator: {}\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload: {{\n",
            claims.sign(&operator)?
        );
        for account in AccountName::ALL {
            let jwt = self.account(account).sign(&operator)?;
            text.push_str(&format!("  # {}\n  {}: {jwt}\n", account.name(), self.key_of(account)));
        }
        text.push_str("}\n");
        replace(&self.accounts_file(), text.as_bytes())
    }

    fn account(&self, account: AccountName) -> Claims<Account> {
        let revoked = self.record.revoked.iter();
        let revoked = revoked.filter(|(_, user)| AccountName::of(user.role) == account);
        let signing_keys = account.roles().flat_map(|role| {
            let keys = self.record.signing_keys.get(&role).into_iter().flatten();
            keys.map(move |key| SigningKey {
                kind: "user_scope",
                key: key.clone(),
                role: role.to_string(),
                template: permissions::of(role),
            })
        });
        Claims {
            jti: String::new(),
            iat: now(),
            exp: None,
            iss: self.record.operator.clone(),
            name: account.name().to_owned(),
            sub: self.key_of(account),
            nats: Account {
                imports: account.imports(self),
                exports: account.exports(),
                limits: Limits::new(account.has_jetstream()),
                signing_keys: signing_keys.collect(),
                revocations: revoked.map(|(key, user)| (key.clone(), user.at)).collect(),
                r#type: "account",
                version: CLAIMS_VERSION,
            },
        }
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
        self.record.accounts.get(account.name()).cloned().unwrap_or_default()
    }
}

/// Makes the accounts that the record lacks: all of them, or those of a newer release. True if there
/// are new ones.
fn make_accounts(
    dir: &Path,
    accounts: &mut BTreeMap<String, String>,
) -> Result<bool, AuthorityError> {
    let before = accounts.len();
    for account in AccountName::ALL {
        if !accounts.contains_key(account.name()) {
            let key = new_key(dir, KeyPairType::Account)?;
            accounts.insert(account.name().to_owned(), key);
        }
    }
    Ok(accounts.len() > before)
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

/// Seconds since 1970, by the machine's clock.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
