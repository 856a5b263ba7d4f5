//! The dialect of the bootstraps of Node.js and Python: JSON (`worker/interpreters/README.md`).
//!
//! The bootstraps run a function's code in their own process, so every byte may come from that
//! code. A message that is not as the bootstraps write it is a violation of the protocol. A value
//! that cannot be read fails its own event.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use brink_frames::{EventId, FromSandbox, Invoke, LogLevel, ToSandbox};
use brink_shared::event::{Event, ForFunction};
use brink_shared::wire::{self, Failure, FailureKind, Payload, Run};

use crate::json_value;
use crate::sandbox::in_flight::ProtocolViolation;

/// The settings of a function, as the message `load` carries them.
#[derive(Clone, Debug, Serialize)]
pub struct Settings<'a> {
    /// The function's name, for `context`.
    pub function: &'a str,
    /// The version, for `context`.
    pub version: String,
    /// The handler, as the function's settings name it.
    pub handler: &'a str,
    /// The memory limit, for `context`.
    pub memory_mb: u32,
    /// The folder of the bundle, as the sandbox sees it.
    pub folder: &'a str,
    /// For `context`.
    pub arn: String,
    /// For `context`.
    pub log_group: String,
    /// For `context`.
    pub log_stream: String,
    /// The environment that the function sees. It has the values of secrets, so it is overwritten in
    /// the end.
    pub env: BTreeMap<String, String>,
    /// Log lines below this level are not written; none for the runtime's default.
    pub log_level: Option<&'static str>,
    /// Most bytes of a value's JSON.
    pub response_max: u64,
    /// How connections get out of the sandbox: [`PROXIED`](brink_frames::network::PROXIED) or
    /// [`TRANSPARENT`](brink_frames::network::TRANSPARENT).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<&'static str>,
    /// The private hosts that the function may call. Those on the machine's loopback go through
    /// the proxy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loopback: Vec<String>,
    /// Where a debugger is served; none if the function is not debugged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspect: Option<Inspect>,
}

/// The debugger of a function.
#[derive(Clone, Debug, Serialize)]
pub struct Inspect {
    /// Where it listens, on the sandbox's loopback.
    pub host: IpAddr,
    /// Its port.
    pub port: u16,
    /// True if the function loads only when a debugger is attached.
    pub wait: bool,
}

/// Reads the messages of one sandbox.
#[derive(Default)]
pub struct Messages {
    /// True once an outcome came. The first event finds a new environment.
    is_used: bool,
}

/// An error as the bootstraps write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Error {
    error_type: String,
    error_message: String,
    trace: Vec<String>,
}

/// A message of a bootstrap that is up: `["ready", {"runtime", "version"}]`.
#[derive(Debug, Deserialize)]
pub struct Ready {
    /// `nodejs` or `python`.
    pub runtime: String,
    /// The version of the interpreter.
    pub version: String,
}

/// Bytes that are overwritten in the end.
struct Wiped(Zeroizing<Vec<u8>>);

/// Counts the bytes that are written to it.
struct Count(usize);

// === impl Settings ===

impl Drop for Settings<'_> {
    fn drop(&mut self) {
        self.env.values_mut().for_each(Zeroize::zeroize);
    }
}

// === impl Wiped ===

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

// === impl Count ===

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Messages ===

impl Messages {
    /// The messages of a frame.
    pub fn read(&mut self, frame: &[u8]) -> Vec<Result<FromSandbox, ProtocolViolation>> {
        let messages: Vec<Vec<&RawValue>> = match serde_json::from_slice(frame) {
            Ok(messages) => messages,
            Err(error) => return vec![Err(violation("a frame", &error))],
        };
        // Frames without a message would cost time and count nowhere.
        if messages.is_empty() {
            return vec![Err(ProtocolViolation("an empty frame".to_owned()))];
        }
        messages.iter().map(|message| self.message(message)).collect()
    }

