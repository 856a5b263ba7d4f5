//! Every example in all runtimes that can run it: the same requests get the same answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod edge;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use brink_shared::registry::Runtime;
use brink_shared::telemetry;
use edge::{Edge, On};

/// Header lines whose values are of a moment, of a request or of a file's copy.
const OF_THE_MOMENT: [&str; 5] = ["age", "date", "etag", "last-modified", "x-amz-cf-id"];

/// How long a worker may take to find the interpreters of its machine.
const AVAILABLE_MAX: Duration = Duration::from_secs(60);

/// Where this test's servers are, at ports of the system's choice.
const LOOPBACK: &str = "127.0.0.1:";

/// A request's id has this length.
const ID_LENGTH: usize = 32;

/// A request to an example, by path and headers; with the method GET.
struct Request {
    example: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
}

const fn get(
    example: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
) -> Request {
    Request { example, path, headers }
}

const PIXEL: &str = "/experiment-pixel.jpg";
const SUNSET: &str = "/images/sunset.png";
const PRIVATE: &str = "/private/index.html";

/// Many of them, also odd ones; each is sent twice, since a cache may answer the second time.
const REQUESTS: &[Request] = &[
    get("ab-test", PIXEL, &[("cookie", "X-Experiment-A=1")]),
    get("ab-test", PIXEL, &[("cookie", "sid=5; X-Experiment-B=1; lang=en")]),
    get("ab-test", PIXEL, &[("cookie", "a=1"), ("cookie", "X-Experiment-B=1")]),
    get("ab-test", "/plain.jpg", &[]),
    get("ab-test", "/old/page", &[]),
    get("ab-test", "/old/page?x=1&y=%C3%BC", &[]),
    get("ab-test", "/nothing", &[]),
    get("bot-images", SUNSET, &[("referer", "https://crawler.example.net/seen")]),
    get("bot-images", SUNSET, &[("referer", "HTTP://Bot.Example.org")]),
    get("bot-images", SUNSET, &[("referer", "https://crawler.example.net.evil.example/")]),
    get("bot-images", SUNSET, &[("referer", "crawler.example.net")]),
    get("bot-images", SUNSET, &[]),
    get("bot-images", "/images/lowest/sunset.png", &[("referer", "http://bot.example.org:80/")]),
    get("credentials", PRIVATE, &[("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")]),
    get("credentials", PRIVATE, &[("authorization", "Basic YWxpY2U6Z3Vlc3M=")]),
    get("credentials", PRIVATE, &[("authorization", "nonsense")]),
    get("credentials", PRIVATE, &[]),
    get("device", "/hero.svg", &[("user-agent", "Mozilla/5.0 (iPhone) Mobile/15E148")]),
    get("device", "/hero.svg", &[("user-agent", "Mozilla/5.0 (Linux; Android 14) Safari")]),
    get("device", "/hero.svg", &[("user-agent", "Mozilla/5.0 (Linux; Android 14) Mobile")]),
    get("device", "/hero.svg", &[]),
    get("generated-origin", "/report/2024", &[]),
    get("generated-origin", "/report/0001", &[]),
    get("generated-origin", "/report/20245", &[]),
    get("generated-origin", "/report/%D9%A1%D9%A2%D9%A3%D9%A4", &[]),
    get("generated-viewer", "/hello?name=Ada", &[]),
    get("generated-viewer", "/hello?name=%3Cscript%3E+%26+%22quotes%22+%27", &[]),
    get("generated-viewer", "/hello?name=%C3%BC%F0%9F%98%80", &[]),
    get("generated-viewer", "/hello?name=%ff%zz%", &[]),
    get("generated-viewer", "/hello?name=&name=Ada", &[]),
    get("generated-viewer", "/hello?a=1&%6eame=a=b;c", &[]),
    get("generated-viewer", "/hello", &[]),
    get("product-color", "/jacket.svg", &[("cookie", "color=red")]),
    get("product-color", "/jacket.svg", &[("cookie", "cart=7"), ("cookie", "x; color=green")]),
    get("product-color", "/jacket.svg", &[("cookie", "color=../../function/index")]),
    get("product-color", "/jacket.svg", &[("cookie", "color")]),
    get("security-headers", "/", &[]),
    get("security-headers", "/nothing", &[]),
    get("token", "/echo/account?x=1", &[("authorization", "Bearer demo-token-alice")]),
    get("token", "/echo/account", &[("authorization", "bearer demo-token-bob")]),
    get("token", "/echo/account", &[("cookie", "a=1; token=demo-token-bob")]),
    get("token", "/echo/account", &[("cookie", "xtoken=demo-token-bob")]),
    get("token", "/echo/account", &[("authorization", "Bearer stolen"), ("x-user", "alice")]),
    get("token", "/cache/60", &[("cookie", "token=demo-token-alice")]),
    get("token", "/cache/60", &[("cookie", "token=demo-token-bob"), ("x-user", "alice")]),
];

