//! A tiny origin for trying and testing an edge.
//!
//! It answers with data that show whether the edge works: the request that it got (`/echo`), a
//! value that changes with every request that reaches it (`/cache`), statuses, slow and large
//! answers, and a credentials check (`/auth`) for functions that call a service. Sites of files are
//! `folder` origins of the project file.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, CacheControl, CacheDirective};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Responder, web};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// The accepted `Authorization` header, and its user. For trying out only: it is public.
const CREDENTIALS: [(&str, &str); 3] = [
    ("Basic YWxpY2U6d29uZGVybGFuZA==", "alice"), // alice:wonderland
    ("Basic Ym9iOmJ1aWxkZXI=", "bob"),           // bob:builder
    ("Bearer demo-token-alice", "alice"),
];

/// Longest that `/slow` waits.
const SLOW_MAX: Duration = Duration::from_secs(60);

/// Size of a piece of `/bytes`.
const CHUNK: Bytes = Bytes::from_static(&[b'.'; 16 * 1024]);

/// How long running requests may go on after the stop.
const DRAIN_SECONDS: u64 = 2;

/// The answer of `/echo`.
#[derive(Serialize)]
struct Echo {
    method: String,
    path: String,
    query: String,
    /// By name in lower case; several lines of one name are joined with a comma.
    headers: BTreeMap<String, String>,
    /// Size of the body that was received.
    body_bytes: usize,
}

/// Serves until `stop`, then lets running requests end. Runs in an actix system.
pub async fn serve(listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
    let reached = web::Data::new(AtomicU64::new(0));
    let server = HttpServer::new(move || App::new().app_data(reached.clone()).configure(routes))
        .workers(1)
        // Head and body may be two writes. Without this, the second one waits until the client has
        // confirmed the first.
        .tcp_nodelay(true)
        .disable_signals()
        .shutdown_timeout(DRAIN_SECONDS)
        .listen(listener)?
        .run();
    let handle = server.handle();
    let stopping = async {
        stop.cancelled().await;
        handle.stop(true).await;
    };
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => return ended,
        () = stopping => {}
    }
    server.await
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/echo/{path:.*}", web::to(echo))
        .route("/auth", web::to(auth))
        .route("/status/{status}", web::to(status))
        .route("/cache/{seconds}", web::to(cache))
        .route("/slow/{milliseconds}", web::to(slow))
        .route("/bytes/{count}", web::to(bytes))
        .route("/time", web::to(time));
}

async fn echo(request: HttpRequest, mut body: web::Payload) -> actix_web::Result<HttpResponse> {
    let mut body_bytes = 0;
    while let Some(chunk) = body.next().await {
        body_bytes += chunk?.len();
    }
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|line| {
                line.push_str(", ");
                line.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    Ok(uncached(StatusCode::OK).json(Echo {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        headers,
        body_bytes,
    }))
}

async fn auth(request: HttpRequest) -> HttpResponse {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match CREDENTIALS.iter().find(|(known, _)| given == Some(known)) {
        Some((_, user)) => uncached(StatusCode::OK).json(serde_json::json!({ "user": user })),
        None => uncached(StatusCode::UNAUTHORIZED)
            .insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"origin\""))
            .json(serde_json::json!({ "error": "unknown credentials" })),
    }
}

async fn status(wanted: web::Path<u16>) -> HttpResponse {
    match StatusCode::from_u16(*wanted) {
        // Below 200 a response has no end of its own.
        Ok(status) if (200..=599).contains(&status.as_u16()) => {
            HttpResponse::build(status).body(format!("{status}\n"))
        }
        _ => HttpResponse::BadRequest().body("write /status/N with N from 200 to 599\n"),
    }
}

/// The body counts the requests that came here: the same number twice means that a cache answered.
async fn cache(seconds: web::Path<u32>, reached: web::Data<AtomicU64>) -> impl Responder {
    let count = reached.fetch_add(1, Ordering::Relaxed) + 1;
    HttpResponse::Ok()
        .insert_header(CacheControl(vec![CacheDirective::MaxAge(*seconds)]))
        .body(format!("{count}\n"))
}

