//! Answers to requests with `Authorization` (RFC 9111, 3.5).

use serde_json::json;

use super::*;

const ALICE: (&str, &str) = ("Authorization", "Bearer alice");
const BOB: (&str, &str) = ("Authorization", "Bearer bob");

/// Answers with the `Authorization` of the request. The path has the `Cache-Control` of the answer,
/// with `_` for a comma.
fn who(request: &str, _: usize) -> String {
    let path = request.split(' ').nth(1).unwrap();
    let control = format!("Cache-Control: {}", path[1..].replace('_', ", "));
    ok(&[&control], line(request, "authorization").unwrap_or("nobody"))
}

#[actix_rt::test]
async fn decision_45_one_viewers_answer_is_not_given_to_others() {
    let stand = Stand::start(json!({"forward": {"headers": "all"}}), who).await;
    for path in ["/max-age=60", "/max-age=60_proxy-revalidate", "/x"] {
        for (headers, expected) in
            [(vec![ALICE], "Bearer alice"), (vec![BOB], "Bearer bob"), (vec![], "nobody")]
        {
            assert_eq!(stand.get_with(path, &headers).await.text(), expected, "{path}");
        }
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn an_answer_that_says_so_is_for_all() {
    let stand = Stand::start(json!({"forward": {"headers": "all"}}), who).await;
    for path in ["/max-age=60_public", "/s-maxage=60", "/max-age=60_must-revalidate"] {
        let own = stand.get_with(path, &[ALICE]).await;
        assert_eq!(own.text(), "Bearer alice");
        let shared = stand.get_with(path, &[BOB]).await;
        assert_eq!((shared.text().as_str(), source(&shared).as_str()), ("Bearer alice", "Hit"));
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_min_ttl_and_an_error_do_not_make_it_anybody_elses() {
    let behavior = json!({"forward": {"headers": "all"}, "cache": {"min_ttl": "1m"}});
    let stand = Stand::start(behavior, who).await;
    stand.get_with("/private", &[ALICE]).await;
    assert_eq!(stand.get("/private").await.text(), "nobody");
    stand.stop().await;

    let stand = Stand::start(json!({"forward": {"headers": "all"}}), |request, _| {
        answer("404 Not Found", &[], line(request, "authorization").unwrap_or("nobody"))
    })
    .await;
    stand.get_with("/mine", &[ALICE]).await;
    assert_eq!(stand.get("/mine").await.text(), "nobody");
    // Without `Authorization`, an error is kept as usual.
    assert_eq!(source(&stand.get("/mine").await), "Error");
    assert_eq!(stand.asked(), 2);
    stand.stop().await;
}

#[actix_rt::test]
async fn answers_are_kept_if_key_or_origin_ignores_authorization() {
    let behavior = json!({"cache": {"headers": ["authorization"]}});
    let stand = Stand::start(behavior, who).await;
    for (headers, expected) in [(vec![ALICE], "Bearer alice"), (vec![BOB], "Bearer bob")] {
        for source_ in ["Miss", "Hit"] {
            let reply = stand.get_with("/max-age=60", &headers).await;
            assert_eq!((reply.text().as_str(), source(&reply).as_str()), (expected, source_));
        }
    }
    stand.stop().await;

    let stand = Stand::start(json!({}), who).await;
    assert_eq!(stand.get_with("/max-age=60", &[ALICE]).await.text(), "nobody");
    assert_eq!(source(&stand.get_with("/max-age=60", &[BOB]).await), "Hit");
    stand.stop().await;
}