    fn message(&mut self, parts: &[&RawValue]) -> Result<FromSandbox, ProtocolViolation> {
        let [name, rest @ ..] = parts else {
            return Err(ProtocolViolation("a message without a name".to_owned()));
        };
        let name: Cow<'_, str> = part("the name of a message", name)?;
        Ok(match (&*name, rest) {
            ("loaded", [init_us]) => FromSandbox::Loaded { init_us: part("loaded", init_us)? },
            ("rejected", [error]) => FromSandbox::StartFailed(failure("rejected", error)?),
            ("ends", []) => FromSandbox::Ends,
            // The first event without an outcome has begun, whether the sandbox says so or not.
            ("started", [id]) => FromSandbox::Started(EventId(part("started", id)?)),
            ("done", [id, duration_us, value]) => {
                let result = json_value::to_msgpack(value.get()).map_err(|error| {
                    unreadable_value(format!("Unable to read the response: {error}"))
                });
                self.done(id, duration_us, result)?
            }
            ("text", [id, duration_us, written]) => {
                let value: String = text("text", written)?;
                let result = json_value::to_msgpack(&value).map_err(|error| {
                    unreadable_value(format!("The response is not JSON: {error}"))
                });
                self.done(id, duration_us, result)?
            }
            ("failed", [id, duration_us, error]) => {
                let failure = failure("failed", error)?;
                self.done(id, duration_us, Err(failure))?
            }
            ("log", [id, level, line]) => FromSandbox::Log {
                id: part::<Option<u64>>("log", id)?.map(EventId),
                level: level_of(&part::<Cow<'_, str>>("log", level)?)?,
                text: text("log", line)?,
            },
            (name, rest) => {
                return Err(ProtocolViolation(format!(
                    "there is no message {name:?} with {} values",
                    rest.len()
                )));
            }
        })
    }

    fn done(
        &mut self,
        id: &RawValue,
        duration_us: &RawValue,
        result: Result<Bytes, Failure>,
    ) -> Result<FromSandbox, ProtocolViolation> {
        let cold = !std::mem::replace(&mut self.is_used, true);
        let run = Run { duration_us: part("an outcome", duration_us)?, cold };
        Ok(FromSandbox::Done { id: EventId(part("an outcome", id)?), result, run })
    }
}

/// The frame that tells a blank sandbox its function.
pub fn load_frame(settings: &Settings<'_>) -> Result<Bytes, String> {
    let messages = [("load", settings)];
    let mut length = Count(0);
    serde_json::to_writer(&mut length, &messages).map_err(|error| error.to_string())?;
    // A buffer that has to grow would leave a copy of the secrets behind.
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *json, &messages).map_err(|error| error.to_string())?;
    Ok(Bytes::from_owner(Wiped(json)))
}

/// A message as a frame.
pub fn frame(message: &ToSandbox) -> Result<Bytes, String> {
    match message {
        ToSandbox::Invoke(invoke) => invoke_frame(invoke),
        ToSandbox::Load(_) | ToSandbox::FindAbsent(_) | ToSandbox::CallDone { .. } => {
            Err("an interpreter knows no such message".to_owned())
        }
    }
}

