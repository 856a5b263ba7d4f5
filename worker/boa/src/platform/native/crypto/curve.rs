//! The elliptic curves P-256, P-384 and P-521: points, scalars, and computations with them.

use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::elliptic_curve::{NonZeroScalar, PublicKey, SecretKey};
use pkcs8::ObjectIdentifier;
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::openssl_error::Failure;

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// Runs an expression with a name bound to a curve's type.
macro_rules! on_curve {
    ($curve:expr, $type:ident => $body:expr) => {
        match $curve {
            Curve::P256 => {
                type $type = p256::NistP256;
                $body
            }
            Curve::P384 => {
                type $type = p384::NistP384;
                $body
            }
            Curve::P521 => {
                type $type = p521::NistP521;
                $body
            }
        }
    };
}

// === impl Curve ===

impl Curve {
    /// The curve of a name: OpenSSL's, NIST's or SECG's.
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "P-256" | "prime256v1" | "secp256r1" => Self::P256,
            "P-384" | "secp384r1" => Self::P384,
            "P-521" | "secp521r1" => Self::P521,
            _ => return None,
        })
    }

    pub(super) fn of_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.oid() == oid)
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::P256 => "1.2.840.10045.3.1.7",
            Self::P384 => "1.3.132.0.34",
            Self::P521 => "1.3.132.0.35",
        })
    }

    /// OpenSSL's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::P256 => "prime256v1",
            Self::P384 => "secp384r1",
            Self::P521 => "secp521r1",
        }
    }

    /// The name in JWK.
    pub(super) fn jwk_name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Length of a coordinate and of a scalar, in bytes.
    pub(super) fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// A random scalar.
    pub(super) fn generate(self) -> Zeroizing<Vec<u8>> {
        on_curve!(self, C => Zeroizing::new(SecretKey::<C>::random(&mut OsRng).to_bytes().to_vec()))
    }

    /// The public point of a scalar, uncompressed; none if the scalar is out of range.
    pub(super) fn point_of(self, scalar: &[u8]) -> Option<Vec<u8>> {
        let scalar = self.padded(scalar)?;
        on_curve!(self, C => {
            let secret = SecretKey::<C>::from_slice(&scalar).ok()?;
            Some(secret.public_key().to_encoded_point(false).as_bytes().to_vec())
        })
    }

    /// A point in another form; none if it is not on the curve.
    pub(super) fn convert(self, point: &[u8], compress: bool) -> Option<Vec<u8>> {
        // The hybrid form repeats the parity of what follows; it is checked with the point.
        let mut plain = point.to_vec();
        if let Some(first @ (6 | 7)) = plain.first_mut() {
            *first = 4;
        }
        on_curve!(self, C => {
            let point = PublicKey::<C>::from_sec1_bytes(&plain).ok()?;
            Some(point.to_encoded_point(compress).as_bytes().to_vec())
        })
    }

    /// The scalar with its full length; none if it is too long.
    pub(super) fn padded(self, scalar: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let missing = self.size().checked_sub(scalar.len())?;
        let mut padded = Zeroizing::new(vec![0; missing]);
        padded.extend_from_slice(scalar);
        Some(padded)
    }

    /// The x coordinate of the product of a scalar and a point.
    pub(super) fn agree(self, scalar: &[u8], point: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let scalar = self.padded(scalar)?;
        on_curve!(self, C => {
            let secret = SecretKey::<C>::from_slice(&scalar).ok()?;
            let point = PublicKey::<C>::from_sec1_bytes(point).ok()?;
            let shared = p256::elliptic_curve::ecdh::diffie_hellman(
                secret.to_nonzero_scalar(),
                point.as_affine(),
            );
            Some(Zeroizing::new(shared.raw_secret_bytes().to_vec()))
        })
    }

    /// Signs a digest: r and s, each of the curve's size.
    pub(super) fn sign(self, scalar: &[u8], digest: &[u8]) -> Result<Vec<u8>, Failure> {
        use ecdsa::hazmat::SignPrimitive;
        let digest = self.field(digest);
        on_curve!(self, C => {
            let secret = SecretKey::<C>::from_slice(scalar).map_err(Failure::internal)?;
            let nonce = NonZeroScalar::<C>::random(&mut OsRng);
            let digest = p256::elliptic_curve::FieldBytes::<C>::from_slice(&digest);
            let (signature, _) = secret
                .to_nonzero_scalar()
                .try_sign_prehashed(*nonce, digest)
                .map_err(Failure::internal)?;
            Ok(signature.to_bytes().to_vec())
        })
    }

    /// True if a signature (r and s, or DER of them) is valid for a digest.
    pub(super) fn verify(self, point: &[u8], digest: &[u8], signature: &[u8], der: bool) -> bool {
        use ecdsa::hazmat::VerifyPrimitive;
        let digest = self.field(digest);
        let verified = on_curve!(self, C => (|| {
            let key = PublicKey::<C>::from_sec1_bytes(point).ok()?;
            let signature = if der {
                ecdsa::Signature::<C>::from_der(signature).ok()?
            } else {
                ecdsa::Signature::<C>::from_slice(signature).ok()?
            };
            let digest = p256::elliptic_curve::FieldBytes::<C>::from_slice(&digest);
            key.as_affine().verify_prehashed(digest, &signature).ok()
        })());
        verified.is_some()
    }

    /// DER of a signature.
    pub(super) fn to_der(self, signature: &[u8]) -> Result<Vec<u8>, Failure> {
        on_curve!(self, C => {
            let signature =
                ecdsa::Signature::<C>::from_slice(signature).map_err(Failure::internal)?;
            Ok(signature.to_der().as_bytes().to_vec())
        })
    }

    /// A digest as a number of the field's length: cut off, or with zeros before it.
    fn field(self, digest: &[u8]) -> Vec<u8> {
        let size = self.size();
        let kept = digest.get(..size).unwrap_or(digest);
        let mut field = vec![0; size - kept.len()];
        field.extend_from_slice(kept);
        field
    }
}
