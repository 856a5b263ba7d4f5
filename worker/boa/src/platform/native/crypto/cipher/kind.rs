//! The ciphers, and the parts that the modes share.

use aes::{Aes128, Aes192, Aes256};
use cipher::{KeyInit, KeyIvInit, StreamCipher};
use ctr::Ctr128BE;

use super::Failure;

/// A mode of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Ecb,
    Cbc,
    Ctr,
    Gcm,
}

/// A cipher: AES of a key length, in bytes, in a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) mode: Mode,
    pub(super) key_length: usize,
}

// === impl Kind ===

impl Kind {
    /// The cipher of a name as OpenSSL knows it, in any case.
    pub(super) fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("id-").unwrap_or(&name);
        let rest = name.strip_prefix("aes-").or_else(|| name.strip_prefix("aes"))?;
        let (bits, mode) = rest.split_once('-').unwrap_or((rest, "cbc"));
        let key_length = match bits {
            "128" => 16,
            "192" => 24,
            "256" => 32,
            _ => return None,
        };
        let mode = match mode {
            "ecb" => Mode::Ecb,
            "cbc" => Mode::Cbc,
            "ctr" => Mode::Ctr,
            "gcm" => Mode::Gcm,
            _ => return None,
        };
        Some(Self { mode, key_length })
    }

    /// The name in `getCipherInfo`.
    pub(super) fn name(self) -> String {
        let (bits, mode) = (self.key_length * 8, self.mode.name());
        if self.mode == Mode::Gcm {
            format!("id-aes{bits}-gcm")
        } else {
            format!("aes-{bits}-{mode}")
        }
    }

    /// OpenSSL's number of it.
    pub(super) fn nid(self) -> i32 {
        let size = match self.key_length {
            16 => 0,
            24 => 1,
            _ => 2,
        };
        match self.mode {
            Mode::Ecb => 418 + 4 * size,
            Mode::Cbc => 419 + 4 * size,
            Mode::Ctr => 904 + size,
            Mode::Gcm => 895 + 3 * size,
        }
    }
}

// === impl Mode ===

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ecb => "ecb",
            Self::Cbc => "cbc",
            Self::Ctr => "ctr",
            Self::Gcm => "gcm",
        }
    }

    /// The block size, in bytes.
    pub(super) fn block_size(self) -> i32 {
        match self {
            Self::Ecb | Self::Cbc => 16,
            Self::Ctr | Self::Gcm => 1,
        }
    }

    /// Length of the initialization vector, in bytes; none for modes without.
    pub(super) fn iv_length(self) -> Option<usize> {
        match self {
            Self::Ecb => None,
            Self::Cbc | Self::Ctr => Some(16),
            Self::Gcm => Some(12),
        }
    }
}

/// The key stream of CTR with a counter of 128 bits.
pub(super) fn key_stream(key: &[u8], iv: &[u8]) -> Result<Box<dyn StreamCipher>, Failure> {
    Ok(match key.len() {
        16 => Box::new(Ctr128BE::<Aes128>::new_from_slices(key, iv).map_err(Failure::internal)?),
        24 => Box::new(Ctr128BE::<Aes192>::new_from_slices(key, iv).map_err(Failure::internal)?),
        _ => Box::new(Ctr128BE::<Aes256>::new_from_slices(key, iv).map_err(Failure::internal)?),
    })
}

/// AES on single blocks, with an expanded key.
pub(super) enum Aes {
    Of128(Box<Aes128>),
    Of192(Box<Aes192>),
    Of256(Box<Aes256>),
}

// === impl Aes ===

impl Aes {
    /// From a key of 16, 24 or 32 bytes.
    pub(super) fn new(key: &[u8]) -> Result<Self, Failure> {
        Ok(match key.len() {
            16 => Self::Of128(Box::new(Aes128::new_from_slice(key).map_err(Failure::internal)?)),
            24 => Self::Of192(Box::new(Aes192::new_from_slice(key).map_err(Failure::internal)?)),
            _ => Self::Of256(Box::new(Aes256::new_from_slice(key).map_err(Failure::internal)?)),
        })
    }

    pub(super) fn encrypt(&self, block: &mut aes::Block) {
        use cipher::BlockEncrypt;
        match self {
            Self::Of128(aes) => aes.encrypt_block(block),
            Self::Of192(aes) => aes.encrypt_block(block),
            Self::Of256(aes) => aes.encrypt_block(block),
        }
    }

    pub(super) fn decrypt(&self, block: &mut aes::Block) {
        use cipher::BlockDecrypt;
        match self {
            Self::Of128(aes) => aes.decrypt_block(block),
            Self::Of192(aes) => aes.decrypt_block(block),
            Self::Of256(aes) => aes.decrypt_block(block),
        }
    }
}
