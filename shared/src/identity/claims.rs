//! JWTs of NATS: claims of operators, accounts and users, version 2 (nats-io/jwt).

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use nkeys::KeyPair;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Begins the JWT in a credentials file.
const JWT_BEGIN: &str = "-----BEGIN NATS USER JWT-----";

/// The header of every JWT.
const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// The version of all claims here.
pub const VERSION: u8 = 2;

/// No limit.
const NO_LIMIT: i64 = -1;

/// The claims of a JWT about its subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims<T> {
    /// A digest of the claims.
    #[serde(default)]
    pub jti: String,
    /// When it was signed, in seconds since 1970.
    #[serde(default)]
    pub iat: u64,
    /// When it ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
    /// The public key of its signer.
    pub iss: String,
    /// The name of the subject.
    #[serde(default)]
    pub name: String,
    /// The public key of the subject.
    pub sub: String,
    /// The rest.
    pub nats: T,
}

/// An operator.
#[derive(Clone, Debug, Serialize)]
pub struct Operator {
    /// The public key of the system account.
    pub system_account: String,
    /// `operator`.
    pub r#type: &'static str,
    /// 2.
    pub version: u8,
}

/// An account.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Subjects of other accounts.
    pub imports: Vec<Import>,
    /// Subjects for other accounts.
    pub exports: Vec<Export>,
    /// Limits.
    pub limits: Limits,
    /// Keys that sign users, each with the permissions of its users.
    pub signing_keys: Vec<SigningKey>,
    /// Users that may not connect any more: those with this public key (`*`: any) that were signed
    /// before this time.
    pub revocations: BTreeMap<String, u64>,
    /// `account`.
    pub r#type: &'static str,
    /// 2.
    pub version: u8,
}

/// Kind of an import or export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Messages go to the importer.
    Stream,
    /// Requests go to the exporter, and its answers to the one who asked.
    Service,
}

/// How many answers a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Answers {
    /// One.
    Singleton,
    /// Any number.
    Stream,
}

/// A subject of another account.
#[derive(Clone, Debug, Serialize)]
pub struct Import {
    /// For people.
    pub name: String,
    /// The subject, as the exporter has it.
    pub subject: String,
    /// The importer's own name for the subject, if it has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_subject: Option<String>,
    /// The public key of the exporter.
    pub account: String,
    /// Stream or service.
    pub r#type: Kind,
    /// True if the server adds the sender to each request.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub share: bool,
}

/// A subject for other accounts.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// For people.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// Stream or service.
    pub r#type: Kind,
    /// Of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<Answers>,
    /// Of a service: for how long answers may come, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_threshold: Option<u64>,
}

/// Limits of an account; -1 for none.
#[derive(Clone, Debug, Serialize)]
pub struct Limits {
    subs: i64,
    data: i64,
    payload: i64,
    imports: i64,
    exports: i64,
    wildcards: bool,
    conn: i64,
    leaf: i64,
    mem_storage: i64,
    disk_storage: i64,
    streams: i64,
    consumer: i64,
}

/// A key that signs users.
#[derive(Clone, Debug, Serialize)]
pub struct SigningKey {
    /// `user_scope`.
    pub kind: &'static str,
    /// Its public key.
    pub key: String,
    /// For people.
    pub role: String,
    /// The permissions of its users.
    pub template: Template,
}

/// The permissions of a signing key's users. `{{name()}}` stands for the user's name.
#[derive(Clone, Debug, Serialize)]
pub struct Template {
    /// Subjects to which they may publish.
    pub r#pub: Subjects,
    /// Subjects to which they may subscribe.
    pub sub: Subjects,
    subs: i64,
    data: i64,
    payload: i64,
}

/// Subjects that may be used.
#[derive(Clone, Debug, Serialize)]
pub struct Subjects {
    /// These and no others.
    pub allow: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The account, if a signing key signed.
    #[serde(default)]
    pub issuer_account: String,
    /// Role and rights.
    #[serde(default)]
    pub tags: Vec<String>,
    /// `user`.
    pub r#type: String,
    /// 2.
    pub version: u8,
}

