//! A viewer: one HTTP/1.1 connection, which is kept as long as the edge keeps it.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::check::{Answer, Mistake};
use crate::scenario::Probe;
use crate::target::Target;

/// A longer body is not a right answer to any request.
const BODY_MAX: usize = 1024 * 1024;

/// One viewer. It opens a broken connection again with the next request.
pub struct Client {
    target: Target,
    timeout: Duration,
    connection: Option<Connection>,
}

struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// Moves the bytes. It ends with the connection.
    driver: JoinHandle<()>,
}

// === impl Client ===

impl Client {
    /// A viewer that has no connection yet.
    pub fn new(target: Target, timeout: Duration) -> Self {
        Self { target, timeout, connection: None }
    }

    /// Sends the request and reads the whole answer. It is not cancel-safe: a dropped call loses
    /// the connection.
    pub async fn ask(&mut self, probe: &Probe) -> Result<Answer, Mistake> {
        // Taken out: whatever goes wrong, the connection is gone with it.
        let kept = self.connection.take().filter(Connection::is_open);
        let asked = tokio::time::timeout(self.timeout, async {
            let mut connection = match kept {
                Some(connection) => connection,
                None => Connection::open(&self.target).await?,
            };
            let response = match connection.send(&self.target, probe).await {
                // The edge closed the kept connection before it took the request.
                Err(error) if error.is_canceled() => {
                    connection = Connection::open(&self.target).await?;
                    connection.send(&self.target, probe).await
                }
                sent => sent,
            };
            let answer = whole(response.map_err(broken)?).await?;
            Ok((connection, answer))
        });
        let (connection, answer) = asked.await.unwrap_or(Err(Mistake::Timeout(self.timeout)))?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

async fn whole(response: Response<Incoming>) -> Result<Answer, Mistake> {
    let (head, mut frames) = response.into_parts();
    let location = head.headers.get(header::LOCATION);
    let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut body = Vec::with_capacity(1024);
    while let Some(frame) = frames.frame().await {
        if let Some(data) = frame.map_err(broken)?.data_ref() {
            body.extend_from_slice(data);
        }
        if body.len() > BODY_MAX {
            return Err(Mistake::TooLong(BODY_MAX));
        }
    }
    Ok(Answer { status: head.status.as_u16(), location, body })
}

fn broken(error: hyper::Error) -> Mistake {
    Mistake::Broken(error.to_string())
}

// === impl Connection ===

impl Connection {
    async fn open(target: &Target) -> Result<Self, Mistake> {
        let refused = |error: std::io::Error| Mistake::Connect(error.to_string());
        let stream = TcpStream::connect(target.address).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Its errors reach the request in flight as well, so nothing is lost here.
        let driver = tokio::spawn(async move { connection.await.unwrap_or_default() });
        Ok(Self { sender, driver })
    }

    fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    async fn send(
        &mut self,
        target: &Target,
        probe: &Probe,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.ready().await?;
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = hyper::Uri::from_static(probe.path);
        let headers = request.headers_mut();
        if let Ok(host) = header::HeaderValue::from_str(&target.authority) {
            headers.insert(header::HOST, host);
        }
        if let Some(cookie) = probe.cookie {
            headers.insert(header::COOKIE, header::HeaderValue::from_static(cookie));
        }
        self.sender.send_request(request).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
