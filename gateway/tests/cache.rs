//! Many requests, one fetch: the results for leaders and followers in every course of the fetch.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "cache/bounds.rs"]
mod bounds;
#[path = "cache/large.rs"]
mod large;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use brink_gateway::cache::store::MAX_OBJECT;
use brink_gateway::cache::{
    Cache, CacheKey, CachedObject, FetchRole, FillGuard, Joined, Lookup, ObjectHead, Purge,
    Storing, Variant, Waiter,
};
use brink_gateway::origin::{BodyError, OriginError, OriginFault};
use brink_shared::event::{Headers, Request};
use brink_shared::id::DistributionId;
use brink_shared::registry::distribution::{CachePolicy, Selection};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::Barrier;

const SOON: Duration = Duration::from_secs(5);

fn shop() -> DistributionId {
    "shop".parse().unwrap()
}

fn key(path: &str) -> CacheKey {
    let (uri, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: uri.into(),
        querystring: query.into(),
        headers: Headers::new(),
        body: None,
        origin: None,
    };
    let policy = CachePolicy { query_strings: Selection::All, ..CachePolicy::default() };
    CacheKey::new(&shop(), &request, &policy)
}

fn kept_for(ttl: Duration) -> Storing {
    Storing {
        ttl,
        age: Duration::ZERO,
        overdue: Duration::ZERO,
        conditional: true,
        stale_if_error: None,
        stale_while_revalidate: Duration::ZERO,
        unshared: vec!["set-cookie".into()],
    }
}

fn head(ttl: Duration) -> ObjectHead {
    let headers = [("ETag", "\"1\""), ("Set-Cookie", "own=1")];
    ObjectHead::new(200, "OK", headers.into_iter().collect::<Headers>(), kept_for(ttl))
}

fn lead(cache: &Cache, key: &CacheKey) -> (FillGuard, Waiter) {
    match cache.join(key) {
        FetchRole::Leader(guard, waiter) => (guard, waiter),
        other => panic!("expected to lead, not {other:?}"),
    }
}

fn follow(cache: &Cache, key: &CacheKey) -> Waiter {
    match cache.join(key) {
        FetchRole::Follower(waiter) => waiter,
        other => panic!("expected to follow, not {other:?}"),
    }
}

async fn read(joined: Joined) -> Result<Vec<u8>, BodyError> {
    match joined {
        Joined::Body(_, mut reader) => {
            let mut whole = Vec::new();
            while let Some(chunk) = reader.next().await {
                whole.extend_from_slice(&chunk?);
            }
            Ok(whole)
        }
        Joined::Object(object) => Ok(object.body.to_bytes().to_vec()),
        Joined::Released => panic!("released"),
        Joined::Failed(error) => panic!("{error}"),
        Joined::Late => panic!("late"),
    }
}

fn is_released(joined: &Joined) -> bool {
    matches!(joined, Joined::Released)
}

/// Fetches if it leads; everybody reads the answer.
async fn request(cache: Cache, key: CacheKey, fetches: Arc<AtomicUsize>) -> Vec<u8> {
    if let Lookup::Fresh(object) = cache.lookup(&key) {
        return object.body.to_bytes().to_vec();
    }
    let waiter = match cache.join(&key) {
        FetchRole::Filled(object) => return object.body.to_bytes().to_vec(),
        FetchRole::Follower(waiter) => waiter,
        FetchRole::Leader(guard, waiter) => {
            fetches.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut writer = guard.begin(head(SOON));
                for chunk in ["one ", "two ", "three"] {
                    tokio::task::yield_now().await;
                    writer.push(Bytes::from(chunk)).await.unwrap();
                }
                writer.finish();
            });
            waiter
        }
    };
    read(waiter.answer(SOON).await).await.unwrap()
}

