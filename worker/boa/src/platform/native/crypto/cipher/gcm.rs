//! GCM, piece by piece, from CTR and GHASH, as in NIST SP 800-38D.
//!
//! As in Node.js, decryption returns plaintext before the tag is checked. `finish` checks it.

use aes::Block;
use aes::{Aes128, Aes192, Aes256};
use cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;

use super::Failure;
use super::kind::Aes;

const BLOCK: usize = 16;

/// Most bytes that one key and vector may encrypt: 2^36 - 32.
const TEXT_MAX: u64 = (1 << 36) - 32;

/// GCM under way.
pub(super) struct Gcm {
    encrypt: bool,
    stream: Box<dyn StreamCipher>,
    hash: Hashed,
    /// The encrypted first counter block, which masks the tag.
    mask: Block,
    aad_length: u64,
    text_length: u64,
    tag_length: Option<usize>,
    tag: Option<Vec<u8>>,
    finished: bool,
}

/// GHASH of bytes that come in pieces.
struct Hashed {
    hash: GHash,
    pending: Vec<u8>,
}

// === impl Gcm ===

impl Gcm {
    /// GCM with a key of a checked length, and a vector of at least one byte.
    pub(super) fn new(
        key: &[u8],
        iv: &[u8],
        encrypt: bool,
        tag_length: Option<usize>,
    ) -> Result<Self, Failure> {
        if let Some(length) = tag_length {
            check_tag_length(length)?;
        }
        let aes = Aes::new(key)?;
        let mut hash_key = Block::default();
        aes.encrypt(&mut hash_key);
        let hash = GHash::new(&hash_key);
        let first = first_counter(&hash, iv);
        let mut mask = first;
        aes.encrypt(&mut mask);
        let mut stream = counter_stream(key, &first)?;
        // The first block of the key stream is the mask.
        stream.try_apply_keystream(&mut [0; BLOCK]).map_err(Failure::internal)?;
        Ok(Self {
            encrypt,
            stream,
            hash: Hashed { hash, pending: Vec::new() },
            mask,
            aad_length: 0,
            text_length: 0,
            tag_length,
            tag: None,
            finished: false,
        })
    }

    /// Adds data that is only authenticated. False once there was text.
    pub(super) fn aad(&mut self, data: &[u8]) -> bool {
        if self.finished || self.text_length > 0 {
            return false;
        }
        self.aad_length = self.aad_length.saturating_add(data.len() as u64);
        self.hash.update(data);
        true
    }

    /// Encrypts or decrypts a piece.
    pub(super) fn update(&mut self, mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let unsupported =
            || Failure::Plain(None, "Trying to add data in unsupported state".to_owned());
        let length = self.text_length.saturating_add(data.len() as u64);
        if self.finished || length > TEXT_MAX {
            return Err(unsupported());
        }
        if self.text_length == 0 {
            self.hash.pad();
        }
        self.text_length = length;
        if !self.encrypt {
            self.hash.update(&data);
        }
        self.stream.try_apply_keystream(&mut data).map_err(|_| unsupported())?;
        if self.encrypt {
            self.hash.update(&data);
        }
        Ok(data)
    }

    /// Makes the tag, or checks it.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        if self.finished {
            return Err(Failure::Plain(
                Some("ERR_CRYPTO_INVALID_STATE"),
                "Invalid state".to_owned(),
            ));
        }
        self.finished = true;
        self.hash.pad();
        let lengths = (u128::from(self.aad_length * 8) << 64) | u128::from(self.text_length * 8);
        self.hash.update(&lengths.to_be_bytes());
        let tag = self.hash.hash.clone().finalize();
        let mut tag: Vec<u8> = tag.iter().zip(&self.mask).map(|(hash, mask)| hash ^ mask).collect();
        if self.encrypt {
            tag.truncate(self.tag_length.unwrap_or(BLOCK));
            self.tag = Some(tag);
            return Ok(());
        }
        let matches = self.tag.as_ref().is_some_and(|given| {
            tag.get(..given.len()).is_some_and(|tag| bool::from(tag.ct_eq(given)))
        });
        if matches {
            return Ok(());
        }
        Err(Failure::Plain(None, "Unsupported state or unable to authenticate data".to_owned()))
    }

    /// The tag, after encrypting.
    pub(super) fn tag(&self) -> Option<Vec<u8>> {
        self.tag.clone().filter(|_| self.encrypt && self.finished)
    }

    /// Sets the tag to check. False if there is one already, or if no tag is checked.
    pub(super) fn set_tag(&mut self, tag: &[u8]) -> Result<bool, Failure> {
        if self.encrypt || self.finished || self.tag.is_some() {
            return Ok(false);
        }
        if self.tag_length.is_some_and(|length| length != tag.len()) {
            return Err(invalid_tag(tag.len()));
        }
        check_tag_length(tag.len())?;
        self.tag = Some(tag.to_vec());
        Ok(true)
    }
}

// === impl Hashed ===

impl Hashed {
    fn update(&mut self, data: &[u8]) {
        self.pending.extend_from_slice(data);
        let whole = self.pending.len() / BLOCK * BLOCK;
        let rest = self.pending.split_off(whole);
        self.hash.update_padded(&self.pending);
        self.pending = rest;
    }

    fn pad(&mut self) {
        self.hash.update_padded(&self.pending);
        self.pending.clear();
    }
}

fn check_tag_length(length: usize) -> Result<(), Failure> {
    if matches!(length, 4 | 8 | 12..=16) { Ok(()) } else { Err(invalid_tag(length)) }
}

fn invalid_tag(length: usize) -> Failure {
    Failure::Type(
        "ERR_CRYPTO_INVALID_AUTH_TAG",
        format!("Invalid authentication tag length: {length}"),
    )
}

/// The block from which the counter starts.
fn first_counter(hash: &GHash, iv: &[u8]) -> Block {
    if let Ok(iv) = <[u8; 12]>::try_from(iv) {
        let mut block = Block::default();
        for (byte, value) in block.iter_mut().zip(iv.iter().chain(&[0, 0, 0, 1])) {
            *byte = *value;
        }
        return block;
    }
    let mut hash = hash.clone();
    hash.update_padded(iv);
    hash.update_padded(&u128::from(iv.len() as u64 * 8).to_be_bytes());
    hash.finalize()
}

fn counter_stream(key: &[u8], first: &Block) -> Result<Box<dyn StreamCipher>, Failure> {
    fn stream<A>(aes: A, first: &Block) -> Box<dyn StreamCipher>
    where
        A: cipher::BlockEncryptMut
            + cipher::BlockCipher
            + cipher::BlockSizeUser<BlockSize = cipher::consts::U16>
            + 'static,
    {
        let core = CtrCore::<A, Ctr32BE>::inner_iv_init(aes, first);
        Box::new(StreamCipherCoreWrapper::from_core(core))
    }
    Ok(match key.len() {
        16 => stream(Aes128::new_from_slice(key).map_err(Failure::internal)?, first),
        24 => stream(Aes192::new_from_slice(key).map_err(Failure::internal)?, first),
        _ => stream(Aes256::new_from_slice(key).map_err(Failure::internal)?, first),
    })
}
