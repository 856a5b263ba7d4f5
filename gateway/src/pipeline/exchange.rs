//! The origin side of a request: origin-request function, origin with failover, origin-response
//! function (`contract.md` 1.2 steps 5 to 8, 7.14).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};

use brink_shared::contract::{FunctionResponse, ORIGIN_BODY_MAX, Outcome};
use brink_shared::event::{BodyAction, Headers, Request, Response, Trigger};

use super::Passage;
use super::answer::{Answer, AnswerBody, Source};
use super::upload::Upload;
use crate::cache::conditional::refreshed;
use crate::cache::object::CachedObject;
use crate::error_answer::Fault;
use crate::origin::group::fails_over;
use crate::origin::policy::{
    Forwarding, strip_for_viewer, strip_named_by_connection, strip_unforwarded_cookies,
};
use crate::origin::{BodyError, OriginBody, OriginResponse};
use crate::routing::RoutedOrigin;

/// Headers of a viewer that ask for less than the whole answer.
pub(super) const VIEWERS_CONDITIONS: [&str; 6] =
    ["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"];

/// The result of asking one origin.
enum Asked {
    /// The origin-request function answered instead.
    Generated(FunctionResponse),
    /// The origin's answer, and the request that it answers.
    Answered(Box<OriginResponse>, Box<Request>),
    /// The answer of the origin's shield, which ran the functions.
    Shielded(Box<Answer>),
}

// === impl Passage ===

impl Passage {
    /// Asks the origin, with a stored copy that it may confirm. If the primary fails, the secondary
    /// is asked. An upload is gone then, so only requests without an upload have a second try.
    pub(super) async fn exchange(
        &self,
        request: &Request,
        stale: Option<&CachedObject>,
        mut upload: Upload,
    ) -> Result<Answer, Fault> {
        let origins = &self.behavior.origins;
        let (primary, secondary) = match &self.shields {
            // The gateway that asks decides whether another origin is asked.
            Some(origin) => (origin.as_ref(), None),
            None => (&origins.primary, origins.secondary.as_ref()),
        };
        let repeatable = !upload.has_body();
        let asked = self.ask(primary, request, stale, &mut upload).await;
        let asked = match (secondary, asked) {
            (Some((secondary, statuses)), asked)
                if repeatable && failed(&request.method, statuses, &asked) =>
            {
                tracing::warn!(
                    request_id = self.id,
                    origin = primary.shown.host(),
                    reason = reason(&asked),
                    "primary origin failed; asking the secondary"
                );
                self.ask(secondary, request, stale, &mut upload).await
            }
            (_, asked) => asked,
        };
        match asked? {
            Asked::Generated(response) => {
                self.outdate(request, response.status, &response.headers, None).await;
                Ok(Answer::generated(response, Source::GeneratedForOrigin))
            }
            Asked::Answered(response, sent) => {
                self.outdate(request, response.status, &response.headers, Some(&sent)).await;
                self.finish(*response, &sent, stale).await
            }
            Asked::Shielded(answer) => Ok(of_shield(*answer, stale)),
        }
    }

    /// Asks the shield of one origin. If there is none, runs the origin-request function and sends
    /// the origin its request.
    async fn ask(
        &self,
        origin: &RoutedOrigin,
        request: &Request,
        stale: Option<&CachedObject>,
        upload: &mut Upload,
    ) -> Result<Asked, Fault> {
        if let Some(answer) = self.ask_shield(origin, request, stale, upload).await? {
            return Ok(Asked::Shielded(Box::new(answer)));
        }
        let trigger = Trigger::OriginRequest;
        let mut sent = self.origin_request(origin, request, stale, upload);
        if self.behavior.function(trigger).is_some_and(|function| function.include_body) {
            sent.body = Some(upload.show(ORIGIN_BODY_MAX).await.map_err(Fault::Upload)?);
        }
        match self.triggers().run(trigger, &sent, None).await.map_err(Fault::Function)? {
            None => sent.body = None,
            Some(Outcome::Response(response)) => return Ok(Asked::Generated(response)),
            Some(Outcome::Request(mut changed)) => {
                self.name_host(request, &sent, &mut changed);
                sent = changed;
            }
        }
        if let Some(body) = sent.body.take_if(|body| body.action == BodyAction::Replace) {
            upload.replace(body.data);
        }
        if let Some(notes) = &self.notes {
            notes.origin_asked();
        }
        let response = self.origins.fetch(self.fetch_of(origin, &sent, upload)).await;
        if let Some(notes) = &self.notes {
            notes.origin_answered();
        }
        Ok(Asked::Answered(Box::new(response.map_err(Fault::Origin)?), Box::new(sent)))
    }