#[tokio::test]
async fn fifty_requests_on_four_threads_make_one_fetch() {
    let cache = Cache::new(1 << 20);
    let fetches = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (cache, fetches) = (cache.clone(), fetches.clone());
            std::thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                runtime.block_on(async {
                    let start = Arc::new(Barrier::new(13));
                    let requests: Vec<_> = (0..13)
                        .map(|_| {
                            let (cache, fetches, start) =
                                (cache.clone(), fetches.clone(), start.clone());
                            tokio::spawn(async move {
                                start.wait().await;
                                request(cache, key("/a"), fetches).await
                            })
                        })
                        .collect();
                    for request in requests {
                        assert_eq!(request.await.unwrap(), b"one two three");
                    }
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    assert!(matches!(cache.lookup(&key("/a")), Lookup::Fresh(_)));
}

#[tokio::test]
async fn followers_stream_along_before_the_end() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    let (guard, own) = lead(&cache, &key);
    let early = follow(&cache, &key);
    let mut writer = guard.begin(head(SOON));
    writer.push(Bytes::from("first")).await.unwrap();
    let late = follow(&cache, &key);

    let mut readers = Vec::new();
    for waiter in [own, early, late] {
        let Joined::Body(head, mut reader) = waiter.answer(SOON).await else {
            panic!("no body");
        };
        assert_eq!(reader.next().await.unwrap().unwrap(), "first");
        readers.push((head, reader));
    }
    assert!(readers[0].0.headers.contains("set-cookie"));
    assert!(!readers[1].0.headers.contains("set-cookie"));
    writer.push(Bytes::from("last")).await.unwrap();
    writer.finish();
    for (_, reader) in &mut readers {
        assert_eq!(reader.next().await.unwrap().unwrap(), "last");
        assert!(reader.next().await.is_none());
    }
    let FetchRole::Filled(object) = cache.join(&key) else {
        panic!("not stored");
    };
    assert_eq!(object.body, "firstlast");
    assert!(!object.head.headers.contains("set-cookie"));
}

#[tokio::test]
async fn an_answer_that_may_not_be_shared_releases_followers() {
    let cache = Cache::new(1 << 20);
    let key = key("/private");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    // Not to be kept at all.
    drop(guard);
    assert!(is_released(&follower.answer(SOON).await));
    assert!(is_released(&own.answer(SOON).await));

    // To be asked for each time: the leader's own viewer gets it, and it is kept.
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let mut writer = guard.begin(head(Duration::ZERO));
    assert!(is_released(&follower.answer(SOON).await));
    let (_second, _) = lead(&cache, &key);
    writer.push(Bytes::from("mine")).await.unwrap();
    writer.finish();
    assert_eq!(read(own.answer(SOON).await).await.unwrap(), b"mine");
    assert!(matches!(cache.lookup(&key), Lookup::Stale(_)));
}

#[tokio::test]
async fn a_leader_that_dies_releases_or_breaks_off() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    let (guard, _own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    drop(guard);
    assert!(is_released(&follower.answer(SOON).await));

    let (guard, _own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let mut writer = guard.begin(head(SOON));
    writer.push(Bytes::from("half")).await.unwrap();
    drop(writer);
    let broken = read(follower.answer(SOON).await).await;
    assert_eq!(broken, Err(BodyError::Abandoned));
    assert!(matches!(cache.lookup(&key), Lookup::Miss));
    lead(&cache, &key);
}

#[tokio::test]
async fn a_body_that_breaks_is_not_stored_and_everybody_learns_why() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let mut writer = guard.begin(head(SOON));
    writer.push(Bytes::from("half")).await.unwrap();
    let why = BodyError::Short { received: 4 };
    writer.fail(why.clone());
    assert_eq!(read(own.answer(SOON).await).await, Err(why.clone()));
    assert_eq!(read(follower.answer(SOON).await).await, Err(why));
    assert!(matches!(cache.lookup(&key), Lookup::Miss));
}

#[tokio::test]
async fn the_fetch_outlives_its_viewer() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    let (guard, own) = lead(&cache, &key);
    drop(own);
    let mut writer = guard.begin(head(SOON));
    writer.push(Bytes::from("kept")).await.unwrap();
    writer.finish();
    assert!(matches!(cache.lookup(&key), Lookup::Fresh(object) if object.body == "kept"));
}

