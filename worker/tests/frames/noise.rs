//! Frames whose bytes are changed at random.

use rand::rngs::StdRng;
use rand::{Rng, RngCore};

/// Longest piece of noise, in bytes.
const LONG: usize = 64 * 1024;

/// Bytes of any kind.
pub fn bytes(chance: &mut StdRng) -> Vec<u8> {
    let most = [8, 200, LONG][chance.random_range(0..3)];
    let mut noise = vec![0; chance.random_range(0..=most)];
    chance.fill_bytes(&mut noise);
    noise
}

/// The frame with something of it changed, cut off, doubled or put in another place.
pub fn spoiled(frame: &[u8], chance: &mut StdRng) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for _ in 0..chance.random_range(1..=4) {
        if frame.is_empty() {
            break;
        }
        let at = chance.random_range(0..frame.len());
        match chance.random_range(0..6) {
            0 => frame[at] = chance.random(),
            1 => frame[at] ^= 1 << chance.random_range(0..8),
            2 => frame.truncate(at),
            3 => frame.insert(at, chance.random()),
            4 => frame.extend_from_within(at..),
            // Markers of long arrays, maps and texts.
            _ => frame[at] = [0xdd, 0xdf, 0xdb, 0xc6, 0xc9][chance.random_range(0..5)],
        }
    }
    frame
}

/// Arrays within arrays.
pub fn nested(chance: &mut StdRng) -> Vec<u8> {
    vec![[0x91, 0x81, 0xdc][chance.random_range(0..3)]; chance.random_range(1..LONG)]
}
