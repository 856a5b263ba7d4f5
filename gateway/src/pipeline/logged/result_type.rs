//! How a request ended, in the words of the access log (`contract.md` 8.3).
//!
//! `x-edge-result-type` has the word of `X-Cache`, except for requests that a limit or a lack of
//! capacity stopped. `x-edge-detailed-result-type` says more about errors.

use crate::access::Refused;
use crate::access_log::ERROR;
use crate::error_answer::Fault;
use crate::origin::{BodyError, OriginFault};
use crate::rejected::Rejected;

/// The result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct ResultType {
    /// `x-edge-result-type`.
    pub(in crate::pipeline) result: &'static str,
    /// `x-edge-detailed-result-type`.
    pub(in crate::pipeline) detailed: &'static str,
}

const LIMIT: &str = "LimitExceeded";
const CAPACITY: &str = "CapacityExceeded";

// === impl ResultType ===

impl ResultType {
    /// The result that `X-Cache` names.
    pub(in crate::pipeline) fn new(result: &'static str) -> Self {
        Self { result, detailed: result }
    }

    /// The same result of an answer from the cache of the origin's shield.
    pub(in crate::pipeline) fn of_shield(self) -> Self {
        Self { detailed: "OriginShieldHit", ..self }
    }

    /// The result of a request that failed.
    pub(in crate::pipeline) fn of(fault: &Fault) -> Self {
        let detailed = detailed(fault);
        let result = match (fault, detailed) {
            (_, LIMIT | CAPACITY) => detailed,
            (Fault::Function(_), _) => detailed,
            _ => ERROR,
        };
        Self { result, detailed }
    }

    /// An error status from the cache or the origin is an error.
    pub(super) fn of_status(self, status: u16) -> Self {
        let is_hit_or_miss = matches!(self.result, "Hit" | "RefreshHit" | "Miss");
        if status >= 400 && is_hit_or_miss { Self::new(ERROR) } else { self }
    }
}

fn detailed(fault: &Fault) -> &'static str {
    match fault {
        Fault::Request(rejected) => match rejected {
            Rejected::TooLarge => LIMIT,
            Rejected::NoHost => "InvalidRequestHeader",
            Rejected::Connect => "InvalidRequestMethod",
            Rejected::Loop => "InvalidRequestBlocked",
            Rejected::TooSlow => "ClientHungUpRequest",
            Rejected::Syntax
            | Rejected::Target
            | Rejected::AboveRoot
            | Rejected::GetWithBody
            | Rejected::Framing => "InvalidRequest",
        },
        Fault::Refused(refused) => match refused {
            Refused::Country(_) => "ClientGeoBlocked",
            Refused::Rate { .. } => LIMIT,
            Refused::Address(_) | Refused::NoPlaces(_) | Refused::Signature(_) => ERROR,
        },
        Fault::UnknownHost(_) | Fault::Protocol => "InvalidRequest",
        Fault::Method(_) => "InvalidRequestMethod",
        Fault::Function(fault) => fault.kind.as_str(),
        Fault::Origin(error) => of_origin(&error.cause),
        Fault::Upload(_) => "ClientHungUpRequest",
        Fault::WebSockets => CAPACITY,
    }
}

fn of_origin(fault: &OriginFault) -> &'static str {
    match fault {
        OriginFault::Dns(_) => "OriginDnsError",
        OriginFault::Connect(_) | OriginFault::Tls(_) | OriginFault::ClientCertificate(_) => {
            "OriginConnectError"
        }
        OriginFault::ConnectTimeout(_)
        | OriginFault::HeadTimeout(_)
        | OriginFault::Incomplete(_) => "OriginCommError",
        OriginFault::Closed(_) | OriginFault::Refused(_) => "OriginReadError",
        OriginFault::Malformed(_) => "OriginInvalidResponseError",
        OriginFault::HeadTooLarge => "OriginHeaderTooBigError",
        OriginFault::BadRequest(_) | OriginFault::Unsigned(_) => "OriginWriteError",
        OriginFault::ViewerBody(_) => "ClientHungUpRequest",
        OriginFault::TooMany(_) => CAPACITY,
    }
}

