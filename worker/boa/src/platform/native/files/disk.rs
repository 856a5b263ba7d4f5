//! The files that a function sees: its bundle below `/var/task`, read-only, and a `/tmp` of its
//! environment, which lives in memory. The machine's disk is not among them.
//!
//! Paths are absolute, without `.`, `..` and double slashes; see [`plain`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use brink_shared::wire::UnixMillis;

use super::errno::Errno;
use brink_frames::Load;

/// Most bytes in `/tmp`. Lambda has 512 MB on a disk. Here they take the sandbox's memory.
const TMP_MAX: usize = 32 * 1024 * 1024;

/// Most files and folders in `/tmp`.
const NODES_MAX: usize = 4096;

/// Longest path, in bytes, as on Linux.
const PATH_MAX: usize = 4096;

/// The size that a file or folder counts in addition to its bytes.
const NODE_COST: usize = 256;

/// The time of the last change of all files of the bundle, in milliseconds of Unix time.
const BUNDLE_TIME: f64 = 315_532_800_000.0;

/// The folders above those of the bundle and `/tmp`.
const FIXED: [&str; 4] = ["/", "/tmp", "/var", "/var/task"];

/// The folder of the bundle.
const TASK: &str = "/var/task/";

/// The folder in which functions may write.
const TMP: &str = "/tmp/";

/// All files of one environment.
pub(super) struct Disk {
    load: Arc<Load>,
    tmp: BTreeMap<String, Node>,
    used: Rc<Cell<usize>>,
    made: u32,
}

/// A file or a folder in `/tmp`.
#[derive(Clone)]
pub(super) enum Node {
    File(Rc<File>),
    Folder { time: f64, number: u32 },
}

/// A file in `/tmp`. It exists as long as it is open, even after it was removed.
pub(super) struct File {
    data: RefCell<Vec<u8>>,
    time: Cell<f64>,
    number: u32,
    used: Rc<Cell<usize>>,
}

/// True for a folder, size in bytes, time of the last change, number.
pub(super) type Facts = (bool, usize, f64, u32);

/// The file or folder that a path leads to.
#[derive(Clone)]
pub(super) enum Found {
    Folder {
        time: f64,
        number: u32,
    },
    File(Rc<File>),
    /// A file of the bundle.
    Fixed(bytes::Bytes),
}

// === impl Disk ===

impl Disk {
    pub(super) fn new(load: Arc<Load>) -> Self {
        Self { load, tmp: BTreeMap::new(), used: Rc::default(), made: 0 }
    }

    /// Finds the file or folder at a path.
    pub(super) fn find(&self, path: &str) -> Result<Found, Errno> {
        if path.len() > PATH_MAX {
            return Err(Errno::NameTooLong);
        }
        if FIXED.contains(&path) {
            return Ok(Found::Folder { time: BUNDLE_TIME, number: 2 });
        }
        if let Some(name) = path.strip_prefix(TASK) {
            if let Some(bytes) = self.load.bundle.file(name) {
                return Ok(Found::Fixed(bytes.clone()));
            }
            if self.in_bundle(name).next().is_some() {
                return Ok(Found::Folder { time: BUNDLE_TIME, number: 3 });
            }
        }
        match self.tmp.get(path) {
            Some(Node::File(file)) => Ok(Found::File(file.clone())),
            Some(Node::Folder { time, number }) => {
                Ok(Found::Folder { time: *time, number: *number })
            }
            None => Err(self.missing(path)),
        }
    }

    /// Names and whether they are folders, sorted.
    pub(super) fn list(&self, path: &str) -> Result<Vec<(String, bool)>, Errno> {
        if !matches!(self.find(path)?, Found::Folder { .. }) {
            return Err(Errno::NotDir);
        }
        let prefix = if path == "/" { path.to_owned() } else { format!("{path}/") };
        let mut names = BTreeMap::new();
        let mut add = |rest: &str| {
            if let Some(name) = rest.split('/').next().filter(|name| !name.is_empty()) {
                *names.entry(name.to_owned()).or_insert(false) |= rest.contains('/');
            }
        };
        for fixed in FIXED {
            if let Some(rest) = fixed.strip_prefix(&prefix) {
                add(&format!("{rest}/"));
            }
        }
        if let Some(folder) = prefix.strip_prefix(TASK) {
            let folder = folder.trim_end_matches('/');
            let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
            self.in_bundle(folder).for_each(|name| add(name.get(skip..).unwrap_or_default()));
        }
        for (name, node) in self.below(path) {
            let rest = name.strip_prefix(&prefix).unwrap_or_default();
            if !rest.contains('/') {
                add(&if node.is_folder() { format!("{rest}/") } else { rest.to_owned() });
            }
        }
        Ok(names.into_iter().collect())
    }

