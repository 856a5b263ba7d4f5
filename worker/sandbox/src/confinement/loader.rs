//! The dynamic loader that a program names in its ELF header. The kernel starts it with the program,
//! so the program needs the right to execute it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The type of the entry that names the loader (`PT_INTERP`).
const INTERPRETER: u32 = 3;

/// Longest path of a loader, in bytes.
const PATH_MAX: u64 = 4_096;

/// Most entries that are looked at. Programs have about a dozen.
const ENTRIES_MAX: u16 = 256;

/// The loader of a 64-bit program. None if the program needs none, or is no such program.
pub(super) fn of(program: &Path) -> io::Result<Option<PathBuf>> {
    let file = File::open(program)?;
    let header: [u8; 64] = read(&file, 0)?;
    // The magic number, and the class of 64-bit programs.
    if !header.starts_with(b"\x7fELF\x02") {
        return Ok(None);
    }
    let table = u64::from_ne_bytes(field(&header, 32)?);
    let size = u16::from_ne_bytes(field(&header, 54)?);
    let count = u16::from_ne_bytes(field(&header, 56)?);
    for index in 0..count.min(ENTRIES_MAX) {
        let offset = u64::from(size) * u64::from(index);
        let entry: [u8; 40] = read(&file, table.saturating_add(offset))?;
        if u32::from_ne_bytes(field(&entry, 0)?) == INTERPRETER {
            let at = u64::from_ne_bytes(field(&entry, 8)?);
            let length = u64::from_ne_bytes(field(&entry, 32)?).min(PATH_MAX);
            let mut path = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut path, at)?;
            let path = String::from_utf8_lossy(&path);
            return Ok(Some(PathBuf::from(path.trim_end_matches('\0'))));
        }
    }
    Ok(None)
}

fn read<const N: usize>(file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> io::Result<[u8; N]> {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_of_this_very_program_exists() {
        let loader = of(&std::env::current_exe().unwrap()).unwrap().unwrap();
        assert!(loader.is_absolute() && loader.exists(), "{}", loader.display());
    }

    #[test]
    fn other_files_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, format!("#!/bin/sh\n{}", "#".repeat(64))).unwrap();
        assert_eq!(of(&script).unwrap(), None);
        std::fs::write(&script, b"\x7fELF\x02").unwrap();
        assert!(of(&script).is_err());
    }
}
