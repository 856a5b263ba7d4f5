//! Error pages (`contract.md` 7.12).

use brink_shared::event::Request;

use super::answer::{Answer, Source};
use super::logged::ResultType;
use super::upload::Upload;
use super::{Passage, tell};
use crate::error_answer::Fault;

// === impl Passage ===

impl Passage {
    /// Replaces an error with the configured page (`contract.md` 7.12). If the page fails itself,
    /// the viewer gets its own error.
    pub(super) async fn error_page(
        &self,
        request: &Request,
        answered: Result<Answer, Fault>,
    ) -> Result<Answer, Fault> {
        let status = match &answered {
            // Clients of gRPC read no pages.
            _ if self.call.is_some() => return answered,
            Ok(answer) if answer.source == Source::GeneratedForViewer => return answered,
            Ok(answer) => answer.status,
            Err(fault) if fault.may_have_page() => fault.status(),
            Err(_) => return answered,
        };
        let page = self.route.error_page(status).filter(|_| status >= 400);
        let Some((page, path)) = page.and_then(|page| Some((page, page.path.as_ref()?))) else {
            return answered;
        };
        if let Err(fault) = &answered {
            let host = request.headers.get("host").unwrap_or_default();
            tell(fault, &self.id, self.route.id.as_str(), host, &request.uri);
            if let Some(notes) = &self.notes {
                notes.replaced(ResultType::of(fault).detailed);
            }
        }
        let Some(behavior) = self.route.behavior(path) else {
            return answered;
        };
        let passage = Self {
            behavior: behavior.clone(),
            web_socket: None,
            for_error_page: true,
            ..self.clone()
        };
        let mut headers = request.headers.clone();
        // The page is compressed for viewers that accept it.
        headers.retain(|header| behavior.config.compress && header.is("accept-encoding"));
        let mut wanted = Request {
            method: "GET".to_owned(),
            uri: path.clone(),
            querystring: String::new(),
            headers,
            ..request.clone()
        };
        let mut answer = Box::pin(passage.answer(&mut wanted, Upload::none())).await?;
        if answer.status < 400 {
            answer.status = page.response_status.unwrap_or(status);
            answer.status_description = String::new();
        }
        answer.source = Source::Error;
        if matches!(answered, Err(Fault::Refused(_))) {
            answer.forbid_keeping();
        }
        Ok(answer)
    }
}
