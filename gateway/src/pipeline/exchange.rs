//! The origin side of a request: origin-request function, origin with failover, origin-response
//! function (`contract.md` 1.2 steps 5 to 8, 7.14).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};

use brink_shared::contract::{FunctionResponse, ORIGIN_BODY_MAX, Outcome};
use brink_shared::event::headers::capitalized;
use brink_shared::event::{BodyAction, Headers, Origin, Request, Response, Trigger};

use super::Passage;
use super::answer::{Answer, AnswerBody, Source};
use super::ranged::ASKING;
use super::upload::Upload;
use crate::cache::conditional::refreshed;
use crate::cache::object::CachedObject;
use crate::cdn_loop;
use crate::error_answer::Fault;
use crate::origin::group::fails_over;
use crate::origin::policy::{
    Carries, Forwarding, Hop, strip_for_viewer, strip_named_by_connection,
    strip_unforwarded_cookies,
};
use crate::origin::{
    BodyError, OriginAccess, OriginBody, OriginRequest, OriginResponse, Signing, Trust,
};
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

    /// The request as the origin-request function sees it.
    fn origin_request(
        &self,
        origin: &RoutedOrigin,
        request: &Request,
        stale: Option<&CachedObject>,
        upload: &Upload,
    ) -> Request {
        let config = &self.behavior.config;
        let forwarding = Forwarding::new(&config.cache, &config.forward);
        let hop = Hop {
            client_ip: request.client_ip,
            request_id: &self.id,
            via: &self.edge.via(self.http_version),
            origin_host: &origin.shown.host(),
            carries: if self.call.is_some() {
                Carries::Call
            } else if self.web_socket.is_some() {
                Carries::WebSocket
            } else if upload.has_body() {
                Carries::Body
            } else {
                Carries::Nothing
            },
        };
        let mut headers = forwarding.headers(request, &hop);
        if matches!(origin.shown, Origin::S3(_)) {
            // A bucket knows only its own name (contract.md 7.8).
            headers.set("Host", hop.origin_host);
        }
        // A custom header replaces the viewer's (contract.md 4.6).
        headers.retain(|header| !origin.shown.custom_headers().contains(&header.key));
        match upload.length() {
            Some(0) => {}
            Some(length) => headers.append("Content-Length", length.to_string()),
            None => headers.append("Transfer-Encoding", "chunked"),
        }
        if request.method == "GET" {
            // The origin gets a viewer's range whatever the policies say (contract.md 7.7, 7.8).
            // Fetches for all viewers have no range any more.
            for name in ASKING {
                if let Some(value) = request.headers.get(name).filter(|_| !headers.contains(name)) {
                    headers.append(capitalized(name), value);
                }
            }
        }
        if let Some(object) = stale.filter(|object| object.head.storing.conditional) {
            // A 304 must be about the stored copy, not about the viewer's.
            headers.retain(|header| !VIEWERS_CONDITIONS.iter().any(|name| header.is(name)));
            for condition in &object.head.validators().conditions() {
                headers.append(condition.key.as_str(), condition.value.as_str());
            }
        }
        Request {
            client_ip: request.client_ip,
            method: request.method.clone(),
            uri: request.uri.clone(),
            querystring: forwarding.query(&request.querystring),
            headers,
            body: None,
            origin: Some(origin.shown.clone()),
        }
    }

    /// If the function changed the origin, gives the request the `Host` of the new origin, unless
    /// the function wrote `Host` itself. A server gets the viewer's `Host` if that is forwarded. A
    /// bucket always gets its own name.
    fn name_host(&self, viewers: &Request, shown: &Request, changed: &mut Request) {
        let (Some(before), Some(origin)) = (&shown.origin, &changed.origin) else {
            return;
        };
        let is_own = !shown.headers.get_all("host").eq(changed.headers.get_all("host"));
        if is_own || before.host() == origin.host() {
            return;
        }
        let config = &self.behavior.config;
        let forwards = Forwarding::new(&config.cache, &config.forward).selects("host");
        let forwarded = viewers.headers.get("host").filter(|_| forwards);
        let host = match (origin, forwarded) {
            (Origin::Custom(_), Some(forwarded)) => forwarded.to_owned(),
            (Origin::Custom(_) | Origin::S3(_), _) => origin.host(),
        };
        // `Host` stays the first line (RFC 9110, 7.2).
        let lines = changed.headers.iter().map(|header| {
            let value = if header.is("host") { &host } else { &header.value };
            (header.key.as_str(), value.as_str())
        });
        changed.headers = lines.collect();
    }

    fn fetch_of(
        &self,
        config: &RoutedOrigin,
        sent: &Request,
        upload: &mut Upload,
    ) -> OriginRequest {
        let origin = sent.origin.as_ref().unwrap_or(&config.shown);
        let spelling = self.spelling.as_ref();
        let mut headers = sent.headers.clone();
        headers.set(cdn_loop::NAME, &*self.cdn_loop);
        let (behavior, custom) = (self.behavior.clone(), origin.custom_headers().clone());
        // Functions see headers and no trailers. What they remove must not come back behind the body.
        let is_guarded = [Trigger::ViewerRequest, Trigger::OriginRequest]
            .into_iter()
            .any(|trigger| behavior.function(trigger).is_some());
        let keeps_trailer = move |name: &str| {
            let forwarding = Forwarding::new(&behavior.config.cache, &behavior.config.forward);
            !is_guarded && forwarding.selects(name) && !custom.contains(name)
        };
        OriginRequest {
            origin: origin.clone(),
            endpoint: self.route.endpoint(origin, config).cloned(),
            connect_timeout: config.config.connect_timeout,
            attempts: config.config.attempts,
            completion_timeout: config.config.response_completion_timeout,
            access: self.access(origin, config),
            method: sent.method.clone(),
            uri: spelling.map_or_else(|| sent.uri.clone(), |s| s.path(&sent.uri)),
            querystring: spelling
                .map_or_else(|| sent.querystring.clone(), |s| s.query(&sent.querystring)),
            headers,
            body: upload.take(keeps_trailer),
            is_upgrade: self.web_socket.is_some(),
            is_call: self.call.is_some(),
        }
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

    /// How to go to the origin, as far as functions do not see it.
    fn access(&self, origin: &Origin, config: &RoutedOrigin) -> OriginAccess {
        let Some(config) = self.route.config_of(origin, config) else {
            return OriginAccess::default();
        };
        let bucket = config.bucket().filter(|bucket| !bucket.signing.is_default());
        OriginAccess {
            http_version: config.http_version,
            client_certificate: config.client_certificate.clone(),
            trust: Trust::System,
            signing: bucket.map(|bucket| {
                Box::new(Signing {
                    behavior: bucket.signing,
                    region: bucket.region.clone(),
                    credentials: self.edge.aws.current(),
                })
            }),
        }
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
        strip_unforwarded_cookies(&mut response.headers, &forwarding);
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
