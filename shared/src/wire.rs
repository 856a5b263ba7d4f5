//! Messages between gateways and workers, as MessagePack behind a two-byte preamble.
//!
//! One message carries many invocations of one version, and one message carries many answers. An
//! answer names its invocation by `slot`, so answers may come in any order and in several messages.
//! The preamble distinguishes messages of other programs and newer versions from broken messages.

mod claim_check;

use std::io::Write;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::event::Trigger;
use crate::id::NodeId;
pub use claim_check::ClaimCheck;

/// First bytes of every message: a mark of ours and the version of this format.
pub const PREAMBLE: [u8; 2] = [0xb7, 1];

/// Deepest nesting that a message may have. The contract's objects need nine levels.
pub const DEPTH_MAX: usize = 64;

/// How long after it was sent a worker may take up a message of events: the start-by time.
///
/// A live worker takes events up within milliseconds. By the end of this time it has answered or
/// claimed them, or it took them up at the very end. So if a gateway hears nothing of an event for
/// another [`CLAIMED_WITHIN`], the event was not begun and will not be.
pub const START_WITHIN: std::time::Duration = std::time::Duration::from_millis(350);

/// Until this long after the start-by time, an event that was taken up is answered or claimed.
///
/// It covers a pause of the worker that is too short for the worker to notice (200 ms), its timer
/// for claims (25 ms), and the way. The possible error of the clocks is added to it.
pub const CLAIMED_WITHIN: std::time::Duration = std::time::Duration::from_millis(300);

/// Milliseconds since the Unix epoch, in the time of the bus ([`crate::clock`]). Deadlines cross
/// process borders in this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

/// Gateway to workers: events for one version of one function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The events, oldest first.
    pub invocations: Vec<Invocation>,
}

/// Further fields of a [`Batch`], as [`encode_with`] writes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// A worker that takes the events up later than this does not run them, because the gateway has
    /// given them up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_by: Option<UnixMillis>,
}

/// One event on its way to a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// Names this invocation within its batch.
    pub slot: u32,
    /// The viewer request that it belongs to, for logs.
    pub request_id: String,
    /// The trigger, for logs and metrics.
    pub trigger: Trigger,
    /// When the gateway stops waiting. The worker does not begin work that would end later.
    pub deadline: UnixMillis,
    /// The event itself; only the sandbox reads it.
    pub payload: Payload,
}

/// The payload of an event. Only the sandbox reads it, and it gets the whole event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Payload {
    /// MessagePack of an [`crate::event::Event`].
    Event(Bytes),
    /// JSON text, given to the handler as it is (`brink run`, `brink function invoke`).
    Json(Bytes),
    /// Stands for MessagePack of an [`crate::event::Event`] that is larger than the bus carries. The
    /// gateway keeps the event, and the worker fetches it.
    #[serde(rename = "Parcel")]
    ClaimCheck(ClaimCheck),
}

/// Worker to gateway: answers to some invocations of one batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The worker.
    pub worker: NodeId,
    /// In the order in which they were ready.
    pub answers: Vec<Answer>,
}

/// The outcome of one invocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The invocation's slot in its batch.
    pub slot: u32,
    /// The end of it, or a sign of life.
    pub verdict: Verdict,
}

/// The ways in which an invocation ends, and one in which it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// The handler returned. MessagePack of its value, which is not validated yet.
    Returned {
        /// A MessagePack value with the shape of JSON.
        value: Bytes,
        /// How the invocation went.
        run: Run,
    },
    /// The handler returned a value that is larger than the bus carries. The worker keeps it, and
    /// the gateway fetches it.
    #[serde(rename = "Parcel")]
    ClaimCheck {
        /// Where the value is.
        #[serde(rename = "ticket")]
        claim_check: ClaimCheck,
        /// How the invocation went.
        run: Run,
    },
    /// The handler ran, or may have run, and gave no value.
    Failed {
        /// What the log says; the viewer sees only the kind.
        failure: Failure,
        /// How the invocation went.
        run: Run,
    },
    /// Not begun, because the worker could not meet the deadline. Another worker may run it.
    Busy,
    /// Not begun, because the worker is stopping or gives the version up. Another worker may run
    /// it.
    Retired,
    /// Begun, and lost through no fault of this event: its sandbox died because of another event.
    /// Another worker may run it only if the viewer's method is safe to repeat.
    Lost,
    /// Still running at this worker: the claim. Sent once if an invocation takes longer than usual,
    /// so the gateway knows which worker to watch.
    Claimed,
}

/// Measurements of one invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Microseconds in the handler, jobs included.
    pub duration_us: u64,
    /// True if an execution environment was made for it.
    pub cold: bool,
}

