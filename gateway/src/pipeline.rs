//! The life of a viewer's request (`contract.md` 1.2).
//!
//! [`respond`] takes it through these steps: distribution, behavior, `admission` of the viewer,
//! viewer-request function, cache, and after a miss the origin side (`exchange`) with its two
//! functions. Then come the viewer-response function (`viewer_functions`) and the proxy's own
//! headers. `cached` joins the cache and the origin side; `answer` is the type that flows back.

mod acme_challenge;
mod admission;
mod answer;
mod cached;
mod call;
mod compressing;
mod error_page;
mod exchange;
mod head_only;
mod kind;
mod logged;
mod origin_request;
mod ranged;
mod reason;
mod response_policy;
mod resumed;
mod selection;
mod shielded;
mod shielding;
mod upload;
mod viewer_functions;
mod viewer_protocol;
mod web_socket;
mod written;

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::{ALT_SVC, HeaderValue};
use actix_web::http::{Method, Version};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};

use brink_shared::event::{Headers, Request};

use crate::access_log::{OpenRecord, RequestNotes};
use crate::alt_svc;
use crate::answered::Answered;
use crate::edge::Edge;
use crate::error_answer::{CallFault, Fault};
use crate::origin::OriginClient;
use crate::places::Place;
use crate::routing::{Route, RoutedBehavior, RoutedOrigin};
use crate::target::Spelling;
use crate::trigger::Triggers;
use crate::viewer::{ViewerRequest, new_id};
use crate::viewer_head::ViewerHead;
use crate::viewer_headers::Viewer;
use crate::viewer_stream::{Answering, ViewerConnection};
use crate::warn_limit::WarnLimit;
use answer::Answer;
use kind::Kind;
use logged::{Arrival, ResultType};
use response_policy::{Origination, Taken};
pub use shielding::reply_to_gateway;
use upload::{Body, Upload};

/// Warnings of requests that failed.
static FAILURES: WarnLimit = WarnLimit::new();

/// Warnings of requests that failed by their viewers alone. They have a limit of their own, because
/// anybody can cause so many that the others would not be logged.
static FAILURES_OF_VIEWERS: WarnLimit = WarnLimit::new();

/// A request on its way through one behavior of one distribution.
#[derive(Clone)]
struct Passage {
    edge: Arc<Edge>,
    /// This thread's connections to origins.
    origins: OriginClient,
    route: Arc<Route>,
    behavior: Arc<RoutedBehavior>,
    /// The viewer request's id.
    id: String,
    http_version: &'static str,
    /// True if the viewer's connection is encrypted.
    is_https: bool,
    /// The viewer's spelling of the target, if functions see it converted.
    spelling: Option<Arc<Spelling>>,
    /// Known only if the origin side gets facts about the viewer.
    viewer: Option<Arc<Viewer>>,
    /// The `CDN-Loop` header for origins.
    cdn_loop: Cow<'static, str>,
    /// Set if the viewer asks for a WebSocket.
    web_socket: Option<Rc<web_socket::Asked>>,
    /// Set if the request is a gRPC call.
    call: Option<Rc<Place>>,
    /// True for the fetch of an error page. The viewer-facing functions do not run for it. The
    /// origin-facing functions do, because their answer is stored for all viewers.
    for_error_page: bool,
    /// The only origin, if this is the question of another gateway.
    shields: Option<Arc<RoutedOrigin>>,
    /// Facts for the access log, if the request is logged.
    notes: Option<Rc<RequestNotes>>,
}

/// The parts of a request that are known also if it fails.
#[derive(Default)]
struct Seen {
    /// The distribution, once the host is known.
    route: Option<Arc<Route>>,
    /// The behavior that matched, and its response headers policy.
    taken: Taken,
    /// Set if the request is logged.
    record: Option<OpenRecord>,
    /// True for a gRPC call.
    is_call: bool,
    /// How the answer tells the viewer of HTTP/3.
    alt_svc: Option<HeaderValue>,
}

