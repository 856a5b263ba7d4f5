//! The PROXY protocol, by which a load balancer tells from which address a viewer comes.
//!
//! A load balancer that passes connections on writes a header before the viewer's first byte. The
//! gateway takes headers only from the networks that its operator names, and connections from
//! there must have one. All other connections have none: their first bytes are the viewer's own,
//! and are not believed. Two forms of the header exist, version 1 (a line) and version 2 (bytes).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use proxyproto::{v1, v2};
use tokio::io::AsyncReadExt as _;

use brink_shared::network::Network;

/// How long a header may take.
const WITHIN: Duration = Duration::from_secs(5);

/// Most bytes of a header. Version 2 may have some hundred bytes of facts that the gateway skips.
const HEADER_MAX: usize = 4096;

/// Most bytes of a header in version 1.
const LINE_MAX: usize = 107;

/// How headers in version 2 begin.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Bytes of a header in version 2 up to its length.
const FIXED: usize = 16;

/// The `proxy_protocol` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyProtocolSettings {
    /// The networks of load balancers that send the header. Empty: the gateway takes no headers.
    pub from: Vec<Network>,
}

/// The state of a header that is being read.
enum Reading {
    /// It needs this many further bytes.
    Needs(usize),
    /// These bytes are its last ones, and this is the viewer's address.
    Done(Option<SocketAddr>),
}

// === impl ProxyProtocolSettings ===

impl ProxyProtocolSettings {
    /// The address of the viewer. Reads the header of a load balancer, which ends before the
    /// viewer's first byte. Fails if there must be a header and is none.
    pub(crate) async fn viewer_of(&self, stream: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
        let peer = stream.peer_addr().ok();
        if !peer.is_some_and(|peer| self.is_balancer(peer)) {
            return Ok(peer);
        }
        let reading = tokio::time::timeout(WITHIN, read(stream));
        let told = reading.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        // A load balancer that asks on its own behalf tells no address.
        Ok(told.or(peer))
    }

    /// True for an address in the networks of load balancers.
    pub(crate) fn is_balancer(&self, peer: SocketAddr) -> bool {
        self.from.iter().any(|network| network.contains(peer.ip()))
    }
}

/// Reads a header, and no byte beyond it.
async fn read(stream: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    let mut header = Vec::with_capacity(LINE_MAX);
    loop {
        match next(&header)? {
            Reading::Done(viewer) => return Ok(viewer),
            Reading::Needs(more) => {
                let begin = header.len();
                header.resize(begin + more, 0);
                let room = header.get_mut(begin..).unwrap_or_default();
                stream.read_exact(room).await?;
            }
        }
    }
}

/// The next step for these bytes. Version 1 is read byte by byte from its shortest length on,
/// because its end is known only when it comes.
fn next(header: &[u8]) -> io::Result<Reading> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let shortest = "PROXY UNKNOWN\r\n".len();
    if header.len() < shortest {
        return Ok(Reading::Needs(shortest - header.len()));
    }
    if !header.starts_with(SIGNATURE) {
        if !header.starts_with(b"PROXY ") {
            return Err(wrong("there is no PROXY protocol header".to_owned()));
        }
        if !header.ends_with(b"\r\n") {
            return match header.len() < LINE_MAX {
                true => Ok(Reading::Needs(1)),
                false => Err(wrong("the PROXY protocol header has no end".to_owned())),
            };
        }
        let (_, read) = v1::Header::try_from_bytes(header).map_err(|e| wrong(e.to_string()))?;
        return Ok(Reading::Done(read.source_addr()));
    }
    let Some([version, _, high, low]) = header.get(SIGNATURE.len()..FIXED) else {
        return Ok(Reading::Needs(FIXED - header.len()));
    };
    let whole = FIXED + usize::from(u16::from_be_bytes([*high, *low]));
    if whole > HEADER_MAX {
        return Err(wrong(format!("a PROXY protocol header of {whole} bytes is too long")));
    }
    if header.len() < whole {
        return Ok(Reading::Needs(whole - header.len()));
    }
    let (_, read) = v2::Header::try_from_bytes(header).map_err(|e| wrong(e.to_string()))?;
    let is_local = version & 0x0f == 0;
    Ok(Reading::Done(read.source_addr().filter(|_| !is_local)))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    /// The viewer's address and the bytes after the header, if the load balancer sends these
    /// bytes.
    async fn taken(from: &str, sent: &[u8]) -> io::Result<(Option<SocketAddr>, Vec<u8>)> {
        let settings = ProxyProtocolSettings { from: vec![from.parse().unwrap()] };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut balancer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut stream = listener.accept().await.unwrap().0;
        balancer.write_all(sent).await.unwrap();
        drop(balancer);
        let viewer = settings.viewer_of(&mut stream).await?;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await?;
        Ok((viewer, rest))
    }

    fn v2_header(source: &str) -> Vec<u8> {
        let [source, destination]: [SocketAddr; 2] =
            [source, "192.0.2.9:443"].map(|address| address.parse().unwrap());
        v2::Header::new_tcp_ipv4_proxy(source, destination).to_vec()
    }

    #[tokio::test]
    async fn the_viewers_address_comes_from_the_header_and_no_byte_is_lost() {
        let one = b"PROXY TCP4 198.51.100.7 192.0.2.9 4711 443\r\n".to_vec();
        let six = b"PROXY TCP6 2001:db8::7 2001:db8::9 4711 443\r\n".to_vec();
        for (header, viewer) in [
            (one, "198.51.100.7:4711"),
            (six, "[2001:db8::7]:4711"),
            (v2_header("198.51.100.7:4711"), "198.51.100.7:4711"),
        ] {
            let sent = [&header, &b"GET / HTTP/1.1\r\n"[..]].concat();
            let (found, rest) = taken("127.0.0.0/8", &sent).await.unwrap();
            assert_eq!(found, Some(viewer.parse().unwrap()));
            assert_eq!(rest, b"GET / HTTP/1.1\r\n");
        }
    }

    #[tokio::test]
    async fn a_load_balancer_may_speak_for_itself() {
        let mut local = v2_header("198.51.100.7:4711");
        local[12] = 0x20;
        for header in [b"PROXY UNKNOWN\r\n".to_vec(), local] {
            let (found, rest) = taken("127.0.0.0/8", &header).await.unwrap();
            assert_eq!((found.unwrap().ip().to_string(), rest.len()), ("127.0.0.1".into(), 0));
        }
    }

    #[tokio::test]
    async fn nobody_else_is_believed_and_a_named_network_must_send_a_header() {
        let header = b"PROXY TCP4 198.51.100.7 192.0.2.9 4711 443\r\n";
        let (found, rest) = taken("192.0.2.0/24", header).await.unwrap();
        assert_eq!((found.unwrap().ip().to_string(), rest), ("127.0.0.1".into(), header.to_vec()));
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
        let mut large = v2_header("198.51.100.7:4711");
        large[14..16].copy_from_slice(&[0xff, 0xff]);
        for bad in [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(), &long, &large, b"PROXY ", b""]
        {
            assert!(taken("127.0.0.0/8", bad).await.is_err(), "{}", bad.escape_ascii());
        }
        let lies = b"PROXY TCP4 2001:db8::7 192.0.2.9 4711 443\r\n";
        assert!(taken("127.0.0.0/8", lies).await.is_err());
    }
}
