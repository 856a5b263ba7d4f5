//! The database file, by redb.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `keys` | number | the bytes that the object takes, and its cache key |
//! | `rows` | number, row | row 0 is the head of the record, the others are its body |
//! | `marks` | group of resources | objects of the group up to this number are useless |
//! | `about` | name | version of the format, place in the journal, time of the last write |
//!
//! A batch of changes is one transaction. If the process or the machine ends in the middle of it,
//! none of it happened.
//!
//! Numbers grow, so the oldest objects are the first in both tables. If the objects take too much,
//! those that were stored first make room. redb's file has free pages and pages of the last
//! transaction beside the objects; [`SHARE_OF_OBJECTS`] leaves room for them. The file may be longer
//! than it is large: the file system keeps no blocks for parts that were never written.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use redb::{
    Builder, ReadOnlyTable, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition,
    WriteTransaction,
};

use super::index::{Batch, Loaded, Number, Slot, Written};
use super::record::{Digest, FORMAT, GROUPS, Group, Name, Record};
use super::stamp::Stamp;
use crate::cache::key::CacheKey;
use crate::journal_place::JournalPlace;

/// Bytes of a row of a body. With its key it fits into 16 pages of the database.
pub(super) const ROW: usize = 60 * 1024;

/// Memory for the database's pages, in bytes.
const PAGES: usize = 16 * 1024 * 1024;

/// The largest body is this many times smaller than the database may be.
const LARGEST_SHARE: u64 = 16;

/// Bytes of a page of the database.
const PAGE: u64 = 4096;

/// Bytes of the database for one row beside its content.
const ROW_OVERHEAD: usize = 64;

/// The share of the size that objects may take. In tests with objects of many sizes, the database
/// took up to a fifth more than its objects.
const SHARE_OF_OBJECTS: (u64, u64) = (3, 4);

const KEYS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("keys");
const ROWS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("rows");
const MARKS: TableDefinition<'_, u32, u64> = TableDefinition::new("marks");
const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");

/// The names in `about`.
const ABOUT_FORMAT: &str = "format";
const ABOUT_PLACE: &str = "place";
const ABOUT_WRITTEN: &str = "written";

/// An open database.
pub(super) struct Database {
    redb: redb::Database,
    path: PathBuf,
    /// The most that it may take on the disk, in bytes.
    limit: u64,
}

/// The contents of a database when it is opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) rows: Vec<Loaded>,
    /// Its greatest number.
    pub(super) last: Number,
    pub(super) place: Option<JournalPlace>,
}

