//! The cache stays within its bytes, whatever viewers do.

use brink_gateway::cache::{BodyReader, FillWriter};
use proptest::prelude::*;

use super::*;

const CAPACITY: usize = 4 << 20;

/// Fetches under way and their readers, by number of the fetch.
#[derive(Default)]
struct Scene {
    fetches: Vec<(CacheKey, Option<FillWriter>)>,
    readers: Vec<BodyReader>,
    started: usize,
}

impl Scene {
    /// One step of a fetch or of a reader.
    async fn step(&mut self, cache: &Cache, kind: u8, which: usize, bytes: usize) {
        let fetch = which.checked_rem(self.fetches.len()).unwrap_or(0);
        let reader = which.checked_rem(self.readers.len()).unwrap_or(0);
        match kind {
            0 | 1 => self.start(cache, (kind == 0).then_some(bytes)).await,
            2 if !self.fetches.is_empty() => {
                if let FetchRole::Follower(waiter) = cache.join(&self.fetches[fetch].0)
                    && let Joined::Body(_, reader) = waiter.answer(Duration::ZERO).await
                {
                    self.readers.push(reader);
                }
            }
            3 | 4 if !self.readers.is_empty() => {
                for _ in 0..bytes / 50_000 {
                    let next = self.readers[reader].next();
                    let _ = tokio::time::timeout(Duration::ZERO, next).await;
                }
            }
            5 if !self.readers.is_empty() => drop(self.readers.swap_remove(reader)),
            6 if !self.fetches.is_empty() => {
                if let Some(writer) = self.fetches.swap_remove(fetch).1 {
                    writer.finish();
                }
            }
            7 if !self.fetches.is_empty() => drop(self.fetches.swap_remove(fetch)),
            8 => {
                let path = format!("/generated/{which}");
                let object = CachedObject::new(head(SOON), Bytes::from(vec![1; bytes]));
                cache.insert(key(&path), Arc::new(object));
            }
            _ if !self.fetches.is_empty() => {
                if let Some(writer) = &mut self.fetches[fetch].1 {
                    // A fetch fails once nobody reads it.
                    let _ = writer.push(Bytes::from(vec![2; bytes])).await;
                }
            }
            _ => {}
        }
    }

    async fn start(&mut self, cache: &Cache, length: Option<usize>) {
        self.started += 1;
        let key = key(&format!("/{}", self.started));
        let (guard, waiter) = lead(cache, &key);
        let mut head = head(SOON);
        if let Some(length) = length {
            Arc::make_mut(&mut head.headers).append("Content-Length", length.to_string());
        }
        self.fetches.push((key, Some(guard.begin(head))));
        if let Joined::Body(_, reader) = waiter.answer(SOON).await {
            self.readers.push(reader);
        }
    }
}

/// The used bytes, after the store has dropped the objects that left it.
fn in_the_end(cache: &Cache) -> usize {
    for _ in 0..1_000 {
        cache.usage();
        if cache.used() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    cache.used()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_used_memory_is_bounded_and_given_back(
        steps in proptest::collection::vec((0u8..14, 0usize..1000, 1usize..700_000), 1..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let cache = Cache::new(CAPACITY as u64);
            let mut scene = Scene::default();
            for (kind, which, bytes) in steps {
                scene.step(&cache, kind, which, bytes).await;
                assert!(cache.used() <= CAPACITY, "{}", cache.used());
            }
            drop(scene);
            cache.invalidate(&shop(), "*");
            assert_eq!(in_the_end(&cache), 0);
        });
    }
}

/// Fills `/1`, `/2` and so on, each with these bytes, and returns a reader of each.
async fn read_by_nobody(cache: &Cache, count: usize, bytes: usize) -> Vec<BodyReader> {
    let mut readers = Vec::new();
    for number in 0..count {
        let (guard, own) = lead(cache, &key(&format!("/{number}")));
        let mut writer = guard.begin(head(SOON));
        writer.push(Bytes::from(vec![3; bytes])).await.unwrap();
        writer.finish();
        if let Joined::Body(_, reader) = own.answer(SOON).await {
            readers.push(reader);
        }
    }
    readers
}

#[tokio::test(start_paused = true)]
async fn idle_readers_keep_no_more_than_the_cache_and_only_while_they_stay() {
    let cache = Cache::new(CAPACITY as u64);
    let bytes = CAPACITY / 10;
    let mut readers = read_by_nobody(&cache, 30, bytes).await;
    assert_eq!(readers.len(), 30);
    assert!(cache.used() <= CAPACITY && cache.used() > CAPACITY / 2);
    // The first readers get everything, although it has left the store.
    let mut first = readers.swap_remove(0);
    let mut read = 0;
    while let Some(slice) = first.next().await {
        read += slice.unwrap().len();
    }
    assert_eq!(read, bytes);
    drop((first, readers));
    cache.invalidate(&shop(), "*");
    assert_eq!(in_the_end(&cache), 0);
}
