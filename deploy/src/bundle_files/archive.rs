//! Reads a function's files from a zip, in the form for Lambda.
//!
//! A zip may be hostile: nothing is written to disk, and its unpacked size is bounded before and
//! during unpacking. An entry that cannot be read is an error, because a missing file would be
//! noticed much later.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;

use brink_shared::registry::Runtime;
use bytes::Bytes;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use super::archive_error::{ArchiveError, ENTRIES_MAX, LINKS_MAX, ZIPPED_MAX};
use super::bundle_files_error::{BundleFilesError, reading};
use super::gathered::Gathered;
use super::left_out::{PROJECT_FILE, is_path_left_out};
use super::links;
use super::taken::Taken;
use crate::progress::Progress;

/// The first bytes of zips, also of an empty one and of one in several parts.
const MAGIC: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];

/// Most bytes of a zip's directory, which has the name and some facts of each file.
const DIRECTORY_MAX: u64 = 16 * 1024 * 1024;

/// True for a zip, by its name or its first bytes.
pub(super) fn is_archive(path: &Path) -> Result<bool, BundleFilesError> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
        return Ok(true);
    }
    let mut start = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    let length = read.map_err(|source| reading(path, source))?;
    Ok(MAGIC.contains(&start.get(..length).unwrap_or_default()))
}

/// Reads the files of a zip.
pub(super) fn read(path: &Path, runtime: Runtime) -> Result<Taken, BundleFilesError> {
    let failed = |source| reading(path, source);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    let most = ZIPPED_MAX + DIRECTORY_MAX;
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    let mut gathered = Gathered::new(path, runtime);
    let rejected = |source| BundleFilesError::Archive { path: path.to_owned(), source };
    if bytes.len() as u64 > most {
        return Err(rejected(ArchiveError::TooLarge));
    }
    let archive =
        ZipArchive::from_slice(bytes.as_slice()).map_err(|error| rejected(error.into()))?;
    let mut files = BTreeMap::new();
    let mut entries = archive.entries();
    let mut count = 0;
    while let Some(entry) = entries.next_entry().map_err(|error| rejected(error.into()))? {
        count += 1;
        if count > ENTRIES_MAX {
            return Err(rejected(ArchiveError::Entries));
        }
        let Some(name) = name_of(&entry).map_err(rejected)? else { continue };
        if files.contains_key(&name) {
            return Err(rejected(ArchiveError::Twice(name)));
        }
        files.insert(name, entry);
    }
    let sizes = files.iter().map(|(name, entry)| (name.as_str(), entry.uncompressed_size_hint()));
    gathered.expect_room(sizes.clone())?;
    let _progress = Progress::of_bytes("unpacking", files.len(), sizes.map(|(_, size)| size).sum());
    let mut links = BTreeMap::new();
    for (name, entry) in files {
        let data = unpack(&archive, &entry, &name).map_err(rejected)?;
        if entry.mode().is_symlink() {
            links.insert(name, String::from_utf8_lossy(&data).into_owned());
            if links.len() > LINKS_MAX {
                return Err(rejected(ArchiveError::Links));
            }
            continue;
        }
        gathered.count(&name, data.len())?;
        gathered.files.insert(name, data);
    }
    links::resolve(&mut gathered, links, rejected)?;
    Ok(Taken { files: gathered.files, ..Taken::default() })
}

/// The name of an entry that is a file of the function; none for folders and left-out files.
fn name_of(entry: &ZipFileHeaderRecord<'_>) -> Result<Option<String>, ArchiveError> {
    let path = entry.file_path();
    let Ok(name) = std::str::from_utf8(path.as_bytes()) else {
        let shown = String::from_utf8_lossy(path.as_bytes()).into_owned();
        return Err(ArchiveError::Name(shown));
    };
    let is_folder = name.ends_with('/');
    // Some tools begin each name with `./`.
    let name = name.trim_start_matches("./").trim_end_matches('/');
    if name.is_empty() || name == "." {
        return Ok(None);
    }
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    if name.contains(['\\', '\0']) || !name.split('/').all(is_plain) {
        return Err(ArchiveError::Path(name.to_owned()));
    }
    // Macs keep the attributes of files in a folder of their own.
    let of_mac = name.starts_with("__MACOSX/") || name == "__MACOSX";
    if is_folder || of_mac || name == PROJECT_FILE || is_path_left_out(name) {
        return Ok(None);
    }
    Ok(Some(name.to_owned()))
}

fn unpack(
    archive: &ZipSliceArchive<&[u8]>,
    entry: &ZipFileHeaderRecord<'_>,
    name: &str,
) -> Result<Bytes, ArchiveError> {
    let flags = entry.flags();
    if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
        return Err(ArchiveError::Encrypted(name.to_owned()));
    }
    let found = archive.get_entry(entry.wayfinder())?;
    // One byte more than the stated size is enough to see that the size is wrong.
    let most = entry.uncompressed_size_hint().saturating_add(1);
    let mut data = Vec::new();
    let unpacked: Box<dyn BufRead + '_> = match entry.compression_method() {
        CompressionMethod::STORE => Box::new(found.data()),
        CompressionMethod::DEFLATE => {
            Box::new(std::io::BufReader::new(DeflateDecoder::new(found.data())))
        }
        method => {
            return Err(ArchiveError::Method { name: name.to_owned(), method: method.to_string() });
        }
    };
    found
        .verifying_reader(unpacked.take(most))
        .read_to_end(&mut data)
        .map_err(|source| ArchiveError::Entry { name: name.to_owned(), source })?;
    Ok(data.into())
}
