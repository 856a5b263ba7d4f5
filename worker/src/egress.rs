//! Outgoing HTTP calls of functions.
//!
//! Sandboxes have no network: `fetch`, `http` and `https` ask here. A call goes only where the
//! [`policy`] lets it, redirects included, ends at its event's deadline, and is small enough to
//! keep in memory. Errors are texts, because their only reader is the function's author.

pub mod policy;
mod tls;

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use awc::http::header::{self, HeaderName, HeaderValue};
use awc::http::{Method, StatusCode, Uri};
use bytes::Bytes;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use crate::sandbox::frame::{CallRequest, CallResponse};
use policy::Policy;

/// Most outgoing calls of one event, as on Cloudflare's free plan.
pub const CALLS_MAX: u32 = 50;

/// Most outgoing calls of one event at a time, as at Cloudflare.
pub const CALLS_AT_ONCE_MAX: u32 = 6;

/// Most redirects that are followed in one call.
const REDIRECTS_MAX: u32 = 5;

/// Largest response body, in bytes: Lambda's payload quota.
const RESPONSE_MAX: usize = 6 * 1024 * 1024;

/// How long connecting may take, and as much again for TLS.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Headers that belong to the connection and are not the function's to set.
const CONNECTION_HEADERS: [&str; 6] =
    ["connection", "content-length", "keep-alive", "te", "transfer-encoding", "upgrade"];

/// Performs the calls of one version. Cheap to clone.
///
/// Each version has its own connections: one that was opened by leave of one function's policy
/// must not serve another function.
#[derive(Clone)]
pub struct Egress {
    policy: Rc<Policy>,
    clients: Rc<Clients>,
}

/// Made at the first call each.
#[derive(Default)]
struct Clients {
    plain: OnceCell<awc::Client>,
    secure: OnceCell<awc::Client>,
}

/// One request on the way, as redirects change it.
struct Leg {
    method: Method,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

// === impl Egress ===

impl Egress {
    /// For a version whose settings name these private hosts.
    pub fn new(private_hosts: &[String]) -> Self {
        Self { policy: Rc::new(Policy::new(private_hosts)), clients: Rc::default() }
    }

    /// Performs a call that must be done by `until`.
    pub async fn call(&self, request: CallRequest, until: Instant) -> Result<CallResponse, String> {
        let url = request.url.clone();
        timeout_at(until, self.follow(request))
            .await
            .unwrap_or_else(|_| Err("the event's time was over before the answer came".to_owned()))
            .map_err(|why| format!("cannot call {url}: {why}"))
    }

    async fn follow(&self, request: CallRequest) -> Result<CallResponse, String> {
        let mut leg = Leg::new(request)?;
        for _ in 0..=REDIRECTS_MAX {
            let mut response = self.send(&leg).await?;
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            match location {
                Some(location) if is_redirect(response.status()) => {
                    let to = resolve(&leg.uri, location)?;
                    leg.redirect(response.status(), to);
                }
                _ => {
                    let body = response.body().limit(RESPONSE_MAX).await;
                    let headers = response.headers().iter();
                    return Ok(CallResponse {
                        status: response.status().as_u16(),
                        url: leg.uri.to_string(),
                        headers: headers
                            .map(|(name, value)| {
                                (name.to_string(), Bytes::copy_from_slice(value.as_bytes()))
                            })
                            .collect(),
                        body: body.map_err(|error| format!("reading the answer: {error}"))?,
                    });
                }
            }
        }
        Err(format!("more than {REDIRECTS_MAX} redirects"))
    }

    async fn send(
        &self,
        leg: &Leg,
    ) -> Result<awc::ClientResponse<impl futures_util::Stream<Item = PayloadItem> + use<>>, String>
    {
        let address = self.address(&leg.uri).await?;
        let client = self.clients.get(&leg.uri).await?;
        let mut request = client.request(leg.method.clone(), leg.uri.clone()).address(address);
        for (name, value) in &leg.headers {
            request = request.append_header((name.clone(), value.clone()));
        }
        request.send_body(leg.body.clone()).await.map_err(|error| error.to_string())
    }

    /// The address that the host has now, if it may be called.
    async fn address(&self, uri: &Uri) -> Result<SocketAddr, String> {
        let host = uri.host().ok_or("the URL has no host")?;
        let default_port = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => return Err("only http: and https: can be called".to_owned()),
        };
        let port = uri.port_u16().unwrap_or(default_port);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = tokio::net::lookup_host((bare, port))
            .await
            .map_err(|error| format!("{host} cannot be looked up: {error}"))?;
        self.policy.choose(host, port, addresses)
    }
}

