use brink_shared::event::Request;
use brink_shared::registry::distribution::CachePolicy;

use super::*;

const PLENTY: usize = 1 << 20;

fn key(path: &str) -> CacheKey {
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: path.into(),
        querystring: String::new(),
        headers: Default::default(),
        body: None,
        origin: None,
    };
    CacheKey::new(&"shop".parse().unwrap(), &request, &CachePolicy::default())
}

fn name(path: &str) -> Name {
    Name::of(&key(path))
}

fn offer(index: &mut Index, path: &str) -> Result<(), QueueFull> {
    index.offer(key(path), name(path), Entry::Varies(["accept".to_owned()].into()))
}

fn is_found(index: &Index, path: &str) -> bool {
    index.find(&name(path), &key(path)).is_some()
}

/// Plays a database that stores all offers.
fn write(index: &mut Index, batch: &Batch) {
    let slot = |offer: &Offer| Slot { number: offer.number, bytes: 100 };
    let stored = batch.offers.iter().map(|offer| (offer.name.digest, slot(offer))).collect();
    index.written(batch, Written { stored, ..Written::default() });
}

fn stored(paths: &[&str]) -> Index {
    let mut index = Index::new(PLENTY);
    index.load(Vec::new(), Number(0), None);
    for path in paths {
        offer(&mut index, path).unwrap();
    }
    let batch = index.take();
    write(&mut index, &batch);
    index
}

fn purge(path: &str) -> Arc<Purge> {
    let mut purge = Purge::new();
    purge.add(&"shop".parse().unwrap(), [path]);
    Arc::new(purge)
}

#[test]
fn an_object_is_found_once_the_database_has_it() {
    let mut index = stored(&[]);
    offer(&mut index, "/a").unwrap();
    assert!(!is_found(&index, "/a") && index.has_work());
    let batch = index.take();
    assert_eq!(batch.offers.len(), 1);
    write(&mut index, &batch);
    assert!(is_found(&index, "/a") && !index.has_work());
    assert_eq!(index.usage(), (1, 100));
}

#[test]
fn a_newer_copy_replaces_a_stored_and_a_waiting_one() {
    let mut index = stored(&["/a"]);
    let first = index.find(&name("/a"), &key("/a")).unwrap();
    offer(&mut index, "/a").unwrap();
    assert!(!is_found(&index, "/a"), "the former copy must not be served");
    let slow = index.take();
    assert_eq!(slow.dropped, [first.number]);
    // While that is written, a third one comes.
    offer(&mut index, "/a").unwrap();
    write(&mut index, &slow);
    assert!(!is_found(&index, "/a"));
    let batch = index.take();
    assert_eq!(batch.dropped, [slow.offers[0].number]);
    write(&mut index, &batch);
    assert_eq!(index.find(&name("/a"), &key("/a")).unwrap().number, batch.offers[0].number);
    assert_eq!(index.usage(), (1, 100));
}

#[test]
fn a_full_queue_takes_nothing_and_forgets_the_former_copy() {
    let mut index = stored(&["/a"]);
    for n in 0..QUEUE_MAX {
        offer(&mut index, &format!("/{n}")).unwrap();
    }
    assert_eq!(offer(&mut index, "/a"), Err(QueueFull));
    assert!(!is_found(&index, "/a"));
    let mut small = Index::new(200);
    let taken = (0..100).filter(|n| offer(&mut small, &format!("/{n}")).is_ok()).count();
    assert!((1..20).contains(&taken), "{taken}");
    // An object larger than the queue is taken if it is alone.
    assert_eq!(offer(&mut Index::new(1), "/a"), Ok(()));
}

#[test]
fn a_purge_hides_at_once_and_its_objects_are_deleted_later() {
    let mut index = stored(&["/a/1", "/b"]);
    offer(&mut index, "/a/2").unwrap();
    index.purge(purge("/a/*"));
    assert!(!is_found(&index, "/a/1") && is_found(&index, "/b"));
    let mut batch = index.take();
    assert!(batch.offers.is_empty(), "a waiting object is purged too");
    // A purge that comes now is not among those that are carried out.
    index.purge(purge("/b"));
    assert_eq!(batch.purges.len(), 1);
    let deleted = vec![(name("/a/1").digest, Number(1))];
    index.written(&batch, Written { deleted, ..Written::default() });
    assert!(!is_found(&index, "/a/1") && !is_found(&index, "/b") && index.has_work());
    offer(&mut index, "/a/1").unwrap();
    batch = index.take();
    write(&mut index, &batch);
    assert!(is_found(&index, "/a/1"), "an object from after the purge stays");
}

#[test]
fn too_many_purges_become_one_of_everything() {
    let mut index = stored(&["/a"]);
    for n in 0..=PURGES_MAX {
        assert!(is_found(&index, "/a"), "{n}");
        index.purge(purge(&format!("/x/{n}")));
    }
    assert!(!is_found(&index, "/a"));
    assert_eq!(index.take().purges.len(), 1);
}

#[test]
fn a_write_makes_older_objects_useless_and_is_marked_once() {
    let mut index = stored(&["/a", "/b"]);
    index.outdate(name("/c").group, true);
    assert!(!index.is_marked(name("/c").group), "the disk has no such object");
    index.outdate(name("/a").group, true);
    assert!(index.is_marked(name("/a").group));
    assert!(!is_found(&index, "/a") && is_found(&index, "/b"));
    let batch = index.take();
    assert_eq!(batch.marks[&name("/a").group], Number(2));
    index.outdate(name("/a").group, true);
    offer(&mut index, "/a").unwrap();
    write(&mut index, &batch);
    assert!(!index.is_marked(name("/a").group));
    let batch = index.take();
    write(&mut index, &batch);
    assert!(is_found(&index, "/a"));
}

#[test]
fn a_write_before_the_database_is_open_counts() {
    let mut index = Index::new(PLENTY);
    index.outdate(name("/a").group, false);
    let row = |path: &str, number| {
        let slot = Slot { number: Number(number), bytes: 100 };
        Loaded { name: name(path), slot }
    };
    index.load(vec![row("/a", 7), row("/b", 8), row("/b", 9)], Number(12), None);
    assert!(!is_found(&index, "/a") && is_found(&index, "/b"));
    assert_eq!(index.usage(), (1, 100));
    offer(&mut index, "/c").unwrap();
    let batch = index.take();
    assert_eq!(batch.marks[&name("/a").group], Number(12));
    assert_eq!(batch.dropped, [Number(7), Number(8)]);
    assert_eq!(batch.offers[0].number, Number(13));
}

#[test]
fn a_place_is_told_once_and_again_to_a_new_database() {
    let place = |number| JournalPlace { made: 1, number };
    let mut index = Index::new(PLENTY);
    index.load(Vec::new(), Number(0), Some(place(3)));
    index.reached(place(3));
    assert!(!index.has_work());
    index.reached(place(4));
    assert_eq!(index.take().place, Some(place(4)));
    assert!(!index.has_work());
    index.forget_all();
    assert_eq!((index.place(), index.take().place), (None, Some(place(4))));
}
