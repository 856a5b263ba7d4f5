//! Admin requests, and how they are read. The error for an unreadable one names the place.

use serde::de::DeserializeOwned;

use brink_shared::admin::AdminError;
use brink_shared::bus::Message;
use brink_shared::registry::Problem;
use bytes::Bytes;

/// A request, as it came.
pub(super) struct Request<'a> {
    /// The message, which may have only a claim check for the request.
    pub message: &'a Message,
    /// The whole request.
    pub body: &'a Bytes,
    /// Its name: `function.publish`.
    pub name: &'a str,
    /// False if another worker passed it on.
    pub may_pass_on: bool,
}

/// Reads a request. An empty one is an empty object, as `nats req SUBJECT ''` sends it.
///
/// Serde would take an array for an object too, with the fields in their order. The record of
/// changes does not read arrays, so it would not say what such a request concerns.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AdminError> {
    let body = if body.is_empty() { b"{}" } else { body };
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(AdminError::new("the request is not a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let request = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = Some(error.path().to_string()).filter(|path| path != ".");
        let problem =
            Problem { path: path.unwrap_or_default(), message: error.inner().to_string() };
        AdminError { message: "the request cannot be read".to_owned(), problems: vec![problem] }
    })?;
    json.end().map_err(|error| AdminError::with_detail("after the request", error.to_string()))?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use brink_shared::admin::Publish;

    use super::*;

    #[test]
    fn a_wrong_request_is_told_its_place() {
        let body = b"{\"name\": \"f\",\n \"settings\": {\"memory_mb\": \"much\"}}";
        let error = read::<Publish>(body).unwrap_err().to_string();
        assert!(error.contains("settings.memory_mb"), "{error}");
        assert!(error.contains("line 2 column"), "{error}");
        let error = read::<Publish>(b"").unwrap_err().to_string();
        assert!(error.contains("missing field `name`"), "{error}");
        for body in [&br#"["f", {}, {"index.js": ""}]"#[..], b" [\"f\"]", b"\"f\"", b"null"] {
            let error = read::<Publish>(body).unwrap_err().to_string();
            assert_eq!(error, "the request is not a JSON object");
        }
    }
}
