//! PEM, read as leniently as OpenSSL does: with text around the blocks, lines of any length, and
//! CRLF.

use data_encoding::BASE64_MIME_PERMISSIVE;
use zeroize::Zeroizing;

use super::super::openssl_error::{Failure, UNSUPPORTED};
use super::{Private, Public, decode};

/// Length of the base64 lines that are written.
const LINE: usize = 64;

/// A block of PEM.
struct Block<'a> {
    label: &'a str,
    der: Zeroizing<Vec<u8>>,
    /// True if it has headers, as in the traditional encryption, which is not supported.
    headers: bool,
}

/// The first private key.
pub(super) fn private(text: &[u8], passphrase: Option<&[u8]>) -> Result<Private, Failure> {
    for block in blocks(text) {
        let kind = match block.label {
            "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => "pkcs8",
            "RSA PRIVATE KEY" => "pkcs1",
            "EC PRIVATE KEY" => "sec1",
            _ => continue,
        };
        if block.headers {
            return Err(UNSUPPORTED);
        }
        return decode::private(&block.der, kind, passphrase);
    }
    Err(UNSUPPORTED)
}

/// The first public key, also of a certificate. If there is none, the public key of the first
/// private key.
pub(super) fn public(text: &[u8], passphrase: Option<&[u8]>) -> Result<Public, Failure> {
    for block in blocks(text) {
        match block.label {
            "PUBLIC KEY" => return decode::public(&block.der, "spki", None),
            "RSA PUBLIC KEY" => return decode::public(&block.der, "pkcs1", None),
            "CERTIFICATE" | "X509 CERTIFICATE" => return decode::certificate_key(&block.der),
            _ => {}
        }
    }
    private(text, passphrase).map(|key| key.public())
}

/// The bytes of the first block with a label.
pub(super) fn find(text: &[u8], label: &str) -> Option<Zeroizing<Vec<u8>>> {
    blocks(text).find(|block| block.label == label).map(|block| block.der)
}

/// Bytes as PEM.
pub(super) fn write(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(data_encoding::BASE64.encode(der));
    let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    for (at, letter) in base64.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

fn blocks(text: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut rest = std::str::from_utf8(text).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once("-----BEGIN ")?;
            let (label, after) = after.split_once("-----")?;
            rest = after;
            let Some((body, after)) = rest.split_once(&format!("-----END {label}-----")) else {
                continue;
            };
            rest = after;
            // The header's line ends there, and the footer stands at a line's beginning.
            if !body.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
                || !body.ends_with('\n')
            {
                continue;
            }
            let headers = body.contains(':');
            let der = if headers { Some(Vec::new()) } else { decoded(body) };
            if let Some(der) = der {
                return Some(Block { label, der: Zeroizing::new(der), headers });
            }
        }
    })
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    let base64: Zeroizing<Vec<u8>> =
        Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    BASE64_MIME_PERMISSIVE.decode(&base64).ok()
}