    /// The origin's body and its trailers, without those that the response headers policy removes.
    pub(super) fn arriving(&self, body: OriginBody) -> AnswerBody {
        let behavior = self.behavior.clone();
        let is_kept = move |name: &str| {
            let policy = behavior.response_headers.as_ref();
            policy.is_none_or(|policy| !policy.removes(name))
        };
        let trailers = body.trailers().filter(|_| !self.for_error_page);
        let trailers = trailers.map(|trailers| trailers.kept_if(is_kept));
        self.noted(body).with_trailers(trailers)
    }

    /// A body. If the request is logged, notes when it has arrived.
    pub(super) fn noted(
        &self,
        body: impl Stream<Item = Result<Bytes, BodyError>> + 'static,
    ) -> AnswerBody {
        let Some(notes) = self.notes.clone() else { return AnswerBody::new(body) };
        let end = stream::once(async move { notes.origin_ended() });
        AnswerBody::new(body.chain(end.filter_map(async |()| None)))
    }

    /// Runs the origin-response function on the origin's answer, unless that is a WebSocket.
    async fn finish(
        &self,
        mut response: OriginResponse,
        sent: &Request,
        stale: Option<&CachedObject>,
    ) -> Result<Answer, Fault> {
        let config = &self.behavior.config;
        let forwarding = Forwarding::new(&config.cache, &config.forward);
        strip_named_by_connection(&mut response.headers);
        strip_unforwarded_cookies(&mut response.headers, &forwarding);
        if let (Some(asked), Some(origin)) = (&self.web_socket, response.web_socket) {
            strip_for_viewer(&mut response.headers, &forwarding);
            asked.accept(*origin);
            return Ok(Answer {
                status: response.status,
                origin_status: response.status,
                status_description: response.status_description,
                headers: response.headers.into(),
                body: AnswerBody::Empty,
                length: None,
                encoded: None,
                age: None,
                source: Source::Miss,
                upstream: None,
                fresh_for: None,
            });
        }
        let confirmed =
            stale.filter(|object| response.status == 304 && object.head.storing.conditional);
        // Functions see the plain form of a compressed copy, as they did before it was compressed.
        let mut coding =
            confirmed.and_then(|object| object.head.encoded.as_ref()).map(|encoded| encoded.coding);
        let mut answer = match confirmed {
            // The origin confirms the copy, so functions and viewers see the copy.
            Some(object) => Answer {
                upstream: Some(response.timing),
                ..confirmed_by(&response.headers, object)
            },
            None => Answer {
                status: response.status,
                origin_status: response.status,
                status_description: response.status_description,
                length: content_length(&response.headers),
                headers: response.headers.into(),
                body: self.arriving(response.body),
                encoded: None,
                age: None,
                source: Source::Miss,
                upstream: Some(response.timing),
                fresh_for: None,
            },
        };
        let trigger = Trigger::OriginResponse;
        let shown = Response {
            status: answer.status,
            status_description: answer.status_description.clone(),
            headers: Headers::clone(&answer.headers),
        };
        let outcome = self.triggers().run(trigger, sent, Some(&shown)).await;
        if let Some(Outcome::Response(changed)) = outcome.map_err(Fault::Function)? {
            answer.status = changed.status;
            answer.status_description =
                changed.status_description.unwrap_or(answer.status_description);
            answer.headers = changed.headers.into();
            match changed.body {
                Some(body) => {
                    coding = None;
                    replace_body(&mut answer, body);
                }
                None if coding.is_some() => {}
                None => keep_length(&mut answer),
            }
        }
        strip_for_viewer(Arc::make_mut(&mut answer.headers), &forwarding);
        if let Some(coding) = coding {
            answer.describe_encoded(coding);
        }
        Ok(answer)
    }
}

