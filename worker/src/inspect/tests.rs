use std::net::Ipv4Addr;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener as TokioListener;

use super::sockets::Sockets;
use super::*;

const FREE: InspectSettings =
    InspectSettings { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: Some(0), wait: false };

fn name(text: &str) -> FunctionName {
    text.parse().unwrap()
}

#[tokio::test]
async fn ports_are_counted_upwards_and_stay() {
    let first = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let inspectors = Inspectors::new(InspectSettings { port: Some(first), ..FREE });
    let open = |function| {
        inspectors.open(&name(function), Runtime::Nodejs).map(|(at, new)| (at.port(), new))
    };
    assert_eq!(open("a").unwrap(), (first, true));
    // Another process may have the next port.
    if let Ok(second) = open("b") {
        assert_eq!(second, (first + 1, true));
    }
    assert_eq!(open("a").unwrap(), (first, false));
    let other = Inspectors::new(InspectSettings { port: Some(first), ..FREE });
    let error = other.open(&name("c"), Runtime::Python).unwrap_err().to_string();
    assert!(error.contains("`--inspect=PORT` names another port"), "{error}");
    for runtime in [Runtime::Boa, Runtime::Provided] {
        let error = inspectors.open(&name("d"), runtime).unwrap_err();
        assert!(matches!(error, InspectError::NoInspector(_)), "{error}");
    }
}

#[tokio::test]
async fn a_socket_connects_again_and_again() {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
    let sockets = Sockets::new(vec![socket]);
    for text in [b"first", b"again"] {
        // Nobody listens yet.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let lent = sockets.lend().unwrap();
        assert!(sockets.lend().is_none(), "the only one is in use");
        let connecting = tokio::spawn(async move {
            let mut stream = lent.connect(address).await.unwrap();
            stream.write_all(text).await.unwrap();
            let mut read = [0; 4];
            stream.read_exact(&mut read).await.unwrap();
            assert_eq!(&read, b"read");
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        let listener = TokioListener::bind(address).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = [0; 5];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, text);
        stream.write_all(b"read").await.unwrap();
        connecting.await.unwrap();
        // The other side hears that it is gone.
        assert!(matches!(stream.read(&mut read).await, Ok(0) | Err(_)));
    }
}

#[tokio::test]
async fn the_newest_version_has_the_place() {
    let inspectors = Inspectors::new(FREE);
    inspectors.open(&name("a"), Runtime::Nodejs).unwrap();
    assert!(inspectors.of(&"b:1".parse().unwrap()).is_none());
    let attach = |version: &str| {
        let inspector = inspectors.of(&version.parse().unwrap()).unwrap();
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
        inspector.attach(vec![socket])
    };
    let first = attach("a:1").unwrap();
    let second = attach("a:2").unwrap();
    first.lost().await;
    assert!(attach("a:1").is_none());
    drop(first);
    assert!(attach("a:1").is_none(), "the second one still has it");
    drop(second);
    assert!(attach("a:1").is_some());
}
