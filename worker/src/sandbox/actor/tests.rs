//! The test plays the sandbox, and says what a taken-over sandbox could say.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use brink_shared::limits::{LOG_RATE_DEFAULT, LOG_SIZE_DEFAULT, Limits, SUBREQUESTS_DEFAULT};
use brink_shared::wire::{self, FailureKind, Payload, Verdict};

use super::flood::{FRAME_COST, READ_FACTOR};
use super::heard::LOG_SLACK;
use super::*;
use crate::cgroup::Delegated;
use crate::egress::Egress;
use crate::meter::Meter;
use crate::pending::{Ended, Event};
use crate::runtime::SandboxKind;
use brink_frames::{CallId, CallRequest, EventId, FromSandbox, Holder, LogLevel};

const LONG: Duration = Duration::from_secs(20);

/// The sandbox's own end of its socket, and everything on the other side.
struct Played {
    frames: FramedRead<OwnedReadHalf, LengthDelimitedCodec>,
    out: FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>,
    actor: Addr<SandboxActor>,
    queue: Rc<RefCell<Queue>>,
    news: mpsc::Receiver<News>,
}

impl Played {
    /// A sandbox that loaded a function with this timeout.
    async fn loaded(timeout: Duration) -> Self {
        Self::in_process(Process::idle().unwrap(), timeout).await
    }

    async fn in_process(process: Process, timeout: Duration) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (read, write) = ours.into_split();
        let blank = Blank {
            process,
            reader: FramedRead::new(read, brink_frames::codec()),
            writer: FramedWrite::new(write, brink_frames::codec()),
            dialect: Dialect::Frames,
            layers: Vec::new(),
            descriptors: Descriptors::default(),
            folder: None,
            output: None,
        };
        let duty = Duty {
            name: "ab-test:3".to_owned(),
            kind: SandboxKind::EMBEDDED,
            timeout,
            memory_mb: 128,
            limits: Limits::default(),
            log_rate: RefCell::default(),
            environments: 2,
            load: Loading::Frame(Bytes::from_static(b"load")),
            egress: Egress::new(&[]),
            log_level: LogLevel::Trace,
            logs: None,
            inspector: None,
        };
        let queue = Rc::new(RefCell::new(Queue::new(100)));
        let (actor, _, news) = SandboxActor::begin(blank, Rc::new(duty), queue.clone());
        let (read, write) = theirs.into_split();
        let mut played = Self {
            frames: FramedRead::new(read, brink_frames::codec()),
            out: FramedWrite::new(write, brink_frames::codec()),
            actor,
            queue,
            news,
        };
        played.frames.next().await.unwrap().unwrap();
        played.say(FromSandbox::Loaded { init_us: 1 }).await;
        assert!(matches!(played.news.recv().await, Some(News::Loaded(1))));
        played
    }

    async fn say(&mut self, frame: FromSandbox) {
        self.out.send(wire::encode(&frame).unwrap()).await.unwrap();
    }

    /// Queues an event.
    async fn event(&self, within: Duration) -> oneshot::Receiver<Ended> {
        let event = Event {
            request_id: "r".to_owned(),
            trigger: Trigger::ViewerRequest,
            timeout: LONG,
            within,
            payload: Payload::Json(Bytes::from_static(b"{}")),
            fresh: false,
        };
        let meter = Rc::new(Meter::new("ab-test:3".parse().unwrap()));
        let (pending, ended) = Pending::from_here(event, meter);
        assert!(self.queue.borrow_mut().push(pending, Instant::now()).is_none());
        self.actor.send(Feed).await.unwrap();
        ended
    }

    /// The next event that reached the sandbox.
    async fn invoked(&mut self) -> EventId {
        let bytes = timeout(LONG, self.frames.next()).await.unwrap();
        match wire::decode(&bytes.unwrap().unwrap()).unwrap() {
            ToSandbox::Invoke(invoke) => invoke.id,
            other => panic!("{other:?}"),
        }
    }

    async fn gone(&mut self) {
        let news = timeout(LONG, self.news.recv()).await.unwrap();
        assert!(matches!(news, Some(News::Gone { lost: Some(_) })), "{news:?}");
    }
}

async fn verdict(ended: oneshot::Receiver<Ended>) -> Verdict {
    timeout(LONG, ended).await.unwrap().unwrap().verdict
}

