//! Origins over TLS.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, at, document, line};
use crate::tls_origin::{TlsOrigin, trusts_the_tests_authority};

/// Sends the request to this port of `localhost` over TLS.
fn to_tls(request: &mut Value, port: u16) {
    let custom = &mut request["origin"]["custom"];
    custom["protocol"] = json!("https");
    custom["domainName"] = json!("localhost");
    custom["port"] = json!(port);
}

#[actix_rt::test]
async fn decision_27_the_new_domain_is_named_in_tls_and_host_may_fit_the_certificate() {
    let own = "tls::decision_27_the_new_domain_is_named_in_tls_and_host_may_fit_the_certificate";
    if !trusts_the_tests_authority(own) {
        return;
    }
    let plain = RawOrigin::answering(HELLO);
    let localhost = TlsOrigin::start("origin", HELLO).await;
    let shop = TlsOrigin::start("shop", HELLO).await;
    for (origin, host, status) in [
        (&localhost, None, 200),
        (&localhost, Some("other.test"), 200),
        (&shop, Some("shop.test"), 200),
        (&shop, Some("SHOP.test:8443"), 200),
        (&shop, Some("other.test"), 502),
        (&shop, None, 502),
    ] {
        let port = origin.port;
        let behavior = at(&["origin-request"]);
        let stage = Stage::start(document(&plain, behavior), move |_, request| {
            to_tls(request, port);
            if let Some(host) = host {
                request["headers"]["host"] = line(host);
            }
        })
        .await;
        assert_eq!(stage.get("/a").await.status, status, "{host:?}");
        stage.stop().await;
    }
    for origin in [&localhost, &shop] {
        let sessions = origin.sessions.lock();
        assert!(!sessions.is_empty() && sessions.iter().all(|(name, _)| name == "localhost"));
    }
    assert_eq!(plain.connections(), 0);
}

#[actix_rt::test]
async fn decision_38_ssl_protocols_is_a_checked_list_that_brink_does_not_speak_below() {
    let own = "tls::decision_38_ssl_protocols_is_a_checked_list_that_brink_does_not_speak_below";
    if !trusts_the_tests_authority(own) {
        return;
    }
    let plain = RawOrigin::answering(HELLO);
    let origin = TlsOrigin::start("origin", HELLO).await;
    for (versions, status) in [
        (json!(["TLSv1.2"]), 200),
        (json!(["SSLv3", "TLSv1"]), 200),
        (json!([]), 200),
        (json!(["TLSv9"]), 502),
        (json!("TLSv1.2"), 502),
        (Value::Null, 502),
    ] {
        let (port, list) = (origin.port, versions.clone());
        let stage = Stage::start(document(&plain, at(&["origin-request"])), move |_, request| {
            to_tls(request, port);
            request["origin"]["custom"]["sslProtocols"] = list.clone();
        })
        .await;
        assert_eq!(stage.get("/a").await.status, status, "{versions}");
        let shown = stage.shown("origin-request")["request"]["origin"]["custom"].clone();
        assert_eq!(shown["sslProtocols"], json!(["TLSv1.2"]));
        stage.stop().await;
    }
    assert!(origin.sessions.lock().iter().all(|(_, version)| version == "TLSv1_3"));
}