/// Answers a viewer's request.
pub async fn respond(
    edge: web::Data<Edge>,
    origins: web::Data<OriginClient>,
    from: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<Answering> {
    let started = Instant::now();
    let edge = edge.into_inner();
    let connection = ViewerConnection::of(&from);
    let is_stand_in = connection.as_ref().is_some_and(|connection| connection.is_stand_in());
    let (method, path) = match is_stand_in {
        true => ("-", "-"),
        false => (from.method().as_str(), from.path()),
    };
    let arrival = Arrival { edge: &edge, connection: connection.as_ref(), started };
    let mut seen = Seen::default();
    let read = match ViewerHead::of(&from) {
        Err(rejected) => Err((rejected, Headers::new())),
        Ok(mut head) => ViewerRequest::read(&mut head).map_err(|rejected| (rejected, head.headers)),
    };
    let (id, answered) = match read {
        Err((rejected, headers)) => {
            let id = new_id();
            seen.record = arrival.log_rejected(&from, &headers, &id, is_stand_in);
            (id, Err(Fault::Request(rejected)))
        }
        Ok(viewer) => {
            let id = viewer.id.clone();
            seen.alt_svc = alt_svc::offer(&viewer, &edge);
            let body = Body { payload, trailers: from.extensions_mut().remove() };
            let serving = serve(&edge, &origins, &arrival, viewer, body, &mut seen);
            (id, serving.await)
        }
    };
    let (result, logged, origination, mut response) = match answered {
        Ok(answer) => {
            let logged = ResultType::new(answer.result());
            let is_shields = answer.answer.is_shields_hit();
            let logged = if is_shields { logged.of_shield() } else { logged };
            (answer.result(), logged, Origination::of(&answer.answer), answer.respond())
        }
        Err(fault) => {
            let cut = connection.as_ref().and_then(|connection| connection.why_cut());
            let fault = cut.map_or(fault, Fault::Request);
            let distribution = seen.route.as_ref().map(|route| route.id.as_str());
            tell(&fault, &id, distribution.unwrap_or_default(), host_of(&from), path);
            let logged = ResultType::of(&fault);
            let mut response = match seen.is_call {
                true => fault.response_to_call(),
                false => fault.response(&id),
            };
            seen.taken.change_error(&mut response);
            (fault.result(), logged, Origination::ERROR, response)
        }
    };
    answer::sign(&mut response, &id, result, &edge.via("1.1"));
    if let Some(offer) = seen.alt_svc.take() {
        response.headers_mut().insert(ALT_SVC, offer);
    }
    seen.taken.finish(&mut response, origination, &edge, &id, started);
    answer::frame(&mut response, &from);
    let behavior = seen.taken.behavior.as_ref().map(|behavior| behavior.config.path.as_str());
    if let Some(record) = &mut seen.record {
        record.answered(logged::answer(&response, logged, behavior));
    }
    if edge.telling.behavior_header {
        answer::name_behavior(&mut response, behavior.unwrap_or_default());
    }
    if let Some(tell) = &edge.telling.on_answer {
        tell(&Answered {
            method,
            path,
            status: response.status().as_u16(),
            result,
            behavior,
            took: started.elapsed(),
        });
    }
    metrics::counter!("brink_gateway_requests_total", "result" => result,
        "status" => status_class(response.status().as_u16()))
    .increment(1);
    metrics::histogram!("brink_gateway_request_seconds", "result" => result)
        .record(started.elapsed().as_secs_f64());
    tracing::debug!(target: "brink_gateway::access", request_id = id,
        method, path, result, behavior,
        status = response.status().as_u16(), micros = started.elapsed().as_micros(), "answered");
    // The server reuses heads, so the version may belong to another answer.
    response.head_mut().version = Version::HTTP_11;
    if let Some(connection) = connection.as_ref().filter(|_| !response.keep_alive()) {
        connection.close();
    }
    let record = seen.record;
    let is_head = from.method() == Method::HEAD;
    let has_body = !is_head && !matches!(response.status().as_u16(), 204 | 304);
    response.map_body(|_, body| {
        Answering::new(body, connection).logged(record, has_body, logged::broken)
    })
}

/// From the host to the answer, error pages included. `seen` gets what is known on the way.
async fn serve(
    edge: &Arc<Edge>,
    origins: &OriginClient,
    arrival: &Arrival<'_>,
    viewer: ViewerRequest,
    body: Body,
    seen: &mut Seen,
) -> Result<AnswerForViewer, Fault> {
    let routes = edge.routes.load_full();
    let unknown = || Fault::UnknownHost(viewer.host.clone());
    let route = routes.find(&viewer.host);
    let behavior = route.and_then(|route| route.behavior(&viewer.request.uri));
    let kind = Kind::of(&viewer, behavior.map(|behavior| &**behavior));
    seen.record = arrival.log(route.map(|route| &route.log), &viewer, kind);
    if let Some(answer) = acme_challenge::answer(edge, &viewer) {
        let Request { method, headers, .. } = viewer.request;
        return Ok(AnswerForViewer { answer, viewer: headers, method, web_socket: None });
    }
    let route = route.ok_or_else(unknown)?;
    seen.route = Some(route.clone());
    if viewer.tls.as_ref().is_some_and(|tls| !edge.allows(route, &tls.session)) {
        return Err(Fault::Misdirected);
    }
    let behavior = behavior.ok_or_else(unknown)?;
    seen.taken.take(behavior, &viewer.request);
    let https_port = edge.https.as_ref().map(|https| https.address.port());
    let policy = behavior.config.viewer_protocol_policy;
    if let Some(ended) = viewer_protocol::ends(&viewer, policy, https_port) {
        let mut answer = ended?;
        seen.taken.change(&mut answer);
        let Request { method, headers, .. } = viewer.request;
        return Ok(AnswerForViewer { answer, viewer: headers, method, web_socket: None });
    }
    let place = kind.place_of_web_socket(edge, &viewer)?;
    let web_socket = place.map(|place| Rc::new(web_socket::Asked::new(place)));
    let call = kind.place_of_call(edge, &viewer);
    // A viewer of HTTP/1 speaks no gRPC, and gets a page.
    seen.is_call = kind == Kind::Call && !matches!(call, Err(CallFault::Version));
    let call = call.map_err(Fault::Call)?;
    if let Some(connection) = arrival.connection.filter(|_| seen.is_call) {
        connection.wait_for_body();
    }
    let passage = Passage {
        edge: edge.clone(),
        origins: origins.clone(),
        route: route.clone(),
        behavior: behavior.clone(),
        viewer: route.tells_of_viewers(behavior).then(|| Arc::new(Viewer::of(&viewer))),
        id: viewer.id,
        http_version: viewer.http_version,
        is_https: viewer.tls.is_some(),
        spelling: viewer.spelling,
        cdn_loop: viewer.cdn_loop,
        web_socket,
        call,
        for_error_page: false,
        shields: None,
        notes: seen.record.as_ref().and_then(OpenRecord::notes),
    };
    // The bytes after a request for a WebSocket are not its body.
    let (upload, further) = match viewer.is_upgrade {
        true => (Upload::none(), Some(body.payload)),
        false => (Upload::new(body, viewer.has_body, viewer.content_length), None),
    };
    let mut request = viewer.request;
    let answered = passage.answer(&mut request, upload).await;
    let mut answer = passage.error_page(&request, answered).await?;
    seen.taken.change(&mut answer);
    let answer = match passage.viewer_response(&request, answer).await {
        Err(fault) => {
            let mut page = passage.error_page(&request, Err(fault)).await?;
            seen.taken.change(&mut page);
            page
        }
        Ok(answer) => answer,
    };
    let web_socket = passage.web_socket.and_then(Rc::into_inner).zip(further);
    Ok(AnswerForViewer { answer, viewer: request.headers, method: request.method, web_socket })
}

/// An answer, and the parts of the viewer's request that decide how much of it is sent.
struct AnswerForViewer {
    answer: Answer,
    viewer: Headers,
    method: String,
    web_socket: Option<(web_socket::Asked, web::Payload)>,
}

// === impl AnswerForViewer ===

impl AnswerForViewer {
    fn respond(self) -> HttpResponse {
        let opened = self.web_socket.and_then(|(asked, viewer)| asked.open(&self.answer, viewer));
        opened.unwrap_or_else(|| self.answer.respond(&self.method, &self.viewer))
    }

    fn result(&self) -> &'static str {
        self.answer.result()
    }
}

