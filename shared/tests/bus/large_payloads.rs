//! Promises of every bus for payloads that are larger than its messages.

use brink_shared::id::NodeId;
use brink_shared::large_payloads::{FetchError, KeepError, LargePayloads, SIZE_MAX};
use brink_shared::wire::ClaimCheck;

use super::*;

const MB: usize = 1_000_000;

/// A payload of which no two pieces are alike.
fn payload(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
}

async fn large_payloads(bus: &Arc<dyn Bus>) -> Arc<LargePayloads> {
    LargePayloads::start(bus.clone(), "test").await.unwrap()
}

async fn with_room(bus: &Arc<dyn Bus>, room: usize) -> Arc<LargePayloads> {
    LargePayloads::with_room(bus.clone(), "test", room).await.unwrap()
}

/// Answers requests for pieces in a holder's place; says when it was asked.
async fn answer_as(
    bus: &Arc<dyn Bus>,
    claim_check: &ClaimCheck,
    answers: Vec<Option<Bytes>>,
) -> Echo {
    let subject = format!("brink.parcel.{}.{}", claim_check.holder, claim_check.number);
    let mut requests = bus.subscribe(&subject, None, 64).await.unwrap();
    settle(bus).await;
    let bus = bus.clone();
    Echo(tokio::spawn(async move {
        for answer in answers {
            let request = requests.next().await.unwrap();
            if let (Some(answer), Some(to)) = (answer, request.reply_to) {
                bus.publish(&to, None, answer).await.unwrap();
            }
        }
    }))
}

fn claim_check(size: u32, piece: u32) -> ClaimCheck {
    ClaimCheck { holder: NodeId::made_up("liar"), number: 1, size, piece }
}

pub async fn kept_payloads_arrive_whole(bus: Arc<dyn Bus>) {
    let (holder, other) = (large_payloads(&bus).await, large_payloads(&bus).await);
    settle(&bus).await;
    for size in [1, 256 << 10, (256 << 10) + 1, MB, SIZE_MAX] {
        let kept = holder.keep(payload(size), SOON).unwrap();
        for _ in 0..2 {
            let fetched = soon(other.fetch(kept.claim_check(), SOON)).await.unwrap();
            assert!(fetched == payload(size), "{size}");
        }
        let claim_check = kept.claim_check().clone();
        drop(kept);
        let gone = soon(other.fetch(&claim_check, SOON)).await;
        assert!(matches!(gone, Err(FetchError::Gone { .. })), "{gone:?}");
    }
    let rejected = holder.keep(payload(SIZE_MAX + 1), SOON).err();
    assert_eq!(rejected, Some(KeepError::TooLarge { size: SIZE_MAX + 1 }));
}

pub async fn payloads_kept_until_fetched_go_then(bus: Arc<dyn Bus>) {
    let (holder, other) = (large_payloads(&bus).await, large_payloads(&bus).await);
    settle(&bus).await;
    let claim_check = holder.keep_until_fetched(payload(MB), SOON).unwrap();
    let waits = tokio::time::timeout(SHORT, holder.collected()).await;
    assert!(waits.is_err(), "nobody has collected it yet");
    assert!(soon(other.fetch(&claim_check, SOON)).await.unwrap() == payload(MB));
    soon(holder.collected()).await;
    let gone = soon(other.fetch(&claim_check, SOON)).await;
    assert!(matches!(gone, Err(FetchError::Gone { .. })), "{gone:?}");
}

pub async fn a_holder_that_dies_is_noticed(bus: Arc<dyn Bus>) {
    let (holder, other) = (large_payloads(&bus).await, large_payloads(&bus).await);
    let claim_check = holder.keep_until_fetched(payload(MB), SOON).unwrap();
    drop(holder);
    let requester = Requester::new(bus.clone()).await.unwrap();
    let subject = format!("brink.parcel.{}.{}", claim_check.holder, claim_check.number);
    soon(until(async || {
        let asked = requester.request(&subject, "0".into(), SHORT).await;
        matches!(asked, Err(BusError::NoResponders(_)))
    }))
    .await;
    let asked = Instant::now();
    let gone = soon(other.fetch(&claim_check, SOON)).await;
    assert!(matches!(gone, Err(FetchError::Gone { .. })), "{gone:?}");
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
}

