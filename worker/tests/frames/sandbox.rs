//! The program plays a sandbox that sends invalid frames to a live supervisor.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use brink_frames::{
    CallId, CallRequest, EventId, FromSandbox, Holder, Invoke, Load, LogLevel, Redirect, ToSandbox,
};
use brink_shared::id::VersionId;
use brink_shared::subject;
use brink_shared::wire::{self, Failure, FailureKind, Payload, Run};
use brink_testing::nats::Nats;
use brink_testing::process::own_resident_kb;
use brink_worker::{SandboxProgram, WorkerLimits};

use crate::edge::{Edge, eventually, returned};
use crate::noise;

/// How long an event in a sandbox with invalid frames may take.
const TIMEOUT: Duration = Duration::from_millis(300);

/// How much later than at its timeout it may be answered, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many events such a function gets. After some deaths its sandboxes are no longer started.
const EVENTS: usize = 12;

/// How much more memory the supervisor may use at the end than after a quarter of the time, in kB.
const GROWTH_MAX: u64 = 8 * 1024;

/// Has a live worker run functions in sandboxes that send invalid frames, beside a function in an
/// honest sandbox. Each function is deleted after its events, and its log lines are on a server in
/// another process. So memory that stays in this process is the supervisor's.
pub fn meet(playtime: Duration, seed: u64) {
    actix_rt::System::new().block_on(async {
        let limits = WorkerLimits { idle_stop: Duration::from_secs(1), ..WorkerLimits::default() };
        let program =
            SandboxProgram::new(std::env::current_exe().unwrap(), vec!["play".to_owned()]);
        let nats = Nats::start().await;
        let edge = Edge::start_with(nats.connect("w1").await, "w1", limits, program).await;
        let honest = edge.publish("honest", "exports.handler = async (event) => event;").await;
        let begun = Instant::now();
        let mut early = None;
        for number in 0.. {
            let liar = publish(&edge, &format!("liar-{number}"), seed).await;
            // One after the other and all at once.
            for _ in 0..EVENTS / 2 {
                tell(&edge, &liar, 1).await;
                ask(&edge, &honest).await;
            }
            tell(&edge, &liar, EVENTS / 2).await;
            ask(&edge, &honest).await;
            let query = json!({"function": liar.function});
            edge.ask::<Value>("function", "delete", &query).await.unwrap();
            if begun.elapsed() > playtime / 4 {
                early.get_or_insert_with(own_resident_kb);
            }
            if begun.elapsed() > playtime {
                println!("{} liars, {} events of theirs", number + 1, (number + 1) * EVENTS);
                break;
            }
        }
        eventually("no liar is left", async || edge.status().await.functions.len() <= 1).await;
        ask(&edge, &honest).await;
        let (early, late) = (early.unwrap(), own_resident_kb());
        println!("the supervisor uses {late} kB, and used {early} kB");
        assert!(late <= early + GROWTH_MAX, "the supervisor grew from {early} kB to {late} kB");
        edge.stop().await;
        nats.stop().await;
    });
}

async fn publish(edge: &Edge, name: &str, seed: u64) -> VersionId {
    let settings = json!({"timeout": "300ms", "env": {"SEED": seed.to_string()}});
    edge.publish_with(name, "exports.handler = null;", settings).await.unwrap().version
}

/// For any frames of the sandbox, every event has an answer, and in time.
async fn tell(edge: &Edge, liar: &VersionId, events: usize) {
    let events = vec![json!({}); events];
    let begun = Instant::now();
    let answering = edge.send_to(&subject::start(liar), &events, TIMEOUT + PATIENCE / 2).await;
    let (verdicts, _) = answering.all().await;
    let took = begun.elapsed();
    assert!(took < TIMEOUT + PATIENCE, "{liar}: {verdicts:?} took {took:?}");
}

async fn ask(edge: &Edge, honest: &VersionId) {
    let (value, _) = returned(edge.call(honest, json!({"a": 1})).await);
    assert_eq!(value, json!({"a": 1}));
}

/// The sandbox: it is honest for the honest function and in trials, and otherwise sends invalid
/// frames.
pub fn play() -> ExitCode {
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().unwrap();
    let mut socket = UnixStream::from(stdin);
    socket.set_nonblocking(false).unwrap();
    say(&mut socket, &FromSandbox::Blank(Vec::new()));
    let Some(ToSandbox::Load(load)) = hear(&mut socket) else { return ExitCode::FAILURE };
    if load.version == 0 || load.function == "honest" {
        say(&mut socket, &FromSandbox::Loaded { init_us: 1 });
        while let Some(ToSandbox::Invoke(invoke)) = hear(&mut socket) {
            answer(&mut socket, &invoke);
        }
        return ExitCode::SUCCESS;
    }
    send_invalid_frames(socket, &load)
}

