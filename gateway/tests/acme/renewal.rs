//! Renewal before the end, under load, and when the authority wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::authority::Conduct;
use crate::client::{ask, connect, trusting};
use crate::cluster::{Cluster, until};
use crate::issuing::pair;

#[actix_rt::test]
async fn certificates_are_renewed_under_load_with_no_failed_handshake() {
    // A third of the life is left after six seconds.
    let lifetime = Some(Duration::from_secs(9));
    let cluster = Cluster::start(Conduct { lifetime, ..Conduct::default() }).await;
    let (leader, other) = pair(&cluster).await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(other.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&leader, "shop.test").await;
    cluster.wait_for(&other, "shop.test").await;
    let first = cluster.shown(&other, "shop.test").await.unwrap();
    let (made, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let load = [leader.https, other.https].map(|address| {
        let config = trusting(&cluster.authority.issuer, &["http/1.1"]);
        let (made, stop) = (made.clone(), stop.clone());
        actix_rt::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // Without tickets, each handshake shows the certificate.
                let mut config = rustls::ClientConfig::clone(&config);
                config.resumption = rustls::client::Resumption::disabled();
                let stream = connect(address, "shop.test", &Arc::new(config)).await;
                let answer = ask(&mut stream.expect("a handshake"), "shop.test", "/").await;
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                made.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    // Longer than the first certificate is valid.
    tokio::time::sleep(Duration::from_secs(12)).await;
    stop.store(true, Ordering::Relaxed);
    for viewer in load {
        viewer.await.unwrap();
    }
    assert!(made.load(Ordering::Relaxed) > 50, "{made:?}");
    assert!(cluster.authority.orders().len() >= 2);
    assert_ne!(cluster.shown(&other, "shop.test").await.unwrap(), first);
    leader.stop().await;
    other.stop().await;
}

#[actix_rt::test]
async fn a_certificate_is_replaced_when_the_authority_wants_it() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let later = Some((now + 10_000, now + 20_000));
    let cluster = Cluster::start(Conduct { window: later, ..Conduct::default() }).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    let renews = async || {
        let nodes = cluster.status().await;
        let acme = nodes.first()?.acme.clone()?;
        acme.names.first()?.certificate.map(|own| own.renews.0 / 1_000)
    };
    until("the time is in the window", async || {
        renews().await.is_some_and(|at| (now + 10_000..=now + 20_000).contains(&at))
    })
    .await;
    member.stop().await;
    // The authority has to revoke it. The next leader asks.
    cluster.authority.change(|conduct| conduct.window = Some((now - 20, now - 10)));
    let next = cluster.gateway("g2").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(next.http));
    until("it is replaced", async || cluster.authority.orders().len() >= 2).await;
    // A window that is over for the new certificate as well is no reason for a third one.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!(cluster.authority.orders().len(), 2);
    let asked = cluster.authority.asked_for_windows();
    assert_eq!(cluster.authority.replaced(), [None, Some(asked[0].clone())]);
    next.stop().await;
}
