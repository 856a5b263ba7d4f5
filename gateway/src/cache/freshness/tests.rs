//! Tests of lifetimes: the rows of the tables in `contract.md` 7.5 and 7.12.

use proptest::prelude::*;

use super::*;

const ETAG: (&str, &str) = ("ETag", "\"1\"");

fn policy(min: u64, default: u64, max: u64) -> CachePolicy {
    CachePolicy {
        min_ttl: Duration::from_secs(min),
        default_ttl: Duration::from_secs(default),
        max_ttl: Duration::from_secs(max),
        ..CachePolicy::default()
    }
}

fn decided(status: u16, lines: &[(&str, &str)], policy: &CachePolicy) -> Decision {
    let headers = lines.iter().copied().collect();
    let facts = ResponseFacts {
        status,
        origin_status: status,
        own_conditions: false,
        headers: &headers,
        arrived: SystemTime::UNIX_EPOCH,
        authorized: false,
    };
    let pages = [ErrorPage {
        status: 503,
        path: None,
        response_status: None,
        min_ttl: Duration::from_secs(3),
    }];
    decide(&facts, policy, &pages)
}

fn ttl(status: u16, lines: &[(&str, &str)], policy: &CachePolicy) -> Result<u64, NotStored> {
    match decided(status, lines, policy) {
        Decision::Store(storing) => Ok(storing.ttl.as_secs()),
        Decision::Pass(why) => Err(why),
    }
}

#[test]
fn every_row_of_the_ttl_table() {
    use NotStored::{Disabled, Forbidden, Useless};
    const EXPIRES_50: (&str, &str) = ("Expires", "Thu, 01 Jan 1970 00:00:50 GMT");
    const AGE_40: (&str, &str) = ("Age", "40");
    let loose = policy(0, 30, 100);
    let tight = policy(20, 30, 100);
    let off = policy(0, 0, 0);
    let cc = |value| ("Cache-Control", value);
    for (row, headers, policy, expected) in [
        ("max-age", vec![cc("max-age=60")], &loose, Ok(60)),
        ("max-age over max", vec![cc("max-age=900")], &loose, Ok(100)),
        ("max-age, min", vec![cc("max-age=60")], &tight, Ok(60)),
        ("max-age under min", vec![cc("max-age=5")], &tight, Ok(20)),
        ("max-age over max, min", vec![cc("max-age=900")], &tight, Ok(100)),
        ("s-maxage wins", vec![cc("max-age=60, s-maxage=9")], &loose, Ok(9)),
        ("s-maxage over max", vec![cc("max-age=6, s-maxage=999")], &loose, Ok(100)),
        ("s-maxage under min", vec![cc("max-age=60, s-maxage=9")], &tight, Ok(20)),
        ("expires", vec![EXPIRES_50], &loose, Ok(50)),
        ("expires over max", vec![EXPIRES_50], &policy(0, 1, 40), Ok(40)),
        ("expires under min", vec![EXPIRES_50], &policy(70, 80, 100), Ok(70)),
        ("max-age beats expires", vec![cc("max-age=7"), EXPIRES_50], &loose, Ok(7)),
        ("nothing", vec![], &loose, Ok(30)),
        ("nothing, min above default", vec![], &policy(40, 30, 100), Ok(40)),
        ("nothing, default above max", vec![], &policy(0, 30, 10), Ok(30)),
        ("no-cache", vec![cc("no-cache")], &loose, Err(Forbidden)),
        ("no-store", vec![cc("no-store, max-age=60")], &loose, Err(Forbidden)),
        ("private", vec![cc("private"), ETAG], &loose, Err(Forbidden)),
        ("no-cache, min", vec![cc("no-cache")], &tight, Ok(20)),
        ("no-store, min", vec![cc("no-store, max-age=60")], &tight, Ok(20)),
        ("private, min", vec![cc("private")], &tight, Ok(20)),
        ("max-age=0", vec![cc("max-age=0")], &loose, Err(Useless)),
        ("max-age=0 with validator", vec![cc("max-age=0"), ETAG], &loose, Ok(0)),
        ("no-cache with validator", vec![cc("no-cache, max-age=60"), ETAG], &loose, Ok(0)),
        ("no-cache, private", vec![cc("no-cache, private"), ETAG], &loose, Err(Forbidden)),
        ("max-age=0, stale allowed", vec![cc("max-age=0, stale-if-error=9")], &loose, Ok(0)),
        ("age", vec![cc("max-age=60"), AGE_40], &loose, Ok(20)),
        ("age, under min", vec![cc("max-age=50"), AGE_40], &tight, Ok(20)),
        ("age over max-age", vec![cc("max-age=30"), AGE_40], &loose, Err(Useless)),
        ("age over max-age, min", vec![cc("max-age=30"), AGE_40], &tight, Ok(20)),
        ("age, more left than max", vec![cc("max-age=900"), AGE_40], &loose, Ok(100)),
        ("age and expires", vec![EXPIRES_50, AGE_40], &loose, Ok(10)),
        ("age and nothing", vec![AGE_40], &loose, Ok(30)),
        ("vary *", vec![("Vary", "a, *"), ETAG], &loose, Err(Useless)),
        (
            "vary *, stale",
            vec![("Vary", "*"), cc("max-age=0, stale-if-error=9")],
            &loose,
            Err(Useless),
        ),
        ("vary *, private", vec![("Vary", "*"), cc("private")], &loose, Err(Useless)),
        ("vary *, min", vec![("Vary", "*")], &tight, Ok(30)),
        ("caching disabled", vec![cc("max-age=60")], &off, Err(Disabled)),
    ] {
        assert_eq!(ttl(200, &headers, policy), expected, "{row}");
        assert_eq!(ttl(301, &headers, policy), expected, "{row}, redirect");
    }
}

