//! Requests as a viewer sends them, and what comes back.

use std::time::Duration;

use bytes::Bytes;

/// A request in the making.
pub struct Ask {
    request: awc::ClientRequest,
    body: Bytes,
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

// === impl Ask ===

impl Ask {
    pub(super) fn new(method: &str, url: String) -> Self {
        // A cold start on a busy machine is the longest wait there is.
        let client =
            awc::Client::builder().timeout(Duration::from_secs(60)).disable_redirects().finish();
        Self {
            request: client.request(method.parse().unwrap(), url).no_decompress(),
            body: Bytes::new(),
        }
    }

    /// Adds a header line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.append_header((name, value));
        self
    }

    /// Gives the request a body.
    pub fn body(mut self, body: &'static str) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and waits for all of the answer.
    pub async fn send(self) -> Reply {
        let mut response = self.request.send_body(self.body).await.unwrap();
        let headers = response.headers().iter();
        Reply {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: response.body().limit(64 << 20).await.unwrap(),
        }
    }
}

// === impl Reply ===

impl Reply {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header; `None` if it is not there.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.iter();
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body's bytes.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in the body of {self:?}"))
    }
}
