//! Reads X.509 certificates. Chains are not verified.

use boa_engine::object::ObjectInitializer;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsResult, JsString, JsValue};
use data_encoding::HEXUPPER;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::arguments::data;
use super::digest::Algorithm;
use super::key;
use super::openssl_error::{BAD_DER, Failure};
use crate::platform::native::bytes::uint8_array;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `certificate(data)`: the facts of a certificate in PEM or DER.
pub(super) fn read(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(arguments, 0, context)?;
    let der = key::certificate_der(&data);
    let facts = der.as_ref().map_err(|_| BAD_DER).and_then(|der| facts(der));
    let facts = facts.map_err(|failure| failure.thrown(context))?;
    let raw = uint8_array(der.as_deref().map_or(&[], |der| der.as_slice()), context)?;
    let mut object = ObjectInitializer::new(context);
    object.property(JsString::from("raw"), raw, Attribute::all());
    for (name, value) in facts {
        let value = value.map_or_else(JsValue::undefined, |text| JsString::from(text).into());
        object.property(JsString::from(name), value, Attribute::all());
    }
    Ok(object.build().into())
}

/// `certificateKey(data)`: the public key of a certificate in PEM or DER.
pub(super) fn public_key(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let data = data(arguments, 0, context)?;
    let public = key::certificate_der(&data).and_then(|der| key::certificate_key(&der));
    key::public_object(public, context)
}

fn facts(der: &[u8]) -> Result<Vec<(&'static str, Option<String>)>, Failure> {
    let certificate = Certificate::from_der(der).map_err(|_| BAD_DER)?.tbs_certificate;
    let fingerprint = |algorithm: Algorithm| {
        let digest: Vec<_> =
            algorithm.of(der).iter().map(|byte| HEXUPPER.encode(&[*byte])).collect();
        Some(digest.join(":"))
    };
    let authority = certificate.get::<BasicConstraints>().ok().flatten();
    let names = certificate.get::<SubjectAltName>().ok().flatten();
    let serial = HEXUPPER.encode(certificate.serial_number.as_bytes());
    Ok(vec![
        ("subject", Some(lines(&certificate.subject))),
        ("issuer", Some(lines(&certificate.issuer))),
        ("subjectAltName", names.map(|(_, names)| alternatives(&names))),
        ("validFrom", Some(date(certificate.validity.not_before))),
        ("validTo", Some(date(certificate.validity.not_after))),
        ("serialNumber", Some(serial.trim_start_matches("00").to_owned())),
        ("fingerprint", fingerprint(Algorithm::Sha1)),
        ("fingerprint256", fingerprint(Algorithm::Sha256)),
        ("fingerprint512", fingerprint(Algorithm::Sha512)),
        ("ca", authority.filter(|(_, constraints)| constraints.ca).map(|_| "true".to_owned())),
    ])
}

/// A distinguished name, with one attribute in each line.
fn lines(name: &Name) -> String {
    let mut lines = Vec::new();
    for part in &name.0 {
        for attribute in part.0.iter() {
            lines.push(attribute.to_string());
        }
    }
    lines.join("\n")
}

fn alternatives(names: &SubjectAltName) -> String {
    let texts = names.0.iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(format!("DNS:{name}")),
        GeneralName::Rfc822Name(name) => Some(format!("email:{name}")),
        GeneralName::UniformResourceIdentifier(name) => Some(format!("URI:{name}")),
        GeneralName::IpAddress(address) => {
            let address = address.as_bytes();
            let text = match <[u8; 4]>::try_from(address) {
                Ok(address) => std::net::Ipv4Addr::from(address).to_string(),
                Err(_) => {
                    let address = <[u8; 16]>::try_from(address).ok()?;
                    let groups = std::net::Ipv6Addr::from(address).segments();
                    groups.map(|group| format!("{group:X}")).join(":")
                }
            };
            Some(format!("IP Address:{text}"))
        }
        _ => None,
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// As OpenSSL prints it: `Jan  1 00:00:00 2030 GMT`.
fn date(time: Time) -> String {
    let at = time.to_date_time();
    let month = MONTHS.get(usize::from(at.month()).wrapping_sub(1)).copied().unwrap_or_default();
    format!(
        "{month} {:>2} {:02}:{:02}:{:02} {} GMT",
        at.day(),
        at.hour(),
        at.minutes(),
        at.seconds(),
        at.year()
    )
}
