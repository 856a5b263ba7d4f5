//! Requests as a viewer sends them, and what comes back.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{HeaderName, HeaderValue};

use brink_testing::exchange::{exchange, request};

/// A request in the making.
pub struct Ask {
    address: SocketAddr,
    request: Request<Full<Bytes>>,
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
    pub(super) fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        Self { address, request: request(method, path, "") }
    }

    /// Adds a header line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// Gives the request a body.
    pub fn body(mut self, body: &'static str) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// Sends it and waits for all of the answer.
    pub async fn send(self) -> Reply {
        let (head, body) = exchange(self.address, self.request).await.into_parts();
        let headers = head.headers.iter();
        Reply {
            status: head.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body,
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

    /// All header lines, by name.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
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
