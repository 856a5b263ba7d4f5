//! Malformed requests. The gateway must reject them, and must never read two requests in one.

use rand::Rng as _;
use rand::rngs::StdRng;

/// A request that hides a second one. The gateway must never serve the second one.
pub fn request(rng: &mut StdRng) -> Vec<u8> {
    let inner = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let line = "POST /a HTTP/1.1";
    let mut of = |choices: &[&str]| choices[rng.random_range(0..choices.len())].to_owned();
    let framing = match of(&[
        "coding", "length", "both", "names", "syntax", "host", "target", "chunks", "old", "size",
    ])
    .as_str()
    {
        "coding" => {
            let coding = of(&[
                "xchunked",
                "chunked, identity",
                "identity, chunked",
                "chunked;q=1",
                "chunked,",
                "gzip, chunked",
                "gzip",
                "identity",
                "\"chunked\"",
                "chunked chunked",
                "\x0bchunked",
                "chunked\0",
                "",
                "chunked\r\nTransfer-Encoding: chunked",
                "chunked\r\nTransfer-Encoding: x",
                "x\r\ntransfer-encoding: chunked",
            ]);
            format!("{line}\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n")
        }
        "length" => {
            let length = of(&[
                "+5",
                "-5",
                "5,5",
                "5, 5",
                "5 5",
                "0x5",
                "5.0",
                "",
                "five",
                "1e1",
                "18446744073709551616",
                "5\r\nContent-Length: 5",
                "5\r\ncontent-length: 0",
                "\x0b5",
            ]);
            format!("{line}\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
        }
        "both" => {
            let (one, two) = ("Content-Length: 5", "Transfer-Encoding: chunked");
            let order = of(&["1", "2"]);
            let (one, two) = if order == "1" { (one, two) } else { (two, one) };
            format!("{line}\r\nHost: a\r\n{one}\r\n{two}\r\n\r\n0\r\n\r\n")
        }
        "names" => {
            let name = of(&[
                "Transfer-Encoding : chunked",
                " Transfer-Encoding: chunked",
                "Transfer Encoding: a",
                "Content-Length : 5",
                ": a",
                "Transfer-Encoding\r\n : chunked",
                "X: a\r\n b",
                "no colon",
                "X: a\rContent-Length: 5",
                "X: a\0",
                "X\0: a",
                "(X): a",
                "Content-Length\t: 5",
            ]);
            format!("{line}\r\nHost: a\r\n{name}\r\n\r\n")
        }
        "syntax" => {
            let line = of(&[
                "GET",
                "GET /",
                "GET / HTTP/1.2",
                "GET / HTTP/2.0",
                "GET / http/1.1",
                "GET /  HTTP/1.1",
                " GET / HTTP/1.1",
                "GET\t/ HTTP/1.1",
                "GET / HTTP/1.1 x",
                "G\u{e9}T / HTTP/1.1",
                "GET /\x01 HTTP/1.1",
                "\x16\x03\x01\x02",
                "GET / HTTP/1.1\r",
                "PRI * HTTP/2.0",
                "\0",
            ]);
            format!("{line}\r\nHost: a\r\n\r\n")
        }
        "host" => {
            let host = of(&[
                "a b",
                "a/b",
                "u@a",
                "a, b",
                "[::1",
                "",
                "a:b",
                "a:70000",
                "a\r\nHost: a",
                "\u{e9}",
            ]);
            format!("GET /a HTTP/1.1\r\nHost: {host}\r\n\r\n")
        }
        "target" => {
            let target = of(&[
                "*",
                "a:80",
                "a",
                "ftp://a/",
                "/<",
                "/ /",
                "http://u@a/",
                "http:///a",
                "//[/",
            ]);
            // A path may begin with two slashes.
            let target = if target == "//[/" { "/\"<>\"" } else { &target };
            format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        "chunks" => {
            let chunks = of(&[
                "5 \r\nhello\r\n0\r\n\r\n",
                "5\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n",
                "5\r\nhello!\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n",
                "5;\r\nhello\r\n0\r\n\r\n",
                "5;a=\"\r\nhello\r\n0\r\n\r\n",
                "\r\n0\r\n\r\n",
                "0\r\nX\r\n\r\n",
                "0\n\n",
                "0\r\nX: a\nY: b\r\n\r\n",
                "fffffffffffffffff\r\n",
                "5;a\rb\r\nhello\r\n0\r\n\r\n",
                "00000000000000000\r\n\r\n",
            ]);
            format!("{line}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")
        }
        "old" => {
            let old = of(&["Transfer-Encoding: chunked", "X: a", "Connection: keep-alive"]);
            format!("POST /a HTTP/1.0\r\nHost: a\r\n{old}\r\n\r\n0\r\n\r\n")
        }
        _ => {
            let part = of(&["line", "header", "lines", "chunk", "trailer"]);
            let (many, lines) = ("a".repeat(21_000), "X: a\r\n".repeat(99));
            match part.as_str() {
                "line" => format!("GET /{many} HTTP/1.1\r\nHost: a\r\n\r\n"),
                "header" => format!("GET /a HTTP/1.1\r\nHost: a\r\nX: {many}\r\n\r\n"),
                "lines" => format!("GET /a HTTP/1.1\r\nHost: a\r\n{lines}\r\n"),
                "chunk" => {
                    format!("{line}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;{many}\r\n")
                }
                _ => format!(
                    "{line}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{lines}\r\n"
                ),
            }
        }
    };
    format!("{framing}{inner}").into_bytes()
}
