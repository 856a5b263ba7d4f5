use std::future::poll_fn;

use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex, empty};
use tokio::sync::mpsc;

use brink_shared::wire::Run;

use super::*;

type Message = Result<FromSandbox, ProtocolViolation>;

type Messages = Pin<Box<dyn Stream<Item = Message>>>;

/// A sandbox: its pipes, and the sender of its messages.
struct Sandbox {
    stdout: DuplexStream,
    stderr: DuplexStream,
    messages: mpsc::Sender<Message>,
    last_words: LastWords,
}

fn sandbox() -> (Sandbox, Said<Messages>) {
    let (stdout, read_stdout) = duplex(64 * 1024);
    let (stderr, read_stderr) = duplex(64 * 1024);
    let (messages, heard) = mpsc::channel(8);
    let last_words = LastWords::default();
    let output = Output {
        stdout: Box::pin(read_stdout),
        stderr: Box::pin(read_stderr),
        last_words: last_words.clone(),
    };
    let heard = stream::unfold(heard, |mut heard| async { Some((heard.recv().await?, heard)) });
    let messages_of: Messages = Box::pin(heard);
    (Sandbox { stdout, stderr, messages, last_words }, Said::new(messages_of, output))
}

impl Sandbox {
    async fn say(&self, message: FromSandbox) {
        self.messages.send(Ok(message)).await.unwrap();
    }
}

fn done(id: u64) -> FromSandbox {
    FromSandbox::Done {
        id: EventId(id),
        result: Ok(Bytes::from_static(b"\xc0")),
        run: Run::default(),
    }
}

/// A line, `started`, `done` or the end, in short.
async fn heard(said: &mut Said<impl Stream<Item = Message> + Unpin>) -> String {
    match said.next().await {
        Some(Ok(FromSandbox::Log { id, text, .. })) => {
            let id = id.map_or_else(|| "-".to_owned(), |id| id.0.to_string());
            format!("{id} {text}")
        }
        Some(Ok(FromSandbox::Started(id))) => format!("started {}", id.0),
        Some(Ok(FromSandbox::Done { id, .. })) => format!("done {}", id.0),
        Some(other) => panic!("{other:?}"),
        None => "end".to_owned(),
    }
}

#[tokio::test]
async fn a_line_belongs_to_the_event_that_runs() {
    let (mut sandbox, mut said) = sandbox();
    sandbox.stdout.write_all(b"starting\n").await.unwrap();
    assert_eq!(heard(&mut said).await, "- starting");
    sandbox.say(FromSandbox::Started(EventId(1))).await;
    assert_eq!(heard(&mut said).await, "started 1");
    // The program writes before it answers.
    sandbox.stdout.write_all(b"one\ntwo\r\npart").await.unwrap();
    sandbox.say(done(1)).await;
    assert_eq!(heard(&mut said).await, "1 one");
    assert_eq!(heard(&mut said).await, "1 two");
    assert_eq!(heard(&mut said).await, "done 1");
    sandbox.stdout.write_all(b"ial\n\n").await.unwrap();
    assert_eq!(heard(&mut said).await, "1 partial");
    assert_eq!(heard(&mut said).await, "1 ");
    sandbox.say(FromSandbox::Started(EventId(2))).await;
    assert_eq!(heard(&mut said).await, "started 2");
    // All of an event may be there before anything is read.
    sandbox.say(done(2)).await;
    sandbox.say(FromSandbox::Started(EventId(3))).await;
    assert_eq!(heard(&mut said).await, "done 2");
    sandbox.stdout.write_all(b"three\n").await.unwrap();
    sandbox.say(done(3)).await;
    assert_eq!(heard(&mut said).await, "started 3");
    assert_eq!(heard(&mut said).await, "3 three");
    assert_eq!(heard(&mut said).await, "done 3");
}

#[tokio::test]
async fn a_long_line_is_cut() {
    let (mut sandbox, mut said) = sandbox();
    let writing = tokio::spawn(async move {
        let long = vec![b'x'; 10 * LINE_MAX];
        sandbox.stdout.write_all(&long).await.unwrap();
        sandbox.stdout.write_all(b"\nnext\nlast \xff").await.unwrap();
        sandbox
    });
    let first = heard(&mut said).await;
    assert!(first.len() <= LINE_MAX + 2 && first.len() > LINE_MAX - 8 * 1024, "{}", first.len());
    assert_eq!(heard(&mut said).await, "- next");
    drop(writing.await.unwrap());
    assert_eq!(heard(&mut said).await, "- last \u{fffd}");
    assert_eq!(heard(&mut said).await, "end");
}

#[tokio::test]
async fn output_without_end_does_not_hide_messages() {
    let (sandbox, mut said) = sandbox();
    let Sandbox { mut stdout, messages, stderr: _stderr, .. } = sandbox;
    let writing = tokio::spawn(async move {
        let lines = b"line\n".repeat(10_000);
        while stdout.write_all(&lines).await.is_ok() {}
    });
    messages.send(Ok(done(7))).await.unwrap();
    let mut lines = 0;
    while heard(&mut said).await != "done 7" {
        lines += 1;
        assert!(lines < 10_000);
    }
    // Both pipes and the messages have their turn.
    messages.send(Ok(done(8))).await.unwrap();
    while heard(&mut said).await != "done 8" {}
    writing.abort();
}

#[tokio::test]
async fn the_last_words_are_known_before_the_end() {
    let of_node = "FATAL ERROR: Reached heap limit - JavaScript heap out of memory";
    for (written, words) in [
        ("panicked at main.rs:1\n\nnote: run with x\n".to_owned(), "panicked at main.rs:1"),
        (format!("{of_node}\n----- Native stack trace -----\n 1: 0xb78db3 node::x\n"), of_node),
    ] {
        let (mut sandbox, mut said) = sandbox();
        sandbox.stderr.write_all(written.as_bytes()).await.unwrap();
        let last_words = sandbox.last_words.clone();
        drop(sandbox);
        let mut lines = Vec::new();
        loop {
            match heard(&mut said).await {
                end if end == "end" => break,
                line => lines.push(line),
            }
        }
        assert_eq!(lines.len(), 3);
        assert_eq!(*last_words.lock(), words);
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_with_the_pipe_does_not_delay_the_end() {
    let (sandbox, mut said) = sandbox();
    let Sandbox { stdout: _kept, messages, .. } = sandbox;
    drop(messages);
    assert_eq!(heard(&mut said).await, "end");
}

#[tokio::test]
async fn closed_pipes_leave_the_messages() {
    let (messages, heard_messages) = mpsc::channel::<Message>(8);
    let stream =
        stream::unfold(heard_messages, |mut heard| async { Some((heard.recv().await?, heard)) });
    let output = Output {
        stdout: Box::pin(empty()),
        stderr: Box::pin(empty()),
        last_words: LastWords::default(),
    };
    let mut said = Said::new(Box::pin(stream), output);
    poll_fn(|cx| {
        assert!(said.poll_next_unpin(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    messages.send(Ok(done(1))).await.unwrap();
    assert_eq!(heard(&mut said).await, "done 1");
    drop(messages);
    assert_eq!(heard(&mut said).await, "end");
}