/// The copy that a 304 with these headers confirms, in its plain form.
fn confirmed_by(headers: &Headers, object: &CachedObject) -> Answer {
    Answer {
        status: object.head.status,
        origin_status: object.head.origin_status,
        status_description: object.head.status_description.clone(),
        headers: refreshed(object.head.plain_headers(), headers).into(),
        body: AnswerBody::stored(object),
        length: object.head.content_length(),
        encoded: None,
        age: None,
        source: Source::RefreshHit,
        upstream: None,
        fresh_for: None,
    }
}

/// A shield's answer, or the copy that it confirms.
fn of_shield(answer: Answer, stale: Option<&CachedObject>) -> Answer {
    let is_confirmed = answer.status == 304;
    let Some(object) = stale.filter(|object| is_confirmed && object.head.storing.conditional)
    else {
        return answer;
    };
    let (upstream, fresh_for) = (answer.upstream, answer.fresh_for);
    let mut confirmed = Answer { upstream, fresh_for, ..confirmed_by(&answer.headers, object) };
    if let Some(encoded) = &object.head.encoded {
        confirmed.describe_encoded(encoded.coding);
    }
    confirmed
}

/// The length of the old body no longer counts. The function has to set the type, the encoding and
/// the tag.
fn replace_body(answer: &mut Answer, body: Bytes) {
    Arc::make_mut(&mut answer.headers).set("Content-Length", body.len().to_string());
    answer.body = AnswerBody::Whole(body.into());
}

/// A function may write any `Content-Length`, but an unchanged body has its own.
fn keep_length(answer: &mut Answer) {
    let length = match &answer.body {
        AnswerBody::Whole(body) => Some(body.len() as u64),
        AnswerBody::Empty | AnswerBody::Shared(_) | AnswerBody::Arriving(_) => answer.length,
    };
    if content_length(&answer.headers) != length {
        let headers = Arc::make_mut(&mut answer.headers);
        headers.remove("content-length");
        if let Some(length) = length {
            headers.append("Content-Length", length.to_string());
        }
    }
}

/// The `Content-Length` in these headers.
pub(super) fn content_length(headers: &Headers) -> Option<u64> {
    headers.get("content-length")?.trim().parse().ok()
}

/// True if the secondary should be asked (`contract.md` 7.14). Decided by the origin's own status,
/// before any origin-response function.
fn failed(method: &str, statuses: &[u16], asked: &Result<Asked, Fault>) -> bool {
    match asked {
        Ok(Asked::Answered(response, _)) => fails_over(method, statuses, Ok(response.status)),
        Ok(Asked::Shielded(answer)) if answer.source != Source::GeneratedForOrigin => {
            fails_over(method, statuses, Ok(answer.origin_status))
        }
        Err(Fault::Origin(error)) => fails_over(method, statuses, Err(error)),
        Ok(Asked::Generated(_) | Asked::Shielded(_)) | Err(_) => false,
    }
}

fn reason(asked: &Result<Asked, Fault>) -> String {
    match asked {
        Ok(Asked::Answered(response, _)) => format!("status {}", response.status),
        Ok(Asked::Shielded(answer)) => format!("status {}", answer.origin_status),
        Ok(Asked::Generated(_)) => String::new(),
        Err(fault) => fault.reason(),
    }
}
