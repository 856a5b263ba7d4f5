//! The event of each of the four triggers: the data that a function gets (`contract.md` section 2).
//!
//! An [`Event`] travels in two forms. On the bus it is MessagePack of these structs (positional,
//! bodies as bytes). Functions see the JSON of the contract. [`for_function`] describes that JSON
//! once for every runtime: as JSON text for child processes and as engine values for the embedded
//! runtime.

pub mod body;
pub mod for_function;
pub mod from_json;
pub mod headers;
pub mod origin;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use body::{BodyAction, BodyEncoding, RequestBody};
pub use for_function::ForFunction;
pub use from_json::{EventError, event_from_json};
pub use headers::{Header, Headers};
pub use origin::{AuthMethod, CustomOrigin, Origin, OriginProtocol, S3Origin};

/// The four points at which a function may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Every viewer request, before the cache is looked up.
    ViewerRequest,
    /// Only when a request is about to go to the origin.
    OriginRequest,
    /// After the origin answered, before the answer is cached.
    OriginResponse,
    /// Before the answer goes to the viewer, hit or miss.
    ViewerResponse,
}

/// One event: exactly one record of the contract's envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The distribution and the trigger.
    pub config: EventConfig,
    /// Present at all four triggers.
    pub request: Request,
    /// Present at the two response triggers.
    pub response: Option<Response>,
}

/// `config` of the contract (2.1). Functions may read it only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventConfig {
    /// The distribution's own name, also when the viewer used an alias.
    pub distribution_domain_name: String,
    /// The distribution's id.
    pub distribution_id: String,
    /// The trigger.
    pub event_type: Trigger,
    /// Unique per viewer request; also in `X-Amz-Cf-Id`, the access log and every log line.
    pub request_id: String,
}

/// `request` of the contract (2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The viewer's TCP peer.
    pub client_ip: IpAddr,
    /// The HTTP method. Functions may read it only.
    pub method: String,
    /// The path, beginning with `/`, without query.
    pub uri: String,
    /// Without `?`; empty when there is none.
    pub querystring: String,
    /// Viewer-side at viewer triggers, origin-side at origin triggers.
    pub headers: Headers,
    /// Only at request triggers whose association includes the body.
    pub body: Option<RequestBody>,
    /// Only at origin triggers.
    pub origin: Option<Origin>,
}

/// `response` of the contract (2.6), as shown to the response triggers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// 100 to 599; the contract shows it as a decimal string.
    pub status: u16,
    /// Free text.
    pub status_description: String,
    /// The response's headers, without those that functions never see.
    pub headers: Headers,
}

// === impl Trigger ===

impl Trigger {
    /// All four, in the order in which they fire.
    pub const ALL: [Self; 4] =
        [Self::ViewerRequest, Self::OriginRequest, Self::OriginResponse, Self::ViewerResponse];

    /// The name in events, configuration, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ViewerRequest => "viewer-request",
            Self::OriginRequest => "origin-request",
            Self::OriginResponse => "origin-response",
            Self::ViewerResponse => "viewer-response",
        }
    }

    /// True at the triggers that run before the origin is asked.
    pub fn is_request(self) -> bool {
        matches!(self, Self::ViewerRequest | Self::OriginRequest)
    }

    /// True at the triggers that face the viewer.
    pub fn is_viewer(self) -> bool {
        matches!(self, Self::ViewerRequest | Self::ViewerResponse)
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
