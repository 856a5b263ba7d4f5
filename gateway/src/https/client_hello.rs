//! JA3 and JA4 fingerprints of a viewer's first message in TLS, which tell kinds of programs apart.
//!
//! rustls does not show the order of extensions, so the message is read here. It comes from a
//! handshake that rustls has accepted. Values of RFC 8701 (GREASE), which programs choose at
//! random, do not count.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::hello_input::Input;

/// The longest message that is read, in bytes.
pub(super) const HELLO_MAX: usize = 16 * 1024;

const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;

/// The parts of the message that fingerprints are made of, in the viewer's order and without
/// GREASE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hello {
    version: u16,
    ciphers: Vec<u16>,
    extensions: Vec<u16>,
    groups: Vec<u16>,
    point_formats: Vec<u8>,
    signatures: Vec<u16>,
    versions: Vec<u16>,
    /// The first protocol of ALPN.
    protocol: Option<Vec<u8>>,
}

// === impl Hello ===

impl Hello {
    /// Reads the message from the first bytes of a connection over TCP.
    pub(super) fn read(records: &[u8]) -> Option<Self> {
        Self::read_message(&first_message(records)?)
    }

    /// Reads the message, which may have others behind it.
    pub(super) fn read_message(message: &[u8]) -> Option<Self> {
        let mut input = Input(message).message(CLIENT_HELLO)?;
        let mut hello = Self { version: input.u16()?, ..Self::default() };
        input.take(32)?;
        input.short()?;
        hello.ciphers = words(input.long()?);
        input.short()?;
        let Some(mut extensions) = input.long() else { return Some(hello) };
        while let Some(kind) = extensions.u16() {
            let mut content = extensions.long()?;
            if !is_grease(kind) {
                hello.extensions.push(kind);
            }
            match kind {
                SUPPORTED_GROUPS => hello.groups = words(content.long()?),
                POINT_FORMATS => hello.point_formats = content.short()?.0.to_vec(),
                SIGNATURE_ALGORITHMS => hello.signatures = words(content.long()?),
                SUPPORTED_VERSIONS => hello.versions = words(content.short()?),
                ALPN => hello.protocol = Some(content.long()?.short()?.0.to_vec()),
                _ => {}
            }
        }
        Some(hello)
    }

    /// The JA3 fingerprint: the MD5 of version, ciphers, extensions, groups and point formats.
    pub(super) fn ja3(&self) -> String {
        let formats: Vec<u16> = self.point_formats.iter().copied().map(u16::from).collect();
        let lists = [&self.ciphers, &self.extensions, &self.groups, &formats].map(|list| {
            let numbers: Vec<String> = list.iter().map(u16::to_string).collect();
            numbers.join("-")
        });
        let text = format!("{},{}", self.version, lists.join(","));
        HEXLOWER.encode(&Md5::digest(text))
    }

    /// The JA4 fingerprint (FoxIO, `ja4_a` to `ja4_c`) of a connection over TCP.
    pub(super) fn ja4(&self) -> String {
        self.ja4_over('t')
    }

    /// The JA4 fingerprint of a connection over QUIC.
    pub(super) fn ja4_of_quic(&self) -> String {
        self.ja4_over('q')
    }

    fn ja4_over(&self, transport: char) -> String {
        let newest = self.versions.iter().max().copied().unwrap_or(self.version);
        let version = match newest {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            _ => "00",
        };
        let name = if self.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' };
        let counts = [&self.ciphers, &self.extensions].map(|list| list.len().min(99));
        let [ciphers, extensions] = counts;
        let protocol = ends(self.protocol.as_deref().unwrap_or_default());
        let mut named: Vec<u16> = self.extensions.clone();
        named.retain(|kind| !matches!(*kind, SERVER_NAME | ALPN));
        let mut text = sorted(&named);
        if !self.signatures.is_empty() {
            text = format!("{text}_{}", listed(&self.signatures));
        }
        let second = digest(&sorted(&self.ciphers));
        let third = if self.extensions.is_empty() { digest("") } else { digest(&text) };
        format!("{transport}{version}{name}{ciphers:02}{extensions:02}{protocol}_{second}_{third}")
    }
}

/// All numbers of two bytes, without GREASE.
fn words(mut input: Input<'_>) -> Vec<u16> {
    std::iter::from_fn(|| input.u16()).filter(|word| !is_grease(*word)).collect()
}