    /// Makes an empty file, in place of one that may exist.
    pub(super) fn create(&mut self, path: &str) -> Result<Rc<File>, Errno> {
        self.may_add(path)?;
        self.charge(NODE_COST)?;
        let file = Rc::new(File {
            data: RefCell::default(),
            time: Cell::new(now()),
            number: self.number(),
            used: self.used.clone(),
        });
        self.tmp.insert(path.to_owned(), Node::File(file.clone()));
        Ok(file)
    }

    pub(super) fn make_folder(&mut self, path: &str) -> Result<(), Errno> {
        if self.find(path).is_ok() {
            return Err(Errno::Exist);
        }
        self.may_add(path)?;
        self.charge(NODE_COST)?;
        let number = self.number();
        self.tmp.insert(path.to_owned(), Node::Folder { time: now(), number });
        Ok(())
    }

    /// Removes a file or an empty folder.
    pub(super) fn remove(&mut self, path: &str, folder: bool) -> Result<(), Errno> {
        let found = self.find(path)?;
        let is_folder = matches!(found, Found::Folder { .. });
        match (is_folder, folder) {
            (true, false) => return Err(Errno::IsDir),
            (false, true) => return Err(Errno::NotDir),
            _ => {}
        }
        if !path.starts_with(TMP) {
            return Err(if path == "/tmp" { Errno::Busy } else { Errno::ReadOnly });
        }
        if is_folder && self.below(path).next().is_some() {
            return Err(Errno::NotEmpty);
        }
        self.forget(path);
        Ok(())
    }

    /// Removes a file, or a folder with everything in it.
    pub(super) fn remove_all(&mut self, path: &str) -> Result<(), Errno> {
        self.find(path)?;
        if !path.starts_with(TMP) {
            return Err(if path == "/tmp" { Errno::Busy } else { Errno::ReadOnly });
        }
        let below: Vec<String> = self.below(path).map(|(path, _)| path.clone()).collect();
        below.iter().for_each(|path| self.forget(path));
        self.forget(path);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let source = self.find(from)?;
        if !from.starts_with(TMP) {
            return Err(Errno::ReadOnly);
        }
        let moves_folder = matches!(source, Found::Folder { .. });
        match self.find(to) {
            Ok(Found::Folder { .. }) if !moves_folder => return Err(Errno::IsDir),
            Ok(Found::Folder { .. }) if self.below(to).next().is_some() => {
                return Err(Errno::NotEmpty);
            }
            Ok(Found::File(_) | Found::Fixed(_)) if moves_folder => return Err(Errno::NotDir),
            _ => self.may_add(to)?,
        }
        let prefix = format!("{from}/");
        if from == to {
            return Ok(());
        }
        if to.starts_with(&prefix) {
            return Err(Errno::Invalid);
        }
        let below: Vec<String> = self.below(from).map(|(path, _)| path.clone()).collect();
        if self.tmp.contains_key(to) {
            self.forget(to);
        }
        for path in below.into_iter().chain([from.to_owned()]) {
            if let Some(node) = self.tmp.remove(&path) {
                let rest = path.get(from.len()..).unwrap_or_default();
                self.tmp.insert(format!("{to}{rest}"), node);
            }
        }
        Ok(())
    }

    /// True if functions may write at this path or below it.
    pub(super) fn is_writable(path: &str) -> bool {
        path == "/tmp" || path.starts_with(TMP)
    }