/// The origin's body broke off after the head of the answer was sent.
pub(super) fn of_body(error: &BodyError) -> &'static str {
    match error {
        BodyError::Short { .. } | BodyError::Reset(_) => "OriginReadError",
        BodyError::Stalled(_) | BodyError::Incomplete(_) | BodyError::ShieldLost(_) => {
            "OriginCommError"
        }
        BodyError::Malformed(_) => "OriginInvalidResponseError",
        BodyError::Abandoned => "AbortedOrigin",
        BodyError::Changed => "OriginContentRangeLengthError",
        BodyError::TooSlow => "SlowReaderOriginError",
        BodyError::Compression(_) => ERROR,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use brink_shared::event::Trigger;
    use brink_shared::wire::FailureKind;

    use super::*;
    use crate::error_answer::FunctionFault;
    use crate::origin::OriginError;

    #[test]
    fn every_fault_has_its_words() {
        let origin = |cause| Fault::Origin(OriginError { origin: "a:80".into(), cause });
        let function = |kind| {
            Fault::Function(FunctionFault {
                trigger: Trigger::ViewerRequest,
                version: "f:1".parse().unwrap(),
                kind,
                throttled: false,
                reason: String::new(),
            })
        };
        let second = Duration::from_secs(1);
        for (fault, result, detailed) in [
            (Fault::Request(Rejected::TooLarge), LIMIT, LIMIT),
            (Fault::Request(Rejected::Syntax), ERROR, "InvalidRequest"),
            (Fault::Request(Rejected::NoHost), ERROR, "InvalidRequestHeader"),
            (Fault::Request(Rejected::Connect), ERROR, "InvalidRequestMethod"),
            (Fault::Request(Rejected::Loop), ERROR, "InvalidRequestBlocked"),
            (Fault::Request(Rejected::TooSlow), ERROR, "ClientHungUpRequest"),
            (Fault::UnknownHost("a".into()), ERROR, "InvalidRequest"),
            (Fault::Method("PUT".into()), ERROR, "InvalidRequestMethod"),
            (Fault::Upload("why".into()), ERROR, "ClientHungUpRequest"),
            (Fault::WebSockets, CAPACITY, CAPACITY),
            (Fault::Refused(Refused::Country("FR".into())), ERROR, "ClientGeoBlocked"),
            (
                Fault::Refused(Refused::Rate { address: [192, 0, 2, 1].into(), wait: second }),
                LIMIT,
                LIMIT,
            ),
            (Fault::Refused(Refused::Address([192, 0, 2, 1].into())), ERROR, ERROR),
            (origin(OriginFault::TooMany(1)), CAPACITY, CAPACITY),
            (origin(OriginFault::Dns("a".into())), ERROR, "OriginDnsError"),
            (origin(OriginFault::ConnectTimeout(second)), ERROR, "OriginCommError"),
            (origin(OriginFault::BadRequest("a".into())), ERROR, "OriginWriteError"),
            (origin(OriginFault::ViewerBody("a".into())), ERROR, "ClientHungUpRequest"),
            (function(FailureKind::Execution), "LambdaExecutionError", "LambdaExecutionError"),
        ] {
            let expected = ResultType { result, detailed };
            assert_eq!(ResultType::of(&fault), expected, "{fault:?}");
        }
    }

    #[test]
    fn an_error_status_is_an_error_unless_a_function_made_it() {
        for (result, status, expected) in [
            ("Hit", 200, "Hit"),
            ("Hit", 416, ERROR),
            ("Miss", 304, "Miss"),
            ("LambdaGeneratedResponse", 403, "LambdaGeneratedResponse"),
            ("Redirect", 301, "Redirect"),
        ] {
            assert_eq!(ResultType::new(result).of_status(status).result, expected);
        }
    }
}
