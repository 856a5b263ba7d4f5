//! The answers that viewers get when a request fails (`contract.md` 3.6).
//!
//! The viewer gets a status, a short page and the request id; the log has the chain of causes.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};

use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::wire::FailureKind;

use serde::{Deserialize, Serialize};

use crate::access::Refused;
use crate::grpc;
use crate::origin::{OriginError, OriginFault};
use crate::rejected::Rejected;

/// Seconds after which a throttled viewer may try again.
const RETRY_AFTER_S: u32 = 1;

/// Why a viewer gets an error.
#[derive(Debug)]
pub enum Fault {
    /// The request itself is rejected.
    Request(Rejected),
    /// No distribution answers this host.
    UnknownHost(String),
    /// The behavior does not allow this method.
    Method(String),
    /// A function failed, and its association says that this fails the request.
    Function(FunctionFault),
    /// The origin gave no usable answer.
    Origin(OriginError),
    /// The viewer's own upload broke off or was too slow.
    Upload(String),
    /// No more WebSockets can be opened.
    WebSockets,
    /// A gRPC call cannot be made.
    Call(CallFault),
    /// The behavior wants HTTPS.
    Protocol,
    /// The distribution's security policy does not allow the session of the viewer's connection
    /// (RFC 9110, 15.5.20).
    Misdirected,
    /// The viewer may not see it.
    Refused(Refused),
}

/// Why a gRPC call cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// It came over HTTP/1.
    Version,
    /// No more calls can be opened.
    TooMany,
    /// The gateway stops.
    Stopping,
}

/// A function's failure, as the viewer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionFault {
    /// Where.
    pub trigger: Trigger,
    /// Which.
    pub version: VersionId,
    /// What kind.
    pub kind: FailureKind,
    /// True if trying again soon may help.
    pub throttled: bool,
    /// The whole reason, for the log.
    pub reason: String,
}

// === impl Fault ===

