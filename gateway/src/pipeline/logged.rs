//! The facts about requests and answers that the access log gets.

mod result_type;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::header::{CONTENT_RANGE, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};

use brink_shared::event::Headers;
use brink_shared::registry::distribution::viewer_header::ViewerHeader;

use super::kind::Kind;
use crate::access_log::{
    AnswerFacts, DistributionLog, ERROR, HeaderFacts, LONGEST, Needs, OpenRecord, RequestFacts,
    Tls, Traffic,
};
use crate::edge::Edge;
use crate::octets;
use crate::origin::BodyError;
use crate::viewer::ViewerRequest;
use crate::viewer_stream::ViewerConnection;
use crate::viewer_tls::TlsSession;
pub(super) use result_type::ResultType;

/// Stands for the address of a viewer without one.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Where a request comes from, and when.
pub(super) struct Arrival<'a> {
    pub(super) edge: &'a Arc<Edge>,
    pub(super) connection: Option<&'a Rc<ViewerConnection>>,
    pub(super) started: Instant,
}

// === impl Arrival ===

impl Arrival<'_> {
    /// Begins to log a request, if it is logged. `None` as distribution stands for a host that
    /// nobody answers.
    pub(super) fn log(
        &self,
        distribution: Option<&Arc<DistributionLog>>,
        viewer: &ViewerRequest,
        kind: Kind,
    ) -> Option<OpenRecord> {
        let log = &self.edge.access_log;
        let distribution = distribution.or(log.unmatched())?;
        let facts = |needs| facts(self.edge, viewer, kind, needs);
        let request = &viewer.request;
        let head = || {
            let target = request.uri.len() + request.querystring.len();
            let frame = "GET / HTTP/1.1\r\n\r\n".len() + request.headers.len() * ": \r\n".len();
            let body = viewer.content_length.and_then(|length| usize::try_from(length).ok());
            target + request.headers.size() + frame + body.unwrap_or_default()
        };
        log.open(distribution, || self.traffic(head()), self.started, facts)
    }

    /// The same for a request that was rejected before it was read as a viewer's request. Its
    /// headers are in `headers`, or beside the request if the head was rejected. If it is a
    /// `stand_in` for bytes that are not HTTP, nothing is known about it.
    pub(super) fn log_rejected(
        &self,
        from: &HttpRequest,
        headers: &Headers,
        id: &str,
        stand_in: bool,
    ) -> Option<OpenRecord> {
        let log = &self.edge.access_log;
        let header = |name: &str| match headers.get(name) {
            Some(value) => Some(octets::to_bytes(value).into_owned()),
            None => from.headers().get(name).map(|value| value.as_bytes().to_vec()),
        };
        let header = |name: &str| header(name).filter(|_| !stand_in).unwrap_or_default();
        // The host of the target counts more than `Host` (RFC 9112, 3.2.2). A password before it is
        // not for logs.
        let host = match from.uri().authority() {
            Some(authority) if !stand_in => {
                let host = authority.as_str().rsplit('@').next();
                host.unwrap_or_default().as_bytes().to_vec()
            }
            _ => header("host"),
        };
        let routes = self.edge.routes.load();
        let found = std::str::from_utf8(&host).ok().and_then(|host| routes.find(host));
        let distribution = found.map(|route| &route.log).or(log.unmatched())?;
        let facts = |_| {
            let peer = from.peer_addr();
            let tls = self.connection.and_then(|connection| connection.tls());
            let (method, path, query) = match stand_in {
                true => ("", "", ""),
                false => {
                    let query = from.uri().query().unwrap_or_default();
                    (from.method().as_str(), from.path(), query)
                }
            };
            RequestFacts {
                id: id.to_owned(),
                client_ip: peer.map_or(UNKNOWN, |peer| peer.ip().to_canonical()),
                port: peer.map_or(0, |peer| peer.port()),
                method: method.to_owned(),
                path: path.as_bytes().to_vec(),
                query: query.as_bytes().to_vec(),
                protocol: protocol(tls.is_some(), Kind::Http),
                http_version: match (stand_in, from.version()) {
                    (true, _) => "",
                    (false, actix_web::http::Version::HTTP_10) => "1.0",
                    (false, actix_web::http::Version::HTTP_2) => "2.0",
                    (false, actix_web::http::Version::HTTP_3) => "3.0",
                    (false, _) => "1.1",
                },
                tls: tls.map(|session| told(session)),
                host: host.clone(),
                referer: header("referer"),
                user_agent: header("user-agent"),
                forwarded_for: header("x-forwarded-for"),
                accept: header("accept"),
                accept_encoding: header("accept-encoding"),
                cookie: Vec::new(),
                headers: None,
                country: None,
                asn: None,
            }
        };
        let head = || {
            let beside = from.headers().iter();
            let beside = beside.map(|(name, value)| name.as_str().len() + value.len() + 4);
            let lines = headers.size() + headers.len() * ": \r\n".len() + beside.sum::<usize>();
            let target = from.uri().path_and_query().map_or(0, |target| target.as_str().len());
            let names_host = headers.contains("host") || from.headers().contains_key("host");
            let host_line = if names_host { 0 } else { "Host: \r\n".len() + host.len() };
            let line = from.method().as_str().len() + target + "  HTTP/1.1\r\n\r\n".len();
            line + host_line + lines
        };
        log.open(distribution, || self.traffic(head()), self.started, facts)
    }

    /// The bytes of the connection's current request. If a connection has several requests at a
    /// time, its bytes cannot be told apart, and `head` bytes stand for the request.
    fn traffic(&self, head: usize) -> Rc<Traffic> {
        self.connection.and_then(|connection| connection.traffic()).unwrap_or_else(|| {
            let own = Traffic::default();
            own.received(head);
            Rc::new(own)
        })
    }
}

