//! Runs the functions on the viewer's side: viewer-request and viewer-response.

use std::sync::Arc;

use brink_shared::contract::{Outcome, VIEWER_BODY_MAX};
use brink_shared::event::{Request, Response, Trigger};

use super::Passage;
use super::answer::{Answer, Source};
use super::upload::Upload;
use crate::error_answer::Fault;

// === impl Passage ===

impl Passage {
    /// Runs the viewer-request function; `Some` if it answered the viewer itself.
    pub(super) async fn viewer_request(
        &self,
        request: &mut Request,
        upload: &mut Upload,
    ) -> Result<Option<Answer>, Fault> {
        let trigger = Trigger::ViewerRequest;
        let function = self.behavior.function(trigger).filter(|_| !self.for_error_page);
        let Some(function) = function else {
            return Ok(None);
        };
        if function.include_body {
            request.body = Some(upload.show(VIEWER_BODY_MAX).await.map_err(Fault::Upload)?);
        }
        let outcome = self.triggers().run(trigger, request, None).await;
        request.body = None;
        match outcome.map_err(Fault::Function)? {
            None => Ok(None),
            Some(Outcome::Response(response)) => {
                Ok(Some(Answer::generated(response, Source::GeneratedForViewer)))
            }
            Some(Outcome::Request(mut changed)) => {
                if let Some(body) = changed.body.take() {
                    upload.replace(body.data);
                }
                *request = changed;
                Ok(None)
            }
        }
    }

    /// Runs the viewer-response function. It may change the headers and the reason phrase.
    ///
    /// It does not run if the origin answered with an error, even if the origin-response function
    /// changed the status. It does not run for error pages, for the proxy's own 416, for answers of
    /// the viewer-request function (`contract.md` 1.1), and for a WebSocket.
    pub(super) async fn viewer_response(
        &self,
        request: &Request,
        mut answer: Answer,
    ) -> Result<Answer, Fault> {
        let trigger = Trigger::ViewerResponse;
        let silent = answer.origin_status >= 400
            || answer.status == 101
            || matches!(answer.source, Source::GeneratedForViewer | Source::Error)
            || answer.is_unsatisfiable(&request.method, &request.headers);
        if silent || self.behavior.function(trigger).is_none() {
            return Ok(answer);
        }
        let shown = Response {
            status: answer.status,
            status_description: answer.status_description.clone(),
            headers: answer.headers_with_age(),
        };
        let outcome = self.triggers().run(trigger, request, Some(&shown)).await;
        if let Some(Outcome::Response(response)) = outcome.map_err(Fault::Function)? {
            answer.age = None;
            let before = std::mem::replace(&mut answer.headers, response.headers.into());
            if let Some(coding) =
                before.get("content-encoding").filter(|_| answer.encoded.is_some())
            {
                // The viewer cannot read the body without it.
                Arc::make_mut(&mut answer.headers).set("Content-Encoding", coding);
            }
            answer.status_description =
                response.status_description.unwrap_or(answer.status_description);
        }
        Ok(answer)
    }
}
