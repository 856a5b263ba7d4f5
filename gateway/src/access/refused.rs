//! Why a viewer gets no answer.

use std::net::IpAddr;
use std::time::Duration;

use super::SignatureFault;

/// The reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The lists of the behavior do not allow the address.
    Address(IpAddr),
    /// The distribution is not for viewers in this country.
    Country(String),
    /// The distribution is for some countries only, and this gateway knows no places.
    NoPlaces(&'static str),
    /// The client has sent too many requests.
    Rate {
        /// The client.
        address: IpAddr,
        /// Until the next request is answered.
        wait: Duration,
    },
    /// The request has no valid signature.
    Signature(SignatureFault),
}

// === impl Refused ===

impl Refused {
    /// The status that the viewer gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Address(_) | Self::Country(_) | Self::Signature(_) => 403,
            Self::Rate { .. } => 429,
            Self::NoPlaces(_) => 503,
        }
    }

    /// One sentence for the viewer.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Address(_) => "This server does not answer requests from your address.",
            Self::Country(_) => "This content is not available in your country.",
            Self::NoPlaces(_) => "This server cannot tell where requests come from.",
            Self::Rate { .. } => "You have sent too many requests.",
            Self::Signature(fault) => fault.sentence(),
        }
    }

    /// The whole reason, for the log. Never has a signature or a policy's text in it.
    pub fn reason(&self) -> String {
        match self {
            Self::Address(address) => format!("access of the behavior does not allow {address}"),
            Self::Country(country) => format!("geo_restriction does not allow {country}"),
            Self::NoPlaces(setting) => {
                format!("the distribution has a geo_restriction, and {setting} is not set here")
            }
            Self::Rate { address, wait } => {
                format!(
                    "{address} is over the rate limit of the behavior for {} ms",
                    wait.as_millis()
                )
            }
            Self::Signature(fault) => fault.to_string(),
        }
    }

    /// A label for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Country(_) => "country",
            Self::NoPlaces(_) => "no_places",
            Self::Rate { .. } => "rate",
            Self::Signature(_) => "signature",
        }
    }

    /// Seconds after which the viewer may try again.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            // A client that waits for whole seconds must not come too early.
            Self::Rate { wait, .. } => Some(wait.as_millis().div_ceil(1_000).max(1) as u64),
            _ => None,
        }
    }

    /// True if a configured error page may replace it.
    pub fn may_have_page(&self) -> bool {
        !matches!(self, Self::NoPlaces(_))
    }

    /// The answer as XML, in the form in which CloudFront describes problems of signatures.
    pub fn xml(&self) -> Option<String> {
        let Self::Signature(fault) = self else { return None };
        let (code, message) = (fault.code(), fault.sentence());
        Some(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}\
             </Message></Error>"
        ))
    }
}
