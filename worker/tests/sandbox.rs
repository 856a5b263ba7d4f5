//! The real sandbox process. The test plays the supervisor at its socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use brink_boa::ENVIRONMENT_SOURCE_MAX;
use brink_frames::{
    Bounds, CallResponse, EventId, FromSandbox, GIVEN_UP, Invoke, Load, LogLevel, ToSandbox,
};
use brink_shared::registry::Bundle;
use brink_shared::wire::{self, Failure, Payload, Run, UnixMillis};
use bytes::Bytes;
use serde_json::{Value, json};

/// Longest wait for a frame that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A sandbox process and our end of its socket.
struct Sandbox {
    child: Child,
    socket: UnixStream,
}

/// One event's end.
#[derive(Debug)]
struct Done {
    id: EventId,
    result: Result<Value, Failure>,
    run: Run,
}

impl Sandbox {
    /// Starts a process and waits until it is there.
    fn blank() -> Self {
        let (socket, theirs) = UnixStream::pair().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_brink-worker"))
            .arg("sandbox")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .env_clear()
            .spawn()
            .unwrap();
        let mut sandbox = Self { child, socket };
        assert!(matches!(sandbox.frame(), FromSandbox::Blank(_)));
        sandbox
    }

    /// Starts a process with a version of one file in it.
    fn running(code: &str) -> Self {
        let mut sandbox = Self::blank();
        sandbox.send(&load(code));
        match sandbox.frame() {
            FromSandbox::Loaded { init_us } => assert!(init_us > 0),
            other => panic!("not loaded: {other:?}"),
        }
        sandbox
    }

    fn send(&mut self, frame: &ToSandbox) {
        let bytes = wire::encode(frame).unwrap();
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        self.socket.write_all(&length).unwrap();
        self.socket.write_all(&bytes).unwrap();
    }

    /// The next frame. Skips frames about turns, which depend on the machine's speed.
    fn frame(&mut self) -> FromSandbox {
        loop {
            let mut length = [0; 4];
            self.socket.read_exact(&mut length).unwrap();
            let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
            self.socket.read_exact(&mut bytes).unwrap();
            match wire::decode(&bytes).unwrap() {
                FromSandbox::Turn { .. } => {}
                frame => return frame,
            }
        }
    }

    fn invoke(&mut self, id: u64, payload: &Value, fresh: bool) {
        self.invoke_within(id, payload, fresh, PATIENCE);
    }

    fn invoke_within(&mut self, id: u64, payload: &Value, fresh: bool, within: Duration) {
        self.send(&ToSandbox::Invoke(Invoke {
            id: EventId(id),
            request_id: format!("request-{id}"),
            deadline: UnixMillis::now().after(within),
            payload: Payload::Json(payload.to_string().into()),
            fresh,
        }));
    }

    /// Frames up to the next end of an event, and that end.
    fn until_done(&mut self) -> (Vec<FromSandbox>, Done) {
        let mut before = Vec::new();
        loop {
            match self.frame() {
                FromSandbox::Done { id, result, run } => {
                    let result = result.map(|bytes| wire::decode_value(&bytes).unwrap());
                    return (before, Done { id, result, run });
                }
                other => before.push(other),
            }
        }
    }

    fn ask(&mut self, id: u64, payload: &Value) -> Done {
        self.invoke(id, payload, false);
        self.until_done().1
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn load(code: &str) -> ToSandbox {
    let files = BTreeMap::from([("index.js".to_owned(), Bytes::from(code.to_owned()))]);
    ToSandbox::Load(Box::new(Load {
        secrets: Default::default(),
        function: "greeter".to_owned(),
        version: 1,
        handler: "index.handler".to_owned(),
        memory_mb: 128,
        env: BTreeMap::new(),
        bundle: Bundle::new(files).unwrap(),
        environments: 4,
        bounds: Bounds::default(),
    }))
}

#[test]
fn an_event_is_started_then_done_and_globals_stay_warm() {
    let mut sandbox = Sandbox::running("let n = 0; exports.handler = async () => ++n");
    sandbox.invoke(1, &json!({}), false);
    let (before, done) = sandbox.until_done();
    assert!(matches!(before[..], [FromSandbox::Started(EventId(1))]), "{before:?}");
    assert_eq!((done.id, done.result), (EventId(1), Ok(json!(1))));
    assert!(done.run.cold);
    for id in 2..5 {
        let done = sandbox.ask(id, &json!({}));
        assert_eq!((done.id, done.result, done.run.cold), (EventId(id), Ok(json!(id)), false));
    }
}

#[test]
fn fresh_events_get_an_environment_each() {
    let mut sandbox = Sandbox::running("let n = 0; exports.handler = async () => ++n");
    for id in 1..4 {
        sandbox.invoke(id, &json!({}), true);
        let (_, done) = sandbox.until_done();
        assert_eq!(done.result, Ok(json!(1)));
        assert!(done.run.cold);
    }
}

#[test]
fn a_worn_environment_is_replaced_behind_the_events() {
    let code = "let n = 0; exports.handler = async ({ length }) => {
        new Function(`/*${'x'.repeat(length)}*/`);
        return ++n;
    }";
    let mut sandbox = Sandbox::running(code);
    let seen: Vec<_> = [(1, 0), (2, ENVIRONMENT_SOURCE_MAX), (3, 0), (4, 0)]
        .into_iter()
        .map(|(id, length)| {
            let done = sandbox.ask(id, &json!({ "length": length }));
            (done.result.unwrap(), done.run.cold)
        })
        .collect();
    let expected = [(1, true), (2, false), (1, true), (2, false)];
    assert_eq!(seen, expected.map(|(n, cold)| (json!(n), cold)));
}

#[test]
fn events_wait_side_by_side_in_environments_of_their_own() {
    let code = "exports.handler = async (event) => {
        await new Promise(resolve => setTimeout(resolve, event.wait));
        return event.name;
    }";
    let mut sandbox = Sandbox::running(code);
    for (id, wait) in [(1, 400), (2, 300), (3, 200), (4, 100)] {
        sandbox.invoke(id, &json!({"wait": wait, "name": id}), false);
    }
    let ends: Vec<_> = (0..4).map(|_| sandbox.until_done().1).collect();
    let order: Vec<_> = ends.iter().map(|done| done.id.0).collect();
    assert_eq!(order, [4, 3, 2, 1]);
    for done in ends {
        assert_eq!(done.result, Ok(json!(done.id.0)));
        assert!(done.run.cold);
        // Timers count whole milliseconds, as in Node.js.
        assert!(done.run.duration_us >= 99_000);
    }
}