/// Makes the parts of a database that tests replace by faulty ones.
pub(super) type OpenFile =
    fn(&Builder, &Path) -> std::result::Result<redb::Database, redb::DatabaseError>;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum DatabaseError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] redb::DatabaseError),
    /// The disk fails or is full, or the database is damaged.
    #[error(transparent)]
    Storage(#[from] redb::StorageError),
    /// The same, at the begin of a transaction.
    #[error(transparent)]
    Transaction(#[from] redb::TransactionError),
    /// A table is damaged.
    #[error(transparent)]
    Table(#[from] redb::TableError),
    /// A transaction cannot be ended.
    #[error(transparent)]
    Commit(#[from] redb::CommitError),
    /// The file or its folder.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// Another version wrote it.
    #[error("it has another format than {FORMAT}")]
    Format,
    /// The machine restarted, and its clock was set back.
    #[error("it is from the future, so the age of its objects is not known")]
    Future,
    /// It is larger than it may be.
    #[error("it takes {0} bytes, which is more than disk_cache.mb allows")]
    TooLarge(u64),
    /// redb panicked, which it does if the file was changed by something else.
    #[error("it is damaged")]
    Damaged,
}

type Result<T> = std::result::Result<T, DatabaseError>;

// === impl Database ===

impl Database {
    /// Opens the database, or makes one.
    pub(super) fn open(path: &Path, limit: u64, file: OpenFile) -> Result<(Self, Opened)> {
        let mut builder = Builder::new();
        builder.set_cache_size(PAGES);
        let redb = file(&builder, path)?;
        let database = Self { redb, path: path.to_owned(), limit };
        let opened = database.load()?;
        Ok((database, opened))
    }

    /// Reads what there is. Deletes objects that a write made useless, and then the marks.
    fn load(&self) -> Result<Opened> {
        let transaction = begin(&self.redb)?;
        let mut rows = Vec::new();
        let mut last = 0;
        let place;
        {
            let mut about = transaction.open_table(ABOUT)?;
            let format = about.get(ABOUT_FORMAT)?.map(|value| value.value().to_vec());
            match format {
                None => drop(about.insert(ABOUT_FORMAT, FORMAT.to_be_bytes().as_slice())?),
                Some(format) if *format == FORMAT.to_be_bytes() => {}
                Some(_) => return Err(DatabaseError::Format),
            }
            let written = about.get(ABOUT_WRITTEN)?;
            let written: Option<Stamp> =
                written.and_then(|value| rmp_serde::from_slice(value.value()).ok());
            if written.is_some_and(|written| written.ago(&Stamp::now()).is_none()) {
                return Err(DatabaseError::Future);
            }
            place =
                about.get(ABOUT_PLACE)?.and_then(|value| rmp_serde::from_slice(value.value()).ok());
            let mut marks = transaction.open_table(MARKS)?;
            let mut outdated = vec![0; GROUPS as usize];
            for mark in marks.iter()? {
                let (group, until) = mark?;
                last = last.max(until.value());
                if let Some(at) = outdated.get_mut(group.value() as usize) {
                    *at = until.value();
                }
            }
            marks.retain(|_, _| false)?;
            let mut keys = transaction.open_table(KEYS)?;
            let mut objects = transaction.open_table(ROWS)?;
            let mut useless = Vec::new();
            for key in keys.iter()? {
                let (number, value) = key?;
                let number = number.value();
                last = last.max(number);
                let until = |group: Group| outdated.get(group.0 as usize).copied().unwrap_or(0);
                match read_key(value.value()) {
                    Some((bytes, key)) => {
                        let name = Name::of(&key);
                        if number <= until(name.group) {
                            useless.push(number);
                        } else {
                            let slot = Slot { number: Number(number), bytes };
                            rows.push(Loaded { name, slot });
                        }
                    }
                    None => useless.push(number),
                }
            }
            for number in useless {
                delete(&mut keys, &mut objects, number)?;
            }
        }
        transaction.commit()?;
        Ok(Opened { rows, last: Number(last), place })
    }

    /// Makes the changes of a batch. `bytes` is what the objects take before.
    pub(super) fn write(&self, batch: &Batch, bytes: u64) -> Result<Written> {
        let transaction = begin(&self.redb)?;
        let mut written = Written::default();
        {
            let mut keys = transaction.open_table(KEYS)?;
            let mut rows = transaction.open_table(ROWS)?;
            for number in &batch.dropped {
                delete(&mut keys, &mut rows, number.0)?;
            }
            let purged = match batch.purges.as_slice() {
                [] => 0,
                _ => purge(&mut keys, &mut rows, batch, &mut written)?,
            };
            for offer in &batch.offers {
                let record = Record::new(&offer.name.key, &offer.entry);
                let taken =
                    self.insert(&mut keys, &mut rows, offer.number, &offer.name, &record)?;
                written.stored.extend(taken.map(|slot| (offer.name.digest, slot)));
            }
            let stored: u64 = written.stored.iter().map(|(_, slot)| slot.bytes).sum();
            let too_many = (bytes + stored).saturating_sub(purged).saturating_sub(self.most());
            evict(&mut keys, &mut rows, too_many, &mut written)?;
            let mut marks = transaction.open_table(MARKS)?;
            for (group, until) in &batch.marks {
                marks.insert(group.0, until.0)?;
            }
            let mut about = transaction.open_table(ABOUT)?;
            if let Some(place) = &batch.place {
                about.insert(ABOUT_PLACE, serialized(place).as_slice())?;
            }
            about.insert(ABOUT_WRITTEN, serialized(&Stamp::now()).as_slice())?;
        }
        transaction.commit()?;
        let size = std::fs::metadata(&self.path)?.blocks() * 512;
        if size > self.limit { Err(DatabaseError::TooLarge(size)) } else { Ok(written) }
    }

    /// Inserts an object. `None` if it is too large for this database.
    fn insert(
        &self,
        keys: &mut Table<'_, u64, &[u8]>,
        rows: &mut Table<'_, (u64, u32), &[u8]>,
        number: Number,
        name: &Name,
        record: &Record,
    ) -> Result<Option<Slot>> {
        let body = record.body.len() as u64;
        if body > self.limit / LARGEST_SHARE {
            return Ok(None);
        }
        let mut bytes = taken(size_of::<u64>() + name.key.len()) + taken(record.head.len());
        rows.insert((number.0, 0), record.head.as_slice())?;
        for (row, block) in (1..).zip(record.body.rows(ROW)) {
            rows.insert((number.0, row), &*block)?;
            bytes += taken(block.len());
        }
        let key = [bytes.to_be_bytes().as_slice(), &name.key].concat();
        keys.insert(number.0, key.as_slice())?;
        Ok(Some(Slot { number, bytes }))
    }

    /// The head of a stored record; `None` if there is none of this number.
    pub(super) fn rows(&self, number: Number) -> Result<Option<(Bytes, StoredBody)>> {
        let transaction = self.redb.begin_read()?;
        let rows = transaction.open_table(ROWS)?;
        let head = rows.get((number.0, 0))?.map(|head| Bytes::copy_from_slice(head.value()));
        Ok(head.map(|head| (head, StoredBody { rows, number })))
    }

    /// The most that objects may take.
    pub(super) fn most(&self) -> u64 {
        self.limit / SHARE_OF_OBJECTS.1 * SHARE_OF_OBJECTS.0
    }
}

/// The body of a record, in the state of the database in which its head was read.
pub(super) struct StoredBody {
    rows: ReadOnlyTable<(u64, u32), &'static [u8]>,
    number: Number,
}

// === impl StoredBody ===

impl StoredBody {
    /// The body in blocks of one size; the last one may be shorter. Reads no more than `most`
    /// bytes, and one row.
    pub(super) fn read(self, most: usize) -> Result<Vec<Bytes>> {
        let mut blocks = Vec::new();
        let mut read = 0;
        for row in self.rows.range((self.number.0, 1)..=(self.number.0, u32::MAX))? {
            let (_, block) = row?;
            read += block.value().len();
            blocks.push(Bytes::copy_from_slice(block.value()));
            if read >= most {
                break;
            }
        }
        Ok(blocks)
    }
}

/// A transaction that leaves the database ready to be opened at once, also after a crash.
fn begin(redb: &redb::Database) -> Result<WriteTransaction> {
    let mut transaction = redb.begin_write()?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

fn delete(
    keys: &mut Table<'_, u64, &[u8]>,
    rows: &mut Table<'_, (u64, u32), &[u8]>,
    number: u64,
) -> Result<()> {
    keys.remove(number)?;
    rows.retain_in((number, 0)..=(number, u32::MAX), |_, _| false)?;
    Ok(())
}

/// Deletes the objects that the purges of a batch name, in one pass. Returns their bytes.
fn purge(
    keys: &mut Table<'_, u64, &[u8]>,
    rows: &mut Table<'_, (u64, u32), &[u8]>,
    batch: &Batch,
    written: &mut Written,
) -> Result<u64> {
    let mut named = Vec::new();
    let mut freed = 0;
    for key in keys.iter()? {
        let (number, value) = key?;
        let number = number.value();
        match read_key(value.value()) {
            Some((bytes, key)) if batch.purges.iter().any(|purge| purge.means(&key)) => {
                named.push(number);
                freed += bytes;
                written.deleted.push((digest(&key), Number(number)));
            }
            Some(_) => {}
            None => named.push(number),
        }
    }
    for number in named {
        delete(keys, rows, number)?;
    }
    Ok(freed)
}

/// Deletes the objects that were stored first, until they give back this many bytes.
fn evict(
    keys: &mut Table<'_, u64, &[u8]>,
    rows: &mut Table<'_, (u64, u32), &[u8]>,
    mut bytes: u64,
    written: &mut Written,
) -> Result<()> {
    while bytes > 0 {
        let first = keys.first()?.map(|(number, key)| (number.value(), read_key(key.value())));
        let Some((number, key)) = first else { return Ok(()) };
        if let Some((freed, key)) = key {
            bytes = bytes.saturating_sub(freed);
            written.deleted.push((digest(&key), Number(number)));
        }
        written.evicted += 1;
        delete(keys, rows, number)?;
    }
    Ok(())
}

/// Bytes of an object, and its key.
fn read_key(value: &[u8]) -> Option<(u64, CacheKey)> {
    let (bytes, key) = value.split_first_chunk()?;
    Some((u64::from_be_bytes(*bytes), CacheKey::from_bytes(key)?))
}

fn digest(key: &CacheKey) -> Digest {
    Digest::of(&key.to_bytes())
}

/// Bytes that a row takes on the disk. Small rows share a page; a larger one has pages of its own,
/// and their number is a power of two.
fn taken(row: usize) -> u64 {
    let bytes = (row + ROW_OVERHEAD) as u64;
    if bytes <= PAGE / 2 { bytes } else { bytes.div_ceil(PAGE).next_power_of_two() * PAGE }
}

/// Serializes numbers, which cannot fail.
fn serialized(value: &impl serde::Serialize) -> Vec<u8> {
    rmp_serde::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
