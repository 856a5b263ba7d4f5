//! The admin port of every process: `/metrics`, `/live`, `/ready`.
//!
//! It is a port of its own, so viewers cannot reach it through the port that serves them. `/live`
//! answers while the event loop runs. `/ready` names the conditions that do not hold yet.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::{Health, Metrics};

/// The admin port while it serves.
pub struct AdminPort {
    handle: ServerHandle,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    upkeep: tokio::task::JoinHandle<()>,
}

/// Serves the admin port on this listener until [`AdminPort::stop`].
pub fn serve(
    listener: TcpListener,
    metrics: Metrics,
    health: Health,
) -> Result<AdminPort, std::io::Error> {
    let shown = metrics.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(shown.clone()))
            .app_data(web::Data::new(health.clone()))
            .route("/metrics", web::get().to(show_metrics))
            .route("/live", web::get().to(HttpResponse::Ok))
            .route("/ready", web::get().to(show_readiness))
    })
    .workers(1)
    // Head and body may be two writes. Without this, the second one waits until the client has
    // confirmed the first.
    .tcp_nodelay(true)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(listener)?
    .run();
    Ok(AdminPort {
        handle: server.handle(),
        server: tokio::spawn(server),
        upkeep: tokio::spawn(metrics.upkeep()),
    })
}

async fn show_metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.render())
}

async fn show_readiness(health: web::Data<Health>) -> HttpResponse {
    let missing = health.missing();
    if missing.is_empty() {
        return HttpResponse::Ok().content_type(ContentType::plaintext()).body("ready\n");
    }
    let text = format!("waiting for: {}\n", missing.join(", "));
    HttpResponse::ServiceUnavailable().content_type(ContentType::plaintext()).body(text)
}

// === impl AdminPort ===

impl AdminPort {
    /// Stops serving.
    pub async fn stop(self) {
        self.upkeep.abort();
        self.handle.stop(true).await;
        // The server's own error, if any, was logged when it happened.
        let _ = self.server.await;
    }
}
