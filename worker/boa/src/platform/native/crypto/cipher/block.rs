//! ECB and CBC: whole blocks, with the padding of PKCS #7 unless it is switched off.

use aes::{Aes128, Aes192, Aes256, Block};
use cipher::{BlockDecryptMut, BlockEncryptMut, KeyInit, KeyIvInit};
use zeroize::Zeroizing;

use super::Failure;
use super::kind::{Kind, Mode};

const BLOCK: usize = 16;

/// Changes whole blocks in place.
type Change = Box<dyn FnMut(&mut [Block])>;

/// A block mode under way.
pub(super) struct Blocks {
    /// Whether the last block is padded.
    pub(super) padding: bool,
    encrypt: bool,
    change: Change,
    /// Input that is less than a block. While decrypting it can be a whole block, which may be the
    /// padded one.
    pending: Zeroizing<Vec<u8>>,
}

// === impl Blocks ===

impl Blocks {
    /// A mode with a key and a vector of checked lengths.
    pub(super) fn new(kind: Kind, key: &[u8], iv: &[u8], encrypt: bool) -> Result<Self, Failure> {
        let change = match key.len() {
            16 => change::<Aes128>(kind.mode, key, iv, encrypt)?,
            24 => change::<Aes192>(kind.mode, key, iv, encrypt)?,
            _ => change::<Aes256>(kind.mode, key, iv, encrypt)?,
        };
        Ok(Self { padding: true, encrypt, change, pending: Zeroizing::default() })
    }

    /// Takes more input. Returns the blocks that are finished.
    pub(super) fn update(&mut self, data: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(data);
        let mut whole = self.pending.len() / BLOCK * BLOCK;
        if !self.encrypt && self.padding && whole == self.pending.len() {
            whole = whole.saturating_sub(BLOCK);
        }
        let rest = Zeroizing::new(self.pending.split_off(whole));
        let input = std::mem::replace(&mut self.pending, rest);
        self.run(&input)
    }

    /// The last block.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Failure> {
        let wrong_length = Failure::OpenSsl(
            "1C80006B",
            "Provider routines",
            "wrong final block length",
            "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH",
        );
        let mut rest = std::mem::take(&mut self.pending);
        if self.encrypt && self.padding {
            let missing = BLOCK - rest.len();
            rest.resize(BLOCK, u8::try_from(missing).unwrap_or_default());
            return Ok(self.run(&rest));
        }
        if !self.padding {
            return if rest.is_empty() { Ok(Vec::new()) } else { Err(wrong_length) };
        }
        if rest.len() != BLOCK {
            return Err(wrong_length);
        }
        let mut last = self.run(&rest);
        let padding = usize::from(last.last().copied().unwrap_or_default());
        let kept = BLOCK.checked_sub(padding).filter(|kept| *kept < BLOCK);
        let padded = kept.and_then(|kept| last.get(kept..));
        if !padded.is_some_and(|bytes| bytes.iter().all(|byte| usize::from(*byte) == padding)) {
            return Err(Failure::OpenSsl(
                "1C800064",
                "Provider routines",
                "bad decrypt",
                "ERR_OSSL_BAD_DECRYPT",
            ));
        }
        last.truncate(kept.unwrap_or_default());
        Ok(last)
    }

    fn run(&mut self, input: &[u8]) -> Vec<u8> {
        let mut blocks: Vec<Block> =
            input.chunks_exact(BLOCK).map(Block::clone_from_slice).collect();
        (self.change)(&mut blocks);
        blocks.concat()
    }
}

fn change<A>(mode: Mode, key: &[u8], iv: &[u8], encrypt: bool) -> Result<Change, Failure>
where
    A: cipher::BlockCipher
        + BlockEncryptMut
        + BlockDecryptMut
        + KeyInit
        + cipher::BlockEncrypt
        + cipher::BlockDecrypt
        + cipher::BlockSizeUser<BlockSize = cipher::consts::U16>
        + 'static,
{
    Ok(match (mode, encrypt) {
        (Mode::Cbc, true) => {
            let mut cbc =
                cbc::Encryptor::<A>::new_from_slices(key, iv).map_err(Failure::internal)?;
            Box::new(move |blocks| cbc.encrypt_blocks_mut(blocks))
        }
        (Mode::Cbc, false) => {
            let mut cbc =
                cbc::Decryptor::<A>::new_from_slices(key, iv).map_err(Failure::internal)?;
            Box::new(move |blocks| cbc.decrypt_blocks_mut(blocks))
        }
        (_, true) => {
            let aes = A::new_from_slice(key).map_err(Failure::internal)?;
            Box::new(move |blocks| aes.encrypt_blocks(blocks))
        }
        (_, false) => {
            let aes = A::new_from_slice(key).map_err(Failure::internal)?;
            Box::new(move |blocks| aes.decrypt_blocks(blocks))
        }
    })
}
