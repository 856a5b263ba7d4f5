//! Answers the questions of other gateways, as the shield of an origin ([`crate::shield`]).
//!
//! The gateway that asks has admitted the viewer, and has run the viewer-request function. So a
//! question begins at the cache. It ends with the stored answer: the gateway that asks compresses it,
//! changes its headers, and runs the viewer-response function.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, LocalBoxStream, StreamExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use brink_shared::event::headers::capitalized;
use brink_shared::event::{Headers, Request};
use brink_shared::wire;

use super::Passage;
use super::answer::{Answer, Source};
use super::ranged::ASKING;
use crate::edge::Edge;
use crate::error_answer::Fault;
use crate::octets;
use crate::origin::{OriginClient, OriginFault};
use crate::shield::Shield;
use crate::shield::message::{
    AnswerHead, NotTaken, QUESTION_MAX, Question, Reply, ReplyError, ShieldSource, TARGET,
};
use crate::shield::placement::Resource;
use crate::viewer_head::ViewerHead;

/// How long a question may take to arrive.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// How long a question waits until this gateway has applied the invalidations that the other one has
/// applied. Gateways hear of an invalidation at about the same time.
const CATCH_UP_WITHIN: Duration = Duration::from_millis(500);

/// The versions of HTTP that viewers speak.
const HTTP_VERSIONS: [&str; 4] = ["1.0", "1.1", "2.0", "3.0"];

/// A question that was taken.
struct Taken {
    passage: Passage,
    request: Request,
    /// The headers that decide which part of the answer is sent: the validators of the other
    /// gateway's copy, and the viewer's range.
    wanted: Headers,
    place: OwnedSemaphorePermit,
}

/// The body of a reply.
type ReplyBody = LocalBoxStream<'static, Result<Bytes, Box<dyn Error>>>;

/// Answers another gateway.
pub async fn reply_to_gateway(
    edge: web::Data<Edge>,
    origins: web::Data<OriginClient>,
    from: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let edge = edge.into_inner();
    let taken = match &edge.shield {
        Some(shield) => Taken::of(&edge, shield, &origins, &from, payload).await,
        None => Err(NotTaken::Unknown),
    };
    match taken {
        Ok(taken) => {
            tell("taken");
            // The head goes at once, so the other gateway knows that its question was taken.
            let reply = stream::once(taken.reply()).flatten();
            HttpResponse::Ok().body(BoxBody::new(BodyStream::new(Box::pin(reply))))
        }
        Err(why) => {
            tell(why.name());
            let status = StatusCode::from_u16(why.status()).unwrap_or_default();
            HttpResponse::build(status).finish()
        }
    }
}

// === impl Taken ===

impl Taken {
    async fn of(
        edge: &Arc<Edge>,
        shield: &Shield,
        origins: &OriginClient,
        from: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, NotTaken> {
        let head = ViewerHead::of(from).map_err(|_| NotTaken::Unknown)?;
        if head.method != "POST" || head.path != TARGET {
            return Err(NotTaken::Unknown);
        }
        let place = shield.place().ok_or(NotTaken::Busy)?;
        let read = timeout(READ_WITHIN, read(payload)).await;
        let question = read.ok().flatten().ok_or(NotTaken::Unknown)?;
        let question: Question = wire::decode(&question).map_err(|_| NotTaken::Unknown)?;
        if !matches!(question.asked.method.as_str(), "GET" | "HEAD") {
            return Err(NotTaken::Unknown);
        }
        caught_up(edge, &question).await?;
        let wanted = wanted(&question);
        let request = Request::from(question.asked.clone());
        let written = question.written;
        let passage = Passage::of_question(edge, origins, question)?;
        // The copies of this gateway were outdated by its own writes already.
        if let Some(written) = written.filter(|written| written.process != shield.process) {
            let key = passage.cache_key(&request);
            let resource = Resource::new(key.distribution(), &key.normal_target());
            shield.writes.hear(written, resource, || edge.cache.outdate_elsewhere(&key));
        }
        Ok(Self { passage, request, wanted, place })
    }

    /// The reply and, after it, the body of the answer.
    async fn reply(self) -> ReplyBody {
        let Self { passage, request, wanted, place } = self;
        let answered = match passage.cached(&request).await {
            Ok(answer) => write(&answer, &request, &wanted),
            Err(Fault::Origin(error)) if matches!(error.cause, OriginFault::TooMany(_)) => {
                written(&Reply::Refused(error.to_string()))
            }
            Err(Fault::Origin(error)) => written(&Reply::Origin(error)),
            Err(Fault::Function(fault)) => written(&Reply::Function(fault)),
            Err(fault) => written(&Reply::Refused(fault.reason())),
        };
        // A reply that is too large for one is a reason to ask the origin directly.
        let body = answered.or_else(|error| written(&Reply::Refused(error.to_string())));
        let body = body.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot write a reply to a gateway");
            stream::empty().boxed_local()
        });
        let end = stream::once(async move { drop(place) });
        body.chain(end.filter_map(async |()| None)).boxed_local()
    }
}

