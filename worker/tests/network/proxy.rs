//! The proxy as its clients see it: what it serves and refuses, and its limits.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use brink_frames::CallError;
use brink_shared::limits::Limits;
use brink_shared::registry::function::FunctionSettings;
use brink_testing::process::own_resident_kb;
use brink_worker::egress::Egress;

use super::sandbox::{LONG, Network, Servers};

/// A server that gives its connections to the test.
async fn server() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Sends a text, and reads until the connection ends.
async fn all(proxy: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(LONG, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

/// Asks for a tunnel. Returns the connection and the status line.
async fn connect(proxy: SocketAddr, to: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream
        .write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(LONG, stream.read_u8()).await.unwrap().unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    (stream, head.lines().next().unwrap().to_owned())
}

fn one(port: u16) -> [String; 1] {
    [format!("a.example:{port}")]
}

#[actix_rt::test]
async fn a_rejection_says_why() {
    let servers = Servers::start();
    let network = Network::new(&servers);
    let (proxy, _serving) = network.serve_here();
    for (request, status, code, why) in [
        (
            "CONNECT denied.example:80",
            "403",
            "EACCES",
            "denied.example is 10.0.0.1, which is a private address",
        ),
        (
            "GET http://denied.example/",
            "403",
            "EACCES",
            "denied.example is 10.0.0.1, which is a private address",
        ),
        (
            "CONNECT 10.0.0.1:80",
            "403",
            "EACCES",
            "10.0.0.1 is 10.0.0.1, which is a private address",
        ),
        ("CONNECT [::1]:80", "403", "EACCES", "which is a loopback address"),
        ("CONNECT localhost:80", "502", "ENOTFOUND", "getaddrinfo ENOTFOUND localhost"),
        ("CONNECT nothing.invalid:80", "502", "ENOTFOUND", "getaddrinfo ENOTFOUND nothing.invalid"),
        ("CONNECT a.example:1", "502", "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1"),
    ] {
        let answer = all(proxy, &format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let line = head.lines().next().unwrap();
        assert!(line.starts_with(&format!("HTTP/1.1 {status} ")) && line.contains(why), "{answer}");
        assert!(body.contains(why), "{answer}");
        let error = head.lines().find_map(|line| line.strip_prefix("brink-error: ")).unwrap();
        let error: CallError = serde_json::from_str(error).unwrap();
        assert_eq!(error.code, code, "{answer}");
    }
}

#[actix_rt::test]
async fn what_is_no_request_for_a_proxy_is_refused() {
    let servers = Servers::start();
    let network = Network::new(&servers);
    let (proxy, _serving) = network.serve_here();
    for (request, why) in [
        ("CONNECT a.example", "CONNECT needs a host and a port"),
        ("GET /", "takes CONNECT and absolute http: URLs"),
        ("GET https://a.example/", "opens TLS connections by CONNECT"),
        ("GET ftp://a.example/", "opens TLS connections by CONNECT"),
    ] {
        let answer = all(proxy, &format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(why), "{answer}");
    }
    let large = format!("GET http://a.example/ HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let answer = all(proxy, &large).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[actix_rt::test]
async fn a_request_with_a_whole_url_is_sent_on() {
    let servers = Servers::start();
    let network = Network::new(&servers);
    let (proxy, _serving) = network.serve_here();
    let port = servers.port("http");
    let answer = all(
        proxy,
        &format!("GET http://a.example:{port}/p?q HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n"),
    )
    .await;
    // The server is asked for the host that was checked.
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("GET /p?q a.example 0"),
        "{answer}"
    );
    let answer = all(
        proxy,
        &format!(
            "POST http://a.example:{port}/ HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\
             Connection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        ),
    )
    .await;
    assert!(answer.ends_with("POST / a.example 5"), "{answer}");
}

#[actix_rt::test]
async fn a_role_allows_its_hosts_only_and_asks_for_no_other() {
    let role = serde_json::json!({"name": "edge", "hosts": ["b.example"]});
    let role = Some(serde_json::from_value(role).unwrap());
    let egress = Egress::of(&FunctionSettings { role, ..FunctionSettings::default() });
    let network = Network { egress, ..Network::with(&[], &Limits::default()) };
    let (proxy, _serving) = network.serve_here();
    let (_, status) = connect(proxy, "a.example:443").await;
    assert!(status.starts_with("HTTP/1.1 403 a.example:443 is not among the hosts"), "{status}");
    assert!(status.contains("roles.edge.hosts"), "{status}");
}

#[actix_rt::test]
async fn an_event_has_so_many_connections_and_the_next_one_has_them_again() {
    let (server, port) = server().await;
    let limits = Limits { subrequests: 3, ..Limits::default() };
    let network = Network::with(&one(port), &limits);
    let (proxy, _serving) = network.serve_here();
    let to = format!("a.example:{port}");
    let mut open = Vec::new();
    for _ in 0..3 {
        let (stream, status) = connect(proxy, &to).await;
        assert_eq!(status, "HTTP/1.1 200 OK");
        open.push((stream, server.accept().await.unwrap()));
    }
    let (_, status) = connect(proxy, &to).await;
    assert!(status.starts_with("HTTP/1.1 429 function:1 "), "{status}");
    assert!(status.contains("limits.subrequests"), "{status}");
    network.accounts.begin(Instant::now() + LONG, Box::new(|| true));
    assert_eq!(connect(proxy, &to).await.1, "HTTP/1.1 200 OK");
    // The old ones are still there, for the pools of clients.
    let (client, (server, _)) = &mut open[0];
    client.write_all(b"ping").await.unwrap();
    let mut got = [0; 4];
    server.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"ping");
}

#[actix_rt::test]
async fn bytes_of_an_event_are_limited_in_both_directions() {
    let (server, port) = server().await;
    let limits = Limits { subrequest_bytes: 100_000, ..Limits::default() };
    let network = Network::with(&one(port), &limits);
    let (proxy, _serving) = network.serve_here();
    let to = format!("a.example:{port}");
    for is_upload in [false, true] {
        network.accounts.begin(Instant::now() + LONG, Box::new(|| true));
        let (mut client, _) = connect(proxy, &to).await;
        let (mut server, _) = server.accept().await.unwrap();
        let (from, into) =
            if is_upload { (&mut client, &mut server) } else { (&mut server, &mut client) };
        let sent = vec![0; 1_000_000];
        let mut got = Vec::new();
        // The connection is cut off while it is written to.
        let (_, read) =
            tokio::join!(from.write_all(&sent), timeout(LONG, into.read_to_end(&mut got)));
        let _ = read.unwrap();
        assert!(got.len() <= 100_000 + 64 * 1024, "{}", got.len());
    }
    let told = network.told.borrow();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("a connection was cut off") && told[0].contains("limits.subrequest_bytes"),
        "{told:?}"
    );
}

#[actix_rt::test]
async fn an_event_that_was_given_up_sends_nothing_more() {
    let (server, port) = server().await;
    let network = Network::with(&one(port), &Limits::default());
    let may_act = Rc::new(Cell::new(true));
    let asked = may_act.clone();
    network.accounts.begin(Instant::now() + LONG, Box::new(move || asked.get()));
    let (proxy, _serving) = network.serve_here();
    let to = format!("a.example:{port}");
    let (mut client, _) = connect(proxy, &to).await;
    let (mut server, _) = server.accept().await.unwrap();
    may_act.set(false);
    client.write_all(b"order").await.unwrap();
    let mut got = Vec::new();
    let _ = timeout(LONG, server.read_to_end(&mut got)).await.unwrap();
    assert_eq!(got, b"");
    let (_, status) = connect(proxy, &to).await;
    assert!(status.starts_with("HTTP/1.1 503 ") && status.contains("must not act now"), "{status}");
}

#[actix_rt::test]
async fn only_so_many_connections_wait_for_their_server() {
    let (server, port) = server().await;
    let limits = Limits { connections: 2, ..Limits::default() };
    let network = Network::with(&one(port), &limits);
    let (proxy, _serving) = network.serve_here();
    let to = format!("a.example:{port}");
    let mut open = Vec::new();
    for _ in 0..3 {
        let (client, _) = connect(proxy, &to).await;
        open.push((client, server.accept().await.unwrap().0));
    }
    let mut byte = [0];
    for (client, server) in &mut open[..2] {
        client.write_all(b"?").await.unwrap();
        timeout(LONG, server.read_exact(&mut byte)).await.unwrap().unwrap();
    }
    open[2].0.write_all(b"?").await.unwrap();
    let third = timeout(Duration::from_millis(200), open[2].1.read_exact(&mut byte)).await;
    assert!(third.is_err(), "it does not wait");
    let (client, server) = &mut open[0];
    server.write_all(b"!").await.unwrap();
    client.read_exact(&mut byte).await.unwrap();
    timeout(LONG, open[2].1.read_exact(&mut byte)).await.unwrap().unwrap();
}

#[actix_rt::test]
async fn connections_that_do_nothing_make_room() {
    let (server, port) = server().await;
    let limits = Limits { subrequests: 1000, ..Limits::default() };
    let network = Network::with(&one(port), &limits);
    let (proxy, _serving) = network.serve_here();
    let to = format!("a.example:{port}");
    let mut open = Vec::new();
    for _ in 0..400 {
        let (mut client, status) = connect(proxy, &to).await;
        assert_eq!(status, "HTTP/1.1 200 OK");
        let (mut server, _) = server.accept().await.unwrap();
        server.write_all(b"!").await.unwrap();
        client.read_u8().await.unwrap();
        open.push((client, server));
    }
    // The one that was idle longest is closed.
    let (client, _) = &mut open[0];
    assert_eq!(timeout(LONG, client.read(&mut [0])).await.unwrap().unwrap(), 0);
    let (client, server) = &mut open[399];
    client.write_all(b"?").await.unwrap();
    assert_eq!(server.read_u8().await.unwrap(), b'?');
}

#[actix_rt::test]
async fn clients_that_do_not_read_cost_little() {
    let servers = Servers::start();
    let limits = Limits { subrequests: 1000, subrequest_bytes: 1 << 40, ..Limits::default() };
    let port = u16::try_from(servers.port("http")).unwrap();
    let network = Network::with(&one(port), &limits);
    let (proxy, _serving) = network.serve_here();
    let before = own_resident_kb();
    let mut open = Vec::new();
    for number in 0..60 {
        let to = format!("a.example:{port}");
        let mut stream = if number % 2 == 0 {
            let (mut stream, _) = connect(proxy, &to).await;
            stream.write_all(b"GET /bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            stream
        } else {
            let mut stream = TcpStream::connect(proxy).await.unwrap();
            let request = format!("GET http://{to}/bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            stream
        };
        // The answer has begun.
        timeout(LONG, stream.read_u8()).await.unwrap().unwrap();
        open.push(stream);
    }
    let request =
        format!("GET http://a.example:{port}/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(all(proxy, &request).await.ends_with("GET /x a.example 0"));
    let grown = own_resident_kb().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} kB more");
}

#[actix_rt::test]
async fn the_end_of_the_sandbox_ends_its_connections() {
    let (server, port) = server().await;
    let network = Network::with(&one(port), &Limits::default());
    let (proxy, serving) = network.serve_here();
    let (mut client, _) = connect(proxy, &format!("a.example:{port}")).await;
    let (mut server, _) = server.accept().await.unwrap();
    drop(serving);
    assert_eq!(timeout(LONG, server.read(&mut [0])).await.unwrap().unwrap(), 0);
    let _ = timeout(LONG, client.read(&mut [0])).await.unwrap();
    assert!(TcpStream::connect(proxy).await.is_err());
}

#[actix_rt::test]
async fn a_tunnel_waits_for_its_client_if_the_client_says_so() {
    let (server, port) = server().await;
    let network = Network::with(&one(port), &Limits::default());
    let (proxy, _serving) = network.serve_here();
    let mut client = TcpStream::connect(proxy).await.unwrap();
    let request =
        format!("CONNECT a.example:{port} HTTP/1.1\r\nHost: a\r\nBrink-Waits: ?1\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut server, _) = server.accept().await.unwrap();
    server.write_all(b"hello").await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    assert!(timeout(Duration::from_millis(100), client.read_u8()).await.is_err());
    client.write_all(b"\nping").await.unwrap();
    let mut got = [0; 5];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"hello");
    server.read_exact(&mut got[..4]).await.unwrap();
    assert_eq!(&got[..4], b"ping");
}
