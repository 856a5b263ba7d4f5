//! The HTTP client towards an authority. Each request has a connection of its own, a deadline, and
//! an answer of bounded size.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HOST, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Most bytes of an answer. Chains have some kilobytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// The usual port of HTTPS.
const PORT: u16 = 443;

/// Sends requests to an authority.
#[derive(Clone)]
pub(super) struct AuthorityClient {
    tls: Arc<ClientConfig>,
    within: Duration,
    /// The pause that the last failed answer asked for.
    told: Arc<Mutex<Option<Duration>>>,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0} is not a URL of HTTPS")]
    Url(Uri),
    #[error("no answer of {host} within {within:?}")]
    Late { host: String, within: Duration },
    #[error("cannot reach {host}: {source}")]
    Connect { host: String, source: io::Error },
    #[error("{host}: {source}")]
    Http { host: String, source: hyper::Error },
    #[error("{host} answers {status}")]
    Status { host: String, status: StatusCode },
    #[error("the answer of {host}: {source}")]
    Answer { host: String, source: Box<dyn std::error::Error + Send + Sync> },
}

// === impl AuthorityClient ===

impl AuthorityClient {
    /// Each request may take this long.
    pub(super) fn new(tls: Arc<ClientConfig>, within: Duration) -> Self {
        Self { tls, within, told: Arc::default() }
    }

    /// The pause that the authority asked for with its last error.
    pub(super) fn told(&self) -> Option<Duration> {
        *self.told.lock()
    }

    async fn exchange(
        self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, Failed> {
        let uri = request.uri().clone();
        let host = uri.host().filter(|_| uri.scheme_str() == Some("https"));
        let host = host.ok_or_else(|| Failed::Url(uri.clone()))?.to_owned();
        let is_get = request.method() == Method::GET;
        *self.told.lock() = None;
        let sent = tokio::time::timeout(self.within, self.send(&host, request));
        let late = |_| Failed::Late { host: host.clone(), within: self.within };
        let answer = sent.await.map_err(late)??;
        let is_error = answer.status().is_client_error() || answer.status().is_server_error();
        *self.told.lock() = is_error.then(|| pause(answer.headers())).flatten();
        // The library takes the answer to a GET for a document whatever its status is.
        match is_error && is_get {
            true => Err(Failed::Status { host, status: answer.status() }),
            false => Ok(answer),
        }
    }

    async fn send(
        &self,
        host: &str,
        mut request: Request<BodyWrapper<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, Failed> {
        let broken = |source| Failed::Connect { host: host.to_owned(), source };
        let failed = |source| Failed::Http { host: host.to_owned(), source };
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = request.uri().port_u16().unwrap_or(PORT);
        let name = ServerName::try_from(bare.clone()).map_err(io::Error::other);
        let tcp = TcpStream::connect((bare, port)).await.map_err(broken)?;
        let connector = TlsConnector::from(self.tls.clone());
        let stream = connector.connect(name.map_err(broken)?, tcp).await.map_err(broken)?;
        name_host(&mut request);
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let exchange = async {
            let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
            let body = Limited::new(body, ANSWER_MAX).collect().await;
            let body = body.map_err(|source| Failed::Answer { host: host.to_owned(), source })?;
            Ok(Response::from_parts(head, Full::new(body.to_bytes())))
        };
        tokio::pin!(exchange);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            // The authority may close the connection behind its answer.
            _ = connection => exchange.await,
        }
    }
}

impl HttpClient for AuthorityClient {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move {
            let answer = client.exchange(request).await;
            answer.map(BytesResponse::from).map_err(|error| Error::Other(Box::new(error)))
        })
    }
}

/// Puts the host into `Host` and leaves the path in the target (RFC 9112, 3.2.1).
fn name_host(request: &mut Request<BodyWrapper<Bytes>>) {
    let uri = request.uri();
    let host = uri.authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    let path = uri.path_and_query().and_then(|path| path.as_str().parse().ok());
    if let Some(path) = path {
        *request.uri_mut() = path;
    }
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_seconds_or_a_date() {
        let told = |value: &str| {
            let headers =
                HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
            pause(&headers)
        };
        assert_eq!(told("120"), Some(Duration::from_secs(120)));
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(500));
        let told_by_date = told(&date).unwrap();
        assert!(
            told_by_date > Duration::from_secs(400) && told_by_date <= Duration::from_secs(500)
        );
        assert_eq!((told("soon"), told("-1"), pause(&HeaderMap::new())), (None, None, None));
    }
}
