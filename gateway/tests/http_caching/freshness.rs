//! Lifetimes, `Age` and `Date` (RFC 9111, 4.2).

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::*;

#[actix_rt::test]
async fn decision_46_the_age_that_an_answer_comes_with_counts() {
    let stand = Stand::start(json!({}), |request, _| {
        let age = request.split(' ').nth(1).unwrap()[1..].replace("%20", " ");
        ok(&["Cache-Control: max-age=60", &format!("Age: {age}")], "x")
    })
    .await;
    for (age, kept) in [("100", false), ("60", false), ("100,%200", false), ("59", true)] {
        let miss = stand.get(&format!("/{age}")).await;
        assert_eq!(
            (source(&miss).as_str(), miss.header("age")),
            ("Miss", &*age.replace("%20", " "))
        );
        let again = stand.get(&format!("/{age}")).await;
        assert_eq!(source(&again), if kept { "Hit" } else { "Miss" }, "{age}");
    }
    for (age, told) in [("30", 30), ("old", 0), ("0,%2090", 0)] {
        stand.get(&format!("/{age}")).await;
        let hit = stand.get(&format!("/{age}")).await;
        let seconds: u64 = hit.header("age").parse().unwrap();
        assert!((told..told + 3).contains(&seconds), "{age}: {seconds}");
        assert_eq!(hit.headers.get_all("age").iter().count(), 1);
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn lifetimes_of_the_edge_begin_at_arrival() {
    let behavior = json!({"cache": {"min_ttl": "1m", "default_ttl": "1m"}});
    let stand = Stand::start(behavior, |request, _| {
        let control = if request.contains("/dated") { "max-age=10" } else { "public" };
        ok(&[&format!("Cache-Control: {control}"), "Age: 100"], "x")
    })
    .await;
    for path in ["/dated", "/undated"] {
        stand.get(path).await;
        assert_eq!(stand.source(path).await, "Hit", "{path}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn expires_is_a_matter_of_the_origins_clock() {
    let stand = Stand::start(json!({}), |request, _| {
        // The origin's clock is a year behind.
        let at = |seconds| {
            let then = SystemTime::now() - Duration::from_secs(365 * 86_400);
            httpdate::fmt_http_date(then + Duration::from_secs(seconds))
        };
        let expires = if request.contains("/later") { at(60) } else { at(0) };
        ok(&[&format!("Date: {}", at(0)), &format!("Expires: {expires}")], "x")
    })
    .await;
    for (path, expected) in [("/later", "Hit"), ("/now", "Miss")] {
        stand.get(path).await;
        assert_eq!(stand.source(path).await, expected, "{path}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_46_a_copy_is_dated_when_it_came() {
    let stand = Stand::start(json!({}), |request, before| {
        let dated = if request.contains("/dated") {
            "Date: Thu, 01 Jan 2026 00:00:00 GMT"
        } else {
            "X-A: b"
        };
        if before > 2 {
            return "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned();
        }
        ok(&["Cache-Control: max-age=1", "ETag: \"1\"", dated], "x")
    })
    .await;
    let miss = stand.get("/a").await.header("date").to_owned();
    let dated = stand.get("/dated").await;
    assert_eq!(dated.header("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(stand.get("/other").await.status, 200);
    actix_rt::time::sleep(Duration::from_millis(1_050)).await;
    // The confirmation has no date, so the time of its arrival counts.
    let confirmed = stand.get("/dated").await;
    assert_eq!(source(&confirmed), "RefreshHit");
    assert_ne!(confirmed.header("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
    let refreshed = stand.get("/a").await.header("date").to_owned();
    assert_ne!(refreshed, miss);
    for _ in 0..2 {
        let hit = stand.get("/a").await;
        assert_eq!((source(&hit).as_str(), hit.header("date")), ("Hit", refreshed.as_str()));
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_51_no_cache_is_kept_to_be_confirmed_and_what_is_private_is_not() {
    let stand = Stand::start(json!({}), |request, _| {
        if request.to_ascii_lowercase().contains("if-none-match: \"1\"") {
            return "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned();
        }
        let control = request.split(' ').nth(1).unwrap()[1..].replace('_', ", ");
        ok(&[&format!("Cache-Control: {control}"), "ETag: \"1\""], "x")
    })
    .await;
    for (path, expected) in [
        ("/no-cache", "RefreshHit"),
        ("/max-age=60_no-cache", "RefreshHit"),
        ("/no-cache_private", "Miss"),
        ("/no-cache_no-store", "Miss"),
    ] {
        for source in ["Miss", expected] {
            assert_eq!(stand.source(path).await, source, "{path}");
        }
    }
    stand.stop().await;
}
