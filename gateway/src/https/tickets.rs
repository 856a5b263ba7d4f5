//! Session tickets, with keys that the gateways of a site may share.
//!
//! A viewer that comes back shows its ticket and skips a part of the handshake. A gateway reads the
//! tickets of another gateway only if both have the same keys. The key file has one key a line: 32
//! bytes in Base64. The first key makes new tickets, and all keys read tickets. To change the key,
//! add a line at the top, and remove the last one a day later. Without a file, each gateway has
//! keys of its own, which rustls replaces every six hours.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use data_encoding::BASE64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::server::ProducesTickets;
use sha2::{Digest as _, Sha256};

use super::https_error::HttpsError;

/// Bytes of a key.
const KEY: usize = 32;

/// Bytes with which a ticket names its key.
const NAME: usize = 8;

/// Most keys of a file.
const KEYS_MAX: usize = 16;

/// The longest ticket that is read, in bytes. Tickets contain the name of the site and, in TLS 1.2
/// and 1.3 alike, secrets of fixed size.
const TICKET_MAX: usize = 4096;

/// How long viewers may keep a ticket, in seconds.
const LIFETIME_S: u32 = 12 * 3600;

/// Tickets under the keys of a file.
#[derive(Debug)]
pub(super) struct SharedTickets {
    keys: ArcSwap<Vec<TicketKey>>,
}

#[derive(Debug)]
struct TicketKey {
    name: [u8; NAME],
    key: LessSafeKey,
}

// === impl SharedTickets ===

impl SharedTickets {
    /// With the keys of this file.
    pub(super) fn open(file: &Path) -> Result<Arc<Self>, HttpsError> {
        Ok(Arc::new(Self { keys: ArcSwap::from_pointee(read(file)?) }))
    }

    /// Reads the file again. If it cannot be used, the keys stay.
    pub(super) fn reload(&self, file: &Path) -> Result<(), HttpsError> {
        self.keys.store(Arc::new(read(file)?));
        Ok(())
    }
}

impl ProducesTickets for SharedTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        LIFETIME_S
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let keys = self.keys.load();
        let key = keys.first()?;
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        key.key.seal_in_place_append_tag(unique, Aad::from(key.name), &mut sealed).ok()?;
        let ticket = [key.name.as_slice(), &nonce, &sealed].concat();
        (ticket.len() <= TICKET_MAX).then_some(ticket)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        if ticket.len() > TICKET_MAX {
            return None;
        }
        let (name, rest) = ticket.split_first_chunk::<NAME>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let keys = self.keys.load();
        let key = keys.iter().find(|key| key.name == *name)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = key.key.open_in_place(nonce, Aad::from(*name), &mut sealed).ok()?;
        Some(plain.to_vec())
    }
}

fn read(file: &Path) -> Result<Vec<TicketKey>, HttpsError> {
    let wrong = |reason: String| HttpsError::TicketKeys { file: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys = lines.enumerate().map(|(number, line)| {
        let number = number + 1;
        let form = || format!("key {number} is not {KEY} bytes in Base64");
        let bytes = BASE64.decode(line.as_bytes()).map_err(|_| wrong(form()))?;
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| wrong(form()))?;
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        let (name, _) = digest.split_first_chunk::<NAME>().ok_or_else(|| wrong(form()))?;
        Ok(TicketKey { name: *name, key: LessSafeKey::new(unbound) })
    });
    let keys: Vec<_> = keys.collect::<Result<_, HttpsError>>()?;
    match keys.len() {
        0 => {
            Err(wrong("there is no key in it; make one with `openssl rand -base64 32`".to_owned()))
        }
        1..=KEYS_MAX => Ok(keys),
        more => Err(wrong(format!("{more} keys are more than {KEYS_MAX}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_read_by_all_who_have_the_key_and_by_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, keys: &[u8]| {
            let path = folder.path().join(name);
            let lines: Vec<_> = keys.iter().map(|byte| BASE64.encode(&[*byte; KEY])).collect();
            std::fs::write(&path, lines.join("\n")).unwrap();
            path
        };
        let one = SharedTickets::open(&file("one", &[1])).unwrap();
        let two = SharedTickets::open(&file("two", &[2, 1])).unwrap();
        let ticket = one.encrypt(b"secret").unwrap();
        assert_eq!(two.decrypt(&ticket).unwrap(), b"secret");
        assert_eq!(one.decrypt(&two.encrypt(b"secret").unwrap()), None);
        for at in 0..ticket.len() {
            let mut forged = ticket.clone();
            forged[at] ^= 1;
            assert_eq!(one.decrypt(&forged), None, "{at}");
            assert_eq!(one.decrypt(&ticket[..at]), None, "{at}");
        }
        one.reload(&file("one", &[3])).unwrap();
        assert_eq!(one.decrypt(&ticket), None);
    }

    #[test]
    fn a_file_without_usable_keys_is_an_error_that_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let error = |text: &str| {
            std::fs::write(&path, text).unwrap();
            SharedTickets::open(&path).unwrap_err().to_string()
        };
        assert!(error("\n").contains("openssl rand -base64 32"));
        let good = BASE64.encode(&[1; KEY]);
        for bad in ["x", "AAAA"] {
            assert!(error(&format!("{good}\n{bad}")).contains("key 2 is not 32 bytes"), "{bad}");
        }
        assert!(error(&format!("{good}\n").repeat(17)).contains("17 keys"));
    }
}