impl Fault {
    /// The status that the viewer gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Request(Rejected::TooLarge) => 413,
            Self::Request(Rejected::TooSlow) => 408,
            Self::WebSockets | Self::Call(CallFault::TooMany | CallFault::Stopping) => 503,
            Self::Call(CallFault::Version) => 505,
            Self::Misdirected => 421,
            Self::Request(Rejected::GetWithBody | Rejected::Connect | Rejected::Loop)
            | Self::UnknownHost(_)
            | Self::Protocol
            | Self::Method(_) => 403,
            Self::Request(
                Rejected::NoHost
                | Rejected::Syntax
                | Rejected::Target
                | Rejected::AboveRoot
                | Rejected::Framing,
            )
            | Self::Upload(_) => 400,
            Self::Function(fault) => match fault.kind {
                FailureKind::Validation => 502,
                FailureKind::Execution | FailureKind::Limit => 503,
            },
            Self::Origin(error) => error.status(),
            Self::Refused(refused) => refused.status(),
        }
    }

    /// The beginning of `X-Cache`.
    pub fn result(&self) -> &'static str {
        match self {
            Self::Function(fault) => fault.kind.as_str(),
            _ => "Error",
        }
    }

    /// One sentence for the viewer, without internals.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Request(Rejected::TooLarge) => {
                "The request's URL or headers are larger than this server takes."
            }
            Self::Request(Rejected::Syntax) => "The request is not valid HTTP.",
            Self::Request(Rejected::Framing) => {
                "The request does not say clearly where its body ends."
            }
            Self::Request(Rejected::NoHost) => "The request does not name one valid host.",
            Self::Request(Rejected::Target) => "The request's target is neither a path nor a URL.",
            Self::Request(Rejected::AboveRoot) => "The request's path leads above its root.",
            Self::Request(Rejected::Loop) => {
                "The request has passed too many distributions; they may form a loop."
            }
            Self::Request(Rejected::TooSlow) => "The request did not arrive in time.",
            Self::Request(Rejected::Connect) => "This method is not allowed here.",
            Self::Request(Rejected::GetWithBody) => "A GET request may not have a body.",
            Self::UnknownHost(_) => "No distribution answers this host name.",
            Self::Method(_) => "This method is not allowed here.",
            Self::Function(fault) => match fault.kind {
                FailureKind::Validation => "The function returned an invalid result.",
                FailureKind::Execution => "The function could not be run or failed.",
                FailureKind::Limit => "The function was throttled or ran over its limit.",
            },
            Self::Origin(_) => "The origin could not be reached or gave no valid answer.",
            Self::Upload(_) => "The request's body did not arrive.",
            Self::WebSockets => "Too many WebSockets are open already.",
            Self::Call(CallFault::Version) => "A gRPC call needs HTTP/2.",
            Self::Call(CallFault::TooMany) => "Too many gRPC calls are open already.",
            Self::Call(CallFault::Stopping) => "The server stops; make the call again.",
            Self::Protocol => "This resource is served over HTTPS only.",
            Self::Misdirected => {
                "This host needs a more secure connection than this one; open another connection."
            }
            Self::Refused(refused) => refused.sentence(),
        }
    }

    /// True if a configured error page may replace this (`contract.md` 3.6, last line).
    pub fn may_have_page(&self) -> bool {
        match self {
            Self::Function(fault) => fault.kind != FailureKind::Limit,
            Self::Request(_)
            | Self::UnknownHost(_)
            | Self::Upload(_)
            | Self::WebSockets
            | Self::Call(_)
            | Self::Protocol
            | Self::Misdirected => false,
            Self::Method(_) | Self::Origin(_) => true,
            Self::Refused(refused) => refused.may_have_page(),
        }
    }

    /// The whole reason, for the log.
    pub fn reason(&self) -> String {
        match self {
            Self::Function(fault) => {
                format!("{} at {}: {}", fault.version, fault.trigger, fault.reason)
            }
            Self::Origin(error) => error.to_string(),
            Self::UnknownHost(host) => format!("no distribution answers host {host:?}"),
            Self::Method(method) => format!("method {method} is not allowed by the behavior"),
            Self::Upload(why) => format!("the viewer's body: {why}"),
            Self::Request(_)
            | Self::WebSockets
            | Self::Call(_)
            | Self::Protocol
            | Self::Misdirected => self.sentence().to_owned(),
            Self::Refused(refused) => refused.reason(),
        }
    }

    /// True if the origin caused this, or if a viewer was refused, which an operator should know.
    /// Failures of functions are logged where they happen, and errors of viewers are not logged.
    pub fn is_news(&self) -> bool {
        matches!(self, Self::Origin(_) | Self::Refused(_))
    }

    /// True if a viewer alone can cause this, and so as often as it likes.
    pub fn is_of_viewer(&self) -> bool {
        match self {
            Self::Refused(refused) => !matches!(refused, Refused::NoPlaces(_)),
            Self::Origin(error) => matches!(error.cause, OriginFault::ViewerBody(_)),
            _ => false,
        }
    }

    /// Faults with one subject share a limit of log lines, so refusals of different kinds do not
    /// hide each other. A viewer can choose no part of it. Otherwise its lines would have no limit.
    pub fn subject<'a>(&self, distribution: &'a str) -> Cow<'a, str> {
        match self {
            Self::Refused(refused) => Cow::Owned(format!("{distribution} {}", refused.label())),
            _ => Cow::Borrowed(distribution),
        }
    }

    /// The answer to a gRPC call: the result is in the headers, because there is no body.
    pub fn response_to_call(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, grpc::CONTENT_TYPE));
        let result = grpc::Status::of_http(self.status()).code();
        response.insert_header((grpc::STATUS, result.to_string()));
        response.insert_header((grpc::MESSAGE, grpc::encoded(self.sentence())));
        response.body(actix_web::body::None::new())
    }

    /// The page for the viewer.
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
        response.insert_header((CACHE_CONTROL, "no-store"));
        let is_throttled = matches!(self, Self::Function(fault) if fault.throttled);
        if is_throttled || matches!(self, Self::WebSockets) {
            response.insert_header((RETRY_AFTER, RETRY_AFTER_S));
        }
        if matches!(self, Self::Request(_) | Self::Upload(_)) {
            response.force_close();
        }
        if let Self::Refused(refused) = self {
            if let Some(seconds) = refused.retry_after() {
                response.insert_header((RETRY_AFTER, seconds));
            }
            if let Some(xml) = refused.xml() {
                response.insert_header((CONTENT_TYPE, "text/xml"));
                return response.body(xml);
            }
        }
        let sentence = self.sentence();
        response.body(format!(
            "<!DOCTYPE html>\n<html><head><title>ERROR: The request could not be satisfied</title></head>\n\
             <body><h1>{} ERROR</h1>\n<p>{sentence}</p>\n<hr>\n\
             <p>Generated by Brink. Request ID: {request_id}</p></body></html>\n",
            status.as_u16()
        ))
    }
}
