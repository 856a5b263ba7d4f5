//! The answers to challenges of ACME, which come before any distribution (RFC 8555, 8.3).

use super::answer::Answer;
use crate::edge::Edge;
use crate::viewer::ViewerRequest;

/// The answer, if the request asks over plain HTTP for a challenge that is under way. All other
/// requests for such paths are ordinary ones.
pub(super) fn answer(edge: &Edge, viewer: &ViewerRequest) -> Option<Answer> {
    let acme = edge.acme.as_ref().filter(|_| viewer.tls.is_none())?;
    if !matches!(viewer.request.method.as_str(), "GET" | "HEAD") {
        return None;
    }
    acme.answer(&viewer.request.uri).map(Answer::challenge)
}
