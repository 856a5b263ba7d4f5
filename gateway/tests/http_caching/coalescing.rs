//! Requests that wait for one another, and those that must not (`contract.md` 7.13).

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::*;

const SLOW: Duration = Duration::from_millis(300);

#[actix_rt::test]
async fn requests_do_not_wait_again_for_uncacheable_answers() {
    let stand = Stand::start(json!({}), |_, _| {
        std::thread::sleep(SLOW);
        ok(&["Cache-Control: private, no-store"], "x")
    })
    .await;
    stand.get("/a").await;
    // The requests come one after the other. A request that waited for another one would take twice
    // as long.
    let late = |n: u32| {
        let stand = &stand;
        async move {
            actix_rt::time::sleep(SLOW * n / 10).await;
            let asked = Instant::now();
            stand.get("/a").await;
            asked.elapsed()
        }
    };
    let waited = join_all((0..8).map(late)).await;
    let longest = waited.iter().max().unwrap();
    assert!(*longest < SLOW * 16 / 10, "{waited:?}");
    assert_eq!(stand.asked(), 9);
    stand.stop().await;
}

#[actix_rt::test]
async fn requests_wait_again_once_answers_are_cacheable() {
    let stand = Stand::start(json!({}), |request, before| {
        if before == 0 || request.contains("/never") {
            return ok(&["Cache-Control: no-store"], "x");
        }
        ok(&["Cache-Control: max-age=60"], "y")
    })
    .await;
    assert_eq!(stand.source("/a").await, "Miss");
    assert_eq!(stand.source("/a").await, "Miss");
    assert_eq!(stand.source("/a").await, "Hit");
    stand.stop().await;
}

#[actix_rt::test]
async fn followers_confirm_a_copy_that_needs_it_each_time() {
    let stand = Stand::start(json!({}), |request, before| {
        if before > 0 {
            std::thread::sleep(SLOW / 3);
        }
        if line(request, "if-none-match") == Some("\"v\"") {
            return "HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\nCache-Control: max-age=0\r\n\r\n"
                .to_owned();
        }
        ok(&["Cache-Control: max-age=0", "ETag: \"v\""], "x")
    })
    .await;
    stand.get("/a").await;
    let replies = join_all((0..6).map(|_| stand.get("/a"))).await;
    for reply in &replies {
        assert_eq!((reply.status, source(reply).as_str()), (200, "RefreshHit"));
    }
    let conditional = |request: &&String| line(request, "if-none-match") == Some("\"v\"");
    let asked = stand.origin.requests();
    assert_eq!(asked.iter().filter(conditional).count(), asked.len() - 1);
    assert_eq!(asked.len(), 7);
    stand.stop().await;
}

#[actix_rt::test]
async fn a_viewers_own_condition_does_not_lead_others() {
    let behavior = json!({"forward": {"headers": "all"}});
    let stand = Stand::start(behavior, |request, _| {
        std::thread::sleep(SLOW / 3);
        if line(request, "if-none-match").is_some() {
            return "HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\n\r\n".to_owned();
        }
        ok(&["Cache-Control: max-age=60", "ETag: \"v\""], "x")
    })
    .await;
    let condition = [("If-None-Match", "\"v\"")];
    let (own, plain) = futures_util::join!(stand.get_with("/a", &condition), stand.get("/a"));
    assert_eq!((own.status, plain.status), (304, 200));
    assert_eq!(stand.source("/a").await, "Hit");
    assert_eq!(stand.asked(), 2);
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_59_an_error_that_one_viewers_conditions_may_have_caused_is_not_kept() {
    let stand = Stand::start(json!({"forward": {"headers": "all"}}), |request, _| {
        let lines = ["Cache-Control: max-age=60"];
        if line(request, "if-match").is_some() {
            return answer("412 Precondition Failed", &lines, "no");
        }
        if line(request, "range").is_some() {
            return answer("500 Internal Server Error", &lines, "no");
        }
        ok(&lines, "x")
    })
    .await;
    for (path, header, status) in
        [("/a", ("If-Match", "\"v\""), 412), ("/b", ("Range", "bytes=1-2"), 500)]
    {
        assert_eq!(stand.get_with(path, &[header]).await.status, status);
        let other = stand.get(path).await;
        assert_eq!((other.status, source(&other).as_str()), (200, "Miss"), "{path}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn an_error_of_one_viewers_conditions_does_not_keep_a_stale_copy_in_use() {
    let stand = Stand::start(json!({"forward": {"headers": "all"}}), |request, before| {
        if line(request, "if-match").is_some() {
            return answer("500 Internal Server Error", &[], "no");
        }
        ok(&["Cache-Control: max-age=0, stale-if-error=60"], &format!("version {before}"))
    })
    .await;
    stand.get("/a").await;
    assert_eq!(stand.get_with("/a", &[("If-Match", "\"v\"")]).await.text(), "version 0");
    assert_eq!(stand.get("/a").await.text(), "version 2");
    stand.stop().await;
}
