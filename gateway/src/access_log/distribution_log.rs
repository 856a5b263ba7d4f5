//! The logs that one distribution has chosen, prepared for requests.

use brink_shared::id::DistributionId;
use brink_shared::registry::distribution::Logging;

use super::field::Field;

/// The logs of a distribution, or of requests that no distribution answers.
#[derive(Debug)]
pub struct DistributionLog {
    /// `None` for requests that no distribution answers.
    pub(super) id: Option<DistributionId>,
    /// The distribution's own host name.
    pub(super) domain_name: String,
    pub(super) standard: bool,
    pub(super) include_cookies: bool,
    pub(super) real_time: Option<RealTimeLog>,
    needs: Needs,
}

/// A real-time log.
#[derive(Debug)]
pub(super) struct RealTimeLog {
    /// Requests of a hundred.
    pub(super) sampling_rate: u32,
    /// `None` for a field that this release does not know.
    pub(super) fields: Vec<Option<Field>>,
    /// The names of the fields, with spaces in between.
    pub(super) names: String,
}

/// Facts about a request that are collected only if a log has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Cookies.
    pub cookies: bool,
    /// All headers.
    pub headers: bool,
    /// The viewer's country.
    pub country: bool,
    /// The viewer's network.
    pub asn: bool,
    /// How long the origin took.
    pub origin_times: bool,
}

// === impl DistributionLog ===

impl DistributionLog {
    /// The logs that a distribution has chosen.
    pub fn new(id: DistributionId, domain_name: String, logging: Option<&Logging>) -> Self {
        let real_time = logging.and_then(|logging| logging.real_time.as_ref());
        let real_time = real_time.map(|chosen| RealTimeLog {
            sampling_rate: chosen.sampling_rate,
            fields: chosen.fields.iter().map(|name| Field::of_real_time(name)).collect(),
            names: chosen.fields.join(" "),
        });
        let include_cookies = logging.is_some_and(|logging| logging.include_cookies);
        let fields = real_time.as_ref().map(|log| log.fields.as_slice()).unwrap_or_default();
        let has = |fields_: &[Field]| fields.iter().flatten().any(|field| fields_.contains(field));
        let needs = Needs {
            cookies: include_cookies || has(&[Field::CookieStart]),
            headers: has(&[Field::Headers, Field::HeaderNames, Field::HeadersCount]),
            country: has(&[Field::Country]),
            asn: has(&[Field::Asn]),
            origin_times: has(&[Field::OriginFirstByte, Field::OriginLastByte]),
        };
        Self {
            id: Some(id),
            domain_name,
            standard: logging.is_some_and(|logging| logging.standard),
            include_cookies,
            real_time,
            needs,
        }
    }

    /// The log of requests that no distribution answers.
    pub(super) fn unmatched() -> Self {
        Self {
            id: None,
            domain_name: String::new(),
            standard: true,
            include_cookies: false,
            real_time: None,
            needs: Needs::default(),
        }
    }

    /// The facts that its logs have, in addition to those that every request has.
    pub fn needs(&self) -> Needs {
        self.needs
    }
}
