//! The part of the configuration of NATS servers that says who may do what.
//!
//! Servers keep a JWT that stays the same. So a change in one account does not disturb requests in the
//! others, and the servers keep their operator: they accept no other JWT of it, not even one that was
//! signed later.

use nkeys::KeyPair;

use super::accounts::{AccountName, PublicKeys};
use super::claims::{self, Account, Claims, JwtError, Limits, Operator, SigningKey, now};
use super::permissions;
use super::record::{Record, TenantRecord};
use crate::id::TenantName;

/// Begins the line with the operator's JWT.
const OPERATOR: &str = "operator: ";

/// The most storage of the record of changes, in bytes, if the storage of its tenant has a bound: five
/// replicas of 256 MiB.
const RECORD_STORAGE: u64 = 5 * 256 * 1024 * 1024;

/// The text of the file, which replaces the text `before`.
pub(super) fn accounts(
    record: &Record,
    operator: &KeyPair,
    before: &str,
) -> Result<String, JwtError> {
    let before =
        |name: &str| before.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let first = record.tenants.get(&TenantName::default());
    let system = first.map(|tenant| tenant.key_of(AccountName::System)).unwrap_or_default();
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
            version: claims::VERSION,
        },
    };
    let mut text = format!(
        "# Written by `brink bus`, and written anew with every change.\n\
         {OPERATOR}{}\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload: {{\n",
        claims.keep_or_sign(before(OPERATOR), operator)?
    );
    for (name, tenant) in &record.tenants {
        for account in AccountName::all_of(name) {
            let claims = claims_of(account, name, tenant, &operator.public_key());
            let (name, key) = (claims.name.clone(), format!("{}: ", claims.sub));
            let jwt = claims.keep_or_sign(before(&key), operator)?;
            text.push_str(&format!("  # {name}\n  {key}{jwt}\n"));
        }
    }
    text.push_str("}\n");
    Ok(text)
}

fn claims_of(
    account: AccountName,
    name: &TenantName,
    tenant: &TenantRecord,
    operator: &str,
) -> Claims<Account> {
    let revoked = tenant.revoked.iter();
    let revoked = revoked.filter(|(_, user)| AccountName::of(user.role) == account);
    let signing_keys = account.roles().flat_map(|role| {
        let keys = tenant.signing_keys.get(&role).into_iter().flatten();
        keys.map(move |key| SigningKey {
            kind: "user_scope",
            key: key.clone(),
            role: role.to_string(),
            template: permissions::of(role),
        })
    });
    let storage = match account {
        AccountName::Record => tenant.storage.map(|_| RECORD_STORAGE),
        _ => tenant.storage,
    };
    Claims {
        jti: String::new(),
        iat: now(),
        exp: None,
        iss: operator.to_owned(),
        name: format!("{}{}", account.name(), name.within()),
        sub: tenant.key_of(account),
        nats: Account {
            imports: account.imports(tenant),
            exports: account.exports(),
            limits: Limits::new(account.has_jetstream(), storage),
            signing_keys: signing_keys.collect(),
            revocations: revoked.map(|(key, user)| (key.clone(), user.at)).collect(),
            r#type: "account",
            version: claims::VERSION,
        },
    }
}

impl PublicKeys for TenantRecord {
    fn key_of(&self, account: AccountName) -> String {
        self.accounts.get(account.name()).cloned().unwrap_or_default()
    }
}
