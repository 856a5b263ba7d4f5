//! `fetch`: every call goes to the host, which decides whether it may be made, and makes it.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::{Context, Finalize, JsData, JsObject, JsResult, JsString, Trace, js_error};
use boa_runtime::fetch::Fetcher;
use boa_runtime::fetch::request::JsRequest;
use boa_runtime::fetch::response::JsResponse;
use bytes::Bytes;

use super::session::Session;
use crate::sandbox::frame::{CallRequest, CallResponse};

/// Makes calls through the session's host.
#[derive(Debug, Trace, Finalize, JsData)]
pub(super) struct HostFetcher;

// === impl HostFetcher ===

impl Fetcher for HostFetcher {
    async fn fetch(
        self: Rc<Self>,
        request: JsRequest,
        _signal: Option<JsObject>,
        context: &RefCell<&mut Context>,
    ) -> JsResult<JsResponse> {
        let session = Session::of(&context.borrow())?;
        let answer = session.host.call(session.event.get(), outgoing(request.into_inner()));
        match answer.await {
            Ok(Ok(response)) => incoming(response),
            Ok(Err(reason)) => Err(js_error!(TypeError: "fetch failed: {}", reason)),
            Err(_) => Err(js_error!(TypeError: "fetch failed: the call was given up")),
        }
    }
}

fn outgoing(request: http::Request<Vec<u8>>) -> CallRequest {
    let (parts, body) = request.into_parts();
    CallRequest {
        method: parts.method.as_str().to_owned(),
        url: parts.uri.to_string(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                let value = Bytes::copy_from_slice(value.as_bytes());
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body: body.into(),
    }
}

fn incoming(response: CallResponse) -> JsResult<JsResponse> {
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name.as_str(), value.as_ref());
    }
    let message = builder
        .body(response.body.to_vec())
        .map_err(|error| js_error!(TypeError: "fetch failed: {}", error))?;
    let url = JsString::from(response.url.as_str());
    Ok(JsResponse::basic(url, message))
}
