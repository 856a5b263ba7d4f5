//! Messages between nodes, and frames between a supervisor and a sandbox that may have been taken
//! over.

#![no_main]

use brink_frames::{
    CallId, CallRequest, EventId, FromSandbox, Invoke, LogLevel, Redirect, ToSandbox,
};
use brink_fuzz::{golden, plant};
use brink_shared::admin::LargeRequest;
use brink_shared::id::NodeId;
use brink_shared::status::{Abilities, Presence};
use brink_shared::wire::ClaimCheck;
use brink_shared::wire::{
    self, Answer, Answers, Batch, Failure, FailureKind, Invocation, PREAMBLE, Payload, Run, Terms,
    UnixMillis, Verdict,
};
use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::codec::Decoder;

fuzz_target!(init: plant(seeds()), |bytes: &[u8]| {
    let message = [&PREAMBLE[..], bytes].concat();
    check::<Batch>(&message);
    check_with::<Batch, Terms>(&message);
    check_with::<Presence, Abilities>(&message);
    check::<Answers>(&message);
    check::<ClaimCheck>(&message);
    check::<Presence>(&message);
    check::<ToSandbox>(&message);
    check::<FromSandbox>(&message);
    // Without the preamble it is foreign, or a stream of frames.
    let _ = wire::decode::<Batch>(bytes);
    let _ = serde_json::from_slice::<LargeRequest>(bytes);
    let mut stream = BytesMut::from(bytes);
    let mut codec = brink_frames::codec();
    while let Ok(Some(frame)) = codec.decode(&mut stream) {
        let _ = wire::decode::<FromSandbox>(&frame);
    }
});

/// Whatever can be read can be written and read again, and is the same then.
fn check<T: Serialize + DeserializeOwned>(message: &[u8]) {
    let Ok(read) = wire::decode::<T>(message) else { return };
    let written = wire::encode(&read).expect("what was read can be written");
    let again: T = wire::decode(&written).expect("what was written can be read");
    assert_eq!(wire::encode(&again).ok().as_ref(), Some(&written));
}

/// The same for a message and the fields after it.
fn check_with<T, M>(message: &[u8])
where
    T: Serialize + DeserializeOwned,
    M: Serialize + DeserializeOwned + Default + PartialEq + std::fmt::Debug,
{
    let Ok((read, more)) = wire::decode_with::<T, M>(message) else { return };
    let written = wire::encode_with(&read, &more).expect("what was read can be written");
    let (_, again) = wire::decode_with::<T, M>(&written).expect("what was written can be read");
    assert_eq!(more, again);
    wire::decode::<T>(&written).expect("an earlier version reads it");
}

fn seeds() -> Vec<Vec<u8>> {
    let claim_check =
        ClaimCheck { holder: name("gateway-1"), number: 7, size: 1_100_000, piece: 262_144 };
    let run = Run { duration_us: 1_234, cold: true };
    let failure = || Failure {
        kind: FailureKind::Execution,
        error_type: "TypeError".to_owned(),
        message: "x is not a function".to_owned(),
        stack: vec!["at index.js:1:2".to_owned()],
    };
    let events = golden().into_iter().map(|(event, _)| {
        (event.config.event_type, wire::encode_value(&event).expect("an event can be written"))
    });
    let payloads = events.clone().map(|(trigger, event)| (trigger, Payload::Event(event)));
    let more = events.take(1).flat_map(|(trigger, _)| {
        [(trigger, Payload::ClaimCheck(claim_check.clone())), (trigger, Payload::Json(text("{}")))]
    });
    let invocations: Vec<_> = (0..)
        .zip(payloads.chain(more))
        .map(|(slot, (trigger, payload))| Invocation {
            slot,
            request_id: "r".to_owned(),
            trigger,
            deadline: UnixMillis(1_700_000_000_000),
            payload,
        })
        .collect();
    let verdicts = [
        Verdict::Returned { value: text("\u{1}"), run },
        Verdict::ClaimCheck { claim_check: claim_check.clone(), run },
        Verdict::Failed { failure: failure(), run },
        Verdict::Busy,
        Verdict::Retired,
        Verdict::Lost,
        Verdict::Claimed,
    ];
    let answers = (0..).zip(verdicts).map(|(slot, verdict)| Answer { slot, verdict }).collect();
    let id = EventId(1);
    let request = CallRequest {
        method: "GET".to_owned(),
        url: "http://one.internal/".to_owned(),
        target: Bytes::from_static(b"/"),
        headers: vec![("accept".to_owned(), text("*/*"))],
        body: Bytes::new(),
        redirect: Redirect::Follow,
    };
    let from_sandbox = [
        FromSandbox::Blank(Vec::new()),
        FromSandbox::Loaded { init_us: 5 },
        FromSandbox::StartFailed(failure()),
        FromSandbox::Started(id),
        FromSandbox::Done { id, result: Ok(text("\u{1}")), run },
        FromSandbox::Done { id, result: Err(failure()), run },
        FromSandbox::Log { id: Some(id), level: LogLevel::Info, text: "said".to_owned() },
        FromSandbox::Call { call: CallId(1), id: None, request },
    ];
    let to_sandbox = invocations.iter().take(1).map(|invocation| {
        ToSandbox::Invoke(Invoke {
            id,
            request_id: "r".to_owned(),
            deadline: invocation.deadline,
            payload: invocation.payload.clone(),
            fresh: false,
        })
    });
    let mut seeds: Vec<Vec<u8>> = invocations
        .iter()
        .map(|invocation| seed(&Batch { invocations: vec![invocation.clone()] }))
        .collect();
    seeds.push(seed(&Batch { invocations: invocations.clone() }));
    let terms = Terms { start_by: Some(UnixMillis(1_700_000_000_000)) };
    let with_terms = wire::encode_with(&Batch { invocations: Vec::new() }, &terms);
    let with_terms = with_terms.expect("a seed can be written");
    seeds.push(with_terms.get(PREAMBLE.len()..).unwrap_or_default().to_vec());
    seeds.push(seed(&Answers { worker: name("worker-1"), answers }));
    seeds.push(seed(&claim_check));
    seeds.push(seed(&Presence { worker: name("worker-1"), leaving: false }));
    seeds.extend(to_sandbox.map(|frame| seed(&frame)));
    seeds.extend(from_sandbox.iter().map(seed));
    seeds.push([&[0, 0, 0, 3][..], &PREAMBLE, b"\xc0"].concat());
    seeds.extend(serde_json::to_vec(&LargeRequest { claim_check }));
    seeds
}

/// A message without its preamble.
fn seed<T: Serialize>(message: &T) -> Vec<u8> {
    let message = wire::encode(message).expect("a seed can be written");
    message.get(PREAMBLE.len()..).unwrap_or_default().to_vec()
}

fn name(text: &str) -> NodeId {
    text.parse().expect("a node's name")
}

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}
