//! Bodies that are too large to be kept.

use super::*;

#[tokio::test]
async fn a_body_over_the_limit_is_passed_on_in_bounded_memory() {
    const CHUNK: usize = 256 * 1024;
    let cache = Cache::new(1 << 30);
    let key = key("/big");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let mut writer = guard.begin(head(SOON));
    let total = 2 * MAX_OBJECT / CHUNK;
    let fetch = async {
        for _ in 0..total {
            writer.push(Bytes::from(vec![7; CHUNK])).await.unwrap();
        }
        writer.finish();
    };
    let count = |waiter: Waiter| async {
        let Joined::Body(_, mut reader) = waiter.answer(SOON).await else {
            panic!("no body");
        };
        let mut bytes = 0;
        while let Some(chunk) = reader.next().await {
            bytes += chunk.unwrap().len();
        }
        bytes
    };
    let ((), mine, theirs) = tokio::join!(fetch, count(own), count(follower));
    assert_eq!((mine, theirs), (2 * MAX_OBJECT, 2 * MAX_OBJECT));
    assert!(matches!(cache.lookup(&key), Lookup::Miss));
}

#[tokio::test]
async fn a_body_known_to_be_too_large_is_not_for_followers() {
    let cache = Cache::new(1 << 20);
    let key = key("/big");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let mut large = head(SOON);
    let length = (MAX_OBJECT + 1).to_string();
    Arc::make_mut(&mut large.headers).append("Content-Length", length);
    let mut writer = guard.begin(large);
    assert!(is_released(&follower.answer(SOON).await));
    writer.push(Bytes::from("x")).await.unwrap();
    drop(own);
    assert!(writer.push(Bytes::from("x")).await.is_err(), "nobody reads it any more");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stands_still_is_cut_off() {
    let cache = Cache::new(1 << 20);
    let key = key("/big");
    let (guard, own) = cache.alone(&key);
    let mut large = head(SOON);
    Arc::make_mut(&mut large.headers).append("Content-Length", usize::MAX.to_string());
    let mut writer = guard.begin(large);
    let Joined::Body(_, mut stuck) = own.answer(SOON).await else {
        panic!("no body");
    };
    let mut pushed = 0;
    while writer.push(Bytes::from(vec![0; 1 << 18])).await.is_ok() {
        pushed += 1;
        assert!(pushed < 100, "the reader was never cut off");
    }
    assert_eq!(stuck.next().await, Some(Err(BodyError::TooSlow)));
    assert!(stuck.next().await.is_none());
}
