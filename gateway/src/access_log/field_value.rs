//! The lines of the logs: the values of their fields (`contract.md` 8.3, 8.4).

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::access_record::{AccessRecord, LONGEST};
use super::distribution_log::RealTimeLog;
use super::encoding::{self, NOTHING};
use super::field::{Field, STANDARD};

/// Appends a line of the standard log. `location` is the gateway's name.
pub(super) fn push_standard(lines: &mut String, record: &AccessRecord, location: &str) {
    push_line(lines, STANDARD.iter().map(|(_, field)| Some(*field)), record, location);
}

/// Appends the same as a JSON object. Its names are those of the fields, and all values are text.
pub(super) fn push_standard_json(lines: &mut String, record: &AccessRecord, location: &str) {
    for (index, (name, field)) in STANDARD.iter().enumerate() {
        lines.push(if index == 0 { '{' } else { ',' });
        lines.push('"');
        lines.push_str(name);
        lines.push_str("\":\"");
        // No value has a quote, a backslash or a control character.
        field.push(lines, record, location);
        lines.push('"');
    }
    lines.push_str("}\n");
}

/// Appends a line of a real-time log.
pub(super) fn push_real_time(
    lines: &mut String,
    log: &RealTimeLog,
    record: &AccessRecord,
    location: &str,
) {
    push_line(lines, log.fields.iter().copied(), record, location);
}

fn push_line(
    lines: &mut String,
    fields: impl Iterator<Item = Option<Field>>,
    record: &AccessRecord,
    location: &str,
) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            lines.push('\t');
        }
        match field {
            Some(field) => field.push(lines, record, location),
            None => lines.push(NOTHING),
        }
    }
    lines.push('\n');
}

// === impl Field ===

impl Field {
    /// Appends the field's value. No value has a character that would end the field.
    fn push(self, line: &mut String, record: &AccessRecord, location: &str) {
        let AccessRecord { distribution, request, answer, end } = record;
        let answer = answer.as_ref();
        let text = |line: &mut String, value: &[u8]| encoding::push(line, value);
        match self {
            Self::Accept => text(line, &request.accept),
            Self::AcceptEncoding => text(line, &request.accept_encoding),
            Self::Asn => text(line, request.asn.as_deref().unwrap_or_default().as_bytes()),
            Self::Behavior => {
                text(line, answer.map_or(&[], |answer| answer.behavior.as_bytes()));
            }
            Self::ClientIp => write(line, request.client_ip),
            Self::ClientIpVersion => line.push_str(match request.client_ip {
                IpAddr::V4(_) => "IPv4",
                IpAddr::V6(_) => "IPv6",
            }),
            Self::ClientPort => write(line, request.port),
            Self::ContentLength => optional(line, answer.and_then(|answer| answer.content_length)),
            Self::ContentType => {
                text(line, answer.map_or(&[], |answer| answer.content_type.as_slice()));
            }
            Self::Cookie if distribution.include_cookies => text(line, &request.cookie),
            Self::Cookie | Self::Encryption => line.push(NOTHING),
            Self::CookieStart => text(line, start(&request.cookie)),
            Self::Country => {
                text(line, request.country.as_deref().unwrap_or_default().as_bytes());
            }
            Self::Date => line.push_str(date_and_time(end.at).0.as_str()),
            Self::DetailedResult => line.push_str(end.detailed_result),
            Self::DistributionDomain => text(line, distribution.domain_name.as_bytes()),
            Self::EdgeLocation => text(line, location.as_bytes()),
            Self::ForwardedFor => text(line, &request.forwarded_for),
            Self::HeaderNames => {
                text(
                    line,
                    request.headers.as_ref().map_or(&[], |headers| headers.names.as_slice()),
                );
            }
            Self::Headers => {
                text(
                    line,
                    request.headers.as_ref().map_or(&[], |headers| headers.lines.as_slice()),
                );
            }
            Self::HeadersCount => {
                optional(line, request.headers.as_ref().map(|headers| headers.count));
            }
            Self::HttpVersion if request.http_version.is_empty() => line.push(NOTHING),
            Self::HttpVersion => write(line, format_args!("HTTP/{}", request.http_version)),
            Self::Method => text(line, request.method.as_bytes()),
            Self::OriginFirstByte => optional_seconds(line, end.origin_first_byte),
            Self::OriginLastByte => optional_seconds(line, end.origin_last_byte),
            Self::Path => text(line, &request.path),
            Self::PathAndQuery if request.query.is_empty() => text(line, &request.path),
            Self::PathAndQuery => {
                text(line, &[&request.path, b"?".as_slice(), &request.query].concat());
            }
            Self::Protocol => line.push_str(request.protocol),
            Self::Query => text(line, &request.query),
            Self::RangeEnd => {
                optional(line, answer.and_then(|answer| Some(answer.range?.1)));
            }
            Self::RangeStart => {
                optional(line, answer.and_then(|answer| Some(answer.range?.0)));
            }
            Self::Received => write(line, end.received),
            Self::Referer => text(line, &request.referer),
            Self::RequestId => text(line, request.id.as_bytes()),
            Self::ResponseResult => {
                line.push_str(answer.map_or(end.result, |answer| answer.result));
            }
            Self::Result => line.push_str(end.result),
            Self::Sent => write(line, end.sent),
            // 000: the viewer left before any answer.
            Self::Status => {
                write(line, format_args!("{:03}", answer.map_or(0, |answer| answer.status)));
            }
            Self::Time => line.push_str(date_and_time(end.at).1.as_str()),
            Self::TimeTaken => optional_seconds(line, Some(end.took)),
            Self::TimeToFirstByte => {
                optional_seconds(line, Some(answer.map_or(end.took, |answer| answer.first_byte)));
            }
            Self::Timestamp => {
                let since = end.at.duration_since(UNIX_EPOCH).unwrap_or_default();
                optional_seconds(line, Some(since));
            }
            Self::TlsCipher => {
                text(line, request.tls.as_ref().map_or(&[], |tls| tls.cipher.as_bytes()));
            }
            Self::TlsProtocol => {
                text(line, request.tls.as_ref().map_or(&[], |tls| tls.protocol.as_bytes()));
            }
            Self::UserAgent => text(line, &request.user_agent),
            Self::ViewerHost => text(line, &request.host),
        }
    }
}

/// `2026-11-30` and `14:05:09`, in UTC.
pub(super) fn date_and_time(at: SystemTime) -> (String, String) {
    let text = humantime::format_rfc3339_seconds(at).to_string();
    let (date, time) = text.split_once('T').unwrap_or_default();
    (date.to_owned(), time.trim_end_matches('Z').to_owned())
}

fn start(value: &[u8]) -> &[u8] {
    value.get(..LONGEST).unwrap_or(value)
}

fn optional(line: &mut String, value: Option<impl std::fmt::Display>) {
    match value {
        Some(value) => write(line, value),
        None => line.push(NOTHING),
    }
}

/// Seconds with three digits after the point.
fn optional_seconds(line: &mut String, value: Option<Duration>) {
    let value = value.map(|value| (value.as_secs(), value.subsec_millis()));
    match value {
        Some((seconds, millis)) => write(line, format_args!("{seconds}.{millis:03}")),
        None => line.push(NOTHING),
    }
}

fn write(line: &mut String, value: impl std::fmt::Display) {
    // Writing into memory does not fail.
    let _ = write!(line, "{value}");
}

#[cfg(test)]
mod tests;
