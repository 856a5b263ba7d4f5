//! Signers of URLs and cookies. The texts are written here once more, and not by the code under test.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rsa::pkcs1v15;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

pub const HOST: &str = "shop.example";

/// The bytes of a public key before its point: the algorithm and the curve (RFC 5480).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

static RSA: LazyLock<rsa::RsaPrivateKey> =
    LazyLock::new(|| rsa::RsaPrivateKey::new(&mut rand_core::OsRng, 2_048).unwrap());

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hash {
    Sha1,
    Sha256,
}

#[derive(Clone)]
pub enum Key {
    Rsa(rsa::RsaPrivateKey),
    Ecdsa(p256::ecdsa::SigningKey),
}

#[derive(Clone)]
pub struct Signer {
    pub id: &'static str,
    pub key: Key,
}

/// The values of a signature by the names of the URL's parameters.
#[derive(Clone)]
pub struct Signed(pub Vec<(&'static str, String)>);

impl Signer {
    pub fn rsa(id: &'static str) -> Self {
        Self { id, key: Key::Rsa(RSA.clone()) }
    }

    pub fn ecdsa(id: &'static str) -> Self {
        Self { id, key: Key::Ecdsa(p256::ecdsa::SigningKey::random(&mut rand_core::OsRng)) }
    }

    pub fn public_pem(&self) -> String {
        match &self.key {
            Key::Rsa(key) => key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap(),
            Key::Ecdsa(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let text = BASE64.encode(&[&P256_PREFIX[..], point.as_bytes()].concat());
                let (first, second) = text.split_at(64);
                format!(
                    "-----BEGIN PUBLIC KEY-----
{first}
{second}
-----END PUBLIC KEY-----
"
                )
            }
        }
    }

    fn sign(&self, hash: Hash, text: &str) -> Vec<u8> {
        let text = text.as_bytes();
        match (&self.key, hash) {
            (Key::Rsa(key), Hash::Sha1) => {
                pkcs1v15::SigningKey::<Sha1>::new(key.clone()).sign(text).to_vec()
            }
            (Key::Rsa(key), Hash::Sha256) => {
                pkcs1v15::SigningKey::<Sha256>::new(key.clone()).sign(text).to_vec()
            }
            (Key::Ecdsa(key), hash) => {
                let signature: p256::ecdsa::Signature = match hash {
                    Hash::Sha1 => key.sign_prehash(&Sha1::digest(text)).unwrap(),
                    Hash::Sha256 => key.sign_prehash(&Sha256::digest(text)).unwrap(),
                };
                signature.to_der().as_bytes().to_vec()
            }
        }
    }

    pub fn canned(&self, hash: Hash, url: &str, ends: u64) -> Signed {
        let text = format!(
            r#"{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{ends}}}}}}}]}}"#
        );
        self.signed(hash, ("Expires", ends.to_string()), &text)
    }

    pub fn custom(&self, hash: Hash, policy: &str) -> Signed {
        self.signed(hash, ("Policy", encoded(policy.as_bytes())), policy)
    }

    fn signed(&self, hash: Hash, policy: (&'static str, String), text: &str) -> Signed {
        let signature = encoded(&self.sign(hash, text));
        let mut parts = vec![policy, ("Signature", signature), ("Key-Pair-Id", self.id.to_owned())];
        if hash == Hash::Sha256 {
            parts.push(("Hash-Algorithm", "SHA256".to_owned()));
        }
        Signed(parts)
    }
}

impl Signed {
    pub fn query(&self) -> String {
        let parts = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        parts.collect::<Vec<_>>().join("&")
    }

    pub fn cookies(&self) -> String {
        let parts = self.0.iter().map(|(name, value)| format!("CloudFront-{name}={value}"));
        parts.collect::<Vec<_>>().join("; ")
    }

    /// With another value for a part.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.iter_mut().find(|(part, _)| *part == name).unwrap().1 = value.to_owned();
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(part, _)| *part != name);
        self
    }

    pub fn value(&self, name: &str) -> &str {
        &self.0.iter().find(|(part, _)| *part == name).unwrap().1
    }
}

/// Base64 in the form of signed URLs.
pub fn encoded(bytes: &[u8]) -> String {
    BASE64.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A policy with these conditions beside its end.
pub fn policy(resource: &str, ends: u64, more: Value) -> String {
    let mut condition = json!({ "DateLessThan": { "AWS:EpochTime": ends } });
    for (name, value) in more.as_object().unwrap() {
        condition[name] = value.clone();
    }
    // With white space, as people write it.
    let statement = json!({ "Statement": [{ "Resource": resource, "Condition": condition }] });
    serde_json::to_string_pretty(&statement).unwrap()
}

/// The keys and groups of a distribution that trusts these signers.
pub fn trusting(document: &mut Value, signers: &[&Signer]) {
    let ids: Vec<&str> = signers.iter().map(|signer| signer.id).collect();
    for signer in signers {
        document["public_keys"][signer.id] = json!(signer.public_pem());
    }
    document["key_groups"]["members"] = json!(ids);
    document["behaviors"][0]["trusted_key_groups"] = json!(["members"]);
}
