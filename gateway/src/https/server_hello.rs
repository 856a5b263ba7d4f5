//! The server's first message in TLS 1.3 (RFC 8446, 4.1.3).

use rustls::CipherSuite;

use super::hello_input::Input;

const SERVER_HELLO: u8 = 2;
const PRE_SHARED_KEY: u16 = 41;

/// The random bytes of a hello that asks the viewer for another one: the SHA-256 of
/// `HelloRetryRequest`.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The parts of the message that a session keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    /// The chosen cipher suite.
    pub(super) cipher: CipherSuite,
    /// True if the session continues another one.
    pub(super) is_resumed: bool,
    /// True if the viewer must send another hello.
    pub(super) is_retry: bool,
}

// === impl ServerHello ===

impl ServerHello {
    /// Reads the message from the first bytes that a server says; `None` for other messages.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut hello = Input(bytes).message(SERVER_HELLO)?;
        hello.u16()?;
        let is_retry = hello.take(32)? == RETRY;
        hello.short()?;
        let cipher = CipherSuite::from(hello.u16()?);
        hello.u8()?;
        let mut extensions = hello.long()?;
        let mut is_resumed = false;
        while let Some(kind) = extensions.u16() {
            extensions.long()?;
            is_resumed |= kind == PRE_SHARED_KEY;
        }
        Some(Self { cipher, is_resumed, is_retry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, random: [u8; 32], extensions: &[u8]) -> Vec<u8> {
        let content = [
            &[3, 3][..],
            &random,
            &[0, 0x13, 0x01, 0],
            &u16::try_from(extensions.len()).unwrap().to_be_bytes(),
            extensions,
        ]
        .concat();
        [&[kind, 0, 0, u8::try_from(content.len()).unwrap()], content.as_slice()].concat()
    }

    #[test]
    fn cipher_and_continuation_are_read_and_other_messages_are_not() {
        let cipher = CipherSuite::TLS13_AES_128_GCM_SHA256;
        let read =
            |kind, random, extensions: &[u8]| ServerHello::read(&message(kind, random, extensions));
        let full = ServerHello { cipher, is_resumed: false, is_retry: false };
        assert_eq!(read(2, [7; 32], &[0, 43, 0, 2, 3, 4]), Some(full));
        let resumed = ServerHello { is_resumed: true, ..full };
        assert_eq!(read(2, [7; 32], &[0, 43, 0, 2, 3, 4, 0, 41, 0, 2, 0, 0]), Some(resumed));
        assert_eq!(read(2, RETRY, &[]), Some(ServerHello { is_retry: true, ..full }));
        assert_eq!(read(8, [7; 32], &[]), None);
        let whole = message(2, [7; 32], &[0, 43, 0, 2, 3, 4]);
        for end in 0..whole.len() {
            assert_eq!(ServerHello::read(&whole[..end]), None);
        }
    }
}
