//! The facts about one request, from which the fields of all logs are written.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::distribution_log::DistributionLog;

/// A request that has ended.
#[derive(Clone, Debug)]
pub struct AccessRecord {
    /// The distribution that answered it, with its choice of logs.
    pub distribution: Arc<DistributionLog>,
    /// The viewer's request as it arrived. Functions have not changed it.
    pub request: RequestFacts,
    /// `None` if the viewer left before any answer was sent.
    pub answer: Option<AnswerFacts>,
    /// The end of the request.
    pub end: EndFacts,
}

/// Facts about a viewer's request. Values of headers are the bytes that arrived. A missing one is
/// empty.
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// The request id of `X-Amz-Cf-Id`.
    pub id: String,
    /// Address of the viewer, or of the proxy that it uses.
    pub client_ip: IpAddr,
    /// Port of the same.
    pub port: u16,
    /// Empty if the request could not be read.
    pub method: String,
    /// The path as the viewer wrote it.
    pub path: Vec<u8>,
    /// The query as the viewer wrote it, without the question mark.
    pub query: Vec<u8>,
    /// `http`, `https`, `ws` or `wss`.
    pub protocol: &'static str,
    /// `1.0`, `1.1`, `2.0` or `3.0`.
    pub http_version: &'static str,
    /// `None` for a connection without TLS.
    pub tls: Option<Tls>,
    /// `Host`.
    pub host: Vec<u8>,
    /// `Referer`.
    pub referer: Vec<u8>,
    /// `User-Agent`.
    pub user_agent: Vec<u8>,
    /// `X-Forwarded-For`.
    pub forwarded_for: Vec<u8>,
    /// `Accept`.
    pub accept: Vec<u8>,
    /// `Accept-Encoding`.
    pub accept_encoding: Vec<u8>,
    /// All cookies. Empty if no log of the distribution has them.
    pub cookie: Vec<u8>,
    /// All headers. `None` if no log of the distribution has them.
    pub headers: Option<HeaderFacts>,
    /// The viewer's country, if a log of the distribution has it and it is known.
    pub country: Option<String>,
    /// The number of the viewer's network, likewise.
    pub asn: Option<String>,
}

/// A viewer's TLS session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// `TLSv1.3`.
    pub protocol: &'static str,
    /// The cipher suite under OpenSSL's name: `TLS_AES_128_GCM_SHA256`.
    pub cipher: &'static str,
}

/// All headers of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderFacts {
    /// `Name:value` in lines, the first [`LONGEST`] bytes.
    pub lines: Vec<u8>,
    /// Names in lines, likewise.
    pub names: Vec<u8>,
    /// How many there are.
    pub count: usize,
}

/// Most bytes of cookies and headers in a real-time log (`contract.md` 8.4).
pub const LONGEST: usize = 800;

/// Facts about the head of an answer.
#[derive(Clone, Debug, Default)]
pub struct AnswerFacts {
    /// The status that the viewer got.
    pub status: u16,
    /// The result when the answer was ready, in the words of `X-Cache`.
    pub result: &'static str,
    /// The kind of the error, if there is one; else the same as `result`.
    pub detailed_result: &'static str,
    /// `Content-Type`.
    pub content_type: Vec<u8>,
    /// Announced bytes of the body.
    pub content_length: Option<u64>,
    /// First and last byte of `Content-Range`.
    pub range: Option<(u64, u64)>,
    /// Bytes of the head in the form of HTTP/1.1. Used if the bytes of the connection cannot be
    /// counted for a single request.
    pub head_bytes: usize,
    /// The path pattern of the behavior; empty if none matched.
    pub behavior: String,
    /// Time from the request to the head of the answer.
    pub first_byte: Duration,
}

/// Facts that are known when all is over.
#[derive(Clone, Debug)]
pub struct EndFacts {
    /// When the last byte was sent.
    pub at: SystemTime,
    /// Time from the request to the last byte.
    pub took: Duration,
    /// Bytes that the viewer was sent, headers included.
    pub sent: u64,
    /// Bytes that the viewer sent, headers included.
    pub received: u64,
    /// The result, in the words of `X-Cache`. `Error` if the answer broke off.
    pub result: &'static str,
    /// The kind of the error, if there is one; else the same as `result`.
    pub detailed_result: &'static str,
    /// Time from the request to the origin to the head of its answer.
    pub origin_first_byte: Option<Duration>,
    /// Time from the request to the origin to the last byte of its answer.
    pub origin_last_byte: Option<Duration>,
}

// === impl AccessRecord ===

impl AccessRecord {
    /// About how many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        let request = &self.request;
        let texts = [
            &request.path,
            &request.query,
            &request.host,
            &request.referer,
            &request.user_agent,
            &request.forwarded_for,
            &request.accept,
            &request.accept_encoding,
            &request.cookie,
        ];
        let headers = request.headers.as_ref().map_or(0, |h| h.lines.len() + h.names.len());
        let content_type = self.answer.as_ref().map_or(0, |answer| answer.content_type.len());
        let texts = texts.iter().map(|text| text.len()).sum::<usize>();
        size_of::<Self>() + request.method.len() + texts + headers + content_type
    }
}
