mod faulty_disk;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use brink_shared::event::{Headers, Request};
use brink_shared::registry::distribution::CachePolicy;
use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::cache::freshness::Storing;
use crate::cache::object::ObjectHead;
use crate::cache::store::{Cache, Lookup};
use crate::cache::vary::Variant;

const MINUTE: Duration = Duration::from_secs(60);
const MEMORY: u64 = 32 << 20;

/// The time that a busy machine adds to a promised one.
const SLACK: Duration = Duration::from_secs(1);

fn place(number: u64) -> JournalPlace {
    JournalPlace { made: 1, number }
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

fn object(ttl: Duration, body: impl Into<Bytes>) -> Arc<CachedObject> {
    let storing = Storing {
        ttl,
        age: Duration::ZERO,
        overdue: Duration::ZERO,
        conditional: true,
        stale_if_error: None,
        stale_while_revalidate: Duration::ZERO,
        unshared: Vec::new(),
    };
    let headers: Headers = [("ETag", "\"1\"")].into_iter().collect();
    Arc::new(CachedObject::new(ObjectHead::new(200, "OK", headers, storing), body.into()))
}

fn settings(dir: &Path) -> DiskCacheSettings {
    DiskCacheSettings { dir: Some(dir.to_owned()), mb: 64 }
}

/// A cache on this folder whose objects of former processes are served.
async fn open(dir: &Path) -> Cache {
    let cache = Cache::with_disk(MEMORY, &settings(dir)).unwrap();
    cache.place().await;
    cache.reached(place(1));
    cache
}

fn insert(cache: &Cache, path: &str) {
    cache.insert(key(path), object(MINUTE, path.to_owned()));
}

/// The body under a path; `None` if there is none.
async fn body(cache: &Cache, path: &str) -> Option<String> {
    match cache.find(&key(path)).await {
        Lookup::Fresh(object) | Lookup::Stale(object) => {
            Some(String::from_utf8(object.body.to_bytes().to_vec()).unwrap())
        }
        Lookup::Varies(_) | Lookup::Miss => None,
    }
}

#[tokio::test]
async fn objects_and_variants_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    insert(&cache, "/a");
    cache.insert(key("/short"), object(LEAST_TTL / 2, "short"));
    cache.insert(key("/large"), object(MINUTE, vec![b'x'; 3_000_000]));
    let variant = Variant::by(&["foo".to_owned()], |_| vec!["1".to_owned()]);
    let mut varying = CachedObject::clone(&object(MINUTE, "one"));
    Arc::make_mut(&mut varying.head).variant = variant.clone();
    cache.insert(key("/v"), Arc::new(varying));
    cache.stop().await;
    drop(cache);

    let cache = open(folder.path()).await;
    assert_eq!(cache.place().await, Some(place(1)));
    assert_eq!(body(&cache, "/a").await.as_deref(), Some("/a"));
    assert_eq!(body(&cache, "/short").await, None);
    assert_eq!(body(&cache, "/large").await.unwrap(), "x".repeat(3_000_000));
    assert_eq!(body(&cache, "/none").await, None);
    let Lookup::Varies(names) = cache.find(&key("/v")).await else { panic!("it varies") };
    assert_eq!(*names, ["foo".to_owned()]);
    assert!(matches!(cache.find(&key("/v").variant(&variant)).await, Lookup::Fresh(_)));
    // From now on it is in memory.
    assert!(matches!(cache.lookup(&key("/a")), Lookup::Fresh(_)));
    assert!(matches!(cache.lookup(&key("/v")), Lookup::Varies(_)));
}

#[tokio::test]
async fn nothing_is_served_until_all_invalidations_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    for path in ["/a/1", "/a/2", "/b"] {
        insert(&cache, path);
    }
    cache.stop().await;
    drop(cache);

    let cache = Cache::with_disk(MEMORY, &settings(folder.path())).unwrap();
    assert_eq!(cache.place().await, Some(place(1)));
    assert_eq!(body(&cache, "/b").await, None);
    cache.invalidate(&"shop".parse().unwrap(), "/a/*");
    cache.reached(place(2));
    assert_eq!(body(&cache, "/a/1").await, None);
    assert_eq!(body(&cache, "/b").await.as_deref(), Some("/b"));
    cache.stop().await;
    drop(cache);

    let cache = open(folder.path()).await;
    assert_eq!(body(&cache, "/a/2").await, None);
    assert_eq!(body(&cache, "/b").await.as_deref(), Some("/b"));
    cache.purge(Purge::everything());
    assert_eq!(body(&cache, "/b").await, None);
}