/// Why an invocation gave no value, in Lambda's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind that the viewer sees.
    pub kind: FailureKind,
    /// The error's class: `TypeError`, `Runtime.HandlerNotFound`, `Sandbox.Timedout`.
    pub error_type: String,
    /// One or a few lines.
    pub message: String,
    /// Frames, innermost first; empty when there are none.
    pub stack: Vec<String>,
}

/// The kinds that viewers can tell apart (`contract.md` 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The function threw, could not start, or its sandbox died.
    #[serde(rename = "LambdaExecutionError")]
    Execution,
    /// The function ran over a limit, or there was no capacity for it.
    #[serde(rename = "LambdaLimitExceeded")]
    Limit,
    /// The function returned what the contract does not allow.
    #[serde(rename = "LambdaValidationError")]
    Validation,
}

/// Why bytes are not a message of Brink.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Another program's message, or one cut before its second byte.
    #[error("not a Brink message ({0} bytes, no preamble)")]
    Foreign(usize),
    /// A newer or older format.
    #[error("the message has format {0}, but this process knows only {version}", version = PREAMBLE[1])]
    Version(u8),
    /// The preamble is right and the rest is not.
    #[error("broken {what} message of {size} bytes: {source}")]
    Broken {
        /// The type that was expected.
        what: &'static str,
        /// Its size.
        size: usize,
        /// What the decoder says.
        source: rmp_serde::decode::Error,
    },
    /// A message that cannot be written; a fault in our own code.
    #[error("cannot write a {what} message: {source}")]
    Encode {
        /// The type.
        what: &'static str,
        /// What the encoder says.
        source: rmp_serde::encode::Error,
    },
}

/// Writes a message with its preamble.
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, WireError> {
    encode_sized(message, 512)
}

/// The same for a message that has about this many bytes. A large one is not moved while it grows.
pub fn encode_sized<T: Serialize>(message: &T, capacity: usize) -> Result<Bytes, WireError> {
    let mut out = Vec::with_capacity(capacity);
    encode_to(message, &mut out)?;
    Ok(out.into())
}

/// The same for a message that need not be in memory whole.
pub fn encode_to<T: Serialize>(message: &T, out: &mut impl Write) -> Result<(), WireError> {
    let failed = |source| WireError::Encode { what: short_name::<T>(), source };
    out.write_all(&PREAMBLE).map_err(|error| failed(serde::ser::Error::custom(error)))?;
    rmp_serde::encode::write(out, message).map_err(failed)
}

/// Writes a message with its preamble, and after it more fields that earlier versions do not know.
///
/// Earlier versions reject a message with an unknown field, but they do not read beyond its end. So
/// the new fields follow there, as a byte string with the named fields of `more`.
pub fn encode_with<T: Serialize, M: Serialize>(message: &T, more: &M) -> Result<Bytes, WireError> {
    let write = |out: &mut Vec<u8>| {
        let more = Bytes::from(rmp_serde::to_vec_named(more)?);
        rmp_serde::encode::write(out, message)?;
        rmp_serde::encode::write(out, &more)
    };
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(&PREAMBLE);
    write(&mut out).map_err(|source| WireError::Encode { what: short_name::<T>(), source })?;
    Ok(out.into())
}

/// Reads a message written by [`encode`] or [`encode_with`]. Never panics; costs at most the size
/// of `bytes`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    decode_borrowed(bytes)
}

/// The same for a message whose texts and bytes stay where they are.
pub fn decode_borrowed<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(body(bytes)?);
    reader.set_max_depth(DEPTH_MAX);
    T::deserialize(&mut reader).map_err(|source| broken::<T>(bytes, source))
}

/// Reads a message and the fields after it, or their defaults after one written by [`encode`].
pub fn decode_with<T: DeserializeOwned, M: DeserializeOwned + Default>(
    bytes: &[u8],
) -> Result<(T, M), WireError> {
    use rmp_serde::decode::Error::InvalidMarkerRead;
    let mut reader = rmp_serde::Deserializer::from_read_ref(body(bytes)?);
    reader.set_max_depth(DEPTH_MAX);
    let message = T::deserialize(&mut reader).map_err(|source| broken::<T>(bytes, source))?;
    let more = match <&[u8]>::deserialize(&mut reader) {
        // A byte string that was cut has its marker.
        Err(InvalidMarkerRead(end)) if end.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Ok((message, M::default()));
        }
        more => more.and_then(decode_value),
    };
    Ok((message, more.map_err(|source| broken::<M>(bytes, source))?))
}

/// A message without its preamble.
fn body(bytes: &[u8]) -> Result<&[u8], WireError> {
    match bytes {
        [mark, version, body @ ..] if *mark == PREAMBLE[0] => {
            if *version != PREAMBLE[1] {
                return Err(WireError::Version(*version));
            }
            Ok(body)
        }
        _ => Err(WireError::Foreign(bytes.len())),
    }
}