fn send_invalid_frames(mut socket: UnixStream, load: &Load) -> ExitCode {
    let seed: u64 = load.env["SEED"].parse().unwrap();
    // Another one each time, and known from the function and the process's place in its life.
    let salt = load.function.bytes().fold(0, |sum: u64, byte| sum * 31 + u64::from(byte));
    let mut chance = StdRng::seed_from_u64(seed ^ salt ^ u64::from(std::process::id()));
    if chance.random_ratio(9, 10) {
        say(&mut socket, &FromSandbox::Loaded { init_us: chance.random() });
    }
    let mut known = Vec::new();
    loop {
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        match hear(&mut socket) {
            Some(ToSandbox::Invoke(invoke)) if chance.random_ratio(1, 2) => {
                answer(&mut socket, &invoke);
            }
            Some(ToSandbox::Invoke(invoke)) => known.push(invoke.id),
            _ => {}
        }
        match chance.random_range(0..40) {
            0 => return ExitCode::SUCCESS,
            1 => std::process::abort(),
            2 => std::thread::sleep(Duration::from_millis(chance.random_range(0..600))),
            3 => send(&mut socket, &noise::bytes(&mut chance)),
            4 => send(&mut socket, &noise::nested(&mut chance)),
            5 => raw(&mut socket, &noise::bytes(&mut chance)),
            6 => raw(&mut socket, &chance.random::<[u8; 4]>()),
            7 => {
                let frame = wire::encode(&any_frame(&known, &mut chance)).unwrap();
                send(&mut socket, &noise::spoiled(&frame, &mut chance));
            }
            8 => {
                let frame = any_frame(&known, &mut chance);
                (0..chance.random_range(0..2_000)).for_each(|_| say(&mut socket, &frame));
            }
            _ => say(&mut socket, &any_frame(&known, &mut chance)),
        }
    }
}

fn any_frame(known: &[EventId], chance: &mut StdRng) -> FromSandbox {
    let id = match known.len() {
        0 => EventId(chance.random_range(0..20)),
        _ if chance.random_ratio(1, 5) => EventId(chance.random()),
        len => known[chance.random_range(0..len)],
    };
    let most = [4, 10_000][chance.random_range(0..2)];
    let text = "\u{e9}\0\n".repeat(chance.random_range(0..most));
    match chance.random_range(0..20) {
        0 => FromSandbox::Blank(Vec::new()),
        1 => FromSandbox::Loaded { init_us: chance.random() },
        2 => FromSandbox::StartFailed(failure(text)),
        3..8 => FromSandbox::Started(id),
        8..11 => FromSandbox::Done {
            id,
            result: match chance.random_range(0..3) {
                0 => Err(failure(text)),
                1 => Ok(Bytes::from(noise::bytes(chance))),
                _ => wire::encode_value(&json!({"text": text})).map_err(|e| failure(e.to_string())),
            },
            run: Run { duration_us: chance.random(), cold: chance.random() },
        },
        11..14 => {
            let id = chance.random::<bool>().then_some(id);
            FromSandbox::Log { id, level: LogLevel::Warn, text }
        }
        14..17 => FromSandbox::Call {
            call: CallId(chance.random_range(0..4)),
            id: chance.random::<bool>().then_some(id),
            request: CallRequest {
                method: ["GET", "P\0ST", ""][chance.random_range(0..3)].to_owned(),
                url: ["http://127.0.0.1:1/", "file:///etc/passwd", "\0", &text]
                    [chance.random_range(0..4)]
                .to_owned(),
                target: Bytes::from(["/", "", "/\r\n\r\n"][chance.random_range(0..3)]),
                headers: vec![(text.clone(), Bytes::from(noise::bytes(chance)))],
                body: Bytes::from(noise::bytes(chance)),
                redirect: Redirect::Follow,
            },
        },
        17 => FromSandbox::Cancel(CallId(chance.random_range(0..4))),
        _ => FromSandbox::Turn {
            thread: chance.random_range(0..3),
            holder: chance.random::<bool>().then(|| Holder { id, used_us: chance.random() }),
        },
    }
}

fn failure(message: String) -> Failure {
    let kind = FailureKind::Execution;
    Failure { kind, error_type: message.clone(), stack: vec![message.clone(); 3], message }
}

fn answer(socket: &mut UnixStream, invoke: &Invoke) {
    let value: Value = match &invoke.payload {
        Payload::Json(text) => serde_json::from_slice(text).unwrap(),
        Payload::Event(bytes) => wire::decode_value(bytes).unwrap(),
        Payload::ClaimCheck(_) => Value::Null,
    };
    say(socket, &FromSandbox::Started(invoke.id));
    let run = Run { duration_us: 1, cold: false };
    let result = Ok(wire::encode_value(&value).unwrap());
    say(socket, &FromSandbox::Done { id: invoke.id, result, run });
}

fn say(socket: &mut UnixStream, frame: &FromSandbox) {
    send(socket, &wire::encode(frame).unwrap());
}

fn send(socket: &mut UnixStream, frame: &[u8]) {
    raw(socket, &u32::try_from(frame.len()).unwrap().to_be_bytes());
    raw(socket, frame);
}

/// The supervisor has closed the socket.
fn raw(socket: &mut UnixStream, bytes: &[u8]) {
    if socket.write_all(bytes).is_err() {
        std::process::exit(0);
    }
}

/// The next frame, if it comes before the socket's timeout.
fn hear(socket: &mut UnixStream) -> Option<ToSandbox> {
    let mut length = [0; 4];
    match socket.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => std::process::exit(0),
        Err(_) => return None,
    }
    socket.set_read_timeout(None).unwrap();
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    socket.read_exact(&mut frame).ok()?;
    wire::decode(&frame).ok()
}
