//! Function tables: find the author's text for a function whose rewritten text the engine has.
//!
//! The table of a file is made when a function of the file is first asked for its text: the file is
//! then rewritten again. The last tables are kept. Texts that were compiled at run time exist
//! nowhere else, so the last of them are kept too.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use brink_rewrite::{FunctionKind, FunctionText, Rewritten};

/// Most bytes of texts whose tables are kept, and most bytes of texts that were compiled at run
/// time.
const KEPT_MAX: usize = 4 * 1024 * 1024;

/// Size from which on a file is large, in bytes.
const LARGE: usize = 256 * 1024;

/// The functions of one text.
pub(super) struct Table {
    author: String,
    rewritten: String,
    functions: Vec<FunctionText>,
    first_number: u64,
    /// Which function has a rewritten text, by its hash and length.
    by_text: OnceCell<HashMap<(u64, usize), usize>>,
}

/// The places of a large file's functions in the author's text. They are found when the file is
/// compiled, because rewriting such a file again takes memory that an event may not have.
pub(super) struct Index {
    /// Functions by hash and length of their rewritten texts, sorted.
    by_text: Vec<(u64, u32, Span)>,
    /// All functions and classes, by their number.
    numbered: Vec<Span>,
}

/// Start and end in the author's text, in bytes.
pub(super) type Span = (u32, u32);

/// The tables of one context.
#[derive(Default)]
pub(super) struct Tables {
    /// The tables of files, by name, oldest first.
    files: RefCell<VecDeque<(String, Rc<Table>)>>,
    /// The tables of texts that were compiled at run time, oldest first.
    made: RefCell<VecDeque<Rc<Table>>>,
    /// The hashes of these texts.
    known: RefCell<HashSet<u64>>,
    /// The size of these texts.
    size: Cell<usize>,
}

// === impl Index ===

impl Index {
    /// The places of a text's functions, if the text is large.
    pub(super) fn of(rewritten: &Rewritten) -> Option<Self> {
        let Rewritten { text, functions, .. } = rewritten;
        if text.len() < LARGE {
            return None;
        }
        let functions_only = functions.iter().filter(|text| text.kind == FunctionKind::Function);
        let mut by_text: Vec<_> = functions_only
            .filter_map(|function| {
                let (hash, length) = key(slice(text, function.rewritten)?);
                Some((hash, u32::try_from(length).ok()?, function.author))
            })
            .collect();
        by_text.sort_unstable();
        by_text.dedup_by_key(|(hash, length, _)| (*hash, *length));
        let numbered = functions.iter().map(|function| function.author).collect();
        Some(Self { by_text, numbered })
    }

    /// The place of the author's text for the function with this rewritten text, or for the class
    /// with this number.
    pub(super) fn find(&self, rewritten: &str, number: Option<u64>) -> Option<Span> {
        if let Some(number) = number {
            return self.numbered.get(usize::try_from(number).ok()?).copied();
        }
        let (hash, length) = key(rewritten);
        let key = (hash, u32::try_from(length).ok()?);
        let at = self.by_text.binary_search_by_key(&key, |(hash, length, _)| (*hash, *length));
        Some(self.by_text.get(at.ok()?)?.2)
    }
}

// === impl Table ===

impl Table {
    fn new(author: String, rewritten: Rewritten) -> Self {
        let Rewritten { text, functions, first_number, .. } = rewritten;
        Self { author, rewritten: text, functions, first_number, by_text: OnceCell::new() }
    }

    /// The author's text for the function with this rewritten text.
    pub(super) fn of_text(&self, rewritten: &str) -> Option<&str> {
        let by_text = self.by_text.get_or_init(|| {
            let numbered = self.functions.iter().enumerate().rev();
            let functions = numbered.filter(|(_, text)| text.kind == FunctionKind::Function);
            functions
                .filter_map(|(number, text)| {
                    Some((key(slice(&self.rewritten, text.rewritten)?), number))
                })
                .collect()
        });
        let number = by_text.get(&key(rewritten))?;
        slice(&self.author, self.functions.get(*number)?.author)
    }

    /// The author's text for the class with this number.
    pub(super) fn class(&self, number: u64) -> Option<&str> {
        let at = usize::try_from(number.checked_sub(self.first_number)?).ok()?;
        let class = self.functions.get(at).filter(|text| text.kind == FunctionKind::Class)?;
        slice(&self.author, class.author)
    }

    fn size(&self) -> usize {
        self.author.len()
            + self.rewritten.len()
            + self.functions.len() * 2 * size_of::<FunctionText>()
    }
}

/// A part of a text.
pub(super) fn slice(text: &str, (start, end): Span) -> Option<&str> {
    text.get(start as usize..end as usize)
}

fn key(text: &str) -> (u64, usize) {
    (hash_of(text), text.len())
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

// === impl Tables ===

impl Tables {
    /// The table of a file; makes it unless it exists. `rewrite` returns the author's text and the
    /// rewritten text.
    pub(super) fn of_file(
        &self,
        name: &str,
        rewrite: impl FnOnce() -> Option<(String, Rewritten)>,
    ) -> Option<Rc<Table>> {
        let mut files = self.files.borrow_mut();
        if let Some((_, table)) = files.iter().find(|(known, _)| known == name) {
            return Some(table.clone());
        }
        let (author, rewritten) = rewrite()?;
        let table = Rc::new(Table::new(author, rewritten));
        let mut room = KEPT_MAX.saturating_sub(table.size());
        let kept = files.iter().rev().take_while(|(_, table)| {
            let fits = table.size() <= room;
            room = room.saturating_sub(table.size());
            fits
        });
        let kept = kept.count();
        let dropped = files.len() - kept;
        files.drain(..dropped);
        files.push_back((name.to_owned(), table.clone()));
        Some(table)
    }

    /// Keeps a text that is about to be compiled.
    pub(super) fn keep(&self, author: String, rewritten: Rewritten) {
        if rewritten.functions.is_empty() || !self.known.borrow_mut().insert(hash_of(&author)) {
            return;
        }
        let table = Rc::new(Table::new(author, rewritten));
        let mut made = self.made.borrow_mut();
        let mut size = self.size.get() + table.size();
        made.push_back(table);
        while size > KEPT_MAX {
            let Some(oldest) = made.pop_front() else { break };
            self.known.borrow_mut().remove(&hash_of(&oldest.author));
            size -= oldest.size();
        }
        self.size.set(size);
    }

    /// The author's text for a function that was compiled at run time.
    pub(super) fn made(&self, find: impl Fn(&Table) -> Option<String>) -> Option<String> {
        self.made.borrow().iter().rev().find_map(|table| find(table))
    }
}