    fn may_add(&self, path: &str) -> Result<(), Errno> {
        if path.len() > PATH_MAX {
            return Err(Errno::NameTooLong);
        }
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let parent = if parent.is_empty() { "/" } else { parent };
        match self.find(parent)? {
            Found::Folder { .. } if path.starts_with(TMP) => Ok(()),
            Found::Folder { .. } => Err(Errno::ReadOnly),
            _ => Err(Errno::NotDir),
        }
    }

    /// The error that there is nothing at a path.
    fn missing(&self, path: &str) -> Errno {
        let mut parent = path;
        while let Some((above, _)) = parent.rsplit_once('/') {
            let is_file = matches!(self.tmp.get(above), Some(Node::File(_)))
                || above.strip_prefix(TASK).is_some_and(|n| self.load.bundle.file(n).is_some());
            if is_file {
                return Errno::NotDir;
            }
            parent = above;
        }
        Errno::NoEntry
    }

    /// Paths of the bundle's files in a folder, which is relative and may be empty.
    fn in_bundle(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let files = self.load.bundle.files().range(prefix.clone()..);
        files.map(|(name, _)| name.as_str()).take_while(move |name| name.starts_with(&prefix))
    }

    fn below(&self, path: &str) -> impl Iterator<Item = (&String, &Node)> {
        let prefix = format!("{path}/");
        let nodes = self.tmp.range(prefix.clone()..);
        nodes.take_while(move |(name, _)| name.starts_with(&prefix))
    }

    fn charge(&self, bytes: usize) -> Result<(), Errno> {
        let used = self.used.get().saturating_add(bytes);
        if used > TMP_MAX || self.tmp.len() >= NODES_MAX {
            return Err(Errno::NoSpace);
        }
        self.used.set(used);
        Ok(())
    }

    fn forget(&mut self, path: &str) {
        if let Some(Node::Folder { .. }) = self.tmp.remove(path) {
            self.used.set(self.used.get().saturating_sub(NODE_COST));
        }
    }

    fn number(&mut self) -> u32 {
        self.made = self.made.wrapping_add(1);
        self.made.wrapping_add(100)
    }
}

// === impl Node ===

impl Node {
    fn is_folder(&self) -> bool {
        matches!(self, Self::Folder { .. })
    }
}

// === impl File ===

impl File {
    pub(super) fn len(&self) -> usize {
        self.data.borrow().len()
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        read(&self.data.borrow())
    }

    /// Writes at a place. Bytes between the file's end and this place become zeros.
    pub(super) fn write(&self, at: usize, bytes: &[u8]) -> Result<(), Errno> {
        let end = at.checked_add(bytes.len()).ok_or(Errno::NoSpace)?;
        if end > self.len() {
            self.resize(end)?;
        }
        let mut data = self.data.borrow_mut();
        if let Some(place) = data.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
        self.time.set(now());
        Ok(())
    }

    pub(super) fn resize(&self, length: usize) -> Result<(), Errno> {
        let mut data = self.data.borrow_mut();
        let used = self.used.get().saturating_sub(data.len()).saturating_add(length);
        if used > TMP_MAX {
            return Err(Errno::NoSpace);
        }
        self.used.set(used);
        data.resize(length, 0);
        data.shrink_to(length.saturating_mul(2));
        self.time.set(now());
        Ok(())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let own = self.data.borrow().len() + NODE_COST;
        self.used.set(self.used.get().saturating_sub(own));
    }
}

// === impl Found ===

impl Found {
    pub(super) fn facts(&self) -> Facts {
        match self {
            Self::Folder { time, number } => (true, 4096, *time, *number),
            Self::File(file) => (false, file.len(), file.time.get(), file.number),
            Self::Fixed(bytes) => (false, bytes.len(), BUNDLE_TIME, 4),
        }
    }

    /// The bytes of a file.
    pub(super) fn with<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Result<T, Errno> {
        match self {
            Self::Folder { .. } => Err(Errno::IsDir),
            Self::File(file) => Ok(file.with(read)),
            Self::Fixed(bytes) => Ok(read(bytes)),
        }
    }
}

/// The absolute form of a path. Relative paths are below `/var/task`.
pub(super) fn plain(path: &str) -> String {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("{TASK}{path}") };
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn now() -> f64 {
    UnixMillis::now().0 as f64
}

#[cfg(test)]
mod tests;