pub async fn a_holder_that_dies_half_way_is_noticed(bus: Arc<dyn Bus>) {
    let other = large_payloads(&bus).await;
    let claim_check = claim_check(600, 100);
    // Four are asked for at a time; the holder ends after the second.
    let _holder = answer_as(&bus, &claim_check, vec![Some(payload(100)), Some(payload(100))]).await;
    let gone = soon(other.fetch(&claim_check, SOON)).await;
    assert!(matches!(gone, Err(FetchError::Gone { .. })), "{gone:?}");
}

pub async fn a_lost_piece_is_asked_for_again(bus: Arc<dyn Bus>) {
    let other = large_payloads(&bus).await;
    let claim_check = claim_check(100, 100);
    let _holder = answer_as(&bus, &claim_check, vec![None, Some(payload(100))]).await;
    let fetched = soon(other.fetch(&claim_check, SOON)).await;
    assert_eq!(fetched, Ok(payload(100)));
}

pub async fn a_wrong_size_is_noticed(bus: Arc<dyn Bus>) {
    let other = large_payloads(&bus).await;
    let too_large = u32::try_from(SIZE_MAX + 1).unwrap();
    for (size, piece) in
        [(too_large, 1 << 20), (u32::MAX, u32::MAX), (0, 1), (1, 0), (MB as u32, 1)]
    {
        let wrong = soon(other.fetch(&claim_check(size, piece), SOON)).await;
        assert!(matches!(wrong, Err(FetchError::Wrong { .. })), "{size} {piece}: {wrong:?}");
    }
    for short_or_long in [99, 101] {
        let claim_check = claim_check(200, 100);
        let answers = vec![Some(payload(100)), Some(payload(short_or_long))];
        let _holder = answer_as(&bus, &claim_check, answers).await;
        let wrong = soon(other.fetch(&claim_check, SOON)).await;
        assert!(matches!(wrong, Err(FetchError::Wrong { .. })), "{wrong:?}");
    }
}

pub async fn nothing_is_kept_beyond_its_time(bus: Arc<dyn Bus>) {
    let (holder, other) = (large_payloads(&bus).await, large_payloads(&bus).await);
    settle(&bus).await;
    let claim_check = holder.keep_until_fetched(payload(MB), SHORT).unwrap();
    soon(holder.collected()).await;
    let gone = soon(other.fetch(&claim_check, SOON)).await;
    assert!(matches!(gone, Err(FetchError::Gone { .. })), "{gone:?}");

    let silent = self::claim_check(100, 100);
    let _holder = answer_as(&bus, &silent, vec![None; 9]).await;
    let late = soon(other.fetch(&silent, SHORT)).await;
    assert!(matches!(late, Err(FetchError::Late { .. })), "{late:?}");
}

pub async fn a_full_table_says_so(bus: Arc<dyn Bus>) {
    let holder = with_room(&bus, 250).await;
    let first = holder.keep(payload(100), SOON).unwrap();
    let _second = holder.keep(payload(100), SHORT).unwrap();
    let full = holder.keep(payload(100), SOON).err();
    assert_eq!(full, Some(KeepError::Full { size: 100, room: 250 }));
    drop(first);
    let _third = holder.keep(payload(100), SOON).unwrap();
    // A payload whose time is over makes room.
    soon(until(async || holder.keep(payload(100), SOON).is_ok())).await;
}

pub async fn fetched_payloads_take_room_until_dropped(bus: Arc<dyn Bus>) {
    let (holder, other) = (large_payloads(&bus).await, with_room(&bus, 150).await);
    settle(&bus).await;
    let kept = holder.keep(payload(100), SOON).unwrap();
    let first = soon(other.try_fetch(kept.claim_check(), SOON)).await.unwrap();
    let crowded = soon(other.try_fetch(kept.claim_check(), SOON)).await;
    assert_eq!(crowded, Err(FetchError::Crowded { size: 100, room: 150 }));
    let late = soon(other.fetch(kept.claim_check(), SHORT)).await;
    assert!(matches!(late, Err(FetchError::Late { .. })), "{late:?}");

    let slice = first.slice(10..20);
    drop(first);
    assert!(soon(other.try_fetch(kept.claim_check(), SOON)).await.is_err(), "a part is still read");
    let waiting = other.fetch(kept.claim_check(), SOON);
    let (fetched, ()) = soon(async { tokio::join!(waiting, async { drop(slice) }) }).await;
    assert_eq!(fetched, Ok(payload(100)));
}