/// Why a JWT cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    /// It does not have three parts in base64.
    #[error("it is not a JWT")]
    Form,
    /// Its claims are of another kind.
    #[error("its claims cannot be read: {0}")]
    Claims(#[from] serde_json::Error),
    /// The key does not sign.
    #[error("the key does not sign: {0}")]
    Key(#[from] nkeys::error::Error),
}

// === impl Claims ===

impl<T: Serialize> Claims<T> {
    /// The JWT, signed by the key that [`iss`](Self::iss) names.
    pub fn sign(mut self, key: &KeyPair) -> Result<String, JwtError> {
        self.jti = String::new();
        let digest = Sha256::digest(serde_json::to_vec(&self)?);
        self.jti = BASE32_NOPAD.encode(&digest);
        let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let text = format!("{}.{}", part(HEADER.as_bytes()), part(&serde_json::to_vec(&self)?));
        let signature = key.sign(text.as_bytes())?;
        Ok(format!("{text}.{}", part(&signature)))
    }
}

impl<T: Serialize> Claims<T> {
    /// The JWT that was written before, if it says the same, or else a new one. Servers that read
    /// their configuration again leave an account alone whose JWT stays, and accept no other JWT of
    /// their operator.
    pub fn keep_or_sign(self, before: Option<&str>, key: &KeyPair) -> Result<String, JwtError> {
        let own = undated(serde_json::to_value(&self)?);
        let says_the_same = |jwt: &&str| payload(jwt).is_ok_and(|before| undated(before) == own);
        match before.filter(says_the_same) {
            Some(jwt) => Ok(jwt.to_owned()),
            None => self.sign(key),
        }
    }
}

// === impl Limits ===

impl Limits {
    /// No limits, and JetStream or none. The streams take at most `storage` bytes of disk, if it is
    /// given.
    pub fn new(jetstream: bool, storage: Option<u64>) -> Self {
        let kept = if jetstream { NO_LIMIT } else { 0 };
        let bound = storage.filter(|_| jetstream).map(|bytes| bytes.try_into().unwrap_or(i64::MAX));
        Self {
            subs: NO_LIMIT,
            data: NO_LIMIT,
            payload: NO_LIMIT,
            imports: NO_LIMIT,
            exports: NO_LIMIT,
            wildcards: true,
            conn: NO_LIMIT,
            leaf: NO_LIMIT,
            mem_storage: kept,
            disk_storage: bound.unwrap_or(kept),
            streams: kept,
            consumer: kept,
        }
    }
}

// === impl Template ===

impl Template {
    /// Without limits of size.
    pub fn new(publish: Vec<String>, subscribe: Vec<String>) -> Self {
        Self {
            r#pub: Subjects { allow: publish },
            sub: Subjects { allow: subscribe },
            subs: NO_LIMIT,
            data: NO_LIMIT,
            payload: NO_LIMIT,
        }
    }
}

/// Seconds since 1970, by the machine's clock.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The text of a credentials file, in the form of `nsc`.
pub fn credentials(jwt: &str, seed: &str) -> String {
    format!(
        "{JWT_BEGIN}\n{jwt}\n------END NATS USER JWT------\n\n\
         ************************* IMPORTANT *************************\n\
         The seed is a secret. Everybody who has this file is this user.\n\n\
         -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )
}

/// The JWT in a credentials file.
pub fn jwt_of(credentials: &str) -> Option<&str> {
    let mut lines = credentials.lines().map(str::trim);
    lines.find(|line| *line == JWT_BEGIN)?;
    lines.find(|line| !line.is_empty())
}

/// Reads a user's claims, and does not check the signature.
pub fn read_user(jwt: &str) -> Result<Claims<User>, JwtError> {
    Ok(serde_json::from_value(payload(jwt)?)?)
}

/// Claims without what differs each time they are signed.
fn undated(mut claims: Value) -> Value {
    if let Some(fields) = claims.as_object_mut() {
        fields.retain(|name, _| name != "iat" && name != "jti");
    }
    claims
}

/// The second part of a JWT.
fn payload(jwt: &str) -> Result<Value, JwtError> {
    let mut parts = jwt.trim().split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwtError::Form);
    };
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).map_err(|_| JwtError::Form)?;
    Ok(serde_json::from_slice(&claims)?)
}
