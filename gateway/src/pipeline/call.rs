//! gRPC calls: streams in both directions, which no function and no cache sees (`contract.md` 7.19).
//!
//! A call takes the way of any request that is not cached, and its trailers come with it. What is
//! left to do here: a call has a place, its silence is bounded by the client for origins, and an end
//! that the origin did not write reaches the viewer as `grpc-status`.

use std::rc::Rc;

use futures_util::stream::{self, Stream, StreamExt as _};

use bytes::Bytes;

use brink_shared::event::Request;

use super::Passage;
use super::answer::{Answer, AnswerBody, ArrivingBody};
use super::logged;
use super::upload::Upload;
use crate::access_log::RequestNotes;
use crate::error_answer::{CallFault, Fault};
use crate::grpc::{self, Status};
use crate::origin::BodyError;
use crate::places::Place;
use crate::trailers::Trailers;

/// The reason of an end that a stopping gateway makes.
const STOPPING: &str = "The server stops.";

/// A call that is open.
struct Call {
    body: ArrivingBody,
    place: Rc<Place>,
    trailers: Trailers,
    notes: Option<Rc<RequestNotes>>,
    _open: Open,
}

/// Counts an open call.
struct Open;

// === impl Passage ===

impl Passage {
    /// Passes a call on.
    pub(super) async fn call(
        &self,
        request: &Request,
        upload: Upload,
        place: &Rc<Place>,
    ) -> Result<Answer, Fault> {
        let open = Open::new();
        let mut answer = tokio::select! {
            answered = self.exchange(request, None, upload) => answered?,
            () = place.stopped() => return Err(Fault::Call(CallFault::Stopping)),
        };
        answer.body = match answer.body {
            AnswerBody::Arriving(body) => match body.into_inner().and_then(ArrivingBody::split) {
                Some((body, trailers)) => {
                    // How the call ended is in the trailers, also if fewer bytes come than the origin
                    // announced.
                    answer.length = None;
                    let (place, notes) = (place.clone(), self.notes.clone());
                    let call = Call { body, place, trailers: trailers.clone(), notes, _open: open };
                    AnswerBody::new(call.answers()).with_trailers(Some(trailers))
                }
                // The head was all of the answer.
                None => AnswerBody::Empty,
            },
            other => other,
        };
        Ok(answer)
    }
}

// === impl Call ===

impl Call {
    /// The messages of the answer. They always end in order; how the call ended is in the trailers.
    fn answers(self) -> impl Stream<Item = Result<Bytes, BodyError>> {
        stream::unfold(Some(self), async |call| {
            let mut call = call?;
            let next = tokio::select! {
                biased;
                next = call.body.next() => next,
                () = call.place.stopped() => {
                    call.end(Status::Unavailable, STOPPING);
                    None
                }
            };
            match next? {
                Ok(bytes) => Some((Ok(bytes), Some(call))),
                Err(error) => {
                    tracing::debug!(%error, "a gRPC call broke off");
                    if let Some(notes) = &call.notes {
                        notes.broke(logged::broken(&error));
                    }
                    call.end(Status::of_broken(&error), "The origin's answer broke off.");
                    None
                }
            }
        })
    }

    fn end(&self, status: Status, message: &str) {
        // These few bytes are within the bounds.
        let _ = self.trailers.put(grpc::trailers(status, message));
    }
}

// === impl Open ===

impl Open {
    fn new() -> Self {
        metrics::gauge!("brink_gateway_grpc_calls").increment(1);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("brink_gateway_grpc_calls").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::Duration;

    use super::*;
    use crate::places::Places;

    /// The viewer's bytes of these pieces, and the trailers.
    async fn ends(
        places: &Places,
        pieces: impl Stream<Item = Result<Bytes, BodyError>> + 'static,
    ) -> (Vec<u8>, String, Rc<RequestNotes>) {
        let AnswerBody::Arriving(body) =
            AnswerBody::new(pieces).with_trailers(Some(Trailers::default()))
        else {
            panic!("it arrives");
        };
        let (body, trailers) = body.into_inner().and_then(ArrivingBody::split).unwrap();
        let notes = Rc::<RequestNotes>::default();
        let place = Rc::new(places.place(Ipv4Addr::LOCALHOST.into()).unwrap());
        let call = Call {
            body,
            place,
            trailers: trailers.clone(),
            notes: Some(notes.clone()),
            _open: Open::new(),
        };
        let got: Vec<Bytes> = call.answers().map(Result::unwrap).collect().await;
        let status =
            trailers.take().map(|fields| fields[grpc::STATUS].to_str().unwrap().to_owned());
        (got.concat(), status.unwrap_or_default(), notes)
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_ends_with_a_status() {
        let places = Places::for_calls();
        let ok = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
        let whole = stream::iter([ok("a"), ok("b")]);
        let (got, status, notes) = ends(&places, whole).await;
        assert_eq!((got.as_slice(), status.as_str(), notes.broken()), (&b"ab"[..], "", None));
        let broken = stream::iter([ok("a"), Err(BodyError::StreamReset(h2::Reason::CANCEL))]);
        let (got, status, notes) = ends(&places, broken).await;
        assert_eq!((got.as_slice(), status.as_str()), (&b"a"[..], "1"));
        assert_eq!(notes.broken(), Some("OriginReadError"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_that_stops_ends_a_call_in_order() {
        let places = Places::for_calls();
        let first = stream::iter([Ok(Bytes::from_static(b"a"))]);
        let endless = first.chain(stream::pending());
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(9)).await;
            places.stop();
        };
        let ((got, status, _), ()) = tokio::join!(ends(&places, endless), stopping);
        assert_eq!((got.as_slice(), status.as_str()), (&b"a"[..], "14"));
    }
}
