//! The kinds of requests.

use std::rc::Rc;

use crate::edge::Edge;
use crate::error_answer::{CallFault, Fault};
use crate::grpc;
use crate::places::Place;
use crate::routing::RoutedBehavior;
use crate::viewer::ViewerRequest;

/// The kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// For an answer.
    Http,
    /// For a WebSocket.
    WebSocket,
    /// A gRPC call.
    Call,
}

// === impl Kind ===

impl Kind {
    /// The kind of a request that matched this behavior.
    pub(super) fn of(viewer: &ViewerRequest, behavior: Option<&RoutedBehavior>) -> Self {
        let request = &viewer.request;
        let passes_calls = behavior.is_some_and(|behavior| behavior.config.grpc);
        if passes_calls && grpc::is_call(&request.method, &request.headers) {
            Self::Call
        } else if viewer.is_upgrade {
            Self::WebSocket
        } else {
            Self::Http
        }
    }

    /// The place of a WebSocket.
    pub(super) fn place_of_web_socket(
        self,
        edge: &Edge,
        viewer: &ViewerRequest,
    ) -> Result<Option<Place>, Fault> {
        match self {
            Self::WebSocket => {
                let place = edge.web_sockets.place(viewer.request.client_ip);
                place.map(Some).ok_or(Fault::WebSockets)
            }
            Self::Http | Self::Call => Ok(None),
        }
    }

    /// The place of a call. Fails in HTTP/1, where no trailers tell the viewer how a call ended.
    pub(super) fn place_of_call(
        self,
        edge: &Edge,
        viewer: &ViewerRequest,
    ) -> Result<Option<Rc<Place>>, CallFault> {
        match (self, viewer.http_version) {
            (Self::Http | Self::WebSocket, _) => Ok(None),
            (Self::Call, "1.0" | "1.1") => Err(CallFault::Version),
            (Self::Call, _) => {
                let place = edge.calls.place(viewer.request.client_ip);
                let place = place.ok_or(CallFault::TooMany)?;
                Ok(Some(Rc::new(place)))
            }
        }
    }
}
