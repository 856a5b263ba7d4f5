//! Reads how a function describes its error: `{"errorType", "errorMessage", "stackTrace"}`.

use http::HeaderMap;
use serde_json::Value;

use brink_shared::wire::{Failure, FailureKind};

/// The header with the kind of an error.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// Most characters of an error's message.
const MESSAGE_MAX: usize = 64 * 1024;

/// Most characters of an error's type.
const TYPE_MAX: usize = 256;

/// Most lines of a stack.
const LINES_MAX: usize = 100;

/// Most characters of a line of a stack.
const LINE_MAX: usize = 2 * 1024;

/// The failure that a function reports. A body that is no such description is the message itself.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Failure {
    let description = match serde_json::from_slice(body) {
        Ok(Value::Object(description)) => description,
        _ => {
            let message = String::from_utf8_lossy(body);
            return failure(header_type(headers), message.trim(), Vec::new());
        }
    };
    let text = |name: &str| match description.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let stack = ["stackTrace", "trace"].iter().find_map(|name| description.get(*name));
    let lines = stack.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let error_type = text("errorType").filter(|name| !name.is_empty());
    failure(
        error_type.unwrap_or_else(|| header_type(headers)),
        &text("errorMessage").unwrap_or_default(),
        lines.iter().take(LINES_MAX).map(line).collect(),
    )
}

/// The failure of an event without a description.
pub(super) fn undescribed(headers: &HeaderMap, message: &str) -> Failure {
    failure(header_type(headers), message, Vec::new())
}

fn failure(error_type: String, message: &str, stack: Vec<String>) -> Failure {
    Failure {
        kind: FailureKind::Execution,
        error_type: cut(&error_type, TYPE_MAX),
        message: cut(message, MESSAGE_MAX),
        stack,
    }
}

/// The kind of an error in the header, as Lambda takes it: `Runtime.` or `Function.` and a name of
/// letters.
fn header_type(headers: &HeaderMap) -> String {
    let given = headers.get(ERROR_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_name = |name: &str| {
        name.len() > 1
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.chars().all(|letter| letter.is_ascii_alphabetic())
    };
    match given.split_once('.') {
        Some(("Runtime" | "Function", name)) if is_name(name) => given.to_owned(),
        Some(("Runtime", _)) => "Runtime.Unknown".to_owned(),
        _ => "Function.Unknown".to_owned(),
    }
}

/// An entry of a stack: a text, or an object with the place, as the clients of Go and Rust write it.
fn line(entry: &Value) -> String {
    let text = match entry {
        Value::String(text) => text.trim_end().to_owned(),
        Value::Object(fields) => {
            let text = |name: &str| match fields.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            format!("{} ({}:{})", text("label"), text("path"), text("line"))
        }
        other => other.to_string(),
    };
    cut(&text, LINE_MAX)
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn headers(error_type: &str) -> HeaderMap {
        let value = HeaderValue::from_str(error_type).unwrap();
        HeaderMap::from_iter([(http::HeaderName::from_static(ERROR_TYPE), value)])
    }

    #[test]
    fn the_description_of_each_client_is_read() {
        let python = json!({
            "errorMessage": "no", "errorType": "ValueError", "requestId": "r",
            "stackTrace": ["  File \"/var/task/f.py\", line 3, in handler\n    raise x\n"],
        });
        let failure = read(&HeaderMap::new(), python.to_string().as_bytes());
        assert_eq!((&*failure.error_type, &*failure.message), ("ValueError", "no"));
        assert_eq!(failure.stack, ["  File \"/var/task/f.py\", line 3, in handler\n    raise x"]);
        let node = json!({"errorType": "Error", "errorMessage": "no", "trace": ["Error: no"]});
        let failure = read(&HeaderMap::new(), node.to_string().as_bytes());
        assert_eq!(failure.stack, ["Error: no"]);
        let go = json!({
            "errorType": "errorString", "errorMessage": "no",
            "stackTrace": [{"path": "a.go", "line": 7, "label": "main"}],
        });
        let failure = read(&HeaderMap::new(), go.to_string().as_bytes());
        assert_eq!(failure.stack, ["main (a.go:7)"]);
    }

    #[test]
    fn the_header_names_the_error_if_the_body_does_not() {
        for (given, expected) in [
            ("Function.NoSuchKey", "Function.NoSuchKey"),
            ("Runtime.BadState", "Runtime.BadState"),
            ("Runtime.bad", "Runtime.Unknown"),
            ("Runtime.", "Runtime.Unknown"),
            ("Function.No2", "Function.Unknown"),
            ("Handler.Bad", "Function.Unknown"),
            ("", "Function.Unknown"),
        ] {
            assert_eq!(read(&headers(given), b"{}").error_type, expected, "{given}");
        }
        let failure = read(&headers("Function.Bad"), br#"{"errorType": "E"}"#);
        assert_eq!(failure.error_type, "E");
    }

    #[test]
    fn any_other_body_is_the_message() {
        for body in [&b"exit 7"[..], b"[1]", b"\"text\"", b"\xff\xfe", b""] {
            let failure = read(&HeaderMap::new(), body);
            assert_eq!(failure.message, String::from_utf8_lossy(body));
        }
        let long = "x".repeat(2 * MESSAGE_MAX);
        assert_eq!(read(&HeaderMap::new(), long.as_bytes()).message.len(), MESSAGE_MAX);
    }
}
