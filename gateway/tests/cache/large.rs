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

/// Reads to the end, a slice at a time with this pause; the bytes, and how it ended.
async fn read_slowly(
    waiter: Waiter,
    pause: Duration,
) -> (usize, Option<BodyError>, tokio::time::Instant) {
    let Joined::Body(_, mut reader) = waiter.answer(SOON).await else {
        panic!("no body");
    };
    let mut bytes = 0;
    loop {
        match reader.next().await {
            None => return (bytes, None, tokio::time::Instant::now()),
            Some(Err(error)) => return (bytes, Some(error), tokio::time::Instant::now()),
            Some(Ok(chunk)) => bytes += chunk.len(),
        }
        tokio::time::sleep(pause).await;
    }
}

/// A body that turns out too large, for two readers with these pauses.
async fn too_large_for(
    pauses: [Duration; 2],
) -> [(usize, Option<BodyError>, tokio::time::Instant); 2] {
    const CHUNK: usize = 256 * 1024;
    let cache = Cache::new(1 << 30);
    let key = key("/big");
    let (guard, own) = lead(&cache, &key);
    let follower = follow(&cache, &key);
    let mut writer = guard.begin(head(SOON));
    let fetch = async {
        for _ in 0..=MAX_OBJECT / CHUNK {
            writer.push(Bytes::from(vec![7; CHUNK])).await.unwrap();
        }
        writer.finish();
    };
    let [one, two] = pauses;
    let readers = futures_util::future::join(read_slowly(own, one), read_slowly(follower, two));
    let ((), (one, two)) = tokio::join!(fetch, readers);
    [one, two]
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_does_not_hold_up_another_for_longer_than_its_time() {
    let started = tokio::time::Instant::now();
    let [fast, slow] = too_large_for([Duration::ZERO, Duration::from_secs(1)]).await;
    assert_eq!((fast.0 > MAX_OBJECT, fast.1), (true, None));
    let took = fast.2 - started;
    assert!(took < Duration::from_secs(62), "{took:?}");
    assert_eq!(slow.1, Some(BodyError::TooSlow));
}

#[tokio::test(start_paused = true)]
async fn slow_readers_that_delay_no_other_get_everything() {
    let [one, two] = too_large_for([Duration::from_secs(1); 2]).await;
    assert_eq!((one.1, two.1), (None, None));
    assert_eq!(one.0, two.0);
}
