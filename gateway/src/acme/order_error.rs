//! Why an order gave no certificate, and whose fault that is.

use brink_shared::bus::BusError;
use brink_shared::secret::{SealedTextError, SecretError};
use instant_acme::{Error, Problem};

/// A failed order.
#[derive(Debug)]
pub(super) struct OrderError {
    pub(super) fault: Fault,
    pub(super) message: String,
}

/// Whose fault a failed order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The name's: the authority does not certify it, or did not find the answer to its challenge.
    Name,
    /// The authority's, or the way's to it. Other names would fail too.
    Authority,
    /// The account is gone at the authority.
    Account,
    /// This gateway's: it does not have the cluster's key.
    Here,
    /// The bus's.
    Bus,
}

/// Types of problems (RFC 8555, 6.7) that concern every order of the account.
const OF_ALL: [&str; 6] = [
    "serverInternal",
    "badNonce",
    "badSignatureAlgorithm",
    "unauthorized",
    "externalAccountRequired",
    "userActionRequired",
];

// === impl OrderError ===

impl OrderError {
    /// The authority rejects the name.
    pub(super) fn of_name(message: impl Into<String>) -> Self {
        Self { fault: Fault::Name, message: message.into() }
    }

    /// The authority does something that RFC 8555 does not allow.
    pub(super) fn of_authority(message: impl Into<String>) -> Self {
        Self { fault: Fault::Authority, message: message.into() }
    }

    /// The words of a problem that the authority reports.
    pub(super) fn of_problem(problem: &Problem) -> Self {
        let kind = problem.r#type.as_deref().unwrap_or_default();
        let kind = kind.rsplit(':').next().unwrap_or_default();
        let detail = problem.detail.as_deref().unwrap_or("no details");
        let parts: Vec<String> = problem.subproblems.iter().map(ToString::to_string).collect();
        let parts =
            if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
        let is_server = problem.status.is_some_and(|status| status >= 500);
        let fault = match kind {
            "accountDoesNotExist" => Fault::Account,
            _ if is_server || OF_ALL.contains(&kind) => Fault::Authority,
            _ => Fault::Name,
        };
        Self { fault, message: format!("{kind}: {detail}{parts}") }
    }
}

impl From<Error> for OrderError {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::of_problem(&problem),
            Error::Timeout(_) => Self::of_name("the authority did not decide in time"),
            Error::Json(error) => {
                Self::of_authority(format!("the authority's answer has another form: {error}"))
            }
            error => Self::of_authority(error.to_string()),
        }
    }
}

impl From<BusError> for OrderError {
    fn from(error: BusError) -> Self {
        Self { fault: Fault::Bus, message: error.to_string() }
    }
}

impl From<SecretError> for OrderError {
    fn from(error: SecretError) -> Self {
        Self { fault: Fault::Here, message: error.to_string() }
    }
}

impl From<SealedTextError> for OrderError {
    fn from(error: SealedTextError) -> Self {
        let message = format!("the account at the ACME authority: {error}");
        Self { fault: Fault::Here, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_whose_fault_it_is() {
        for (kind, status, fault) in [
            ("rejectedIdentifier", 400, Fault::Name),
            ("rateLimited", 429, Fault::Name),
            ("unauthorized", 403, Fault::Authority),
            ("connection", 500, Fault::Authority),
            ("accountDoesNotExist", 400, Fault::Account),
            ("of-a-later-rfc", 400, Fault::Name),
        ] {
            let text = format!(
                r#"{{"type":"urn:ietf:params:acme:error:{kind}","detail":"why","status":{status}}}"#
            );
            let error = OrderError::of_problem(&serde_json::from_str(&text).unwrap());
            assert_eq!((error.fault, error.message), (fault, format!("{kind}: why")));
        }
    }
}
