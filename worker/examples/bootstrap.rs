//! A `bootstrap` in Rust, for functions of the runtime `provided`. It needs the standard library only.
//!
//! ```console
//! $ cargo build --release --target x86_64-unknown-linux-musl --example bootstrap
//! ```
//!
//! A function that does more takes a client for Lambda, such as the crate `lambda_runtime`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

/// Longest event that this program takes, in bytes.
const EVENT_MAX: usize = 8 * 1024 * 1024;

/// A connection to the Lambda Runtime API.
struct RuntimeApi {
    stream: BufReader<TcpStream>,
    host: String,
}

/// An answer of the API.
struct Reply {
    status: u16,
    request_id: String,
    body: String,
}

fn main() -> ExitCode {
    match serve() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bootstrap: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<ExitCode> {
    let host = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?;
    let mut api = RuntimeApi::connect(host)?;
    loop {
        let event = api.ask("GET", "invocation/next", "")?;
        println!("event {}", event.request_id);
        let path = |what: &str| format!("invocation/{}/{what}", event.request_id);
        match event.body.as_str() {
            "\"exit\"" => return Ok(ExitCode::from(7)),
            "\"fail\"" => {
                let error = r#"{"errorType": "Refused", "errorMessage": "as it was asked"}"#;
                api.ask("POST", &path("error"), error)?
            }
            body => api.ask("POST", &path("response"), &format!(r#"{{"got": {body}}}"#))?,
        };
    }
}

// === impl RuntimeApi ===

impl RuntimeApi {
    fn connect(host: String) -> io::Result<Self> {
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host })
    }

    /// Sends a request, and waits for its answer as long as it takes.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<Reply> {
        let request = format!(
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let reply = self.read()?;
        match reply.status {
            200..300 => Ok(reply),
            status => Err(io::Error::other(format!("{method} {path}: {status} {}", reply.body))),
        }
    }

    fn read(&mut self) -> io::Result<Reply> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("the answer has no status"))?;
        let (mut length, mut request_id) = (0, String::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
                "lambda-runtime-aws-request-id" => request_id = value.trim().to_owned(),
                _ => {}
            }
        }
        if length > EVENT_MAX {
            return Err(io::Error::other(format!("an event of {length} bytes")));
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body = String::from_utf8(body).map_err(io::Error::other)?;
        Ok(Reply { status, request_id, body })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the API closed the connection"));
        }
        Ok(line.trim_end().to_owned())
    }
}
