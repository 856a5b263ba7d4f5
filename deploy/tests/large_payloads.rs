//! Bodies of a megabyte through a cluster whose NATS server carries what NATS carries by default,
//! which is less than such a body's event or answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/site.rs"]
mod site;
#[path = "support/tool.rs"]
mod tool;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};
use site::{DEFAULT_MAX_PAYLOAD, Site};
use tool::{SOON, brink, folder, get_until, stderr, stdout};

/// The contract's largest body, and the largest that travels in one event.
const BODY: usize = 1024 * 1024;

/// What a function may generate: headers count too.
const GENERATED: usize = BODY - 200;

const HANDLER: &str = "exports.handler = async (event) => {\n\
    const { request } = event.Records[0].cf;\n\
    if (request.uri === '/generated') {\n\
      return { status: '200', body: 'g'.repeat(Number(request.querystring)) };\n\
    }\n\
    const { data, inputTruncated } = request.body;\n\
    if (inputTruncated) { return { status: '500', body: 'truncated' }; }\n\
    if (request.uri === '/replaced') {\n\
      request.body = { action: 'replace', encoding: 'base64', data: data.slice(4) + 'ZW5k' };\n\
      return request;\n\
    }\n\
    return { status: '200', body: String(data.length) };\n\
};";

/// An origin that answers with the body that it was sent.
fn echo_origin() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.and_then(echo);
        }
    });
    address
}

fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &body].concat())
}

/// A viewer's POST: the status and the body that comes back.
fn post(address: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer.split_off(end + 4))
}

async fn site() -> Site {
    let site = Site::start_on(Some(DEFAULT_MAX_PAYLOAD)).await;
    let settings = json!({ "timeout": "30s", "memory_mb": 256 });
    let version = site.publish("bodies", HANDLER, settings).await;
    let function = json!({ "function": version, "include_body": true });
    let behavior = json!({
        "path": "*", "origin": "web", "methods": "all",
        "cache": { "query_strings": "all", "default_ttl": "0s" },
        "functions": { "origin-request": function }
    });
    let origins = json!({ "web": { "url": format!("http://{}", echo_origin()) } });
    let document = json!({ "id": "shop", "origins": origins, "behaviors": [behavior] });
    let applied = site.admin("distribution.apply", json!({ "distribution": document })).await;
    assert!(applied.get("ok").is_some(), "{applied}");
    get_until(&site.address, "/generated?3", |answer| answer.body == "ggg");
    site
}

#[actix_rt::test]
async fn a_body_of_the_largest_size_goes_both_ways() {
    let site = site().await;
    let body: Vec<u8> = (0..BODY).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect();

    let (status, seen) = post(&site.address, "/counted", &body);
    assert_eq!((status, seen), (200, BODY.div_ceil(3).strict_mul(4).to_string().into_bytes()));

    let (status, came) = post(&site.address, "/replaced", &body[..BODY - 1]);
    assert_eq!(status, 200);
    assert!(came == [&body[3..BODY - 1], b"end"].concat(), "{} bytes", came.len());

    let answer = tool::get(&site.address, &format!("/generated?{GENERATED}"), "");
    assert_eq!((answer.status, answer.body.len()), (200, GENERATED), "{}", answer.head);
}

#[actix_rt::test]
async fn large_bodies_of_many_viewers_come_whole() {
    let site = site().await;
    let viewers: Vec<_> = (0..24_u8)
        .map(|viewer| {
            let address = site.address.clone();
            std::thread::spawn(move || {
                let body = vec![viewer; BODY - 1];
                let (status, came) = post(&address, "/replaced", &body);
                (status, came.len(), came.iter().filter(|byte| **byte == viewer).count())
            })
        })
        .collect();
    for viewer in viewers {
        assert_eq!(viewer.join().unwrap(), (200, BODY - 1, BODY - 4));
    }
}

#[actix_rt::test]
async fn a_large_event_is_invoked_by_hand() {
    let site = site().await;
    let source =
        "exports.handler = async (event) => ({ seen: event.text.length, text: event.text });";
    site.publish("echo", source, json!({})).await;
    let event = json!({ "text": "e".repeat(2 * BODY) }).to_string();
    let dir = folder(&[("event.json", &event)]);
    let path = dir.path().join("event.json").display().to_string();
    let url = site.nats.url();
    let output = brink(&["function", "invoke", "echo", "--event", &path, "--nats", &url]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"]["seen"], 2 * BODY);
    assert_eq!(report["ok"]["text"].as_str().map(str::len), Some(2 * BODY));

    let event = json!({ "text": "e".repeat(9 * BODY) }).to_string();
    tool::write(dir.path(), "event.json", &event);
    let output = brink(&["function", "invoke", "echo", "--event", &path, "--nats", &url]);
    let said = stderr(&output);
    assert!(said.contains("the limit is 8388608"), "{said}");
}
