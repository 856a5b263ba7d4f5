//! Keys from DER: PKCS #1, PKCS #8 (encrypted too), SPKI, SEC 1, X.509 certificates.

use pkcs8::der::asn1::{AnyRef, OctetStringRef};
use pkcs8::der::{Decode, Reader as _, SliceReader, Tag, Tagged as _};
use pkcs8::{EncryptedPrivateKeyInfo, ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef};
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey, pkcs1};
use x509_cert::Certificate;
use x509_cert::der::Encode;
use zeroize::Zeroizing;

use super::super::curve::Curve;
use super::super::openssl_error::{BAD_DER, Failure, UNSUPPORTED};
use super::{Edwards, Private, Public, RSA_MAX};

pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub(super) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
pub(super) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A private key from DER of a type.
pub(super) fn private(
    der: &[u8],
    kind: &str,
    passphrase: Option<&[u8]>,
) -> Result<Private, Failure> {
    match kind {
        "pkcs1" => Ok(Private::Rsa(Box::new(rsa_private(der)?), false)),
        "sec1" => sec1_private(der, None),
        _ => match PrivateKeyInfo::from_der(der) {
            Ok(info) => pkcs8_private(&info),
            Err(_) => {
                let locked = EncryptedPrivateKeyInfo::from_der(der).map_err(|_| UNSUPPORTED)?;
                let passphrase = passphrase.ok_or(Failure::OpenSsl(
                    "07880109",
                    "common libcrypto routines",
                    "interrupted or cancelled",
                    "ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED",
                ))?;
                let opened = locked.decrypt(passphrase).map_err(|_| {
                    Failure::OpenSsl(
                        "1C800064",
                        "Provider routines",
                        "bad decrypt",
                        "ERR_OSSL_BAD_DECRYPT",
                    )
                })?;
                let info = PrivateKeyInfo::from_der(opened.as_bytes()).map_err(|_| UNSUPPORTED)?;
                pkcs8_private(&info)
            }
        },
    }
}

/// A public key from DER of a type. If the type is private, it is the public key of the private
/// key.
pub(super) fn public(der: &[u8], kind: &str, passphrase: Option<&[u8]>) -> Result<Public, Failure> {
    match kind {
        "pkcs1" => match rsa_public(der) {
            Ok(key) => Ok(Public::Rsa(key, false)),
            Err(_) => private(der, kind, None).map(|key| key.public()).map_err(|_| BAD_DER),
        },
        "spki" => {
            let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| BAD_DER)?;
            spki(&info)
        }
        _ => private(der, kind, passphrase).map(|key| key.public()),
    }
}

/// The public key of a certificate in DER.
pub(in super::super) fn certificate_key(der: &[u8]) -> Result<Public, Failure> {
    let certificate = Certificate::from_der(der).map_err(|_| BAD_DER)?;
    let info = certificate.tbs_certificate.subject_public_key_info;
    let der = info.to_der().map_err(|_| BAD_DER)?;
    public(&der, "spki", None)
}

fn pkcs8_private(info: &PrivateKeyInfo<'_>) -> Result<Private, Failure> {
    match info.algorithm.oid {
        oid @ (RSA | RSA_PSS) => {
            Ok(Private::Rsa(Box::new(rsa_private(info.private_key)?), oid == RSA_PSS))
        }
        EC => sec1_private(info.private_key, info.algorithm.parameters_oid().ok()),
        oid @ (ED25519 | X25519) => {
            let seed = OctetStringRef::from_der(info.private_key).map_err(|_| UNSUPPORTED)?;
            let seed = seed.as_bytes().try_into().map_err(|_| UNSUPPORTED)?;
            Ok(Private::Edwards(edwards(oid), Zeroizing::new(seed)))
        }
        _ => Err(UNSUPPORTED),
    }
}

fn spki(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Public, Failure> {
    let bytes = info.subject_public_key.as_bytes().ok_or(BAD_DER)?;
    match info.algorithm.oid {
        oid @ (RSA | RSA_PSS) => Ok(Public::Rsa(rsa_public(bytes)?, oid == RSA_PSS)),
        EC => {
            let curve = info.algorithm.parameters_oid().ok().and_then(Curve::of_oid);
            let curve = curve.ok_or(UNSUPPORTED)?;
            Ok(Public::Ec(curve, curve.convert(bytes, false).ok_or(UNSUPPORTED)?))
        }
        oid @ (ED25519 | X25519) => {
            Ok(Public::Edwards(edwards(oid), bytes.try_into().map_err(|_| UNSUPPORTED)?))
        }
        _ => Err(UNSUPPORTED),
    }
}

fn edwards(oid: ObjectIdentifier) -> Edwards {
    if oid == ED25519 { Edwards::Ed25519 } else { Edwards::X25519 }
}

fn sec1_private(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Private, Failure> {
    let key = sec1::EcPrivateKey::from_der(der).map_err(|_| UNSUPPORTED)?;
    let curve = curve.or_else(|| key.parameters.and_then(|named| named.named_curve()));
    let curve = curve.and_then(Curve::of_oid).ok_or(UNSUPPORTED)?;
    Private::ec(curve, key.private_key).ok_or(UNSUPPORTED)
}

fn rsa_private(der: &[u8]) -> Result<RsaPrivateKey, Failure> {
    let key = pkcs1::RsaPrivateKey::try_from(der).map_err(|_| UNSUPPORTED)?;
    let number = |bytes: &pkcs1::UintRef<'_>| BigUint::from_bytes_be(bytes.as_bytes());
    let (modulus, exponent) = (number(&key.modulus), number(&key.public_exponent));
    let primes = vec![number(&key.prime1), number(&key.prime2)];
    checked_rsa(modulus, exponent, number(&key.private_exponent), primes)
}

/// A private RSA key, after a check that its numbers belong together.
pub(super) fn checked_rsa(
    modulus: BigUint,
    exponent: BigUint,
    private: BigUint,
    primes: Vec<BigUint>,
) -> Result<RsaPrivateKey, Failure> {
    if modulus.bits() > RSA_MAX || primes.iter().any(|prime| prime.bits() < 2) {
        return Err(UNSUPPORTED);
    }
    RsaPrivateKey::from_components(modulus, exponent, private, primes).map_err(|_| UNSUPPORTED)
}

fn rsa_public(der: &[u8]) -> Result<RsaPublicKey, Failure> {
    // OpenSSL takes the bytes of both numbers as they are, so that packages which write their own
    // DER get away without the zero before a first byte of 128 and more. `aws-jwt-verify` 2 and 3 do.
    let number = |reader: &mut SliceReader<'_>| {
        let integer = AnyRef::decode(reader)?;
        integer.tag().assert_eq(Tag::Integer)?;
        Ok::<_, pkcs8::der::Error>(BigUint::from_bytes_be(integer.value()))
    };
    let sequence = AnyRef::from_der(der).map_err(|_| BAD_DER)?;
    sequence.tag().assert_eq(Tag::Sequence).map_err(|_| BAD_DER)?;
    let mut reader = SliceReader::new(sequence.value()).map_err(|_| BAD_DER)?;
    let modulus = number(&mut reader).map_err(|_| BAD_DER)?;
    let exponent = number(&mut reader).map_err(|_| BAD_DER)?;
    reader.finish(()).map_err(|_| BAD_DER)?;
    RsaPublicKey::new_with_max_size(modulus, exponent, RSA_MAX).map_err(|_| UNSUPPORTED)
}
