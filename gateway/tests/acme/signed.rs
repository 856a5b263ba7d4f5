//! Signed requests (RFC 8555, 6.2) and requests for certificates (RFC 2986), as an authority checks
//! them.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use ring::hmac;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::request::{CertReq, ExtensionReq};

/// A request whose form was checked, and not yet its signature.
pub struct Signed {
    pub header: Value,
    pub payload: Vec<u8>,
    text: String,
    signature: Vec<u8>,
}

impl Signed {
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        Self::of(&body)
    }

    pub fn of(body: &Value) -> Result<Self, String> {
        let field = |name: &str| body[name].as_str().ok_or_else(|| format!("no {name}"));
        let (protected, payload) = (field("protected")?, field("payload")?);
        let decode =
            |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|error| error.to_string());
        Ok(Self {
            header: serde_json::from_slice(&decode(protected)?).map_err(|e| e.to_string())?,
            payload: decode(payload)?,
            text: format!("{protected}.{payload}"),
            signature: decode(field("signature")?)?,
        })
    }

    /// Checks the signature with a key of P-256.
    pub fn verify(&self, jwk: &Value) -> Result<(), String> {
        if self.header["alg"] != "ES256" || jwk["kty"] != "EC" || jwk["crv"] != "P-256" {
            return Err(format!("{} with {jwk}", self.header["alg"]));
        }
        let coordinate = |name: &str| {
            BASE64URL_NOPAD.decode(jwk[name].as_str().unwrap_or_default().as_bytes()).unwrap()
        };
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|error| error.to_string())?;
        let signature = Signature::from_slice(&self.signature).map_err(|e| e.to_string())?;
        key.verify(self.text.as_bytes(), &signature).map_err(|error| error.to_string())
    }

    /// Checks the binding to an external account (RFC 8555, 7.3.4). Returns the account's id.
    pub fn bound_to(&self, jwk: &Value, key: &[u8]) -> Result<String, String> {
        let payload: Value = serde_json::from_slice(&self.payload).map_err(|e| e.to_string())?;
        let binding = Self::of(&payload["externalAccountBinding"])?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::verify(&key, binding.text.as_bytes(), &binding.signature)
            .map_err(|_| "the binding is not signed with the key".to_owned())?;
        let own: Value = serde_json::from_slice(&binding.payload).map_err(|e| e.to_string())?;
        let header = &binding.header;
        if own != *jwk || header["alg"] != "HS256" || header["url"] != self.header["url"] {
            return Err(format!("the binding is for something else: {header}"));
        }
        Ok(header["kid"].as_str().unwrap_or_default().to_owned())
    }
}

/// The thumbprint of a key (RFC 7638).
pub fn thumbprint(jwk: &Value) -> String {
    let json = json!({"crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"], "y": jwk["y"]});
    let sorted: std::collections::BTreeMap<String, Value> = serde_json::from_value(json).unwrap();
    BASE64URL_NOPAD.encode(&Sha256::digest(serde_json::to_vec(&sorted).unwrap()))
}

/// Checks a request for a certificate. Returns its names and its public key, a point of P-256.
pub fn requested(der: &[u8]) -> Result<(Vec<String>, Vec<u8>), String> {
    let request = CertReq::from_der(der).map_err(|error| error.to_string())?;
    let point = request.info.public_key.subject_public_key.raw_bytes().to_vec();
    let key = VerifyingKey::from_sec1_bytes(&point).map_err(|error| error.to_string())?;
    let signature =
        Signature::from_der(request.signature.raw_bytes()).map_err(|error| error.to_string())?;
    key.verify(&request.info.to_der().unwrap(), &signature).map_err(|error| error.to_string())?;
    let mut names = Vec::new();
    for attribute in request.info.attributes.iter() {
        for value in attribute.values.iter() {
            let Ok(ExtensionReq(extensions)) = ExtensionReq::from_der(&value.to_der().unwrap())
            else {
                continue;
            };
            for extension in extensions {
                let read = SubjectAltName::from_der(extension.extn_value.as_bytes());
                names.extend(read.iter().flat_map(|read| &read.0).filter_map(|name| match name {
                    GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
                    _ => None,
                }));
            }
        }
    }
    Ok((names, point))
}
