//! A browser loads a page over each version of HTTP.

use std::process::Stdio;
use std::time::Duration;

use data_encoding::BASE64;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::process::Command;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use crate::client::{SITE, Site, document};
use crate::raw_origin::RawOrigin;
use crate::site;

const WITHIN: Duration = Duration::from_secs(60);

/// Objects of the page.
const OBJECTS: usize = 40;

/// Flags for a browser that asks nobody but the gateway.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=30000",
    "--dump-dom",
];

/// The page: when all its objects are there, it says over which protocols they came.
fn page() -> String {
    let objects: String = (0..OBJECTS).map(|n| format!("<img src='/object/{n}'>")).collect();
    let script = "onload = () => {
        const of = kind => performance.getEntriesByType(kind).map(entry => entry.nextHopProtocol);
        const loaded = [...document.images].filter(image => image.naturalWidth > 0).length;
        document.body.textContent =
            'page:' + of('navigation') + ' objects:' + of('resource') + ' loaded:' + loaded;
    };";
    format!("<!DOCTYPE html><body>{objects}<script>{script}</script></body>")
}

fn origin() -> RawOrigin {
    RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            let (kind, body) = match request.starts_with("GET /object/") {
                true => {
                    let image = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
                    ("image/svg+xml", image.to_owned())
                }
                false => ("text/html", page()),
            };
            let length = body.len();
            conn.send(format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
            ));
        }
    })
}

/// The page's words, in a browser with these further flags.
async fn browse(site: &Site, more: &[String]) -> String {
    let profile = tempfile::tempdir().unwrap();
    let chain = CertificateDer::from_pem_file(site.certificates().join("shop.pem")).unwrap();
    let certificate = Certificate::from_der(&chain).unwrap();
    let key = certificate.tbs_certificate.subject_public_key_info.to_der().unwrap();
    let key = BASE64.encode(&Sha256::digest(key));
    let mut command = Command::new("chromium");
    command
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--host-resolver-rules=MAP {SITE} 127.0.0.1"))
        .arg(format!("--ignore-certificate-errors-spki-list={key}"))
        .args(more)
        .arg(site.url("/"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(WITHIN, command.output()).await.expect("it ends");
    let output = output.expect("chromium; install the package chromium");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("page:"), "{out}\n{err}");
    out.into_owned()
}

#[actix_rt::test]
async fn a_page_loads_over_each_version() {
    let origin = origin();
    let site = site(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await;
    let quic = format!("--origin-to-force-quic-on={SITE}:{}", site.address().port());
    for (protocol, flags) in [
        ("http/1.1", vec!["--disable-http2".to_owned(), "--disable-quic".to_owned()]),
        ("h2", vec!["--disable-quic".to_owned()]),
        ("h3", vec![quic]),
    ] {
        let shown = browse(&site, &flags).await;
        let objects = vec![protocol; OBJECTS].join(",");
        let expected = format!("page:{protocol} objects:{objects} loaded:{OBJECTS}");
        assert!(shown.contains(&expected), "{protocol}: {shown}");
    }
    site.edge.stop().await;
}