#[tokio::test]
async fn a_write_to_a_resource_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    insert(&cache, "/a");
    insert(&cache, "/b");
    cache.stop().await;
    drop(cache);

    let cache = open(folder.path()).await;
    let shop = "shop".parse().unwrap();
    let group = cache.outdate(&shop, "/x/../a", "", &CachePolicy::default());
    cache.wait_outdated(group.as_slice()).await;
    assert_eq!(body(&cache, "/a").await, None);
    // It is on the disk by now: the process may be killed here.
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(folder.path().join("cache.redb"), copy.join("cache.redb")).unwrap();
    drop(cache);
    let cache = open(&copy).await;
    assert_eq!(body(&cache, "/a").await, None);
    assert_eq!(body(&cache, "/b").await.as_deref(), Some("/b"));
}

#[tokio::test]
async fn a_copy_that_is_not_for_the_disk_replaces_one_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    insert(&cache, "/a");
    insert(&cache, "/b");
    insert(&cache, "/c");
    cache.insert(key("/a"), object(Duration::ZERO, "newer"));
    cache.insert(key("/b"), object(MINUTE, "newer"));
    let Lookup::Fresh(kept) = cache.lookup(&key("/c")) else { panic!("it is stored") };
    cache.insert(key("/c"), Arc::new(kept.served_stale_until(Instant::now() + MINUTE)));
    cache.stop().await;
    drop(cache);
    let cache = open(folder.path()).await;
    assert_eq!(body(&cache, "/a").await, None);
    assert_eq!(body(&cache, "/b").await.as_deref(), Some("newer"));
    assert_eq!(body(&cache, "/c").await.as_deref(), Some("/c"));
}

#[tokio::test]
async fn a_second_gateway_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    let refused = Cache::with_disk(MEMORY, &settings(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("in use by another gateway"), "{refused}");
    cache.stop().await;
    drop(cache);
    open(folder.path()).await;
    let small = DiskCacheSettings { mb: 1, ..settings(folder.path()) };
    let refused = Cache::with_disk(MEMORY, &small).unwrap_err().to_string();
    assert!(refused.contains("at least 64"), "{refused}");
}

#[tokio::test]
async fn a_file_of_other_content_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    for content in ["", "not a database", &"x".repeat(100_000)] {
        std::fs::write(folder.path().join("cache.redb"), content).unwrap();
        let cache = open(folder.path()).await;
        insert(&cache, "/a");
        cache.stop().await;
        drop(cache);
        let cache = open(folder.path()).await;
        assert_eq!(body(&cache, "/a").await.as_deref(), Some("/a"), "{content:.20}");
        cache.stop().await;
    }
}

/// Many requests for many objects at once: each object is read once, and nobody gets another's.
#[tokio::test]
async fn everybody_gets_the_object_of_the_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path()).await;
    for n in 0..100 {
        insert(&cache, &format!("/{n}"));
    }
    cache.stop().await;
    drop(cache);
    let cache = open(folder.path()).await;
    let readers: Vec<_> = (0..1_000)
        .map(|n| {
            let cache = cache.clone();
            let path = format!("/{}", n % 100);
            tokio::spawn(async move { (body(&cache, &path).await, path) })
        })
        .collect();
    for reader in readers {
        let (body, path) = reader.await.unwrap();
        assert_eq!(body, Some(path));
    }
}

/// Damages a file in one of several ways.
fn damage(path: &Path, kind: u8, at: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    match kind {
        0 => file.set_len(at % length).unwrap(),
        1 => file.write_all_at(bytes, at % length).unwrap(),
        // Where the data is: pages are 4 KiB.
        _ => (0..8)
            .for_each(|n| file.write_all_at(bytes, at.wrapping_add(n * 40_961) % length).unwrap()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_never_gives_a_wrong_answer(
        kind in 0..4_u8,
        at in any::<u64>(),
        bytes in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let cache = open(folder.path()).await;
            let long = |n: usize| format!("/{n}/{}", "y".repeat(n * 1_500));
            for n in 0..40 {
                cache.insert(key(&format!("/{n}")), object(MINUTE, long(n)));
            }
            cache.stop().await;
            drop(cache);
            damage(&folder.path().join("cache.redb"), kind, at, &bytes);
            let cache = open(folder.path()).await;
            for n in 0..40 {
                let body = body(&cache, &format!("/{n}")).await;
                assert!(body.is_none_or(|body| body == long(n)), "{n}");
            }
            // The gateway goes on, and has a database again soon.
            for n in 0..200 {
                if n % 20 == 0 {
                    insert(&cache, "/new");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                let new = key("/new");
                if cache.disk().unwrap().has(&Name::of(&new), &new) {
                    return;
                }
            }
            panic!("there is no database again");
        });
    }
}
