//! One request over plain HTTP/1.1, and its answer. Each has a connection of its own.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest wait for an answer. A cold start on a busy machine is the longest wait there is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request without headers for this path and query.
pub fn request(method: &str, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body.into()));
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = path.parse().unwrap();
    request
}

/// Sends a request and reads the whole answer.
pub async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let exchanged = async {
        let (head, body) = begin(address, request).await.into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    };
    tokio::time::timeout(PATIENCE, exchanged).await.unwrap()
}

/// Sends a request and reads the head of the answer. The connection is closed when the answer is
/// dropped.
pub async fn begin(address: SocketAddr, mut request: Request<Full<Bytes>>) -> Response<Incoming> {
    let host = HeaderValue::try_from(address.to_string()).unwrap();
    request.headers_mut().entry(HOST).or_insert(host);
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    // Its errors reach the request or the body as well.
    tokio::spawn(async move { connection.await.unwrap_or_default() });
    sender.send_request(request).await.unwrap()
}