/// The first message of a bootstrap.
pub fn ready(frame: &[u8]) -> Result<Ready, ProtocolViolation> {
    let [(name, ready)]: [(Cow<'_, str>, Ready); 1] =
        serde_json::from_slice(frame).map_err(|error| violation("the first frame", &error))?;
    match &*name {
        "ready" => Ok(ready),
        other => Err(ProtocolViolation(format!("its first message is {other:?}"))),
    }
}

/// Writes the event as JSON once, from its typed form.
fn invoke_frame(invoke: &Invoke) -> Result<Bytes, String> {
    let Invoke { id, request_id, deadline, payload, .. } = invoke;
    match payload {
        Payload::Event(bytes) => {
            let event: Event = wire::decode_value(bytes).map_err(|error| error.to_string())?;
            let event = ForFunction(&event);
            to_frame(&[("invoke", id, request_id, deadline, event)])
        }
        Payload::Json(text) => {
            let event: &RawValue =
                serde_json::from_slice(text).map_err(|error| error.to_string())?;
            to_frame(&[("invoke", id, request_id, deadline, event, true)])
        }
        Payload::ClaimCheck(_) => Err("the event did not arrive whole".to_owned()),
    }
}

fn to_frame<T: Serialize>(messages: &[T; 1]) -> Result<Bytes, String> {
    let mut out = BytesMut::with_capacity(2 * 1024).writer();
    serde_json::to_writer(&mut out, messages).map_err(|error| error.to_string())?;
    Ok(out.into_inner().freeze())
}

fn part<'a, T: Deserialize<'a>>(what: &str, json: &'a RawValue) -> Result<T, ProtocolViolation> {
    serde_json::from_str(json.get()).map_err(|error| violation(what, &error))
}

/// The same for texts of the function, which may have half of a character.
fn text<T: DeserializeOwned>(what: &str, json: &RawValue) -> Result<T, ProtocolViolation> {
    let read = serde_json::from_str(json.get()).or_else(|error| {
        let whole = json_value::with_whole_characters(json.get());
        whole.map_or(Err(error), |whole| serde_json::from_str(&whole))
    });
    read.map_err(|error| violation(what, &error))
}

fn violation(what: &str, error: &serde_json::Error) -> ProtocolViolation {
    ProtocolViolation(format!("{what} cannot be read: {error}"))
}

fn failure(what: &str, json: &RawValue) -> Result<Failure, ProtocolViolation> {
    let Error { error_type, error_message, trace } = text(what, json)?;
    let kind = FailureKind::Execution;
    Ok(Failure { kind, error_type, message: error_message, stack: trace })
}

/// The failure of an event whose value is no JSON that a gateway can read.
fn unreadable_value(message: String) -> Failure {
    Failure {
        kind: FailureKind::Execution,
        error_type: "Runtime.MarshalError".to_owned(),
        message,
        stack: Vec::new(),
    }
}

/// The name of a level in `load`.
pub fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

fn level_of(name: &str) -> Result<LogLevel, ProtocolViolation> {
    Ok(match name {
        "trace" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" | "fatal" => LogLevel::Error,
        other => return Err(ProtocolViolation(format!("there is no log level {other:?}"))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use brink_shared::wire::UnixMillis;

    use super::*;

    fn read(frame: &str) -> Vec<Result<FromSandbox, ProtocolViolation>> {
        Messages::default().read(frame.as_bytes())
    }

    #[test]
    fn many_messages_come_in_one_frame() {
        let frame = json!([
            ["loaded", 1_500],
            ["log", null, "info", "hello"],
            ["done", 1, 25, {"status": "200"}],
            ["failed", 2, 5, {"errorType": "Error", "errorMessage": "no", "trace": ["at x"]}],
            ["text", 3, 5, "[1]"],
        ]);
        let heard: Vec<_> = read(&frame.to_string()).into_iter().map(Result::unwrap).collect();
        let [loaded, log, done, failed, text] = &heard[..] else { panic!("{heard:?}") };
        assert!(matches!(loaded, FromSandbox::Loaded { init_us: 1_500 }));
        assert!(matches!(log, FromSandbox::Log { id: None, level: LogLevel::Info, .. }));
        let FromSandbox::Done { id: EventId(1), result: Ok(value), run } = done else {
            panic!("{done:?}")
        };
        assert_eq!(wire::decode_value::<Value>(value).unwrap(), json!({"status": "200"}));
        assert_eq!(*run, Run { duration_us: 25, cold: true });
        let FromSandbox::Done { result: Err(failure), run, .. } = failed else {
            panic!("{failed:?}")
        };
        assert_eq!((&*failure.message, &failure.stack[..]), ("no", &["at x".to_owned()][..]));
        assert!(!run.cold);
        assert!(matches!(text, FromSandbox::Done { result: Ok(_), .. }));
    }

    #[test]
    fn half_a_character_harms_nothing() {
        let frame = r#"[["log", 1, "info", "cut: \ud83d"], ["done", 1, 5, {"status": "\udc00"}],
            ["failed", 2, 5, {"errorType": "Error", "errorMessage": "\ud83d", "trace": []}]]"#;
        let heard: Vec<_> = read(frame).into_iter().map(Result::unwrap).collect();
        let [log, done, failed] = &heard[..] else { panic!("{heard:?}") };
        assert!(matches!(log, FromSandbox::Log { text, .. } if text == "cut: \u{fffd}"), "{log:?}");
        let FromSandbox::Done { result: Ok(value), .. } = done else { panic!("{done:?}") };
        let value: Value = wire::decode_value(value).unwrap();
        assert_eq!(value, json!({"status": "\u{fffd}"}));
        let FromSandbox::Done { result: Err(failure), .. } = failed else { panic!("{failed:?}") };
        assert_eq!(failure.message, "\u{fffd}");
    }

    #[test]
    fn a_value_that_is_no_json_fails_its_event_only() {
        let heard = read(r#"[["text", 7, 5, "NaN"]]"#).remove(0).unwrap();
        let FromSandbox::Done { id: EventId(7), result: Err(failure), .. } = heard else {
            panic!("{heard:?}")
        };
        assert_eq!(failure.error_type, "Runtime.MarshalError");
    }

    #[test]
    fn other_bytes_violate_the_protocol() {
        for frame in [
            "",
            "[",
            "{}",
            "[[]]",
            "[[1]]",
            r#"[["done", 1]]"#,
            r#"[["done", -1, 5, null]]"#,
            r#"[["failed", 1, 5, {}]]"#,
            r#"[["log", null, "loud", "text"]]"#,
            r#"[["blank", []]]"#,
        ] {
            assert!(read(frame).iter().any(Result::is_err), "{frame}");
        }
    }

    #[test]
    fn an_event_is_written_as_it_was_given() {
        let invoke = |payload| Invoke {
            id: EventId(3),
            request_id: "r".to_owned(),
            deadline: UnixMillis(17),
            payload,
            fresh: false,
        };
        let text = Bytes::from_static(br#"{"a": 123456789012345678901234567890}"#);
        let frame = invoke_frame(&invoke(Payload::Json(text))).unwrap();
        let expected =
            r#"[["invoke",3,"r",17,{"a": 123456789012345678901234567890},true]]"#.as_bytes();
        assert_eq!(&frame[..], expected);
        assert!(invoke_frame(&invoke(Payload::Json(Bytes::from_static(b"{")))).is_err());
    }
}
