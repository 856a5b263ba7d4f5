//! The network of programs of the machine: through the proxy of their sandbox, and through a TUN
//! device. Node.js and Python run in a network namespace that leads nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;
#[path = "network/proxy.rs"]
mod proxy;
#[path = "network/sandbox.rs"]
mod sandbox;
#[path = "network/worker.rs"]
mod worker;

use brink_shared::limits::Limits;
use brink_testing::process::own_resident_kb;
use serde_json::{Map, Value, json};

use sandbox::{Mode, Network, Servers, file, node, python};

/// Results that are the same in both modes, and those that the program gets for what is denied.
fn same(results: &Map<String, Value>, expected: Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(results.get(name), Some(value), "{name}, of {results:#?}");
    }
}

async fn of_node(mode: Mode) {
    let servers = Servers::start();
    let network = Network::new(&servers);
    let results = network.results(mode, &servers, &[node(), file("cases.cjs")]).await;
    same(
        &results,
        json!({
            "http": "GET /x a.example 0",
            "httpAgent": "GET /1 a.example 0, GET /2 a.example 0",
            "https": "GET /s a.example 0",
            "httpsAgent": "GET /1 a.example 0, GET /2 a.example 0",
            "httpsOtherName": "! ERR_TLS_CERT_ALTNAME_INVALID",
            "httpsUnknownAuthority": "! UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "fetch": "POST /f a.example 5",
            "fetchTls": "POST /f a.example 5",
            "fetchDenied": mode.denied(),
            "fetchNoName": "! ENOTFOUND",
            "denied": mode.denied(),
            "noName": "! ENOTFOUND",
            "refused": "! ECONNREFUSED",
            "http2": "GET /h2 a.example 0",
            "h2c": "GET /h2 a.example 0",
            "raw": "hello BYE",
            "rawListener": "hello BYE",
            "rawTls": "GET /r a.example 0",
            "rawDenied": mode.denied(),
            "rawPrivate": mode.denied(),
            "lookup": "GET /l a.example 0",
            "lookupAll": 1,
            "ownServer": "own",
            "loopback": "GET /loop 127.0.0.1 0",
            "large": "POST /large a.example 3000000, 3000000",
            "many": 12,
        }),
    );
    network.told(mode);
}

async fn of_python(mode: Mode) {
    let servers = Servers::start();
    let network = Network::new(&servers);
    let results = network.results(mode, &servers, &[python(), file("cases.py")]).await;
    same(
        &results,
        json!({
            "urllib": "GET /u a.example 0",
            "urllibTls": "GET /u a.example 0",
            "otherName": "! SSLCertVerificationError",
            "denied": mode.denied(),
            "noName": "! gaierror -2",
            "refused": "! ECONNREFUSED",
            "raw": "hello BYE",
            "rawDenied": mode.denied(),
            "rawPrivate": mode.denied(),
            "rawTls": "GET /t a.example 0",
            "rawTlsConnect": "GET /t a.example 0",
            "client": "GET /1 a.example 0, GET /2 a.example 0",
            "streams": "GET /a a.example 0",
            "manyStreams": format!("1, {}", mode.denied()),
            "lookup": "hello BYE",
            "connectEx": 111,
            "ownServer": "own",
            "loopback": "GET /loop 127.0.0.1 0",
            "large": "POST /large a.example 3000000, 3000000",
        }),
    );
    network.told(mode);
}

#[actix_rt::test]
async fn node_gets_out_through_the_proxy() {
    of_node(Mode::Proxy).await;
}

#[actix_rt::test]
async fn node_gets_out_through_a_tun_device() {
    of_node(Mode::Transparent).await;
}

#[actix_rt::test]
async fn python_gets_out_through_the_proxy() {
    of_python(Mode::Proxy).await;
}

#[actix_rt::test]
async fn python_gets_out_through_a_tun_device() {
    of_python(Mode::Transparent).await;
}

#[actix_rt::test]
async fn misuse_of_a_tun_device_costs_little_and_ends() {
    let servers = Servers::start();
    let limits = Limits { subrequests: 20_000, subrequest_bytes: 1 << 30, ..Limits::default() };
    let network = Network::with(&["a.example".to_owned()], &limits);
    let before = own_resident_kb();
    let command = [python(), file("hostile.py")].map(|path| path.display().to_string());
    let command = [&command[..], &[servers.ports.to_string()]].concat();
    let written = network.run(Mode::Transparent, &command).await;
    assert!(written.ends_with("done\n") && !written.contains("False"), "{written}");
    let grown = own_resident_kb().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} kB more");
    // One event does not fill the log.
    let told = network.told.borrow();
    assert_eq!(told.len(), 20, "{told:?}");
    assert!(told[0].contains("192.0.2.1, which is a reserved address"), "{told:?}");
}
