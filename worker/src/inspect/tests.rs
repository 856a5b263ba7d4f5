use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

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
