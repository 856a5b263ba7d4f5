//! A viewer that speaks HTTP/2 and knows trailers.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::client::{SITE, Site, connect, trusting};

type Frames = stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>;

/// A connection.
pub struct Viewer(SendRequest<StreamBody<Frames>>);

/// The viewer's answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The whole body, or why it broke off.
    pub body: Result<Bytes, String>,
    pub trailers: HeaderMap,
}

/// Lines of a head or of trailers.
pub type Fields<'a> = &'a [(&'static str, &'a str)];

impl Viewer {
    pub async fn connect(site: &Site) -> Self {
        let config = trusting(&site.authority, &["h2"]);
        let stream = connect(site.address(), SITE, &config).await.unwrap();
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.unwrap();
        actix_rt::spawn(async move { drop(connection.await) });
        Self(sender)
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], &[], &[]).await
    }

    /// Sends a request with a body in these pieces, and trailers after it.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: Fields<'_>,
        pieces: &[&'static str],
        trailers: Fields<'_>,
    ) -> Reply {
        let mut frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        if !trailers.is_empty() {
            frames.push(Ok(Frame::trailers(map(trailers))));
        }
        let mut request = Request::builder().method(method).uri(format!("https://{SITE}{path}"));
        request.headers_mut().unwrap().extend(map(headers));
        let request = request.body(StreamBody::new(stream::iter(frames))).unwrap();
        let (head, body) = self.0.send_request(request).await.unwrap().into_parts();
        let (body, trailers) = match body.collect().await {
            Ok(whole) => {
                let trailers = whole.trailers().cloned().unwrap_or_default();
                (Ok(whole.to_bytes()), trailers)
            }
            Err(error) => (Err(error.to_string()), HeaderMap::new()),
        };
        Reply { status: head.status, headers: head.headers, body, trailers }
    }
}

/// The same as a map.
pub fn map(fields: Fields<'_>) -> HeaderMap {
    let line = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    fields.iter().map(line).collect()
}
