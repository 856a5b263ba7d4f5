//! The names of the fields (`contract.md` 8.3, 8.4).

/// A field. Some have another name in the real-time log than in the standard log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Accept,
    AcceptEncoding,
    Asn,
    Behavior,
    ClientIp,
    ClientIpVersion,
    ClientPort,
    ContentLength,
    ContentType,
    Cookie,
    CookieStart,
    Country,
    Date,
    DetailedResult,
    DistributionDomain,
    EdgeLocation,
    /// Field-level encryption, which Brink does not have.
    Encryption,
    ForwardedFor,
    HeaderNames,
    Headers,
    HeadersCount,
    HttpVersion,
    Method,
    OriginFirstByte,
    OriginLastByte,
    Path,
    PathAndQuery,
    Protocol,
    Query,
    RangeEnd,
    RangeStart,
    Received,
    Referer,
    RequestId,
    ResponseResult,
    Result,
    Sent,
    Status,
    Time,
    TimeTaken,
    TimeToFirstByte,
    Timestamp,
    TlsCipher,
    TlsProtocol,
    UserAgent,
    ViewerHost,
}

/// The fields of the standard log, in order.
pub(super) const STANDARD: [(&str, Field); 33] = [
    ("date", Field::Date),
    ("time", Field::Time),
    ("x-edge-location", Field::EdgeLocation),
    ("sc-bytes", Field::Sent),
    ("c-ip", Field::ClientIp),
    ("cs-method", Field::Method),
    ("cs(Host)", Field::DistributionDomain),
    ("cs-uri-stem", Field::Path),
    ("sc-status", Field::Status),
    ("cs(Referer)", Field::Referer),
    ("cs(User-Agent)", Field::UserAgent),
    ("cs-uri-query", Field::Query),
    ("cs(Cookie)", Field::Cookie),
    ("x-edge-result-type", Field::Result),
    ("x-edge-request-id", Field::RequestId),
    ("x-host-header", Field::ViewerHost),
    ("cs-protocol", Field::Protocol),
    ("cs-bytes", Field::Received),
    ("time-taken", Field::TimeTaken),
    ("x-forwarded-for", Field::ForwardedFor),
    ("ssl-protocol", Field::TlsProtocol),
    ("ssl-cipher", Field::TlsCipher),
    ("x-edge-response-result-type", Field::ResponseResult),
    ("cs-protocol-version", Field::HttpVersion),
    ("fle-status", Field::Encryption),
    ("fle-encrypted-fields", Field::Encryption),
    ("c-port", Field::ClientPort),
    ("time-to-first-byte", Field::TimeToFirstByte),
    ("x-edge-detailed-result-type", Field::DetailedResult),
    ("sc-content-type", Field::ContentType),
    ("sc-content-len", Field::ContentLength),
    ("sc-range-start", Field::RangeStart),
    ("sc-range-end", Field::RangeEnd),
];

/// The fields from which real-time logs choose.
const REAL_TIME: [(&str, Field); 43] = [
    ("timestamp", Field::Timestamp),
    ("c-ip", Field::ClientIp),
    ("time-to-first-byte", Field::TimeToFirstByte),
    ("sc-status", Field::Status),
    ("sc-bytes", Field::Sent),
    ("cs-method", Field::Method),
    ("cs-protocol", Field::Protocol),
    ("cs-host", Field::ViewerHost),
    ("cs-uri-stem", Field::PathAndQuery),
    ("cs-bytes", Field::Received),
    ("x-edge-location", Field::EdgeLocation),
    ("x-edge-request-id", Field::RequestId),
    ("x-host-header", Field::DistributionDomain),
    ("time-taken", Field::TimeTaken),
    ("cs-protocol-version", Field::HttpVersion),
    ("c-ip-version", Field::ClientIpVersion),
    ("cs-user-agent", Field::UserAgent),
    ("cs-referer", Field::Referer),
    ("cs-cookie", Field::CookieStart),
    ("cs-uri-query", Field::Query),
    ("x-edge-response-result-type", Field::ResponseResult),
    ("x-forwarded-for", Field::ForwardedFor),
    ("ssl-protocol", Field::TlsProtocol),
    ("ssl-cipher", Field::TlsCipher),
    ("x-edge-result-type", Field::Result),
    ("fle-encrypted-fields", Field::Encryption),
    ("fle-status", Field::Encryption),
    ("sc-content-type", Field::ContentType),
    ("sc-content-len", Field::ContentLength),
    ("sc-range-start", Field::RangeStart),
    ("sc-range-end", Field::RangeEnd),
    ("c-port", Field::ClientPort),
    ("x-edge-detailed-result-type", Field::DetailedResult),
    ("c-country", Field::Country),
    ("cs-accept-encoding", Field::AcceptEncoding),
    ("cs-accept", Field::Accept),
    ("cache-behavior-path-pattern", Field::Behavior),
    ("cs-headers", Field::Headers),
    ("cs-header-names", Field::HeaderNames),
    ("cs-headers-count", Field::HeadersCount),
    ("origin-fbl", Field::OriginFirstByte),
    ("origin-lbl", Field::OriginLastByte),
    ("asn", Field::Asn),
];

/// The names of the standard log's fields, with spaces in between.
pub(super) fn standard_names() -> String {
    STANDARD.map(|(name, _)| name).join(" ")
}

// === impl Field ===

impl Field {
    /// The field with this name in real-time logs.
    pub(super) fn of_real_time(name: &str) -> Option<Self> {
        REAL_TIME.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::access_log::{REAL_TIME_FIELDS, STANDARD_FIELDS};

    use super::*;

    #[test]
    fn the_fields_are_the_documented_ones_in_their_order() {
        assert_eq!(STANDARD.map(|(name, _)| name), STANDARD_FIELDS);
        assert_eq!(REAL_TIME.map(|(name, _)| name), REAL_TIME_FIELDS);
    }
}