async fn slow(milliseconds: web::Path<u64>) -> HttpResponse {
    let wait = Duration::from_millis(*milliseconds).min(SLOW_MAX);
    tokio::time::sleep(wait).await;
    uncached(StatusCode::OK).body(format!("{} ms\n", wait.as_millis()))
}

async fn bytes(count: web::Path<u64>) -> HttpResponse {
    let chunks = stream::unfold(*count, |left| async move {
        let size = left.min(CHUNK.len() as u64);
        let chunk = CHUNK.slice(..usize::try_from(size).ok()?);
        (size > 0).then_some((Ok::<_, std::io::Error>(chunk), left - size))
    });
    HttpResponse::Ok()
        .no_chunking(*count)
        .content_type("application/octet-stream")
        .streaming(chunks)
}

async fn time() -> HttpResponse {
    let now = humantime::format_rfc3339_millis(SystemTime::now());
    uncached(StatusCode::OK).body(format!("{now}\n"))
}

fn uncached(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(CacheControl(vec![CacheDirective::NoStore]));
    response
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use actix_web::dev::ServiceResponse;
    use actix_web::test::{self, TestRequest};

    use super::*;
    use brink_testing::exchange::{exchange, request};

    async fn ask(request: TestRequest) -> ServiceResponse<impl MessageBody> {
        let reached = web::Data::new(AtomicU64::new(0));
        let app = test::init_service(App::new().app_data(reached).configure(routes)).await;
        test::call_service(&app, request.to_request()).await
    }

    #[actix_rt::test]
    async fn echo_shows_the_request() {
        let request = TestRequest::post()
            .uri("/echo/a/b?x=1")
            .insert_header(("X-User", "alice"))
            .append_header(("X-User", "bob"))
            .set_payload("12345");
        let told: serde_json::Value = test::read_body_json(ask(request).await).await;
        assert_eq!(told["method"], "POST");
        assert_eq!(told["path"], "/echo/a/b");
        assert_eq!(told["query"], "x=1");
        assert_eq!(told["headers"]["x-user"], "alice, bob");
        assert_eq!(told["body_bytes"], 5);
    }

    #[actix_rt::test]
    async fn auth_knows_only_its_list() {
        for (given, expected) in [
            (Some("Basic YWxpY2U6d29uZGVybGFuZA=="), 200),
            (Some("Bearer demo-token-alice"), 200),
            (Some("Basic YWxpY2U6Z3Vlc3M="), 401),
            (None, 401),
        ] {
            let mut request = TestRequest::get().uri("/auth");
            if let Some(value) = given {
                request = request.insert_header((header::AUTHORIZATION, value));
            }
            assert_eq!(ask(request).await.status(), expected, "{given:?}");
        }
    }

    #[actix_rt::test]
    async fn statuses_lengths_and_lifetimes_are_as_asked() {
        assert_eq!(ask(TestRequest::get().uri("/status/418")).await.status(), 418);
        assert_eq!(ask(TestRequest::get().uri("/status/99")).await.status(), 400);
        let large = ask(TestRequest::get().uri("/bytes/40000")).await;
        assert_eq!(large.headers().get("content-length").unwrap(), "40000");
        assert_eq!(test::read_body(large).await.len(), 40_000);
        let kept = ask(TestRequest::get().uri("/cache/60")).await;
        assert_eq!(kept.headers().get("cache-control").unwrap(), "max-age=60");
        assert_eq!(test::read_body(kept).await, "1\n");
    }

    #[actix_rt::test]
    async fn serves_on_a_listener_until_told_to_stop() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = actix_web::rt::spawn(serve(listener, stop.clone()));
        let reply = exchange(address, request("GET", "/status/204", "")).await;
        assert_eq!(reply.status(), 204);
        stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(10), serving).await;
        ended.unwrap().unwrap().unwrap();
    }
}
