//! Authorities that refuse, are slow, or talk nonsense.

use std::time::Duration;

use crate::authority::{Breaks, Conduct};
use crate::cluster::{Cluster, until};

#[actix_rt::test]
async fn bad_nonces_and_slow_orders_are_tried_again_at_once() {
    let conduct = Conduct { bad_nonces: 2, processes: 2, ..Conduct::default() };
    let cluster = Cluster::start(conduct).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    assert_eq!(cluster.authority.orders().len(), 1);
    assert_eq!(cluster.failure("shop.test").await, None);
    member.stop().await;
}

#[actix_rt::test]
async fn a_failed_challenge_is_reported_and_tried_again_after_a_growing_pause() {
    let cluster = Cluster::start(Conduct::default()).await;
    let member = cluster.gateway("g1").await;
    cluster.apply("shop", &["shop.test"], true).await;
    until("it failed twice", async || {
        cluster.failure("shop.test").await.is_some_and(|failure| failure.count >= 2)
    })
    .await;
    let failure = cluster.failure("shop.test").await.unwrap();
    assert_eq!(failure.error, "unauthorized: the name has no address");
    // After the second failure it waits five times as long as after the first.
    let orders = cluster.authority.orders().len();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert!(cluster.authority.orders().len() <= orders + 1);
    // Another name does not wait for it.
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("more", &["more.test"], true).await;
    cluster.wait_for(&member, "more.test").await;
    // Who applies the distribution again does not have to wait.
    cluster.apply("shop", &["shop.test", "*.shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    until("the failure is gone", async || cluster.failure("shop.test").await.is_none()).await;
    member.stop().await;
}

#[actix_rt::test]
async fn retry_after_is_kept_even_if_the_distribution_is_applied_again() {
    let conduct = Conduct { limits_orders: Some(3_600), ..Conduct::default() };
    let cluster = Cluster::start(conduct).await;
    let member = cluster.gateway("g1").await;
    cluster.apply("shop", &["shop.test"], true).await;
    until("it is refused", async || cluster.failure("shop.test").await.is_some()).await;
    let failure = cluster.failure("shop.test").await.unwrap();
    assert_eq!(failure.error, "rateLimited: too many orders");
    let wait = failure.next.since(cluster.bus.clock().now());
    assert!(wait > Duration::from_secs(3_500) && wait <= Duration::from_secs(3_600), "{wait:?}");
    cluster.authority.change(|conduct| {
        conduct.limits_orders = None;
        conduct.validates_at = Some(member.http);
    });
    cluster.apply("shop", &["shop.test", "*.shop.test"], true).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(cluster.authority.orders(), Vec::<String>::new());
    member.stop().await;
}

#[actix_rt::test]
async fn a_rejected_name_does_not_keep_others_from_their_certificates() {
    let cluster = Cluster::start(Conduct::default()).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["a.rejected", "shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    let failure = cluster.failure("a.rejected").await.unwrap();
    assert_eq!(failure.error, "rejectedIdentifier: a.rejected is not allowed");
    member.stop().await;
}

#[actix_rt::test]
async fn an_authority_that_is_of_no_use_is_asked_less_and_less_and_then_used_again() {
    for (breaks, words) in [
        (Breaks::Garbage, "has another form"),
        (Breaks::Failing, "localhost answers 503"),
        (Breaks::Silent, "no answer of localhost within 2s"),
    ] {
        let cluster = Cluster::start(Conduct { breaks: Some(breaks), ..Conduct::default() }).await;
        let member = cluster.gateway("g1").await;
        cluster.apply("shop", &["a.test", "b.test"], true).await;
        let broken = async || {
            let nodes = cluster.status().await;
            let acme = nodes.first().and_then(|node| node.acme.clone());
            acme.and_then(|acme| acme.authority)
        };
        until("the authority failed", async || broken().await.is_some()).await;
        let error = broken().await.unwrap().error;
        assert!(error.contains(words), "{error}");
        cluster.authority.change(|conduct| {
            conduct.breaks = None;
            conduct.validates_at = Some(member.http);
        });
        cluster.wait_for(&member, "a.test").await;
        cluster.wait_for(&member, "b.test").await;
        until("the failure is over", async || broken().await.is_none()).await;
        member.stop().await;
    }
}

#[actix_rt::test]
async fn an_account_that_the_authority_forgot_is_made_again() {
    let cluster = Cluster::start(Conduct::default()).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    cluster.authority.forget_accounts();
    cluster.apply("more", &["more.test"], true).await;
    cluster.wait_for(&member, "more.test").await;
    assert_eq!(cluster.authority.accounts().len(), 1);
    member.stop().await;
}
