//! Leaders that end in the middle of their work.

use std::time::{Duration, Instant};

use crate::authority::Conduct;
use crate::cluster::{Cluster, PACE, until};
use crate::issuing::pair;

#[actix_rt::test]
async fn another_gateway_finishes_the_order_of_a_leader_that_was_killed() {
    let conduct = Conduct { holds_validations: true, ..Conduct::default() };
    let cluster = Cluster::start(conduct).await;
    let (leader, other) = pair(&cluster).await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(other.http));
    cluster.apply("shop", &["shop.test"], true).await;
    let is_begun = async || {
        let records = cluster.records().await;
        records.iter().any(|entry| entry.key.starts_with("challenge."))
    };
    until("the order is under way", is_begun).await;
    leader.kill();
    let killed = Instant::now();
    cluster.authority.change(|conduct| conduct.holds_validations = false);
    cluster.wait_for(&other, "shop.test").await;
    assert!(killed.elapsed() >= PACE.lease / 2, "the lease held until {:?}", killed.elapsed());
    assert_eq!(cluster.leader().await.as_deref(), Some("g2"));
    assert_eq!(cluster.authority.accounts().len(), 1, "the account is the cluster's");
    until("the challenge is taken back", async || !is_begun().await).await;
    other.stop().await;
}

#[actix_rt::test]
async fn a_leader_that_stops_gives_the_lead_away_at_once() {
    let cluster = Cluster::start(Conduct::default()).await;
    let (leader, other) = pair(&cluster).await;
    leader.stop().await;
    let stopped = Instant::now();
    until("the other one leads", async || cluster.leader().await.as_deref() == Some("g2")).await;
    assert!(stopped.elapsed() < PACE.lease - Duration::from_millis(300), "{:?}", stopped.elapsed());
    other.stop().await;
}
