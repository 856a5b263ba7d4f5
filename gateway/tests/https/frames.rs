//! Frames of HTTP/2, byte for byte (RFC 9113, 4.1).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::client::{SITE, Site, connect, trusting};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

const WITHIN: Duration = Duration::from_secs(20);

/// A frame that the gateway sent.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub content: Vec<u8>,
}

/// A connection of HTTP/2 whose frames a test writes.
pub struct Frames {
    pub stream: TlsStream<TcpStream>,
}

pub fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// A head without Huffman codes and without the dynamic table (RFC 7541, 6.2.2).
pub fn head(method_index: u8, path: &str) -> Vec<u8> {
    head_for(SITE, method_index, path)
}

/// The same for another host.
pub fn head_for(host: &str, method_index: u8, path: &str) -> Vec<u8> {
    let text = |index: u8, text: &str| {
        [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    };
    [vec![0x80 | method_index, 0x87], text(4, path), text(1, host)].concat()
}

/// A GET for this path.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(2, path))
}

impl Frames {
    /// Opens a connection with these settings: pairs of number and value.
    pub async fn open(site: &Site, settings: &[(u16, u32)]) -> Self {
        let config = trusting(&site.authority, &["h2"]);
        Self::over(connect(site.address(), SITE, &config).await.unwrap(), settings).await
    }

    /// The same over this connection.
    pub async fn over(mut stream: TlsStream<TcpStream>, settings: &[(u16, u32)]) -> Self {
        let pairs = settings.iter();
        let pairs =
            pairs.flat_map(|(key, value)| [&key.to_be_bytes()[..], &value.to_be_bytes()].concat());
        let settings: Vec<u8> = pairs.collect();
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        stream
            .write_all(&[&preface[..], &frame(SETTINGS, 0, 0, &settings)].concat())
            .await
            .unwrap();
        stream.flush().await.unwrap();
        Self { stream }
    }

    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next frame; none at the end of the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        let reading = async {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await.ok()?;
            let [a, b, c, kind, flags, s0, s1, s2, s3] = head;
            let len = u32::from_be_bytes([0, a, b, c]);
            let mut content = vec![0; len as usize];
            self.stream.read_exact(&mut content).await.ok()?;
            Some(Frame { kind, flags, stream: u32::from_be_bytes([s0, s1, s2, s3]), content })
        };
        tokio::time::timeout(WITHIN, reading).await.expect("a frame, or the end")
    }

    /// Reads until a frame of this kind; none at the end of the connection.
    pub async fn until(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }
}