#[test]
fn code_that_never_stops_leaves_the_socket_alive() {
    let code = "exports.handler = async (event) => {
        if (event.spin === 'jobs') for (;;) await null;
        return 'alive';
    }";
    let mut sandbox = Sandbox::running(code);
    sandbox.invoke(1, &json!({"spin": "jobs"}), false);
    assert!(matches!(sandbox.frame(), FromSandbox::Started(EventId(1))));
    for id in 2..6 {
        let done = sandbox.ask(id, &json!({}));
        assert_eq!((done.id, done.result), (EventId(id), Ok(json!("alive"))));
    }
}

#[test]
fn a_version_that_cannot_start_is_rejected_and_the_process_ends() {
    let mut sandbox = Sandbox::blank();
    sandbox.send(&load("exports.handler = async () => {\n  return )\n}"));
    match sandbox.frame() {
        FromSandbox::StartFailed(failure) => {
            assert_eq!(failure.error_type, "Runtime.UserCodeSyntaxError");
            assert!(failure.message.ends_with("(index.js:2:10)"), "{}", failure.message);
        }
        other => panic!("not rejected: {other:?}"),
    }
    assert!(sandbox.child.wait().unwrap().success());
}

#[test]
fn logs_and_calls_name_their_event() {
    let code = "console.log('starting');
    exports.handler = async (event) => {
        console.warn('asking', event.url);
        const response = await fetch(event.url, { method: 'POST', body: 'ping' });
        return [response.status, await response.text()];
    }";
    let mut sandbox = Sandbox::blank();
    sandbox.send(&load(code));
    let log = sandbox.frame();
    assert!(
        matches!(&log, FromSandbox::Log { id: None, level: LogLevel::Info, text } if text == "starting"),
        "{log:?}"
    );
    assert!(matches!(sandbox.frame(), FromSandbox::Loaded { .. }));
    sandbox.invoke(9, &json!({"url": "http://api.test/x?y=1"}), false);
    assert!(matches!(sandbox.frame(), FromSandbox::Started(EventId(9))));
    let log = sandbox.frame();
    assert!(
        matches!(&log, FromSandbox::Log { id: Some(EventId(9)), level: LogLevel::Warn, text }
            if text == "asking http://api.test/x?y=1"),
        "{log:?}"
    );
    let FromSandbox::Call { call, id, request } = sandbox.frame() else {
        panic!("no call");
    };
    assert_eq!(id, Some(EventId(9)));
    assert_eq!((request.method.as_str(), &request.body[..]), ("POST", &b"ping"[..]));
    let response = CallResponse {
        status: 201,
        reason: "Created".to_owned(),
        url: request.url,
        redirected: false,
        headers: Vec::new(),
        body: Bytes::from_static(b"pong"),
    };
    sandbox.send(&ToSandbox::CallDone { call, result: Ok(response) });
    assert_eq!(sandbox.until_done().1.result, Ok(json!([201, "pong"])));
}

