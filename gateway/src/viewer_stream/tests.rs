//! Tests of what the HTTP server reads for the bytes of a viewer.

use std::cell::Cell;
use std::task::Waker;
use std::time::Duration;

use actix_http::h1::{Codec, Message};
use proptest::prelude::*;
use tokio_util::codec::Decoder as _;

use super::*;
use crate::rejected::{HEAD_MAX, URL_MAX};

const PATIENCE: Patience =
    Patience { head: Duration::from_secs(10), linger: Duration::from_secs(1) };
const MIN_RATE: u32 = 500;

/// Bytes that come in pieces of this size, and then end or stay open.
struct Pieces<'a> {
    left: &'a [u8],
    size: usize,
    ends: bool,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() && !self.ends {
            return Poll::Pending;
        }
        let len = self.size.min(self.left.len()).min(buf.remaining());
        let (piece, left) = self.left.split_at(len);
        buf.put_slice(piece);
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

/// The bytes that the server reads, the facts about each request, and why a body was cut.
#[derive(Debug, Default, PartialEq, Eq)]
struct Served {
    read: String,
    noted: Vec<Noted>,
    cut: Option<Rejected>,
}

/// Serves a connection to its end, answering each request at once.
fn served(input: &[u8], size: usize) -> Served {
    let (read, served) = passed(input, size);
    Served { read: read.escape_ascii().to_string(), ..served }
}

/// The same, with what the server reads as it is.
fn passed(input: &[u8], size: usize) -> (Vec<u8>, Served) {
    let mut stream =
        ViewerStream::new(Pieces { left: input, size, ends: true }, PATIENCE, MIN_RATE);
    let connection = stream.connection();
    let mut cx = Context::from_waker(Waker::noop());
    let (mut read, mut noted) = (Vec::new(), Vec::new());
    loop {
        let mut room = [0; 64];
        let mut buf = ReadBuf::new(&mut room);
        match Pin::new(&mut stream).poll_read(&mut cx, &mut buf) {
            Poll::Ready(result) => result.unwrap(),
            Poll::Pending => {
                connection.answered();
                continue;
            }
        }
        noted.extend(connection.take_noted());
        if buf.filled().is_empty() {
            break;
        }
        read.extend_from_slice(buf.filled());
    }
    (read, Served { read: String::new(), noted, cut: connection.why_cut() })
}

fn passes(input: &[u8], expected: &[u8], targets: &[&[u8]]) {
    let noted = targets.iter().map(|target| Noted::Target(target.to_vec())).collect();
    let expected = Served { read: expected.escape_ascii().to_string(), noted, cut: None };
    for size in [1, 2, 3, 7, 1000] {
        assert_eq!(served(input, size), expected, "in pieces of {size}");
    }
}

/// The server reads these bytes, and then a request in place of the rejected one.
fn rejects(input: &[u8], before: &[u8], rejected: Rejected) {
    let read = [before, head::stand_in(b"")].concat().escape_ascii().to_string();
    let expected = Served { read, noted: vec![Noted::Rejected(rejected)], cut: None };
    for size in [1, 5, 100_000] {
        let text = input.escape_ascii();
        assert_eq!(served(input, size), expected, "{text} in pieces of {size}");
    }
}

/// The body breaks off after these bytes.
fn cuts(input: &[u8], before: &[u8], rejected: Rejected) {
    let read = before.escape_ascii().to_string();
    let expected = Served { read, noted: Vec::new(), cut: Some(rejected) };
    for size in [1, 5, 100_000] {
        let text = input.escape_ascii();
        assert_eq!(served(input, size), expected, "{text} in pieces of {size}");
    }
}

#[tokio::test]
async fn targets_are_encoded_and_the_original_is_kept() {
    passes(
        b"\r\nGET /caf\xe9?\xc3\xa9 HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n\
          GET /b HTTP/1.1\nHost: a\n\n\
          POST /\xff HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\nGET /\xe9 HTTP/1.1\r\n\
          GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /caf%E9?%C3%A9 HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n\
          GET /b HTTP/1.1\nHost: a\n\n\
          POST /%FF HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\nGET /\xe9 HTTP/1.1\r\n\
          GET /%E9 HTTP/1.1\r\nHost: a\r\n\r\n",
        &[b"/caf\xe9?\xc3\xa9", b"/\xff", b"/\xe9"],
    );
}

