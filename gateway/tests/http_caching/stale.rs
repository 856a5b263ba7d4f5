//! Copies past their lifetime (RFC 5861; RFC 9111, 4.2.4; `contract.md` 7.12).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::*;

/// Answers with the `Cache-Control` in the path until the origin goes down.
async fn failing(document: Value) -> (Stand, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(false));
    let is_down = down.clone();
    let stand = Stand::with(document, move |request, before| {
        if is_down.load(Ordering::SeqCst) {
            return answer("503 Service Unavailable", &[], "down");
        }
        let control = request.split(' ').nth(1).unwrap()[1..].replace('_', ", ");
        ok(&[&format!("Cache-Control: {control}")], &format!("good {before}"))
    })
    .await;
    (stand, down)
}

async fn pause(milliseconds: u64) {
    actix_rt::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[actix_rt::test]
async fn decision_47_who_forbids_stale_copies_gets_the_failure() {
    let (stand, down) = failing(json!({"behaviors": [{}]})).await;
    let cases = [
        ("/max-age=1", 200),
        ("/max-age=1_stale-if-error=60", 200),
        ("/s-maxage=1_stale-if-error=60", 200),
        ("/max-age=1_must-revalidate", 503),
        ("/max-age=1_proxy-revalidate", 503),
        ("/max-age=1_stale-if-error=60_must-revalidate", 503),
        ("/max-age=9_s-maxage=1", 503),
        ("/max-age=1_stale-if-error=0", 503),
    ];
    for (path, _) in cases {
        assert_eq!(stand.get(path).await.status, 200);
    }
    down.store(true, Ordering::SeqCst);
    pause(1_050).await;
    for (path, expected) in cases {
        assert_eq!(stand.get(path).await.status, expected, "{path}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_failed_origin_is_asked_again_after_the_errors_own_time() {
    let pages = |min_ttl| json!([{"status": 503, "min_ttl": min_ttl}]);
    for (min_ttl, asked) in [("0s", 3), ("1m", 1)] {
        let document = json!({"behaviors": [{}], "error_pages": pages(min_ttl)});
        let (stand, down) = failing(document).await;
        stand.get("/max-age=0_stale-if-error=60").await;
        down.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!(stand.get("/max-age=0_stale-if-error=60").await.status, 200);
        }
        assert_eq!(stand.asked() - 1, asked, "{min_ttl}");
        stand.stop().await;
    }
}

#[actix_rt::test]
async fn a_copy_stands_in_for_no_longer_than_it_may() {
    let document = json!({"behaviors": [{}], "error_pages": [{"status": 503, "min_ttl": "1m"}]});
    let (stand, down) = failing(document).await;
    stand.get("/max-age=0_stale-if-error=1").await;
    down.store(true, Ordering::SeqCst);
    assert_eq!(stand.get("/max-age=0_stale-if-error=1").await.status, 200);
    pause(1_050).await;
    assert_eq!(stand.get("/max-age=0_stale-if-error=1").await.status, 503);
    stand.stop().await;
}

#[actix_rt::test]
async fn a_stale_copy_is_served_while_it_is_refreshed() {
    let (stand, _) = failing(json!({"behaviors": [{}]})).await;
    for path in ["/max-age=0_stale-while-revalidate=60", "/s-maxage=0_stale-while-revalidate=60"] {
        let first = stand.get(path).await.text();
        let stale = stand.get(path).await;
        assert_eq!((source(&stale).as_str(), stale.text()), ("Hit", first.clone()), "{path}");
        let mut newer = first.clone();
        for _ in 0..100 {
            newer = stand.get(path).await.text();
            if newer != first {
                break;
            }
            pause(5).await;
        }
        assert_ne!(newer, first, "{path} is never refreshed");
    }
    for path in ["/max-age=0_stale-while-revalidate=60_must-revalidate", "/max-age=0"] {
        let first = stand.get(path).await.text();
        assert_ne!(stand.get(path).await.text(), first, "{path}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_52_an_error_is_kept_and_shown_to_all_whatever_it_says() {
    let personal = |request: &str, _: usize| {
        let who = line(request, "cookie").unwrap_or("nobody");
        answer("404 Not Found", &["Cache-Control: private, no-store"], who)
    };
    for (pages, others) in
        [(json!([]), "u=alice"), (json!([{"status": 404, "min_ttl": "0s"}]), "u=bob")]
    {
        let behaviors = json!([{"forward": {"cookies": "all"}}]);
        let document = json!({"behaviors": behaviors, "error_pages": pages});
        let stand = Stand::with(document, personal).await;
        for (cookie, expected) in [("u=alice", "u=alice"), ("u=bob", others)] {
            assert_eq!(stand.get_with("/a", &[("Cookie", cookie)]).await.text(), expected);
        }
        stand.stop().await;
    }
}
