//! A leg: one request of a call, which each redirect changes.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use url::{Position, Url};

use super::call_connection::{Destination, Outgoing};
use super::target::Target;
use brink_frames::{CallError, CallRequest};

/// Headers that belong to the connection. Functions cannot set them.
const CONNECTION_HEADERS: [&str; 5] =
    ["content-length", "keep-alive", "te", "transfer-encoding", "upgrade"];

/// Headers about a body. They are removed together with it.
const BODY_HEADERS: [HeaderName; 5] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
];

/// A request to one URL.
pub(super) struct Leg {
    method: Method,
    /// Where it goes.
    pub(super) url: Url,
    /// The target in the request line, if the function chose its bytes.
    target: Option<Target>,
    headers: HeaderMap,
    body: Bytes,
    chunked: bool,
    /// True if the function itself says how long the body is.
    has_length: bool,
}

// === impl Leg ===

impl Leg {
    /// The first request of a call.
    pub(super) fn new(request: CallRequest) -> Result<Self, CallError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| invalid("METHOD", format!("{:?} is not a method", request.method)))?;
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(invalid("METHOD", format!("the method {method} cannot be used")));
        }
        let url = Url::parse(&request.url);
        let mut url = url.map_err(|_| invalid("URL", "Invalid URL".to_owned()))?;
        url.set_fragment(None);
        let target = match request.target {
            none if none.is_empty() => None,
            bytes => {
                let target = Target::new(bytes);
                Some(target.ok_or_else(|| invalid("URL", "Invalid URL".to_owned()))?)
            }
        };
        let mut headers = HeaderMap::new();
        let (mut chunked, mut has_length) = (false, false);
        for (name, value) in request.headers {
            if CONNECTION_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                chunked |= name.eq_ignore_ascii_case("transfer-encoding");
                has_length |= name.eq_ignore_ascii_case("content-length");
                continue;
            }
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                invalid("HTTP_TOKEN", format!("Header name must be a valid HTTP token [{name:?}]"))
            })?;
            let value = HeaderValue::from_bytes(&value).map_err(|_| {
                invalid("CHAR", format!("Invalid character in header content [{name:?}]"))
            })?;
            let keeps = value == "close" || value == "keep-alive";
            if key != header::CONNECTION || keeps {
                headers.try_append(key, value).map_err(|_| too_many())?;
            }
        }
        if !headers.contains_key(header::CONNECTION) {
            headers
                .try_insert(header::CONNECTION, HeaderValue::from_static("keep-alive"))
                .map_err(|_| too_many())?;
        }
        Ok(Self { method, url, target, headers, body: request.body, chunked, has_length })
    }

    /// Where it goes.
    pub(super) fn destination(&self) -> Result<Destination, CallError> {
        let secure = match self.url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(invalid("PROTOCOL", "only http: and https: can be called".to_owned())),
        };
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let port = self.url.port_or_known_default().unwrap_or_default();
        Ok(Destination { host, port, secure })
    }

    /// The host in the request's own `Host` header, without its port, if the function set one.
    pub(super) fn claimed_host(&self) -> Option<&str> {
        let host = self.headers.get(header::HOST)?.to_str().unwrap_or_default();
        let port = host.rsplit_once(':').filter(|(host, port)| {
            let digits = port.bytes().all(|b| b.is_ascii_digit());
            digits && (!host.contains(':') || host.ends_with(']'))
        });
        Some(port.map_or(host, |(host, _)| host))
    }

    /// The request itself.
    pub(super) fn request(&self) -> Result<http::Request<Outgoing>, CallError> {
        let uri = match &self.target {
            Some(_) => Target::PLACEHOLDER,
            None => &self.url[Position::BeforePath..Position::AfterQuery],
        };
        let sends = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        let bytes = (!self.body.is_empty()).then(|| self.body.clone());
        let is_empty = bytes.is_none();
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(uri)
            .body(Outgoing { bytes, chunked: self.chunked })
            .map_err(|error| invalid("URL", format!("Invalid URL: {error}")))?;
        if let Some(target) = &self.target {
            request.extensions_mut().insert(target.clone());
        }
        let headers = request.headers_mut();
        *headers = self.headers.clone();
        if !headers.contains_key(header::HOST) {
            let host = &self.url[Position::BeforeHost..Position::AfterPort];
            let host = HeaderValue::from_str(host);
            let host = host.map_err(|_| invalid("URL", "Invalid URL".to_owned()))?;
            headers.try_insert(header::HOST, host).map_err(|_| too_many())?;
        }
        if (sends || self.has_length) && is_empty {
            let none = HeaderValue::from_static("0");
            headers.try_insert(header::CONTENT_LENGTH, none).map_err(|_| too_many())?;
        }
        Ok(request)
    }

    /// True if the request may be sent again after this error: it was not sent at all, or the other
    /// side closed the connection and the method is idempotent.
    pub(super) fn is_repeatable(&self, error: &hyper::Error) -> bool {
        error.is_canceled() || (self.method.is_idempotent() && !error.is_parse())
    }

    /// Follows a redirect as in the Fetch standard: a POST becomes a GET unless the status keeps
    /// the method, and credentials go only to the host that they were meant for.
    pub(super) fn redirect(&mut self, status: StatusCode, location: &str) -> Result<(), CallError> {
        let to = self.url.join(location);
        let mut to = to.map_err(|_| {
            invalid("URL", format!("it redirects to {location:?}, which is not a URL"))
        })?;
        to.set_fragment(None);
        let becomes_get = match status {
            StatusCode::SEE_OTHER => !matches!(self.method, Method::GET | Method::HEAD),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.has_length = false;
            for name in &BODY_HEADERS {
                self.headers.remove(name);
            }
        }
        if to.origin() != self.url.origin() {
            for name in [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE] {
                self.headers.remove(name);
            }
        }
        self.headers.remove(header::HOST);
        self.url = to;
        self.target = None;
        Ok(())
    }
}

