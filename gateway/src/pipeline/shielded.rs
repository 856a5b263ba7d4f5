//! Asks the shield of an origin before the origin itself ([`crate::shield`]).
//!
//! Only GET and HEAD of behaviors with a cache go to a shield: for others it could do nothing but
//! pass them on. The shield runs the origin-request and the origin-response function. If no shield
//! answers, the gateway runs them and asks the origin. So no request fails because of a shield.

use std::sync::Arc;

use bytes::Bytes;

use brink_shared::event::{Headers, Request};
use brink_shared::wire;

use super::Passage;
use super::answer::{Answer, AnswerBody, Source};
use super::exchange::VIEWERS_CONDITIONS;
use super::upload::Upload;
use crate::cache::object::CachedObject;
use crate::error_answer::Fault;
use crate::routing::RoutedOrigin;
use crate::shield::Shield;
use crate::shield::asking::Replied;
use crate::shield::message::{AskedRequest, QUESTION_MAX, Question, ShieldSource};
use crate::shield::placement::Resource;
use crate::shield::writes::Written;
use crate::warn_limit::WarnLimit;

/// Most gateways that are asked before the origin.
const ASKED_MAX: usize = 2;

/// Warnings of shields that did not answer.
static UNANSWERED: WarnLimit = WarnLimit::new();

// === impl Passage ===

impl Passage {
    /// The answer of the origin's shield. `None` if the origin is to be asked instead.
    pub(super) async fn ask_shield(
        &self,
        origin: &RoutedOrigin,
        request: &Request,
        stale: Option<&CachedObject>,
        upload: &Upload,
    ) -> Result<Option<Answer>, Fault> {
        let Some(config) = &origin.config.origin_shield else { return Ok(None) };
        if self.shields.is_some() || !self.may_be_shielded(request, upload) {
            return Ok(None);
        }
        let asked = self.edge.shield.as_ref().and_then(|shield| {
            let key = self.cache_key(request);
            let resource = Resource::new(key.distribution(), &key.normal_target());
            let gateways = shield.announcements.shields(&config.site, &resource);
            if gateways.is_empty() {
                return None;
            }
            let question = self.question(shield, origin, request, stale)?;
            Some((shield, gateways, question))
        });
        let Some((shield, gateways, question)) = asked else {
            tell("none");
            return Ok(None);
        };
        if let Some(notes) = &self.notes {
            notes.origin_asked();
        }
        for gateway in gateways.iter().take(ASKED_MAX) {
            let why = match shield.ask(&self.origins, gateway, question.clone()).await {
                Ok(replied) => {
                    tell("answered");
                    if let Some(notes) = &self.notes {
                        notes.origin_answered();
                    }
                    return self.replied(origin, request, replied).map(Some);
                }
                Err(why) => why.to_string(),
            };
            tell("unanswered");
            if let Some(left_out) = UNANSWERED.admit(gateway.gateway.as_str()) {
                let (request_id, shield) = (&self.id, &gateway.gateway);
                tracing::warn!(request_id, %shield, why, left_out, "a shield did not answer");
            }
        }
        tell("none");
        Ok(None)
    }

    fn may_be_shielded(&self, request: &Request, upload: &Upload) -> bool {
        matches!(request.method.as_str(), "GET" | "HEAD")
            && self.web_socket.is_none()
            && !upload.has_body()
            && !self.behavior.config.cache.is_disabled()
    }

    /// The question, written. `None` if it cannot be asked.
    fn question(
        &self,
        shield: &Shield,
        origin: &RoutedOrigin,
        request: &Request,
        stale: Option<&CachedObject>,
    ) -> Option<Bytes> {
        // Without a position in the journal, a shield could answer with an invalidated copy.
        let applied = (*self.edge.applied.borrow())?;
        let writes = self.edge.cache.writes(&self.cache_key(request));
        let behaviors = &self.route.behaviors;
        let mut asked = AskedRequest::from(request);
        let mut conditions = Headers::new();
        if let Some(object) = stale.filter(|object| object.head.storing.conditional) {
            // A 304 must be about the stored copy, not about the viewer's.
            asked.headers.retain(|line| !VIEWERS_CONDITIONS.iter().any(|name| line.is(name)));
            conditions = object.head.validators().conditions();
        }
        let question = Question {
            distribution: self.route.id.clone(),
            revision: self.route.revision,
            behavior: behaviors.iter().position(|one| Arc::ptr_eq(one, &self.behavior))?,
            origin: origin.name.clone(),
            request_id: self.id.clone(),
            http_version: self.http_version.to_owned(),
            is_https: self.is_https,
            cdn_loop: self.cdn_loop.to_string(),
            asked,
            spelling: self.spelling.as_deref().cloned(),
            conditions,
            applied: (applied.made.to_string(), applied.number),
            written: (writes > 0).then_some(Written { process: shield.process, count: writes }),
        };
        match wire::encode(&question) {
            Ok(question) => Some(question).filter(|question| question.len() <= QUESTION_MAX),
            Err(error) => {
                tracing::error!(%error, "cannot write a question to a shield");
                None
            }
        }
    }

    /// The answer of a shield.
    fn replied(
        &self,
        origin: &RoutedOrigin,
        request: &Request,
        replied: Replied,
    ) -> Result<Answer, Fault> {
        let Replied { head, body, timing } = replied;
        let head = head?;
        let body = match head.has_body {
            true => self.noted(self.resumed(origin, request, &head, body)),
            false => AnswerBody::Empty,
        };
        Ok(Answer {
            status: head.status,
            origin_status: head.origin_status,
            status_description: head.status_description,
            headers: head.headers.into(),
            body,
            length: head.length,
            encoded: None,
            age: None,
            source: match head.source {
                ShieldSource::Cache => Source::Hit,
                ShieldSource::Origin => Source::Miss,
                ShieldSource::Function => Source::GeneratedForOrigin,
            },
            upstream: Some(timing),
            fresh_for: head.fresh_for,
        })
    }
}

fn tell(outcome: &'static str) {
    metrics::counter!("brink_gateway_shield_questions_total", "outcome" => outcome).increment(1);
}
