//! Clients of the Runtime API as they are: Lambda's own for Python, and a script with curl.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/runtime_api.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use brink_frames::FromSandbox;
use brink_frames::lambda_environment::{Surroundings, variables};
use brink_worker::sandbox::in_flight::ProtocolViolation;
use brink_worker::sandbox::output::{LastWords, Output, Said};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use support::{Api, RESPONSE_MAX, load};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runtime_api");

/// A bootstrap that runs outside of a sandbox, with the environment of Lambda.
struct Bootstrap {
    api: Api,
    child: Child,
    last_words: LastWords,
    /// The lines that it wrote, each with its event.
    lines: Vec<String>,
}

impl Bootstrap {
    async fn start(program: &str, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let mut api = Api::start().await;
        let surroundings = Surroundings {
            runtime_api: Some(api.address),
            task_root: Some(FILES),
            ..Surroundings::default()
        };
        let mut environment: BTreeMap<String, String> = variables(&load(), &surroundings);
        // Only in a sandbox the libraries are those of Lambda's.
        environment.remove("LD_LIBRARY_PATH");
        environment.insert("PATH".to_owned(), std::env::var("PATH").unwrap());
        environment.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .current_dir(FILES)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}: this test runs it"));
        let last_words = LastWords::default();
        let output = Output {
            stdout: Box::pin(child.stdout.take().unwrap()),
            stderr: Box::pin(child.stderr.take().unwrap()),
            last_words: last_words.clone(),
        };
        let (nothing, empty) = (futures_util::stream::empty(), &mut api.heard);
        let heard = std::mem::replace(empty, Box::pin(nothing)).map(Ok::<_, ProtocolViolation>);
        api.heard = Box::pin(Said::new(Box::pin(heard), output).map(Result::unwrap));
        Self { api, child, last_words, lines: Vec::new() }
    }

    /// The next message that is not a line.
    async fn message(&mut self) -> FromSandbox {
        loop {
            match self.api.message().await {
                FromSandbox::Log { id, text, .. } => {
                    let id = id.map_or_else(|| "-".to_owned(), |id| id.0.to_string());
                    self.lines.push(format!("{id} {text}"));
                }
                other => return other,
            }
        }
    }

    async fn expect_loaded(&mut self) {
        let message = self.message().await;
        assert!(matches!(message, FromSandbox::Loaded { .. }), "{message:?}");
    }

    /// Runs an event. Returns its value, or the type and the message of its error.
    async fn run(&mut self, id: u64, event: &Value) -> Result<Value, (String, String)> {
        self.api.invoke(id, &event.to_string());
        let started = self.message().await;
        assert!(matches!(started, FromSandbox::Started(_)), "{started:?}");
        match self.message().await {
            FromSandbox::Done { result, .. } => result
                .map(|value| brink_shared::wire::decode_value(&value).unwrap())
                .map_err(|failure| (failure.error_type, failure.message)),
            other => panic!("{other:?}"),
        }
    }

    /// Waits for the process to end, and reads its last lines.
    async fn exit_code(&mut self) -> Option<i32> {
        let status = self.child.wait().await.unwrap();
        while !self.lines.iter().any(|line| line.contains("leaving")) {
            match self.api.message().await {
                FromSandbox::Log { text, .. } => self.lines.push(text),
                other => panic!("{other:?}"),
            }
        }
        status.code()
    }
}

async fn awslambdaric(handler: &str) -> Bootstrap {
    let packages = brink_testing::pypi::installed("python3", &["awslambdaric==4.2.2"]);
    let more = [("PYTHONPATH", packages.to_str().unwrap()), ("PYTHONDONTWRITEBYTECODE", "1")];
    Bootstrap::start("python3", &["-m", "awslambdaric", handler], &more).await
}

#[tokio::test]
async fn awslambdaric_serves_events() {
    let mut bootstrap = awslambdaric("app.handler").await;
    bootstrap.expect_loaded().await;
    let event = json!({"do": "answer", "text": "\u{e4}"});
    let value = bootstrap.run(1, &event).await.unwrap();
    let expected = json!({
        "event": event,
        "name": "greeter",
        "version": "3",
        "memory": "256",
        "arn": "arn:aws:lambda:us-east-1:000000000000:function:greeter:3",
        "group": "/aws/lambda/greeter",
        "left": true,
        "decimal": 1.5,
        "text": "\u{e4}\u{1f600}",
        "root": FILES,
        "trace": true,
    });
    assert_eq!(value, expected);
    assert_eq!(bootstrap.lines[0], "1 one request-1");
    assert!(bootstrap.lines[1].starts_with("1 [WARNING]\t"), "{:?}", bootstrap.lines);

    let (error_type, message) = bootstrap.run(2, &json!({"do": "raise"})).await.unwrap_err();
    assert_eq!((&*error_type, &*message), ("ValueError", "no: \u{e4}"));
    let (error_type, _) = bootstrap.run(3, &json!({"do": "stream"})).await.unwrap_err();
    assert_eq!(error_type, "Runtime.MarshalError");
    let length = RESPONSE_MAX - 2;
    let value = bootstrap.run(4, &json!({"do": "large", "length": length})).await.unwrap();
    assert_eq!(value.as_str().unwrap().len() as u64, length);
    let larger = json!({"do": "large", "length": length + 1});
    let (error_type, _) = bootstrap.run(5, &larger).await.unwrap_err();
    assert_eq!(error_type, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn awslambdaric_says_that_it_cannot_start() {
    let mut bootstrap = awslambdaric("absent.handler").await;
    let FromSandbox::StartFailed(failure) = bootstrap.message().await else { panic!() };
    assert_eq!(failure.error_type, "Runtime.ImportModuleError");
    assert!(failure.message.contains("No module named 'absent'"), "{failure:?}");
    let status = bootstrap.child.wait().await.unwrap();
    assert_eq!(status.code(), Some(1));
}

#[tokio::test]
async fn a_script_with_curl_serves_events() {
    assert!(Path::new(FILES).join("bootstrap.sh").is_file());
    let mut bootstrap = Bootstrap::start("sh", &["bootstrap.sh"], &[]).await;
    bootstrap.expect_loaded().await;
    assert_eq!(bootstrap.lines, ["- starting app.handler of greeter:3"]);
    let value = bootstrap.run(1, &json!({"a": [1, 2]})).await.unwrap();
    assert_eq!(value, json!({"got": {"a": [1, 2]}}));
    assert_eq!(bootstrap.lines[1..], ["1 event request-1"]);
    let (error_type, message) = bootstrap.run(2, &json!("fail")).await.unwrap_err();
    assert_eq!((&*error_type, &*message), ("Refused", "I was told to"));
    bootstrap.api.invoke(3, "\"exit\"");
    let started = bootstrap.message().await;
    assert!(matches!(started, FromSandbox::Started(_)), "{started:?}");
    assert_eq!(bootstrap.exit_code().await, Some(7));
    assert_eq!(*bootstrap.last_words.lock(), "leaving");
}
