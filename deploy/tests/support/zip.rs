//! Zips of every kind, byte by byte, also invalid ones.

use std::io::Write;

use flate2::Crc;
use flate2::write::DeflateEncoder;

/// A file within a zip.
pub struct Entry<'a> {
    pub name: &'a [u8],
    pub data: &'a [u8],
    pub flags: u16,
    /// 0 stored, 8 deflated; others are written as if stored.
    pub method: u16,
    pub mode: u32,
    /// What the zip says of its length, where that is a lie.
    pub says: Option<u32>,
}

impl<'a> Entry<'a> {
    pub fn new(name: &'a str, data: &'a str) -> Self {
        let (name, data) = (name.as_bytes(), data.as_bytes());
        Self { name, data, flags: 0, method: 8, mode: 0o100_644, says: None }
    }
}

/// The bytes of a zip.
pub fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let at = bytes.len() as u32;
        let mut crc = Crc::new();
        crc.update(entry.data);
        let packed = match entry.method {
            8 => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Default::default());
                encoder.write_all(entry.data).unwrap();
                encoder.finish().unwrap()
            }
            _ => entry.data.to_vec(),
        };
        let length = entry.says.unwrap_or(entry.data.len() as u32);
        let mut facts = Vec::new();
        for word in [20, entry.flags, entry.method, 0, 33] {
            facts.extend_from_slice(&u16::to_le_bytes(word));
        }
        for word in [crc.sum(), packed.len() as u32, length] {
            facts.extend_from_slice(&word.to_le_bytes());
        }
        facts.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
        facts.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend_from_slice(&facts);
        bytes.extend_from_slice(entry.name);
        bytes.extend_from_slice(&packed);
        // Made by a tool of Unix, so that the mode counts.
        directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        directory.extend_from_slice(&facts);
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(entry.mode << 16).to_le_bytes());
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(entry.name);
    }
    let (at, count) = (bytes.len() as u32, (entries.len() as u16).to_le_bytes());
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&[count, count].concat());
    bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}