#[test]
fn every_row_of_the_error_table() {
    use NotStored::{Disabled, Status, Useless};
    let usual = policy(0, 30, 100);
    let cc = |value| ("Cache-Control", value);
    for status in ErrorPage::KEPT {
        let least = if status == 503 { 3 } else { 10 };
        assert_eq!(ttl(status, &[], &usual), Ok(least), "{status}");
        assert_eq!(ttl(status, &[cc("max-age=1")], &usual), Ok(least));
        assert_eq!(ttl(status, &[cc("max-age=60")], &usual), Ok(60));
        assert_eq!(ttl(status, &[cc("max-age=600")], &usual), Ok(100));
        assert_eq!(ttl(status, &[cc("no-store")], &usual), Ok(least));
    }
    for status in KEPT_IF_DATED {
        assert_eq!(ttl(status, &[], &usual), Err(Status), "{status}");
        assert_eq!(ttl(status, &[cc("s-maxage=60")], &usual), Ok(60));
        assert_eq!(ttl(status, &[cc("s-maxage=1")], &usual), Ok(10));
    }
    for status in [401, 416, 418, 429, 505] {
        assert_eq!(ttl(status, &[cc("max-age=60")], &usual), Err(Status));
    }
    assert_eq!(ttl(404, &[], &policy(0, 0, 0)), Err(Disabled));
    assert_eq!(ttl(503, &[], &policy(0, 0, 0)), Ok(3));

    let headers = Headers::new();
    let facts = ResponseFacts {
        status: 404,
        origin_status: 404,
        own_conditions: false,
        headers: &headers,
        arrived: SystemTime::UNIX_EPOCH,
        authorized: false,
    };
    let never =
        ErrorPage { status: 404, path: None, response_status: None, min_ttl: Duration::ZERO };
    assert_eq!(decide(&facts, &usual, &[never]), Decision::Pass(Useless));
}

#[test]
fn partial_and_not_modified_answers_are_never_kept() {
    for status in [100, 101, 206, 304, 600, 0] {
        assert_eq!(ttl(status, &[ETAG], &policy(0, 30, 100)), Err(NotStored::Status));
    }
}