/// An answer without what is of the moment.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, Vec<String>>,
    body: String,
}

#[actix_rt::test]
async fn every_example_gives_the_same_answers_in_all_runtimes() {
    // `BRINK_LOG=debug` shows why a function fails.
    if let Ok(filter) = std::env::var("BRINK_LOG") {
        telemetry::log_to_stderr(telemetry::LogFormat::Text, &filter).unwrap();
    }
    let expected = answers(Runtime::Boa, &[]).await;
    for runtime in [Runtime::Nodejs, Runtime::Python] {
        let got = answers(runtime, &expected).await;
        assert_eq!(expected.len(), got.len());
    }
}

/// The answers to all requests in one runtime. They are compared as they come, if some are
/// expected: where nothing starts, each takes seconds.
async fn answers(runtime: Runtime, expected: &[Answer]) -> Vec<Answer> {
    let mut names: Vec<_> = REQUESTS.iter().map(|request| request.example).collect();
    names.dedup();
    let mut edge = Edge::examples(&names, runtime, On::Nats).await;
    available(&edge).await;
    let mut answers = Vec::new();
    for request in REQUESTS {
        for time in 1..=2 {
            let Request { example, path, headers } = request;
            let answer = request.send(&edge).await;
            if let Some(expected) = expected.get(answers.len()) {
                let words = format!("{example} {path} {headers:?}, time {time}");
                assert_eq!(expected, &answer, "{words} in boa (left) and {}", runtime.name());
            }
            answers.push(answer);
        }
    }
    edge.stop_origins().await;
    let alice = &[("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")];
    let away = get("credentials", PRIVATE, alice).send(&edge).await;
    assert_eq!((away.status, away.body.as_str()), (503, "please try again later\n"));
    edge.stop().await;
    answers
}

/// Waits until the worker has found its interpreters and says so: until then nothing runs in them.
async fn available(edge: &Edge) {
    let begun = Instant::now();
    while get("token", "/echo/account", &[]).send(edge).await.status == 503 {
        assert!(begun.elapsed() < AVAILABLE_MAX, "no worker has the runtime");
        sleep(Duration::from_millis(50)).await;
    }
}

// === impl Request ===

impl Request {
    async fn send(&self, edge: &Edge) -> Answer {
        let mut ask = edge.get(self.path);
        ask = ask.header("host", &format!("{}.example", self.example));
        for (name, value) in self.headers {
            ask = ask.header(name, value);
        }
        let reply = ask.send().await;
        let mut headers = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in reply.headers() {
            let is_of_the_moment = OF_THE_MOMENT.contains(&name.as_str());
            let value = if is_of_the_moment { "..." } else { value.as_str() };
            headers.entry(name.clone()).or_default().push(value.to_owned());
        }
        let body = without_ids(&without_ports(&String::from_utf8_lossy(reply.body())));
        Answer { status: reply.status(), headers, body }
    }
}

/// The text without the ports of servers of this test.
fn without_ports(text: &str) -> String {
    let mut pieces = text.split(LOOPBACK);
    let mut short = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        short.push_str(LOOPBACK);
        short.push_str(piece.trim_start_matches(|character: char| character.is_ascii_digit()));
    }
    short
}

/// The text with a word in place of each request's id.
fn without_ids(text: &str) -> String {
    let is_of_id = |character: char| character.is_ascii_alphanumeric() || "-_=".contains(character);
    let words = text.split_inclusive(|character| !is_of_id(character));
    words
        .map(|word| match word.trim_end_matches(|character| !is_of_id(character)) {
            id if id.len() == ID_LENGTH => word.replace(id, "ID"),
            _ => word.to_owned(),
        })
        .collect()
}