async fn failure(ended: oneshot::Receiver<Ended>) -> Failure {
    match verdict(ended).await {
        Verdict::Failed { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

#[actix_rt::test]
async fn the_event_that_overran_fails_the_others_are_lost_or_wait_again() {
    let mut sandbox = Played::loaded(Duration::from_millis(300)).await;
    let guilty = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let innocent = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    let waiting = sandbox.event(LONG).await;
    let failure = failure(guilty).await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(failure.kind, FailureKind::Limit);
    assert_eq!(failure.error_type, "Sandbox.Timedout");
    let (ran, said) = failure.message.split_once(", ").unwrap();
    assert!(ran.starts_with("ab-test:3 ran for 3"), "{ran}");
    assert_eq!(said, "over its limit of 300ms; raise timeout (at most 5s at viewer triggers)");
    assert_eq!(verdict(innocent).await, Verdict::Lost);
    sandbox.gone().await;
    assert_eq!(sandbox.queue.borrow().len(), 1);
    drop(waiting);
}

#[actix_rt::test]
async fn events_that_were_not_begun_go_back_to_the_queue() {
    let mut sandbox = Played::loaded(Duration::from_millis(100)).await;
    let guilty = sandbox.event(LONG).await;
    let waiting = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    assert_eq!(failure(guilty).await.error_type, "Sandbox.Timedout");
    sandbox.gone().await;
    assert_eq!(sandbox.queue.borrow().len(), 1);
    drop(waiting);
}

#[actix_rt::test]
async fn a_sandbox_that_hangs_up_fails_the_one_event_that_ran() {
    let mut sandbox = Played::loaded(LONG).await;
    let event = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    let Played { frames, out, .. } = sandbox;
    drop((frames, out));
    let failure = failure(event).await;
    assert_eq!(failure.kind, FailureKind::Execution);
    assert_eq!(failure.error_type, "Runtime.ExitError");
    assert!(failure.message.contains("signal 9"), "{}", failure.message);
}

#[actix_rt::test]
async fn a_sandbox_that_the_kernel_ends_over_its_memory_fails_with_that_reason() {
    let group = tempfile::tempdir().unwrap();
    std::fs::write(group.path().join("cgroup.controllers"), "memory pids").unwrap();
    std::fs::write(group.path().join("cgroup.procs"), "7").unwrap();
    let cgroup = Delegated::at(group.path().to_owned(), 7).unwrap().sandbox(8).unwrap();
    cgroup.limit_memory(128).unwrap();
    let process = Process::grouped(cgroup).unwrap();
    let mut sandbox = Played::in_process(process, LONG).await;
    let event = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    std::fs::write(group.path().join("sandbox-0/memory.events"), "oom 1\noom_kill 2\n").unwrap();
    let Played { frames, out, .. } = sandbox;
    drop((frames, out));
    let failure = failure(event).await;
    assert_eq!(failure.kind, FailureKind::Limit);
    assert_eq!(failure.error_type, "Runtime.OutOfMemory");
    assert!(failure.message.contains("384 MB"), "{}", failure.message);
}

#[actix_rt::test]
async fn a_sandbox_that_lies_is_killed() {
    let unknown = EventId(99);
    let run = Run::default();
    let value = Ok(Bytes::from_static(b"\xc0"));
    let impossible = [
        FromSandbox::Blank(Vec::new()),
        FromSandbox::Loaded { init_us: 0 },
        FromSandbox::StartFailed(crate::event_failure::too_slow(
            "ab-test:3",
            None,
            &Limits::default(),
        )),
        FromSandbox::Started(unknown),
        FromSandbox::Done { id: unknown, result: value, run },
        FromSandbox::Log { id: Some(unknown), level: LogLevel::Info, text: String::new() },
        FromSandbox::Cancel(CallId(0)),
    ];
    for frame in impossible {
        let mut sandbox = Played::loaded(LONG).await;
        let event = sandbox.event(LONG).await;
        let id = sandbox.invoked().await;
        sandbox.say(FromSandbox::Started(id)).await;
        sandbox.say(frame.clone()).await;
        let failure = failure(event).await;
        assert!(failure.message.contains("protocol"), "{frame:?}: {}", failure.message);
        sandbox.gone().await;
    }
}

#[actix_rt::test]
async fn bytes_that_are_no_frame_kill_the_sandbox() {
    let mut sandbox = Played::loaded(LONG).await;
    sandbox.out.send(Bytes::from_static(b"no frame")).await.unwrap();
    sandbox.gone().await;
}

#[actix_rt::test]
async fn a_sandbox_that_begins_nothing_is_killed_and_the_event_sent_elsewhere() {
    let mut sandbox = Played::loaded(LONG).await;
    let event = sandbox.event(Duration::from_millis(100)).await;
    sandbox.invoked().await;
    assert_eq!(verdict(event).await, Verdict::Busy);
    sandbox.gone().await;
}

/// A call that is rejected at once.
fn nowhere() -> CallRequest {
    CallRequest {
        method: "GET".to_owned(),
        url: "ftp://nowhere.example/".to_owned(),
        target: Bytes::new(),
        headers: Vec::new(),
        body: Bytes::new(),
        redirect: Default::default(),
    }
}

#[actix_rt::test]
async fn each_environment_that_starts_may_call() {
    let mut sandbox = Played::loaded(LONG).await;
    let mut calls = 0;
    for _ in 0..2 {
        for n in 1..=SUBREQUESTS_DEFAULT + 1 {
            calls += 1;
            let request = nowhere();
            sandbox.say(FromSandbox::Call { call: CallId(calls), id: None, request }).await;
            let bytes = timeout(LONG, sandbox.frames.next()).await.unwrap().unwrap().unwrap();
            let ToSandbox::CallDone { result: Err(why), .. } = wire::decode(&bytes).unwrap() else {
                panic!("call {calls} is not rejected");
            };
            let rejected = why.message.contains("; raise limits.subrequests (at most 1000)");
            assert_eq!(rejected, n > SUBREQUESTS_DEFAULT, "{why}");
        }
        drop(sandbox.event(LONG).await);
        // Nothing more is sent to a sandbox that takes long to begin an event.
        let id = sandbox.invoked().await;
        sandbox.say(FromSandbox::Started(id)).await;
    }
}

#[actix_rt::test]
async fn a_call_may_be_cancelled_too_late_but_not_all_the_time() {
    let mut sandbox = Played::loaded(LONG).await;
    let event = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    let (call, request) = (CallId(7), nowhere());
    sandbox.say(FromSandbox::Call { call, id: Some(id), request }).await;
    timeout(LONG, sandbox.frames.next()).await.unwrap().unwrap().unwrap();
    let begun = Instant::now();
    // What is read of a sandbox in a second.
    for _ in 0..READ_FACTOR * LOG_RATE_DEFAULT / FRAME_COST as u64 {
        sandbox.say(FromSandbox::Cancel(call)).await;
    }
    let result = Ok(Bytes::from_static(b"\xc0"));
    sandbox.say(FromSandbox::Done { id, result, run: Run::default() }).await;
    assert!(matches!(verdict(event).await, Verdict::Returned { .. }));
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(500), "{took:?}");
}

#[actix_rt::test]
async fn logs_are_bounded_and_come_with_the_end() {
    let most = LOG_SIZE_DEFAULT as usize + LOG_SLACK;
    let mut sandbox = Played::loaded(LONG).await;
    let event = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    for text in ["hi".to_owned(), "x".repeat(most), "lost".to_owned()] {
        let level = LogLevel::Info;
        sandbox.say(FromSandbox::Log { id: Some(id), level, text }).await;
    }
    let result = Ok(Bytes::from_static(b"\xc0"));
    sandbox.say(FromSandbox::Done { id, result, run: Run::default() }).await;
    let ended = timeout(LONG, event).await.unwrap().unwrap();
    assert!(matches!(ended.verdict, Verdict::Returned { .. }));
    let [first, second, notice] = &ended.logs[..] else { panic!("{:?}", ended.logs) };
    assert_eq!((first.len(), second.len()), (2, most - 2));
    assert!(notice.starts_with("log cut off: ab-test:3 logged more than 256KB"), "{notice}");
}

#[actix_rt::test]
async fn a_thread_that_cannot_be_is_a_lie_and_one_that_is_kept_is_watched() {
    let mut sandbox = Played::loaded(LONG).await;
    let event = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    let holder = Some(Holder { id, used_us: 5 });
    sandbox.say(FromSandbox::Turn { thread: 1, holder }).await;
    sandbox.say(FromSandbox::Turn { thread: 1, holder: None }).await;
    sandbox.say(FromSandbox::Turn { thread: 2, holder: None }).await;
    let failure = failure(event).await;
    assert!(failure.message.contains("protocol: it has no thread 2"), "{failure:?}");
    sandbox.gone().await;
}

#[actix_rt::test]
async fn a_sandbox_whose_memory_cannot_be_seen_is_ended_with_nobody_to_blame() {
    let mut sandbox = Played::in_process(Process::hidden().unwrap(), LONG).await;
    let event = sandbox.event(LONG).await;
    let id = sandbox.invoked().await;
    sandbox.say(FromSandbox::Started(id)).await;
    assert_eq!(verdict(event).await, Verdict::Lost);
    let news = timeout(LONG, sandbox.news.recv()).await.unwrap();
    let Some(News::Gone { lost: Some(why) }) = news else { panic!("{news:?}") };
    assert!(why.message.contains("cannot be read: /proc/nowhere/status: "), "{}", why.message);
}

#[actix_rt::test]
async fn a_sandbox_that_floods_is_read_slowly() {
    let mut sandbox = Played::loaded(LONG).await;
    let text = "x".repeat(512 * 1024);
    let begun = Instant::now();
    for _ in 0..16 {
        let (id, level, text) = (None, LogLevel::Info, text.clone());
        sandbox.say(FromSandbox::Log { id, level, text }).await;
    }
    // The socket holds less than that, so that it was read: 4 MB of 8 in the first second.
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(500), "{took:?}");
}
