//! Tests of kept parts: which bytes are there, and which parts are combined.

use std::time::Duration;

use brink_shared::event::{Headers, Request};
use brink_shared::registry::distribution::CachePolicy;
use proptest::prelude::*;

use super::super::freshness::Storing;
use super::*;

fn key() -> CacheKey {
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: "/film".into(),
        querystring: String::new(),
        headers: Headers::new(),
        body: None,
        origin: None,
    };
    CacheKey::new(&"shop".parse().unwrap(), &request, &CachePolicy::default())
}

fn head(etag: &str) -> ObjectHead {
    let storing = Storing {
        ttl: Duration::from_secs(60),
        age: Duration::ZERO,
        overdue: Duration::ZERO,
        conditional: true,
        stale_if_error: None,
        stale_while_revalidate: Duration::ZERO,
        unshared: Vec::new(),
    };
    ObjectHead::new(200, "OK", [("ETag", etag)].into_iter().collect::<Headers>(), storing)
}

fn content(total: usize) -> Vec<u8> {
    (0..total).map(|n| (n % 251) as u8).collect()
}

/// Keeps a range of this content.
fn keep(cache: &Cache, etag: &str, whole: &[u8], range: Range<usize>) {
    let (first, total) = (range.start as u64, whole.len() as u64);
    let mut writer = cache.keep_part(&key(), head(etag), first, total, cache.now(&key()));
    for chunk in whole[range].chunks(10_000) {
        writer.push(chunk);
    }
}

/// The kept bytes of a range, without a gap.
fn read(cache: &Cache, range: Range<usize>) -> Vec<u8> {
    let copy = cache.partial(&key()).unwrap();
    let end = copy.covered(&(range.start as u64..range.end as u64)) as usize;
    let mut bytes = Vec::new();
    while range.start + bytes.len() < end {
        let slice = copy.slice_at((range.start + bytes.len()) as u64).unwrap();
        bytes.extend_from_slice(&slice);
    }
    bytes.truncate(end - range.start);
    bytes
}

#[test]
fn ranges_that_adjoin_become_one() {
    let cache = Cache::new(64 << 20);
    let whole = content(5 * BLOCK + 100);
    for range in [100..200, 200..BLOCK + 50, 50..100, BLOCK + 40..whole.len()] {
        keep(&cache, "\"a\"", &whole, range);
    }
    assert_eq!(read(&cache, 50..whole.len()), whole[50..]);
    assert!(read(&cache, 49..60).is_empty());
    assert_eq!(cache.invalidate(&"shop".parse().unwrap(), "/film"), 7);
    assert!(cache.partial(&key()).is_none());
}

#[test]
fn parts_of_another_copy_are_no_parts() {
    let cache = Cache::new(64 << 20);
    let whole = content(2 * BLOCK);
    keep(&cache, "\"a\"", &whole, 0..whole.len());
    keep(&cache, "\"b\"", &whole, 0..10);
    assert_eq!(read(&cache, 0..whole.len()).len(), 10);
    // Without a strong validator, it is not known whether they belong together.
    for _ in 0..2 {
        keep(&cache, "W/\"c\"", &whole, 0..10);
        keep(&cache, "W/\"c\"", &whole, BLOCK..BLOCK + 10);
        assert_eq!(read(&cache, BLOCK..BLOCK + 10).len(), 10);
        assert_eq!(read(&cache, 0..10).len(), 0);
    }
}

#[test]
fn an_invalidation_overtakes_a_running_fetch() {
    let cache = Cache::new(64 << 20);
    let mut writer = cache.keep_part(&key(), head("\"a\""), 0, 100, cache.now(&key()));
    cache.invalidate(&"shop".parse().unwrap(), "/*");
    writer.push(&[7; 100]);
    drop(writer);
    assert!(cache.partial(&key()).is_none());
    assert_eq!(cache.used(), 0);
}

#[test]
fn parts_take_no_more_than_the_cache_has() {
    const CAPACITY: usize = 2 << 20;
    let cache = Cache::new(CAPACITY as u64);
    let whole = content(4 << 20);
    keep(&cache, "\"a\"", &whole, 0..whole.len());
    assert!(cache.used() > CAPACITY / 2 && cache.used() <= CAPACITY, "{}", cache.used());
    cache.invalidate(&"shop".parse().unwrap(), "/*");
    cache.usage();
    assert_eq!(cache.used(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_bytes_that_were_kept_are_read(
        ranges in proptest::collection::vec((0..4 * BLOCK, 0..3 * BLOCK), 1..8),
        asked in (0..4 * BLOCK, 1..3 * BLOCK),
    ) {
        let cache = Cache::new(64 << 20);
        let whole = content(4 * BLOCK + 123);
        let clip = |(first, len): (usize, usize)| first..(first + len).min(whole.len());
        for range in ranges {
            keep(&cache, "\"a\"", &whole, clip(range));
        }
        let asked = clip(asked);
        let bytes = read(&cache, asked.clone());
        prop_assert_eq!(&bytes[..], &whole[asked.start..asked.start + bytes.len()]);
    }
}
