//! Keys from and to JSON Web Keys (RFC 7517, 7518, 8037).

use boa_engine::{Context, JsResult, JsString, JsValue};
use data_encoding::BASE64URL_NOPAD;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPublicKey};
use zeroize::Zeroizing;

use super::super::curve::Curve;
use super::super::openssl_error::Failure;
use super::decode::checked_rsa;
use super::{Edwards, Key, Private, Public, RSA_MAX};

/// The members of a JWK that describe a key.
pub(super) struct Members {
    values: Vec<(&'static str, Zeroizing<String>)>,
}

const NAMES: [&str; 13] = ["kty", "crv", "k", "n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y"];

// === impl Members ===

impl Members {
    /// The members of an object that are texts.
    pub(super) fn of(value: &JsValue, context: &mut Context) -> JsResult<Self> {
        let mut values = Vec::new();
        if let Some(object) = value.as_object() {
            for name in NAMES {
                if let Some(text) = object.get(JsString::from(name), context)?.as_string() {
                    values.push((name, Zeroizing::new(text.to_std_string_lossy())));
                }
            }
        }
        Ok(Self { values })
    }

    fn text(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| *known == name)
    }

    /// A member's bytes. Both alphabets of base64 are read, with and without padding.
    fn bytes(&self, name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let text = self.text(name).trim_end_matches('=').replace('+', "-").replace('/', "_");
        let mut specification = BASE64URL_NOPAD.specification();
        specification.check_trailing_bits = false;
        let bytes = specification.encoding().ok()?.decode(text.as_bytes()).ok()?;
        Some(Zeroizing::new(bytes))
    }

    fn number(&self, name: &str) -> Option<BigUint> {
        self.bytes(name).map(|bytes| BigUint::from_bytes_be(&bytes))
    }
}

/// The key that the members describe.
pub(super) fn parse(members: &Members) -> Result<Key, Failure> {
    let invalid = |what: &str| {
        let message = if what.is_empty() {
            "Invalid JWK data".to_owned()
        } else {
            format!("Invalid JWK {what} key")
        };
        Failure::Type("ERR_CRYPTO_INVALID_JWK", message)
    };
    let private = members.has("d");
    match members.text("kty") {
        "oct" => members.bytes("k").map(Key::Secret).ok_or_else(|| invalid("")),
        "RSA" if private => rsa_private(members).ok_or_else(|| invalid("RSA")),
        "RSA" => rsa_public(members).ok_or_else(|| invalid("RSA")),
        "EC" => ec(members, private).ok_or_else(|| invalid("EC")),
        _ => edwards(members, private).ok_or_else(|| invalid("")),
    }
}

fn rsa_public(members: &Members) -> Option<Key> {
    let (modulus, exponent) = (members.number("n")?, members.number("e")?);
    let key = RsaPublicKey::new_with_max_size(modulus, exponent, RSA_MAX).ok()?;
    Some(Key::Public(Public::Rsa(key, false)))
}

fn rsa_private(members: &Members) -> Option<Key> {
    let primes = vec![members.number("p")?, members.number("q")?];
    let (modulus, exponent) = (members.number("n")?, members.number("e")?);
    let key = checked_rsa(modulus, exponent, members.number("d")?, primes).ok()?;
    Some(Key::Private(Private::Rsa(Box::new(key), false)))
}

fn ec(members: &Members, private: bool) -> Option<Key> {
    let curve = Curve::find(members.text("crv"))?;
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend_from_slice(&curve.padded(&members.bytes(name)?)?);
    }
    let point = curve.convert(&point, false)?;
    if !private {
        return Some(Key::Public(Public::Ec(curve, point)));
    }
    let key = Private::ec(curve, &members.bytes("d")?)?;
    (key.public() == Public::Ec(curve, point)).then_some(Key::Private(key))
}

fn edwards(members: &Members, private: bool) -> Option<Key> {
    let kind = Edwards::find(members.text("crv"))?;
    let bytes = |name| <[u8; 32]>::try_from(members.bytes(name)?.as_slice()).ok();
    let public = bytes("x")?;
    if !private {
        return Some(Key::Public(Public::Edwards(kind, public)));
    }
    Some(Key::Private(Private::Edwards(kind, Zeroizing::new(bytes("d")?))))
}

/// The members of a key, in Node.js's order.
pub(super) fn members(key: &Key) -> Result<Vec<(&'static str, Zeroizing<String>)>, Failure> {
    let plain = |text: &str| Zeroizing::new(text.to_owned());
    let coded = |bytes: &[u8]| Zeroizing::new(BASE64URL_NOPAD.encode(bytes));
    let number = |number: &BigUint| coded(&Zeroizing::new(number.to_bytes_be()));
    Ok(match key {
        Key::Secret(bytes) => vec![("kty", plain("oct")), ("k", coded(bytes))],
        Key::Public(Public::Rsa(key, false)) => {
            vec![("kty", plain("RSA")), ("n", number(key.n())), ("e", number(key.e()))]
        }
        Key::Private(Private::Rsa(key, false)) => {
            let mut members = vec![
                ("kty", plain("RSA")),
                ("n", number(key.n())),
                ("e", number(key.e())),
                ("d", number(key.d())),
            ];
            let [first, second] = key.primes() else {
                return Err(Failure::internal("this key has more than two primes"));
            };
            let coefficient = key.crt_coefficient().unwrap_or_default();
            members.extend([
                ("p", number(first)),
                ("q", number(second)),
                ("dp", number(&(key.d() % (first - 1_u8)))),
                ("dq", number(&(key.d() % (second - 1_u8)))),
                ("qi", number(&coefficient)),
            ]);
            members
        }
        Key::Public(Public::Ec(curve, point)) => ec_members(*curve, point),
        Key::Private(Private::Ec(curve, scalar, point)) => {
            let mut members = ec_members(*curve, point);
            members.push(("d", coded(scalar)));
            members
        }
        Key::Public(Public::Edwards(kind, bytes)) => {
            vec![("crv", plain(edwards_name(*kind))), ("x", coded(bytes)), ("kty", plain("OKP"))]
        }
        Key::Private(Private::Edwards(kind, seed)) => vec![
            ("crv", plain(edwards_name(*kind))),
            ("d", coded(seed.as_slice())),
            ("x", coded(&kind.public(seed))),
            ("kty", plain("OKP")),
        ],
        Key::Public(Public::Rsa(..)) | Key::Private(Private::Rsa(..)) => {
            return Err(Failure::Plain(
                Some("ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE"),
                "Unsupported JWK Key Type.".to_owned(),
            ));
        }
    })
}

fn ec_members(curve: Curve, point: &[u8]) -> Vec<(&'static str, Zeroizing<String>)> {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at_checked(curve.size()).unwrap_or_default();
    let coded = |bytes: &[u8]| Zeroizing::new(BASE64URL_NOPAD.encode(bytes));
    vec![
        ("kty", Zeroizing::new("EC".to_owned())),
        ("x", coded(x)),
        ("y", coded(y)),
        ("crv", Zeroizing::new(curve.jwk_name().to_owned())),
    ]
}

fn edwards_name(kind: Edwards) -> &'static str {
    match kind {
        Edwards::Ed25519 => "Ed25519",
        Edwards::X25519 => "X25519",
    }
}
