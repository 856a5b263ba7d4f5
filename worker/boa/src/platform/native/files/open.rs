//! The open files, by descriptor.

use std::collections::BTreeMap;

use super::disk::{Disk, Facts, Found};
use super::errno::Errno;

/// Most files that are open at a time.
const OPEN_MAX: usize = 256;

/// The first descriptor. The ones before it are standard input, output and error.
const FIRST: i32 = 3;

/// How a file is opened, in Linux's bits.
#[derive(Clone, Copy)]
pub(super) struct Flags(pub(super) i32);

/// The open files of one environment.
#[derive(Default)]
pub(super) struct Open(BTreeMap<i32, Descriptor>);

struct Descriptor {
    found: Found,
    at: usize,
    flags: Flags,
    writable: bool,
}

// === impl Flags ===

impl Flags {
    fn reads(self) -> bool {
        self.0 & 3 != 1
    }

    fn writes(self) -> bool {
        self.0 & 3 != 0
    }

    fn creates(self) -> bool {
        self.0 & 0o100 != 0
    }

    fn exclusive(self) -> bool {
        self.0 & 0o200 != 0
    }

    fn truncates(self) -> bool {
        self.0 & 0o1000 != 0
    }

    fn appends(self) -> bool {
        self.0 & 0o2000 != 0
    }

    fn folders_only(self) -> bool {
        self.0 & 0o200_000 != 0
    }
}

// === impl Open ===

impl Open {
    pub(super) fn open(&mut self, disk: &mut Disk, path: &str, flags: Flags) -> Result<i32, Errno> {
        if self.0.len() >= OPEN_MAX {
            return Err(Errno::TooManyOpen);
        }
        let found = match disk.find(path) {
            Ok(_) if flags.creates() && flags.exclusive() => return Err(Errno::Exist),
            Ok(Found::Folder { .. }) if flags.writes() => return Err(Errno::IsDir),
            Ok(Found::Fixed(_)) if flags.writes() => return Err(Errno::ReadOnly),
            Ok(Found::File(_) | Found::Fixed(_)) if flags.folders_only() => {
                return Err(Errno::NotDir);
            }
            Ok(found) => found,
            Err(Errno::NoEntry) if flags.creates() => Found::File(disk.create(path)?),
            Err(errno) => return Err(errno),
        };
        if let Found::File(file) = &found
            && flags.truncates()
            && flags.writes()
        {
            file.resize(0)?;
        }
        let taken = self.0.keys();
        let fd = taken.zip(FIRST..).find(|(fd, free)| *fd != free).map(|(_, free)| free);
        let fd = fd.unwrap_or_else(|| self.0.len().try_into().map_or(i32::MAX, |n: i32| FIRST + n));
        let writable = Disk::is_writable(path);
        self.0.insert(fd, Descriptor { found, at: 0, flags, writable });
        Ok(fd)
    }

    pub(super) fn close(&mut self, fd: i32) -> Result<(), Errno> {
        self.0.remove(&fd).map(|_| ()).ok_or(Errno::BadFile)
    }

    /// Reads into `view`, at a place or where the last read ended.
    pub(super) fn read(
        &mut self,
        fd: i32,
        view: &mut [u8],
        at: Option<usize>,
    ) -> Result<usize, Errno> {
        let file = self.file(fd, Flags::reads)?;
        let from = at.unwrap_or(file.at);
        let read = file.found.with(|bytes| {
            let bytes = bytes.get(from..).unwrap_or_default();
            let length = bytes.len().min(view.len());
            if let (Some(to), Some(bytes)) = (view.get_mut(..length), bytes.get(..length)) {
                to.copy_from_slice(bytes);
            }
            length
        })?;
        if at.is_none() {
            file.at = from + read;
        }
        Ok(read)
    }

    pub(super) fn read_all(&mut self, fd: i32) -> Result<Vec<u8>, Errno> {
        let file = self.file(fd, Flags::reads)?;
        let at = file.at;
        let bytes = file.found.with(|bytes| bytes.get(at..).unwrap_or_default().to_vec())?;
        file.at += bytes.len();
        Ok(bytes)
    }

    /// Writes at a place or where the last write ended.
    pub(super) fn write(
        &mut self,
        fd: i32,
        bytes: &[u8],
        at: Option<usize>,
    ) -> Result<usize, Errno> {
        let file = self.file(fd, Flags::writes)?;
        let Found::File(data) = &file.found else {
            return Err(Errno::BadFile);
        };
        let from = if file.flags.appends() { data.len() } else { at.unwrap_or(file.at) };
        data.write(from, bytes)?;
        if at.is_none() {
            file.at = from + bytes.len();
        }
        Ok(bytes.len())
    }

    pub(super) fn truncate(&mut self, fd: i32, length: usize) -> Result<(), Errno> {
        match &self.file(fd, Flags::writes)?.found {
            Found::File(data) => data.resize(length),
            _ => Err(Errno::Invalid),
        }
    }

    /// The metadata of an open file, and whether it can be written.
    pub(super) fn facts(&mut self, fd: i32) -> Result<(Facts, bool), Errno> {
        let file = self.file(fd, |_| true)?;
        Ok((file.found.facts(), file.writable))
    }

    fn file(&mut self, fd: i32, may: impl Fn(Flags) -> bool) -> Result<&mut Descriptor, Errno> {
        self.0.get_mut(&fd).filter(|file| may(file.flags)).ok_or(Errno::BadFile)
    }
}