#[test]
fn stale_copies_are_capped_and_may_be_forbidden() {
    let usual = policy(0, 30, 100);
    let stale = |value| match decided(200, &[("Cache-Control", value), ETAG], &usual) {
        Decision::Store(s) => (s.stale_while_revalidate, s.stale_if_error),
        Decision::Pass(why) => panic!("{why:?}"),
    };
    let secs = Duration::from_secs;
    assert_eq!(stale("max-age=1"), (secs(0), None));
    assert_eq!(
        stale("max-age=1, stale-while-revalidate=5, stale-if-error=500"),
        (secs(5), Some(secs(100)))
    );
    assert_eq!(
        stale("max-age=1, stale-while-revalidate=5, must-revalidate"),
        (secs(0), Some(secs(0)))
    );
    assert_eq!(stale("max-age=1, stale-if-error=0"), (secs(0), Some(secs(0))));
    let forbidden = (secs(0), Some(secs(0)));
    for control in [
        "max-age=1, stale-while-revalidate=5, proxy-revalidate",
        "no-cache, stale-while-revalidate=5, stale-if-error=5",
        "s-maxage=1",
    ] {
        assert_eq!(stale(control), forbidden, "{control}");
    }
    // If an answer names a time beside `s-maxage`, the time counts.
    assert_eq!(stale("s-maxage=1, stale-while-revalidate=5"), (secs(5), Some(secs(0))));
    assert_eq!(stale("s-maxage=1, stale-if-error=5"), (secs(0), Some(secs(5))));
}

#[test]
fn an_answer_to_authorization_is_kept_only_where_it_says_so() {
    let kept = |status, control: &str, policy: &CachePolicy| {
        let headers = [("Cache-Control", control), ETAG].into_iter().collect();
        let arrived = SystemTime::UNIX_EPOCH;
        let facts = ResponseFacts {
            status,
            origin_status: status,
            own_conditions: false,
            headers: &headers,
            arrived,
            authorized: true,
        };
        decide(&facts, policy, &[]) != Decision::Pass(NotStored::Authorized)
    };
    for policy in [policy(0, 30, 100), policy(20, 30, 100)] {
        for control in ["max-age=9", "max-age=9, proxy-revalidate", "no-cache", "private"] {
            assert!(!kept(200, control, &policy), "{control}");
            assert!(!kept(404, control, &policy), "{control}");
        }
        for control in ["public", "max-age=9, Public", "s-maxage=9", "must-revalidate"] {
            assert!(kept(200, control, &policy), "{control}");
        }
    }
}

#[test]
fn an_answer_that_arrives_stale_counts_from_then() {
    let headers = [("Cache-Control", "max-age=60, stale-while-revalidate=50"), ("Age", "100")];
    let Decision::Store(storing) = decided(200, &headers, &policy(0, 30, 100)) else {
        panic!("it may be served stale for ten seconds more");
    };
    let secs = Duration::from_secs;
    assert_eq!((storing.ttl, storing.age, storing.overdue), (secs(0), secs(100), secs(40)));
    assert!(storing.is_shared());
    let later = [("Cache-Control", "max-age=60, stale-while-revalidate=40"), ("Age", "100")];
    assert_eq!(ttl(200, &later, &policy(0, 30, 100)), Err(NotStored::Useless));
}

#[test]
fn an_answer_for_one_request_is_not_shared() {
    let revalidated_each_time =
        decided(200, &[("Cache-Control", "max-age=0"), ETAG], &policy(0, 30, 100));
    assert!(matches!(revalidated_each_time, Decision::Store(s) if !s.is_shared() && s.conditional));
}

#[test]
fn cookies_and_disabled_caching_keep_requests_apart() {
    let usual = policy(0, 30, 100);
    let with_cookies = ForwardPolicy { cookies: Selection::All, ..ForwardPolicy::default() };
    let none = ForwardPolicy::default();
    assert!(coalesces(&usual, &none));
    assert!(!coalesces(&usual, &with_cookies));
    assert!(!coalesces(&policy(0, 0, 0), &none));
}

proptest! {
    #[test]
    fn ttl_stays_within_the_policy(
        status in 0u16..700,
        min in 0u64..50,
        default in 50u64..100,
        max in 100u64..200,
        control in "(max-age|s-maxage|no-cache|private|,|=|\"|[0-9]{1,4}| |\\PC){0,12}",
        expires in any::<String>(),
    ) {
        let policy = policy(min, default, max);
        let headers = [("cache-control", control.as_str()), ("expires", expires.as_str()), ETAG];
        if let Ok(ttl) = ttl(status, &headers, &policy) {
            let least = if status < 400 { min } else { 3 };
            prop_assert!(least <= ttl && ttl <= max);
        }
    }
}