type PayloadItem = Result<Bytes, awc::error::PayloadError>;

// === impl Clients ===

impl Clients {
    /// The client for this URL's scheme. What is wrong with TLS here concerns no other scheme.
    async fn get(&self, uri: &Uri) -> Result<&awc::Client, String> {
        if uri.scheme_str() != Some("https") {
            return Ok(self.plain.get_or_init(|| client(None)));
        }
        let tls = tls::config().await.map_err(|error| error.to_string())?;
        Ok(self.secure.get_or_init(|| client(Some(tls))))
    }
}

fn client(tls: Option<Arc<ClientConfig>>) -> awc::Client {
    let mut connector = awc::Connector::new().timeout(CONNECT_MAX).handshake_timeout(CONNECT_MAX);
    if let Some(tls) = tls {
        connector = connector.rustls_0_23(tls);
    }
    awc::Client::builder()
        .connector(connector)
        .disable_redirects()
        // The event's deadline bounds the whole call.
        .disable_timeout()
        .no_default_headers()
        .finish()
}

// === impl Leg ===

impl Leg {
    fn new(request: CallRequest) -> Result<Self, String> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("{:?} is not a method", request.method))?;
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(format!("the method {method} cannot be used"));
        }
        let uri: Uri = request
            .url
            .split('#')
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|error| format!("it is not a URL ({error})"))?;
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err("a URL with a user name cannot be called".to_owned());
        }
        let mut headers = Vec::with_capacity(request.headers.len());
        for (name, value) in request.headers {
            if CONNECTION_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                continue;
            }
            let key = HeaderName::from_bytes(name.as_bytes());
            let key = key.map_err(|_| format!("{name:?} is not a header name"))?;
            let value = HeaderValue::from_bytes(&value);
            let value = value.map_err(|_| format!("the value of header {name} cannot be sent"))?;
            headers.push((key, value));
        }
        Ok(Self { method, uri, headers, body: request.body })
    }

    /// Goes on to another URL, as the Fetch standard has it: what was a POST becomes a GET
    /// unless the status forbids it, and credentials stay with the host they were meant for.
    fn redirect(&mut self, status: StatusCode, to: Uri) {
        let keeps_method =
            matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if !keeps_method && self.method != Method::HEAD && self.method != Method::GET {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.headers.retain(|(name, _)| !name.as_str().starts_with("content-"));
        }
        if to.authority() != self.uri.authority() || to.scheme() != self.uri.scheme() {
            self.headers.retain(|(name, _)| {
                !matches!(*name, header::AUTHORIZATION | header::COOKIE | header::HOST)
            });
        }
        self.uri = to;
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The URL that a `Location` header means (RFC 3986, 5.2, without dot segments).
fn resolve(base: &Uri, location: &str) -> Result<Uri, String> {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str().unwrap_or("https");
    let authority = base.authority().map_or("", |authority| authority.as_str());
    let text = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{scheme}://{authority}{}{location}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    text.parse()
        .map_err(|error| format!("it redirects to {location:?}, which is not a URL ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_resolved_against_the_url() {
        let base: Uri = "https://a.example/x/y?q=1".parse().unwrap();
        for (location, url) in [
            ("http://b.example/z", "http://b.example/z"),
            ("//b.example/z", "https://b.example/z"),
            ("/z#top", "https://a.example/z"),
            ("z", "https://a.example/x/z"),
            ("?p=2", "https://a.example/x/y?p=2"),
        ] {
            assert_eq!(resolve(&base, location).unwrap(), url, "{location}");
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        let request = CallRequest {
            method: "POST".to_owned(),
            url: "https://a.example/".to_owned(),
            headers: vec![
                ("Authorization".to_owned(), Bytes::from_static(b"secret")),
                ("Content-Type".to_owned(), Bytes::from_static(b"text/plain")),
                ("X-Other".to_owned(), Bytes::from_static(b"1")),
            ],
            body: Bytes::from_static(b"body"),
        };
        let mut leg = Leg::new(request).unwrap();
        leg.redirect(StatusCode::FOUND, "https://b.example/".parse().unwrap());
        assert_eq!(leg.method, Method::GET);
        assert!(leg.body.is_empty());
        let names: Vec<_> = leg.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-other"]);
    }

    #[tokio::test]
    async fn loopback_is_refused_with_the_setting_that_allows_it() {
        let request = CallRequest {
            method: "GET".to_owned(),
            url: "http://127.0.0.1:8222/".to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
        };
        let until = Instant::now() + Duration::from_secs(5);
        let why = Egress::new(&[]).call(request, until).await.unwrap_err();
        assert!(why.contains("loopback") && why.contains("egress"), "{why}");
    }
}