#[tokio::test]
async fn followers_wait_no_longer_than_they_want() {
    let cache = Cache::new(1 << 20);
    let (_guard, own) = lead(&cache, &key("/a"));
    let started = Instant::now();
    let joined = own.answer(Duration::from_millis(20)).await;
    assert!(matches!(joined, Joined::Late));
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn a_complete_object_serves_all_followers() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    guard.complete(CachedObject::new(head(SOON), Bytes::from("generated")));
    assert_eq!(read(own.answer(SOON).await).await.unwrap(), b"generated");
    let Joined::Object(shared) = follower.answer(SOON).await else {
        panic!("no object");
    };
    assert!(!shared.head.headers.contains("set-cookie"));
    assert!(matches!(cache.lookup(&key), Lookup::Fresh(_)));
}

#[tokio::test]
async fn requests_that_must_not_share_fetch_alone() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    let (first, _) = cache.alone(&key);
    let (second, own) = cache.alone(&key);
    drop(first);
    let mut writer = second.begin(head(SOON));
    writer.push(Bytes::from("mine")).await.unwrap();
    writer.finish();
    assert_eq!(read(own.answer(SOON).await).await.unwrap(), b"mine");
    assert!(matches!(cache.lookup(&key), Lookup::Fresh(_)));
}

#[tokio::test]
async fn invalidation_forgets_by_path_and_overtakes_fetches() {
    let cache = Cache::new(1 << 20);
    let stored = |path: &str| matches!(cache.lookup(&key(path)), Lookup::Fresh(_));
    for path in ["/a/1", "/a/2?x=1", "/b"] {
        let object = CachedObject::new(head(SOON), Bytes::from("old"));
        cache.insert(key(path), Arc::new(object));
    }
    let (guard, _own) = lead(&cache, &key("/a/3"));
    let mut writer = guard.begin(head(SOON));
    writer.push(Bytes::from("old")).await.unwrap();

    assert_eq!(cache.invalidate(&"other".parse().unwrap(), "/*"), 0);
    assert_eq!(cache.invalidate(&shop(), "/a/*"), 2);
    assert!(!stored("/a/1") && !stored("/a/2?x=1") && stored("/b"));
    lead(&cache, &key("/a/3"));
    writer.finish();
    assert!(!stored("/a/3"), "an overtaken answer must not be kept");
    assert_eq!(cache.invalidate(&shop(), "/b"), 1);
}

#[tokio::test]
async fn a_fetch_that_no_invalidation_touches_is_kept() {
    let cache = Cache::new(1 << 20);
    let (guard, _own) = lead(&cache, &key("/kept"));
    let mut writer = guard.begin(head(SOON));
    writer.push(Bytes::from("new")).await.unwrap();
    let (alone, _own) = cache.alone(&key("/a/alone"));

    let mut purge = Purge::new();
    purge.add(&shop(), ["/a/*", "/b", "/kept/not"]);
    purge.add(&"other".parse().unwrap(), ["/*"]);
    assert_eq!(cache.purge(purge), 0);
    // Who asks now joins the fetch that goes on.
    assert!(matches!(cache.join(&key("/kept")), FetchRole::Follower(_)));
    writer.finish();
    assert!(matches!(cache.lookup(&key("/kept")), Lookup::Fresh(object) if object.body == "new"));
    alone.complete(CachedObject::new(head(SOON), Bytes::from("old")));
    assert!(matches!(cache.lookup(&key("/a/alone")), Lookup::Miss));
}

#[tokio::test]
async fn a_write_makes_copies_useless_and_overtakes_fetches() {
    let cache = Cache::new(1 << 20);
    let policy = CachePolicy { query_strings: Selection::All, ..CachePolicy::default() };
    let stored = |path: &str| matches!(cache.lookup(&key(path)), Lookup::Fresh(_));
    for path in ["/a?x=1", "/a?x=2"] {
        cache.insert(key(path), Arc::new(CachedObject::new(head(SOON), Bytes::from("old"))));
    }
    let (guard, _own) = lead(&cache, &key("/b"));
    let _ = cache.outdate(&shop(), "/a", "x=1", &policy);
    let _ = cache.outdate(&shop(), "/b", "", &policy);
    let _ = cache.outdate(&"other".parse().unwrap(), "/a", "x=2", &policy);
    assert!(!stored("/a?x=1") && stored("/a?x=2"));
    let (newer, _own) = lead(&cache, &key("/b"));
    guard.complete(CachedObject::new(head(SOON), Bytes::from("old")));
    assert!(!stored("/b"), "an overtaken answer must not be kept");
    newer.complete(CachedObject::new(head(SOON), Bytes::from("new")));
    assert!(matches!(cache.lookup(&key("/b")), Lookup::Fresh(object) if object.body == "new"));
}