/// The first handshake message, which may be in several records.
fn first_message(records: &[u8]) -> Option<Vec<u8>> {
    const HANDSHAKE: u8 = 22;
    let (mut input, mut message) = (Input(records), Vec::new());
    loop {
        if input.u8()? != HANDSHAKE {
            return None;
        }
        input.u16()?;
        message.extend_from_slice(input.long()?.0);
        if Input(&message).message(CLIENT_HELLO).is_some() {
            return Some(message);
        }
    }
}

fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// The first and the last character of a protocol; of their hexadecimal digits if they are neither
/// letters nor digits.
fn ends(protocol: &[u8]) -> String {
    let (Some(first), Some(last)) = (protocol.first(), protocol.last()) else {
        return "00".to_owned();
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [*first, *last].map(char::from).iter().collect();
    }
    let digits = HEXLOWER.encode(&[*first, *last]);
    digits.chars().next().into_iter().chain(digits.chars().last()).collect()
}

fn sorted(list: &[u16]) -> String {
    let mut list = list.to_vec();
    list.sort_unstable();
    listed(&list)
}

fn listed(list: &[u16]) -> String {
    let mut text = String::with_capacity(list.len() * 5);
    for (at, number) in list.iter().enumerate() {
        // Writing into memory does not fail.
        let _ = write!(text, "{}{number:04x}", if at > 0 { "," } else { "" });
    }
    text
}

/// The first twelve digits of a text's SHA-256; zeros for an empty text.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    let mut digits = HEXLOWER.encode(&Sha256::digest(text));
    digits.truncate(12);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        Hello {
            version: 0x0303,
            ciphers: vec![
                0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
                0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
            ],
            extensions: vec![
                0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023,
                0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
            ],
            groups: vec![29, 23, 24],
            point_formats: vec![0],
            signatures: vec![0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
            versions: vec![0x0304, 0x0303],
            protocol: Some(b"h2".to_vec()),
        }
    }

    /// The example of FoxIO's description of JA4.
    #[test]
    fn a_known_viewer_has_its_known_fingerprint() {
        assert_eq!(hello().ja4(), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        let text = "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,\
                    27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0";
        assert_eq!(hello().ja3(), HEXLOWER.encode(&Md5::digest(text)));
    }

    #[test]
    fn a_viewer_that_says_little_has_a_fingerprint_too() {
        let bare = Hello { version: 0x0303, ciphers: vec![0xc02b], ..Hello::default() };
        let digest = digest("c02b");
        assert_eq!(bare.ja4(), format!("t12i010000_{digest}_000000000000"));
        assert_eq!(bare.ja3(), HEXLOWER.encode(&Md5::digest("771,49195,,,")));
    }

    #[test]
    fn the_message_is_read_across_records_and_grease_does_not_count() {
        let mut content = vec![3, 3];
        content.extend([7; 32]);
        content.push(0);
        content.extend([0, 4, 0x1a, 0x1a, 0x13, 0x01]);
        content.extend([1, 0]);
        let extensions = [
            &[0x2a, 0x2a, 0, 0][..],
            &[0, 10, 0, 6, 0, 4, 0x3a, 0x3a, 0, 29],
            &[0, 11, 0, 2, 1, 0],
            &[0, 16, 0, 5, 0, 3, 2, b'h', b'2'],
            &[0, 43, 0, 5, 4, 0x4a, 0x4a, 3, 4],
        ]
        .concat();
        content.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        content.extend(extensions);
        let message = [&[1, 0, 0, u8::try_from(content.len()).unwrap()][..], &content].concat();
        let expected = Hello {
            version: 0x0303,
            ciphers: vec![0x1301],
            extensions: vec![10, 11, 16, 43],
            groups: vec![29],
            point_formats: vec![0],
            signatures: vec![],
            versions: vec![0x0304],
            protocol: Some(b"h2".to_vec()),
        };
        for size in [1, 3, 50, 1000] {
            let records: Vec<u8> = message
                .chunks(size)
                .flat_map(|part| [&[22, 3, 1, 0, u8::try_from(part.len()).unwrap()], part].concat())
                .collect();
            assert_eq!(Hello::read(&records), Some(expected.clone()), "{size}");
            for end in 0..records.len() {
                assert_eq!(Hello::read(&records[..end]), None, "{size} {end}");
            }
        }
        assert_eq!(Hello::read(b"GET / HTTP/1.1\r\n\r\n"), None);
    }
}
