//! One request and the head of its answer, on one connection.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use tokio::time::Instant;

use super::message;
use super::origin_connection::Connection;
use super::origin_fault::OriginFault;
use super::request::Head;
use super::upload::{OutgoingBody, Progress, Upload};

/// The head of an answer.
pub(super) struct Headed {
    pub(super) answer: http::Response<Incoming>,
    /// The connection, on which the body arrives.
    pub(super) connection: Connection,
    /// The upload, which may go on while the body arrives.
    pub(super) upload: Rc<Progress>,
    /// From the end of the request to the head of the answer.
    pub(super) first_byte: Duration,
}

/// A request without the head of an answer.
pub(super) struct Failed {
    pub(super) fault: OriginFault,
    /// The body, if the origin has processed nothing of the request.
    pub(super) unsent: Option<OutgoingBody>,
}

// === impl Connection ===

impl Connection {
    /// Sends a request and waits for the head. The time of an upload does not count while it makes
    /// progress.
    pub(super) async fn exchange(
        mut self,
        head: &Head,
        body: OutgoingBody,
        patience: Duration,
    ) -> Result<Headed, Failed> {
        let again = body.again();
        let (upload, progress) = Upload::new(body, matches!(self, Self::Http1(_)));
        let mut request = match &self {
            Self::Http1(_) => head.with(upload),
            Self::Http2(_) => head.with_authority(upload)?,
        };
        // Interim answers end here (RFC 9110, 15.2). The gateway itself has told the viewer to
        // continue.
        let continues = Arc::new(AtomicUsize::new(0));
        let counter = continues.clone();
        hyper::ext::on_informational(&mut request, move |interim| {
            if interim.status() == http::StatusCode::CONTINUE {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let answer = {
            let sending = self.send(request);
            tokio::pin!(sending);
            loop {
                let until = progress.moved.get() + patience;
                match tokio::time::timeout_at(until, &mut sending).await {
                    Ok(answer) => break Some(answer),
                    Err(_) if progress.moved.get() + patience > Instant::now() => {}
                    Err(_) => break None,
                }
            }
        };
        let Some(answer) = answer else {
            self.retire();
            return Err(progress.stalled(patience).into());
        };
        match answer {
            Ok(answer) if answer.status().is_informational() && !head.is_upgrade => {
                let fault = OriginFault::Malformed(
                    "it switches protocols although the request did not ask for it".into(),
                );
                Err(fault.into())
            }
            // More than one is an error (`contract.md` 7.8).
            Ok(_) if continues.load(Ordering::Relaxed) > 1 => {
                let fault = OriginFault::Malformed("it sent `100 Continue` twice".into());
                Err(fault.into())
            }
            Ok(answer) => match message::check_coding(answer.headers()) {
                Ok(()) => {
                    if let Self::Http2(stream) = &self {
                        stream.look_at_limit();
                    }
                    let first_byte = progress.moved.get().elapsed();
                    Ok(Headed { answer, connection: self, upload: progress, first_byte })
                }
                Err(fault) => Err(fault.into()),
            },
            Err(mut error) => {
                let fault = progress.viewers_fault();
                let fault = fault.unwrap_or_else(|| match &self {
                    Self::Http1(_) => OriginFault::from_head(error.error()),
                    Self::Http2(_) => OriginFault::from_stream(error.error()),
                });
                let unsent = error.take_message().map(|m| m.into_body().into_body());
                let again = again.filter(|_| matches!(fault, OriginFault::Refused(_)));
                if unsent.is_some() || again.is_some() {
                    self.retire();
                }
                Err(Failed { unsent: unsent.or(again), fault })
            }
        }
    }

    async fn send(
        &mut self,
        request: http::Request<Upload>,
    ) -> Result<http::Response<Incoming>, TrySendError<http::Request<Upload>>> {
        match self {
            Self::Http1(connection) => connection.sender.try_send_request(request).await,
            Self::Http2(stream) => stream.sender().try_send_request(request).await,
        }
    }
}

// === impl Failed ===

impl From<OriginFault> for Failed {
    fn from(fault: OriginFault) -> Self {
        Self { fault, unsent: None }
    }
}