#[tokio::test]
async fn variants_are_stored_apart_and_found_by_the_headers_that_tell_them_apart() {
    let cache = Cache::new(1 << 20);
    let all = key("/a");
    let variant = |value: &str| Variant::by(&["foo".to_owned()], |_| vec![value.to_owned()]);
    for value in ["1", "2"] {
        let (guard, _own) = lead(&cache, &all);
        let head = ObjectHead { variant: variant(value), ..head(SOON) };
        guard.complete(CachedObject::new(head, Bytes::from(value.to_owned())));
    }
    assert!(matches!(cache.lookup(&all), Lookup::Varies(names) if *names == ["foo".to_owned()]));
    for value in ["1", "2"] {
        let found = cache.lookup(&all.variant(&variant(value)));
        assert!(matches!(found, Lookup::Fresh(object) if object.body == value));
    }
    assert!(matches!(cache.lookup(&all.variant(&variant("3"))), Lookup::Miss));
    assert_eq!(cache.invalidate(&shop(), "/a"), 2);
    assert!(matches!(cache.lookup(&all), Lookup::Miss));
}

#[tokio::test]
async fn unshared_keys_are_known_until_an_answer_can_be_shared() {
    let cache = Cache::new(1 << 20);
    let key = key("/a");
    for ttl in [Duration::ZERO, SOON] {
        let (guard, _own) = lead(&cache, &key);
        guard.complete(CachedObject::new(head(ttl), Bytes::new()));
        assert_eq!(cache.is_unshared(&key), ttl.is_zero());
    }
}

#[tokio::test]
async fn an_answer_to_head_is_none_to_get() {
    let cache = Cache::new(1 << 20);
    let (guard, _own) = lead(&cache, &key("/a"));
    let follower = follow(&cache, &key("/a"));
    guard.complete_for_head(CachedObject::new(head(SOON), Bytes::new()));
    assert!(is_released(&follower.answer(SOON).await));
    assert!(matches!(cache.lookup(&key("/a")), Lookup::Miss));
    assert!(matches!(cache.lookup(&key("/a").for_head()), Lookup::Fresh(_)));

    let (guard, _own) = lead(&cache, &key("/b").for_head());
    let follower = follow(&cache, &key("/b").for_head());
    guard.complete_for_head(CachedObject::new(head(SOON), Bytes::new()));
    assert!(matches!(follower.answer(SOON).await, Joined::Object(_)));
}

#[tokio::test]
async fn the_store_stays_within_its_bytes() {
    let cache = Cache::new(1 << 20);
    for n in 0..100 {
        let body = Bytes::from(vec![0; 1 << 16]);
        let object = CachedObject::new(head(SOON), body);
        cache.insert(key(&format!("/{n}")), Arc::new(object));
    }
    let (objects, bytes) = cache.usage();
    assert!(objects > 0 && bytes <= 1 << 20, "{objects} objects, {bytes} bytes");
}

#[tokio::test]
async fn a_failed_origin_fails_all_followers_and_is_asked_again_after() {
    let cache = Cache::new(1 << 20);
    let key = key("/down");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let cause = OriginFault::HeadTimeout(SOON);
    let error = OriginError { origin: "a:80".into(), cause };
    guard.fail(error.clone());
    for waiter in [own, follower] {
        match waiter.answer(SOON).await {
            Joined::Failed(told) => assert_eq!(told, error),
            _ => panic!("expected the failure"),
        }
    }
    lead(&cache, &key);
}