#[tokio::test]
async fn chunks_are_followed_and_left_alone() {
    let chunks = b"5\r\nGET /\r\n18; of=\"\xe9\"\r\nGET /\xe9 HTTP/1.1\r\n\r\n0\r\n\r\n\r\n\
                   0\r\nX: \xe9\r\n\r\n";
    let head = b"POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked \r\n\r\n";
    let after = b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n";
    let encoded = b"GET /%E9 HTTP/1.1\r\nHost: a\r\n\r\n";
    passes(
        &[&head[..], chunks, after].concat(),
        &[&head[..], chunks, encoded].concat(),
        &[b"/\xe9"],
    );
}

#[tokio::test]
async fn nothing_is_read_after_the_last_request() {
    let last: [&[u8]; 3] = [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n",
    ];
    for head in last {
        passes(&[head, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n"].concat(), head, &[]);
    }
    let kept = b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n".repeat(2);
    passes(&kept, &kept, &[]);
}

#[tokio::test]
async fn an_upgrade_is_followed_by_any_bytes() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\r\n";
    let all = [&head[..], b"\xff\x00\r\nGET * \r\n\r\n"].concat();
    passes(&all, &all, &[]);
}

#[tokio::test]
async fn heads_that_are_not_http_are_rejected() {
    let host = "Host: a\r\n";
    for line in ["GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/2.0", "GET /<> HTTP/1.1", "G\x01"] {
        rejects(format!("{line}\r\n{host}\r\n").as_bytes(), b"", Rejected::Syntax);
    }
    for lines in ["X\r\n", "X : 1\r\n", " X: 1\r\n", "X: a\r\n b\r\n", "X: a\rb\r\n", "X: a\0\r\n"]
    {
        let head = format!("GET / HTTP/1.1\r\n{host}{lines}\r\n");
        rejects(head.as_bytes(), b"", Rejected::Syntax);
    }
    rejects(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"", Rejected::Syntax);
    rejects(b"G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n", b"", Rejected::Syntax);
    let first = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    rejects(&[&first[..], b"}\r\n\r\n", first].concat(), first, Rejected::Syntax);
    let heads = ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"];
    for head in heads {
        rejects(head.as_bytes(), b"", Rejected::NoHost);
    }
    rejects(b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", b"", Rejected::Connect);
}

#[tokio::test]
async fn bodies_without_a_clear_end_are_rejected() {
    for framing in [
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "Transfer-Encoding: \x0bchunked",
        "Content-Length: +3",
        "Content-Length:",
        "Content-Length: 1, 1",
        "Content-Length: 1\r\ncontent-length: 1",
        "Content-Length: 0x1",
        "Content-Length: 18446744073709551616",
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n0\r\n\r\n");
        let why = if framing.contains('\x0b') { Rejected::Syntax } else { Rejected::Framing };
        rejects(head.as_bytes(), b"", why);
    }
    rejects(b"POST / HTTP/1.0\r\nHost: a\r\n\r\n", b"", Rejected::Framing);
    let old = b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    rejects(old, b"", Rejected::Framing);
    for framing in ["Content-Length: 1", "Transfer-Encoding: chunked"] {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n";
        rejects(format!("{head}{framing}\r\n\r\n").as_bytes(), b"", Rejected::Framing);
    }
}

#[tokio::test]
async fn large_requests_are_rejected_as_soon_as_that_is_known() {
    let begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    let fits = format!("{begin}{}\r\n\r\n", "x".repeat(HEAD_MAX - begin.len() - 4));
    assert_eq!(fits.len(), HEAD_MAX);
    passes(fits.as_bytes(), fits.as_bytes(), &[]);
    rejects(fits.replace("X:", "X: x").as_bytes(), b"", Rejected::TooLarge);
    rejects(&vec![b'a'; HEAD_MAX + 1], b"", Rejected::TooLarge);
    rejects(&vec![b'\xe9'; HEAD_MAX + 1], b"", Rejected::TooLarge);
    rejects(format!("{begin}{}", "x".repeat(HEAD_MAX)).as_bytes(), b"", Rejected::TooLarge);
    let target = "a".repeat(URL_MAX - 1);
    let fits = format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n");
    passes(fits.as_bytes(), fits.as_bytes(), &[]);
    rejects(fits.replace("/a", "/aa").as_bytes(), b"", Rejected::TooLarge);
    let latin = vec![b'\xe9'; URL_MAX];
    let latin = [b"GET /", latin.as_slice(), b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    rejects(&latin, b"", Rejected::TooLarge);
    let lines = "X: 1\r\n".repeat(97);
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    rejects(many.as_bytes(), b"", Rejected::TooLarge);
}

#[tokio::test]
async fn a_target_beyond_ascii_counts_as_it_came() {
    let target = vec![b'\xe9'; URL_MAX - 1];
    let head = [b"GET /", target.as_slice(), b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let target = [b"/", target.as_slice()].concat();
    let served = served(&head, 1000);
    assert_eq!(served.noted, [Noted::Target(target)]);
    assert!(served.read.contains("%E9") && served.read.len() > 3 * URL_MAX);
}

#[tokio::test]
async fn broken_bodies_end_where_they_break() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cut = |body: &[u8], passed: &[u8], why| {
        let after = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        cuts(&[&head[..], body, after].concat(), &[&head[..], passed].concat(), why);
    };
    cut(b"no size\r\n", b"", Rejected::Syntax);
    cut(b"5 \r\nhello\r\n0\r\n\r\n", b"", Rejected::Syntax);
    cut(b"5\nhello\r\n0\r\n\r\n", b"", Rejected::Syntax);
    cut(b"5\r\nhelloo\r\n0\r\n\r\n", b"5\r\nhello", Rejected::Syntax);
    cut(b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello", Rejected::Syntax);
    cut(b"0\r\nX\r\n\r\n", b"0\r\n", Rejected::Syntax);
    cut(b"0\r\n\n\r\n\r\n", b"0\r\n", Rejected::Syntax);
    let long = format!("1;{}\r\n", "a".repeat(2000));
    cut(long.as_bytes(), b"", Rejected::TooLarge);
    let chunk = format!("1;{}\r\nx\r\n", "a".repeat(1000));
    let fits = chunk::EXTENSIONS_MAX / 1001;
    let passed = chunk.repeat(fits);
    cut(chunk.repeat(fits + 1).as_bytes(), passed.as_bytes(), Rejected::TooLarge);
    let trailers = format!("0\r\n{}\r\n", "X: 1\r\n".repeat(40));
    cut(trailers.as_bytes(), b"0\r\n", Rejected::TooLarge);
}

#[tokio::test]
async fn a_request_waits_for_the_answer_before_it() {
    let requests = b"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    let input = Pieces { left: requests, size: 1000, ends: false };
    let mut stream = ViewerStream::new(input, PATIENCE, MIN_RATE);
    let connection = stream.connection();
    let mut room = [0; 1000];
    let mut read = |stream: &mut ViewerStream<_>| {
        let mut buf = ReadBuf::new(&mut room);
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Pin::new(stream).poll_read(&mut cx, &mut buf);
        polled.is_ready().then(|| String::from_utf8_lossy(buf.filled()).into_owned())
    };
    assert!(read(&mut stream).unwrap().starts_with("HEAD /a"));
    assert_eq!(read(&mut stream), None);
    connection.answered();
    assert!(read(&mut stream).unwrap().starts_with("GET /b"));
    assert_eq!(read(&mut stream), None);
}

/// The end of the server's bytes if the viewer sends nothing after this, and the time until then.
async fn silence(input: &'static [u8]) -> (Served, u64) {
    let input = Pieces { left: input, size: 1000, ends: false };
    let mut stream = ViewerStream::new(input, PATIENCE, MIN_RATE);
    let connection = stream.connection();
    let started = tokio::time::Instant::now();
    let (mut served, mut read) = (Served::default(), Vec::new());
    let reading = async {
        while tokio::io::AsyncReadExt::read_buf(&mut stream, &mut read).await.unwrap() > 0 {
            served.noted.extend(connection.take_noted());
            if matches!(served.noted.last(), Some(Noted::Rejected(_))) {
                break;
            }
        }
    };
    reading.await;
    served.read = read.escape_ascii().to_string();
    served.cut = connection.why_cut();
    (served, started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn slow_heads_and_bodies_come_to_an_end() {
    assert_eq!(silence(b"").await, (Served::default(), 10));
    let (served, after) = silence(b"GET / HTTP/1.1\r\nHo").await;
    assert_eq!((served.noted, after), (vec![Noted::Rejected(Rejected::TooSlow)], 10));
    let (served, after) =
        silence(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\nx").await;
    assert_eq!((served.cut, after), (Some(Rejected::TooSlow), 60));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_cut_and_one_that_is_slow_is_not() {
    for (bytes, cut) in [(100, Some(Rejected::TooSlow)), (600, None)] {
        let (mut viewer, ours) = tokio::io::duplex(64 * 1024);
        let mut stream = ViewerStream::new(ours, PATIENCE, MIN_RATE);
        let connection = stream.connection();
        let sending = async {
            let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 120000\r\n\r\n";
            tokio::io::AsyncWriteExt::write_all(&mut viewer, head).await.unwrap();
            for _ in 0..120_000 / bytes {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let piece = vec![b'x'; bytes];
                if tokio::io::AsyncWriteExt::write_all(&mut viewer, &piece).await.is_err() {
                    break;
                }
            }
            drop(viewer);
        };
        let reading = async {
            let mut read = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut read).await.unwrap();
            drop(stream);
            read.len()
        };
        let ((), read) = tokio::join!(sending, reading);
        assert_eq!(connection.why_cut(), cut, "{bytes} bytes a second");
        assert_eq!(read > 120_000, cut.is_none(), "{bytes} bytes a second: {read}");
    }
}

/// Fragments that look like requests. With them arbitrary input reaches every state.
fn traffic() -> impl Strategy<Value = Vec<u8>> {
    let fragments: Vec<&'static [u8]> = vec![
        b"GET /a\xe9 HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"Host: a\r\n",
        b"X: \xff\n",
        b"Content-Length: 4\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Upgrade: websocket\r\n",
        b"Connection: close\r\n",
        b"\r\n",
        b"4\r\nabcd\r\n",
        b"0\r\n\r\n",
        b"5;a=\"b\"\r\n",
        b"\n",
        b"\xe9",
    ];
    let fragment = prop_oneof![
        4 => proptest::sample::select(fragments).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(input in traffic(), size in 1..40_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        prop_assert_eq!(served(&input, 100_000), served(&input, size));
    }
}

/// The server reads all bytes that passed without an error.
#[actix_rt::test]
async fn the_server_rejects_no_request_that_passes() {
    let mut runner = proptest::test_runner::TestRunner::default();
    let (requests, rejected) = (Cell::new(0), Cell::new(0));
    let checked = runner.run(&traffic(), |input| {
        let (read, ends) = passed(&input, 100_000);
        let (mut codec, mut left) = (Codec::default(), BytesMut::from(read.as_slice()));
        loop {
            match codec.decode(&mut left) {
                Ok(Some(Message::Item(_))) => requests.set(requests.get() + 1),
                Ok(Some(Message::Chunk(_))) => {}
                Ok(None) => break,
                Err(error) => {
                    let read = read.escape_ascii();
                    return Err(TestCaseError::fail(format!("{error}: {read}")));
                }
            }
        }
        rejected.set(rejected.get() + usize::from(!ends.noted.is_empty()));
        Ok(())
    });
    checked.unwrap();
    assert!(requests.get() > 100 && rejected.get() > 10, "{requests:?} {rejected:?}");
}