fn broken<T>(bytes: &[u8], source: rmp_serde::decode::Error) -> WireError {
    WireError::Broken { what: short_name::<T>(), size: bytes.len(), source }
}

/// Writes bare MessagePack, for values inside a message.
pub fn encode_value<T: Serialize>(value: &T) -> Result<Bytes, WireError> {
    rmp_serde::to_vec(value)
        .map(Bytes::from)
        .map_err(|source| WireError::Encode { what: short_name::<T>(), source })
}

/// Reads bare MessagePack (an event, or a value that a handler returned) with the depth bound.
pub fn decode_value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, rmp_serde::decode::Error> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(DEPTH_MAX);
    T::deserialize(&mut reader)
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

// === impl UnixMillis ===

impl UnixMillis {
    /// The present time.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(since.map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time `wait` after `self`.
    pub fn after(self, wait: std::time::Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Time from `earlier` until `self`; zero if that is later.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Time left until `self` by the machine's own clock; zero when it has passed.
    pub fn remaining(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.saturating_sub(Self::now().0))
    }
}

// === impl FailureKind ===

impl FailureKind {
    /// The name in `X-Cache`, in metrics and in the output of `brink run`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execution => "LambdaExecutionError",
            Self::Limit => "LambdaLimitExceeded",
            Self::Validation => "LambdaValidationError",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        let worker = "w1".parse().unwrap();
        Answers { worker, answers: vec![Answer { slot: 7, verdict: Verdict::Busy }] }
    }

    #[test]
    fn a_message_comes_back_as_it_was() {
        let bytes = encode(&answers()).unwrap();
        assert_eq!(decode::<Answers>(&bytes).unwrap(), answers());
    }

    #[test]
    fn claim_checks_have_the_names_that_earlier_releases_read() {
        let check = ClaimCheck { holder: "g1".parse().unwrap(), number: 1, size: 9, piece: 4 };
        let payload = serde_json::to_value(Payload::ClaimCheck(check.clone())).unwrap();
        assert_eq!(payload["Parcel"]["number"], 1);
        let run = Run { duration_us: 2, cold: false };
        let verdict = Verdict::ClaimCheck { claim_check: check, run };
        let verdict = serde_json::to_value(verdict).unwrap();
        assert_eq!(verdict["Parcel"]["ticket"]["size"], 9);
    }

    #[test]
    fn foreign_newer_and_truncated_messages_are_told_apart() {
        let bytes = encode(&answers()).unwrap();
        assert!(matches!(decode::<Answers>(b"{}"), Err(WireError::Foreign(2))));
        assert!(matches!(decode::<Answers>(b""), Err(WireError::Foreign(0))));
        assert!(matches!(decode::<Answers>(&[PREAMBLE[0], 9, 0]), Err(WireError::Version(9))));
        for cut in 2..bytes.len() {
            assert!(
                matches!(decode::<Answers>(&bytes[..cut]), Err(WireError::Broken { .. })),
                "{cut}"
            );
        }
    }

    #[test]
    fn further_fields_are_read_only_by_versions_that_know_them() {
        let terms = Terms { start_by: Some(UnixMillis(7)) };
        let batch = Batch { invocations: Vec::new() };
        let bytes = encode_with(&batch, &terms).unwrap();
        assert_eq!(decode_with::<Batch, Terms>(&bytes).unwrap(), (batch.clone(), terms));
        // An earlier version, and a message of one.
        assert_eq!(decode::<Batch>(&bytes).unwrap(), batch);
        let plain = encode(&batch).unwrap();
        let read = decode_with::<Batch, Terms>(&plain).unwrap();
        assert_eq!(read, (batch.clone(), Terms::default()));
        for cut in plain.len() + 1..bytes.len() {
            let read = decode_with::<Batch, Terms>(&bytes[..cut]);
            assert!(matches!(read, Err(WireError::Broken { .. })), "{cut}: {read:?}");
        }
        // A later version.
        #[derive(Serialize)]
        struct More {
            start_by: UnixMillis,
            mood: &'static str,
        }
        let bytes = encode_with(&batch, &More { start_by: UnixMillis(7), mood: "good" }).unwrap();
        assert_eq!(decode_with::<Batch, Terms>(&bytes).unwrap(), (batch, terms));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(mut bytes: Vec<u8>) {
            let _ = decode::<Batch>(&bytes);
            bytes.splice(0..0, PREAMBLE);
            let _ = decode_with::<Batch, Terms>(&bytes);
            let _ = decode::<Batch>(&bytes);
            let _ = decode::<Answers>(&bytes);
        }
    }
}
