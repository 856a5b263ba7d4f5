//! The program plays a supervisor that sends invalid frames to live sandboxes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use brink_frames::{CallError, CallId, CallResponse, EventId, Invoke, Load, ToSandbox};
use brink_shared::registry::Bundle;
use brink_shared::wire::{self, Payload, UnixMillis};
use brink_worker::runtime::SandboxKind;
use brink_worker::sandbox::child::Blank;

use crate::{edge, noise};

/// How long a sandbox may take to end after its supervisor closed the socket.
const END_WITHIN: Duration = Duration::from_secs(5);

/// Most that a sandbox may use for a function that does next to nothing, in MB.
const MEMORY_MAX_MB: u32 = 128;

/// The function in the sandbox: it calls, logs, waits and answers.
const SOURCE: &str = "
let calls = 0;
exports.handler = async (event) => {
  console.log(event);
  setTimeout(() => {}, 5);
  if (calls++ % 2) await fetch('http://example.com/').catch(() => {});
  return event;
};";

/// Sends invalid frames to one sandbox after the other.
pub fn play(playtime: Duration, seed: u64) {
    actix_rt::System::new().block_on(async {
        let mut chance = StdRng::seed_from_u64(seed);
        let begun = Instant::now();
        let mut sandboxes = 0;
        while begun.elapsed() < playtime {
            send_invalid_frames(
                edge::program().spawn(&SandboxKind::EMBEDDED).await.unwrap(),
                &mut chance,
            )
            .await;
            sandboxes += 1;
        }
        println!("{sandboxes} sandboxes");
    });
}

async fn send_invalid_frames(blank: Blank, chance: &mut StdRng) {
    let Blank { mut process, mut reader, mut writer, .. } = blank;
    let listening = actix_rt::spawn(async move { while let Some(Ok(_)) = reader.next().await {} });
    if chance.random_ratio(9, 10) {
        let _ = writer.send(wire::encode(&load(chance)).unwrap()).await;
    }
    let mut memory = 0;
    for _ in 0..chance.random_range(0..300) {
        let frame = match chance.random_range(0..12) {
            0 if chance.random_ratio(1, 10) => noise::bytes(chance).into(),
            0 if chance.random_ratio(1, 10) => noise::nested(chance).into(),
            0 if chance.random_ratio(1, 10) => wire::encode(&load(chance)).unwrap(),
            1 if chance.random_ratio(1, 4) => {
                let frame = wire::encode(&any_frame(chance)).unwrap();
                noise::spoiled(&frame, chance).into()
            }
            _ => wire::encode(&any_frame(chance)).unwrap(),
        };
        // One that ended has said why.
        if writer.send(frame).await.is_err() {
            break;
        }
        memory = memory.max(process.usage().map_or(0, |usage| usage.memory_mb));
    }
    drop(writer);
    let hung_up = Instant::now();
    while process.is_alive() {
        assert!(hung_up.elapsed() < END_WITHIN, "a sandbox goes on without its supervisor");
        actix_rt::time::sleep(Duration::from_millis(1)).await;
    }
    listening.await.unwrap();
    let exit = process.exit().await;
    assert!(!exit.crashed && !exit.how.contains("panicked"), "{}", exit.how);
    assert!(memory < MEMORY_MAX_MB, "a sandbox used {memory} MB");
}

fn load(chance: &mut StdRng) -> ToSandbox {
    let source = match chance.random_range(0..4) {
        0 => Bytes::from(noise::bytes(chance)),
        _ => Bytes::from_static(SOURCE.as_bytes()),
    };
    let files = BTreeMap::from([("index.js".to_owned(), source)]);
    ToSandbox::Load(Box::new(Load {
        function: "echo".to_owned(),
        handler: ["index.handler", "index", "", "a/../b.c.d"]
            [if chance.random_ratio(4, 5) { 0 } else { chance.random_range(0..4) }]
        .to_owned(),
        memory_mb: 128,
        bundle: Bundle::new(files).unwrap(),
        environments: chance.random_range(0..8),
        ..Load::default()
    }))
}

fn any_frame(chance: &mut StdRng) -> ToSandbox {
    if chance.random_ratio(1, 3) {
        let result = match chance.random_range(0..2) {
            0 => Err(CallError::new("\0", "no".repeat(chance.random_range(0..5_000)))),
            _ => Ok(CallResponse {
                status: chance.random(),
                reason: "\r\n".to_owned(),
                url: "\0".to_owned(),
                redirected: chance.random(),
                headers: vec![("\0\u{e9}".to_owned(), Bytes::from(noise::bytes(chance)))],
                body: Bytes::from(noise::bytes(chance)),
            }),
        };
        return ToSandbox::CallDone { call: CallId(chance.random_range(0..50)), result };
    }
    let within = Duration::from_millis(chance.random_range(0..50));
    ToSandbox::Invoke(Invoke {
        id: EventId(chance.random_range(0..100)),
        request_id: "r".repeat(chance.random_range(0..50)),
        deadline: if chance.random() { UnixMillis::now().after(within) } else { UnixMillis(0) },
        payload: match chance.random_range(0..5) {
            0 => Payload::Json(Bytes::from(noise::bytes(chance))),
            1 => Payload::Event(Bytes::from(noise::bytes(chance))),
            2 => Payload::Event(Bytes::from(noise::nested(chance))),
            _ => Payload::Json(Bytes::from_static(b"{\"a\":[1,null,\"\\u00e9\"]}")),
        },
        fresh: chance.random(),
    })
}