/// Facts about an answer that is ready.
pub(super) fn answer(
    response: &HttpResponse,
    result: ResultType,
    behavior: Option<&str>,
) -> AnswerFacts {
    let header = |name| response.headers().get(name).map(|value| value.as_bytes());
    let status = response.status().as_u16();
    let has_length = !matches!(status, 100..=199 | 204 | 304);
    let lines = response.headers().iter();
    let lines = lines.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let head = "HTTP/1.1 200 OK\r\n".len() + lines.sum::<usize>() + "\r\n".len();
    let ResultType { result, detailed } = result.of_status(status);
    AnswerFacts {
        status,
        result,
        detailed_result: detailed,
        content_type: header(CONTENT_TYPE).unwrap_or_default().to_vec(),
        content_length: match response.body().size() {
            BodySize::Sized(length) if has_length => Some(length),
            BodySize::None | BodySize::Sized(_) | BodySize::Stream => None,
        },
        range: header(CONTENT_RANGE).and_then(range),
        head_bytes: head,
        behavior: behavior.unwrap_or_default().to_owned(),
        first_byte: Default::default(),
    }
}

/// The kind of error that broke the body of an answer off.
pub(super) fn broken(error: &(dyn Error + 'static)) -> &'static str {
    match error.downcast_ref::<BodyError>() {
        Some(error) => result_type::of_body(error),
        None => ERROR,
    }
}

fn facts(edge: &Edge, viewer: &ViewerRequest, kind: Kind, needs: Needs) -> RequestFacts {
    let request = &viewer.request;
    let header = |name: &str| {
        let value = request.headers.get(name).unwrap_or_default();
        octets::to_bytes(value).into_owned()
    };
    let spelling = viewer.spelling.as_ref();
    let path = spelling.map_or_else(|| request.uri.clone(), |s| s.path(&request.uri));
    let query =
        spelling.map_or_else(|| request.querystring.clone(), |s| s.query(&request.querystring));
    let place =
        |header, needed: bool| needed.then(|| edge.geo.value(header, request.client_ip)).flatten();
    RequestFacts {
        id: viewer.id.clone(),
        client_ip: request.client_ip,
        port: viewer.port,
        method: request.method.clone(),
        path: path.into_bytes(),
        query: query.into_bytes(),
        protocol: protocol(viewer.tls.is_some(), kind),
        http_version: viewer.http_version,
        tls: viewer.tls.as_ref().map(|tls| told(&tls.session)),
        host: header("host"),
        referer: header("referer"),
        user_agent: header("user-agent"),
        forwarded_for: header("x-forwarded-for"),
        accept: header("accept"),
        accept_encoding: header("accept-encoding"),
        cookie: if needs.cookies { cookies(&request.headers) } else { Vec::new() },
        headers: needs.headers.then(|| headers(&request.headers)),
        country: place(ViewerHeader::Country, needs.country),
        asn: place(ViewerHeader::Asn, needs.asn),
    }
}

/// `cs-protocol`.
fn protocol(is_secure: bool, kind: Kind) -> &'static str {
    match (kind, is_secure) {
        (Kind::Http, false) => "http",
        (Kind::Http, true) => "https",
        (Kind::WebSocket, false) => "ws",
        (Kind::WebSocket, true) => "wss",
        // CloudFront has no word for a call that is not encrypted, because it has no such calls.
        (Kind::Call, _) => "grpcs",
    }
}

fn told(session: &TlsSession) -> Tls {
    Tls { protocol: session.version, cipher: session.cipher }
}

fn cookies(headers: &Headers) -> Vec<u8> {
    let lines: Vec<_> = headers.get_all("cookie").map(octets::to_bytes).collect();
    lines.join(b"; ".as_slice())
}

fn headers(headers: &Headers) -> HeaderFacts {
    let mut facts = HeaderFacts { count: headers.len(), ..HeaderFacts::default() };
    for header in headers {
        let name = header.key.as_bytes();
        facts.lines.extend([name, b":", &octets::to_bytes(&header.value), b"\n"].concat());
        facts.names.extend([name, b"\n"].concat());
    }
    facts.lines.truncate(LONGEST);
    facts.names.truncate(LONGEST);
    facts
}

/// The first and the last byte in a `Content-Range`.
fn range(value: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(value).ok()?.strip_prefix("bytes ")?;
    let (first, last) = text.split_once('/')?.0.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}
