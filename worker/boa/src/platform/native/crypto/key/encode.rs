//! Keys to DER and PEM.

use pkcs8::der::asn1::{BitStringRef, Null, OctetStringRef};
use pkcs8::der::{AnyRef, Encode};
use pkcs8::pkcs5::pbes2;
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef};
use rand_core::{OsRng, RngCore};
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
use zeroize::Zeroizing;

use super::super::curve::Curve;
use super::super::openssl_error::Failure;
use super::decode::{EC, ED25519, RSA, RSA_PSS, X25519};
use super::{Edwards, Private, Public, pem};

/// Rounds of the key derivation of encrypted keys, as in OpenSSL.
const ROUNDS: u32 = 2048;

/// An encoded key.
pub(super) struct Document {
    label: &'static str,
    pub(super) der: Zeroizing<Vec<u8>>,
}

// === impl Document ===

impl Document {
    pub(super) fn pem(&self) -> Zeroizing<String> {
        pem::write(self.label, &self.der)
    }
}

/// SPKI, or PKCS #1 for RSA.
pub(super) fn public(key: &Public, kind: &str) -> Result<Document, Failure> {
    if kind == "pkcs1" {
        let Public::Rsa(key, _) = key else {
            return Err(only_for("pkcs1", "RSA"));
        };
        let der = key.to_pkcs1_der().map_err(Failure::internal)?.into_vec();
        return Ok(Document { label: "RSA PUBLIC KEY", der: Zeroizing::new(der) });
    }
    let curve_oid;
    let (oid, parameters, bytes) = match key {
        Public::Rsa(key, pss) => {
            let parameters = if *pss { None } else { Some(AnyRef::from(Null)) };
            let bytes = key.to_pkcs1_der().map_err(Failure::internal)?.into_vec();
            (if *pss { RSA_PSS } else { RSA }, parameters, bytes)
        }
        Public::Ec(curve, point) => {
            curve_oid = curve.oid();
            (EC, Some(AnyRef::from(&curve_oid)), point.clone())
        }
        Public::Edwards(kind, bytes) => (edwards_oid(*kind), None, bytes.to_vec()),
    };
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(&bytes).map_err(Failure::internal)?,
    };
    let der = info.to_der().map_err(Failure::internal)?;
    Ok(Document { label: "PUBLIC KEY", der: Zeroizing::new(der) })
}

/// PKCS #8, encrypted if there is a cipher with a passphrase; or PKCS #1 or SEC 1.
pub(super) fn private(
    key: &Private,
    kind: &str,
    lock: Option<(&str, &[u8])>,
) -> Result<Document, Failure> {
    match (kind, key) {
        ("pkcs1", Private::Rsa(key, _)) => {
            let der = key.to_pkcs1_der().map_err(Failure::internal)?;
            Ok(Document { label: "RSA PRIVATE KEY", der: der.to_bytes() })
        }
        ("pkcs1", _) => Err(only_for("pkcs1", "RSA")),
        ("sec1", Private::Ec(curve, scalar, point)) => {
            let der = sec1(scalar, point, Some(*curve))?;
            Ok(Document { label: "EC PRIVATE KEY", der })
        }
        ("sec1", _) => Err(only_for("sec1", "EC")),
        _ => pkcs8(key, lock),
    }
}

fn pkcs8(key: &Private, lock: Option<(&str, &[u8])>) -> Result<Document, Failure> {
    let curve_oid;
    let (oid, parameters, bytes) = match key {
        Private::Rsa(key, pss) => {
            let parameters = if *pss { None } else { Some(AnyRef::from(Null)) };
            let bytes = key.to_pkcs1_der().map_err(Failure::internal)?.to_bytes();
            (if *pss { RSA_PSS } else { RSA }, parameters, bytes)
        }
        Private::Ec(curve, scalar, point) => {
            curve_oid = curve.oid();
            (EC, Some(AnyRef::from(&curve_oid)), sec1(scalar, point, None)?)
        }
        Private::Edwards(kind, seed) => {
            let seed = OctetStringRef::new(seed.as_slice()).map_err(Failure::internal)?;
            let bytes = seed.to_der().map_err(Failure::internal)?;
            (edwards_oid(*kind), None, Zeroizing::new(bytes))
        }
    };
    let info = PrivateKeyInfo::new(AlgorithmIdentifierRef { oid, parameters }, &bytes);
    let Some((cipher, passphrase)) = lock else {
        let der = Zeroizing::new(info.to_der().map_err(Failure::internal)?);
        return Ok(Document { label: "PRIVATE KEY", der });
    };
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    OsRng.try_fill_bytes(&mut salt).map_err(Failure::internal)?;
    OsRng.try_fill_bytes(&mut iv).map_err(Failure::internal)?;
    let parameters = match cipher.to_ascii_lowercase().as_str() {
        "aes-128-cbc" | "aes128" => pbes2::Parameters::pbkdf2_sha256_aes128cbc(ROUNDS, &salt, &iv),
        "aes-256-cbc" | "aes256" => pbes2::Parameters::pbkdf2_sha256_aes256cbc(ROUNDS, &salt, &iv),
        _ => {
            return Err(Failure::Plain(Some("ERR_CRYPTO_UNKNOWN_CIPHER"), "Unknown cipher".into()));
        }
    };
    let parameters = parameters.map_err(Failure::internal)?;
    let locked = info.encrypt_with_params(parameters, passphrase).map_err(Failure::internal)?;
    Ok(Document { label: "ENCRYPTED PRIVATE KEY", der: locked.to_bytes() })
}

fn sec1(scalar: &[u8], point: &[u8], curve: Option<Curve>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let key = sec1::EcPrivateKey {
        private_key: scalar,
        parameters: curve.map(|curve| sec1::EcParameters::NamedCurve(curve.oid())),
        public_key: Some(point),
    };
    Ok(Zeroizing::new(key.to_der().map_err(Failure::internal)?))
}

fn edwards_oid(kind: Edwards) -> ObjectIdentifier {
    match kind {
        Edwards::Ed25519 => ED25519,
        Edwards::X25519 => X25519,
    }
}

fn only_for(encoding: &str, keys: &str) -> Failure {
    Failure::Plain(
        Some("ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS"),
        format!("The selected key encoding {encoding} can only be used for {keys} keys."),
    )
}