// === impl Passage ===

impl Passage {
    /// Runs the viewer-request function, then asks cache or origin. `request` gets the request as
    /// the function changed it.
    async fn answer(&self, request: &mut Request, mut upload: Upload) -> Result<Answer, Fault> {
        let method = request.method.clone();
        if !self.behavior.config.methods.allow(&method) {
            return Err(Fault::Method(method));
        }
        if !self.for_error_page {
            self.admit(request)?;
        }
        if let Some(generated) = self.viewer_request(request, &mut upload).await? {
            return Ok(generated);
        }
        if let Some(object) = self.route.root_object(&request.uri) {
            request.uri = object;
        }
        if self.http_version == "1.0" && !self.behavior.config.cache.accept_encoding.is_empty() {
            // Viewers that speak HTTP/1.0 get no encoded answers (contract.md 7.6).
            request.headers.remove("accept-encoding");
        }
        let at_origin = self.tell_of_viewer(request);
        let request = at_origin.as_ref().unwrap_or(request);
        if let Some(place) = &self.call {
            return self.call(request, upload, place).await;
        }
        let readable = matches!(method.as_str(), "GET" | "HEAD");
        let is_upgrade = self.web_socket.is_some();
        if readable && !is_upgrade && !self.behavior.config.cache.is_disabled() {
            self.cached(request).await
        } else {
            self.exchange(request, None, upload).await
        }
    }

    /// Adds the behavior's facts about the viewer. Returns the request as the origin side sees it,
    /// if that is another one.
    fn tell_of_viewer(&self, request: &mut Request) -> Option<Request> {
        let headers = &self.behavior.viewer_headers;
        let viewer = self.viewer.as_ref().filter(|_| !headers.is_empty())?;
        viewer.tell(headers, &self.edge.geo, request)
    }

    fn triggers(&self) -> Triggers<'_> {
        Triggers {
            invoker: &self.edge.invoker,
            route: &self.route,
            behavior: &self.behavior,
            request_id: &self.id,
        }
    }
}

/// Logs a failure.
fn tell(fault: &Fault, request_id: &str, distribution: &str, host: &str, path: &str) {
    let status = fault.status();
    if !fault.is_news() {
        tracing::debug!(request_id, status, host, path, reason = fault.reason(), "request failed");
        return;
    }
    let limit = if fault.is_of_viewer() { &FAILURES_OF_VIEWERS } else { &FAILURES };
    if let Some(left_out) = limit.admit(&fault.subject(distribution)) {
        tracing::warn!(
            request_id,
            status,
            distribution,
            host,
            path,
            left_out,
            reason = fault.reason(),
            "request failed"
        );
    }
}

fn host_of(from: &HttpRequest) -> &str {
    if let Some(authority) = from.uri().authority() {
        return authority.as_str();
    }
    from.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// Bounded label values for metrics.
fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
