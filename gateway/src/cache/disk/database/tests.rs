use std::collections::BTreeMap;
use std::sync::Arc;

use brink_shared::event::{Headers, Request};
use brink_shared::registry::distribution::CachePolicy;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::super::index::Offer;
use super::*;
use crate::cache::disk::record::Entry;
use crate::cache::freshness::Storing;
use crate::cache::object::{CachedObject, ObjectHead};
use crate::cache::purge::Purge;

const MB: u64 = 1024 * 1024;

fn create(
    builder: &Builder,
    path: &Path,
) -> std::result::Result<redb::Database, redb::DatabaseError> {
    builder.create(path)
}

fn open(path: &Path) -> Result<(Database, Opened)> {
    Database::open(path, 64 * MB, create)
}

fn key(path: &str) -> CacheKey {
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: path.into(),
        querystring: String::new(),
        headers: Headers::new(),
        body: None,
        origin: None,
    };
    CacheKey::new(&"shop".parse().unwrap(), &request, &CachePolicy::default())
}

fn offer(number: u64, path: &str, body: Vec<u8>) -> Offer {
    let storing = Storing {
        ttl: std::time::Duration::from_secs(60),
        age: Default::default(),
        overdue: Default::default(),
        conditional: false,
        stale_if_error: None,
        stale_while_revalidate: Default::default(),
        unshared: Vec::new(),
    };
    let head = ObjectHead::new(200, "OK", Headers::new(), storing);
    let entry = Entry::Object(Arc::new(CachedObject::new(head, Bytes::from(body))));
    let key = key(path);
    Offer { number: Number(number), name: Name::of(&key), key, entry }
}

fn batch(offers: Vec<Offer>) -> Batch {
    Batch { offers, ..Batch::default() }
}

fn numbers(opened: &Opened) -> Vec<u64> {
    opened.rows.iter().map(|row| row.slot.number.0).collect()
}

#[test]
fn everything_is_there_again_after_it_was_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let place = JournalPlace { made: -7, number: 3 };
    {
        let (database, opened) = open(&path).unwrap();
        assert!(opened.rows.is_empty() && opened.place.is_none());
        let mut first = batch(vec![offer(1, "/a", vec![1; 200_000]), offer(2, "/b", Vec::new())]);
        first.place = Some(place);
        assert_eq!(database.write(&first, 0).unwrap().stored.len(), 2);
        database.write(&batch(vec![offer(3, "/c", vec![3; 10])]), 0).unwrap();
        let second = Batch { dropped: vec![Number(2)], ..Batch::default() };
        database.write(&second, 0).unwrap();
    }
    let (database, opened) = open(&path).unwrap();
    assert_eq!((numbers(&opened), opened.last, opened.place), (vec![1, 3], Number(3), Some(place)));
    let (_, body) = database.rows(Number(1)).unwrap().unwrap();
    assert_eq!(body.read(200_000).unwrap().concat(), vec![1; 200_000]);
    assert!(database.rows(Number(2)).unwrap().is_none());
}

#[test]
fn purges_and_marks_delete_what_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    {
        let (database, _) = open(&path).unwrap();
        let paths = ["/a/1", "/b", "/a/2", "/c"];
        let offers = (1..).zip(paths).map(|(n, path)| offer(n, path, vec![0; 5])).collect();
        database.write(&batch(offers), 0).unwrap();
        let mut purge = Purge::new();
        purge.add(&"shop".parse().unwrap(), ["/a/*"]);
        let purges = Batch { purges: vec![Arc::new(purge)], ..Batch::default() };
        let deleted = database.write(&purges, 0).unwrap().deleted;
        assert_eq!(deleted.iter().map(|(_, n)| n.0).collect::<Vec<_>>(), [1, 3]);
        let mut marks = batch(vec![offer(5, "/b", Vec::new()), offer(9, "/c", Vec::new())]);
        marks.marks.insert(Name::of(&key("/b")).group, Number(20));
        marks.marks.insert(Name::of(&key("/c")).group, Number(8));
        database.write(&marks, 0).unwrap();
    }
    let (_, opened) = open(&path).unwrap();
    assert_eq!((numbers(&opened), opened.last), (vec![9], Number(20)));
    let (_, again) = open(&path).unwrap();
    assert_eq!(numbers(&again), [9], "numbers that are used again must not be useless");
}

#[test]
fn another_format_or_a_time_in_the_future_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        (ABOUT_FORMAT, (FORMAT + 1).to_be_bytes().to_vec()),
        (ABOUT_WRITTEN, serialized(&(u64::MAX / 2, 1_u128, 5_u64))),
    ] {
        let path = folder.path().join(name);
        drop(open(&path).unwrap());
        let redb = redb::Database::create(&path).unwrap();
        let transaction = redb.begin_write().unwrap();
        transaction.open_table(ABOUT).unwrap().insert(name, value.as_slice()).unwrap();
        transaction.commit().unwrap();
        drop(redb);
        let refused = open(&path);
        assert!(matches!(refused, Err(DatabaseError::Format | DatabaseError::Future)), "{name}");
    }
}

/// Draws the size of an object.
type Sizes = fn(&mut StdRng) -> usize;

/// Objects of all sizes come for a long time, far more than there is room for.
#[test]
fn the_file_never_takes_more_than_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let sizes: [(&str, Sizes); 3] = [
        ("tiny", |rng| rng.random_range(0..500)),
        ("mixed", |rng| match rng.random_range(0..10) {
            0..7 => rng.random_range(0..5_000),
            7..9 => rng.random_range(0..200_000),
            _ => rng.random_range(0..3_000_000),
        }),
        ("huge", |rng| rng.random_range(1_000_000..8_000_000)),
    ];
    for (what, size) in sizes {
        let path = folder.path().join(what);
        let (database, _) = open(&path).unwrap();
        let mut rng = StdRng::seed_from_u64(7);
        let (mut number, mut bytes, mut written, mut most) = (0, 0, 0, 0);
        let mut slots = BTreeMap::new();
        while written < 90 * MB as usize {
            let mut offers = Vec::new();
            let mut waiting = 0;
            while waiting < 4 * MB as usize && offers.len() < 1_000 {
                let body = vec![7; size(&mut rng)];
                waiting += body.len() + 500;
                number += 1;
                offers.push(offer(number, &format!("/{number}"), body));
            }
            written += waiting;
            let done = database.write(&batch(offers), bytes).unwrap();
            slots.extend(done.stored.iter().map(|(_, slot)| (slot.number.0, slot.bytes)));
            for (_, number) in &done.deleted {
                let (oldest, _) = slots.pop_first().unwrap();
                assert_eq!(oldest, number.0, "the oldest object makes room");
            }
            bytes = slots.values().sum();
            assert!(bytes <= database.most());
            let blocks = std::fs::metadata(&path).unwrap().blocks() * 512;
            most = blocks.max(most);
        }
        eprintln!("{what}: {} objects, {bytes} bytes, the file took at most {most}", slots.len());
        assert!(most <= 64 * MB && bytes > 32 * MB, "{what}: {most} {bytes}");
    }
}