/// The bytes of a question. `None` if they break off or are too many.
async fn read(mut payload: web::Payload) -> Option<BytesMut> {
    let mut question = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        question.extend_from_slice(&chunk.ok()?);
        if question.len() > QUESTION_MAX {
            return None;
        }
    }
    Some(question)
}

/// Waits until this gateway has applied all invalidations that the other one has applied. Otherwise
/// the other one could store a copy again that it has just dropped.
async fn caught_up(edge: &Edge, question: &Question) -> Result<(), NotTaken> {
    let theirs = question.place().ok_or(NotTaken::Unknown)?;
    let mut applied = edge.applied.subscribe();
    let reached = applied.wait_for(|own| own.is_some_and(|own| own.reaches(&theirs)));
    match timeout(CATCH_UP_WITHIN, reached).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(NotTaken::Invalidations),
    }
}

fn wanted(question: &Question) -> Headers {
    let lines = question.conditions.iter();
    let asked = &question.asked.headers;
    let range = ASKING.into_iter().filter_map(|name| Some((name, asked.get(name)?)));
    lines.map(|line| (line.key.as_str(), line.value.as_str())).chain(range).collect()
}

/// An answer as a reply and its body.
fn write(answer: &Answer, request: &Request, wanted: &Headers) -> Result<ReplyBody, ReplyError> {
    let (response, mut body) = answer.respond(&request.method, wanted).into_parts();
    let status = response.status().as_u16();
    let lines = response.headers().iter();
    let lines = lines
        .map(|(name, value)| (capitalized(name.as_str()), octets::from_bytes(value.as_bytes())));
    let mut headers: Headers = lines.collect();
    let length = match body.size() {
        BodySize::Sized(length) if !matches!(status, 204 | 304) => Some(length),
        BodySize::Sized(_) | BodySize::None | BodySize::Stream => None,
    };
    if let Some(length) = length {
        headers.append("Content-Length", length.to_string());
    }
    let is_own = status == answer.status;
    let head = Reply::Answer(Box::new(AnswerHead {
        status,
        origin_status: answer.origin_status,
        status_description: if is_own { answer.status_description.clone() } else { String::new() },
        headers,
        length,
        has_body: request.method != "HEAD" && length != Some(0) && !matches!(status, 204 | 304),
        source: match answer.source {
            Source::Hit | Source::RefreshHit => ShieldSource::Cache,
            Source::GeneratedForViewer | Source::GeneratedForOrigin => ShieldSource::Function,
            Source::Miss | Source::Error | Source::Redirect => ShieldSource::Origin,
        },
        fresh_for: answer.fresh_for,
    }));
    let rest = stream::poll_fn(move |cx| Pin::new(&mut body).poll_next(cx));
    Ok(written(&head)?.chain(rest).boxed_local())
}

fn written(reply: &Reply) -> Result<ReplyBody, ReplyError> {
    let reply = reply.write()?;
    Ok(stream::once(async move { Ok(reply) }).boxed_local())
}

// === impl Passage ===

impl Passage {
    /// The passage of a question, whose only origin is the one that it names.
    fn of_question(
        edge: &Arc<Edge>,
        origins: &OriginClient,
        question: Question,
    ) -> Result<Self, NotTaken> {
        let routes = edge.routes.load_full();
        let mut routes = routes.all().iter();
        let route = routes
            .find(|route| route.id == question.distribution && route.revision == question.revision);
        let route = route.ok_or(NotTaken::Revision)?;
        let behavior = route.behaviors.get(question.behavior).ok_or(NotTaken::Unknown)?;
        let origin = route.origin(&question.origin).ok_or(NotTaken::Unknown)?;
        let version = HTTP_VERSIONS.into_iter().find(|version| *version == question.http_version);
        Ok(Self {
            edge: edge.clone(),
            origins: origins.clone(),
            route: route.clone(),
            behavior: behavior.clone(),
            id: question.request_id,
            http_version: version.unwrap_or("1.1"),
            is_https: question.is_https,
            spelling: question.spelling.map(Arc::new),
            viewer: None,
            cdn_loop: question.cdn_loop.into(),
            web_socket: None,
            for_error_page: false,
            shields: Some(origin.clone()),
            notes: None,
        })
    }
}

fn tell(outcome: &'static str) {
    metrics::counter!("brink_gateway_shield_answers_total", "outcome" => outcome).increment(1);
}
