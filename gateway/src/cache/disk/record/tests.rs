use std::time::Instant;

use brink_shared::event::Request;
use brink_shared::registry::distribution::{CachePolicy, Selection};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn key(path: &str) -> CacheKey {
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: path.into(),
        querystring: "q=1".into(),
        headers: [("x-a", "1"), ("x-a", "2")].into_iter().collect(),
        body: None,
        origin: None,
    };
    let policy = CachePolicy {
        query_strings: Selection::All,
        headers: vec!["X-A".to_owned()],
        ..CachePolicy::default()
    };
    CacheKey::new(&"shop".parse().unwrap(), &request, &policy)
}

fn durations() -> impl Strategy<Value = Duration> {
    (0..100_000_000_u64, 0..1_000_000_000_u32).prop_map(|(s, ns)| Duration::new(s, ns))
}

fn lines() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[a-zA-Z-]{1,12}", "\\PC{0,30}"), 0..8)
}

prop_compose! {
    fn storings()(
        ttl in durations(),
        age in durations(),
        overdue in durations(),
        conditional in any::<bool>(),
        stale_if_error in option::of(durations()),
        stale_while_revalidate in durations(),
        unshared in vec("[a-z-]{1,12}", 0..3),
    ) -> Storing {
        Storing { ttl, age, overdue, conditional, stale_if_error, stale_while_revalidate, unshared }
    }
}

prop_compose! {
    fn objects()(
        status in 200..600_u16,
        origin_status in 200..600_u16,
        reason in "\\PC{0,20}",
        headers in lines(),
        plain in option::of(lines()),
        storing in storings(),
        variant in vec(("[a-z-]{1,12}".prop_map(String::from), vec("\\PC{0,12}", 0..3)), 0..3),
        bodiless in any::<bool>(),
        ago in 0..100_000_u64,
        body in vec(any::<u8>(), 0..5_000),
    ) -> CachedObject {
        let headers: Headers = headers.into_iter().collect();
        let head = ObjectHead {
            origin_status,
            variant: variant.into(),
            bodiless,
            encoded: plain.map(|plain| Encoded {
                coding: ContentCoding::Br,
                plain: Arc::new(plain.into_iter().collect()),
            }),
            confirmed: Instant::now() - Duration::from_millis(ago),
            ..ObjectHead::new(status, reason, headers, storing)
        };
        CachedObject::new(head, Bytes::from(body))
    }
}

fn decoded(key: &CacheKey, record: &Record) -> Result<Entry, RecordError> {
    RecordHead::read(&record.head)?.entry(&key.to_bytes(), record.body.clone(), &Stamp::now())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_object_comes_back_as_it_was(object in objects(), path in "/\\PC{0,40}") {
        let key = key(&path);
        let entry = Entry::Object(Arc::new(object.clone()));
        let record = Record::new(&key.to_bytes(), &entry);
        let Ok(Entry::Object(back)) = decoded(&key, &record) else { panic!("an object") };
        let (was, is) = (&object.head, &back.head);
        prop_assert_eq!(is.status, was.status);
        prop_assert_eq!(is.origin_status, was.origin_status);
        prop_assert_eq!(&is.status_description, &was.status_description);
        prop_assert_eq!(&is.headers, &was.headers);
        prop_assert_eq!(&is.storing, &was.storing);
        prop_assert_eq!(&is.variant, &was.variant);
        prop_assert_eq!(is.bodiless, was.bodiless);
        prop_assert_eq!(is.plain_headers(), was.plain_headers());
        prop_assert_eq!(is.encoded.is_some(), was.encoded.is_some());
        prop_assert_eq!(back.body.to_bytes(), object.body.to_bytes());
        let now = Instant::now();
        let older = is.age(now).saturating_sub(was.age(now));
        let younger = was.age(now).saturating_sub(is.age(now));
        prop_assert!(older.max(younger) < Duration::from_millis(100), "{older:?} {younger:?}");
        prop_assert!(CacheKey::from_bytes(&key.to_bytes()) == Some(key));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(object in objects(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let key = key("/a");
        let record = Record::new(&key.to_bytes(), &Entry::Object(Arc::new(object)));
        let mut bytes = [record.head.as_slice(), &record.body.to_bytes()].concat();
        let length = record.head.len();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        let body = Bytes::copy_from_slice(&bytes[length..]).into();
        bytes.truncate(length);
        let changed = Record { head: bytes, body };
        prop_assert!(decoded(&key, &changed).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_and_none_as_an_object(
        mut head in vec(any::<u8>(), 0..300),
        body in vec(any::<u8>(), 0..100),
        ours in any::<bool>(),
    ) {
        if ours && head.len() >= 4 {
            head[..4].copy_from_slice(&FORMAT.to_be_bytes());
        }
        prop_assert!(CacheKey::from_bytes(&head).is_none_or(|key| !key.to_bytes().is_empty()));
        let record = Record { head, body: Bytes::from(body).into() };
        prop_assert!(decoded(&key("/a"), &record).is_err());
    }
}

#[test]
fn a_record_is_of_its_own_key_and_format_only() {
    let names: Arc<[String]> = ["accept".to_owned()].into();
    let mut record = Record::new(&key("/a").to_bytes(), &Entry::Varies(names.clone()));
    assert!(matches!(decoded(&key("/a"), &record), Ok(Entry::Varies(read)) if read == names));
    assert_eq!(decoded(&key("/b"), &record).unwrap_err(), RecordError::Checksum);
    record.head[..4].copy_from_slice(&(FORMAT + 1).to_be_bytes());
    assert_eq!(decoded(&key("/a"), &record).unwrap_err(), RecordError::Format(FORMAT + 1));
    record.head.truncate(20);
    record.head[..4].copy_from_slice(&FORMAT.to_be_bytes());
    assert_eq!(decoded(&key("/a"), &record).unwrap_err(), RecordError::Unreadable);
}

#[test]
fn the_group_of_a_resource_is_that_of_every_spelling() {
    let (shop, other) = ("shop".parse().unwrap(), "other".parse().unwrap());
    let name = Name::of(&key("/x/../a"));
    assert_eq!(name.group, Name::of(&key("/a")).group);
    assert_eq!(name.group, Group::of_target(&shop, "/%61?q=1"));
    assert_ne!(name.group, Group::of_target(&shop, "/b?q=1"));
    assert_ne!(name.group, Group::of_target(&other, "/a?q=1"));
    assert_ne!(name.digest, Name::of(&key("/a")).digest);
}
