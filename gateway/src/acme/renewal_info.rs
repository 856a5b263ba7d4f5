//! The time in which an authority wants a certificate to be replaced (RFC 9773).

use std::time::Duration;

use brink_shared::wire::UnixMillis;
use instant_acme::{Account, CertificateIdentifier, Error};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, Der};
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;

use super::records::Window;

/// The name of a certificate at its authority; `None` if the certificate does not name the
/// authority's key.
pub(super) fn identifier(chain: &str) -> Option<CertificateIdentifier<'static>> {
    let own = CertificateDer::pem_slice_iter(chain.as_bytes()).next()?.ok()?;
    let read = x509_cert::Certificate::from_der(&own).ok()?;
    let of = &read.tbs_certificate;
    let (_, authority) = of.get::<AuthorityKeyIdentifier>().ok()??;
    let authority = authority.key_identifier?;
    let serial = of.serial_number.as_bytes();
    let identifier =
        CertificateIdentifier::new(Der::from_slice(authority.as_bytes()), Der::from_slice(serial));
    Some(identifier.into_owned())
}

/// Asks for the window, and how long to wait before asking again. `None` if the authority has none.
pub(super) async fn window(
    account: &Account,
    chain: &str,
) -> Result<Option<(Window, Duration)>, Error> {
    let Some(identifier) = identifier(chain) else { return Ok(None) };
    match account.renewal_info(&identifier).await {
        Ok((info, again)) => {
            let at = |seconds: i64| {
                UnixMillis(u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000))
            };
            let suggested = &info.suggested_window;
            let start = at(suggested.start.unix_timestamp());
            let end = at(suggested.end.unix_timestamp());
            Ok(Some((Window { start, end }, again)))
        }
        Err(Error::Unsupported(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, Issuer, KeyPair};

    use super::*;

    #[test]
    fn a_certificate_has_the_identifier_of_the_rfc() {
        let issuer = Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let without = params.signed_by(&key, &issuer).unwrap().pem();
        assert_eq!(identifier(&without), None);
        // RFC 9773, 4.1: a serial number has its leading zero.
        params.serial_number = Some(vec![0x87, 0x65, 0x43, 0x21].into());
        params.use_authority_key_identifier_extension = true;
        let identifier = identifier(&params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
        assert_eq!(identifier.serial, "AIdlQyE");
        assert_eq!(identifier.authority_key_identifier.len(), 27, "20 bytes");
        assert_eq!(super::identifier("no certificate"), None);
    }
}