/// The target of a redirect; none if the answer is not one.
pub(super) fn location<T>(response: &http::Response<T>) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

fn invalid(what: &str, why: String) -> CallError {
    CallError::new(&format!("ERR_INVALID_{what}"), why)
}

fn too_many() -> CallError {
    invalid("HEADERS", "there are too many headers".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(method: &str, headers: &[(&str, &str)]) -> Leg {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Bytes::from((*value).to_owned())));
        Leg::new(CallRequest {
            method: method.to_owned(),
            url: "https://a.example/x/y?q=1#top".to_owned(),
            target: Bytes::new(),
            headers: headers.collect(),
            body: Bytes::from_static(b"body"),
            redirect: Default::default(),
        })
        .unwrap()
    }

    #[test]
    fn locations_are_resolved_against_the_url() {
        for (location, url) in [
            ("http://b.example/z", "http://b.example/z"),
            ("//b.example/z", "https://b.example/z"),
            ("/z#top", "https://a.example/z"),
            ("../z", "https://a.example/z"),
            ("?p=2", "https://a.example/x/y?p=2"),
        ] {
            let mut leg = leg("GET", &[]);
            leg.redirect(StatusCode::FOUND, location).unwrap();
            assert_eq!(leg.url.as_str(), url, "{location}");
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        let headers = [
            ("Authorization", "secret"),
            ("Cookie", "a=b"),
            ("Host", "a.example"),
            ("Content-Type", "text/plain"),
            ("X-Other", "1"),
        ];
        let mut leg = leg("POST", &headers);
        leg.redirect(StatusCode::FOUND, "https://b.example/").unwrap();
        assert_eq!(leg.method, Method::GET);
        let request = leg.request().unwrap();
        assert!(request.body().bytes.is_none());
        let names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-other", "connection", "host"]);
        assert_eq!(request.headers()["host"], "b.example");
    }

    #[test]
    fn an_empty_body_has_its_length_where_one_is_told() {
        let length = |method, headers: &[(&str, &str)]| {
            let leg = Leg { body: Bytes::new(), ..leg(method, headers) };
            leg.request().unwrap().headers().get("content-length").cloned()
        };
        assert_eq!(length("GET", &[]), None);
        assert_eq!(length("GET", &[("content-length", "0")]).unwrap(), "0");
        assert_eq!(length("GET", &[("Content-Length", "7")]).unwrap(), "0");
        assert_eq!(length("PUT", &[]).unwrap(), "0");
    }

    #[test]
    fn only_a_post_becomes_a_get() {
        for (status, method, then) in [
            (302, "PUT", "PUT"),
            (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"),
            (307, "POST", "POST"),
            (301, "POST", "GET"),
        ] {
            let mut leg = leg(method, &[]);
            leg.redirect(StatusCode::from_u16(status).unwrap(), "/").unwrap();
            assert_eq!(leg.method, then, "{status} {method}");
        }
    }
}