#[test]
fn a_call_is_cancelled_when_it_is_given_up_and_not_when_it_is_left_behind() {
    let code = "let left;
    exports.handler = async ({ how, url }) => {
        if (how === 'ask') return (await left).status;
        const controller = new AbortController();
        left = fetch(url, { signal: controller.signal });
        left.catch(() => {});
        if (how === 'leave') return 'left';
        if (how === 'wait') await left;
        await null;
        controller.abort();
    }";
    let mut sandbox = Sandbox::running(code);
    let url = "http://api.test/";
    for (id, how, within) in
        [(1, "abort", PATIENCE), (2, "wait", Duration::from_millis(100)), (3, "leave", PATIENCE)]
    {
        sandbox.invoke_within(id, &json!({"how": how, "url": url}), false, within);
        let (mut frames, done) = sandbox.until_done();
        assert_eq!(done.result.is_err(), how == "wait");
        assert!(matches!(frames.remove(0), FromSandbox::Started(_)));
        let FromSandbox::Call { call, request, .. } = frames.remove(0) else {
            panic!("no call");
        };
        if how != "leave" {
            // The end of the event may be heard first.
            let cancelled = frames.pop().unwrap_or_else(|| sandbox.frame());
            assert!(matches!(cancelled, FromSandbox::Cancel(other) if other == call));
        }
        assert!(frames.is_empty(), "{how}: {frames:?}");
        // For a cancelled call it comes too late.
        let (reason, headers) = ("OK".to_owned(), Vec::new());
        let body = Bytes::new();
        let response = CallResponse {
            status: 200,
            reason,
            url: request.url,
            redirected: false,
            headers,
            body,
        };
        sandbox.send(&ToSandbox::CallDone { call, result: Ok(response) });
    }
    sandbox.invoke(4, &json!({"how": "ask"}), false);
    let (frames, done) = sandbox.until_done();
    assert_eq!(done.result, Ok(json!(200)));
    assert!(matches!(frames[..], [FromSandbox::Started(_)]), "{frames:?}");
}

#[test]
fn an_environment_whose_code_failed_in_a_timer_is_replaced() {
    let code = "let n = 0; exports.handler = (event, context, callback) => {
        n += 1;
        if (event.fail) setTimeout(() => { throw new RangeError('late') }, 1);
        else callback(null, n);
    }";
    let mut sandbox = Sandbox::running(code);
    assert_eq!(sandbox.ask(1, &json!({})).result, Ok(json!(1)));
    let failure = sandbox.ask(2, &json!({"fail": true})).result.unwrap_err();
    assert_eq!((failure.error_type.as_str(), failure.message.as_str()), ("RangeError", "late"));
    let done = sandbox.ask(3, &json!({}));
    assert_eq!((done.result, done.run.cold), (Ok(json!(1)), true));
}

#[test]
fn an_event_that_awaits_too_long_is_given_up_with_its_environment() {
    let code = "let n = 0; exports.handler = async (event) => {
        n += 1;
        if (event.how === 'timer') await new Promise(resolve => setTimeout(resolve, 60000));
        if (event.how === 'jobs') for (;;) await null;
        return n;
    }";
    let mut sandbox = Sandbox::running(code);
    assert_eq!(sandbox.ask(1, &json!({})).result, Ok(json!(1)));
    for (id, how) in [(2, "timer"), (4, "jobs")] {
        sandbox.invoke_within(id, &json!({ "how": how }), false, Duration::from_millis(200));
        let done = sandbox.until_done().1;
        let failure = done.result.unwrap_err();
        assert_eq!((done.id, failure.error_type.as_str()), (EventId(id), GIVEN_UP));
        assert!(done.run.duration_us < 250_000, "{how}: {} us", done.run.duration_us);
        let next = sandbox.ask(id + 1, &json!({}));
        assert_eq!((next.result, next.run.cold), (Ok(json!(1)), true));
    }
}

#[test]
fn memory_that_would_fill_the_machine_is_not_given_out() {
    let code = "exports.handler = async (event) => 'x'[event.how](event.count).length";
    for how in ["padEnd", "repeat"] {
        let mut sandbox = Sandbox::running(code);
        assert_eq!(
            sandbox.ask(1, &json!({"how": how, "count": 1_000_000})).result,
            Ok(json!(1_000_000))
        );
        let begun = Instant::now();
        sandbox.invoke(2, &json!({"how": how, "count": 4_000_000_000_u64}), false);
        let status = sandbox.child.wait().unwrap();
        assert_eq!(status.signal(), Some(6), "{how}: {status}");
        assert!(begun.elapsed() < Duration::from_millis(500), "{how}: {:?}", begun.elapsed());
    }
}

#[test]
fn the_process_ends_when_its_socket_is_closed_or_brings_rubbish() {
    let mut sandbox = Sandbox::running("exports.handler = async () => { for (;;) {} }");
    sandbox.invoke(1, &json!({}), false);
    assert!(matches!(sandbox.frame(), FromSandbox::Started(_)));
    sandbox.socket.shutdown(std::net::Shutdown::Both).unwrap();
    assert!(sandbox.child.wait().unwrap().success());

    let mut sandbox = Sandbox::blank();
    sandbox.socket.write_all(&[0, 0, 0, 2, b'{', b'}']).unwrap();
    assert!(!sandbox.child.wait().unwrap().success());
}
